#include "tests/sim/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/meter.h"
#include "tests/sim/options.h"
#include "tests/sim/profiles.h"
#include "tests/sim/random.h"
#include "tests/sim/reservations.h"
#include "tests/sim/station.h"

enum { PAYLOAD_MAX = 65536 };

/*
 * Unique for the life of a station (E01.FR.08), and so also from run to run: time, station, counter.
 * 12 + 1 + 8 + 1 + at most 10 characters.
 */
static void
make_id(struct station *st, char out[TRANSACTION_ID_MAX + 1])
{
	uint64_t hash = 0;

	for (const char *c = st->name; *c != '\0'; c++)
		hash = random_seed(hash ^ (unsigned char)*c);
	snprintf(out, TRANSACTION_ID_MAX + 1, "%012llx-%08x-%u",
	    (unsigned long long)(clock_wall() / 1000) & 0xffffffffffffULL, (unsigned)hash,
	    ++st->transactions);
}

static enum ocpp_reading_context
context_of(enum ocpp_transaction_event type, enum ocpp_trigger_reason trigger)
{
	if (type == OCPP_TRANSACTION_EVENT_STARTED)
		return OCPP_READING_CONTEXT_TRANSACTION_BEGIN;
	if (type == OCPP_TRANSACTION_EVENT_ENDED)
		return OCPP_READING_CONTEXT_TRANSACTION_END;
	if (trigger == OCPP_TRIGGER_REASON_TRIGGER)
		return OCPP_READING_CONTEXT_TRIGGER;
	return OCPP_READING_CONTEXT_SAMPLE_PERIODIC;
}

struct what {
	enum ocpp_transaction_event type;
	enum ocpp_trigger_reason trigger;
	enum ocpp_reason stopped;
	bool with_token;
};

static void
fill_info(const struct transaction *tx, const struct what *what, struct ocpp_transaction *info)
{
	*info = (struct ocpp_transaction){
		.transaction_id = slice_cstr(tx->id),
		.charging_state = tx->state,
		.stopped_reason = what->stopped,
		.time_spent_charging = (int32_t)(tx->charging_mono / SECOND_US),
		.has = OCPP_TRANSACTION_HAS_TIME_SPENT_CHARGING,
	};
	if (tx->remote_start_id != 0 && what->type == OCPP_TRANSACTION_EVENT_STARTED) {
		info->remote_start_id = tx->remote_start_id;
		info->has |= OCPP_TRANSACTION_HAS_REMOTE_START_ID;
	}
}

/* Encodes the event as it is now, and queues it. */
static void
send_event(struct evse *evse, const struct what *what)
{
	struct station *st = evse->station;
	struct transaction *tx = evse->transaction;
	struct meter_reading reading;
	struct ocpp_transaction info;
	struct ocpp_evse place = { .id = evse->id, .connector_id = 1 };
	struct ocpp_id_token token = {
		.id_token = slice_cstr(tx->token),
		.type = (enum ocpp_id_token_enum)tx->token_type,
	};
	struct ocpp_transaction_event_request request = {
		.event_type = what->type,
		.timestamp = message_now(),
		.trigger_reason = what->trigger,
		.seq_no = tx->seq_no,
		.offline = !station_is_ready(st),
		.transaction_info = &info,
		.meter_value = { &reading.value, 1 },
	};
	const struct event_label label = {
		.type = what->type,
		.transaction = tx->id,
		.seq_no = tx->seq_no,
		.evse = evse->id,
		.offline = request.offline,
		.import_wh = evse->import_wh,
		.export_wh = evse->export_wh,
		.power_w = evse->power_w,
	};
	struct buf payload;

	meter_read(evse, context_of(what->type, what->trigger), &reading);
	fill_info(tx, what, &info);
	place.has = OCPP_EVSE_HAS_CONNECTOR_ID;
	if (request.offline)
		request.has |= OCPP_TRANSACTION_EVENT_REQUEST_HAS_OFFLINE;
	if (what->type == OCPP_TRANSACTION_EVENT_STARTED)
		request.evse = &place;
	if (what->with_token)
		request.id_token = &token;
	if (tx->reservation_id >= 0 && what->type == OCPP_TRANSACTION_EVENT_STARTED) {
		request.reservation_id = tx->reservation_id;
		request.has |= OCPP_TRANSACTION_EVENT_REQUEST_HAS_RESERVATION_ID;
	}
	tx->seq_no++;
	tx->sampled_mono = clock_mono();
	buf_init(&payload, PAYLOAD_MAX);
	message_encode(&ocpp_type_transaction_event_request, &request,
	    st->fleet->options->check, &payload);
	call_send_event(st, &label, buf_slice(&payload));
	buf_free(&payload);
}

/* The profile of a RequestStartTransaction becomes that of the transaction it has started (F01.FR.10). */
static void
use_remote_profile(struct evse *evse)
{
	struct stored *item = store_first(&evse->remote_profile);
	struct ocpp_charging_profile *profile;

	if (item == NULL)
		return;
	profile = item->object;
	profile->transaction_id = slice_cstr(evse->transaction->id);
	profiles_store(evse->station, evse->id, profile);
	store_drop(item);
}

