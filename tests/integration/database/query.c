/* A connection and the query pool against a real server. */
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log.h"
#include "csms/query.h"
#include "tests/integration/database/support.h"

#define LIMIT     (20 * SECOND_US)
#define QUERY_MAX 64

enum { ANSWER, SLEEP, WRITE, FAIL, LATE, STATEMENT_COUNT };

static const struct pg_statement statements[STATEMENT_COUNT] = {
	[ANSWER] = { "ANSWER", "SELECT $1::int + 1, NULL, true, 'text'", 1 },
	[SLEEP] = { "SLEEP", "SELECT pg_sleep($1::float8)", 1 },
	[WRITE] = { "WRITE", "INSERT INTO item (id) VALUES ($1::int)", 1 },
	[FAIL] = { "FAIL", "SELECT 1 / $1::int", 1 },
	[LATE] = { "LATE", "INSERT INTO child (id) VALUES ($1::int) RETURNING id", 1 },
};

static const char tables[] =
    "CREATE TABLE item (id int PRIMARY KEY);"
    "CREATE TABLE parent (id int PRIMARY KEY);"
    "CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)";

struct fate {
	int told;
	enum pg_outcome outcome;
	char sqlstate[6];
	long value; /* of the first column */
	long rows_seen; /* by another connection, when it was told */
};

static struct query_pool *pool;
static struct fate fates[QUERY_MAX];
static int asked, told;

static void
take_fate(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct fate *fate = ctx;

	told++;
	fate->told++;
	fate->outcome = outcome;
	assert_true((r != NULL) == (outcome == PG_DONE));
	assert_true((error != NULL) == (outcome == PG_REFUSED));
	if (r != NULL && pg_rows(r) > 0)
		fate->value = (long)pg_integer(r, 0, 0);
	if (error != NULL)
		memcpy(fate->sqlstate, error->sqlstate, sizeof(fate->sqlstate));
}

static struct query *
ask_for(int statement, const char *text, query_done *done)
{
	struct pg_params params = { 1, { slice_cstr(text) } };

	assert_true(asked < QUERY_MAX);
	return query_run(pool, statement, &params, done, &fates[asked++]);
}

static struct query *
ask(int statement, const char *text)
{
	struct query *q = ask_for(statement, text, take_fate);

	assert_non_null(q);
	return q;
}

static bool
all_told(void)
{
	return told >= asked;
}

static bool
is_up(void)
{
	return query_is_up(pool);
}

static bool
is_down(void)
{
	return !query_is_up(pool);
}

static void
expect(int index, enum pg_outcome outcome)
{
	assert_int_equal(fates[index].told, 1);
	assert_int_equal(fates[index].outcome, outcome);
}

static void
open_pool(int connections, int64_t statement_timeout)
{
	memset(fates, 0, sizeof(fates));
	asked = told = 0;
	pool = query_pool_new(
	    &loop, uri, connections, 20, statement_timeout, statements, STATEMENT_COUNT);
	run_until(is_up, LIMIT);
}

static int
set_up(void **state)
{
	support_set_up(state);
	sql(tables);
	return 0;
}

static int
tear_down(void **state)
{
	query_pool_free(&pool);
	return support_tear_down(state);
}

/* ---- the pool ---- */

static void
take_columns(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	take_fate(ctx, outcome, r, error);
	assert_int_equal(pg_rows(r), 1);
	assert_null(pg_text(r, 0, 1).ptr);
	assert_int_equal(pg_integer(r, 0, 1), 0);
	assert_int_equal(pg_integer(r, 0, 2), 1);
	assert_true(slice_equal(pg_text(r, 0, 3), SLICE("text")));
	assert_int_equal(pg_integer(r, 0, 3), 0);
	assert_null(pg_text(r, 1, 0).ptr); /* no such row */
	assert_null(pg_text(r, 0, 4).ptr); /* no such column */
}

