/*
 * Commands about transactions and connectors, and messages asked for (blocks E, F, I and P).
 */
#include "tests/sim/commands.h"

#include "tests/sim/behaviour.h"
#include "tests/sim/call.h"
#include "tests/sim/certificates.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/meter.h"
#include "tests/sim/profiles.h"
#include "tests/sim/reservations.h"
#include "tests/sim/service.h"
#include "tests/sim/station.h"
#include "tests/sim/store.h"
#include "tests/sim/transaction.h"
#include "tests/sim/variables.h"

/* ---- start and stop from afar ---- */

static bool
can_start(const struct evse *evse, const char *token)
{
	return evse->transaction == NULL && evse->remote_start_id == 0 && !evse->faulted &&
	       !evse->inoperative && reservations_allow(evse, token);
}

/* One with a vehicle goes before one without. */
static struct evse *
choose_evse(struct station *st, const struct ocpp_request_start_transaction_request *in,
    const char *token)
{
	struct evse *found = NULL;

	if ((in->has & OCPP_REQUEST_START_TRANSACTION_REQUEST_HAS_EVSE_ID) != 0) {
		found = station_evse(st, in->evse_id);
		return found != NULL && can_start(found, token) ? found : NULL;
	}
	for (unsigned i = 0; i < st->evse_count; i++) {
		struct evse *evse = &st->evses[i];

		if (can_start(evse, token) && (found == NULL || evse->plugged))
			found = evse;
	}
	return found;
}

static void
start_if_plugged(struct evse *evse)
{
	evse->remote_allowed = true;
	transaction_start_remote(evse);
	if (evse->station->fleet->behaviour->remote_start != NULL)
		evse->station->fleet->behaviour->remote_start(evse);
}

static void
forget_start(struct evse *evse)
{
	evse->remote_start_id = 0;
	store_clear(&evse->remote_profile);
}

/* EVConnectionTimeOut is over: the argument is EVSE and remoteStartId. */
static void
give_up_waiting(struct station *st, intptr_t argument)
{
	struct evse *evse = station_evse(st, (int32_t)(argument & 0xff));

	if (evse->remote_start_id == (int32_t)(argument >> 8))
		forget_start(evse);
}

static void
remote_authorised(
    struct station *st, enum call_outcome outcome, const void *answer, intptr_t evse_id)
{
	const struct ocpp_authorize_response *response = answer;
	struct evse *evse = station_evse(st, (int32_t)evse_id);

	if (outcome == CALL_ANSWERED && response != NULL &&
	    response->id_token_info->status == OCPP_AUTHORIZATION_STATUS_ACCEPTED)
		start_if_plugged(evse);
	else
		forget_start(evse);
}

static void
authorise_first(struct evse *evse)
{
	struct ocpp_id_token token = {
		.id_token = slice_cstr(evse->remote_token),
		.type = (enum ocpp_id_token_enum)evse->remote_token_type,
	};
	struct ocpp_authorize_request request = { .id_token = &token };

	call_send(evse->station, OCPP_ACTION_AUTHORIZE, &request, remote_authorised, evse->id);
}

static void
start_remotely(struct evse *evse, const struct ocpp_request_start_transaction_request *in)
{
	struct station *st = evse->station;
	int64_t timeout = variables_int(st, VARIABLE_EV_CONNECTION_TIMEOUT);

	message_keep(evse->remote_token, sizeof(evse->remote_token), in->id_token->id_token);
	evse->remote_token_type = (int)in->id_token->type;
	evse->remote_start_id = in->remote_start_id;
	evse->remote_allowed = false;
	if (in->charging_profile != NULL)
		store_add(&evse->remote_profile, &ocpp_type_charging_profile,
		    in->charging_profile, in->charging_profile->id);
	if (!evse->plugged)
		station_after(st, (double)timeout, give_up_waiting,
		    (intptr_t)in->remote_start_id << 8 | evse->id);
	if (slice_equal(variables_text(st, VARIABLE_AUTHORIZE_REMOTE_START), SLICE("true")))
		authorise_first(evse);
	else
		start_if_plugged(evse);
}

