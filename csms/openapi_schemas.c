#include "csms/openapi_schemas.h"

/* The words in which the shapes below are written. */
#define TEXT             "{\"type\":\"string\"}"
#define TIME             "{\"type\":\"string\",\"format\":\"date-time\"}"
#define INT              "{\"type\":\"integer\"}"
#define BOOL             "{\"type\":\"boolean\"}"
#define ANY              "{}"
#define TEXT_OR_NULL     "{\"type\":[\"string\",\"null\"]}"
#define TIME_OR_NULL     "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define INT_OR_NULL      "{\"type\":[\"integer\",\"null\"]}"
#define NUMBER_OR_NULL   "{\"type\":[\"number\",\"null\"]}"
#define BOOL_OR_NULL     "{\"type\":[\"boolean\",\"null\"]}"
#define OBJECT_OR_NULL   "{\"type\":[\"object\",\"null\"]}"
#define ONE_OF(values)   "{\"enum\":[" values "]}"
#define LENGTH(min, max) "{\"type\":\"string\",\"minLength\":" #min ",\"maxLength\":" #max "}"
#define LENGTH_OR_NULL(min, max)                                                               \
	"{\"type\":[\"string\",\"null\"],\"minLength\":" #min ",\"maxLength\":" #max "}"
#define RANGE(min, max) "{\"type\":\"integer\",\"minimum\":" #min ",\"maximum\":" #max "}"
#define RANGE_OR_NULL(min, max)                                                                \
	"{\"type\":[\"integer\",\"null\"],\"minimum\":" #min ",\"maximum\":" #max "}"
#define REF(name)       "{\"$ref\":\"#/components/schemas/" name "\"}"
#define ARRAY(of)       "{\"type\":\"array\",\"items\":" of "}"
#define P(name, schema) "\"" name "\":" schema
#define OBJECT_NEEDS(required, properties)                                                     \
	"{\"type\":\"object\",\"required\":[" required "],\"properties\":{" properties "}}"
#define CLOSED(required, properties)                                                           \
	"{\"type\":\"object\",\"required\":[" required                                         \
	"],\"additionalProperties\":false,\"properties\":{" properties "}}"
#define PAGE_OF(name)                                                                          \
	OBJECT_NEEDS(                                                                          \
	    "\"items\",\"next\"", P("items", ARRAY(REF(name))) "," P("next", TEXT_OR_NULL))

#define ID_TOKEN_TYPE                                                                          \
	ONE_OF("\"Central\",\"eMAID\",\"ISO14443\",\"ISO15693\",\"KeyCode\",\"Local\","        \
	       "\"MacAddress\"")
#define ID_TOKEN_STATUS                                                                        \
	ONE_OF("\"Accepted\",\"Blocked\",\"ConcurrentTx\",\"Expired\",\"Invalid\","            \
	       "\"NoCredit\",\"NotAllowedTypeEVSE\","                                          \
	       "\"NotAtThisLocation\",\"NotAtThisTime\",\"Unknown\"")
#define REGISTRATION ONE_OF("\"Accepted\",\"Pending\",\"Rejected\"")
#define ROLE         ONE_OF("\"viewer\",\"utility\",\"operator\",\"admin\"")
#define COMMAND_STATE                                                                          \
	ONE_OF("\"queued\",\"sent\",\"answered\",\"failed\",\"timed_out\",\"uncertain\","      \
	       "\"expired\"")

#define STATION_SETTINGS                                                                       \
	P("securityProfile", RANGE(1, 3))                                                      \
	"," P("certificateCn", LENGTH_OR_NULL(1, 64)) "," P(                                   \
	    "registration", REGISTRATION) "," P("compression", BOOL)

#define TOKEN_PROPERTIES                                                                       \
	P("id", INT)                                                                           \
	"," P("name", TEXT) "," P("role", ROLE) "," P("createdAt", TIME) "," P(                \
	    "expiresAt", TIME_OR_NULL) "," P("revokedAt", TIME_OR_NULL)

