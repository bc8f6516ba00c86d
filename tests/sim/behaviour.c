#include "tests/sim/behaviour.h"

#include <stddef.h>
#include <string.h>

#include "tests/sim/fleet.h"
#include "tests/sim/options.h"
#include "tests/sim/random.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"

const struct behaviour *
behaviour_find(const char *name)
{
	static const struct behaviour *const all[] = { &behaviour_demo, &behaviour_idle,
		&behaviour_transactions };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

void
behaviour_wake_after(struct evse *evse, double seconds)
{
	struct ev_loop *loop = evse->station->fleet->loop;

	ev_timer_stop(loop, &evse->wake);
	ev_timer_set(&evse->wake, station_scaled(evse->station, seconds), 0);
	ev_timer_start(loop, &evse->wake);
}

/* ---- idle: a station that nobody visits ---- */

static void
idle_begin(struct station *st)
{
	(void)st;
}

/* After a remote start: somebody comes with a vehicle, charges until stopped from afar, and leaves. */
static void
idle_wake(struct evse *evse)
{
	if (evse->transaction == NULL && evse->remote_start_id == 0) {
		evse_unplug(evse);
		return;
	}
	if (evse->transaction == NULL)
		evse_plug(evse);
	else if (evse->wanted_w == 0)
		evse_want(evse, EVSE_RATED_W);
	behaviour_wake_after(evse, 1);
}

static void
idle_remote_start(struct evse *evse)
{
	behaviour_wake_after(evse, 1);
}

const struct behaviour behaviour_idle = { "idle", idle_begin, idle_wake, idle_remote_start };

/* ---- transactions: one after the other, as fast as --sample says ---- */

/* A station that cannot deliver makes no more: memory is not what is tested here. */
enum { QUEUE_MOST = 200 };
#define PACE_SECONDS 0.1

static void
transactions_begin(struct station *st)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		behaviour_wake_after(&st->evses[i], random_between(&st->random, 0, 1));
}

static void
transactions_wake(struct evse *evse)
{
	struct station *st = evse->station;
	const struct options *options = st->fleet->options;
	const struct transaction_start start = {
		.trigger = OCPP_TRIGGER_REASON_AUTHORIZED,
		.token = options->tokens,
		.token_type = OCPP_ID_TOKEN_ENUM_ISO14443,
	};

	behaviour_wake_after(
	    evse, options->sample_interval > 0 ? options->sample_interval : PACE_SECONDS);
	if (st->events_queued >= QUEUE_MOST || evse->inoperative || evse->faulted)
		return;
	if (evse->transaction == NULL) {
		evse_plug(evse);
		transaction_start(evse, &start);
		evse->step = 0;
	} else if (evse->step++ < options->updates) {
		if (evse->step == 1)
			evse_want(evse, EVSE_RATED_W);
		else
			transaction_update(evse, OCPP_TRIGGER_REASON_METER_VALUE_PERIODIC);
	} else {
		transaction_stop(evse, OCPP_REASON_LOCAL, OCPP_TRIGGER_REASON_STOP_AUTHORIZED);
	}
}

const struct behaviour behaviour_transactions = { "transactions", transactions_begin,
	transactions_wake, NULL };
