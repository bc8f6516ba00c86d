/*
 * openapi.json (OpenAPI 3.1): the route table and the OCPP catalogue, said once more for programs.
 *
 * Nothing is described here that the tables do not say, but for the shapes of answers, which PostgreSQL makes
 * (`schemas` below).
 */
#include "common/json.h"
#include "csms/api_call.h"
#include "csms/openapi_schemas.h"
#include "ocpp/ocpp_types.h"

#define VERSION   OCPP_2_0_1
#define KINDS_MAX 512 /* data types and enumerations in use */

/* What is reachable from the messages a command can carry. */
struct reach {
	const struct ocpp_type *types[KINDS_MAX];
	size_t type_count;
	const struct ocpp_enum *enums[KINDS_MAX];
	size_t enum_count;
};

static void
write_text(struct buf *out, const char *text)
{
	json_write_string(out, slice_cstr(text));
}

static void
write_ref(struct buf *out, const char *kind, const char *name)
{
	buf_printf(out, "{\"$ref\":\"#/components/%s/%s\"}", kind, name);
}

/* Commas between the elements of one list. */
static void
separate(struct buf *out, bool *first)
{
	if (!*first)
		buf_append_char(out, ',');
	*first = false;
}

/* ---- schemas of OCPP ---- */

/* The data type of a field that is an object, else NULL. */
static const struct ocpp_type *
type_of(const struct ocpp_field *field)
{
	return field->kind == OCPP_KIND_CUSTOM_DATA ? &ocpp_type_custom_data : field->type;
}

static void
reach_enum(struct reach *reach, const struct ocpp_enum *e)
{
	for (size_t i = 0; i < reach->enum_count; i++)
		if (reach->enums[i] == e)
			return;
	if (reach->enum_count < KINDS_MAX)
		reach->enums[reach->enum_count++] = e;
}

static void
reach_type(struct reach *reach, const struct ocpp_type *type)
{
	for (size_t i = 0; i < reach->type_count; i++)
		if (reach->types[i] == type)
			return;
	if (reach->type_count == KINDS_MAX)
		return;
	reach->types[reach->type_count++] = type;
	for (int i = 0; i < type->count; i++) {
		const struct ocpp_field *field = &type->fields[i];

		if (!(field->versions & VERSION))
			continue;
		if (field->enumeration != NULL)
			reach_enum(reach, field->enumeration);
		if (type_of(field) != NULL)
			reach_type(reach, type_of(field));
	}
}

static bool
is_command(const struct ocpp_message *message)
{
	return message->versions & VERSION && message->direction & OCPP_FROM_CSMS;
}

static void
write_bounds(struct buf *out, const struct ocpp_field *field)
{
	if (field->has_minimum)
		buf_printf(out, ",\"minimum\":%d", (int)field->minimum);
	if (field->has_maximum)
		buf_printf(out, ",\"maximum\":%d", (int)field->maximum);
}

/* Without the end: a default may follow. */
static void
open_scalar(struct buf *out, const struct ocpp_field *field)
{
	switch (field->kind) {
	case OCPP_KIND_STRING:
		buf_append_cstr(out, "{\"type\":\"string\"");
		if (field->max_length > 0)
			buf_printf(out, ",\"maxLength\":%u", (unsigned)field->max_length);
		return;
	case OCPP_KIND_DATE_TIME:
		buf_append_cstr(out, "{\"type\":\"string\",\"format\":\"date-time\"");
		return;
	case OCPP_KIND_INTEGER:
		buf_append_cstr(out, "{\"type\":\"integer\",\"format\":\"int32\"");
		write_bounds(out, field);
		return;
	case OCPP_KIND_DECIMAL:
		buf_append_cstr(out, "{\"type\":\"number\"");
		write_bounds(out, field);
		return;
	case OCPP_KIND_BOOLEAN: buf_append_cstr(out, "{\"type\":\"boolean\""); return;
	case OCPP_KIND_ENUM:
		buf_printf(
		    out, "{\"$ref\":\"#/components/schemas/%s\"", field->enumeration->name);
		return;
	case OCPP_KIND_OBJECT:
	case OCPP_KIND_CUSTOM_DATA:
		buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"", type_of(field)->name);
		return;
	case OCPP_KIND_ANY: buf_append_cstr(out, "{\"description\":\"any JSON value\""); return;
	}
}

static void
write_default(struct buf *out, const struct ocpp_field *field)
{
	if (field->fallback.ptr == NULL)
		return;
	buf_append_cstr(out, ",\"default\":");
	if (field->kind == OCPP_KIND_STRING || field->kind == OCPP_KIND_ENUM)
		json_write_string(out, field->fallback);
	else
		buf_append_slice(out, field->fallback);
}

static void
write_field(struct buf *out, const struct ocpp_field *field)
{
	json_write_string(out, field->name);
	buf_append_char(out, ':');
	if (field->is_array)
		buf_append_cstr(out, "{\"type\":\"array\",\"items\":");
	open_scalar(out, field);
	if (field->is_array) {
		buf_printf(out, "},\"minItems\":%u", (unsigned)field->min_items);
		if (field->max_items > 0)
			buf_printf(out, ",\"maxItems\":%u", (unsigned)field->max_items);
	}
	write_default(out, field);
	buf_append_char(out, '}');
}

