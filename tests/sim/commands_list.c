/*
 * Commands that keep lists in the station: reservations, local authorisation list, display messages, and what is
 * known about a customer (blocks C, D, H, N09 and O).
 */
#include "tests/sim/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/reservations.h"
#include "tests/sim/station.h"
#include "tests/sim/store.h"
#include "tests/sim/transaction.h"

/* ---- reservations ---- */

/* H01.FR.11, .12, .14 */
static enum ocpp_reserve_now_status
reserve_verdict(const struct evse *evse, int32_t id)
{
	if (evse->faulted)
		return OCPP_RESERVE_NOW_STATUS_FAULTED;
	if (evse->inoperative)
		return OCPP_RESERVE_NOW_STATUS_UNAVAILABLE;
	if (evse->plugged || (evse->reservation.id >= 0 && evse->reservation.id != id))
		return OCPP_RESERVE_NOW_STATUS_OCCUPIED;
	return OCPP_RESERVE_NOW_STATUS_ACCEPTED;
}

static struct evse *
choose_evse(struct station *st, const struct ocpp_reserve_now_request *in)
{
	if ((in->has & OCPP_RESERVE_NOW_REQUEST_HAS_EVSE_ID) != 0)
		return station_evse(st, in->evse_id);
	for (unsigned i = 0; i < st->evse_count; i++)
		if (reserve_verdict(&st->evses[i], in->id) == OCPP_RESERVE_NOW_STATUS_ACCEPTED)
			return &st->evses[i];
	return &st->evses[0];
}

void
command_reserve_now(struct station *st, const void *request, void *response)
{
	const struct ocpp_reserve_now_request *in = request;
	struct ocpp_reserve_now_response *out = response;
	struct evse *evse = choose_evse(st, in);

	if (evse == NULL || in->id < 0 || in->expiry_date_time.at <= clock_wall()) {
		out->status = OCPP_RESERVE_NOW_STATUS_REJECTED;
		out->status_info =
		    command_info(st, evse == NULL ? "UnknownEvse" : "InvalidValue");
		return;
	}
	out->status = reserve_verdict(evse, in->id);
	if (out->status != OCPP_RESERVE_NOW_STATUS_ACCEPTED)
		return;
	reservations_cancel(st, in->id); /* H01.FR.02 */
	reservations_make(evse, in->id, in->id_token->id_token, in->expiry_date_time.at);
}

void
command_cancel_reservation(struct station *st, const void *request, void *response)
{
	const struct ocpp_cancel_reservation_request *in = request;
	struct ocpp_cancel_reservation_response *out = response;

	out->status = reservations_cancel(st, in->reservation_id)
			  ? OCPP_CANCEL_RESERVATION_STATUS_ACCEPTED
			  : OCPP_CANCEL_RESERVATION_STATUS_REJECTED;
}

/* ---- local list ---- */

void
command_clear_cache(struct station *st, const void *request, void *response)
{
	struct ocpp_clear_cache_response *out = response;

	(void)st;
	(void)request;
	out->status = OCPP_CLEAR_CACHE_STATUS_ACCEPTED;
}

void
command_get_local_list_version(struct station *st, const void *request, void *response)
{
	struct ocpp_get_local_list_version_response *out = response;

	(void)request;
	out->version_number = st->local_list_version;
}

static struct stored *
find_token(struct station *st, const struct ocpp_id_token *token)
{
	list_foreach (node, &st->tokens) {
		struct stored *item = store_of(node);
		const struct ocpp_authorization_data *data = item->object;

		if (slice_equal_nocase(data->id_token->id_token, token->id_token) &&
		    data->id_token->type == token->type)
			return item;
	}
	return NULL;
}

/* D01.FR.15 to .17 */
static void
update_list(struct station *st, const struct ocpp_send_local_list_request *in)
{
	if (in->update_type == OCPP_UPDATE_FULL)
		store_clear(&st->tokens);
	for (size_t i = 0; i < in->local_authorization_list.count; i++) {
		struct ocpp_authorization_data *data = &in->local_authorization_list.items[i];
		struct stored *old = find_token(st, data->id_token);

		if (old != NULL)
			store_drop(old);
		if (data->id_token_info != NULL)
			store_add(&st->tokens, &ocpp_type_authorization_data, data, 0);
	}
	st->local_list_version = in->version_number;
}

void
command_send_local_list(struct station *st, const void *request, void *response)
{
	const struct ocpp_send_local_list_request *in = request;
	struct ocpp_send_local_list_response *out = response;

	if (in->version_number <= 0) {
		out->status = OCPP_SEND_LOCAL_LIST_STATUS_FAILED;
		out->status_info = command_info(st, "InvalidValue");
		return;
	}
	/* D01.FR.19 */
	if (in->update_type == OCPP_UPDATE_DIFFERENTIAL &&
	    in->version_number <= st->local_list_version) {
		out->status = OCPP_SEND_LOCAL_LIST_STATUS_VERSION_MISMATCH;
		return;
	}
	update_list(st, in);
	out->status = OCPP_SEND_LOCAL_LIST_STATUS_ACCEPTED;
}

/* ---- display ---- */