static void
test_result(void **state)
{
	(void)state;
	open_pool(2, SECOND_US);
	assert_non_null(ask_for(ANSWER, "41", take_columns));
	assert_int_equal(told, 0);
	run_until(all_told, LIMIT);
	expect(0, PG_DONE);
	assert_int_equal(fates[0].value, 42);
}

static void
test_wait_for_a_connection(void **state)
{
	char text[16];

	(void)state;
	open_pool(1, SECOND_US);
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "%d", i);
		ask(ANSWER, text);
	}
	run_until(all_told, LIMIT);
	for (int i = 0; i < 20; i++)
		assert_int_equal(fates[i].value, i + 1);
}

static void
test_too_many_wait(void **state)
{
	struct pg_params params = { 1, { SLICE("1") } };

	(void)state;
	open_pool(1, SECOND_US);
	for (int i = 0; i < 21; i++)
		ask(ANSWER, "1");
	assert_null(query_run(pool, ANSWER, &params, take_fate, &fates[0]));
	run_until(all_told, LIMIT);
}

static void
look_at_table(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct fate *fate = ctx;

	take_fate(ctx, outcome, r, error);
	fate->rows_seen = sql_number("SELECT count(*) FROM item");
}

/* An API answer says "done": then it must be. */
static void
test_told_after_the_commit(void **state)
{
	(void)state;
	open_pool(1, SECOND_US);
	assert_non_null(ask_for(WRITE, "1", look_at_table));
	run_until(all_told, LIMIT);
	expect(0, PG_DONE);
	assert_int_equal(fates[0].rows_seen, 1);
}

static void
test_refused(void **state)
{
	(void)state;
	open_pool(1, SECOND_US);
	ask(FAIL, "0");
	ask(ANSWER, "1");
	run_until(all_told, LIMIT);
	expect(0, PG_REFUSED);
	assert_string_equal(fates[0].sqlstate, "22012");
	expect(1, PG_DONE);
}

static void
test_refused_by_the_commit(void **state)
{
	(void)state;
	open_pool(1, SECOND_US);
	ask(LATE, "1");
	ask(ANSWER, "1");
	run_until(all_told, LIMIT);
	expect(0, PG_REFUSED);
	assert_string_equal(fates[0].sqlstate, "23503");
	expect(1, PG_DONE);
}

static void
test_statement_timeout(void **state)
{
	int64_t start;

	(void)state;
	open_pool(1, SECOND_US / 5);
	start = clock_mono();
	ask(SLEEP, "10");
	run_until(all_told, LIMIT);
	expect(0, PG_REFUSED);
	assert_string_equal(fates[0].sqlstate, "57014");
	assert_true(clock_mono() - start < 2 * SECOND_US);
}

static void
test_cancel(void **state)
{
	struct query *running, *waiting;

	(void)state;
	open_pool(1, SECOND_US);
	running = ask(SLEEP, "0.1");
	waiting = ask(ANSWER, "1");
	ask(ANSWER, "2");
	query_cancel(waiting);
	run_for(20000);
	query_cancel(running);
	told = 2;
	run_until(all_told, LIMIT);
	assert_int_equal(fates[0].told, 0);
	assert_int_equal(fates[1].told, 0);
	expect(2, PG_DONE);
}

static void
test_loss(void **state)
{
	struct pg_params params = { 1, { SLICE("1") } };

	(void)state;
	open_pool(2, SECOND_US * 20);
	for (int i = 0; i < 5; i++)
		ask(SLEEP, "10");
	run_for(50000);
	cluster("kill");
	run_until(all_told, LIMIT);
	for (int i = 0; i < 5; i++)
		expect(i, PG_UNKNOWN);
	run_until(is_down, LIMIT);
	assert_null(query_run(pool, ANSWER, &params, take_fate, &fates[5]));
	cluster("start");
	run_until(is_up, LIMIT);
	ask(ANSWER, "1");
	run_until(all_told, LIMIT);
	expect(5, PG_DONE);
}