void
command_request_start_transaction(struct station *st, const void *request, void *response)
{
	const struct ocpp_request_start_transaction_request *in = request;
	struct ocpp_request_start_transaction_response *out = response;
	char token[sizeof(((struct evse *)NULL)->remote_token)];
	struct evse *evse;

	message_keep(token, sizeof(token), in->id_token->id_token);
	evse = st->registered ? choose_evse(st, in, token) : NULL;
	if (evse == NULL || in->remote_start_id == 0 ||
	    (in->charging_profile != NULL && in->charging_profile->charging_profile_purpose !=
						 OCPP_CHARGING_PROFILE_PURPOSE_TX_PROFILE)) {
		out->status = OCPP_REQUEST_START_STOP_STATUS_REJECTED;
		out->status_info =
		    command_info(st, evse == NULL ? "NotEnabled" : "InvalidValue");
		return;
	}
	out->status = OCPP_REQUEST_START_STOP_STATUS_ACCEPTED;
	start_remotely(evse, in);
}

void
command_request_stop_transaction(struct station *st, const void *request, void *response)
{
	const struct ocpp_request_stop_transaction_request *in = request;
	struct ocpp_request_stop_transaction_response *out = response;
	struct evse *evse = st->registered ? transaction_find(st, in->transaction_id) : NULL;

	if (evse == NULL) {
		out->status = OCPP_REQUEST_START_STOP_STATUS_REJECTED;
		out->status_info = command_info(st, "TxNotFound");
		return;
	}
	out->status = OCPP_REQUEST_START_STOP_STATUS_ACCEPTED;
	transaction_stop(evse, OCPP_REASON_REMOTE, OCPP_TRIGGER_REASON_REMOTE_STOP);
}

void
command_get_transaction_status(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_transaction_status_request *in = request;
	struct ocpp_get_transaction_status_response *out = response;

	out->messages_in_queue = call_events_wait(st, in->transaction_id);
	if (in->transaction_id.ptr == NULL)
		return;
	out->ongoing_indicator = transaction_find(st, in->transaction_id) != NULL;
	out->has = OCPP_GET_TRANSACTION_STATUS_RESPONSE_HAS_ONGOING_INDICATOR;
}

void
command_unlock_connector(struct station *st, const void *request, void *response)
{
	const struct ocpp_unlock_connector_request *in = request;
	struct ocpp_unlock_connector_response *out = response;
	const struct evse *evse = station_evse(st, in->evse_id);

	if (evse == NULL || in->connector_id != 1)
		out->status = OCPP_UNLOCK_STATUS_UNKNOWN_CONNECTOR;
	else if (evse->transaction != NULL)
		out->status = OCPP_UNLOCK_STATUS_ONGOING_AUTHORIZED_TRANSACTION;
	else
		out->status = OCPP_UNLOCK_STATUS_UNLOCKED;
}

void
command_cost_updated(struct station *st, const void *request, void *response)
{
	const struct ocpp_cost_updated_request *in = request;

	(void)response;
	fleet_truth(st, "cost-updated", "\"cost\":%.4f", message_double(&in->total_cost));
}

/* Only the simulator's own vendor is known; its data comes back. */
void
command_data_transfer(struct station *st, const void *request, void *response)
{
	const struct ocpp_data_transfer_request *in = request;
	struct ocpp_data_transfer_response *out = response;

	(void)st;
	if (!slice_equal(in->vendor_id, SLICE("v2g"))) {
		out->status = OCPP_DATA_TRANSFER_STATUS_UNKNOWN_VENDOR_ID;
		return;
	}
	out->status = OCPP_DATA_TRANSFER_STATUS_ACCEPTED;
	out->data = in->data;
}

/* ---- messages asked for ---- */

static void
send_meter_values(struct evse *evse)
{
	struct meter_reading reading;
	struct ocpp_meter_values_request request = {
		.evse_id = evse->id,
		.meter_value = { &reading.value, 1 },
	};

	evse_update(evse);
	meter_read(evse, OCPP_READING_CONTEXT_TRIGGER, &reading);
	call_send_asked(evse->station, OCPP_ACTION_METER_VALUES, &request);
}

static void
send_transaction_event(struct evse *evse)
{
	evse_update(evse);
	transaction_update(evse, OCPP_TRIGGER_REASON_TRIGGER);
}

