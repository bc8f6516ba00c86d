#include "csms/routes.h"

#include "common/clock.h"
#include "csms/api_call.h"

#define PAGE      "limit after"
#define PAGE_TIME "limit after from to"

/* clang-format off */
const struct route routes[] = {
	/* method, path, least role,
	 *     SQL function, handler, flags, query, request, response, summary */
	{ HTTP_GET, "/", ROLE_NONE,
	  NULL, api_root, 0, NULL, NULL, "200", "What this is" },
	{ HTTP_GET, "/healthz", ROLE_NONE,
	  NULL, api_health, 0, NULL, NULL, "200 Health", "Is it running" },
	{ HTTP_GET, "/readyz", ROLE_NONE,
	  NULL, api_ready, 0, NULL, NULL, "200 Readiness", "Is it serving stations; 503 with reasons when not" },
	{ HTTP_GET, "/metrics", ROLE_VIEWER,
	  NULL, api_metrics, ROUTE_LOOPBACK, NULL, NULL, "200", "Metrics for Prometheus; from this machine no token is needed" },
	{ HTTP_GET, "/openapi.json", ROLE_NONE,
	  NULL, api_openapi, 0, NULL, NULL, "200 Any", "This description" },

	{ HTTP_GET, "/api/v1/stations", ROLE_VIEWER,
	  "station_list", NULL, 0, PAGE " online", NULL, "200 StationList", "Stations by name" },
	{ HTTP_POST, "/api/v1/stations", ROLE_OPERATOR,
	  "station_create", api_station_create, ROUTE_BODY | ROUTE_CHANGES_STATION, NULL, "StationNew", "201 Station",
	  "Let a station in from now on" },
	{ HTTP_GET, "/api/v1/stations/:station", ROLE_VIEWER,
	  "station_get", NULL, 0, NULL, NULL, "200 Station", "One station" },
	{ HTTP_PATCH, "/api/v1/stations/:station", ROLE_OPERATOR,
	  "station_update", NULL, ROUTE_BODY | ROUTE_CHANGES_STATION, NULL, "StationPatch", "200 Station",
	  "Change a station's settings" },
	{ HTTP_DELETE, "/api/v1/stations/:station", ROLE_ADMIN,
	  "station_delete", NULL, ROUTE_CHANGES_STATION, NULL, NULL, "204", "Forget a station that never had a transaction" },
	{ HTTP_PUT, "/api/v1/stations/:station/password", ROLE_OPERATOR,
	  "station_password", api_station_password, ROUTE_BODY | ROUTE_CHANGES_STATION, NULL, "StationPassword", "204",
	  "Set the Basic password a station comes with" },
	{ HTTP_POST, "/api/v1/stations/:station/block", ROLE_OPERATOR,
	  "station_block", NULL, ROUTE_BODY_OPTIONAL | ROUTE_CHANGES_STATION, NULL, "Reason", "200 Station",
	  "Close a station's connection and refuse it" },
	{ HTTP_POST, "/api/v1/stations/:station/unblock", ROLE_OPERATOR,
	  "station_unblock", NULL, ROUTE_BODY_OPTIONAL | ROUTE_CHANGES_STATION, NULL, "Reason", "200 Station",
	  "Let a blocked station in again" },
	{ HTTP_GET, "/api/v1/stations/:station/device-model", ROLE_VIEWER,
	  "device_model", NULL, 0, PAGE, NULL, "200 DeviceModel", "Components and variables a station has told" },
	{ HTTP_GET, "/api/v1/stations/:station/status-history", ROLE_VIEWER,
	  "status_history", NULL, 0, PAGE_TIME, NULL, "200 StatusHistory", "Statuses of its connectors, the latest first" },
	{ HTTP_GET, "/api/v1/stations/:station/transactions", ROLE_VIEWER,
	  "transaction_list", NULL, 0, PAGE_TIME " state", NULL, "200 TransactionList", "Transactions of a station, the latest first" },
	{ HTTP_GET, "/api/v1/stations/:station/commands", ROLE_VIEWER,
	  "command_list", NULL, 0, PAGE, NULL, "200 CommandList", "Commands to a station, the latest first" },
	{ HTTP_POST, "/api/v1/stations/:station/commands/:action", ROLE_OPERATOR,
	  "command_get", api_command_submit, ROUTE_BODY_OPTIONAL | ROUTE_OCPP_BODY, "ttl wait", "Any", "202 CommandAccepted",
	  "Send an OCPP call to a station; the body is its payload" },

	{ HTTP_GET, "/api/v1/commands/:id", ROLE_VIEWER,
	  "command_get", api_command_get, 0, "wait", NULL, "200 Command", "A command and what became of it" },
	{ HTTP_GET, "/api/v1/transactions", ROLE_VIEWER,
	  "transaction_list", NULL, 0, PAGE_TIME " state station", NULL, "200 TransactionList", "Transactions, the latest first" },
	{ HTTP_GET, "/api/v1/transactions/:station/:transaction", ROLE_VIEWER,
	  "transaction_get", NULL, 0, NULL, NULL, "200 TransactionWithEvents", "A transaction with its events and meter values" },

	{ HTTP_GET, "/api/v1/id-tokens", ROLE_VIEWER,
	  "id_token_list", NULL, 0, PAGE, NULL, "200 IdTokenList", "Cards and other tokens of drivers" },
	{ HTTP_GET, "/api/v1/id-tokens/:type/:token", ROLE_VIEWER,
	  "id_token_get", NULL, 0, NULL, NULL, "200 IdToken", "One of them" },
	{ HTTP_PUT, "/api/v1/id-tokens/:type/:token", ROLE_OPERATOR,
	  "id_token_put", NULL, ROUTE_BODY, NULL, "IdTokenPut", "200 IdToken", "Create or replace one" },
	{ HTTP_DELETE, "/api/v1/id-tokens/:type/:token", ROLE_OPERATOR,
	  "id_token_delete", NULL, 0, NULL, NULL, "204", "Forget one" },

	{ HTTP_GET, "/api/v1/tokens", ROLE_ADMIN,
	  "api_token_list", NULL, 0, NULL, NULL, "200 TokenList", "Tokens of this API" },
	{ HTTP_POST, "/api/v1/tokens", ROLE_ADMIN,
	  "api_token_create", api_token_create, ROUTE_BODY | ROUTE_CHANGES_TOKENS, NULL, "TokenNew", "201 TokenMade",
	  "Make a token; this answer alone holds it" },
	{ HTTP_DELETE, "/api/v1/tokens/:id", ROLE_ADMIN,
	  "api_token_revoke", NULL, ROUTE_CHANGES_TOKENS, NULL, NULL, "204", "Revoke a token" },
};

