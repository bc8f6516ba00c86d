#include "csms/openapi_schemas.h"

/* clang-format off */
const struct openapi_schema openapi_schemas[] = {
	{ "Any", "{\"type\":\"object\"}" },
	{ "Error",
	  "{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\",\"properties\":{"
	  "\"code\":{\"type\":\"string\",\"description\":\"for programs; of OCPP payloads the OCPP error code\"},"
	  "\"message\":{\"type\":\"string\"},"
	  "\"field\":{\"type\":\"string\",\"description\":\"JSON path, or name of the parameter or header\"}},"
	  "\"required\":[\"code\",\"message\"]}},\"required\":[\"error\"]}" },
	{ "Health",
	  "{\"type\":\"object\",\"properties\":{\"status\":{\"const\":\"ok\"},\"version\":{\"type\":\"string\"}}}" },
	{ "Readiness",
	  "{\"type\":\"object\",\"properties\":{\"ready\":{\"type\":\"boolean\"},"
	  "\"reasons\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}" },
};
/* clang-format on */

const size_t openapi_schema_count = sizeof(openapi_schemas) / sizeof(openapi_schemas[0]);
