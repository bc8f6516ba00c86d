#include "tests/sim/station.h"

#include <math.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/sim/behaviour.h"
#include "tests/sim/call.h"
#include "tests/sim/certificates.h"
#include "tests/sim/commands.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/monitors.h"
#include "tests/sim/options.h"
#include "tests/sim/random.h"
#include "tests/sim/reservations.h"
#include "tests/sim/script.h"
#include "tests/sim/service.h"
#include "tests/sim/store.h"
#include "tests/sim/transaction.h"
#include "tests/sim/variables.h"

struct later {
	struct list node;
	struct station *station;
	station_later *call;
	intptr_t argument;
	ev_timer timer;
};

/* ---- later ---- */

static void
on_later(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct later *later = timer->data;
	struct later copy = *later;

	(void)loop;
	(void)events;
	list_remove(&later->node);
	free(later);
	copy.call(copy.station, copy.argument);
}

void
station_after(struct station *st, double seconds, station_later *call, intptr_t argument)
{
	struct later *later = calloc(1, sizeof(*later));

	if (later == NULL)
		abort();
	later->station = st;
	later->call = call;
	later->argument = argument;
	ev_timer_init(&later->timer, on_later, seconds, 0);
	later->timer.data = later;
	ev_timer_start(st->fleet->loop, &later->timer);
	list_append(&st->laters, &later->node);
}

static void
forget_laters(struct station *st)
{
	struct list *node;

	while ((node = list_pop(&st->laters)) != NULL) {
		struct later *later = list_entry(node, struct later, node);

		ev_timer_stop(st->fleet->loop, &later->timer);
		free(later);
	}
}

/* ---- questions ---- */

bool
station_is_ready(const struct station *st)
{
	return st->ws.state == WS_OPEN && st->registered;
}

bool
station_is_charging(const struct station *st)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		if (st->evses[i].transaction != NULL)
			return true;
	return false;
}

struct evse *
station_evse(struct station *st, int32_t id)
{
	return id < 1 || (unsigned)id > st->evse_count ? NULL : &st->evses[id - 1];
}

double
station_scaled(const struct station *st, double seconds)
{
	return seconds / st->fleet->options->time_scale;
}

/* ---- boot ---- */

static void
become_ready(struct station *st)
{
	station_set_heartbeat(st, st->heartbeat_seconds);
	for (unsigned i = 0; i < st->evse_count; i++)
		evse_report(&st->evses[i]);
	call_pump(st);
}

/* B01: what a station tells when it has come up. */
static void
report_startup(struct station *st)
{
	struct ocpp_security_event_notification_request event = {
		.type = SLICE("StartupOfTheDevice"),
		.timestamp = message_now(),
	};

	call_send(st, OCPP_ACTION_SECURITY_EVENT_NOTIFICATION, &event, NULL, 0);
	service_booted(st);
}

static void
boot_answered(
    struct station *st, enum call_outcome outcome, const void *answer, intptr_t argument)
{
	const struct ocpp_boot_notification_response *response = answer;
	double wait = 30;

	(void)argument;
	if (outcome == CALL_LOST)
		return;
	st->pending = false;
	if (response != NULL && response->status == OCPP_REGISTRATION_STATUS_ACCEPTED) {
		st->registered = true;
		st->fleet->stats.boots++;
		fleet_truth(st, "booted", NULL);
		st->heartbeat_seconds = response->interval > 0 ? response->interval : 300;
		for (unsigned i = 0; i < st->evse_count; i++)
			st->evses[i].reported = OCPP_CONNECTOR_STATUS_ABSENT;
		become_ready(st);
		report_startup(st);
		return;
	}
	if (response != NULL) {
		st->pending = response->status == OCPP_REGISTRATION_STATUS_PENDING;
		if (response->interval > 0)
			wait = response->interval;
		fleet_truth(st, st->pending ? "boot-pending" : "boot-rejected", NULL);
	}
	ev_timer_stop(st->fleet->loop, &st->boot);
	ev_timer_set(&st->boot, wait, 0);
	ev_timer_start(st->fleet->loop, &st->boot);
}

