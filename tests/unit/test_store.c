#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log.h"
#include "csms/store.h"
#include "tests/unit/fake_pg.h"

#define OPERATIONS_MAX 1000

/* What became of one operation. */
struct fate {
	int told;
	enum store_outcome outcome;
	int order; /* among all that were told */
	char rows[64];
};

struct fixture {
	struct loop loop;
	struct store *store;
	struct store_settings settings;
	struct fate fates[OPERATIONS_MAX];
	int told;
};

static struct fixture f;

static void
take_fate(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	struct fate *fate = ctx;

	fate->told++;
	fate->outcome = outcome;
	fate->order = f.told++;
	assert_true((r != NULL) == (outcome == STORE_COMMITTED));
	assert_true((error != NULL) == (outcome == STORE_REFUSED));
	if (r != NULL)
		memcpy(fate->rows, pg_text(r, 0, 0).ptr, pg_text(r, 0, 0).len);
}

static bool
submit_text(int index, const char *text)
{
	struct pg_params params = { 1, { slice_cstr(text) } };

	return store_submit(f.store, FAKE_INSERT, &params, take_fate, &f.fates[index]);
}

static void
submit(int index)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", index);
	assert_true(submit_text(index, text));
}

static void
submit_range(int from, int to)
{
	for (int i = from; i < to; i++)
		submit(i);
}

static void
end_turn(void *ctx)
{
	loop_stop(ctx);
}

/* One turn of the loop, or as many as `delay` takes. */
static void
turn_for(int64_t delay)
{
	struct loop_timer timer = { .ctx = NULL };

	loop_timer_start(&f.loop, &timer, delay, end_turn, &f.loop);
	loop_run(&f.loop);
	loop_timer_stop(&f.loop, &timer);
}

static void
turn(void)
{
	turn_for(0);
}

/* Until nothing is left to do. */
static void
serve_all(void)
{
	do
		turn();
	while (fake_serve());
}

static void
expect(int index, enum store_outcome outcome)
{
	assert_int_equal(f.fates[index].told, 1);
	assert_int_equal(f.fates[index].outcome, outcome);
}

static int
times_in_table(const char *text)
{
	int count = 0;

	for (int i = 0; i < fake.rows_count; i++)
		count += strcmp(fake.rows[i], text) == 0;
	return count;
}

static struct store_stats
stats(void)
{
	struct store_stats out;

	store_get_stats(f.store, &out);
	return out;
}

static void
open_store(void)
{
	f.store = store_new(&f.loop, &f.settings, fake_statements, FAKE_STATEMENT_COUNT);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	fake_reset();
	log_set_level(LOG_LEVEL_ERROR);
	f.settings = (struct store_settings){ .uri = "postgresql:///x",
		.max_bytes = 1 << 20,
		.max_batch = 100,
		.log_statement = FAKE_LOG };
	loop_init(&f.loop);
	open_store();
	fake_up();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_free(&f.store);
	assert_int_equal(fake.results_alive, 0);
	loop_destroy(&f.loop);
	return 0;
}

/* ---- gathering ---- */

/* What is submitted within one turn is one transaction; it is told after the commit, in order, with its rows. */
static void
test_submit_within_a_turn(void **state)
{
	(void)state;
	submit_range(0, 3);
	assert_int_equal(f.told, 0);
	turn();
	assert_int_equal(fake.sent_count, 3);
	assert_int_equal(f.told, 0);
	assert_int_equal(stats().in_flight, 3);
	assert_true(fake_serve());
	for (int i = 0; i < 3; i++) {
		expect(i, STORE_COMMITTED);
		assert_int_equal(f.fates[i].order, i);
	}
	assert_string_equal(f.fates[2].rows, "2");
	assert_int_equal(stats().batches, 1);
	assert_int_equal(stats().operations, 3);
	assert_int_equal(stats().last_batch, 3);
	assert_int_equal(stats().waiting_bytes, 0);
}

/* While a batch is under way others gather; they leave with its end, without another turn. */
static void
test_submit_during_a_batch(void **state)
{
	(void)state;
	submit(0);
	turn();
	submit_range(1, 6);
	turn();
	assert_int_equal(fake.sent_count, 1);
	assert_int_equal(stats().waiting, 5);
	fake_serve();
	assert_int_equal(fake.sent_count, 5);
	serve_all();
	for (int i = 0; i < 6; i++)
		assert_int_equal(f.fates[i].order, i);
	assert_int_equal(fake.batches, 2);
}

static void
test_submit_more_than_a_batch(void **state)
{
	(void)state;
	submit_range(0, 250);
	serve_all();
	assert_int_equal(fake.batches, 3);
	assert_int_equal(fake.largest, 100);
	for (int i = 0; i < 250; i++)
		assert_int_equal(f.fates[i].order, i);
}

