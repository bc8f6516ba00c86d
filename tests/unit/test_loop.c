#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "csms/loop.h"

struct fixture {
	struct loop loop;
	struct loop_io io;
	struct loop_timer timer, other, end;
	struct loop_signal signal;
	struct loop_hook hook;
	int pipe[2];
	char trace[64]; /* a letter for each callback */
	int fired;
};

static struct fixture f;

static void
trace(char letter)
{
	size_t len = strlen(f.trace);

	assert_true(len + 1 < sizeof(f.trace));
	f.trace[len] = letter;
}

static void
end(void *ctx)
{
	(void)ctx;
	loop_stop(&f.loop);
}

static void
run_for(int64_t microseconds)
{
	loop_timer_start(&f.loop, &f.end, microseconds, end, NULL);
	loop_run(&f.loop);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	loop_init(&f.loop);
	return pipe(f.pipe);
}

static int
tear_down(void **state)
{
	(void)state;
	loop_io_stop(&f.loop, &f.io);
	loop_timer_stop(&f.loop, &f.timer);
	loop_timer_stop(&f.loop, &f.other);
	loop_signal_stop(&f.loop, &f.signal);
	loop_hook_stop(&f.loop, &f.hook);
	loop_destroy(&f.loop);
	close(f.pipe[0]);
	close(f.pipe[1]);
	return 0;
}

/* ---- descriptors ---- */

static void
read_byte(void *ctx, bool readable, bool writable)
{
	char byte;

	assert_ptr_equal(ctx, &f);
	assert_true(readable);
	assert_false(writable);
	assert_int_equal(read(f.pipe[0], &byte, 1), 1);
	trace(byte);
}

static void
test_io_readable(void **state)
{
	(void)state;
	loop_io_set(&f.loop, &f.io, f.pipe[0], true, false, read_byte, &f);
	assert_int_equal(write(f.pipe[1], "ab", 2), 2);
	assert_string_equal(f.trace, ""); /* never from within the starting function */
	run_for(10000);
	assert_string_equal(f.trace, "ab");
}

static void
test_io_without_interest(void **state)
{
	(void)state;
	loop_io_set(&f.loop, &f.io, f.pipe[0], true, false, read_byte, &f);
	assert_int_equal(write(f.pipe[1], "a", 1), 1);
	loop_io_set(&f.loop, &f.io, f.pipe[0], false, false, read_byte, &f);
	run_for(10000);
	assert_string_equal(f.trace, "");
	loop_io_set(&f.loop, &f.io, f.pipe[0], true, false, read_byte, &f);
	run_for(10000);
	assert_string_equal(f.trace, "a");
}

static void
write_once(void *ctx, bool readable, bool writable)
{
	(void)ctx;
	assert_false(readable);
	assert_true(writable);
	trace('w');
	loop_io_stop(&f.loop, &f.io);
}

static void
test_io_stop_in_callback(void **state)
{
	(void)state;
	loop_io_set(&f.loop, &f.io, f.pipe[1], false, true, write_once, NULL);
	run_for(10000);
	assert_string_equal(f.trace, "w");
}

/* Another file under the same number: as when a connection is made again. */
static void
test_io_same_number(void **state)
{
	int number = f.pipe[0], again[2];

	(void)state;
	loop_io_set(&f.loop, &f.io, number, true, false, read_byte, &f);
	run_for(1000);
	loop_io_stop(&f.loop, &f.io);
	close(number);
	assert_int_equal(pipe(again), 0);
	assert_int_equal(again[0], number);
	loop_io_set(&f.loop, &f.io, number, true, false, read_byte, &f);
	assert_int_equal(write(again[1], "n", 1), 1);
	run_for(10000);
	close(again[1]);
	assert_string_equal(f.trace, "n");
}

/* ---- timers ---- */

/* As a callback's context. */
static void *
letter(char c)
{
	static char letters[128];

	letters[(unsigned char)c & 127] = c;
	return &letters[(unsigned char)c & 127];
}

static void
fire(void *ctx)
{
	trace(*(const char *)ctx);
	f.fired++;
}

static void
test_timer_order(void **state)
{
	(void)state;
	loop_timer_start(&f.loop, &f.timer, 20000, fire, letter('b'));
	loop_timer_start(&f.loop, &f.other, 5000, fire, letter('a'));
	run_for(40000);
	assert_string_equal(f.trace, "ab");
	assert_false(loop_timer_running(&f.timer));
}

static void
test_timer_moved(void **state)
{
	(void)state;
	loop_timer_start(&f.loop, &f.timer, 5000, fire, letter('x'));
	loop_timer_start(&f.loop, &f.timer, 30000, fire, letter('y'));
	assert_true(loop_timer_running(&f.timer));
	run_for(15000);
	assert_string_equal(f.trace, "");
	run_for(30000);
	assert_string_equal(f.trace, "y");
}

/* The delay counts from the call, even when the turn of the loop began long before. */
static void
start_late(void *ctx)
{
	(void)ctx;
	usleep(20000);
	loop_timer_start(&f.loop, &f.timer, 15000, fire, letter('l'));
}

static void
test_timer_started_late_in_a_turn(void **state)
{
	int64_t start;

	(void)state;
	loop_timer_start(&f.loop, &f.other, 0, start_late, NULL);
	run_for(0);
	start = clock_mono();
	while (f.fired == 0 && clock_mono() - start < SECOND_US)
		run_for(1000);
	assert_true(clock_mono() - start >= 10000);
	assert_string_equal(f.trace, "l");
}

static void
test_timer_every(void **state)
{
	(void)state;
	loop_timer_every(&f.loop, &f.timer, 5000, fire, letter('e'));
	run_for(60000);
	assert_true(f.fired >= 3);
	loop_timer_stop(&f.loop, &f.timer);
	f.fired = 0;
	run_for(15000);
	assert_int_equal(f.fired, 0);
}

/* A zeroed watcher is a stopped one. */
static void
test_stop_when_zeroed(void **state)
{
	(void)state;
	loop_timer_stop(&f.loop, &f.timer);
	loop_io_stop(&f.loop, &f.io);
	loop_signal_stop(&f.loop, &f.signal);
	loop_hook_stop(&f.loop, &f.hook);
	assert_false(loop_timer_running(&f.timer));
}

/* ---- signals and the hook ---- */

static void
test_signal(void **state)
{
	(void)state;
	loop_signal_start(&f.loop, &f.signal, SIGUSR1, fire, letter('s'));
	raise(SIGUSR1);
	assert_string_equal(f.trace, "");
	run_for(10000);
	assert_string_equal(f.trace, "s");
}

/* All events of a turn first, then the hook, once. */
static void
test_hook_after_events(void **state)
{
	(void)state;
	run_for(0);
	loop_timer_start(&f.loop, &f.timer, 0, fire, letter('1'));
	loop_timer_start(&f.loop, &f.other, 0, fire, letter('2'));
	loop_hook_start(&f.loop, &f.hook, fire, letter('h'));
	run_for(5000);
	assert_true(strcmp(f.trace, "h12h") == 0 || strcmp(f.trace, "h21h") == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_io_readable),
		TEST(test_io_without_interest),
		TEST(test_io_stop_in_callback),
		TEST(test_io_same_number),
		TEST(test_timer_order),
		TEST(test_timer_moved),
		TEST(test_timer_started_late_in_a_turn),
		TEST(test_timer_every),
		TEST(test_stop_when_zeroed),
		TEST(test_signal),
		TEST(test_hook_after_events),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