void
station_send_boot(struct station *st)
{
	struct ocpp_charging_station about = {
		.model = SLICE("Simulator"),
		.vendor_name = SLICE("v2g"),
		.firmware_version = variables_text(st, VARIABLE_FIRMWARE_VERSION),
		/* Profile 3: the same as in the certificate (B01.FR.11).  At most 25 characters. */
		.serial_number =
		    slice_from(st->name, strlen(st->name) < 25 ? strlen(st->name) : 25),
	};
	struct ocpp_boot_notification_request request = {
		.charging_station = &about,
		.reason = st->boot_reason,
	};

	call_send(st, OCPP_ACTION_BOOT_NOTIFICATION, &request, boot_answered, 0);
}

static void
on_boot_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	station_send_boot(timer->data);
}

/* ---- heartbeat ---- */

void
station_send_heartbeat(struct station *st)
{
	struct ocpp_heartbeat_request request = { 0 };

	call_send_asked(st, OCPP_ACTION_HEARTBEAT, &request);
}

static void
on_heartbeat(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	station_send_heartbeat(timer->data);
}

void
station_set_heartbeat(struct station *st, int seconds)
{
	/* The first one at random, so that a fleet that booted together does not beat together. */
	double first = random_between(&st->random, 0.5, 1) * seconds;

	st->heartbeat_seconds = seconds;
	ev_timer_stop(st->fleet->loop, &st->heartbeat);
	if (seconds <= 0 || !station_is_ready(st))
		return;
	ev_timer_set(&st->heartbeat, first, seconds);
	ev_timer_start(st->fleet->loop, &st->heartbeat);
}

/* ---- connection ---- */

static void
connect_after(struct station *st, double seconds)
{
	ev_timer_stop(st->fleet->loop, &st->connect);
	ev_timer_set(&st->connect, seconds > 0 ? seconds : 0, 0);
	ev_timer_start(st->fleet->loop, &st->connect);
}

/* Part 4, 5.3: minimum, doubled each time up to a number of times, and a random part on top. */
static void
schedule_reconnect(struct station *st)
{
	const struct options *options = st->fleet->options;
	double away = (double)(st->away_until_mono - clock_mono()) / 1e6;
	double wait = ldexp(options->backoff_minimum, (int)st->backoff_round) +
		      random_between(&st->random, 0, options->backoff_range);

	if (st->backoff_round < options->backoff_repeats)
		st->backoff_round++;
	connect_after(st, away > 0 ? away : wait);
}

static void
on_opened(void *ctx)
{
	struct station *st = ctx;

	st->was_open = true;
	st->fleet->stats.connects++;
	st->backoff_round = 0;
	fleet_truth(st, "connected", NULL);
	if (st->registered)
		become_ready(st);
	else
		station_send_boot(st);
}

static void
on_message(void *ctx, struct slice text)
{
	call_receive(ctx, text);
}

static void
connection_ended(struct station *st, const char *why, int http_status, bool was_open)
{
	if (was_open)
		st->fleet->stats.disconnects++;
	else
		st->fleet->stats.failed_connects++;
	fleet_truth(st, was_open ? "disconnected" : "connect-failed",
	    "\"why\":\"%s\",\"status\":%d", why, http_status);
	if (!was_open && st->fleet->stats.failed_connects == 1)
		fprintf(
		    stderr, "evse-sim: %s: %s (HTTP status %d)\n", st->name, why, http_status);
	st->pending = false;
	ev_timer_stop(st->fleet->loop, &st->heartbeat);
	ev_timer_stop(st->fleet->loop, &st->boot);
	call_connection_lost(st);
	if (!st->fleet->ending)
		schedule_reconnect(st);
}

static void
on_closed(void *ctx, const char *why, int http_status)
{
	struct station *st = ctx;

	connection_ended(st, why, http_status, st->was_open);
	st->was_open = false;
}

static void
on_connect_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct station *st = timer->data;

	(void)loop;
	(void)events;
	if (st->ws.state != WS_CLOSED)
		return;
	if (!ws_open(&st->ws, st->password))
		connection_ended(st, st->ws.why, 0, false);
}

void
station_power_up(struct station *st, enum ocpp_boot_reason reason, double seconds)
{
	st->registered = false;
	st->boot_reason = reason;
	st->away_until_mono = clock_mono() + (int64_t)(seconds * 1e6);
	connect_after(st, seconds);
}

void
station_connect(struct station *st, double seconds)
{
	st->registered = true;
	st->heartbeat_seconds = (int)variables_int(st, VARIABLE_HEARTBEAT_INTERVAL);
	connect_after(st, seconds);
}

