#include "csms/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 16);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* Objects in which every member comes once. */
static void
test_body_check_good(void **state)
{
	static const char *const cases[] = { "{}", " {\"a\":1}\n",
		"{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]},\"b\":null}", "{\"a\":-1.5e308}",
		"{\"a\":1E-308}", "{\"\":0,\" \":0}", "{\"a\":\"\\u0061\",\"A\":true}" };
	struct body_fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(body_check(slice_cstr(cases[i]), &arena, &fault));
}

/* What is ambiguous, or no object, is refused with the path of the first fault. */
static void
test_body_check_bad(void **state)
{
	static const struct {
		const char *text, *path;
	} cases[] = {
		{ "", "$" },
		{ "[]", "$" },
		{ "1", "$" },
		{ "{} {}", "$" },
		{ "{\"a\":1,\"a\":1}", "$.a" },
		{ "{\"a\":1,\"\\u0061\":1}", "$.a" },
		{ "{\"x\":[0,{\"y\":1,\"z\":2,\"y\":3}]}", "$.x[1].y" },
		{ "{\"a\":{\"b\":NaN}}", "$.a.b" },
		{ "{\"a\":[1,]}", "$.a[1]" },
		{ "{\"a\":1e309}", "$.a" },
		{ "{\"a\":1e-999999999999999999999}", "$.a" },
		{ "{\"a\":11111111111111111111111111111111111111111111111111111111111111111}",
		    "$.a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct body_fault fault = { "", NULL };

		assert_false(body_check(slice_cstr(cases[i].text), &arena, &fault));
		assert_string_equal(fault.path, cases[i].path);
		assert_non_null(fault.message);
	}
}

/* A path too long to show is cut on the left: its end is what tells. */
static void
test_body_check_long_path(void **state)
{
	char text[600];
	struct body_fault fault = { "", NULL };

	(void)state;
	snprintf(text, sizeof(text), "{\"%0200d\":{\"%0200d\":{\"end\":x}}}", 1, 2);
	assert_false(body_check(slice_cstr(text), &arena, &fault));
	assert_int_equal(strlen(fault.path), sizeof(fault.path) - 1);
	assert_memory_equal(fault.path, "...", 3);
	assert_string_equal(fault.path + strlen(fault.path) - 4, ".end");
}

static void
assert_slice(struct slice s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.ptr, expected, s.len);
}

/* Members of the outermost object only, by their unescaped name. */
static void
test_body_members(void **state)
{
	const struct slice text =
	    SLICE("{\"o\":{\"a\":\"inner\"},\"\\u0061\":\"x\\ny\",\"n\":12,\"z\":null}");

	(void)state;
	assert_slice(body_text(text, "a", &arena), "x\ny");
	assert_slice(body_value(text, "a", &arena), "x\\ny");
	assert_slice(body_value(text, "o", &arena), "{\"a\":\"inner\"}");
	assert_slice(body_value(text, "n", &arena), "12");
	assert_null(body_text(text, "n", &arena).ptr);
	assert_null(body_value(text, "z", &arena).ptr);
	assert_null(body_text(text, "inner", &arena).ptr);
	assert_true(body_has(text, "z", &arena));
	assert_false(body_has(text, "inner", &arena));
}

/* The secret goes, however its name is spelled; the rest stays as it was written. */
static void
test_body_rewrite(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{}", "{\"h\":\"v\\\"\"}" },
		{ "{\"p\":\"s\"}", "{\"h\":\"v\\\"\"}" },
		{ "{\"\\u0070\":[1,2],\"a\":{\"p\":1}}", "{\"a\":{\"p\":1},\"h\":\"v\\\"\"}" },
		{ "{\"a\": 1.50 ,\"p\":\"s\",\"\\u00e4\":\"\\u00e4\"}",
		    "{\"a\":1.50,\"\\u00e4\":\"\\u00e4\",\"h\":\"v\\\"\"}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out;

		buf_init(&out, 1 << 10);
		body_rewrite(slice_cstr(cases[i].text), "p", "h", SLICE("v\""), &arena, &out);
		assert_slice(buf_slice(&out), cases[i].expected);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_body_check_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body_check_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body_check_long_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body_rewrite, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