/* The server's farewell is no refusal. */
static void
test_terminated(void **state)
{
	(void)state;
	open_pool(1, SECOND_US * 20);
	ask(SLEEP, "10");
	run_for(50000);
	sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
	    "'v2g-csms query'");
	run_until(all_told, LIMIT);
	expect(0, PG_UNKNOWN);
}

static void
test_free_while_running(void **state)
{
	(void)state;
	open_pool(1, SECOND_US);
	ask(SLEEP, "10");
	ask(ANSWER, "1");
	run_for(20000);
	query_pool_free(&pool);
	expect(0, PG_UNKNOWN);
	expect(1, PG_UNKNOWN);
}

/* ---- a connection by itself ---- */

static struct pg_conn *pg;
static int ups, downs, results, syncs, notifications;
static char last_payload[64];
static bool free_in_callback;

static void
on_up(void *ctx)
{
	(void)ctx;
	ups++;
}

static void
on_down(void *ctx)
{
	(void)ctx;
	downs++;
	if (free_in_callback)
		pg_free(&pg);
}

static void
on_result(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	(void)ctx;
	(void)outcome;
	(void)r;
	(void)error;
	results++;
	if (free_in_callback)
		pg_free(&pg);
}

static void
on_synced(void *ctx)
{
	(void)ctx;
	syncs++;
}

static void
on_notified(void *ctx, const char *channel, const char *payload)
{
	(void)ctx;
	assert_string_equal(channel, "v2g_test");
	snprintf(last_payload, sizeof(last_payload), "%s", payload);
	notifications++;
}

static const struct pg_events events = { on_up, on_down, on_result, on_synced, on_notified };
static const char *const channels[] = { "v2g_test", NULL };

static bool
has_come_up(void)
{
	return ups > 0;
}

static bool
has_gone_down(void)
{
	return downs > 0;
}

static bool
is_notified(void)
{
	return notifications > 0;
}

static void
open_pg(const char *where, const struct pg_statement *table, int count)
{
	ups = downs = results = syncs = notifications = 0;
	free_in_callback = false;
	pg = pg_new(&loop, where, "v2g-csms test", table, count, channels, &events, NULL);
}

static int
close_pg(void **state)
{
	pg_free(&pg);
	return support_tear_down(state);
}

static void
test_notify(void **state)
{
	(void)state;
	open_pg(uri, NULL, 0);
	run_until(has_come_up, LIMIT);
	sql("NOTIFY v2g_test, 'one two'");
	run_until(is_notified, LIMIT);
	assert_string_equal(last_payload, "one two");
	/* After a loss it listens again. */
	sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
	    "'v2g-csms test'");
	run_until(has_gone_down, LIMIT);
	ups = notifications = 0;
	run_until(has_come_up, LIMIT);
	sql("NOTIFY v2g_test, 'three'");
	run_until(is_notified, LIMIT);
	assert_string_equal(last_payload, "three");
}

/* A statement that cannot be prepared counts as down. */
static void
test_prepare_refused(void **state)
{
	static const struct pg_statement bad[] = {
		{ "GOOD", "SELECT 1", 0 },
		{ "BAD", "SELECT nothing FROM nowhere", 0 },
	};

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	open_pg(uri, bad, 2);
	run_until(has_gone_down, LIMIT);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(ups, 0);
	assert_false(pg_is_up(pg));
}

/* A server that is there and does not answer. */
static void
test_hung_server(void **state)
{
	struct pg_params params = { 1, { SLICE("1") } };

	(void)state;
	open_pg(uri, statements, 1);
	pg_set_patience(pg, SECOND_US / 4);
	run_until(has_come_up, LIMIT);
	run_for(SECOND_US / 2);
	assert_int_equal(downs, 0); /* nothing is owed: silence is fine */
	assert_int_equal(signal_backends("v2g-csms test", SIGSTOP), 1);
	assert_true(pg_send(pg, ANSWER, &params));
	assert_true(pg_sync(pg));
	run_until(has_gone_down, 2 * SECOND_US);
	assert_int_equal(results, 1);
	assert_int_equal(syncs, 0);
	signal_backends("v2g-csms test", SIGCONT);
}

