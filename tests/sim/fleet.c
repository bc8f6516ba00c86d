#include "tests/sim/fleet.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "common/clock.h"
#include "tests/sim/behaviour.h"
#include "tests/sim/call.h"
#include "tests/sim/options.h"
#include "tests/sim/script.h"
#include "tests/sim/station.h"
#include "tests/sim/ws.h"

/* The largest decoded message. */
enum { ARENA_MAX = 1 << 23 };
/* At the end the stations have so long to close their connections. */
#define LEAVE_SECONDS 3.0

struct timers {
	ev_signal signals[2];
	ev_timer end, report, leave;
};

/* ---- truth ---- */

void
fleet_truth(struct station *st, const char *what, const char *format, ...)
{
	FILE *file = st->fleet->truth;
	char at[CLOCK_TEXT_MAX];
	va_list args;

	if (file == NULL)
		return;
	clock_format(clock_wall(), 6, at);
	fprintf(file, "{\"at\":\"%s\",\"station\":\"%s\",\"what\":\"%s\"", at, st->name, what);
	if (format != NULL) {
		fputc(',', file);
		va_start(args, format);
		vfprintf(file, format, args);
		va_end(args);
	}
	fputs("}\n", file);
}

char *
fleet_printable(char *text)
{
	for (char *c = text; *c != '\0'; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
			*c = '\'';
	return text;
}

/* ---- numbers ---- */

static unsigned
count_online(const struct fleet *fleet)
{
	unsigned online = 0;

	for (size_t i = 0; i < fleet->count; i++)
		online += station_is_ready(&fleet->stations[i]);
	return online;
}

static uint64_t
count_queued(const struct fleet *fleet)
{
	uint64_t queued = 0;

	for (size_t i = 0; i < fleet->count; i++)
		queued += fleet->stations[i].events_queued;
	return queued;
}

/* ---- the end ---- */

static void
on_leave(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct fleet *fleet = timer->data;
	bool open = false;

	(void)events;
	for (size_t i = 0; i < fleet->count; i++)
		open |= fleet->stations[i].ws.state != WS_CLOSED;
	if (open && clock_mono() < fleet->leave_until_mono)
		return;
	ev_timer_stop(loop, timer);
	ev_break(loop, EVBREAK_ALL);
}

static void
end(struct fleet *fleet)
{
	struct timers *timers = fleet->timers;

	if (fleet->ending) {
		/* Asked twice: now. */
		ev_break(fleet->loop, EVBREAK_ALL);
		return;
	}
	fleet->ending = true;
	fleet->leave_until_mono = clock_mono() + (int64_t)(LEAVE_SECONDS * 1e6);
	for (size_t i = 0; i < fleet->count; i++)
		station_leave(&fleet->stations[i]);
	ev_timer_start(fleet->loop, &timers->leave);
}

void
fleet_script_ended(struct fleet *fleet)
{
	fleet->scripts--;
	if (fleet->scripts == 0 && !fleet->ending)
		ev_feed_event(fleet->loop, &((struct timers *)fleet->timers)->end, EV_TIMER);
}

static void
on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	end(timer->data);
}

static void
on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)loop;
	(void)events;
	end(watcher->data);
}

static void
on_report(struct ev_loop *loop, ev_timer *timer, int events)
{
	const struct fleet *fleet = timer->data;

	(void)loop;
	(void)events;
	stats_report(&fleet->stats, count_online(fleet), count_queued(fleet));
}

/* ---- running ---- */

static void
start_timers(struct fleet *fleet, struct timers *timers)
{
	const struct options *options = fleet->options;
	const int signals[2] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < 2; i++) {
		ev_signal_init(&timers->signals[i], on_signal, signals[i]);
		timers->signals[i].data = fleet;
		ev_signal_start(fleet->loop, &timers->signals[i]);
	}
	ev_timer_init(&timers->end, on_end, options->duration, 0);
	ev_timer_init(&timers->report, on_report, options->report, options->report);
	ev_timer_init(&timers->leave, on_leave, 0.01, 0.01);
	timers->end.data = timers->report.data = timers->leave.data = fleet;
	if (options->duration > 0)
		ev_timer_start(fleet->loop, &timers->end);
	if (options->report > 0)
		ev_timer_start(fleet->loop, &timers->report);
}

static void
stop_timers(struct fleet *fleet, struct timers *timers)
{
	for (size_t i = 0; i < 2; i++)
		ev_signal_stop(fleet->loop, &timers->signals[i]);
	ev_timer_stop(fleet->loop, &timers->end);
	ev_timer_stop(fleet->loop, &timers->report);
	ev_timer_stop(fleet->loop, &timers->leave);
}

static void
start_stations(struct fleet *fleet)
{
	const struct options *options = fleet->options;

	fleet->count = (size_t)options->stations;
	fleet->stations = calloc(fleet->count, sizeof(*fleet->stations));
	if (fleet->stations == NULL)
		abort();
	fleet->scripts = fleet->count;
	for (size_t i = 0; i < fleet->count; i++) {
		struct station *st = &fleet->stations[i];
		char *name = options_name(options, (int64_t)i);
		double after =
		    options->connect_rate > 0 ? (double)i / options->connect_rate : 0;

		station_init(st, fleet, name, options_password(options, name),
		    (uint64_t)options->seed + i);
		if (options->no_boot)
			station_connect(st, after);
		else
			station_power_up(st, OCPP_BOOT_REASON_POWER_UP, after);
		fleet->behaviour->begin(st);
	}
}

static bool
choose_behaviour(struct fleet *fleet)
{
	const char *name = fleet->options->behaviour;

	fleet->behaviour = behaviour_find(name);
	if (fleet->behaviour != NULL)
		return true;
	fleet->behaviour = &behaviour_script;
	fleet->script = script_load(name);
	return fleet->script != NULL;
}

static bool
prepare(struct fleet *fleet)
{
	enum reboot_fate fate;

	if (!reboot_fate_parse(fleet->options->crash_fate, &fate)) {
		fprintf(stderr, "evse-sim: --crash-fate is end, continue or lose\n");
		return false;
	}
	if (!choose_behaviour(fleet))
		return false;
	if (fleet->options->truth != NULL) {
		fleet->truth = fopen(fleet->options->truth, "w");
		if (fleet->truth == NULL) {
			perror(fleet->options->truth);
			return false;
		}
		/* It is read while it grows, and is still true if we are killed. */
		setvbuf(fleet->truth, NULL, _IOLBF, BUFSIZ);
	}
	return true;
}

static void
summarize(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		call_tell_queue(&fleet->stations[i]);
	if (!fleet->options->quiet)
		stats_summary(&fleet->stats, fleet->count, count_queued(fleet));
}

int
fleet_run(struct ev_loop *loop, struct ws_client *client, const struct options *options)
{
	struct fleet fleet = { .loop = loop, .client = client, .options = options };
	struct timers timers;
	int result = 2;

	arena_init(&fleet.arena, ARENA_MAX);
	fleet.timers = &timers;
	if (prepare(&fleet)) {
		start_timers(&fleet, &timers);
		start_stations(&fleet);
		ev_run(loop, 0);
		fleet.ending = true;
		stop_timers(&fleet, &timers);
		summarize(&fleet);
		result = options->strict && stats_errors(&fleet.stats) > 0;
	}
	ws_client_free(&fleet.client);
	for (size_t i = 0; i < fleet.count; i++)
		station_free(&fleet.stations[i]);
	free(fleet.stations);
	script_free(&fleet.script);
	arena_free(&fleet.arena);
	if (fleet.truth != NULL)
		fclose(fleet.truth);
	return result;
}
