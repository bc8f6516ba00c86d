#include "tests/sim/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <ev.h>

#include "common/clock.h"
#include "common/list.h"
#include "tests/sim/histogram.h"
#include "tests/sim/load_message.h"
#include "tests/sim/options.h"
#include "tests/sim/random.h"
#include "tests/sim/ws.h"

/* Connects are begun, and the open loop looks at the clock, so often. */
#define TICK_SECONDS 0.002
/* A fleet that is not complete by then is measured as it is. */
#define CONNECT_SECONDS_MAX 300.0
#define DURATION_DEFAULT    10.0

enum kind { HEARTBEAT, TRANSACTION, BOOT, IDLE };
enum phase { CONNECTING, WARMUP, MEASURING, OVER };

struct load_station {
	struct ws ws;
	struct load *load;
	struct list node; /* in `waiting` (to be connected) or `free` (open loop) */
	char *name, *password;
	bool accepted;
	bool measured; /* the call was sent in the measured phase */
	unsigned call; /* number of the last call */
	int64_t due_mono; /* of the call outstanding; 0: none */
	int64_t begun_mono; /* the connection */
	unsigned transaction, seq_no;
	enum load_event event; /* the next one */
};

struct load {
	struct ev_loop *loop;
	struct ws_client *client;
	const struct options *options;
	enum kind kind;
	enum phase phase;
	struct load_station *stations;
	struct list waiting, free;
	ev_timer tick, second, phase_end;
	uint64_t run, random;
	unsigned connecting, accepted, due;
	int64_t begun_mono, all_accepted_mono, measured_mono, over_mono;
	int64_t due_base_mono;
	double cpu_begun, cpu_over;
	uint64_t answers, errors, timeouts, lost_connections, failed_connects, commands, strays;
	struct histogram latency, connect, boot;
};

static const char *const kind_names[] = { "heartbeat", "transaction", "boot", "idle" };

static double
cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- calls ---- */

static size_t
next_transaction_event(struct load_station *s, char *text)
{
	const struct options *options = s->load->options;
	const struct load_event_data data = {
		.event = s->event,
		.station = s->name,
		.evse = 1 + s->transaction % (unsigned)options->evses,
		.run = s->load->run,
		.transaction = s->transaction,
		.seq_no = s->seq_no,
		.token = options->tokens,
	};
	size_t len = load_transaction_event(text, s->call, &data);

	if (s->event == LOAD_ENDED) {
		s->event = LOAD_STARTED;
		s->transaction++;
		s->seq_no = 0;
		return len;
	}
	s->event = s->seq_no >= options->updates ? LOAD_ENDED : LOAD_UPDATED;
	s->seq_no++;
	return len;
}

static void
send_call(struct load_station *s, int64_t due_mono)
{
	char text[LOAD_MESSAGE_MAX];
	size_t len;

	s->call++;
	if (!s->accepted)
		len = load_boot(text, s->call, s->name);
	else if (s->load->kind == HEARTBEAT)
		len = load_heartbeat(text, s->call);
	else
		len = next_transaction_event(s, text);
	s->due_mono = due_mono;
	s->measured = s->load->phase == MEASURING;
	ws_send(&s->ws, slice_from(text, len));
}

/* Open loop: the n-th call is due at a time that does not depend on the answers. */
static void
send_due(struct load *load)
{
	int64_t now = clock_mono();

	while (!list_empty(&load->free)) {
		int64_t due = load->due_base_mono +
			      (int64_t)(load->due * (double)SECOND_US / load->options->rate);

		if (due > now)
			return;
		load->due++;
		send_call(list_entry(list_pop(&load->free), struct load_station, node), due);
	}
}

/* The station has nothing outstanding. */
static void
station_is_free(struct load_station *s)
{
	struct load *load = s->load;

	if (load->phase == CONNECTING || load->phase == OVER || load->kind >= BOOT)
		return;
	if (load->options->rate <= 0) {
		send_call(s, clock_mono());
		return;
	}
	list_append(&load->free, &s->node);
	send_due(load);
}

