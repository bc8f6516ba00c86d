#include "ocpp/rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID36 "123456789012345678901234567890123456"

static struct arena arena;
static struct ocpp_frame frame;
static struct ocpp_fault fault;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&arena, 65536);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static enum ocpp_frame_result
parse(const char *text)
{
	fault = (struct ocpp_fault){ .code = OCPP_OK };
	return ocpp_frame_parse(slice_cstr(text), &arena, &frame, &fault);
}

/* A text of NULL: absent. */
static void
assert_slice(struct slice s, const char *text)
{
	if (text == NULL)
		assert_null(s.ptr);
	else if (s.ptr == NULL || !slice_equal(s, slice_cstr(text)))
		fail_msg("\"%.*s\", expected \"%s\"", SLICE_ARGS(s), text);
}

/* A CALL has an id, an action and an object, in any white space. */
static void
test_frame_parse_call(void **state)
{
	(void)state;
	assert_int_equal(
	    parse(" [ 2 , \"a1\" , \"Heartbeat\" , { \"x\" : [1] } ] \n"), OCPP_FRAME_OK);
	assert_int_equal(frame.kind, OCPP_CALL);
	assert_slice(frame.id, "a1");
	assert_slice(frame.action, "Heartbeat");
	assert_slice(frame.payload, "{ \"x\" : [1] }");
	assert_null(frame.error_code.ptr);
	assert_int_equal(parse("[2,\"" ID36 "\",\"Heart\\u0062eat\",{}]"), OCPP_FRAME_OK);
	assert_slice(frame.id, ID36);
	assert_slice(frame.action, "Heartbeat");
}

/* A CALLRESULT has an id and an object. */
static void
test_frame_parse_call_result(void **state)
{
	(void)state;
	assert_int_equal(parse("[3,\"\\u0061\",{\"currentTime\":\"x\"}]"), OCPP_FRAME_OK);
	assert_int_equal(frame.kind, OCPP_CALLRESULT);
	assert_slice(frame.id, "a");
	assert_slice(frame.payload, "{\"currentTime\":\"x\"}");
}