bool
reboot_fate_parse(const char *text, enum reboot_fate *fate_out)
{
	static const char *const names[] = { "end", "continue", "lose" };

	for (int i = 0; i < 3; i++)
		if (strcmp(names[i], text) == 0) {
			*fate_out = (enum reboot_fate)i;
			return true;
		}
	return false;
}

static void
end_transactions(struct station *st, enum ocpp_reason reason, enum ocpp_trigger_reason trigger)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		transaction_stop(&st->evses[i], reason, trigger);
}

/* The power is back, the station not yet connected. */
static void
power_returns(struct station *st, intptr_t fate)
{
	if ((enum reboot_fate)fate == FATE_END)
		end_transactions(
		    st, OCPP_REASON_POWER_LOSS, OCPP_TRIGGER_REASON_ABNORMAL_CONDITION);
	for (unsigned i = 0; i < st->evse_count; i++)
		evse_power_on(&st->evses[i]);
	reservations_restore(st);
}

void
station_reboot(struct station *st, enum ocpp_boot_reason reason, enum ws_ending ending,
    enum reboot_fate fate)
{
	double seconds = station_scaled(st, random_between(&st->random, 1, 3));

	fleet_truth(st, "reboot", NULL);
	forget_laters(st);
	st->reset_when_idle = 0;
	if (ending == WS_CLEAN && fate == FATE_END)
		end_transactions(
		    st, OCPP_REASON_IMMEDIATE_RESET, OCPP_TRIGGER_REASON_RESET_COMMAND);
	for (unsigned i = 0; i < st->evse_count; i++) {
		if (fate == FATE_LOSE)
			transaction_lose(&st->evses[i]);
		evse_power_off(&st->evses[i]);
	}
	ws_close(&st->ws, ending);
	station_power_up(st, reason, seconds);
	/* Just before the connection is tried. */
	station_after(st, seconds * 0.9, power_returns, (intptr_t)fate);
}

void
station_go_offline(struct station *st, double seconds, enum ws_ending ending)
{
	fleet_truth(st, "offline", "\"seconds\":%.3f", seconds);
	st->away_until_mono = clock_mono() + (int64_t)(seconds * 1e6);
	ws_close(&st->ws, ending);
	if (st->ws.state == WS_CLOSED)
		schedule_reconnect(st);
}

static void
end_half_open(struct station *st, intptr_t unused)
{
	(void)unused;
	ws_close(&st->ws, WS_DIRTY);
}

void
station_half_open(struct station *st, double seconds)
{
	fleet_truth(st, "half-open", "\"seconds\":%.3f", seconds);
	ws_freeze(&st->ws);
	station_after(st, seconds, end_half_open, 0);
}

void
station_leave(struct station *st)
{
	ev_timer_stop(st->fleet->loop, &st->connect);
	ws_close(&st->ws, WS_CLEAN);
}

void
station_idle_work(struct station *st)
{
	for (unsigned i = 0; i < st->evse_count; i++) {
		struct evse *evse = &st->evses[i];

		if (evse->transaction != NULL || !evse->change_scheduled)
			continue;
		evse->change_scheduled = false;
		evse_set_inoperative(evse, evse->scheduled_inoperative);
	}
	if (st->reset_when_idle != 0 && !station_is_charging(st)) {
		enum ocpp_boot_reason reason = (enum ocpp_boot_reason)st->reset_when_idle;

		st->reset_when_idle = 0;
		commands_reset_soon(st, reason);
	}
}

/* ---- misfortune ---- */

static void
on_flap(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct station *st = timer->data;

	(void)events;
	if (st->ws.state == WS_OPEN)
		station_go_offline(st, random_between(&st->random, 0.5, 15), WS_DIRTY);
	ev_timer_set(timer, -log(1 - random_unit(&st->random)) * st->fleet->options->flap, 0);
	ev_timer_start(loop, timer);
}

/* --crash: the power fails and comes back. */
static void
on_crash(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct station *st = timer->data;
	enum reboot_fate fate = FATE_END;

	(void)events;
	reboot_fate_parse(st->fleet->options->crash_fate, &fate);
	if (st->ws.state == WS_OPEN)
		station_reboot(st, OCPP_BOOT_REASON_POWER_UP, WS_DIRTY, fate);
	ev_timer_set(timer, -log(1 - random_unit(&st->random)) * st->fleet->options->crash, 0);
	ev_timer_start(loop, timer);
}

