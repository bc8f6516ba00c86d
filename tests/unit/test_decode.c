#include "ocpp/ocpp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/clock.h"
#include "ocpp/ocpp_types.h"

#define MEMORY_MAX (1 << 20)

static struct arena arena;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&arena, MEMORY_MAX);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void *
decode(const struct ocpp_type *type, const char *text)
{
	struct ocpp_fault fault = { .code = OCPP_OK };
	void *object = NULL;

	if (!ocpp_decode(type, OCPP_2_0_1, slice_cstr(text), &arena, &object, &fault))
		fail_msg("%s: %s at %s: %s", text, ocpp_error_name(fault.code), fault.path,
		    fault.detail);
	return object;
}

static void
assert_refused(
    const struct ocpp_type *type, const char *text, enum ocpp_error code, const char *path)
{
	struct ocpp_fault fault = { .code = OCPP_OK };
	void *object = &fault;

	if (ocpp_decode(type, OCPP_2_0_1, slice_cstr(text), &arena, &object, &fault))
		fail_msg("%s: accepted", text);
	assert_ptr_equal(object, &fault);
	if (fault.code != code)
		fail_msg("%s: %s, expected %s", text, ocpp_error_name(fault.code),
		    ocpp_error_name(code));
	assert_string_equal(fault.path, path);
	assert_true(fault.detail[0] != '\0');
}

/* ---- what is accepted, and how it reads ---- */

/* A whole TransactionEvent arrives in its struct: values, presence bits, arrays, defaults. */
static void
test_decode_transaction_event(void **state)
{
	const struct ocpp_transaction_event_request *r = decode(
	    &ocpp_type_transaction_event_request,
	    "{\"eventType\":\"Ended\",\"timestamp\":\"2026-03-01T12:34:56.789Z\","
	    "\"triggerReason\":\"EVDeparted\",\"seqNo\":42,\"transactionInfo\":{"
	    "\"transactionId\":"
	    "\"tx-1\",\"stoppedReason\":\"EVDisconnected\"},\"evse\":{\"id\":1},\"meterValue\":"
	    "[{\"timestamp\":\"2026-03-01T12:34:56Z\",\"sampledValue\":[{\"value\":-12.50},"
	    "{\"value\":3e2,\"context\":\"Other\",\"unitOfMeasure\":{\"unit\":\"W\"}},"
	    "{\"value\":0.001,\"unitOfMeasure\":{\"multiplier\":3}}]}]}");
	const struct ocpp_sampled_value *v;

	(void)state;
	assert_int_equal(r->has, OCPP_TRANSACTION_EVENT_REQUEST_HAS_EVENT_TYPE |
				     OCPP_TRANSACTION_EVENT_REQUEST_HAS_TIMESTAMP |
				     OCPP_TRANSACTION_EVENT_REQUEST_HAS_TRIGGER_REASON |
				     OCPP_TRANSACTION_EVENT_REQUEST_HAS_SEQ_NO |
				     OCPP_TRANSACTION_EVENT_REQUEST_HAS_TRANSACTION_INFO |
				     OCPP_TRANSACTION_EVENT_REQUEST_HAS_EVSE |
				     OCPP_TRANSACTION_EVENT_REQUEST_HAS_METER_VALUE);
	assert_int_equal(r->event_type, OCPP_TRANSACTION_EVENT_ENDED);
	assert_int_equal(r->trigger_reason, OCPP_TRIGGER_REASON_EV_DEPARTED);
	assert_int_equal(r->timestamp.at, INT64_C(1772368496789000));
	assert_true(slice_equal(r->timestamp.text, SLICE("2026-03-01T12:34:56.789Z")));
	assert_int_equal(r->seq_no, 42);
	assert_false(r->offline);
	assert_int_equal(r->transaction_info->stopped_reason, OCPP_REASON_EV_DISCONNECTED);
	assert_int_equal(r->transaction_info->charging_state, OCPP_CHARGING_STATE_ABSENT);
	assert_int_equal(r->evse->id, 1);
	assert_null(r->id_token);
	assert_int_equal(r->meter_value.count, 1);
	assert_int_equal(r->meter_value.items[0].sampled_value.count, 3);
	v = r->meter_value.items[0].sampled_value.items;
	assert_int_equal(v[0].value.units, -125);
	assert_int_equal(v[0].value.scale, 1);
	assert_true(slice_equal(v[0].value.text, SLICE("-12.50")));
	assert_int_equal(v[0].measurand, OCPP_MEASURAND_ENERGY_ACTIVE_IMPORT_REGISTER);
	assert_int_equal(v[0].context, OCPP_READING_CONTEXT_SAMPLE_PERIODIC);
	assert_int_equal(v[0].location, OCPP_LOCATION_OUTLET);
	assert_int_equal(v[0].phase, OCPP_PHASE_ABSENT);
	assert_int_equal(v[0].has, OCPP_SAMPLED_VALUE_HAS_VALUE);
	assert_int_equal(v[1].value.units, 300);
	assert_int_equal(v[1].value.scale, 0);
	assert_int_equal(v[1].context, OCPP_READING_CONTEXT_OTHER);
	assert_true(slice_equal(v[1].unit_of_measure->unit, SLICE("W")));
	assert_int_equal(v[2].value.units, 1);
	assert_int_equal(v[2].value.scale, 3);
	assert_true(slice_equal(v[2].unit_of_measure->unit, SLICE("Wh")));
	assert_int_equal(v[2].unit_of_measure->multiplier, 3);
}

