#include "csms/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "csms/node.h"
#include "ocpp/ocpp_types.h"

static struct node node;

/* The whole text, NUL-terminated. */
static const char *
print(struct buf *out)
{
	node.started_mono = clock_mono();
	buf_init(out, 1 << 20);
	metrics_print(&node, out);
	buf_append_char(out, '\0');
	assert_false(buf_failed(out));
	return out->ptr;
}

static bool
has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at != NULL && (at == text || at[-1] == '\n') && at[strlen(line)] == '\n';
}

/* Every metric has a help and a type line, and counters end in _total. */
static void
test_metrics_print_counters(void **state)
{
	struct buf out;
	const char *text;

	(void)state;
	metrics.frames_received = 7;
	metrics.sockets = 3;
	text = print(&out);
	assert_true(has(text, "# TYPE v2g_frames_received_total counter"));
	assert_true(has(text, "v2g_frames_received_total 7"));
	assert_true(has(text, "# TYPE v2g_sockets gauge"));
	assert_true(has(text, "v2g_sockets 3"));
	assert_true(has(text, "v2g_build_info{version=\"" V2G_VERSION "\"} 1"));
	assert_non_null(strstr(text, "\nprocess_resident_memory_bytes "));
	assert_non_null(strstr(text, "\nprocess_open_fds "));
	buf_free(&out);
}

/* Buckets are cumulative and their bounds inclusive; what is beyond counts in +Inf only. */
static void
test_metrics_call_histogram(void **state)
{
	struct buf out;
	const char *text;

	(void)state;
	metrics_call(OCPP_ACTION_HEARTBEAT, 100, false);
	metrics_call(OCPP_ACTION_HEARTBEAT, 101, false);
	metrics_call(OCPP_ACTION_HEARTBEAT, 2000000, true);
	metrics_call(OCPP_ACTION_HEARTBEAT, 31000000, false);
	metrics_call(OCPP_ACTION_HEARTBEAT, -5, false);
	metrics_call(-1, 5, false);
	metrics_call(OCPP_ACTION_COUNT, 5, false);
	text = print(&out);
	assert_true(has(text, "v2g_call_seconds_bucket{action=\"Heartbeat\",le=\"0.0001\"} 2"));
	assert_true(
	    has(text, "v2g_call_seconds_bucket{action=\"Heartbeat\",le=\"0.00025\"} 3"));
	assert_true(has(text, "v2g_call_seconds_bucket{action=\"Heartbeat\",le=\"1\"} 3"));
	assert_true(has(text, "v2g_call_seconds_bucket{action=\"Heartbeat\",le=\"2.5\"} 4"));
	assert_true(has(text, "v2g_call_seconds_bucket{action=\"Heartbeat\",le=\"30\"} 4"));
	assert_true(has(text, "v2g_call_seconds_bucket{action=\"Heartbeat\",le=\"+Inf\"} 5"));
	assert_true(has(text, "v2g_call_seconds_count{action=\"Heartbeat\"} 5"));
	assert_true(has(text, "v2g_call_seconds_sum{action=\"Heartbeat\"} 33.000201"));
	assert_true(has(text, "v2g_calls_refused_total{action=\"Heartbeat\"} 1"));
	/* Actions that never occurred are left out. */
	assert_null(strstr(text, "BootNotification"));
	buf_free(&out);
}

static void
test_metrics_command_histogram(void **state)
{
	struct buf out;
	const char *text;

	(void)state;
	metrics_command(OCPP_ACTION_RESET, 1000, true);
	text = print(&out);
	assert_true(has(text, "v2g_command_seconds_count{action=\"Reset\"} 1"));
	assert_true(has(text, "v2g_commands_refused_total{action=\"Reset\"} 1"));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics_print_counters),
		cmocka_unit_test(test_metrics_call_histogram),
		cmocka_unit_test(test_metrics_command_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