/* ---- phases ---- */

static void
finish(struct load *load)
{
	load->phase = OVER;
	load->over_mono = clock_mono();
	load->cpu_over = cpu_seconds();
	ev_break(load->loop, EVBREAK_ALL);
}

static void
measure(struct load *load)
{
	load->phase = MEASURING;
	load->measured_mono = clock_mono();
	load->cpu_begun = cpu_seconds();
}

static void
on_phase_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct load *load = timer->data;
	const double duration = load->options->duration;

	(void)events;
	if (load->phase != WARMUP) {
		finish(load);
		return;
	}
	measure(load);
	ev_timer_set(timer, duration > 0 ? duration : DURATION_DEFAULT, 0);
	ev_timer_start(loop, timer);
}

static void
begin(struct load *load)
{
	if (load->kind == BOOT) {
		finish(load);
		return;
	}
	if (load->kind == IDLE) {
		if (!load->options->quiet)
			fprintf(stderr, "evse-sim: all %u stations accepted\n", load->accepted);
		measure(load);
		return;
	}
	load->phase = WARMUP;
	load->due_base_mono = clock_mono();
	ev_timer_stop(load->loop, &load->phase_end);
	ev_timer_set(&load->phase_end, load->options->warmup, 0);
	ev_timer_start(load->loop, &load->phase_end);
	for (int64_t i = 0; i < load->options->stations; i++)
		if (load->stations[i].accepted)
			station_is_free(&load->stations[i]);
}

static void
station_accepted(struct load_station *s)
{
	struct load *load = s->load;

	s->accepted = true;
	load->accepted++;
	load->connecting--;
	histogram_add(&load->boot, clock_mono() - s->begun_mono);
	if (load->phase != CONNECTING) {
		station_is_free(s);
	} else if (load->accepted == load->options->stations) {
		load->all_accepted_mono = clock_mono();
		begin(load);
	}
}

/* ---- events of a connection ---- */

static void
on_opened(void *ctx)
{
	struct load_station *s = ctx;

	histogram_add(&s->load->connect, clock_mono() - s->begun_mono);
	send_call(s, clock_mono());
}

static void
on_answer(struct load_station *s, enum load_answer answer, struct slice text)
{
	struct load *load = s->load;
	int64_t latency = clock_mono() - s->due_mono;

	if (s->due_mono == 0) {
		load->strays++;
		return;
	}
	s->due_mono = 0;
	if (answer == LOAD_ERROR)
		load->errors++;
	if (!s->accepted) {
		if (answer == LOAD_RESULT && load_is_accepted(text))
			station_accepted(s);
		else
			ws_close(&s->ws, WS_CLEAN);
		return;
	}
	if (s->measured && load->phase == MEASURING) {
		load->answers++;
		histogram_add(&load->latency, latency);
	}
	station_is_free(s);
}

static void
on_message(void *ctx, struct slice text)
{
	struct load_station *s = ctx;
	char refusal[LOAD_MESSAGE_MAX];
	enum load_answer answer = load_read(text, s->call);

	switch (answer) {
	case LOAD_RESULT:
	case LOAD_ERROR: on_answer(s, answer, text); break;
	case LOAD_COMMAND:
		s->load->commands++;
		ws_send(&s->ws, slice_from(refusal, load_refusal(refusal, text)));
		break;
	case LOAD_STRAY: s->load->strays++; break;
	}
}

static void
on_closed(void *ctx, const char *why, int http_status)
{
	struct load_station *s = ctx;
	struct load *load = s->load;

	if (load->failed_connects + load->lost_connections == 0 && load->phase != OVER)
		fprintf(
		    stderr, "evse-sim: %s: %s (HTTP status %d)\n", s->name, why, http_status);
	if (s->accepted) {
		load->accepted--;
		load->lost_connections++;
	} else {
		load->connecting--;
		load->failed_connects++;
	}
	s->accepted = false;
	s->due_mono = 0;
	list_remove(&s->node);
	/* The waiting list is worked off from its front, so failures wait for the others first. */
	s->begun_mono = clock_mono() + SECOND_US +
			(int64_t)random_between(&load->random, 0, (double)SECOND_US);
	list_append(&load->waiting, &s->node);
}