/* Order of members, white space and escapes in names and values make no difference. */
static void
test_decode_spelling_variants(void **state)
{
	const struct ocpp_status_notification_request *r =
	    decode(&ocpp_type_status_notification_request,
		" { \"evseId\" : 2 , \"connector\\u0053tatus\" : \"Occ\\u0075pied\" ,\n"
		"\"timestamp\":\"2026-03-01T12:34:56\\u005a\",\"connectorId\":1e0 } ");

	(void)state;
	assert_int_equal(r->evse_id, 2);
	assert_int_equal(r->connector_id, 1);
	assert_int_equal(r->connector_status, OCPP_CONNECTOR_STATUS_OCCUPIED);
	assert_int_equal(r->timestamp.at % (60 * SECOND_US), 56 * SECOND_US);
}

/* customData takes any further member, at any place, and is kept as the text that it was. */
static void
test_decode_custom_data_kept(void **state)
{
	static const char custom[] =
	    "{\"x\":null, \"vendorId\":\"org.example\",\"y\":[{\"vendorId\":1}],\"x\":2}";
	const struct ocpp_heartbeat_request *r;
	char text[200];

	(void)state;
	(void)snprintf(text, sizeof(text), "{\"customData\": %s }", custom);
	r = decode(&ocpp_type_heartbeat_request, text);
	assert_int_equal(r->has, OCPP_HEARTBEAT_REQUEST_HAS_CUSTOM_DATA);
	assert_true(slice_equal(r->custom_data, slice_cstr(custom)));
}

/* DataTransfer.data is any JSON value, null too, kept as text. */
static void
test_decode_any_kept(void **state)
{
	static const char *const values[] = { "1e999", "\"a\\nb\"", "null", "true",
		"[1, {\"a\":[]}]", "{ \"b\":{}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct ocpp_data_transfer_request *r;
		char text[100];

		(void)snprintf(
		    text, sizeof(text), "{\"vendorId\":\"v\",\"data\":%s }", values[i]);
		r = decode(&ocpp_type_data_transfer_request, text);
		assert_true(slice_equal(r->data, slice_cstr(values[i])));
	}
}

