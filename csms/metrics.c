#include "csms/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "csms/node.h"
#include "ocpp/ocpp_types.h"

struct metrics metrics;

/* Upper bounds, inclusive: microseconds, and as the label says it in seconds. */
static const struct {
	int64_t us;
	const char *le;
} bounds[METRICS_BUCKETS] = {
	{ 100, "0.0001" },
	{ 250, "0.00025" },
	{ 500, "0.0005" },
	{ 1000, "0.001" },
	{ 2500, "0.0025" },
	{ 5000, "0.005" },
	{ 10000, "0.01" },
	{ 25000, "0.025" },
	{ 50000, "0.05" },
	{ 100000, "0.1" },
	{ 250000, "0.25" },
	{ 500000, "0.5" },
	{ 1000000, "1" },
	{ 2500000, "2.5" },
	{ 10000000, "10" },
	{ 30000000, "30" },
};

/* What happened to calls of one kind. */
struct calls {
	struct histogram time;
	uint64_t refused; /* of those counted in `time` */
};

static struct calls station_calls[OCPP_ACTION_COUNT], commands[OCPP_ACTION_COUNT];

static void
observe(struct calls *calls, int action, int64_t microseconds, bool refused)
{
	struct histogram *h;
	int i = 0;

	/* An unknown action never gets as far as an answer with a time. */
	if (action < 0 || action >= OCPP_ACTION_COUNT)
		return;
	if (microseconds < 0)
		microseconds = 0;
	h = &calls[action].time;
	while (i < METRICS_BUCKETS && microseconds > bounds[i].us)
		i++;
	h->buckets[i]++;
	h->count++;
	h->sum_us += (uint64_t)microseconds;
	calls[action].refused += refused;
}

void
metrics_call(int action, int64_t microseconds, bool refused)
{
	observe(station_calls, action, microseconds, refused);
}

void
metrics_command(int action, int64_t microseconds, bool refused)
{
	observe(commands, action, microseconds, refused);
}

/* ---- text format 0.0.4 ---- */

static void
print_head(
    struct buf *out, const char *name, const char *suffix, const char *type, const char *help)
{
	buf_printf(out, "# HELP v2g_%s%s %s\n# TYPE v2g_%s%s %s\n", name, suffix, help, name,
	    suffix, type);
}

static void
print_counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
	print_head(out, name, "_total", "counter", help);
	buf_printf(out, "v2g_%s_total %" PRIu64 "\n", name, value);
}

static void
print_gauge(struct buf *out, const char *name, const char *help, int64_t value)
{
	print_head(out, name, "", "gauge", help);
	buf_printf(out, "v2g_%s %" PRId64 "\n", name, value);
}

/* A gauge in seconds, kept in microseconds. */
static void
print_seconds(struct buf *out, const char *name, const char *help, int64_t us)
{
	print_head(out, name, "", "gauge", help);
	buf_printf(
	    out, "v2g_%s %" PRId64 ".%06" PRId64 "\n", name, us / SECOND_US, us % SECOND_US);
}

/* Buckets are cumulative in the text. */
static void
print_histogram(
    struct buf *out, const char *name, struct slice action, const struct histogram *h)
{
	uint64_t sum = 0;

	for (int i = 0; i < METRICS_BUCKETS; i++) {
		sum += h->buckets[i];
		buf_printf(out, "v2g_%s_bucket{action=\"%.*s\",le=\"%s\"} %" PRIu64 "\n", name,
		    SLICE_ARGS(action), bounds[i].le, sum);
	}
	buf_printf(out, "v2g_%s_bucket{action=\"%.*s\",le=\"+Inf\"} %" PRIu64 "\n", name,
	    SLICE_ARGS(action), h->count);
	buf_printf(out, "v2g_%s_sum{action=\"%.*s\"} %" PRIu64 ".%06" PRIu64 "\n", name,
	    SLICE_ARGS(action), h->sum_us / 1000000, h->sum_us % 1000000);
	buf_printf(out, "v2g_%s_count{action=\"%.*s\"} %" PRIu64 "\n", name, SLICE_ARGS(action),
	    h->count);
}