/* Beyond max_bytes nothing is taken; what was taken stays; an empty store takes anything. */
static void
test_submit_beyond_max_bytes(void **state)
{
	static char big[1 << 20];
	int taken = 0;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	while (taken < OPERATIONS_MAX && submit_text(taken, "some text"))
		taken++;
	assert_true(taken == OPERATIONS_MAX || !submit_text(taken, "some text"));
	big[(1 << 20) - 1] = '\0';
	assert_false(submit_text(999, big));
	assert_true(stats().waiting_bytes <= f.settings.max_bytes);
	serve_all();
	assert_int_equal(f.told, taken);
	assert_int_equal(stats().waiting_bytes, 0);
	assert_true(submit_text(999, big));
	assert_false(submit_text(998, "no room"));
}

static void
submit_again(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	int *left = ctx;
	struct pg_params params = { 1, { SLICE("again") } };

	(void)r;
	(void)error;
	assert_int_equal(outcome, STORE_COMMITTED);
	if (--*left > 0)
		assert_true(store_submit(f.store, FAKE_INSERT, &params, submit_again, left));
}

static void
test_submit_from_a_callback(void **state)
{
	struct pg_params params = { 1, { SLICE("again") } };
	int left = 5;

	(void)state;
	assert_true(store_submit(f.store, FAKE_INSERT, &params, submit_again, &left));
	serve_all();
	assert_int_equal(left, 0);
	assert_int_equal(fake.rows_count, 5);
}

/* With a delay one operation waits for company, two do not. */
static void
test_commit_delay(void **state)
{
	(void)state;
	store_free(&f.store);
	f.settings.commit_delay = 20000;
	open_store();
	fake_up();
	submit(0);
	turn();
	assert_false(fake.synced);
	turn_for(40000);
	turn();
	assert_true(fake.synced);
	fake_serve();
	submit_range(1, 3);
	turn();
	assert_true(fake.synced);
	serve_all();
	expect(2, STORE_COMMITTED);
}

static void
test_stats_lag(void **state)
{
	(void)state;
	assert_int_equal(stats().lag, 0);
	submit(0);
	turn_for(20000);
	submit(1);
	assert_true(stats().lag >= 20000);
	serve_all();
	assert_int_equal(stats().lag, 0);
}

/* ---- refusals ---- */

/* One bad row among a hundred fails alone, and the others are stored once, in a few transactions. */
static void
test_refusal_in_the_middle(void **state)
{
	(void)state;
	submit_range(0, 50);
	assert_true(submit_text(50, "bad"));
	submit_range(51, 100);
	serve_all();
	for (int i = 0; i < 100; i++)
		expect(i, i == 50 ? STORE_REFUSED : STORE_COMMITTED);
	assert_int_equal(fake.rows_count, 99);
	assert_int_equal(times_in_table("0"), 1);
	assert_int_equal(times_in_table("99"), 1);
	assert_int_equal(stats().refused, 1);
	assert_int_equal(stats().replays, 1);
	assert_int_equal(fake.batches, 4); /* refused; 0-49; 50; 51-99 */
}

/* Rows that are told in the order they came, whatever is refused between them. */
static void
test_refusal_keeps_order(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++)
		if (i % 7 == 0)
			assert_true(submit_text(i, "bad"));
		else
			submit(i);
	serve_all();
	for (int i = 0; i < 300; i++) {
		expect(i, i % 7 == 0 ? STORE_REFUSED : STORE_COMMITTED);
		assert_int_equal(f.fates[i].order, i);
	}
}

/* Only bad rows: each costs one transaction, once the first batch has failed. */
static void
test_refusal_of_all(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(submit_text(i, "bad"));
	serve_all();
	for (int i = 0; i < 100; i++)
		expect(i, STORE_REFUSED);
	assert_int_equal(fake.batches, 101);
	assert_int_equal(fake.rows_count, 0);
}

/* What was fine in the batch is not when it is run again: the first suspect still goes alone. */
static void
test_refusal_that_moves(void **state)
{
	(void)state;
	submit_range(0, 5);
	assert_true(submit_text(5, "bad"));
	submit_range(6, 10);
	turn();
	fake_serve();
	fake.also_bad = "2";
	serve_all();
	for (int i = 0; i < 10; i++) {
		expect(i, i == 2 || i == 5 ? STORE_REFUSED : STORE_COMMITTED);
		assert_int_equal(f.fates[i].order, i);
	}
	/* 0-9 refused; 0-4 refused; 0-1; 2; 3-4; 5; 6-9 */
	assert_int_equal(fake.batches, 7);
}

