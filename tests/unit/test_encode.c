#include "ocpp/ocpp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "ocpp/ocpp_types.h"

#define TEXT_MAX (1 << 20)

/* Deep enough for every type; the catalogue has no type within itself. */
#define DEPTH_MAX 10

/* ---- instances of every type, made by walking the descriptors ---- */

/* Any value that passes, a different one at each turn. */
struct maker {
	struct buf *out;
	bool full; /* every field, else the required ones */
	unsigned turn;
};

static void make_object(struct maker *m, const struct ocpp_type *type, int depth);

/* As long as the field allows, up to 40 characters of one to four bytes, some of them escaped. */
static void
make_string(struct maker *m, const struct ocpp_field *field)
{
	static const char *const characters[] = { "a", "\xC3\xA4", "\xE2\x82\xAC",
		"\xF0\x9F\x98\x80", "\\\"", "\\\\", "\\n", "\\u0001" };
	uint32_t length =
	    field->max_length == 0 || field->max_length > 40 ? 40 : field->max_length;

	buf_append_char(m->out, '"');
	for (uint32_t i = 0; i < length; i++)
		buf_append_cstr(m->out, characters[m->turn++ % 8]);
	buf_append_char(m->out, '"');
}

static void
make_value(struct maker *m, const struct ocpp_field *field, int depth)
{
	static const char *const numbers[] = { "0", "-1.50", "12345678.9", "1e3", "0.000001" };
	static const char *const times[] = { "\"2026-03-01T12:34:56Z\"",
		"\"1999-12-31t23:59:59.123+01:30\"" };
	static const char *const values[] = { "null", "[1,{\"a\":\"b\"}]", "\"x\"", "-1.5e7" };
	unsigned turn = m->turn++;

	switch (field->kind) {
	case OCPP_KIND_STRING: make_string(m, field); break;
	case OCPP_KIND_DATE_TIME: buf_append_cstr(m->out, times[turn % 2]); break;
	case OCPP_KIND_INTEGER:
		buf_append_int64(m->out,
		    turn % 2 == 0 && field->has_maximum ? field->maximum : field->minimum);
		break;
	case OCPP_KIND_DECIMAL: buf_append_cstr(m->out, numbers[turn % 5]); break;
	case OCPP_KIND_BOOLEAN:
		buf_append_cstr(m->out, turn % 2 == 0 ? "true" : "false");
		break;
	case OCPP_KIND_ENUM:
		json_write_string(m->out, ocpp_enum_text(field->enumeration,
					      (int)(turn % field->enumeration->count) + 1));
		break;
	case OCPP_KIND_OBJECT: make_object(m, field->type, depth + 1); break;
	case OCPP_KIND_ANY: buf_append_cstr(m->out, values[turn % 4]); break;
	case OCPP_KIND_CUSTOM_DATA:
		buf_append_cstr(m->out, "{\"vendorId\":\"org.example\",\"x\":[null]}");
		break;
	}
}

static void
make_field(struct maker *m, const struct ocpp_field *field, int depth)
{
	unsigned items = 1 + (m->full && field->is_array && field->max_items != 1);

	json_write_string(m->out, field->name);
	buf_append_char(m->out, ':');
	if (!field->is_array) {
		make_value(m, field, depth);
		return;
	}
	for (unsigned i = 0; i < items; i++) {
		buf_append_char(m->out, i == 0 ? '[' : ',');
		make_value(m, field, depth);
	}
	buf_append_char(m->out, ']');
}

static void
make_object(struct maker *m, const struct ocpp_type *type, int depth)
{
	bool first = true;

	assert_true(depth < DEPTH_MAX);
	buf_append_char(m->out, '{');
	for (unsigned i = 0; i < type->count; i++) {
		const struct ocpp_field *field = &type->fields[i];

		if (!m->full && (field->required & OCPP_2_0_1) == 0)
			continue;
		buf_append_cstr(m->out, first ? "" : ",");
		make_field(m, field, depth);
		first = false;
	}
	buf_append_char(m->out, '}');
}

static void
assert_round_trip(const struct ocpp_type *type, struct slice text)
{
	struct ocpp_fault fault = { .code = OCPP_OK };
	struct arena arena;
	struct buf again;
	void *object;

	arena_init(&arena, TEXT_MAX);
	buf_init(&again, TEXT_MAX);
	if (!ocpp_decode(type, OCPP_2_0_1, text, &arena, &object, &fault))
		fail_msg("%s: %s at %s: %s\n%.*s", type->name, ocpp_error_name(fault.code),
		    fault.path, fault.detail, SLICE_ARGS(text));
	ocpp_encode(type, OCPP_2_0_1, object, &again);
	if (!slice_equal(buf_slice(&again), text))
		fail_msg("%s:\n%.*s\n%.*s", type->name, SLICE_ARGS(text),
		    SLICE_ARGS(buf_slice(&again)));
	buf_free(&again);
	arena_free(&arena);
}

/* What is written in the order of the catalogue comes back byte for byte, for every type. */
static void
test_encode_round_trip_every_type(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, TEXT_MAX);
	for (unsigned turn = 0; turn < 40; turn++) {
		struct maker m = { .out = &text, .full = turn % 2 == 0, .turn = turn };

		for (size_t i = 0; i < ocpp_all_type_count; i++) {
			buf_clear(&text);
			make_object(&m, ocpp_all_types[i], 0);
			assert_false(buf_failed(&text));
			assert_round_trip(ocpp_all_types[i], buf_slice(&text));
		}
	}
	buf_free(&text);
}

