/* What charging profiles allow at a moment. */
#include "tests/sim/profiles.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "tests/sim/fleet.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"

#define TX_PROFILE  "\"chargingProfilePurpose\":\"TxProfile\",\"transactionId\":\"T1\","
#define TX_DEFAULT  "\"chargingProfilePurpose\":\"TxDefaultProfile\","
#define STATION_MAX "\"chargingProfilePurpose\":\"ChargingStationMaxProfile\","
#define RELATIVE    "\"chargingProfileKind\":\"Relative\","
#define ABSOLUTE    "\"chargingProfileKind\":\"Absolute\","
#define START       "\"startSchedule\":\"2024-05-06T00:00:00Z\","
#define WATTS       "\"id\":1,\"chargingRateUnit\":\"W\","

/* A station with two EVSEs, the first with transaction T1 that began at `start`. */
struct fixture {
	struct station station;
	struct evse evses[2];
	struct transaction transaction;
	struct arena arena;
	int64_t start;
};

static struct fixture f;

static int
setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	arena_init(&f.arena, 1 << 20);
	store_init(&f.station);
	assert_true(clock_parse(SLICE("2024-05-06T12:00:00Z"), &f.start));
	f.station.evses = f.evses;
	f.station.evse_count = 2;
	for (int i = 0; i < 2; i++) {
		f.evses[i].station = &f.station;
		f.evses[i].id = i + 1;
	}
	memcpy(f.transaction.id, "T1", 3);
	f.transaction.started_at = f.start;
	f.evses[0].transaction = &f.transaction;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	store_free(&f.station);
	arena_free(&f.arena);
	return 0;
}

static struct ocpp_charging_profile *
profile_of(const char *json)
{
	struct ocpp_fault fault;
	void *profile;

	if (!ocpp_decode(&ocpp_type_charging_profile, OCPP_2_0_1, slice_cstr(json), &f.arena,
		&profile, &fault))
		fail_msg("%s: %s", fault.path, fault.detail);
	return profile;
}

static void
install(int32_t evse, const char *json)
{
	struct ocpp_charging_profile *profile = profile_of(json);
	struct stored *item;

	item =
	    store_add(&f.station.profiles, &ocpp_type_charging_profile, profile, profile->id);
	item->evse = evse;
}

static double
limit_after(unsigned evse, int64_t seconds)
{
	struct profiles_limit limit;

	profiles_limit(&f.evses[evse - 1], f.start + seconds * SECOND_US, &limit);
	return limit.watts;
}

/* Without a profile there is no limit. */
static void
test_limit_none(void **state)
{
	(void)state;
	assert_true(isinf(limit_after(1, 0)));
}

/* Periods follow each other, counted from the start of the transaction, until the duration is over. */
static void
test_limit_relative_periods(void **state)
{
	(void)state;
	install(1,
	    "{\"id\":1,\"stackLevel\":0," TX_PROFILE RELATIVE "\"chargingSchedule\":[{" WATTS
	    "\"duration\":120,\"chargingSchedulePeriod\":["
	    "{\"startPeriod\":0,\"limit\":7000},{\"startPeriod\":60,\"limit\":-5000.5}]}]}");
	assert_float_equal(limit_after(1, 0), 7000, 0.01);
	assert_float_equal(limit_after(1, 59), 7000, 0.01);
	assert_float_equal(limit_after(1, 60), -5000.5, 0.01);
	assert_true(isinf(limit_after(1, 120)));
	/* It belongs to the other EVSE's transaction. */
	assert_true(isinf(limit_after(2, 0)));
}

