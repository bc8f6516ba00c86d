#include "csms/throttle.h"

#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define PER_ADDRESS 5
#define PER_STATION 10
#define MINUTE      (60 * SECOND_US)

static struct slice
address(int n, char out[32])
{
	return slice_from(out, (size_t)snprintf(out, 32, "10.0.%d.%d", n / 256, n % 256));
}

/* An address that fails too often is no longer checked, whatever id it asks for; others are. */
static void
test_address_limit(void **state)
{
	struct throttle *t = throttle_new(PER_ADDRESS, 1000);
	int64_t now = MINUTE;

	(void)state;
	for (int i = 0; i < PER_ADDRESS; i++) {
		assert_true(throttle_allows(t, SLICE("10.0.0.1"), SLICE("A"), now));
		throttle_failed(t, SLICE("10.0.0.1"), SLICE("A"), now);
	}
	assert_false(throttle_allows(t, SLICE("10.0.0.1"), SLICE("A"), now));
	assert_false(throttle_allows(t, SLICE("10.0.0.1"), SLICE("B"), now));
	assert_false(throttle_allows(t, SLICE("::ffff:10.0.0.1"), SLICE("B"), now));
	assert_true(throttle_allows(t, SLICE("10.0.0.2"), SLICE("A"), now));
	/* It leaks: PER_ADDRESS failures a minute are forgiven. */
	assert_true(
	    throttle_allows(t, SLICE("10.0.0.1"), SLICE("A"), now + MINUTE / PER_ADDRESS + 1));
	throttle_free(&t);
	assert_null(t);
}

/* An id attacked from many addresses: each has one try a minute, and who has not failed still gets in. */
static void
test_station_under_attack(void **state)
{
	struct throttle *t = throttle_new(PER_ADDRESS, PER_STATION);
	int64_t now = MINUTE;
	char text[32];

	(void)state;
	for (int i = 0; i < PER_STATION; i++)
		throttle_failed(t, address(i, text), SLICE("Station-1"), now);
	assert_false(throttle_allows(t, address(0, text), SLICE("Station-1"), now));
	assert_false(throttle_allows(t, address(0, text), SLICE("STATION-1"), now));
	assert_true(throttle_allows(t, address(0, text), SLICE("Station-2"), now));
	assert_true(throttle_allows(t, SLICE("10.9.9.9"), SLICE("Station-1"), now));
	throttle_free(&t);
}

/* Of IPv6 one /64 is one peer. */
static void
test_ipv6_prefix(void **state)
{
	struct throttle *t = throttle_new(1, 1000);

	(void)state;
	throttle_failed(t, SLICE("2001:db8:1:2::1"), SLICE("A"), MINUTE);
	assert_false(throttle_allows(t, SLICE("2001:db8:1:2:ffff::9"), SLICE("A"), MINUTE));
	assert_true(throttle_allows(t, SLICE("2001:db8:1:3::1"), SLICE("A"), MINUTE));
	throttle_free(&t);
}

/* The table is bounded; the failures that go are the oldest. */
static void
test_table_is_bounded(void **state)
{
	struct throttle *t = throttle_new(1, 1000000);
	char text[32];
	int64_t now = MINUTE;

	(void)state;
	throttle_failed(t, SLICE("192.0.2.1"), SLICE("A"), now);
	for (int i = 0; i < 65536; i++)
		throttle_failed(t, address(i, text), SLICE("A"), now + i);
	assert_true(throttle_allows(t, SLICE("192.0.2.1"), SLICE("A"), now));
	assert_false(throttle_allows(t, address(65535, text), SLICE("A"), now + 65535));
	throttle_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_limit),
		cmocka_unit_test(test_station_under_attack),
		cmocka_unit_test(test_ipv6_prefix),
		cmocka_unit_test(test_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