static void
write_required(struct buf *out, const struct ocpp_type *type)
{
	bool first = true;

	for (int i = 0; i < type->count; i++) {
		if (!(type->fields[i].required & VERSION))
			continue;
		buf_append_cstr(out, first ? ",\"required\":[" : ",");
		json_write_string(out, type->fields[i].name);
		first = false;
	}
	if (!first)
		buf_append_char(out, ']');
}

static void
write_type(struct buf *out, const struct ocpp_type *type)
{
	bool first = true;

	write_text(out, type->name);
	buf_append_cstr(out, ":{\"type\":\"object\",\"properties\":{");
	for (int i = 0; i < type->count; i++)
		if (type->fields[i].versions & VERSION) {
			separate(out, &first);
			write_field(out, &type->fields[i]);
		}
	buf_append_char(out, '}');
	write_required(out, type);
	buf_printf(out, ",\"additionalProperties\":%s}", type->open ? "true" : "false");
}

static void
write_enum(struct buf *out, const struct ocpp_enum *e)
{
	bool first = true;

	write_text(out, e->name);
	buf_append_cstr(out, ":{\"type\":\"string\",\"enum\":[");
	for (int i = 0; i < e->count; i++)
		if (e->versions[i] & VERSION) {
			separate(out, &first);
			json_write_string(out, e->values[i]);
		}
	buf_append_cstr(out, "]}");
}

static void
write_schemas(struct buf *out)
{
	struct reach reach = { .type_count = 0 };
	bool first = true;

	for (size_t i = 0; i < ocpp_message_count; i++)
		if (is_command(&ocpp_messages[i])) {
			reach_type(&reach, ocpp_messages[i].request);
			if (ocpp_messages[i].response != NULL)
				reach_type(&reach, ocpp_messages[i].response);
		}
	for (size_t i = 0; i < openapi_schema_count; i++) {
		separate(out, &first);
		write_text(out, openapi_schemas[i].name);
		buf_append_char(out, ':');
		buf_append_cstr(out, openapi_schemas[i].json);
	}
	for (size_t i = 0; i < reach.type_count; i++) {
		separate(out, &first);
		write_type(out, reach.types[i]);
	}
	for (size_t i = 0; i < reach.enum_count; i++) {
		separate(out, &first);
		write_enum(out, reach.enums[i]);
	}
}

/* ---- paths ---- */

/* "/a/:b" becomes "/a/{b}"; a last segment can be put in place of the pattern's. */
static void
write_path(struct buf *out, const char *path, const char *last)
{
	size_t len = last == NULL ? strlen(path) : (size_t)(strrchr(path, '/') - path + 1);
	bool open = false;

	buf_append_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (open && path[i] == '/') {
			buf_append_char(out, '}');
			open = false;
		}
		open = open || path[i] == ':';
		if (path[i] == ':')
			buf_append_char(out, '{');
		else
			buf_append_char(out, path[i]);
	}
	if (open)
		buf_append_char(out, '}');
	if (last != NULL)
		buf_append_cstr(out, last);
	buf_append_cstr(out, "\":{");
}

/* The segments of the pattern that stand for something; the last one only if it has not been put in. */
static void
write_path_parameters(struct buf *out, const char *path, bool without_last, bool *first)
{
	for (const char *at = strchr(path, ':'); at != NULL; at = strchr(at, ':')) {
		size_t len = strcspn(++at, "/");

		if (without_last && at[len] == '\0')
			return;
		separate(out, first);
		buf_printf(out,
		    "{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":"
		    "\"string\"}}",
		    (int)len, at);
	}
}

static void
write_query_parameter(struct buf *out, const struct route_param *param)
{
	buf_printf(out, "{\"name\":\"%s\",\"in\":\"query\",\"description\":", param->name);
	write_text(out, param->summary);
	buf_append_cstr(out, ",\"schema\":");
	switch (param->kind) {
	case PARAM_TEXT: buf_append_cstr(out, "{\"type\":\"string\"}"); break;
	case PARAM_TIME:
		buf_append_cstr(out, "{\"type\":\"string\",\"format\":\"date-time\"}");
		break;
	case PARAM_BOOLEAN: buf_append_cstr(out, "{\"type\":\"boolean\"}"); break;
	case PARAM_INTEGER:
		buf_printf(out, "{\"type\":\"integer\",\"minimum\":%lld,\"maximum\":%lld}",
		    (long long)param->min, (long long)param->max);
		break;
	}
	buf_append_char(out, '}');
}

static void
write_parameters(struct buf *out, const struct route *route, bool without_last)
{
	bool first = true;

	buf_append_cstr(out, ",\"parameters\":[");
	write_path_parameters(out, route->path, without_last, &first);
	for (const char *at = route->query; at != NULL && *at != '\0';) {
		struct slice name = slice_from(at, strcspn(at, " "));

		separate(out, &first);
		write_query_parameter(out, route_param_find(name));
		at += name.len;
		at += *at == ' ';
	}
	if (route->flags & ROUTE_OCPP_BODY) {
		separate(out, &first);
		buf_append_cstr(out,
		    "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"description\":\"The "
		    "same key and request again is the same "
		    "command\",\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":"
		    "255}}");
	}
	buf_append_char(out, ']');
}