/* Strings borrow from the text unless they have escapes. */
static void
test_decode_strings_borrow(void **state)
{
	const char *text = "{\"vendorId\":\"plain\",\"messageId\":\"with\\tescape\"}";
	const struct ocpp_data_transfer_request *r =
	    decode(&ocpp_type_data_transfer_request, text);

	(void)state;
	assert_ptr_equal(r->vendor_id.ptr, text + 13);
	assert_true(slice_equal(r->message_id, SLICE("with\tescape")));
}

/* Arrays of scalars, and many items of objects, keep their order. */
static void
test_decode_arrays(void **state)
{
	const struct ocpp_get_charging_profiles_request *r = decode(
	    &ocpp_type_get_charging_profiles_request,
	    "{\"requestId\":1,\"chargingProfile\":{\"chargingProfileId\":[5,4,3,2,1,0,-1,7,8],"
	    "\"chargingLimitSource\":[\"EMS\",\"CSO\"]}}");
	const struct ocpp_charging_profile_criterion *c = r->charging_profile;
	static const int32_t ids[] = { 5, 4, 3, 2, 1, 0, -1, 7, 8 };

	(void)state;
	assert_int_equal(c->charging_profile_id.count, 9);
	assert_memory_equal(c->charging_profile_id.items, ids, sizeof(ids));
	assert_int_equal(c->charging_limit_source.count, 2);
	assert_int_equal(c->charging_limit_source.items[0], OCPP_CHARGING_LIMIT_SOURCE_EMS);
	assert_int_equal(c->charging_limit_source.items[1], OCPP_CHARGING_LIMIT_SOURCE_CSO);
}

/* ---- what is refused, with code and path ---- */

#define TX_INFO "\"transactionInfo\":{\"transactionId\":\"t\"}"
#define TX_HEAD                                                                                \
	"{\"eventType\":\"Ended\",\"timestamp\":\"2026-03-01T12:34:56Z\",\"triggerReason\":"   \
	"\"Trigger\",\"seqNo\":1"
#define METER(values)                                                                          \
	TX_HEAD "," TX_INFO ",\"meterValue\":[{\"timestamp\":\"2026-03-01T12:34:56Z\","        \
		"\"sampledValue\":" values "}]}"