/* Only actions that occurred: 64 times 19 lines of zeros help nobody. */
static void
print_calls(struct buf *out, const struct calls *calls, const char *seconds,
    const char *seconds_help, const char *refused, const char *refused_help)
{
	print_head(out, seconds, "", "histogram", seconds_help);
	for (int i = 0; i < OCPP_ACTION_COUNT; i++)
		if (calls[i].time.count > 0)
			print_histogram(out, seconds, ocpp_messages[i].action, &calls[i].time);
	print_head(out, refused, "_total", "counter", refused_help);
	for (int i = 0; i < OCPP_ACTION_COUNT; i++)
		if (calls[i].time.count > 0)
			buf_printf(out, "v2g_%s_total{action=\"%.*s\"} %" PRIu64 "\n", refused,
			    SLICE_ARGS(ocpp_messages[i].action), calls[i].refused);
}

static void
print_store(struct buf *out, const struct store *store)
{
	struct store_stats s;

	store_get_stats(store, &s);
	print_gauge(out, "store_up",
	    "Whether the connection that commits station messages is up", store_is_up(store));
	print_counter(out, "store_batches", "Transactions committed", (uint64_t)s.batches);
	print_counter(out, "store_operations", "Operations committed", (uint64_t)s.operations);
	print_counter(out, "store_replays", "Batches run again operation by operation",
	    (uint64_t)s.replays);
	print_counter(
	    out, "store_refused", "Operations that PostgreSQL refused", (uint64_t)s.refused);
	print_counter(out, "store_reconnects", "Times the connection was made again",
	    (uint64_t)s.reconnects);
	print_gauge(out, "store_waiting", "Operations waiting for the next batch", s.waiting);
	print_gauge(out, "store_waiting_bytes", "Bytes of operations waiting or in flight",
	    s.waiting_bytes);
	print_gauge(out, "store_in_flight", "Operations of the batch under way", s.in_flight);
	print_gauge(out, "store_batch_size", "Operations in the last batch", s.last_batch);
	print_seconds(
	    out, "store_lag_seconds", "Age of the oldest operation not yet committed", s.lag);
}

/* Pages resident; 0 when the kernel does not say. */
static int64_t
resident_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	char line[128];
	const char *second;
	long long resident = 0;

	if (f == NULL)
		return 0;
	second = fgets(line, sizeof(line), f) == NULL ? NULL : strchr(line, ' ');
	if (second != NULL)
		slice_to_int64(
		    slice_from(second + 1, strcspn(second + 1, " ")), 0, INT64_MAX, &resident);
	fclose(f);
	return resident;
}

static int64_t
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int64_t count = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 3; /* ".", ".." and the folder itself */
}

/* The names are Prometheus' own, which dashboards know. */
static void
print_process(struct buf *out, const struct node *node)
{
	int64_t started_at = clock_wall() - (clock_mono() - node->started_mono);

	buf_printf(out,
	    "# HELP process_resident_memory_bytes Resident memory\n# TYPE "
	    "process_resident_memory_bytes gauge\n"
	    "process_resident_memory_bytes %" PRId64 "\n",
	    resident_pages() * (int64_t)sysconf(_SC_PAGESIZE));
	buf_printf(out,
	    "# HELP process_open_fds Open descriptors\n# TYPE process_open_fds "
	    "gauge\nprocess_open_fds %" PRId64 "\n",
	    open_descriptors());
	buf_printf(out,
	    "# HELP process_start_time_seconds Start, in seconds since 1970\n"
	    "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %" PRId64 "\n",
	    started_at / SECOND_US);
	print_head(out, "build_info", "", "gauge", "Version of the program; always 1");
	buf_printf(out, "v2g_build_info{version=\"%s\"} 1\n", V2G_VERSION);
}

void
metrics_print(const struct node *node, struct buf *out)
{
#define X(name, help) print_counter(out, #name, help, metrics.name);
	METRICS_COUNTERS(X)
#undef X
#define X(name, help) print_gauge(out, #name, help, metrics.name);
	METRICS_GAUGES(X)
#undef X
	print_calls(out, station_calls, "call_seconds",
	    "Time from the receipt of a station's CALL to its answer", "calls_refused",
	    "CALLs of stations answered with CALLERROR");
	print_calls(out, commands, "command_seconds", "Time from a command leaving to its end",
	    "commands_refused", "Commands answered with CALLERROR, or not at all");
	print_gauge(out, "ready", "Whether this node serves stations", node_is_ready(node));
	if (node->store != NULL)
		print_store(out, node->store);
	if (node->queries != NULL)
		print_gauge(out, "queries_up", "Whether a connection of the API's pool is up",
		    query_is_up(node->queries));
	print_process(out, node);
}
