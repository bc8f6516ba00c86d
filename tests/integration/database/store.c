/* The store against a real server: what is promised about commits, refusals and losses. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log.h"
#include "csms/store.h"
#include "tests/integration/database/support.h"

#define OPERATIONS_MAX 20000
#define LIMIT          (20 * SECOND_US)

enum { INSERT, PASS_LATER, LATE, ECHO, SLOW, LOG, STATEMENT_COUNT };

/* As the real ones, each can be repeated (DESIGN D4); `runs` counts how often it got as far as the table. */
static const char tables[] =
    "CREATE TABLE item (id int PRIMARY KEY, runs int NOT NULL DEFAULT 1, seq bigint GENERATED "
    "ALWAYS AS IDENTITY,"
    "  CHECK (id >= 0));"
    "CREATE TABLE parent (id int PRIMARY KEY);"
    "CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
    "CREATE TABLE frame (at timestamptz, station bigint, connection bigint,"
    "  direction text CHECK (direction IN ('in', 'out')), frame text);"
    "CREATE SEQUENCE tries;"
    "CREATE FUNCTION pass_later(item int, tries_needed int) RETURNS int LANGUAGE plpgsql AS $$ "
    "BEGIN"
    "  RAISE NOTICE 'trying %', item;"
    "  IF nextval('tries') < tries_needed THEN RAISE EXCEPTION 'not yet' USING ERRCODE = "
    "'40001'; END IF;"
    "  INSERT INTO item (id) VALUES (item);"
    "  RETURN item; END $$;";

static const struct pg_statement statements[STATEMENT_COUNT] = {
	[INSERT] = { "INSERT",
	    "INSERT INTO item (id) VALUES ($1::int) ON CONFLICT (id) DO UPDATE SET runs = "
	    "item.runs + 1 RETURNING id",
	    1 },
	[PASS_LATER] = { "PASS_LATER", "SELECT pass_later($1::int, $2::int)", 2 },
	[LATE] = { "LATE", "INSERT INTO child (id) VALUES ($1::int)", 1 },
	[ECHO] = { "ECHO", "SELECT $1::text", 1 },
	[SLOW] = { "SLOW", "SELECT pg_sleep($1::float8)", 1 },
	[LOG] = { "LOG",
	    "INSERT INTO frame SELECT * FROM unnest($1::timestamptz[], $2::bigint[], "
	    "$3::bigint[], $4::text[], $5::text[])",
	    5 },
};

struct fate {
	int told;
	enum store_outcome outcome;
	char sqlstate[6];
};

static struct store *store;
static struct fate fates[OPERATIONS_MAX];
static int submitted, told;
static size_t echoed;

static void
take_fate(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	struct fate *fate = ctx;

	told++;
	fate->told++;
	fate->outcome = outcome;
	if (outcome == STORE_COMMITTED && pg_rows(r) > 0)
		echoed += pg_text(r, 0, 0).len;
	if (error != NULL)
		memcpy(fate->sqlstate, error->sqlstate, sizeof(fate->sqlstate));
}

static bool
all_told(void)
{
	return told >= submitted;
}

static bool
is_up(void)
{
	return store_is_up(store);
}

static bool
is_down(void)
{
	return !store_is_up(store);
}

static void
submit(int statement, struct slice first, struct slice second)
{
	struct pg_params params = { statements[statement].params, { first, second } };

	assert_true(submitted < OPERATIONS_MAX);
	assert_true(store_submit(store, statement, &params, take_fate, &fates[submitted]));
	submitted++;
}

/* The operation's number is its row. */
static void
submit_item(int id)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", id);
	submit(INSERT, slice_cstr(text), (struct slice){ NULL, 0 });
}

static void
submit_items(int count)
{
	for (int i = 0; i < count; i++)
		submit_item(submitted);
}

static void
expect(int index, enum store_outcome outcome)
{
	assert_int_equal(fates[index].told, 1);
	assert_int_equal(fates[index].outcome, outcome);
}

static struct store_stats
stats(void)
{
	struct store_stats out;

	store_get_stats(store, &out);
	return out;
}

static int
set_up(void **state)
{
	struct store_settings settings = {
		.max_bytes = 256 << 20, .max_batch = 512, .log_statement = LOG
	};

	support_set_up(state);
	sql(tables);
	memset(fates, 0, sizeof(fates));
	submitted = told = 0;
	echoed = 0;
	settings.uri = uri;
	store = store_new(&loop, &settings, statements, STATEMENT_COUNT);
	run_until(is_up, LIMIT);
	return 0;
}

static int
tear_down(void **state)
{
	store_free(&store);
	return support_tear_down(state);
}

/* ---- commits ---- */

