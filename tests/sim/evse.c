#include "tests/sim/evse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/sim/behaviour.h"
#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/options.h"
#include "tests/sim/profiles.h"
#include "tests/sim/random.h"
#include "tests/sim/reservations.h"
#include "tests/sim/station.h"
#include "tests/sim/store.h"
#include "tests/sim/transaction.h"
#include "tests/sim/variables.h"

/* The vehicle neither discharges below the first nor charges above the second, in percent. */
#define SOC_LEAST  10.0
#define SOC_MOST   100.0
#define BATTERY_WH 60000.0
/* Power below this is nothing. */
#define POWER_LEAST_W 1.0
/* A change of power that is worth an event of its own. */
#define POWER_CHANGE_W 200.0
#define TICK_SECONDS   1.0

/* ---- status ---- */

enum ocpp_connector_status
evse_status(const struct evse *evse)
{
	if (evse->faulted)
		return OCPP_CONNECTOR_STATUS_FAULTED;
	if (evse->inoperative)
		return OCPP_CONNECTOR_STATUS_UNAVAILABLE;
	if (evse->plugged)
		return OCPP_CONNECTOR_STATUS_OCCUPIED;
	if (evse->reservation.id >= 0)
		return OCPP_CONNECTOR_STATUS_RESERVED;
	return OCPP_CONNECTOR_STATUS_AVAILABLE;
}

/* One that was lost on the way is sent again when the connection is back. */
static void
status_answered(
    struct station *st, enum call_outcome outcome, const void *response, intptr_t evse_id)
{
	(void)response;
	if (outcome == CALL_LOST)
		station_evse(st, (int32_t)evse_id)->reported = OCPP_CONNECTOR_STATUS_ABSENT;
}

void
evse_send_status(struct evse *evse)
{
	struct ocpp_status_notification_request request = {
		.timestamp = message_now(),
		.connector_status = evse_status(evse),
		.evse_id = evse->id,
		.connector_id = 1,
	};

	evse->reported = request.connector_status;
	call_send_report(evse->station, OCPP_ACTION_STATUS_NOTIFICATION, &request,
	    status_answered, evse->id);
}

void
evse_report(struct evse *evse)
{
	if (station_is_ready(evse->station) && evse->reported != evse_status(evse))
		evse_send_status(evse);
}

static void
tell(struct evse *evse, const char *what)
{
	fleet_truth(evse->station, what, "\"evse\":%d", evse->id);
}

void
evse_plug(struct evse *evse)
{
	if (evse->plugged)
		return;
	evse->plugged = true;
	evse->soc = random_between(&evse->station->random, 30, 70);
	tell(evse, "plugged");
	evse_report(evse);
	transaction_start_remote(evse);
}

void
evse_unplug(struct evse *evse)
{
	if (!evse->plugged)
		return;
	transaction_stop(evse, OCPP_REASON_EV_DISCONNECTED, OCPP_TRIGGER_REASON_EV_DEPARTED);
	evse->plugged = false;
	tell(evse, "unplugged");
	evse_report(evse);
}

void
evse_fault(struct evse *evse, bool faulted)
{
	if (evse->faulted == faulted)
		return;
	if (faulted)
		transaction_stop(
		    evse, OCPP_REASON_GROUND_FAULT, OCPP_TRIGGER_REASON_ABNORMAL_CONDITION);
	evse->faulted = faulted;
	tell(evse, faulted ? "fault" : "cleared");
	if (faulted)
		reservations_remove(evse);
	evse_report(evse);
}

void
evse_set_inoperative(struct evse *evse, bool inoperative)
{
	evse->inoperative = inoperative;
	if (inoperative)
		reservations_remove(evse);
	evse_report(evse);
}

/* ---- power and energy ---- */

static double
allowed_power(struct evse *evse)
{
	struct profiles_limit limit;
	double power = evse->wanted_w;

	profiles_limit(evse, clock_wall(), &limit);
	/* A plan for this transaction also says which way: a vehicle that takes part follows it. */
	if (limit.planned && fabs(power) >= POWER_LEAST_W)
		power = limit.watts < 0 ? -EVSE_RATED_W : fabs(power);
	if (power > limit.watts)
		power = limit.watts;
	if (limit.planned && power < limit.watts && limit.watts < 0)
		power = limit.watts;
	power = fmin(fmax(power, -EVSE_RATED_W), EVSE_RATED_W);
	if ((power > 0 && evse->soc >= SOC_MOST) || (power < 0 && evse->soc <= SOC_LEAST))
		return 0;
	return power;
}