static const struct ws_events events = { on_opened, on_message, on_closed };

/* ---- timers ---- */

static void
connect_station(struct load *load, struct load_station *s)
{
	list_remove(&s->node);
	s->begun_mono = clock_mono();
	load->connecting++;
	if (!ws_open(&s->ws, s->password))
		on_closed(s, "cannot connect", 0);
}

static void
connect_some(struct load *load)
{
	const struct options *options = load->options;
	double allowed =
	    options->connect_rate * (double)(clock_mono() - load->begun_mono) / 1e6;
	unsigned begun = 0;

	while (!list_empty(&load->waiting) && load->connecting < options->window) {
		struct load_station *s =
		    list_entry(load->waiting.next, struct load_station, node);

		if (s->begun_mono > clock_mono())
			return;
		if (options->connect_rate > 0 &&
		    load->connecting + load->accepted >= allowed + 1)
			return;
		connect_station(load, s);
		/* Handshakes must be read now and then, too. */
		if (++begun == 32)
			return;
	}
}

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int events_)
{
	struct load *load = timer->data;

	(void)loop;
	(void)events_;
	connect_some(load);
	if (load->options->rate > 0 && (load->phase == WARMUP || load->phase == MEASURING))
		send_due(load);
}

static void
on_second(struct ev_loop *loop, ev_timer *timer, int events_)
{
	struct load *load = timer->data;
	int64_t oldest =
	    clock_mono() - (int64_t)(load->options->call_timeout * (double)SECOND_US);

	(void)loop;
	(void)events_;
	for (int64_t i = 0; i < load->options->stations; i++) {
		struct load_station *s = &load->stations[i];

		if (s->due_mono != 0 && s->due_mono < oldest && s->ws.state == WS_OPEN) {
			load->timeouts++;
			ws_close(&s->ws, WS_DIRTY);
		}
	}
	if (load->phase == CONNECTING && load->kind != BOOT && load->accepted > 0 &&
	    clock_mono() - load->begun_mono > (int64_t)(CONNECT_SECONDS_MAX * 1e6))
		begin(load);
}

/* ---- result ---- */

static void
print_percentiles(const char *name, const struct histogram *h, bool json)
{
	if (json)
		printf(",\"%s_us\":{\"p50\":%lld,\"p95\":%lld,\"p99\":%lld,\"max\":%lld}", name,
		    (long long)histogram_percentile(h, 0.50),
		    (long long)histogram_percentile(h, 0.95),
		    (long long)histogram_percentile(h, 0.99), (long long)h->max);
	else
		printf("  %-18s p50 %.2f  p95 %.2f  p99 %.2f  max %.2f ms\n", name,
		    (double)histogram_percentile(h, 0.50) / 1e3,
		    (double)histogram_percentile(h, 0.95) / 1e3,
		    (double)histogram_percentile(h, 0.99) / 1e3, (double)h->max / 1e3);
}

static void
print_result(const struct load *load)
{
	const bool json = load->options->json;
	double seconds = (double)(load->over_mono - load->measured_mono) / 1e6;
	double accepted = (double)(load->all_accepted_mono - load->begun_mono) / 1e6;
	double rate = seconds > 0 ? (double)load->answers / seconds : 0;
	double cpu = (load->cpu_over - load->cpu_begun) * 1e6 /
		     (double)(load->answers == 0 ? 1 : load->answers);
	const uint64_t counts[] = { load->answers, load->errors, load->timeouts,
		load->lost_connections, load->failed_connects, load->commands, load->strays };
	static const char *const names[] = { "answers", "errors", "timeouts",
		"lost_connections", "failed_connects", "commands", "strays" };

	if (load->measured_mono == 0)
		seconds = rate = cpu = 0;
	if (load->all_accepted_mono == 0)
		accepted = -1;
	printf(
	    json ? "{\"load\":\"%s\",\"stations\":%lld,\"accepted\":%u,\"all_accepted_s\":%.3f,"
		   "\"seconds\":%.3f,\"rate\":%.1f,\"generator_cpu_us\":%.2f"
		 : "load %s: %lld stations, %u accepted, all after %.3f s\n"
		   "  measured           %.3f s, %.1f answers/s, generator CPU %.2f us each\n",
	    kind_names[load->kind], (long long)load->options->stations, load->accepted,
	    accepted, seconds, rate, cpu);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		printf(json ? ",\"%s\":%llu" : "  %-18s %llu\n", names[i],
		    (unsigned long long)counts[i]);
	print_percentiles("latency", &load->latency, json);
	print_percentiles("connect", &load->connect, json);
	print_percentiles("accept", &load->boot, json);
	printf(json ? "}\n" : "");
}