/* One case for each rule, mostly deep in a TransactionEvent. */
static void
test_decode_faults_table(void **state)
{
	static const struct {
		const char *text;
		enum ocpp_error code;
		const char *path;
	} cases[] = {
		/* The payload itself. */
		{ "", OCPP_FORMAT_VIOLATION, "$" },
		{ "[]", OCPP_FORMAT_VIOLATION, "$" },
		{ "null", OCPP_FORMAT_VIOLATION, "$" },
		{ "\"x\"", OCPP_FORMAT_VIOLATION, "$" },
		{ "{", OCPP_FORMAT_VIOLATION, "$" },
		{ TX_HEAD "," TX_INFO "} x", OCPP_FORMAT_VIOLATION, "$" },
		{ TX_HEAD "," TX_INFO "},{}", OCPP_FORMAT_VIOLATION, "$" },
		{ TX_HEAD "," TX_INFO "]", OCPP_FORMAT_VIOLATION, "$" },
		{ TX_HEAD ",\"transactionInfo\":{\"transactionId\":\"\\ud800\"}}",
		    OCPP_FORMAT_VIOLATION, "$.transactionInfo.transactionId" },
		{ METER("[{\"value\":01}]"), OCPP_FORMAT_VIOLATION,
		    "$.meterValue[0].sampledValue[0]" },
		{ METER("[{\"value\":1},]"), OCPP_FORMAT_VIOLATION,
		    "$.meterValue[0].sampledValue[1]" },
		/* A fault of another kind does not hide that the rest is not JSON. */
		{ "{\"eventType\":5,}", OCPP_FORMAT_VIOLATION, "$" },
		{ "{\"eventType\":{\"a\"}}", OCPP_FORMAT_VIOLATION, "$" },
		{ "{\"foo\":1} x", OCPP_FORMAT_VIOLATION, "$" },
		/* Members. */
		{ TX_HEAD "," TX_INFO ",\"foo\":1}", OCPP_FORMAT_VIOLATION, "$.foo" },
		{ TX_HEAD "," TX_INFO ",\"seqno\":1}", OCPP_FORMAT_VIOLATION, "$.seqno" },
		{ TX_HEAD "," TX_INFO ",\"a b\":1}", OCPP_FORMAT_VIOLATION, "$[\"a b\"]" },
		{ TX_HEAD "," TX_INFO ",\"\\u0061 \\u00e4\\n\":1}", OCPP_FORMAT_VIOLATION,
		    "$[\"a \xC3\xA4\\n\"]" },
		{ TX_HEAD "," TX_INFO ",\"f\\u006fo\":1}", OCPP_FORMAT_VIOLATION, "$.foo" },
		{ TX_HEAD "," TX_INFO ",\"\":1}", OCPP_FORMAT_VIOLATION, "$[\"\"]" },
		{ TX_HEAD "," TX_INFO ",\"\\\"\":1}", OCPP_FORMAT_VIOLATION, "$[\"\\\"\"]" },
		{ TX_HEAD "," TX_INFO ",\"seqNo\":1}", OCPP_FORMAT_VIOLATION, "$.seqNo" },
		{ TX_HEAD "," TX_INFO ",\"seq\\u004eo\":1}", OCPP_FORMAT_VIOLATION, "$.seqNo" },
		{ METER("[{\"value\":1,\"x\":1}]"), OCPP_FORMAT_VIOLATION,
		    "$.meterValue[0].sampledValue[0].x" },
		{ "{}", OCPP_OCCURRENCE_CONSTRAINT_VIOLATION, "$.eventType" },
		{ TX_HEAD "}", OCPP_OCCURRENCE_CONSTRAINT_VIOLATION, "$.transactionInfo" },
		{ METER("[{\"value\":1},{\"phase\":\"L1\"}]"),
		    OCPP_OCCURRENCE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue[1].value" },
		/* Arrays. */
		{ METER("[]"), OCPP_OCCURRENCE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue" },
		{ TX_HEAD "," TX_INFO ",\"meterValue\":[]}",
		    OCPP_OCCURRENCE_CONSTRAINT_VIOLATION, "$.meterValue" },
		{ METER("{\"value\":1}"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue" },
		{ METER("null"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue" },
		{ METER("[null]"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue[0]" },
		{ METER("[{\"value\":1},3]"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue[1]" },
		{ METER("[[]]"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue[0]" },
		/* Types. */
		{ METER("[{\"value\":\"1\"}]"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue[0].value" },
		{ METER("[{\"value\":true}]"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue[0].value" },
		{ METER("[{\"value\":1,\"phase\":1}]"), OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.meterValue[0].sampledValue[0].phase" },
		{ TX_HEAD ",\"transactionInfo\":[]}", OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.transactionInfo" },
		{ TX_HEAD ",\"transactionInfo\":null}", OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.transactionInfo" },
		{ TX_HEAD ",\"transactionInfo\":{\"transactionId\":5}}",
		    OCPP_TYPE_CONSTRAINT_VIOLATION, "$.transactionInfo.transactionId" },
		{ TX_HEAD "," TX_INFO ",\"offline\":\"true\"}", OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.offline" },
		{ TX_HEAD "," TX_INFO ",\"offline\":0}", OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.offline" },
		{ TX_HEAD "," TX_INFO ",\"offline\":null}", OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.offline" },
		{ TX_HEAD "," TX_INFO ",\"customData\":null}", OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.customData" },
		{ TX_HEAD "," TX_INFO ",\"customData\":[]}", OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "$.customData" },
		{ "{\"eventType\":null}", OCPP_TYPE_CONSTRAINT_VIOLATION, "$.eventType" },
		{ "{\"timestamp\":1}", OCPP_TYPE_CONSTRAINT_VIOLATION, "$.timestamp" },
		/* Values. */
		{ "{\"eventType\":\"ended\"}", OCPP_PROPERTY_CONSTRAINT_VIOLATION,
		    "$.eventType" },
		{ "{\"eventType\":\"\"}", OCPP_PROPERTY_CONSTRAINT_VIOLATION, "$.eventType" },
		{ "{\"timestamp\":\"yesterday\"}", OCPP_PROPERTY_CONSTRAINT_VIOLATION,
		    "$.timestamp" },
		{ "{\"timestamp\":\"2023-02-29T00:00:00Z\"}",
		    OCPP_PROPERTY_CONSTRAINT_VIOLATION, "$.timestamp" },
		{ TX_HEAD "," TX_INFO ",\"customData\":{}}",
		    OCPP_OCCURRENCE_CONSTRAINT_VIOLATION, "$.customData.vendorId" },
		{ TX_HEAD "," TX_INFO ",\"customData\":{\"vendorId\":1}}",
		    OCPP_TYPE_CONSTRAINT_VIOLATION, "$.customData.vendorId" },
		{ TX_HEAD "," TX_INFO
			  ",\"customData\":{\"vendorId\":\"a\",\"vendorId\":\"a\"}}",
		    OCPP_FORMAT_VIOLATION, "$.customData.vendorId" },
		{ TX_HEAD "," TX_INFO
			  ",\"customData\":{\"vendorId\":\"a\",\"x\":[1,{\"y\":tru}]}}",
		    OCPP_FORMAT_VIOLATION, "$.customData.x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(&ocpp_type_transaction_event_request, cases[i].text,
		    cases[i].code, cases[i].path);
}

/* Integers are 32 bits; what is integral in value is an integer, as JSON schema has it. */
static void
test_decode_integers_table(void **state)
{
	static const struct {
		const char *text;
		enum ocpp_error code; /* OCPP_OK: accepted */
		int32_t value;
	} cases[] = {
		{ "0", OCPP_OK, 0 },
		{ "-0", OCPP_OK, 0 },
		{ "-0.0", OCPP_OK, 0 },
		{ "1.0", OCPP_OK, 1 },
		{ "1.5e1", OCPP_OK, 15 },
		{ "1e2", OCPP_OK, 100 },
		{ "1200e-2", OCPP_OK, 12 },
		{ "0e999999999999999999999", OCPP_OK, 0 },
		{ "2147483647", OCPP_OK, INT32_MAX },
		{ "-2147483648", OCPP_OK, INT32_MIN },
		{ "2147483647.000000000000000000000", OCPP_OK, INT32_MAX },
		{ "2147483648", OCPP_PROPERTY_CONSTRAINT_VIOLATION, 0 },
		{ "-2147483649", OCPP_PROPERTY_CONSTRAINT_VIOLATION, 0 },
		{ "9223372036854775808", OCPP_PROPERTY_CONSTRAINT_VIOLATION, 0 },
		{ "18446744073709551617", OCPP_PROPERTY_CONSTRAINT_VIOLATION, 0 },
		{ "1e10", OCPP_PROPERTY_CONSTRAINT_VIOLATION, 0 },
		{ "1e99999999999999999999", OCPP_PROPERTY_CONSTRAINT_VIOLATION, 0 },
		{ "1.5", OCPP_TYPE_CONSTRAINT_VIOLATION, 0 },
		{ "1e-1", OCPP_TYPE_CONSTRAINT_VIOLATION, 0 },
		{ "1e-99999999999999999999", OCPP_TYPE_CONSTRAINT_VIOLATION, 0 },
		{ "1.0000000000000000000000000001", OCPP_TYPE_CONSTRAINT_VIOLATION, 0 },
		{ "\"1\"", OCPP_TYPE_CONSTRAINT_VIOLATION, 0 },
		{ "true", OCPP_TYPE_CONSTRAINT_VIOLATION, 0 },
		{ "null", OCPP_TYPE_CONSTRAINT_VIOLATION, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ocpp_clear_charging_profile_request *r;
		char text[100];

		(void)snprintf(text, sizeof(text), "{\"chargingProfileId\":%s}", cases[i].text);
		if (cases[i].code == OCPP_OK) {
			r = decode(&ocpp_type_clear_charging_profile_request, text);
			assert_int_equal(r->charging_profile_id, cases[i].value);
		} else {
			assert_refused(&ocpp_type_clear_charging_profile_request, text,
			    cases[i].code, "$.chargingProfileId");
		}
	}
}

/* Decimals are exact, in lowest terms, up to 18 significant digits within 10^-18 and 10^18. */
static void
test_decode_decimals_table(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		int64_t units;
		int scale;
	} cases[] = {
		{ "0", true, 0, 0 },
		{ "-0.000", true, 0, 0 },
		{ "0e-500", true, 0, 0 },
		{ "1", true, 1, 0 },
		{ "-1.50", true, -15, 1 },
		{ "100", true, 100, 0 },
		{ "100.10", true, 1001, 1 },
		{ "0.05", true, 5, 2 },
		{ "12.5E+3", true, 12500, 0 },
		{ "12500e-5", true, 125, 3 },
		{ "0.1", true, 1, 1 },
		{ "123456789012345678", true, 123456789012345678, 0 },
		{ "0.123456789012345678", true, 123456789012345678, 18 },
		{ "-123456789.012345678", true, -123456789012345678, 9 },
		{ "123456789012345678.000000000", true, 123456789012345678, 0 },
		{ "1e18", true, 1000000000000000000, 0 },
		{ "-1e18", true, -1000000000000000000, 0 },
		{ "1000000000000000000.0", true, 1000000000000000000, 0 },
		{ "1e-18", true, 1, 18 },
		{ "1234567890123456789", false, 0, 0 },
		{ "1.234567890123456789", false, 0, 0 },
		{ "1000000000000000001", false, 0, 0 },
		{ "1.1e18", false, 0, 0 },
		{ "1e19", false, 0, 0 },
		{ "1e-19", false, 0, 0 },
		{ "1e400", false, 0, 0 },
		{ "-1e99999999999999999999999", false, 0, 0 },
		{ "1e-99999999999999999999999", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ocpp_cost_updated_request *r;
		char text[100];

		(void)snprintf(text, sizeof(text), "{\"transactionId\":\"t\",\"totalCost\":%s}",
		    cases[i].text);
		if (!cases[i].valid) {
			assert_refused(&ocpp_type_cost_updated_request, text,
			    OCPP_PROPERTY_CONSTRAINT_VIOLATION, "$.totalCost");
			continue;
		}
		r = decode(&ocpp_type_cost_updated_request, text);
		assert_int_equal(r->total_cost.units, cases[i].units);
		assert_int_equal(r->total_cost.scale, cases[i].scale);
		assert_true(slice_equal(r->total_cost.text, slice_cstr(cases[i].text)));
	}
}

/* Bounds belong to the range. */
static void
test_decode_bounds_table(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "0", true },
		{ "100", true },
		{ "1e2", true },
		{ "-1", false },
		{ "101", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[300];

		(void)snprintf(text, sizeof(text),
		    "{\"evseId\":1,\"chargingNeeds\":{\"requestedEnergyTransfer\":\"DC\","
		    "\"dcChargingParameters\":{\"evMaxCurrent\":1,\"evMaxVoltage\":1,"
		    "\"stateOfCharge\":%s}}}",
		    cases[i].text);
		if (cases[i].valid)
			decode(&ocpp_type_notify_ev_charging_needs_request, text);
		else
			assert_refused(&ocpp_type_notify_ev_charging_needs_request, text,
			    OCPP_PROPERTY_CONSTRAINT_VIOLATION,
			    "$.chargingNeeds.dcChargingParameters.stateOfCharge");
	}
}

/* Lengths count characters: not bytes, not UTF-16 units, not the spelling of escapes. */
static void
test_decode_max_length_in_characters(void **state)
{
	static const char *const characters[] = { "a", "\xC3\xA4", "\xE2\x82\xAC",
		"\xF0\x9F\x98\x80", "\\n", "\\u00e4", "\\ud83d\\ude00" };

	(void)state;
	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
		struct buf text;

		buf_init(&text, 10000);
		for (int count = 50; count <= 51; count++) {
			buf_clear(&text);
			buf_append_cstr(&text, "{\"vendorId\":\"v\",\"messageId\":\"");
			for (int n = 0; n < count; n++)
				buf_append_cstr(&text, characters[i]);
			buf_append(&text, "\"}", 3);
			if (count == 50)
				decode(&ocpp_type_data_transfer_request, text.ptr);
			else
				assert_refused(&ocpp_type_data_transfer_request, text.ptr,
				    OCPP_PROPERTY_CONSTRAINT_VIOLATION, "$.messageId");
		}
		buf_free(&text);
	}
}

/* The most items of an array are allowed, one more is not. */
static void
test_decode_max_items(void **state)
{
	static const char item[] = "{\"hashAlgorithm\":\"SHA256\",\"issuerNameHash\":\"a\","
				   "\"issuerKeyHash\":\"b\",\"serialNumber\":\"c\","
				   "\"responderURL\":\"d\"}";

	(void)state;
	for (int count = 4; count <= 5; count++) {
		struct buf text;

		buf_init(&text, 10000);
		buf_append_cstr(&text, "{\"idToken\":{\"idToken\":\"x\",\"type\":\"eMAID\"},"
				       "\"iso15118CertificateHashData\":[");
		for (int i = 0; i < count; i++) {
			buf_append_cstr(&text, i > 0 ? "," : "");
			buf_append_cstr(&text, item);
		}
		buf_append(&text, "]}", 3);
		if (count == 4)
			decode(&ocpp_type_authorize_request, text.ptr);
		else
			assert_refused(&ocpp_type_authorize_request, text.ptr,
			    OCPP_OCCURRENCE_CONSTRAINT_VIOLATION,
			    "$.iso15118CertificateHashData");
		buf_free(&text);
	}
}

/* A message that needs more memory than the arena may hold is the sender's fault, and is named so. */
static void
test_decode_memory_limit(void **state)
{
	struct ocpp_fault fault = { .code = OCPP_OK };
	struct buf text;
	void *object;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_append_cstr(
	    &text, "{\"requestId\":1,\"chargingProfile\":{\"chargingProfileId\":[0");
	for (int i = 0; i < 50000; i++)
		buf_append_cstr(&text, ",1");
	buf_append_cstr(&text, "]}}");
	arena_free(&arena);
	arena_init(&arena, 65536);
	assert_false(ocpp_decode(&ocpp_type_get_charging_profiles_request, OCPP_2_0_1,
	    buf_slice(&text), &arena, &object, &fault));
	assert_int_equal(fault.code, OCPP_PROPERTY_CONSTRAINT_VIOLATION);
	assert_string_equal(fault.path, "$.chargingProfile.chargingProfileId");
	assert_non_null(strstr(fault.detail, "65536"));
	buf_free(&text);
}

/* Growing arrays cost at most a few times their size. */
static void
test_decode_array_memory(void **state)
{
	const struct ocpp_get_charging_profiles_request *r;
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_append_cstr(
	    &text, "{\"requestId\":1,\"chargingProfile\":{\"chargingProfileId\":[0");
	for (int i = 1; i < 10000; i++)
		buf_append_cstr(&text, ",1");
	buf_append(&text, "]}}", 4);
	arena_free(&arena);
	arena_init(&arena, sizeof(int32_t) * 8 * 10000);
	r = decode(&ocpp_type_get_charging_profiles_request, text.ptr);
	assert_int_equal(r->charging_profile->charging_profile_id.count, 10000);
	buf_free(&text);
}

/* Free-form values nest to a limit. */
static void
test_decode_depth_limit(void **state)
{
	(void)state;
	for (size_t depth = 31; depth <= 32; depth++) {
		struct buf text;

		buf_init(&text, 1000);
		buf_append_cstr(&text, "{\"vendorId\":\"v\",\"data\":");
		for (size_t i = 0; i < depth; i++)
			buf_append_char(&text, '[');
		for (size_t i = 0; i < depth; i++)
			buf_append_char(&text, ']');
		buf_append(&text, "}", 2);
		if (depth == 31)
			decode(&ocpp_type_data_transfer_request, text.ptr);
		else
			assert_refused(&ocpp_type_data_transfer_request, text.ptr,
			    OCPP_FORMAT_VIOLATION, "$.data");
		buf_free(&text);
	}
}

/* A long path loses its beginning, between characters, and fits. */
static void
test_decode_long_path_cut(void **state)
{
	struct ocpp_fault fault = { .code = OCPP_OK };
	struct buf text;
	void *object;

	(void)state;
	buf_init(&text, 1000);
	for (int pad = 0; pad < 4; pad++) {
		buf_clear(&text);
		buf_append_cstr(&text, "{\"");
		for (int i = 0; i < pad; i++)
			buf_append_char(&text, 'x');
		for (int i = 0; i < 100; i++)
			buf_append_cstr(&text, "\xF0\x9F\x98\x80");
		buf_append_cstr(&text, "\":1}");
		assert_false(ocpp_decode(&ocpp_type_heartbeat_request, OCPP_2_0_1,
		    buf_slice(&text), &arena, &object, &fault));
		assert_memory_equal(fault.path, "...", 3);
		assert_true(strlen(fault.path) > sizeof(fault.path) - 5);
		assert_true(slice_is_utf8(slice_cstr(fault.path)));
		assert_string_equal(fault.path + strlen(fault.path) - 2, "\"]");
	}
	buf_free(&text);
}

/* Each code has the name of part 4, table 8. */
static void
test_error_name_table(void **state)
{
	(void)state;
	assert_string_equal(ocpp_error_name(OCPP_FORMAT_VIOLATION), "FormatViolation");
	assert_string_equal(ocpp_error_name(OCPP_OCCURRENCE_CONSTRAINT_VIOLATION),
	    "OccurrenceConstraintViolation");
	assert_string_equal(ocpp_error_name(OCPP_RPC_FRAMEWORK_ERROR), "RpcFrameworkError");
	assert_string_equal(
	    ocpp_error_name(OCPP_MESSAGE_TYPE_NOT_SUPPORTED), "MessageTypeNotSupported");
	for (int i = OCPP_OK; i <= OCPP_TYPE_CONSTRAINT_VIOLATION; i++) {
		for (int n = OCPP_OK; n < i; n++)
			assert_string_not_equal(ocpp_error_name((enum ocpp_error)i),
			    ocpp_error_name((enum ocpp_error)n));
	}
}

#define decode_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		decode_test(test_decode_transaction_event),
		decode_test(test_decode_spelling_variants),
		decode_test(test_decode_custom_data_kept),
		decode_test(test_decode_any_kept),
		decode_test(test_decode_strings_borrow),
		decode_test(test_decode_arrays),
		decode_test(test_decode_faults_table),
		decode_test(test_decode_integers_table),
		decode_test(test_decode_decimals_table),
		decode_test(test_decode_bounds_table),
		decode_test(test_decode_max_length_in_characters),
		decode_test(test_decode_max_items),
		decode_test(test_decode_memory_limit),
		decode_test(test_decode_array_memory),
		decode_test(test_decode_depth_limit),
		decode_test(test_decode_long_path_cut),
		cmocka_unit_test(test_error_name_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
