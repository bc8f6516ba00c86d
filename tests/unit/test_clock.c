#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define AT(seconds, micros) ((seconds)*SECOND_US + (micros))

/* RFC 3339 in its spellings, the examples of its section 5.8 among them. */
static void
test_clock_parse_valid(void **state)
{
	static const struct {
		const char *text;
		int64_t at;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.999999Z", -1 },
		{ "1985-04-12T23:20:50.52Z", AT(482196050, 520000) },
		{ "1996-12-19T16:39:57-08:00", AT(851042397, 0) },
		{ "1990-12-31T23:59:60Z", AT(662688000, 0) },
		{ "1990-12-31T15:59:60-08:00", AT(662688000, 0) },
		{ "1937-01-01T12:00:27.87+00:20", AT(-1041337172, -130000) },
		{ "2024-02-29T12:00:00z", AT(1709208000, 0) },
		{ "2024-02-29t12:00:00Z", AT(1709208000, 0) },
		{ "2024-02-29 12:00:00Z", AT(1709208000, 0) },
		{ "2000-02-29T00:00:00Z", AT(951782400, 0) },
		{ "2024-05-06T07:08:09.1234567890123456789Z", AT(1714979289, 123456) },
		{ "2024-05-06T07:08:09.000000999Z", AT(1714979289, 0) },
		{ "2024-05-06T07:08:09-00:00", AT(1714979289, 0) },
		{ "2024-05-06T07:08:09+23:59", AT(1714979289 - 86340, 0) },
		{ "2016-12-31T23:59:60.5Z", AT(1483228800, 500000) },
		{ "0001-01-01T00:00:00Z", AT(-62135596800, 0) },
		{ "9999-12-31T23:59:59.999999Z", AT(253402300799, 999999) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at;

		assert_true(clock_parse(slice_cstr(cases[i].text), &at));
		assert_int_equal(at, cases[i].at);
	}
}

/* What is not RFC 3339, not a date, or not within the years 1 to 9999. */
static void
test_clock_parse_invalid(void **state)
{
	static const char *const cases[] = {
		"",
		"2024-05-06",
		"2024-05-06T07:08:09",
		"2024-05-06T07:08Z",
		"2024-05-06T07:08:09.Z",
		"2024-05-06T07:08:09,5Z",
		"2024-05-06T07:08:09Z ",
		" 2024-05-06T07:08:09Z",
		"2024-05-06_07:08:09Z",
		"2024-05-06T07:08:09+0100",
		"2024-05-06T07:08:09+1:00",
		"2024-05-06T07:08:09+01",
		"2024-05-06T07:08:09+24:00",
		"2024-05-06T07:08:09+01:60",
		"2024-05-06T24:00:00Z",
		"2024-05-06T07:60:00Z",
		"2024-05-06T07:08:61Z",
		"2024-05-06T07:08:60Z",
		"2024-05-06T23:59:60+01:00",
		"2024-00-06T07:08:09Z",
		"2024-13-06T07:08:09Z",
		"2024-05-00T07:08:09Z",
		"2024-04-31T07:08:09Z",
		"2023-02-29T07:08:09Z",
		"1900-02-29T07:08:09Z",
		"24-05-06T07:08:09Z",
		"12024-05-06T07:08:09Z",
		"-024-05-06T07:08:09Z",
		"2024-5-06T07:08:09Z",
		"0000-01-01T00:00:00Z",
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"9999-12-31T23:59:60Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at = 4711;

		assert_false(clock_parse(slice_cstr(cases[i]), &at));
		assert_int_equal(at, 4711);
	}
	assert_false(clock_parse(SLICE("2024-05-06\00007:08:09Z"), &(int64_t){ 0 }));
}

static void
assert_formats(int64_t at, int decimals, const char *text)
{
	char out[CLOCK_TEXT_MAX];

	assert_int_equal(clock_format(at, decimals, out), strlen(text));
	assert_string_equal(out, text);
}

/* Fractions are cut, towards the past also before 1970; years past the end stay at the end. */
static void
test_clock_format_decimals(void **state)
{
	(void)state;
	assert_formats(AT(1714979289, 123456), 6, "2024-05-06T07:08:09.123456Z");
	assert_formats(AT(1714979289, 123999), 3, "2024-05-06T07:08:09.123Z");
	assert_formats(AT(1714979289, 999999), 0, "2024-05-06T07:08:09Z");
	assert_formats(-1, 6, "1969-12-31T23:59:59.999999Z");
	assert_formats(-1, 0, "1969-12-31T23:59:59Z");
	assert_formats(0, 3, "1970-01-01T00:00:00.000Z");
	assert_formats(INT64_MIN, 0, "0001-01-01T00:00:00Z");
	assert_formats(INT64_MAX, 0, "9999-12-31T23:59:59Z");
}

/* Every day of the 9999 years has the date that the C library computes, and reads back the same. */
static void
test_clock_format_agrees_with_libc(void **state)
{
	(void)state;
	for (int64_t day = -719162; day < 2932897; day += 13) {
		time_t seconds = (time_t)(day * 86400 + 86399);
		char ours[CLOCK_TEXT_MAX], theirs[64];
		struct tm tm;
		int64_t at;

		assert_non_null(gmtime_r(&seconds, &tm));
		(void)snprintf(theirs, sizeof(theirs), "%04d-%02d-%02dT23:59:59Z",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
		clock_format(seconds * SECOND_US, 0, ours);
		assert_string_equal(ours, theirs);
		assert_true(clock_parse(slice_cstr(ours), &at));
		assert_int_equal(at, seconds * SECOND_US);
	}
}

/* The wall clock is this century's, and the monotonic one does not go back. */
static void
test_clock_now(void **state)
{
	int64_t before = clock_mono();

	(void)state;
	assert_true(clock_wall() > AT(1700000000, 0));
	assert_true(clock_wall() < AT(7258118400, 0));
	assert_true(clock_mono() >= before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_parse_valid),
		cmocka_unit_test(test_clock_parse_invalid),
		cmocka_unit_test(test_clock_format_decimals),
		cmocka_unit_test(test_clock_format_agrees_with_libc),
		cmocka_unit_test(test_clock_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