#define TRANSACTION_PROPERTIES                                                                 \
	P("id", INT)                                                                           \
	"," P("station", TEXT) "," P("transactionId", TEXT) "," P(                             \
	    "state", ONE_OF("\"open\",\"ended\",\"abandoned\"")) "," P("evseId",               \
	    INT_OR_NULL) "," P("connectorId", INT_OR_NULL) "," P("idToken",                    \
	    OBJECT_OR_NULL) "," P("startedAt", TIME_OR_NULL) "," P("endedAt",                  \
	    TIME_OR_NULL) "," P("stopReason", TEXT_OR_NULL) "," P("abandonedAt",               \
	    TIME_OR_NULL) "," P("abandonedReason", TEXT_OR_NULL) "," P("chargingState",        \
	    TEXT_OR_NULL) "," P("lastEventAt", TIME_OR_NULL) "," P("energyChargedWh",          \
	    NUMBER_OR_NULL) "," P("energyDischargedWh", NUMBER_OR_NULL) "," P("powerW",        \
	    NUMBER_OR_NULL) "," P("socPercent", NUMBER_OR_NULL) "," P("offline",               \
	    BOOL) "," P("complete", BOOL_OR_NULL) "," P("eventCount", INT) "," P("conflicts",  \
	    INT) "," P("remoteStartId", INT_OR_NULL) "," P("reservationId", INT_OR_NULL)