void
transaction_start(struct evse *evse, const struct transaction_start *start)
{
	const struct what what = {
		.type = OCPP_TRANSACTION_EVENT_STARTED,
		.trigger = start->trigger,
		.with_token = true,
	};
	struct transaction *tx;

	if (evse->transaction != NULL || evse->faulted || evse->inoperative ||
	    !reservations_allow(evse, start->token))
		return;
	tx = calloc(1, sizeof(*tx));
	if (tx == NULL)
		abort();
	make_id(evse->station, tx->id);
	snprintf(tx->token, sizeof(tx->token), "%s", start->token);
	tx->token_type = start->token_type;
	tx->remote_start_id = start->remote_start_id;
	tx->state = OCPP_CHARGING_STATE_EV_CONNECTED;
	tx->started_at = clock_wall();
	tx->state_mono = clock_mono();
	tx->reservation_id = reservations_use(evse);
	evse->transaction = tx;
	evse->remote_start_id = 0;
	evse->power_w = 0;
	evse->wanted_w = 0;
	evse->station->fleet->stats.transactions_started++;
	fleet_truth(evse->station, "transaction-started",
	    "\"evse\":%d,\"transaction\":\"%s\",\"remoteStartId\":%d,\"importWh\":%.1f,"
	    "\"exportWh\":%.1f",
	    evse->id, tx->id, tx->remote_start_id, evse->import_wh, evse->export_wh);
	evse_run(evse);
	send_event(evse, &what);
	use_remote_profile(evse);
}

void
transaction_start_remote(struct evse *evse)
{
	const struct transaction_start start = {
		.trigger = OCPP_TRIGGER_REASON_REMOTE_START,
		.token = evse->remote_token,
		.token_type = (enum ocpp_id_token_enum)evse->remote_token_type,
		.remote_start_id = evse->remote_start_id,
	};

	if (evse->remote_start_id != 0 && evse->remote_allowed && evse->plugged)
		transaction_start(evse, &start);
}

void
transaction_update(struct evse *evse, enum ocpp_trigger_reason trigger)
{
	const struct what what = { .type = OCPP_TRANSACTION_EVENT_UPDATED, .trigger = trigger };

	if (evse->transaction != NULL)
		send_event(evse, &what);
}

static void
count_state(struct transaction *tx)
{
	int64_t now = clock_mono();

	if (tx->state == OCPP_CHARGING_STATE_CHARGING)
		tx->charging_mono += now - tx->state_mono;
	tx->state_mono = now;
}

void
transaction_set_state(struct evse *evse, enum ocpp_charging_state state)
{
	if (evse->transaction == NULL || evse->transaction->state == state)
		return;
	count_state(evse->transaction);
	evse->transaction->state = state;
	transaction_update(evse, OCPP_TRIGGER_REASON_CHARGING_STATE_CHANGED);
}

void
transaction_stop(struct evse *evse, enum ocpp_reason reason, enum ocpp_trigger_reason trigger)
{
	const struct what what = {
		.type = OCPP_TRANSACTION_EVENT_ENDED,
		.trigger = trigger,
		.stopped = reason,
		.with_token = reason == OCPP_REASON_LOCAL,
	};
	struct transaction *tx = evse->transaction;

	if (tx == NULL)
		return;
	evse_rest(evse);
	count_state(tx);
	tx->state = evse->plugged ? OCPP_CHARGING_STATE_EV_CONNECTED : OCPP_CHARGING_STATE_IDLE;
	send_event(evse, &what);
	evse->station->fleet->stats.transactions_ended++;
	fleet_truth(evse->station, "transaction-ended",
	    "\"evse\":%d,\"transaction\":\"%s\",\"lastSeqNo\":%d,\"importWh\":%.1f,"
	    "\"exportWh\":%.1f",
	    evse->id, tx->id, tx->seq_no - 1, evse->import_wh, evse->export_wh);
	evse->transaction = NULL;
	profiles_forget_transaction(evse->station, tx->id);
	free(tx);
	station_idle_work(evse->station);
}

void
transaction_lose(struct evse *evse)
{
	struct transaction *tx = evse->transaction;

	if (tx == NULL)
		return;
	evse_rest(evse);
	evse->station->fleet->stats.transactions_lost++;
	fleet_truth(evse->station, "transaction-lost", "\"evse\":%d,\"transaction\":\"%s\"",
	    evse->id, tx->id);
	evse->transaction = NULL;
	profiles_forget_transaction(evse->station, tx->id);
	free(tx);
}

struct evse *
transaction_find(struct station *st, struct slice id)
{
	for (unsigned i = 0; i < st->evse_count; i++) {
		const struct transaction *tx = st->evses[i].transaction;

		if (tx != NULL && slice_equal(id, slice_cstr(tx->id)))
			return &st->evses[i];
	}
	return NULL;
}

void
transaction_judge(struct station *st, const char *id, enum ocpp_authorization_status status)
{
	struct evse *evse = transaction_find(st, slice_cstr(id));

	/* StopTxOnInvalidId (E05.FR.10): the vehicle gets no more energy. */
	if (evse != NULL && status != OCPP_AUTHORIZATION_STATUS_ACCEPTED)
		transaction_stop(
		    evse, OCPP_REASON_DE_AUTHORIZED, OCPP_TRIGGER_REASON_DEAUTHORIZED);
}
