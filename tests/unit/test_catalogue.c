/*
 * The catalogue against literal counts, and against the published schemas where they are at hand
 * (folder named by V2G_SHARED, else ../shared beside the source tree).
 */
#include "ocpp/ocpp_types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/json.h"
#include "ocpp/ocpp.h"

#define NAMES_MAX 64

/* ---- literals ---- */

/* OCPP 2.0.1 has 64 messages, 55 data types, 88 enumerations of 431 values together. */
static void
test_catalogue_counts(void **state)
{
	size_t values = 0, fields = 0;

	(void)state;
	for (size_t i = 0; i < ocpp_all_enum_count; i++)
		values += ocpp_all_enums[i]->count;
	for (size_t i = 0; i < ocpp_all_type_count; i++)
		fields += ocpp_all_types[i]->count;
	assert_int_equal(ocpp_message_count, 64);
	assert_int_equal(ocpp_message_count, OCPP_ACTION_COUNT);
	assert_int_equal(ocpp_all_type_count, 128 + 55);
	assert_int_equal(ocpp_all_enum_count, 88);
	assert_int_equal(values, 431);
	/* 508 rows, vendorId of CustomDataType, and customData in all types but that one. */
	assert_int_equal(fields, 508 + 1 + 182);
}

/* Part 2 has 24 messages from the station, 39 from the CSMS, and DataTransfer both ways. */
static void
test_catalogue_directions(void **state)
{
	size_t count[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < ocpp_message_count; i++)
		count[ocpp_messages[i].direction]++;
	assert_int_equal(count[OCPP_FROM_STATION], 24);
	assert_int_equal(count[OCPP_FROM_CSMS], 39);
	assert_int_equal(count[OCPP_FROM_BOTH], 1);
	assert_int_equal(ocpp_messages[OCPP_ACTION_DATA_TRANSFER].direction, OCPP_FROM_BOTH);
	assert_int_equal(ocpp_messages[OCPP_ACTION_DATA_TRANSFER].block, 'P');
}

/* Bits differ within a type, members lie within the struct, references are there. */
static void
test_catalogue_tables_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ocpp_all_type_count; i++) {
		const struct ocpp_type *type = ocpp_all_types[i];
		uint64_t bits = 0;

		for (unsigned n = 0; n < type->count; n++) {
			const struct ocpp_field *field = &type->fields[n];

			assert_true(field->bit < 64);
			assert_int_equal(bits >> field->bit & 1, 0);
			bits |= UINT64_C(1) << field->bit;
			assert_true(field->offset >= sizeof(uint64_t));
			assert_true(field->offset < type->size);
			assert_int_equal(
			    field->kind == OCPP_KIND_ENUM, field->enumeration != NULL);
			assert_int_equal(field->kind == OCPP_KIND_OBJECT, field->type != NULL);
			assert_int_equal(field->required & ~field->versions, 0);
		}
		assert_int_equal(type->open, strcmp(type->name, "CustomDataType") == 0);
	}
	assert_int_equal(sizeof(enum ocpp_reason), sizeof(int));
}

/* Actions are found by their exact name only. */
static void
test_find_action_case_sensitive(void **state)
{
	(void)state;
	for (size_t i = 0; i < ocpp_message_count; i++)
		assert_int_equal(ocpp_find_action(OCPP_2_0_1, ocpp_messages[i].action), i);
	assert_int_equal(ocpp_find_action(OCPP_2_0_1, SLICE("TransactionEvent")),
	    OCPP_ACTION_TRANSACTION_EVENT);
	assert_int_equal(ocpp_find_action(OCPP_2_0_1, SLICE("transactionEvent")), -1);
	assert_int_equal(ocpp_find_action(OCPP_2_0_1, SLICE("TransactionEventRequest")), -1);
	assert_int_equal(ocpp_find_action(OCPP_2_0_1, SLICE("BatterySwap")), -1);
	assert_int_equal(ocpp_find_action(OCPP_2_0_1, SLICE("")), -1);
}

/* Values have the text of the specification. */
static void
test_enum_text(void **state)
{
	(void)state;
	assert_string_equal(ocpp_enum_reason.name, "ReasonEnumType");
	assert_true(slice_equal(ocpp_enum_text(&ocpp_enum_reason, OCPP_REASON_DE_AUTHORIZED),
	    SLICE("DeAuthorized")));
	assert_true(
	    slice_equal(ocpp_enum_text(&ocpp_enum_phase, OCPP_PHASE_L1_N), SLICE("L1-N")));
	assert_int_equal(OCPP_REASON_ABSENT, 0);
}

/* ---- the published schemas ---- */

/* What one schema object says, as far as the catalogue has it. */
struct schema {
	struct slice ref, type, format, fallback;
	long long max_length, min_items, max_items;
	struct slice minimum, maximum;
	bool closed;
	struct slice required[NAMES_MAX], values[NAMES_MAX];
	size_t required_count, value_count;
	size_t property_count;
	struct schema *items; /* of arrays */
	struct schema *properties; /* of objects, a list */
	struct schema *definitions;
	struct slice name; /* in such a list */
	struct schema *next;
};