/* ---- setting up ---- */

static void
init_station(struct load *load, struct load_station *s, int64_t index)
{
	const struct options *options = load->options;

	s->load = load;
	s->name = options_name(options, index);
	s->password = options_password(options, s->name);
	ws_init(&s->ws, load->client, s->name, &events, s);
	list_append(&load->waiting, &s->node);
}

static void
on_signal(struct ev_loop *loop, ev_signal *watcher, int events_)
{
	(void)loop;
	(void)events_;
	finish(watcher->data);
}

static void
run(struct load *load)
{
	const struct options *options = load->options;
	ev_signal ends[2];
	const int signals[2] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < 2; i++) {
		ev_signal_init(&ends[i], on_signal, signals[i]);
		ends[i].data = load;
		ev_signal_start(load->loop, &ends[i]);
	}
	ev_timer_init(&load->tick, on_tick, 0, TICK_SECONDS);
	ev_timer_init(&load->second, on_second, 1, 1);
	ev_timer_init(&load->phase_end, on_phase_end, options->duration, 0);
	load->tick.data = load->second.data = load->phase_end.data = load;
	ev_timer_start(load->loop, &load->tick);
	ev_timer_start(load->loop, &load->second);
	/* Boot and idle: as long as told; the other kinds set it when the fleet is complete. */
	if (load->kind >= BOOT && options->duration > 0)
		ev_timer_start(load->loop, &load->phase_end);
	ev_run(load->loop, 0);
	ev_timer_stop(load->loop, &load->tick);
	ev_timer_stop(load->loop, &load->second);
	ev_timer_stop(load->loop, &load->phase_end);
	for (size_t i = 0; i < 2; i++)
		ev_signal_stop(load->loop, &ends[i]);
}

int
load_run(struct ev_loop *loop, struct ws_client *client, const struct options *options)
{
	struct load *load = calloc(1, sizeof(*load));
	bool clean;

	if (load == NULL)
		abort();
	load->loop = loop;
	load->client = client;
	load->options = options;
	while (load->kind <= IDLE && strcmp(kind_names[load->kind], options->load) != 0)
		load->kind++;
	if (load->kind > IDLE) {
		fprintf(stderr, "evse-sim: no load is called %s\n", options->load);
		free(load);
		return 2;
	}
	list_init(&load->waiting);
	list_init(&load->free);
	load->run = load->random = random_seed((uint64_t)clock_wall());
	load->stations = calloc((size_t)options->stations, sizeof(*load->stations));
	if (load->stations == NULL)
		abort();
	load->begun_mono = clock_mono();
	for (int64_t i = 0; i < options->stations; i++)
		init_station(load, &load->stations[i], i);
	run(load);
	if (!options->quiet)
		print_result(load);
	clean =
	    load->errors + load->timeouts + load->lost_connections + load->failed_connects ==
		0 &&
	    load->all_accepted_mono != 0;
	ws_client_free(&client);
	for (int64_t i = 0; i < options->stations; i++) {
		ws_free(&load->stations[i].ws);
		free(load->stations[i].name);
		free(load->stations[i].password);
	}
	free(load->stations);
	free(load);
	return options->strict && !clean ? 1 : 0;
}