/* clang-format off */
const struct openapi_schema openapi_schemas[] = {
	{ "Any", "{\"type\":\"object\"}" },
	{ "Error", OBJECT_NEEDS("\"error\"",
		P("error", OBJECT_NEEDS("\"code\",\"message\"",
			P("code", "{\"type\":\"string\",\"description\":\"For programs. Of an OCPP payload: the OCPP error code\"}") ","
			P("message", TEXT) ","
			P("field", "{\"type\":\"string\",\"description\":\"JSON path, or name of the parameter or header\"}")))) },
	{ "Health", OBJECT_NEEDS("\"status\",\"version\"", P("status", ONE_OF("\"ok\"")) "," P("version", TEXT)) },
	{ "Readiness", OBJECT_NEEDS("\"ready\",\"reasons\"", P("ready", BOOL) "," P("reasons", ARRAY(TEXT))) },
	{ "Reason", CLOSED("", P("reason", LENGTH_OR_NULL(1, 500))) },

	{ "StationNew", CLOSED("\"id\"",
		P("id", "{\"type\":\"string\",\"pattern\":\"^[a-zA-Z0-9*_=+|@.-]{1,48}$\"}") ","
		P("password", "{\"type\":\"string\",\"writeOnly\":true}") "," STATION_SETTINGS) },
	{ "StationPatch", CLOSED("", STATION_SETTINGS) },
	{ "StationPassword", CLOSED("\"password\"", P("password", "{\"type\":\"string\",\"writeOnly\":true}")) },
	{ "Station", OBJECT_NEEDS("\"id\",\"blocked\",\"online\"",
		P("id", TEXT) "," STATION_SETTINGS ","
		P("hasPassword", BOOL) "," P("passwordSetAt", TIME_OR_NULL) ","
		P("blocked", BOOL) "," P("blockedReason", TEXT_OR_NULL) "," P("createdAt", TIME) ","
		P("bootStatus", TEXT_OR_NULL) "," P("lastBootAt", TIME_OR_NULL) "," P("bootReason", TEXT_OR_NULL) ","
		P("vendor", TEXT_OR_NULL) "," P("model", TEXT_OR_NULL) "," P("serialNumber", TEXT_OR_NULL) ","
		P("firmwareVersion", TEXT_OR_NULL) "," P("iccid", TEXT_OR_NULL) "," P("imsi", TEXT_OR_NULL) ","
		P("online", BOOL) "," P("lastProofAt", TIME_OR_NULL) "," P("connection", OBJECT_OR_NULL) ","
		P("connectors", ARRAY(OBJECT_NEEDS("\"evseId\",\"connectorId\",\"status\"",
			P("evseId", INT) "," P("connectorId", INT) "," P("status", TEXT) "," P("since", TIME))))) },
	{ "StationList", PAGE_OF("Station") },
	{ "DeviceVariable", OBJECT_NEEDS("\"component\",\"variable\",\"attribute\"",
		P("component", "{\"type\":\"object\"}") "," P("variable", "{\"type\":\"object\"}") "," P("attribute", TEXT) ","
		P("value", TEXT_OR_NULL) "," P("mutability", TEXT_OR_NULL) "," P("persistent", BOOL_OR_NULL) ","
		P("constant", BOOL_OR_NULL) "," P("receivedAt", TIME) "," P("source", TEXT) ","
		P("characteristics", OBJECT_OR_NULL)) },
	{ "DeviceModel", PAGE_OF("DeviceVariable") },
	{ "ConnectorStatus", OBJECT_NEEDS("\"evseId\",\"connectorId\",\"status\",\"at\"",
		P("evseId", INT) "," P("connectorId", INT) "," P("status", TEXT) "," P("at", TIME) ","
		P("timestamp", TIME) "," P("receivedAt", TIME) "," P("source", TEXT)) },
	{ "StatusHistory", PAGE_OF("ConnectorStatus") },

	{ "CommandAccepted", OBJECT_NEEDS("\"id\",\"state\"",
		P("id", "{\"type\":\"string\",\"format\":\"uuid\"}") "," P("state", COMMAND_STATE)) },
	{ "Command", OBJECT_NEEDS("\"id\",\"station\",\"action\",\"state\"",
		P("id", "{\"type\":\"string\",\"format\":\"uuid\"}") "," P("station", TEXT) "," P("action", TEXT) ","
		P("payload", ANY) "," P("origin", TEXT) "," P("caller", TEXT_OR_NULL) "," P("state", COMMAND_STATE) ","
		P("createdAt", TIME) "," P("expiresAt", TIME) "," P("sentAt", TIME_OR_NULL) "," P("doneAt", TIME_OR_NULL) ","
		P("response", ANY) "," P("error", OBJECT_OR_NULL)) },
	{ "CommandList", PAGE_OF("Command") },

	{ "Transaction", OBJECT_NEEDS("\"station\",\"transactionId\",\"state\"", TRANSACTION_PROPERTIES) },
	{ "TransactionWithEvents", OBJECT_NEEDS("\"station\",\"transactionId\",\"state\",\"events\"",
		TRANSACTION_PROPERTIES "," P("eventsLeftOut", INT) ","
		P("events", ARRAY(OBJECT_NEEDS("\"seqNo\",\"eventType\"",
			P("seqNo", INT) "," P("eventType", TEXT) "," P("timestamp", TIME) "," P("receivedAt", TIME) ","
			P("triggerReason", TEXT_OR_NULL) "," P("payload", ANY))))) },
	{ "TransactionList", PAGE_OF("Transaction") },

	{ "IdTokenPut", CLOSED("",
		P("status", ID_TOKEN_STATUS) "," P("groupIdToken", OBJECT_OR_NULL) "," P("master", BOOL) ","
		P("expiresAt", TIME_OR_NULL) "," P("cacheExpiryDateTime", TIME_OR_NULL) ","
		P("evseIds", "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"integer\",\"minimum\":1},\"minItems\":1,\"maxItems\":100}") ","
		P("chargingPriority", RANGE_OR_NULL(-9, 9)) "," P("language1", LENGTH_OR_NULL(1, 8)) ","
		P("language2", LENGTH_OR_NULL(1, 8)) "," P("personalMessage", OBJECT_OR_NULL)) },
	{ "IdToken", OBJECT_NEEDS("\"idToken\",\"type\",\"status\"",
		P("idToken", TEXT) "," P("type", ID_TOKEN_TYPE) "," P("status", ID_TOKEN_STATUS) ","
		P("groupIdToken", OBJECT_OR_NULL) "," P("master", BOOL) "," P("expiresAt", TIME_OR_NULL) ","
		P("cacheExpiryDateTime", TIME_OR_NULL) "," P("evseIds", "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"integer\"}}") ","
		P("chargingPriority", INT_OR_NULL) "," P("language1", TEXT_OR_NULL) "," P("language2", TEXT_OR_NULL) ","
		P("personalMessage", OBJECT_OR_NULL) "," P("createdAt", TIME) "," P("updatedAt", TIME)) },
	{ "IdTokenList", PAGE_OF("IdToken") },

	{ "TokenNew", CLOSED("\"name\",\"role\"",
		P("name", LENGTH(1, 64)) "," P("role", ROLE) "," P("expiresAt", TIME_OR_NULL)) },
	{ "Token", OBJECT_NEEDS("\"id\",\"name\",\"role\"", TOKEN_PROPERTIES) },
	{ "TokenMade", OBJECT_NEEDS("\"id\",\"name\",\"role\",\"token\"",
		TOKEN_PROPERTIES "," P("token", "{\"type\":\"string\",\"description\":\"Shown this once\"}")) },
	{ "TokenList", PAGE_OF("Token") },
};
/* clang-format on */

const size_t openapi_schema_count = sizeof(openapi_schemas) / sizeof(openapi_schemas[0]);