static struct arena arena;

static void read_schema(struct json_reader *r, struct schema *s);

static struct schema *
read_schema_list(struct json_reader *r)
{
	struct schema *head = NULL, **tail = &head;

	assert_int_equal(json_next(r), JSON_OBJECT);
	while (json_next(r) == JSON_KEY) {
		struct schema *s = arena_alloc(&arena, sizeof(*s));

		assert_non_null(s);
		s->name = r->raw;
		assert_int_equal(json_next(r), JSON_OBJECT);
		read_schema(r, s);
		*tail = s;
		tail = &s->next;
	}
	return head;
}

static size_t
read_names(struct json_reader *r, struct slice names[NAMES_MAX])
{
	size_t count = 0;

	assert_int_equal(json_next(r), JSON_ARRAY);
	while (json_next(r) == JSON_STRING) {
		assert_true(count < NAMES_MAX);
		names[count++] = r->raw;
	}
	return count;
}

static long long
read_number(struct json_reader *r)
{
	long long value;

	assert_int_equal(json_next(r), JSON_NUMBER);
	assert_true(slice_to_int64(r->raw, 0, INT32_MAX, &value));
	return value;
}

static struct slice
read_scalar(struct json_reader *r)
{
	struct slice text;

	assert_true(json_skip(r, json_next(r), &text));
	return text.len > 0 && text.ptr[0] == '"' ? r->raw : text;
}

static void
read_keyword(struct json_reader *r, struct slice key, struct schema *s)
{
	if (slice_equal(key, SLICE("$ref")))
		s->ref = read_scalar(r);
	else if (slice_equal(key, SLICE("type")))
		s->type = read_scalar(r);
	else if (slice_equal(key, SLICE("format")))
		s->format = read_scalar(r);
	else if (slice_equal(key, SLICE("default")))
		s->fallback = read_scalar(r);
	else if (slice_equal(key, SLICE("minimum")))
		s->minimum = read_scalar(r);
	else if (slice_equal(key, SLICE("maximum")))
		s->maximum = read_scalar(r);
	else if (slice_equal(key, SLICE("maxLength")))
		s->max_length = read_number(r);
	else if (slice_equal(key, SLICE("minItems")))
		s->min_items = read_number(r);
	else if (slice_equal(key, SLICE("maxItems")))
		s->max_items = read_number(r);
	else if (slice_equal(key, SLICE("additionalProperties")))
		s->closed = json_next(r) == JSON_FALSE;
	else if (slice_equal(key, SLICE("required")))
		s->required_count = read_names(r, s->required);
	else if (slice_equal(key, SLICE("enum")))
		s->value_count = read_names(r, s->values);
	else if (slice_equal(key, SLICE("properties")))
		s->properties = read_schema_list(r);
	else if (slice_equal(key, SLICE("definitions")))
		s->definitions = read_schema_list(r);
	else if (slice_equal(key, SLICE("items"))) {
		s->items = arena_alloc(&arena, sizeof(*s->items));
		assert_non_null(s->items);
		assert_int_equal(json_next(r), JSON_OBJECT);
		read_schema(r, s->items);
	} else {
		(void)read_scalar(r);
	}
}

static void
read_schema(struct json_reader *r, struct schema *s)
{
	enum json_token token;

	while ((token = json_next(r)) == JSON_KEY)
		read_keyword(r, r->raw, s);
	assert_int_equal(token, JSON_OBJECT_END);
	for (struct schema *p = s->properties; p != NULL; p = p->next)
		s->property_count++;
}

static void
assert_slice_equal(struct slice actual, struct slice expected)
{
	if (!slice_equal(actual, expected))
		fail_msg(
		    "\"%.*s\", expected \"%.*s\"", SLICE_ARGS(actual), SLICE_ARGS(expected));
}

static struct schema *
find_schema(struct schema *list, struct slice name)
{
	while (list != NULL && !slice_equal(list->name, name))
		list = list->next;
	if (list == NULL)
		fail_msg("no definition %.*s", SLICE_ARGS(name));
	return list;
}

static void
check_bound(struct slice text, bool has, int32_t bound)
{
	assert_int_equal(text.ptr != NULL, has);
	/* The files write 0 also as 0.0. */
	if (has)
		assert_int_equal(strtol(text.ptr, NULL, 10), bound);
}

static void
check_scalar(const struct ocpp_field *field, const struct schema *s)
{
	static const char *const types[] = {
		[OCPP_KIND_STRING] = "string",
		[OCPP_KIND_DATE_TIME] = "string",
		[OCPP_KIND_INTEGER] = "integer",
		[OCPP_KIND_DECIMAL] = "number",
		[OCPP_KIND_BOOLEAN] = "boolean",
		[OCPP_KIND_ANY] = NULL,
	};

	assert_slice_equal(s->type, slice_cstr(types[field->kind]));
	assert_slice_equal(
	    s->format, slice_cstr(field->kind == OCPP_KIND_DATE_TIME ? "date-time" : NULL));
	assert_int_equal(s->max_length, field->max_length);
	check_bound(s->minimum, field->has_minimum, field->minimum);
	check_bound(s->maximum, field->has_maximum, field->maximum);
}