/* Calls it for the EVSE named, or for all (F06.FR.11). */
static void
for_evses(struct station *st, const struct ocpp_evse *asked, void (*send)(struct evse *evse))
{
	for (unsigned i = 0; i < st->evse_count; i++)
		if (asked == NULL || asked->id == st->evses[i].id)
			send(&st->evses[i]);
}

static bool
trigger_boot(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	if (st->registered)
		return false; /* F06.FR.17 */
	st->boot_reason = OCPP_BOOT_REASON_TRIGGERED;
	station_send_boot(st);
	return true;
}

static bool
trigger_heartbeat(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	station_send_heartbeat(st);
	return true;
}

static bool
trigger_meter_values(struct station *st, const struct ocpp_evse *evse)
{
	for_evses(st, evse, send_meter_values);
	return true;
}

static bool
trigger_status(struct station *st, const struct ocpp_evse *evse)
{
	if (evse == NULL || (evse->has & OCPP_EVSE_HAS_CONNECTOR_ID) == 0)
		return false; /* F06.FR.12 */
	for_evses(st, evse, evse_send_status);
	return true;
}

static bool
trigger_transaction(struct station *st, const struct ocpp_evse *evse)
{
	bool any = false;

	for (unsigned i = 0; i < st->evse_count; i++)
		any |= st->evses[i].transaction != NULL &&
		       (evse == NULL || evse->id == st->evses[i].id);
	for_evses(st, evse, send_transaction_event);
	return any;
}

static bool
trigger_log_status(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	service_tell_log(st);
	return true;
}

static bool
trigger_firmware_status(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	service_tell_firmware(st);
	return true;
}

static bool
trigger_publish_status(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	service_tell_publishing(st);
	return true;
}

static bool
trigger_station_certificate(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	return certificates_sign(st, OCPP_CERTIFICATE_SIGNING_USE_CHARGING_STATION_CERTIFICATE);
}

static bool
trigger_v2g_certificate(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	return certificates_sign(st, OCPP_CERTIFICATE_SIGNING_USE_V2G_CERTIFICATE);
}

static bool
trigger_combined_certificate(struct station *st, const struct ocpp_evse *evse)
{
	(void)evse;
	return certificates_sign(st, OCPP_CERTIFICATE_SIGNING_USE_ABSENT);
}

/* False: Rejected. */
typedef bool trigger_handler(struct station *st, const struct ocpp_evse *evse);

static trigger_handler *const triggers[] = {
	[OCPP_MESSAGE_TRIGGER_BOOT_NOTIFICATION] = trigger_boot,
	[OCPP_MESSAGE_TRIGGER_LOG_STATUS_NOTIFICATION] = trigger_log_status,
	[OCPP_MESSAGE_TRIGGER_FIRMWARE_STATUS_NOTIFICATION] = trigger_firmware_status,
	[OCPP_MESSAGE_TRIGGER_HEARTBEAT] = trigger_heartbeat,
	[OCPP_MESSAGE_TRIGGER_METER_VALUES] = trigger_meter_values,
	[OCPP_MESSAGE_TRIGGER_SIGN_CHARGING_STATION_CERTIFICATE] = trigger_station_certificate,
	[OCPP_MESSAGE_TRIGGER_SIGN_V2G_CERTIFICATE] = trigger_v2g_certificate,
	[OCPP_MESSAGE_TRIGGER_STATUS_NOTIFICATION] = trigger_status,
	[OCPP_MESSAGE_TRIGGER_TRANSACTION_EVENT] = trigger_transaction,
	[OCPP_MESSAGE_TRIGGER_SIGN_COMBINED_CERTIFICATE] = trigger_combined_certificate,
	[OCPP_MESSAGE_TRIGGER_PUBLISH_FIRMWARE_STATUS_NOTIFICATION] = trigger_publish_status,
};

void
command_trigger_message(struct station *st, const void *request, void *response)
{
	const struct ocpp_trigger_message_request *in = request;
	struct ocpp_trigger_message_response *out = response;
	trigger_handler *trigger = triggers[in->requested_message];
	bool known = in->evse == NULL || station_evse(st, in->evse->id) != NULL;

	out->status = known && trigger(st, in->evse) ? OCPP_TRIGGER_MESSAGE_STATUS_ACCEPTED
						     : OCPP_TRIGGER_MESSAGE_STATUS_REJECTED;
}