static void
test_commit_is_visible_when_told(void **state)
{
	(void)state;
	submit_items(1);
	run_until(all_told, LIMIT);
	expect(0, STORE_COMMITTED);
	assert_int_equal(sql_number("SELECT count(*) FROM item"), 1);
}

static void
test_commit_in_order(void **state)
{
	(void)state;
	submit_items(2000);
	run_until(all_told, LIMIT);
	assert_int_equal(sql_number("SELECT count(*) FROM item"), 2000);
	assert_int_equal(sql_number("SELECT count(*) FROM (SELECT id, lag(id) OVER (ORDER BY "
				    "seq) AS before FROM item) x WHERE before > id"),
	    0);
	assert_true(stats().batches <= 5);
}

/* Much in both directions at once: neither side may wait for the other to read. */
static void
test_commit_of_much(void **state)
{
	static char big[600000];

	(void)state;
	memset(big, 'x', sizeof(big));
	for (int i = 0; i < 100; i++)
		submit(ECHO, slice_from(big, sizeof(big)), (struct slice){ NULL, 0 });
	run_until(all_told, LIMIT);
	assert_int_equal(echoed, 100 * sizeof(big));
	assert_int_equal(stats().batches, 1);
}

static void
test_frames(void **state)
{
	(void)state;
	store_log_frame(store, INT64_C(1700000000123456), 3, 4, true,
	    SLICE("[2,\"a\\u00e9\",{},'b\\\\',\"\xc3\xa9\"]"));
	store_log_frame(
	    store, INT64_C(1700000000123456), 3, 0, false, SLICE("{NULL,\"x\"}\n\t"));
	run_for(300000);
	assert_int_equal(sql_number("SELECT count(*) FROM frame WHERE extract(epoch FROM at) * "
				    "1e6 = 1700000000123456"),
	    2);
	assert_int_equal(
	    sql_number(
		"SELECT count(*) FROM frame WHERE direction = 'in' AND connection = 4 AND"
		" frame = '[2,\"a\\u00e9\",{},''b\\\\'',\"\xc3\xa9\"]'"),
	    1);
	assert_int_equal(
	    sql_number(
		"SELECT count(*) FROM frame WHERE direction = 'out' AND connection IS NULL AND"
		" frame = E'{NULL,\"x\"}\\n\\t'"),
	    1);
}

/* ---- refusals ---- */

static void
test_refusal_in_the_middle_of_100(void **state)
{
	(void)state;
	submit_items(50);
	submit(INSERT, SLICE("-1"), (struct slice){ NULL, 0 });
	submit_items(49);
	run_until(all_told, LIMIT);
	for (int i = 0; i < 100; i++)
		expect(i, i == 50 ? STORE_REFUSED : STORE_COMMITTED);
	assert_string_equal(fates[50].sqlstate, "23514");
	assert_int_equal(sql_number("SELECT count(*) FROM item"), 99);
	assert_int_equal(sql_number("SELECT max(runs) FROM item"), 1);
}

static void
test_refusal_of_text_that_is_no_number(void **state)
{
	(void)state;
	submit_items(3);
	submit(INSERT, SLICE("three"), (struct slice){ NULL, 0 });
	submit(INSERT, SLICE("\xff"), (struct slice){ NULL, 0 });
	submit_items(1);
	run_until(all_told, LIMIT);
	assert_string_equal(fates[3].sqlstate, "22P02");
	expect(4, STORE_REFUSED);
	expect(5, STORE_COMMITTED);
	assert_int_equal(sql_number("SELECT count(*) FROM item"), 4);
}

/* A deferred constraint is looked at by the commit, when every statement has succeeded. */
static void
test_refusal_by_the_commit(void **state)
{
	(void)state;
	submit_items(20);
	submit(LATE, SLICE("7"), (struct slice){ NULL, 0 });
	submit_items(20);
	run_until(all_told, LIMIT);
	for (int i = 0; i < 41; i++)
		expect(i, i == 20 ? STORE_REFUSED : STORE_COMMITTED);
	assert_string_equal(fates[20].sqlstate, "23503");
	assert_int_equal(sql_number("SELECT count(*) FROM item"), 40);
	assert_int_equal(sql_number("SELECT count(*) FROM child"), 0);
	submit_items(1);
	run_until(all_told, LIMIT);
	expect(41, STORE_COMMITTED);
}

static void
test_refusal_that_passes(void **state)
{
	(void)state;
	submit_items(5);
	submit(PASS_LATER, SLICE("1000"), SLICE("3"));
	submit_items(5);
	run_until(all_told, LIMIT);
	for (int i = 0; i < 11; i++)
		expect(i, STORE_COMMITTED);
	assert_int_equal(sql_number("SELECT count(*) FROM item"), 11);
	assert_int_equal(stats().retries, 2);
}