/* A default may stand at the field or at the enumeration that it refers to. */
static void
check_value(const struct ocpp_field *field, const struct schema *s, struct schema *definitions)
{
	struct slice name = s->ref, fallback = s->fallback;
	const struct schema *definition;

	if (s->ref.ptr == NULL) {
		check_scalar(field, s);
	} else {
		name.ptr += strlen("#/definitions/");
		name.len -= strlen("#/definitions/");
		if (field->kind == OCPP_KIND_ENUM) {
			assert_slice_equal(name, slice_cstr(field->enumeration->name));
			definition = find_schema(definitions, name);
			fallback = definition != NULL ? definition->fallback : fallback;
		} else if (field->kind == OCPP_KIND_OBJECT) {
			assert_slice_equal(name, slice_cstr(field->type->name));
		} else {
			assert_int_equal(field->kind, OCPP_KIND_CUSTOM_DATA);
			assert_slice_equal(name, SLICE("CustomDataType"));
		}
	}
	if (!field->is_array)
		assert_slice_equal(field->fallback, fallback);
}

static void
check_field(const struct ocpp_field *field, const struct schema *s, struct schema *definitions)
{
	assert_slice_equal(field->name, s->name);
	assert_int_equal(field->is_array, s->items != NULL);
	assert_int_equal(field->min_items, s->min_items);
	assert_int_equal(field->max_items, s->max_items);
	check_value(field, s->items != NULL ? s->items : s, definitions);
}

static void
check_type(const struct ocpp_type *type, const struct schema *s, struct schema *definitions)
{
	const struct schema *property = s->properties;

	assert_int_equal(type->count, s->property_count);
	assert_int_equal(type->open, !s->closed);
	for (unsigned i = 0; i < type->count; i++, property = property->next) {
		bool required = false;

		check_field(&type->fields[i], property, definitions);
		for (size_t n = 0; n < s->required_count; n++)
			required |= slice_equal(s->required[n], property->name);
		assert_int_equal((type->fields[i].required & OCPP_2_0_1) != 0, required);
	}
}

static void
check_enum(const struct ocpp_enum *e, const struct schema *s)
{
	assert_int_equal(e->count, s->value_count);
	for (unsigned i = 0; i < e->count; i++)
		assert_slice_equal(e->values[i], s->values[i]);
}

static void
check_definition(const struct schema *s, struct schema *definitions)
{
	for (size_t i = 0; i < ocpp_all_enum_count; i++) {
		if (slice_equal(slice_cstr(ocpp_all_enums[i]->name), s->name)) {
			check_enum(ocpp_all_enums[i], s);
			return;
		}
	}
	for (size_t i = 0; i < ocpp_all_type_count; i++) {
		if (slice_equal(slice_cstr(ocpp_all_types[i]->name), s->name)) {
			check_type(ocpp_all_types[i], s, definitions);
			return;
		}
	}
	fail_msg("no type %.*s", SLICE_ARGS(s->name));
}

/* False when the file is not there. */
static bool
read_file(const char *name, struct buf *out)
{
	const char *shared = getenv("V2G_SHARED");
	char path[1024];
	size_t got;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/ocpp/2.0.1/schemas/%s.json",
	    shared != NULL ? shared : V2G_SOURCE_DIR "/../shared", name);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	do {
		char *room = buf_reserve(out, 4096);

		assert_non_null(room);
		got = fread(room, 1, 4096, f);
		out->len += got;
	} while (got > 0);
	(void)fclose(f);
	return true;
}

/* All 128 published schemas agree with the tables, field by field and value by value. */
static void
test_catalogue_agrees_with_schemas(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < 128; i++) {
		const struct ocpp_message *message = &ocpp_messages[i / 2];
		const struct ocpp_type *type =
		    i % 2 == 0 ? message->request : message->response;
		struct schema schema = { .name = { NULL, 0 } };
		struct json_reader r;

		buf_clear(&text);
		if (!read_file(type->name, &text)) {
			assert_int_equal(i, 0);
			print_message("published schemas not found: skipped\n");
			buf_free(&text);
			skip();
		}
		arena_init(&arena, 1 << 24);
		json_begin(&r, buf_slice(&text), 32);
		assert_int_equal(json_next(&r), JSON_OBJECT);
		read_schema(&r, &schema);
		check_type(type, &schema, schema.definitions);
		for (struct schema *s = schema.definitions; s != NULL; s = s->next)
			check_definition(s, schema.definitions);
		arena_free(&arena);
	}
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalogue_counts),
		cmocka_unit_test(test_catalogue_directions),
		cmocka_unit_test(test_catalogue_tables_sound),
		cmocka_unit_test(test_find_action_case_sensitive),
		cmocka_unit_test(test_enum_text),
		cmocka_unit_test(test_catalogue_agrees_with_schemas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