/* A commit that fails names nobody: the batch is halved until the guilty one is alone. */
static void
test_refusal_of_the_commit(void **state)
{
	(void)state;
	fake.refuse_commit = true;
	submit_range(0, 40);
	assert_true(submit_text(40, "late"));
	submit_range(41, 100);
	serve_all();
	for (int i = 0; i < 100; i++) {
		expect(i, i == 40 ? STORE_REFUSED : STORE_COMMITTED);
		assert_int_equal(f.fates[i].order, i);
	}
	assert_int_equal(fake.rows_count, 99);
}

/* A deadlock is nobody's fault: the same batch again, after a pause. */
static void
test_refusal_that_passes(void **state)
{
	(void)state;
	fake.fail_once = 2;
	submit_range(0, 10);
	turn();
	fake_serve();
	turn();
	assert_false(fake.synced);
	while (f.told < 10) {
		turn_for(50000);
		fake_serve();
	}
	for (int i = 0; i < 10; i++)
		expect(i, STORE_COMMITTED);
	assert_int_equal(fake.rows_count, 10);
	assert_int_equal(stats().retries, 2);
	assert_int_equal(stats().refused, 0);
}

/* ---- lost connections ---- */

/* What was in flight is sent again, first of all and in order. */
static void
test_loss_in_flight(void **state)
{
	(void)state;
	submit_range(0, 5);
	turn();
	submit_range(5, 8);
	fake_serve_some(3);
	fake_down(false);
	assert_int_equal(f.told, 0);
	turn();
	assert_false(fake.synced);
	assert_int_equal(stats().in_flight, 0);
	assert_int_equal(stats().waiting, 8);
	fake_up();
	serve_all();
	for (int i = 0; i < 8; i++) {
		expect(i, STORE_COMMITTED);
		assert_int_equal(f.fates[i].order, i);
	}
	assert_int_equal(stats().reconnects, 1);
}

/* The answer to a commit is lost: it is sent again, and that is all we can do (D4). */
static void
test_loss_after_commit(void **state)
{
	(void)state;
	submit(0);
	turn();
	fake_down(true);
	fake_up();
	serve_all();
	expect(0, STORE_COMMITTED);
	assert_int_equal(times_in_table("0"), 2);
}

/* Sending finds the connection broken in the middle of a batch. */
static void
test_loss_while_sending(void **state)
{
	(void)state;
	fake.fail_send = 3;
	submit_range(0, 6);
	turn();
	turn();
	fake_down(false);
	fake_up();
	serve_all();
	for (int i = 0; i < 6; i++) {
		expect(i, STORE_COMMITTED);
		assert_int_equal(f.fates[i].order, i);
	}
	assert_int_equal(fake.rows_count, 6);
}

/* ---- giving up ---- */

/* Waiting and in flight: all are told once, from the loop; a late answer changes nothing. */
static void
test_abandon_during_a_batch(void **state)
{
	(void)state;
	submit_range(0, 3);
	turn();
	submit_range(3, 5);
	store_abandon(f.store);
	assert_int_equal(f.told, 0);
	assert_int_equal(stats().waiting + stats().in_flight, 0);
	turn();
	for (int i = 0; i < 5; i++)
		expect(i, STORE_ABANDONED);
	submit(5);
	turn();
	assert_int_equal(fake.sent_count, 3);
	serve_all();
	expect(5, STORE_COMMITTED);
	for (int i = 0; i < 5; i++)
		assert_int_equal(f.fates[i].told, 1);
}

static void
test_abandon_refused_batch(void **state)
{
	(void)state;
	submit(0);
	assert_true(submit_text(1, "bad"));
	turn();
	fake_serve_some(1);
	store_abandon(f.store);
	submit(2);
	fake.events->result(fake.ctx, PG_REFUSED, NULL, &(struct pg_error){ "22023", "no" });
	fake.sent_count = 0;
	fake.synced = false;
	fake.events->synced(fake.ctx);
	serve_all();
	expect(0, STORE_ABANDONED);
	expect(1, STORE_ABANDONED);
	expect(2, STORE_COMMITTED);
}

static void
test_abandon_while_down(void **state)
{
	(void)state;
	submit(0);
	turn();
	fake_down(false);
	store_abandon(f.store);
	turn();
	expect(0, STORE_ABANDONED);
	fake_up();
	turn();
	assert_false(fake.synced);
}

static void
test_free_abandons(void **state)
{
	(void)state;
	submit_range(0, 3);
	turn();
	fake_serve_some(2);
	submit(3);
	store_free(&f.store);
	for (int i = 0; i < 4; i++)
		expect(i, STORE_ABANDONED);
}

/* ---- raw messages ---- */

static void
log_frame(const char *text)
{
	store_log_frame(f.store, INT64_C(1700000000000000), 7, 9, true, slice_cstr(text));
}