static void
test_refused_frames(void **state)
{
	(void)state;
	sql("ALTER TABLE frame ADD CHECK (station <> 3)");
	store_log_frame(store, 0, 3, 4, true, SLICE("x"));
	submit_items(3);
	run_until(all_told, LIMIT);
	expect(2, STORE_COMMITTED);
	assert_int_equal(stats().log_dropped, 1);
	assert_int_equal(sql_number("SELECT max(runs) FROM item"), 1);
}

static void
test_abandon_while_it_runs(void **state)
{
	(void)state;
	submit(SLOW, SLICE("0.3"), (struct slice){ NULL, 0 });
	run_for(50000);
	submit_items(1);
	store_abandon(store);
	run_until(all_told, LIMIT);
	expect(0, STORE_ABANDONED);
	expect(1, STORE_ABANDONED);
	submit_items(1);
	run_until(all_told, LIMIT);
	expect(2, STORE_COMMITTED);
}

/* ---- losses ---- */

/*
 * Submits while the loop runs, and hurts the server every so often, in the middle of a batch.  In the end each
 * operation has been told once, and its row is there once: how many tries it took is nobody's business.
 */
static void
submit_and_hurt(int count, int every, void (*hurt)(void))
{
	int items = 0;

	for (int i = 0; i < count; i++) {
		submit_items(1 + i % 13);
		items += 1 + i % 13;
		if (i % every == every - 1) {
			submit(SLOW, SLICE("0.05"), (struct slice){ NULL, 0 });
			run_for(3000);
			hurt();
		}
		run_for(500);
	}
	run_until(all_told, 2 * LIMIT);
	for (int i = 0; i < submitted; i++)
		expect(i, STORE_COMMITTED);
	assert_int_equal(sql_number("SELECT count(*) FROM item"), items);
}

static void
terminate(void)
{
	sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
	    "'v2g-csms store'");
}

static void
test_loss_by_terminate(void **state)
{
	(void)state;
	submit_and_hurt(300, 20, terminate);
	assert_true(stats().reconnects >= 3);
}

/* One server process killed: PostgreSQL throws out all and recovers. */
static void
kill_backend(void)
{
	if (store_is_up(store))
		signal_backends("v2g-csms store", SIGKILL);
}

static void
test_loss_by_kill(void **state)
{
	(void)state;
	submit_and_hurt(150, 50, kill_backend);
	assert_true(stats().reconnects >= 1);
}

static void
crash_cluster(void)
{
	cluster("kill");
	cluster("start");
}

static void
test_loss_by_crash(void **state)
{
	(void)state;
	submit_and_hurt(120, 40, crash_cluster);
	assert_true(stats().reconnects >= 2);
}

/* The server goes away in order: no "refused" for what it was doing. */
static void
test_loss_by_shutdown(void **state)
{
	(void)state;
	submit(SLOW, SLICE("1"), (struct slice){ NULL, 0 });
	submit_items(1);
	run_for(100000);
	cluster("stop");
	run_until(is_down, LIMIT);
	assert_int_equal(told, 0);
	cluster("start");
	run_until(all_told, LIMIT);
	expect(0, STORE_COMMITTED);
	expect(1, STORE_COMMITTED);
}

static void
test_abandon_while_down(void **state)
{
	(void)state;
	cluster("stop");
	submit_items(10);
	run_until(is_down, LIMIT);
	store_abandon(store);
	run_until(all_told, LIMIT);
	for (int i = 0; i < 10; i++)
		expect(i, STORE_ABANDONED);
	cluster("start");
	run_until(is_up, LIMIT);
	submit_items(1);
	run_until(all_told, LIMIT);
	expect(10, STORE_COMMITTED);
}

static void
test_free_during_a_batch(void **state)
{
	(void)state;
	submit(SLOW, SLICE("5"), (struct slice){ NULL, 0 });
	submit_items(3);
	run_for(50000);
	store_free(&store);
	assert_int_equal(told, 4);
	for (int i = 0; i < 4; i++)
		expect(i, STORE_ABANDONED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_commit_is_visible_when_told),
		TEST(test_commit_in_order),
		TEST(test_commit_of_much),
		TEST(test_frames),
		TEST(test_refusal_in_the_middle_of_100),
		TEST(test_refusal_of_text_that_is_no_number),
		TEST(test_refusal_by_the_commit),
		TEST(test_refusal_that_passes),
		TEST(test_refused_frames),
		TEST(test_abandon_while_it_runs),
		TEST(test_loss_by_terminate),
		TEST(test_loss_by_kill),
		TEST(test_loss_by_crash),
		TEST(test_loss_by_shutdown),
		TEST(test_abandon_while_down),
		TEST(test_free_during_a_batch),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
