/*
 * openapi_schemas.h - the shapes of bodies that are not OCPP's, as JSON Schema text.
 */
#ifndef V2G_CSMS_OPENAPI_SCHEMAS_H
#define V2G_CSMS_OPENAPI_SCHEMAS_H

#include <stddef.h>

struct openapi_schema {
	const char *name;
	const char *json;
};

extern const struct openapi_schema openapi_schemas[];
extern const size_t openapi_schema_count;

#endif