static void
test_frames_ride_along(void **state)
{
	(void)state;
	log_frame("[2,\"1\",\"a\\b\",{}]");
	log_frame("");
	submit(0);
	turn();
	assert_int_equal(fake.sent_count, 2);
	assert_int_equal(fake.sent[0].statement, FAKE_INSERT);
	assert_int_equal(fake.sent[1].statement, FAKE_LOG);
	assert_string_equal(
	    fake.sent[1].text, "{2023-11-14T22:13:20.000000Z,2023-11-14T22:13:20.000000Z}");
	assert_string_equal(fake.frames, "{\"[2,\\\"1\\\",\\\"a\\\\b\\\",{}]\",\"\"}");
	serve_all();
	expect(0, STORE_COMMITTED);
	assert_int_equal(fake.logs, 1);
	assert_int_equal(stats().waiting_bytes, 0);
}

/* Without operations they leave by themselves after a while. */
static void
test_frames_alone(void **state)
{
	(void)state;
	log_frame("x");
	turn();
	assert_false(fake.synced);
	turn_for(150000);
	turn();
	assert_int_equal(fake.sent_count, 1);
	fake_serve();
	assert_int_equal(fake.logs, 1);
	turn_for(150000);
	assert_false(fake.synced);
}

/* Refused frames take nobody along. */
static void
test_frames_refused(void **state)
{
	(void)state;
	fake.refuse_log = true;
	log_frame("x");
	log_frame("y");
	submit_range(0, 3);
	serve_all();
	for (int i = 0; i < 3; i++)
		expect(i, STORE_COMMITTED);
	assert_int_equal(fake.rows_count, 3);
	assert_int_equal(fake.logs, 0);
	assert_int_equal(stats().log_dropped, 2);
	assert_int_equal(stats().replays, 0);
}

/* A refused operation does not cost the frames that were with it. */
static void
test_frames_beside_a_refusal(void **state)
{
	(void)state;
	log_frame("x");
	submit(0);
	assert_true(submit_text(1, "bad"));
	turn();
	log_frame("y");
	serve_all();
	turn_for(150000);
	serve_all();
	expect(0, STORE_COMMITTED);
	expect(1, STORE_REFUSED);
	assert_int_equal(fake.logs, 2);
	assert_int_equal(stats().log_dropped, 0);
}

static void
test_frames_not_text(void **state)
{
	(void)state;
	store_log_frame(f.store, 0, 7, 0, false, slice_from("a\0b", 3));
	log_frame("\xff\xfe");
	assert_int_equal(stats().log_dropped, 2);
	assert_int_equal(stats().waiting_bytes, 0);
}

/* While the database is away they stop at their share, and operations still find room. */
static void
test_frames_beyond_their_share(void **state)
{
	static char text[10001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	fake_down(false);
	for (int i = 0; i < 100; i++)
		log_frame(text);
	assert_true(stats().log_dropped >= 70);
	assert_true(stats().waiting_bytes <= f.settings.max_bytes / 4 + 10100);
	submit(0);
	fake_up();
	serve_all();
	expect(0, STORE_COMMITTED);
	assert_int_equal(fake.logs, 1);
}

/* Lost with their batch, they are sent again; those that came meanwhile follow. */
static void
test_frames_after_a_loss(void **state)
{
	(void)state;
	log_frame("x");
	submit(0);
	turn();
	fake_down(false);
	log_frame("y");
	fake_up();
	turn();
	assert_string_equal(fake.frames, "{\"x\"}");
	fake_serve();
	turn_for(150000);
	turn();
	assert_string_equal(fake.frames, "{\"y\"}");
	serve_all();
	assert_int_equal(fake.logs, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_submit_within_a_turn),
		TEST(test_submit_during_a_batch),
		TEST(test_submit_more_than_a_batch),
		TEST(test_submit_beyond_max_bytes),
		TEST(test_submit_from_a_callback),
		TEST(test_commit_delay),
		TEST(test_stats_lag),
		TEST(test_refusal_in_the_middle),
		TEST(test_refusal_keeps_order),
		TEST(test_refusal_of_all),
		TEST(test_refusal_that_moves),
		TEST(test_refusal_of_the_commit),
		TEST(test_refusal_that_passes),
		TEST(test_loss_in_flight),
		TEST(test_loss_after_commit),
		TEST(test_loss_while_sending),
		TEST(test_abandon_during_a_batch),
		TEST(test_abandon_refused_batch),
		TEST(test_abandon_while_down),
		TEST(test_free_abandons),
		TEST(test_frames_ride_along),
		TEST(test_frames_alone),
		TEST(test_frames_refused),
		TEST(test_frames_beside_a_refusal),
		TEST(test_frames_not_text),
		TEST(test_frames_beyond_their_share),
		TEST(test_frames_after_a_loss),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