/* A CALLERROR ends our call whatever is left out or odd behind its code. */
static void
test_frame_parse_call_error_tolerant(void **state)
{
	static const struct {
		const char *text, *description, *details;
	} cases[] = {
		{ "[4,\"i\",\"NotSupported\",\"why\",{}]", "why", "{}" },
		{ "[4,\"i\",\"NotSupported\",\"\",{\"a\":1}]", "", "{\"a\":1}" },
		{ "[4,\"i\",\"NotSupported\",\"a\\tb\",null]", "a\tb", "null" },
		{ "[4,\"i\",\"NotSupported\",\"why\"]", "why", NULL },
		{ "[4,\"i\",\"NotSupported\"]", NULL, NULL },
		{ "[4,\"i\",\"NotSupported\",null,{}]", NULL, "{}" },
		{ "[4,\"i\",\"NotSupported\",{\"x\":[]},[]]", NULL, "[]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text), OCPP_FRAME_OK);
		assert_int_equal(frame.kind, OCPP_CALLERROR);
		assert_slice(frame.id, "i");
		assert_slice(frame.error_code, "NotSupported");
		assert_slice(frame.error_description, cases[i].description);
		assert_slice(frame.error_details, cases[i].details);
	}
}

/* What is answered with an error, with which code, and for which id. */
static void
test_frame_parse_refused_table(void **state)
{
	static const struct {
		const char *text;
		enum ocpp_error code;
		const char *id;
	} cases[] = {
		/* Nothing that could be a message. */
		{ "", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "hello", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "{}", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "2", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[[2,\"i\",\"A\",{}]]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		/* The message type. */
		{ "[\"2\",\"i\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[2.5,\"i\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[-2,\"i\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[null,\"i\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[99999999999999999999,\"i\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[1,\"i\",\"A\",{}]", OCPP_MESSAGE_TYPE_NOT_SUPPORTED, "i" },
		{ "[0,\"i\"]", OCPP_MESSAGE_TYPE_NOT_SUPPORTED, "i" },
		{ "[5,\"i\",\"C\",\"d\",{}]", OCPP_MESSAGE_TYPE_NOT_SUPPORTED, "i" },
		{ "[6,\"i\",\"A\",{}]", OCPP_MESSAGE_TYPE_NOT_SUPPORTED, "i" },
		/* The message id. */
		{ "[2]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[2,5,\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[2,null,\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[2,\"\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[2,\"" ID36 "7\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[6,5,\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		/* The action. */
		{ "[2,\"i\"]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",7,{}]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		/* The payload. */
		{ "[2,\"i\",\"A\"]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",\"A\",null]", OCPP_FORMAT_VIOLATION, "i" },
		{ "[2,\"i\",\"A\",[]]", OCPP_FORMAT_VIOLATION, "i" },
		{ "[2,\"i\",\"A\",\"{}\"]", OCPP_FORMAT_VIOLATION, "i" },
		{ "[2,\"i\",\"A\",{\"a\":}]", OCPP_FORMAT_VIOLATION, "i" },
		{ "[2,\"i\",\"A\",{\"a\":1", OCPP_FORMAT_VIOLATION, "i" },
		{ "[2,\"i\",\"A\",{\"a\":\"\\u0000\"}]", OCPP_FORMAT_VIOLATION, "i" },
		{ "[2,\"i\",\"A\",", OCPP_FORMAT_VIOLATION, "i" },
		/* The end. */
		{ "[2,\"i\",\"A\",{}", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",\"A\",{},1]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",\"A\",{},]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",\"A\",{}] x", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",\"A\",{}}", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,\"i\",\"A\",{}][2,\"i\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		/* Damage between the parts. */
		{ "[2 \"i\",\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[2,\"i\" \"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
		{ "[2,'i',\"A\",{}]", OCPP_RPC_FRAMEWORK_ERROR, "-1" },
		{ "[2,\"i\",A,{}]", OCPP_RPC_FRAMEWORK_ERROR, "i" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].text) != OCPP_FRAME_REFUSE)
			fail_msg("%s: not refused", cases[i].text);
		if (fault.code != cases[i].code)
			fail_msg("%s: %s", cases[i].text, ocpp_error_name(fault.code));
		assert_slice(frame.id, cases[i].id);
		assert_null(frame.action.ptr);
		assert_null(frame.payload.ptr);
		assert_string_equal(fault.path, fault.code == OCPP_FORMAT_VIOLATION ? "$" : "");
		assert_true(fault.detail[0] != '\0');
	}
}

/* A broken answer is never answered, but its id is told if it could be read. */
static void
test_frame_parse_ignored_table(void **state)
{
	static const struct {
		const char *text, *id;
	} cases[] = {
		{ "[3]", NULL },
		{ "[3,7,{}]", NULL },
		{ "[3,\"\",{}]", NULL },
		{ "[3,\"i\"]", "i" },
		{ "[3,\"i\",null]", "i" },
		{ "[3,\"i\",[]]", "i" },
		{ "[3,\"i\",{},{}]", "i" },
		{ "[3,\"i\",{\"a\"}]", "i" },
		{ "[3,\"i\",{}", "i" },
		{ "[3,\"i\",{}]]", "i" },
		{ "[4,\"i\"]", "i" },
		{ "[4,\"i\",5,\"\",{}]", "i" },
		{ "[4,\"i\",\"C\",\"d\",{},1]", "i" },
		{ "[4,\"i\",\"C\",\"d\",{}", "i" },
		{ "[4,\"i\",\"C\",\"d\"", "i" },
		{ "[4,\"i\",\"C\",tru,{}]", "i" },
		{ "[4,\"i\",\"C\"]x", "i" },
		{ "[4,\"i\",\"C\",\"d\"]x", "i" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].text) != OCPP_FRAME_IGNORE)
			fail_msg("%s: not ignored", cases[i].text);
		assert_slice(frame.id, cases[i].id);
		assert_int_not_equal(fault.code, OCPP_OK);
	}
}

/* Invalid UTF-8 weighs more than any other fault, wherever it stands. */
static void
test_frame_parse_bad_utf8(void **state)
{
	static const char *const cases[] = {
		"\xFF",
		"[2,\"i\",\"A\",{\"a\":\"\xC0\x80\"}]",
		"[2,\"i\xED\xA0\x80\",\"A\",{}]",
		"[2,5,\"A\",{\"a\":\"\xFF\"}]",
		"[3,\"i\",{\"\xFF\":1}]",
		"[7,\"i\",{}] \xFF",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parse(cases[i]), OCPP_FRAME_BAD_UTF8);
}

/* The whole frame nests to 32. */
static void
test_frame_parse_depth_limit(void **state)
{
	(void)state;
	for (size_t depth = 29; depth <= 31; depth++) {
		struct buf text;

		buf_init(&text, 1000);
		buf_append_cstr(&text, "[2,\"i\",\"A\",{\"a\":");
		for (size_t i = 0; i < depth; i++)
			buf_append_char(&text, '[');
		for (size_t i = 0; i < depth; i++)
			buf_append_char(&text, ']');
		buf_append(&text, "}]", 3);
		assert_int_equal(
		    parse(text.ptr), depth <= 30 ? OCPP_FRAME_OK : OCPP_FRAME_REFUSE);
		buf_free(&text);
	}
}

/* Frames that we write are frames that we read. */
static void
test_frame_write(void **state)
{
	struct buf out;

	(void)state;
	fault = (struct ocpp_fault){
		.code = OCPP_TYPE_CONSTRAINT_VIOLATION,
		.path = "$[\"a\"]",
		.detail = "must be a string",
	};
	buf_init(&out, 1000);
	ocpp_frame_call(&out, SLICE("a\"b"), SLICE("Reset"), SLICE("{\"type\":\"Immediate\"}"));
	assert_slice(buf_slice(&out), "[2,\"a\\\"b\",\"Reset\",{\"type\":\"Immediate\"}]");
	buf_clear(&out);
	ocpp_frame_result(&out, SLICE("7"), SLICE("{}"));
	assert_slice(buf_slice(&out), "[3,\"7\",{}]");
	buf_clear(&out);
	ocpp_frame_error(&out, SLICE("-1"), &fault);
	assert_slice(buf_slice(&out), "[4,\"-1\",\"TypeConstraintViolation\","
				      "\"$[\\\"a\\\"]: must be a string\",{}]");
	buf_clear(&out);
	fault.path[0] = '\0';
	ocpp_frame_error(&out, SLICE("-1"), &fault);
	assert_slice(
	    buf_slice(&out), "[4,\"-1\",\"TypeConstraintViolation\",\"must be a string\",{}]");
	buf_free(&out);
}

/* The longest fault still makes a description of at most 255 characters, cut between characters. */
static void
test_frame_error_description_limit(void **state)
{
	struct buf out;

	(void)state;
	for (size_t shift = 0; shift < 2; shift++) {
		fault = (struct ocpp_fault){ .code = OCPP_FORMAT_VIOLATION };
		memset(fault.path, 'p', sizeof(fault.path) - 1);
		memset(fault.detail, 'd', shift);
		for (size_t i = shift; i + 2 < sizeof(fault.detail); i += 2)
			memcpy(fault.detail + i, "\xC3\xA4", 2);
		buf_init(&out, 1000);
		ocpp_frame_error(&out, SLICE("i"), &fault);
		assert_int_equal(parse(arena_cstr(&arena, buf_slice(&out))), OCPP_FRAME_OK);
		assert_true(frame.error_description.len <= 255);
		assert_true(frame.error_description.len >= 253);
		buf_free(&out);
	}
}

#define rpc_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		rpc_test(test_frame_parse_call),
		rpc_test(test_frame_parse_call_result),
		rpc_test(test_frame_parse_call_error_tolerant),
		rpc_test(test_frame_parse_refused_table),
		rpc_test(test_frame_parse_ignored_table),
		rpc_test(test_frame_parse_bad_utf8),
		rpc_test(test_frame_parse_depth_limit),
		rpc_test(test_frame_write),
		rpc_test(test_frame_error_description_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