void
command_set_display_message(struct station *st, const void *request, void *response)
{
	const struct ocpp_set_display_message_request *in = request;
	struct ocpp_set_display_message_response *out = response;
	struct ocpp_message_info *message = in->message;
	struct stored *old = store_find(&st->messages, message->id);

	if (message->message->format == OCPP_MESSAGE_FORMAT_HTML ||
	    message->message->format == OCPP_MESSAGE_FORMAT_URI) {
		out->status = OCPP_DISPLAY_MESSAGE_STATUS_NOT_SUPPORTED_MESSAGE_FORMAT;
		return;
	}
	if (message->transaction_id.ptr != NULL &&
	    transaction_find(st, message->transaction_id) == NULL) {
		out->status = OCPP_DISPLAY_MESSAGE_STATUS_UNKNOWN_TRANSACTION;
		return;
	}
	if (old != NULL)
		store_drop(old);
	store_add(&st->messages, &ocpp_type_message_info, message, message->id);
	out->status = OCPP_DISPLAY_MESSAGE_STATUS_ACCEPTED;
}

static bool
is_asked_for(const struct stored *item, const struct ocpp_get_display_messages_request *in)
{
	const struct ocpp_message_info *message = item->object;
	bool listed = in->id.count == 0;

	for (size_t i = 0; i < in->id.count; i++)
		listed |= in->id.items[i] == message->id;
	return listed &&
	       (in->priority == OCPP_MESSAGE_PRIORITY_ABSENT ||
		   in->priority == message->priority) &&
	       (in->state == OCPP_MESSAGE_STATE_ABSENT || in->state == message->state);
}

/* One a message, since `object`s are not together in memory. */
static void
report_message(struct station *st, const struct stored *item, int32_t request_id, bool more)
{
	struct ocpp_notify_display_messages_request request = {
		.message_info = { item->object, 1 },
		.request_id = request_id,
		.tbc = more,
		.has = OCPP_NOTIFY_DISPLAY_MESSAGES_REQUEST_HAS_TBC,
	};

	call_send(st, OCPP_ACTION_NOTIFY_DISPLAY_MESSAGES, &request, NULL, 0);
}

void
command_get_display_messages(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_display_messages_request *in = request;
	struct ocpp_get_display_messages_response *out = response;
	size_t count = 0;

	list_foreach (node, &st->messages)
		count += is_asked_for(store_of(node), in);
	out->status = count == 0 ? OCPP_GET_DISPLAY_MESSAGES_STATUS_UNKNOWN
				 : OCPP_GET_DISPLAY_MESSAGES_STATUS_ACCEPTED;
	list_foreach (node, &st->messages) {
		struct stored *item = store_of(node);

		if (is_asked_for(item, in))
			report_message(st, item, in->request_id, --count > 0);
	}
}

void
command_clear_display_message(struct station *st, const void *request, void *response)
{
	const struct ocpp_clear_display_message_request *in = request;
	struct ocpp_clear_display_message_response *out = response;
	struct stored *item = store_find(&st->messages, in->id);

	out->status = item == NULL ? OCPP_CLEAR_MESSAGE_STATUS_UNKNOWN
				   : OCPP_CLEAR_MESSAGE_STATUS_ACCEPTED;
	if (item != NULL)
		store_drop(item);
}

/* ---- customer information ---- */

static void
send_information(struct station *st, int32_t request_id, const char *first, const char *second)
{
	struct ocpp_notify_customer_information_request request = {
		.data = slice_cstr(first),
		.tbc = second != NULL,
		.seq_no = 0,
		.generated_at = message_now(),
		.request_id = request_id,
		.has = OCPP_NOTIFY_CUSTOMER_INFORMATION_REQUEST_HAS_TBC,
	};

	call_send(st, OCPP_ACTION_NOTIFY_CUSTOMER_INFORMATION, &request, NULL, 0);
	if (second == NULL)
		return;
	request.data = slice_cstr(second);
	request.tbc = false;
	request.seq_no = 1;
	call_send(st, OCPP_ACTION_NOTIFY_CUSTOMER_INFORMATION, &request, NULL, 0);
}

static void
report_customer(struct station *st, const struct ocpp_customer_information_request *in)
{
	const struct stored *item = in->id_token == NULL ? NULL : find_token(st, in->id_token);
	const struct ocpp_authorization_data *data;
	char token[37], text[100];

	if (item == NULL) {
		send_information(st, in->request_id, "no data", NULL);
		return;
	}
	data = item->object;
	message_keep(token, sizeof(token), data->id_token->id_token);
	snprintf(text, sizeof(text), "token %s of the local list: ", token);
	send_information(st, in->request_id, text,
	    data->id_token_info->status == OCPP_AUTHORIZATION_STATUS_ACCEPTED
		? "may charge"
		: "may not charge");
}

void
command_customer_information(struct station *st, const void *request, void *response)
{
	const struct ocpp_customer_information_request *in = request;
	struct ocpp_customer_information_response *out = response;
	int references = (in->id_token != NULL) + (in->customer_certificate != NULL) +
			 (in->customer_identifier.ptr != NULL);

	if (references != 1) {
		out->status = OCPP_CUSTOMER_INFORMATION_STATUS_INVALID; /* N09.FR.09 */
		return;
	}
	if (!in->report && !in->clear) {
		out->status = OCPP_CUSTOMER_INFORMATION_STATUS_REJECTED; /* N09.FR.07 */
		return;
	}
	out->status = OCPP_CUSTOMER_INFORMATION_STATUS_ACCEPTED;
	/* The local list is not ours to clear (N10.FR.06), and there is nothing else. */
	if (in->report)
		report_customer(st, in);
	else
		send_information(st, in->request_id, "cleared", NULL);
}