const struct route_param route_params[] = {
	{ "limit", PARAM_INTEGER, 1, 1000, "At most so many; 100 when not given" },
	{ "after", PARAM_TEXT, 1, 512, "Go on behind this: `next` of the answer before" },
	{ "from", PARAM_TIME, 0, 0, "Not before this time" },
	{ "to", PARAM_TIME, 0, 0, "Before this time" },
	{ "online", PARAM_BOOLEAN, 0, 0, "Only those connected, or only those not" },
	{ "state", PARAM_TEXT, 1, 16, "Only transactions that are open, ended or abandoned" },
	{ "station", PARAM_TEXT, 1, 48, "Only of this station" },
	{ "ttl", PARAM_INTEGER, 1, INT64_C(30) * 86400, "Seconds after which a command that has not been sent has expired" },
	{ "wait", PARAM_INTEGER, 0, 600, "Seconds to hold the answer until the command has ended" },
};
/* clang-format on */

const size_t route_count = sizeof(routes) / sizeof(routes[0]);
const size_t route_param_count = sizeof(route_params) / sizeof(route_params[0]);

const struct route_param *
route_param_find(struct slice name)
{
	for (size_t i = 0; i < route_param_count; i++)
		if (slice_equal(name, slice_cstr(route_params[i].name)))
			return &route_params[i];
	return NULL;
}

/* Is `name` one of the words of `list`? */
static bool
is_listed(const char *list, struct slice name)
{
	while (list != NULL && *list != '\0') {
		size_t len = strcspn(list, " ");

		if (slice_equal(slice_from(list, len), name))
			return true;
		list += len + (list[len] == ' ');
	}
	return false;
}

const char *
route_param_fault(const struct route *route, const struct http_param *param)
{
	const struct route_param *known = route_param_find(param->name);
	struct slice value = param->value;
	long long number;
	int64_t at;

	if (known == NULL || !is_listed(route->query, param->name))
		return "The parameter is not known here.";
	switch (known->kind) {
	case PARAM_TEXT:
		if ((int64_t)value.len < known->min || (int64_t)value.len > known->max)
			return "The parameter is empty or too long.";
		return NULL;
	case PARAM_INTEGER:
		if (!slice_to_int64(value, known->min, known->max, &number))
			return "The parameter is not a whole number, or out of range.";
		return NULL;
	case PARAM_TIME:
		return clock_parse(value, &at) ? NULL
					       : "The parameter is not a time of RFC 3339.";
	case PARAM_BOOLEAN:
		return slice_equal(value, SLICE("true")) || slice_equal(value, SLICE("false"))
			   ? NULL
			   : "The parameter is neither true nor false.";
	}
	return NULL;
}

/* Does the path fit the pattern?  The number of values, or -1. */
static int
match(const char *pattern, const struct slice *segments, int count,
    struct http_param values_out[ROUTE_VALUES_MAX])
{
	int values = 0;

	for (int i = 0; i < count; i++) {
		struct slice part;

		if (*pattern != '/')
			return -1;
		part = slice_from(pattern + 1, strcspn(pattern + 1, "/"));
		pattern = part.ptr + part.len;
		if (part.len > 0 && part.ptr[0] == ':' && values < ROUTE_VALUES_MAX)
			values_out[values++] =
			    (struct http_param){ slice_from(part.ptr + 1, part.len - 1),
				    segments[i] };
		else if (!slice_equal(part, segments[i]))
			return -1;
	}
	return *pattern == '\0' || (count == 0 && strcmp(pattern, "/") == 0) ? values : -1;
}

void
routes_find(const struct route *table, size_t count, enum http_method method,
    const struct slice *segments, int segment_count, struct route_match *out)
{
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;

	out->allowed = 0;
	for (size_t i = 0; i < count; i++) {
		out->route = &table[i];
		out->value_count = match(table[i].path, segments, segment_count, out->values);
		if (out->value_count < 0)
			continue;
		if (table[i].method == wanted)
			return;
		out->allowed |= table[i].method;
	}
	out->route = NULL;
	out->value_count = 0;
	if (out->allowed & HTTP_GET)
		out->allowed |= HTTP_HEAD;
}
