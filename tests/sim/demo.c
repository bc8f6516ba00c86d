/*
 * The behaviour "demo": drivers come and go, vehicles charge, and give some of it back.  Times are short, so
 * that somebody who watches for a minute sees all of it.
 */
#include "tests/sim/behaviour.h"

#include <stddef.h>

#include "common/slice.h"
#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/options.h"
#include "tests/sim/random.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"

/* What the EVSE does until the next wake-up. */
enum state {
	EMPTY,
	FAULTED,
	PLUGGED, /* the driver looks for the card */
	AUTHORISING, /* the answer moves on, or the wake-up if it is lost */
	AUTHORISED,
	CHARGING,
	DISCHARGING,
	PAUSED,
	STOPPED, /* the driver takes the cable out */
};

#define FAULT_CHANCE     0.03
#define DISCHARGE_CHANCE 0.5
#define PAUSE_CHANCE     0.3

static void wake(struct evse *evse);

static void
next(struct evse *evse, enum state state, double least, double most)
{
	evse->state = (int)state;
	behaviour_wake_after(evse, random_between(&evse->station->random, least, most));
}

static bool
chance(struct evse *evse, double probability)
{
	return random_unit(&evse->station->random) < probability;
}

/* One of the tokens of --tokens "A,B,C". */
static struct slice
choose_token(struct station *st)
{
	const char *list = st->fleet->options->tokens;
	unsigned count = 1, chosen;

	for (const char *c = list; *c != '\0'; c++)
		count += *c == ',';
	for (chosen = random_below(&st->random, count); chosen > 0; chosen--)
		list += strcspn(list, ",") + 1;
	return slice_from(list, strcspn(list, ","));
}

/* A token that is not accepted is no reason to send a guest away from a demo: it charges without one. */
static void
start(struct evse *evse, bool accepted)
{
	struct transaction_start what = {
		.trigger = OCPP_TRIGGER_REASON_AUTHORIZED,
		.token = accepted ? evse->remote_token : "",
		.token_type = accepted ? OCPP_ID_TOKEN_ENUM_ISO14443
				       : OCPP_ID_TOKEN_ENUM_NO_AUTHORIZATION,
	};

	transaction_start(evse, &what);
	next(evse, AUTHORISED, 0.5, 2);
}

static void
authorised(struct station *st, enum call_outcome outcome, const void *answer, intptr_t evse_id)
{
	const struct ocpp_authorize_response *response = answer;
	struct evse *evse = station_evse(st, (int32_t)evse_id);

	if (evse->state != AUTHORISING || outcome == CALL_LOST)
		return;
	start(evse, response != NULL &&
			response->id_token_info->status == OCPP_AUTHORIZATION_STATUS_ACCEPTED);
}

static void
authorise(struct evse *evse)
{
	struct station *st = evse->station;
	struct slice chosen = choose_token(st);
	struct ocpp_id_token token = { .type = OCPP_ID_TOKEN_ENUM_ISO14443 };
	struct ocpp_authorize_request request = { .id_token = &token };

	message_keep(evse->remote_token, sizeof(evse->remote_token), chosen);
	token.id_token = slice_cstr(evse->remote_token);
	if (!station_is_ready(st)) {
		/* OfflineTxForUnknownIdEnabled */
		start(evse, true);
		return;
	}
	next(evse, AUTHORISING, 30, 40);
	call_send(st, OCPP_ACTION_AUTHORIZE, &request, authorised, evse->id);
}

static void
empty(struct evse *evse)
{
	if (evse->inoperative || evse->reservation.id >= 0) {
		next(evse, EMPTY, 5, 20);
	} else if (chance(evse, FAULT_CHANCE)) {
		evse_fault(evse, true);
		next(evse, FAULTED, 5, 20);
	} else {
		evse_plug(evse);
		next(evse, PLUGGED, 0.5, 3);
	}
}

static void
charge(struct evse *evse)
{
	evse_want(evse, random_between(&evse->station->random, 3700, EVSE_RATED_W));
	next(evse, CHARGING, 8, 25);
}

static void
charged(struct evse *evse)
{
	if (chance(evse, DISCHARGE_CHANCE)) {
		evse_want(evse, -random_between(&evse->station->random, 3000, 10000));
		next(evse, DISCHARGING, 8, 20);
	} else if (chance(evse, PAUSE_CHANCE)) {
		evse_want(evse, 0);
		next(evse, PAUSED, 3, 8);
	} else if (chance(evse, FAULT_CHANCE)) {
		evse_fault(evse, true);
		next(evse, FAULTED, 5, 20);
	} else {
		transaction_stop(evse, OCPP_REASON_LOCAL, OCPP_TRIGGER_REASON_STOP_AUTHORIZED);
		next(evse, STOPPED, 1, 4);
	}
}

/* With a transaction under way; without one it was ended from outside, and the driver leaves. */
static void
running(struct evse *evse)
{
	if (evse->transaction == NULL) {
		next(evse, STOPPED, 1, 4);
		return;
	}
	if (evse->state == CHARGING)
		charged(evse);
	else
		charge(evse);
}

static void
wake(struct evse *evse)
{
	switch ((enum state)evse->state) {
	case EMPTY:
		/* Plugged already: somebody started from afar. */
		if (evse->transaction != NULL) {
			charge(evse);
		} else if (evse->remote_start_id != 0) {
			evse_plug(evse);
			next(evse, PLUGGED, 1, 2);
		} else {
			empty(evse);
		}
		break;
	case FAULTED:
		evse_fault(evse, false);
		next(evse, evse->plugged ? STOPPED : EMPTY, 1, 5);
		break;
	case PLUGGED:
		if (evse->transaction != NULL)
			charge(evse);
		else
			authorise(evse);
		break;
	case AUTHORISING: authorise(evse); break;
	case AUTHORISED:
	case CHARGING:
	case DISCHARGING:
	case PAUSED: running(evse); break;
	case STOPPED:
		evse_unplug(evse);
		next(evse, EMPTY, 2, 15);
		break;
	}
}

static void
begin(struct station *st)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		next(&st->evses[i], EMPTY, 1, 12);
}

/* The driver is on the way; one who is here already goes on. */
static void
remote_start(struct evse *evse)
{
	if (evse->state == EMPTY)
		behaviour_wake_after(evse, 2);
}

const struct behaviour behaviour_demo = { "demo", begin, wake, remote_start };