/* Somebody listens there who is no PostgreSQL and says nothing. */
static void
test_silent_listener(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int64_t start = clock_mono();
	char where[64];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(where, sizeof(where), "postgresql://127.0.0.1:%d/x", ntohs(address.sin_port));
	open_pg(where, NULL, 0);
	run_until(has_gone_down, LIMIT);
	assert_true(clock_mono() - start >= 4 * SECOND_US);
	close(fd);
}

static void
test_nobody_there(void **state)
{
	(void)state;
	open_pg("postgresql://127.0.0.1:1/x", NULL, 0);
	run_for(SECOND_US);
	/* Back-off: 50 ms doubled, halved at most. */
	assert_true(downs >= 3 && downs <= 8);
}

static void
test_bad_uri(void **state)
{
	(void)state;
	open_pg("postgresql://user:secret@host:port:port/x", NULL, 0);
	run_until(has_gone_down, LIMIT);
	assert_int_equal(ups, 0);
}

/* pg_free() from result() and from down(). */
static void
test_free_in_callback(void **state)
{
	struct pg_params params = { 1, { SLICE("1") } };

	(void)state;
	open_pg(uri, statements, 1);
	run_until(has_come_up, LIMIT);
	free_in_callback = true;
	for (int i = 0; i < 3; i++)
		assert_true(pg_send(pg, ANSWER, &params));
	assert_true(pg_sync(pg));
	run_for(50000);
	assert_int_equal(results, 1);
	assert_null(pg);
	open_pg("postgresql://127.0.0.1:1/x", NULL, 0);
	free_in_callback = true;
	run_for(50000);
	assert_int_equal(downs, 1);
	assert_null(pg);
}

/* The session is as we rely on it, whatever the database says. */
static void
test_session_settings(void **state)
{
	static const struct pg_statement show[] = {
		{ "ANSWER",
		    "SELECT count(*) + $1::int FROM pg_settings WHERE (name, setting) IN "
		    "(('TimeZone', 'UTC'),"
		    " ('DateStyle', 'ISO, MDY'), ('synchronous_commit', 'on'), "
		    "('lock_timeout', '10000'),"
		    " ('application_name', 'v2g-csms query'), ('statement_timeout', '1000'))",
		    1 },
	};
	char alter[600];

	(void)state;
	snprintf(alter, sizeof(alter), "ALTER DATABASE %s SET timezone = 'Asia/Tokyo'",
	    strrchr(uri, '/') + 1);
	sql(alter);
	snprintf(alter, sizeof(alter), "ALTER DATABASE %s SET synchronous_commit = off",
	    strrchr(uri, '/') + 1);
	sql(alter);
	pool = query_pool_new(&loop, uri, 1, 1, SECOND_US, show, 1);
	asked = told = 0;
	run_until(is_up, LIMIT);
	ask(0, "0");
	run_until(all_told, LIMIT);
	assert_int_equal(fates[0].value, 6);
}

#define POOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CONN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, close_pg)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(test_result),
		POOL_TEST(test_wait_for_a_connection),
		POOL_TEST(test_too_many_wait),
		POOL_TEST(test_told_after_the_commit),
		POOL_TEST(test_refused),
		POOL_TEST(test_refused_by_the_commit),
		POOL_TEST(test_statement_timeout),
		POOL_TEST(test_cancel),
		POOL_TEST(test_loss),
		POOL_TEST(test_terminated),
		POOL_TEST(test_free_while_running),
		POOL_TEST(test_session_settings),
		CONN_TEST(test_notify),
		CONN_TEST(test_prepare_refused),
		CONN_TEST(test_hung_server),
		CONN_TEST(test_silent_listener),
		CONN_TEST(test_nobody_there),
		CONN_TEST(test_bad_uri),
		CONN_TEST(test_free_in_callback),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