static void
write_content(struct buf *out, const char *schema)
{
	buf_append_cstr(out, "\"content\":{\"application/json\":{\"schema\":");
	write_ref(out, "schemas", schema);
	buf_append_cstr(out, "}}");
}

/* route->response is a status, and for a body its schema: "201 Station", "204". */
static void
write_responses(struct buf *out, const struct route *route)
{
	struct slice status = slice_from(route->response, strcspn(route->response, " "));
	const char *schema = route->response + status.len;

	buf_printf(
	    out, ",\"responses\":{\"%.*s\":{\"description\":\"Done\"", SLICE_ARGS(status));
	if (*schema == ' ') {
		buf_append_char(out, ',');
		write_content(out, schema + 1);
	}
	buf_append_char(out, '}');
	if (route->flags & ROUTE_OCPP_BODY) {
		buf_append_cstr(
		    out, ",\"200\":{\"description\":\"The command has ended within ?wait=\",");
		write_content(out, "Command");
		buf_append_char(out, '}');
	}
	buf_append_cstr(out, ",\"default\":");
	write_ref(out, "responses", "Error");
	buf_append_char(out, '}');
}

static void
write_operation_id(struct buf *out, const struct route *route, const char *last)
{
	buf_printf(out, "\"operationId\":\"%s", http_method_name(route->method));
	for (const char *c = route->path; *c != '\0'; c++)
		if (*c == '/' || *c == '-' || *c == '.')
			buf_append_char(out, '_');
		else if (*c != ':')
			buf_append_char(out, *c);
	buf_printf(out, "%s%s\"", last == NULL ? "" : "_", last == NULL ? "" : last);
}

/* One method of one path; for a command, of the action named. */
static void
write_operation(struct buf *out, const struct route *route, const struct ocpp_message *message)
{
	const char *request = message == NULL ? route->request : message->request->name;
	char method[8];
	size_t i = 0;

	for (const char *c = http_method_name(route->method);
	     *c != '\0' && i + 1 < sizeof(method); c++)
		method[i++] = (char)(*c | 0x20);
	method[i] = '\0';
	buf_printf(out, "\"%s\":{", method);
	write_operation_id(out, route, message == NULL ? NULL : message->action.ptr);
	buf_append_cstr(out, ",\"summary\":");
	write_text(out, route->summary);
	if (route->role == ROLE_NONE)
		buf_append_cstr(out, ",\"security\":[]");
	else
		buf_printf(out, ",\"description\":\"Least role: %s.\"", role_name(route->role));
	write_parameters(out, route, message != NULL);
	if (request != NULL) {
		buf_printf(out, ",\"requestBody\":{\"required\":%s,",
		    route->flags & ROUTE_BODY ? "true" : "false");
		write_content(out, request);
		buf_append_char(out, '}');
	}
	write_responses(out, route);
	buf_append_char(out, '}');
}

static bool
is_first_of_path(size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(routes[i].path, routes[at].path) == 0)
			return false;
	return true;
}

/* Each action has a path of its own besides the pattern's, with the schema of its payload. */
static void
write_commands(struct buf *out, const struct route *route)
{
	for (size_t i = 0; i < ocpp_message_count; i++)
		if (is_command(&ocpp_messages[i])) {
			buf_append_char(out, ',');
			write_path(out, route->path, ocpp_messages[i].action.ptr);
			write_operation(out, route, &ocpp_messages[i]);
			buf_append_char(out, '}');
		}
}

static void
write_paths(struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < route_count; i++) {
		bool first_method = true;

		if (!is_first_of_path(i))
			continue;
		separate(out, &first);
		write_path(out, routes[i].path, NULL);
		for (size_t j = i; j < route_count; j++)
			if (strcmp(routes[j].path, routes[i].path) == 0) {
				separate(out, &first_method);
				write_operation(out, &routes[j], NULL);
			}
		buf_append_char(out, '}');
		if (routes[i].flags & ROUTE_OCPP_BODY)
			write_commands(out, &routes[i]);
	}
}

void
openapi_print(struct buf *out)
{
	buf_append_cstr(out,
	    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"v2g-csms\",\"version\":\"" V2G_VERSION
	    "\",\"description\":\"Operator's and utility's API of the central system.\"},"
	    "\"servers\":[{\"url\":\"/\"}],\"security\":[{\"bearer\":[]}],\"paths\":{");
	write_paths(out);
	buf_append_cstr(out,
	    "},\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":"
	    "\"bearer\"}},"
	    "\"responses\":{\"Error\":{\"description\":\"Refused or failed\",");
	write_content(out, "Error");
	buf_append_cstr(out, "}},\"schemas\":{");
	write_schemas(out);
	buf_append_cstr(out, "}}}");
}