static void
count_energy(struct evse *evse)
{
	struct stats *stats = &evse->station->fleet->stats;
	int64_t now = clock_mono();
	double hours = (double)(now - evse->metered_mono) / 3.6e9 *
		       evse->station->fleet->options->time_scale;
	double wh = evse->power_w * hours;

	evse->metered_mono = now;
	if (wh > 0) {
		evse->import_wh += wh;
		stats->charged_wh += wh;
	} else {
		evse->export_wh -= wh;
		stats->discharged_wh -= wh;
	}
	evse->soc += 100 * wh / evse->battery_wh;
}

static enum ocpp_charging_state
state_of_power(const struct evse *evse)
{
	if (fabs(evse->power_w) >= POWER_LEAST_W)
		return OCPP_CHARGING_STATE_CHARGING;
	if (fabs(evse->wanted_w) < POWER_LEAST_W || evse->soc >= SOC_MOST ||
	    evse->soc <= SOC_LEAST)
		return OCPP_CHARGING_STATE_SUSPENDED_EV;
	return OCPP_CHARGING_STATE_SUSPENDED_EVSE;
}

void
evse_update(struct evse *evse)
{
	double before = evse->power_w;
	enum ocpp_charging_state state;

	count_energy(evse);
	if (evse->transaction == NULL)
		return;
	evse->power_w = allowed_power(evse);
	state = state_of_power(evse);
	/* Until power has flowed once, the vehicle is merely connected. */
	if (evse->transaction->state == OCPP_CHARGING_STATE_EV_CONNECTED &&
	    state == OCPP_CHARGING_STATE_SUSPENDED_EV)
		return;
	if (state != evse->transaction->state)
		transaction_set_state(evse, state);
	else if (fabs(evse->power_w - before) > POWER_CHANGE_W)
		transaction_update(evse, OCPP_TRIGGER_REASON_CHARGING_RATE_CHANGED);
}

void
evse_want(struct evse *evse, double watts)
{
	evse->wanted_w = watts;
	evse_update(evse);
}

/* ---- ticks ---- */

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct evse *evse = timer->data;
	int64_t interval =
	    variables_int(evse->station, VARIABLE_TX_UPDATED_INTERVAL) * SECOND_US;

	(void)loop;
	(void)events;
	evse_update(evse);
	if (evse->transaction == NULL || interval == 0)
		return;
	/* Half a tick of grace, so that the interval is kept on average. */
	if (clock_mono() - evse->transaction->sampled_mono + SECOND_US / 2 >= interval)
		transaction_update(evse, OCPP_TRIGGER_REASON_METER_VALUE_PERIODIC);
}

void
evse_run(struct evse *evse)
{
	evse->metered_mono = clock_mono();
	/* Not all in the same instant, for a fleet. */
	ev_timer_set(
	    &evse->tick, random_between(&evse->station->random, 0, TICK_SECONDS), TICK_SECONDS);
	ev_timer_start(evse->station->fleet->loop, &evse->tick);
}

void
evse_rest(struct evse *evse)
{
	count_energy(evse);
	evse->power_w = 0;
	evse->wanted_w = 0;
	ev_timer_stop(evse->station->fleet->loop, &evse->tick);
}

void
evse_power_off(struct evse *evse)
{
	count_energy(evse);
	evse->power_w = 0;
	ev_timer_stop(evse->station->fleet->loop, &evse->tick);
	evse->remote_start_id = 0;
	store_clear(&evse->remote_profile);
}

void
evse_power_on(struct evse *evse)
{
	if (evse->transaction == NULL || ev_is_active(&evse->tick))
		return;
	evse_run(evse);
	evse_update(evse);
}

static void
on_wake(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct evse *evse = timer->data;

	(void)loop;
	(void)events;
	evse->station->fleet->behaviour->wake(evse);
}

void
evse_init(struct evse *evse, struct station *st, int32_t id)
{
	evse->station = st;
	evse->id = id;
	evse->reservation.id = -1;
	list_init(&evse->remote_profile);
	evse->battery_wh = BATTERY_WH;
	evse->soc = 50;
	/* A meter that has seen life. */
	evse->import_wh = floor(random_between(&st->random, 1e5, 1e6));
	evse->export_wh = floor(random_between(&st->random, 1e4, 1e5));
	evse->metered_mono = clock_mono();
	ev_timer_init(&evse->tick, on_tick, 0, 0);
	ev_timer_init(&evse->wake, on_wake, 0, 0);
	evse->tick.data = evse->wake.data = evse;
}

void
evse_free(struct evse *evse)
{
	ev_timer_stop(evse->station->fleet->loop, &evse->tick);
	ev_timer_stop(evse->station->fleet->loop, &evse->wake);
	store_clear(&evse->remote_profile);
	free(evse->transaction);
}