/* Without any one of its required fields no type is accepted. */
static void
test_decode_every_required_field(void **state)
{
	struct buf text;
	size_t count = 0;

	(void)state;
	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < ocpp_all_type_count; i++) {
		const struct ocpp_type *type = ocpp_all_types[i];

		for (unsigned missing = 0; missing < type->count; missing++) {
			struct maker m = { .out = &text };
			struct ocpp_fault fault = { .code = OCPP_OK };
			struct arena arena;
			void *object;

			if (type->fields[missing].required == 0)
				continue;
			count++;
			buf_clear(&text);
			buf_append_char(&text, '{');
			for (unsigned n = 0; n < type->count; n++) {
				if (n == missing || type->fields[n].required == 0)
					continue;
				buf_append_cstr(&text, text.len > 1 ? "," : "");
				make_field(&m, &type->fields[n], 0);
			}
			buf_append_char(&text, '}');
			arena_init(&arena, TEXT_MAX);
			assert_false(ocpp_decode(
			    type, OCPP_2_0_1, buf_slice(&text), &arena, &object, &fault));
			assert_int_equal(fault.code, OCPP_OCCURRENCE_CONSTRAINT_VIOLATION);
			assert_memory_equal(fault.path, "$.", 2);
			assert_true(slice_equal(
			    slice_cstr(fault.path + 2), type->fields[missing].name));
			arena_free(&arena);
		}
	}
	assert_true(count > 200);
	buf_free(&text);
}

/* ---- structs filled by hand ---- */

static void
assert_encodes(const struct ocpp_type *type, const void *object, const char *text)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	ocpp_encode(type, OCPP_2_0_1, object, &out);
	if (!slice_equal(buf_slice(&out), slice_cstr(text)))
		fail_msg("%.*s\nexpected %s", SLICE_ARGS(buf_slice(&out)), text);
	buf_free(&out);
}

/* Only fields whose bit is set are written; an empty message is an empty object. */
static void
test_encode_presence_bits(void **state)
{
	struct ocpp_heartbeat_request empty = { .has = 0 };
	struct ocpp_status_info info = {
		.has = OCPP_STATUS_INFO_HAS_REASON_CODE,
		.reason_code = SLICE("NoError"),
		.additional_info = SLICE("not written"),
	};
	struct ocpp_reset_response response = {
		.has = OCPP_RESET_RESPONSE_HAS_STATUS | OCPP_RESET_RESPONSE_HAS_STATUS_INFO,
		.status = OCPP_RESET_STATUS_SCHEDULED,
		.status_info = &info,
	};

	(void)state;
	assert_encodes(&ocpp_type_heartbeat_request, &empty, "{}");
	assert_encodes(&ocpp_type_reset_response, &response,
	    "{\"status\":\"Scheduled\",\"statusInfo\":{\"reasonCode\":\"NoError\"}}");
}

/* A time without text is written in UTC, with milliseconds only where it has a fraction. */
static void
test_encode_time_from_microseconds(void **state)
{
	struct ocpp_heartbeat_response r = {
		.has = OCPP_HEARTBEAT_RESPONSE_HAS_CURRENT_TIME,
		.current_time = { .at = INT64_C(1772368496000000) },
	};

	(void)state;
	assert_encodes(
	    &ocpp_type_heartbeat_response, &r, "{\"currentTime\":\"2026-03-01T12:34:56Z\"}");
	r.current_time.at += 789999;
	assert_encodes(&ocpp_type_heartbeat_response, &r,
	    "{\"currentTime\":\"2026-03-01T12:34:56.789Z\"}");
	r.current_time.text = SLICE("2026-03-01T12:34:56+00:00");
	assert_encodes(&ocpp_type_heartbeat_response, &r,
	    "{\"currentTime\":\"2026-03-01T12:34:56+00:00\"}");
}

/* A decimal without text is written from units and scale, without needless zeros. */
static void
test_encode_decimal_from_units(void **state)
{
	static const struct {
		int64_t units;
		int scale;
		const char *text;
	} cases[] = {
		{ 0, 0, "0" },
		{ 0, 5, "0" },
		{ 7, 0, "7" },
		{ -7, 0, "-7" },
		{ -5, 1, "-0.5" },
		{ 150, 2, "1.5" },
		{ 100, 2, "1" },
		{ 1001, 2, "10.01" },
		{ 1, 18, "0.000000000000000001" },
		{ -1000000000000000000, 18, "-1" },
		{ 1000000000000000000, 0, "1000000000000000000" },
		{ 123456789012345678, 9, "123456789.012345678" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ocpp_transaction_event_response r = {
			.has = OCPP_TRANSACTION_EVENT_RESPONSE_HAS_TOTAL_COST,
			.total_cost = { .units = cases[i].units, .scale = cases[i].scale },
		};
		char text[100];

		(void)snprintf(text, sizeof(text), "{\"totalCost\":%s}", cases[i].text);
		assert_encodes(&ocpp_type_transaction_event_response, &r, text);
		assert_round_trip(&ocpp_type_transaction_event_response, slice_cstr(text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode_round_trip_every_type),
		cmocka_unit_test(test_decode_every_required_field),
		cmocka_unit_test(test_encode_presence_bits),
		cmocka_unit_test(test_encode_time_from_microseconds),
		cmocka_unit_test(test_encode_decimal_from_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