static void
on_rude(struct ev_loop *loop, ev_timer *timer, int events)
{
	static const char *const texts[] = {
		"[2,\"rude-1\",\"Heartbeat\",{}]",
		"[2,\"rude-1\",\"Heartbeat\",{}]",
		"[2,\"rude-2\",\"StatusNotification\",{\"evseId\":,}]",
		"[2,\"rude-3\",\"NoSuchAction\",{}]",
		"[2,\"rude-4\",\"StatusNotification\",{\"evseId\":\"one\"}]",
		"[3,\"rude-5\",{}]",
		"[4,\"rude-6\",\"GenericError\",\"\",{}]",
		"[7]",
		"not JSON at all",
		"",
	};
	struct station *st = timer->data;

	(void)events;
	if (station_is_ready(st))
		call_send_raw(st,
		    slice_cstr(
			texts[random_below(&st->random, sizeof(texts) / sizeof(texts[0]))]));
	ev_timer_set(timer, random_between(&st->random, 0.2, 5), 0);
	ev_timer_start(loop, timer);
}

/* ---- beginning, end ---- */

static const struct ws_events events = { on_opened, on_message, on_closed };

static void
start_misfortune(struct station *st)
{
	const struct options *options = st->fleet->options;

	ev_timer_init(&st->flap, on_flap, random_between(&st->random, 0, 2 * options->flap), 0);
	ev_timer_init(&st->rude, on_rude, random_between(&st->random, 1, 5), 0);
	ev_timer_init(
	    &st->crash, on_crash, random_between(&st->random, 0, 2 * options->crash), 0);
	st->flap.data = st->rude.data = st->crash.data = st;
	if (options->crash > 0)
		ev_timer_start(st->fleet->loop, &st->crash);
	if (options->flap > 0)
		ev_timer_start(st->fleet->loop, &st->flap);
	if (options->rude)
		ev_timer_start(st->fleet->loop, &st->rude);
}

/* The variable counts in whole seconds, and 0 would mean: never. */
static void
set_sample_interval(struct station *st, double seconds)
{
	char text[VARIABLE_VALUE_MAX];

	snprintf(text, sizeof(text), "%lld", llround(fmax(seconds, 1)));
	variables_set(st, VARIABLE_TX_UPDATED_INTERVAL, slice_cstr(text));
}

void
station_init(struct station *st, struct fleet *fleet, char *name, char *password, uint64_t seed)
{
	const unsigned count = (unsigned)fleet->options->evses;

	memset(st, 0, sizeof(*st));
	st->fleet = fleet;
	st->name = name;
	st->password = password;
	st->random = random_seed(seed);
	ws_init(&st->ws, fleet->client, st->name, &events, st);
	call_init(st);
	store_init(st);
	monitors_init(st);
	list_init(&st->laters);
	ev_timer_init(&st->connect, on_connect_timer, 0, 0);
	ev_timer_init(&st->boot, on_boot_timer, 0, 0);
	ev_timer_init(&st->heartbeat, on_heartbeat, 0, 0);
	st->connect.data = st->boot.data = st->heartbeat.data = st;
	st->evse_count = count;
	st->evses = calloc(count, sizeof(*st->evses));
	if (st->evses == NULL)
		abort();
	for (unsigned i = 0; i < count; i++)
		evse_init(&st->evses[i], st, (int32_t)i + 1);
	if (fleet->options->sample_interval > 0)
		set_sample_interval(st, fleet->options->sample_interval);
	start_misfortune(st);
}

void
station_free(struct station *st)
{
	struct ev_loop *loop = st->fleet->loop;
	ev_timer *const timers[] = { &st->connect, &st->boot, &st->heartbeat, &st->flap,
		&st->rude, &st->crash };

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		ev_timer_stop(loop, timers[i]);
	forget_laters(st);
	script_stop(st);
	call_free(st);
	for (unsigned i = 0; i < st->evse_count; i++) {
		evse_free(&st->evses[i]);
	}
	free(st->evses);
	variables_free(st);
	monitors_free(st);
	service_free(st);
	certificates_free(st);
	store_free(st);
	ws_free(&st->ws);
	free(st->name);
	free(st->password);
}
