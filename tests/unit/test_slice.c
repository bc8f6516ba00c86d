#include "common/slice.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Equality is of bytes, and absent equals empty. */
static void
test_slice_equal_bytes(void **state)
{
	(void)state;
	assert_true(slice_equal(SLICE("abc"), SLICE("abc")));
	assert_false(slice_equal(SLICE("abc"), SLICE("abC")));
	assert_false(slice_equal(SLICE("abc"), SLICE("ab")));
	assert_true(slice_equal(SLICE(""), slice_cstr(NULL)));
}

/* Only the 26 letters of ASCII lose their case. */
static void
test_slice_equal_nocase_ascii_only(void **state)
{
	(void)state;
	assert_true(slice_equal_nocase(SLICE("DeadBeef-@[z"), SLICE("dEADbEEF-@[Z")));
	assert_false(slice_equal_nocase(SLICE("@"), SLICE("`")));
	assert_false(slice_equal_nocase(SLICE("["), SLICE("{")));
	assert_false(slice_equal_nocase(SLICE("\xC3\x84"), SLICE("\xC3\xA4")));
	assert_false(slice_equal_nocase(SLICE("a"), SLICE("ab")));
}

/* Exactly the well-formed sequences of RFC 3629: shortest form, no surrogates, up to U+10FFFF. */
static void
test_slice_is_utf8_table(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "", true },
		{ "plain", true },
		{ "\xC2\x80", true },
		{ "\xDF\xBF", true },
		{ "\xE0\xA0\x80", true },
		{ "\xED\x9F\xBF", true },
		{ "\xEE\x80\x80", true },
		{ "\xEF\xBF\xBF", true },
		{ "\xF0\x90\x80\x80", true },
		{ "\xF4\x8F\xBF\xBF", true },
		{ "\x80", false },
		{ "\xC0\x80", false },
		{ "\xC1\xBF", false },
		{ "\xE0\x9F\xBF", false },
		{ "\xED\xA0\x80", false },
		{ "\xED\xBF\xBF", false },
		{ "\xF0\x8F\xBF\xBF", false },
		{ "\xF4\x90\x80\x80", false },
		{ "\xF5\x80\x80\x80", false },
		{ "\xFF", false },
		{ "\xC3", false },
		{ "\xC3(", false },
		{ "\xE2\x82", false },
		{ "\xE2\x82(", false },
		{ "\xE2(\x82", false },
		{ "\xF0\x9F\x98", false },
		{ "\xF0\x9F\x98\xC0", false },
		{ "ok \xE2\x82\xAC then \xFE", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(slice_is_utf8(slice_cstr(cases[i].text)), cases[i].valid);
	assert_true(slice_is_utf8(SLICE("a\0b")));
}

/* The length of the first character only, 0 when it is damaged or missing. */
static void
test_slice_utf8_char_lengths(void **state)
{
	(void)state;
	assert_int_equal(slice_utf8_char(SLICE("a\xFF")), 1);
	assert_int_equal(slice_utf8_char(SLICE("\xC3\xA4z")), 2);
	assert_int_equal(slice_utf8_char(SLICE("\xE2\x82\xAC")), 3);
	assert_int_equal(slice_utf8_char(SLICE("\xF0\x9F\x98\x80")), 4);
	assert_int_equal(slice_utf8_char(SLICE("\x80")), 0);
	assert_int_equal(slice_utf8_char(SLICE("")), 0);
}

/* Decimal digits with an optional minus and nothing else, within bounds, without overflow. */
static void
test_slice_to_int64_table(void **state)
{
	static const struct {
		const char *text;
		long long min, max;
		bool valid;
		long long value;
	} cases[] = {
		{ "0", 0, 9, true, 0 },
		{ "-0", 0, 9, true, 0 },
		{ "007", 0, 9, true, 7 },
		{ "-12", -12, 0, true, -12 },
		{ "9223372036854775807", LLONG_MIN, LLONG_MAX, true, LLONG_MAX },
		{ "-9223372036854775808", LLONG_MIN, LLONG_MAX, true, LLONG_MIN },
		{ "9223372036854775808", LLONG_MIN, LLONG_MAX, false, 0 },
		{ "-9223372036854775809", LLONG_MIN, LLONG_MAX, false, 0 },
		{ "99999999999999999999999", LLONG_MIN, LLONG_MAX, false, 0 },
		{ "10", 0, 9, false, 0 },
		{ "-1", 0, 9, false, 0 },
		{ "", 0, 9, false, 0 },
		{ "-", -9, 9, false, 0 },
		{ "+1", 0, 9, false, 0 },
		{ " 1", 0, 9, false, 0 },
		{ "1 ", 0, 9, false, 0 },
		{ "0x1", 0, 9, false, 0 },
		{ "1.0", 0, 9, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long long value = 4711;
		bool valid = slice_to_int64(
		    slice_cstr(cases[i].text), cases[i].min, cases[i].max, &value);

		assert_int_equal(valid, cases[i].valid);
		assert_int_equal(value, valid ? cases[i].value : 4711);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slice_equal_bytes),
		cmocka_unit_test(test_slice_equal_nocase_ascii_only),
		cmocka_unit_test(test_slice_is_utf8_table),
		cmocka_unit_test(test_slice_utf8_char_lengths),
		cmocka_unit_test(test_slice_to_int64_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
