#include "tests/sim/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct histogram h;

static int
clear(void **state)
{
	(void)state;
	histogram_clear(&h);
	return 0;
}

/* Within 1/64, a bucket's width. */
static void
assert_near(int64_t value, int64_t expected)
{
	assert_true(value >= expected - expected / 64 - 1);
	assert_true(value <= expected + expected / 64 + 1);
}

/* Nothing was measured: 0 rather than something invented. */
static void
test_percentile_empty(void **state)
{
	(void)state;
	assert_int_equal(histogram_percentile(&h, 0.5), 0);
	assert_int_equal(h.max, 0);
}

/* Small values are exact: each has a bucket of its own. */
static void
test_percentile_small_values(void **state)
{
	(void)state;
	for (int64_t value = 1; value <= 100; value++)
		histogram_add(&h, value);
	assert_int_equal(histogram_percentile(&h, 0.5), 50);
	assert_int_equal(histogram_percentile(&h, 0.99), 99);
	assert_int_equal(histogram_percentile(&h, 1), 100);
	assert_int_equal(h.max, 100);
}

/* Whatever the size, a percentile is known to a bucket's width. */
static void
test_percentile_large_values(void **state)
{
	(void)state;
	for (int64_t value = 1000; value <= 1000000; value += 1000)
		histogram_add(&h, value);
	assert_near(histogram_percentile(&h, 0.5), 500000);
	assert_near(histogram_percentile(&h, 0.95), 950000);
	assert_int_equal(h.max, 1000000);
}

/* What lies outside is counted in the first and the last bucket. */
static void
test_add_outside(void **state)
{
	(void)state;
	histogram_add(&h, -5);
	histogram_add(&h, INT64_MAX);
	assert_int_equal(h.count, 2);
	assert_int_equal(histogram_percentile(&h, 0.5), 0);
	assert_int_equal(h.max, INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_percentile_empty, clear),
		cmocka_unit_test_setup(test_percentile_small_values, clear),
		cmocka_unit_test_setup(test_percentile_large_values, clear),
		cmocka_unit_test_setup(test_add_outside, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