/* The higher stack level counts (K01.FR.17), and TxProfile before TxDefaultProfile. */
static void
test_limit_stack(void **state)
{
	(void)state;
	install(0, "{\"id\":1,\"stackLevel\":9," TX_DEFAULT RELATIVE
		   "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		   "{\"startPeriod\":0,\"limit\":1000}]}]}");
	install(1, "{\"id\":2,\"stackLevel\":1," TX_PROFILE RELATIVE
		   "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		   "{\"startPeriod\":0,\"limit\":2000}]}]}");
	install(1,
	    "{\"id\":3,\"stackLevel\":2," TX_PROFILE RELATIVE "\"chargingSchedule\":[{" WATTS
	    "\"duration\":10,\"chargingSchedulePeriod\":["
	    "{\"startPeriod\":0,\"limit\":3000}]}]}");
	assert_float_equal(limit_after(1, 0), 3000, 0.01);
	assert_float_equal(limit_after(1, 10), 2000, 0.01);
	assert_float_equal(limit_after(2, 0), 1000, 0.01);
}

/* The station's maximum caps what a plan allows; its EVSEs share it. */
static void
test_limit_station_maximum(void **state)
{
	(void)state;
	install(0, "{\"id\":1,\"stackLevel\":0," STATION_MAX ABSOLUTE
		   "\"chargingSchedule\":[{" START WATTS "\"chargingSchedulePeriod\":["
		   "{\"startPeriod\":0,\"limit\":8000}]}]}");
	assert_float_equal(limit_after(1, 0), 4000, 0.01);
	install(1, "{\"id\":2,\"stackLevel\":0," TX_PROFILE RELATIVE
		   "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		   "{\"startPeriod\":0,\"limit\":-6000}]}]}");
	assert_float_equal(limit_after(1, 0), -6000, 0.01);
}

/* Amperes are per phase (K01.FR.51); three phases unless said otherwise (.49). */
static void
test_limit_amperes(void **state)
{
	(void)state;
	install(1, "{\"id\":1,\"stackLevel\":0," TX_DEFAULT RELATIVE
		   "\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":\"A\","
		   "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":10},"
		   "{\"startPeriod\":60,\"limit\":10,\"numberPhases\":1}]}]}");
	assert_float_equal(limit_after(1, 0), 6900, 0.01);
	assert_float_equal(limit_after(1, 60), 2300, 0.01);
}

/* A daily profile begins anew each day, and is silent before its first. */
static void
test_limit_daily(void **state)
{
	(void)state;
	install(1,
	    "{\"id\":1,\"stackLevel\":0," TX_DEFAULT
	    "\"chargingProfileKind\":\"Recurring\",\"recurrencyKind\":\"Daily\","
	    "\"chargingSchedule\":[{" START WATTS "\"chargingSchedulePeriod\":["
	    "{\"startPeriod\":0,\"limit\":1000},{\"startPeriod\":43200,\"limit\":2000}]}]}");
	assert_float_equal(limit_after(1, 0), 2000, 0.01);
	assert_float_equal(limit_after(1, 86400), 2000, 0.01);
	assert_float_equal(limit_after(1, 86400 - 3600), 1000, 0.01);
	assert_true(isinf(limit_after(1, -86400)));
}

/* What a station must not take, and why. */
static void
test_refuse(void **state)
{
	static const struct {
		int32_t evse;
		const char *json, *why;
	} rows[] = {
		{ 3,
		    "{\"id\":5,\"stackLevel\":0," TX_DEFAULT RELATIVE
		    "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		    "{\"startPeriod\":0,\"limit\":1}]}]}",
		    "UnknownEvse" },
		{ 2,
		    "{\"id\":5,\"stackLevel\":0," TX_PROFILE RELATIVE
		    "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		    "{\"startPeriod\":0,\"limit\":1}]}]}",
		    "TxNotFound" },
		{ 1,
		    "{\"id\":5,\"stackLevel\":0," TX_DEFAULT ABSOLUTE
		    "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		    "{\"startPeriod\":0,\"limit\":1}]}]}",
		    "InvalidSchedule" },
		{ 1,
		    "{\"id\":5,\"stackLevel\":0," TX_DEFAULT RELATIVE
		    "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		    "{\"startPeriod\":1,\"limit\":1}]}]}",
		    "InvalidSchedule" },
		{ 1,
		    "{\"id\":5,\"stackLevel\":0," STATION_MAX ABSOLUTE
		    "\"chargingSchedule\":[{" START WATTS "\"chargingSchedulePeriod\":["
		    "{\"startPeriod\":0,\"limit\":1}]}]}",
		    "InvalidValue" },
		{ 1,
		    "{\"id\":5,\"stackLevel\":4," TX_PROFILE RELATIVE
		    "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		    "{\"startPeriod\":0,\"limit\":1}]}]}",
		    "DuplicateProfile" },
		{ 1,
		    "{\"id\":5,\"stackLevel\":3," TX_PROFILE RELATIVE
		    "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		    "{\"startPeriod\":0,\"limit\":1}]}]}",
		    NULL },
	};

	(void)state;
	install(1, "{\"id\":1,\"stackLevel\":4," TX_PROFILE RELATIVE
		   "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		   "{\"startPeriod\":0,\"limit\":1}]}]}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why =
		    profiles_refuse(&f.station, rows[i].evse, profile_of(rows[i].json));

		if (rows[i].why == NULL)
			assert_null(why);
		else
			assert_string_equal(why, rows[i].why);
	}
}

/* When the transaction is over, so are its profiles, and no others. */
static void
test_forget_transaction(void **state)
{
	(void)state;
	install(1, "{\"id\":1,\"stackLevel\":0," TX_PROFILE RELATIVE
		   "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		   "{\"startPeriod\":0,\"limit\":1}]}]}");
	install(1, "{\"id\":2,\"stackLevel\":0," TX_DEFAULT RELATIVE
		   "\"chargingSchedule\":[{" WATTS "\"chargingSchedulePeriod\":["
		   "{\"startPeriod\":0,\"limit\":1}]}]}");
	profiles_forget_transaction(&f.station, "T1");
	assert_null(store_find(&f.station.profiles, 1));
	assert_non_null(store_find(&f.station.profiles, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limit_none),
		TEST(test_limit_relative_periods),
		TEST(test_limit_stack),
		TEST(test_limit_station_maximum),
		TEST(test_limit_amperes),
		TEST(test_limit_daily),
		TEST(test_refuse),
		TEST(test_forget_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
