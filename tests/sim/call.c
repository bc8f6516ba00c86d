#include "tests/sim/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "ocpp/rpc.h"
#include "tests/sim/commands.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/options.h"
#include "tests/sim/random.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"
#include "tests/sim/variables.h"

enum { PAYLOAD_MAX = 1 << 20 };
/* --slow: a command is answered at most so late. */
#define LATE_SECONDS 5.0

struct call {
	struct list node;
	enum ocpp_action action;
	bool asked; /* may go out before the boot is accepted */
	call_done *done;
	intptr_t argument;
	size_t len;
	char payload[];
};

struct event {
	struct list node;
	enum ocpp_transaction_event type;
	char transaction[TRANSACTION_ID_MAX + 1];
	int32_t seq_no, evse;
	int failures; /* CALLERRORs so far */
	bool is_repeat; /* sent before, and acknowledged */
	size_t len;
	char payload[];
};

struct late_command {
	struct list node;
	size_t len;
	char text[];
};

static const char *const event_names[] = { "", "Ended", "Started", "Updated" };

/* ---- sending ---- */

static void
send_frame(struct station *st, enum ocpp_action action, struct slice payload)
{
	char id[OCPP_MESSAGE_ID_MAX + 1];
	struct buf frame;

	buf_init(&frame, PAYLOAD_MAX);
	snprintf(id, sizeof(id), "%08x-%u", st->call_base, ++st->call_count);
	ocpp_frame_call(&frame, slice_cstr(id), ocpp_messages[action].action, payload);
	if (buf_failed(&frame))
		abort();
	ws_send(&st->ws, buf_slice(&frame));
	buf_free(&frame);
	st->fleet->stats.calls[action].sent++;
	ev_timer_stop(st->fleet->loop, &st->call_timeout);
	ev_timer_set(&st->call_timeout, st->fleet->options->call_timeout, 0);
	ev_timer_start(st->fleet->loop, &st->call_timeout);
}

/* The first call that may go out now. */
static struct call *
next_call(struct station *st)
{
	list_foreach (node, &st->calls) {
		struct call *call = list_entry(node, struct call, node);

		if (call->asked || station_is_ready(st))
			return call;
	}
	return NULL;
}

void
call_pump(struct station *st)
{
	struct call *call;

	if (st->ws.state != WS_OPEN || st->holding || st->call != NULL || st->event != NULL)
		return;
	call = next_call(st);
	if (call != NULL) {
		list_remove(&call->node);
		st->call = call;
		send_frame(st, call->action, slice_from(call->payload, call->len));
		return;
	}
	if (!station_is_ready(st) || st->event_waits || list_empty(&st->events))
		return;
	st->event = list_entry(st->events.next, struct event, node);
	send_frame(
	    st, OCPP_ACTION_TRANSACTION_EVENT, slice_from(st->event->payload, st->event->len));
}

static void
queue_call(struct station *st, enum ocpp_action action, struct slice payload, bool asked,
    call_done *done, intptr_t argument)
{
	struct call *call = calloc(1, sizeof(*call) + payload.len);

	if (call == NULL)
		abort();
	call->action = action;
	call->asked = asked;
	call->done = done;
	call->argument = argument;
	call->len = payload.len;
	memcpy(call->payload, payload.ptr, payload.len);
	list_append(&st->calls, &call->node);
	call_pump(st);
}

static void
encode_and_queue(struct station *st, enum ocpp_action action, void *request, bool asked,
    call_done *done, intptr_t argument)
{
	struct buf payload;

	/* Nothing is kept for a connection that is not there: it would be old news. */
	if (st->ws.state != WS_OPEN) {
		if (done != NULL)
			done(st, CALL_LOST, NULL, argument);
		return;
	}
	buf_init(&payload, PAYLOAD_MAX);
	message_encode(
	    ocpp_messages[action].request, request, st->fleet->options->check, &payload);
	queue_call(st, action, buf_slice(&payload), asked, done, argument);
	buf_free(&payload);
}

void
call_send(struct station *st, enum ocpp_action action, void *request, call_done *done,
    intptr_t argument)
{
	encode_and_queue(
	    st, action, request, action == OCPP_ACTION_BOOT_NOTIFICATION, done, argument);
}

void
call_send_asked(struct station *st, enum ocpp_action action, void *request)
{
	encode_and_queue(st, action, request, true, NULL, 0);
}

void
call_send_report(struct station *st, enum ocpp_action action, void *request, call_done *done,
    intptr_t argument)
{
	encode_and_queue(st, action, request, true, done, argument);
}

void
call_send_text(struct station *st, enum ocpp_action action, struct slice payload,
    call_done *done, intptr_t argument)
{
	queue_call(st, action, payload, false, done, argument);
}

void
call_send_raw(struct station *st, struct slice text)
{
	ws_send(&st->ws, text);
}

/* ---- transaction events ---- */

static void
tell_event(struct station *st, const char *what, const struct event *event)
{
	fleet_truth(st, what, "\"evse\":%d,\"transaction\":\"%s\",\"seqNo\":%d,\"type\":\"%s\"",
	    event->evse, event->transaction, event->seq_no, event_names[event->type]);
}

void
call_send_event(struct station *st, const struct event_label *label, struct slice payload)
{
	struct event *event = calloc(1, sizeof(*event) + payload.len);

	if (event == NULL)
		abort();
	event->type = label->type;
	event->seq_no = label->seq_no;
	event->evse = label->evse;
	snprintf(event->transaction, sizeof(event->transaction), "%s", label->transaction);
	event->len = payload.len;
	memcpy(event->payload, payload.ptr, payload.len);
	list_append(&st->events, &event->node);
	st->events_queued++;
	st->fleet->stats.events_made++;
	fleet_truth(st, "event",
	    "\"evse\":%d,\"transaction\":\"%s\",\"seqNo\":%d,\"type\":\"%s\",\"offline\":%s,"
	    "\"importWh\":%.1f,\"exportWh\":%.1f,\"powerW\":%.0f",
	    label->evse, label->transaction, label->seq_no, event_names[label->type],
	    label->offline ? "true" : "false", label->import_wh, label->export_wh,
	    label->power_w);
	call_pump(st);
}

bool
call_events_wait(const struct station *st, struct slice transaction)
{
	list_foreach (node, &st->events) {
		const struct event *event = list_entry(node, struct event, node);

		if (transaction.ptr == NULL ||
		    slice_equal(transaction, slice_cstr(event->transaction)))
			return true;
	}
	return false;
}

static void
drop_event(struct station *st, struct event *event)
{
	list_remove(&event->node);
	st->events_queued--;
	free(event);
}

/* Only who repeats events keeps them. */
static void
retire_event(struct station *st, struct event *event)
{
	list_remove(&event->node);
	st->events_queued--;
	if (event->is_repeat || (st->script == NULL && !st->fleet->options->rude)) {
		free(event);
		return;
	}
	free(st->last_event);
	st->last_event = event;
}

/* E13: the wait grows with each attempt, and the last failure loses the event. */
static void
event_failed(struct station *st, struct event *event)
{
	double wait;

	event->failures++;
	if (event->failures >= variables_int(st, VARIABLE_MESSAGE_ATTEMPTS)) {
		tell_event(st, "LOST", event);
		st->fleet->stats.events_lost++;
		drop_event(st, event);
		return;
	}
	tell_event(st, "refused", event);
	wait = (double)variables_int(st, VARIABLE_MESSAGE_ATTEMPT_INTERVAL) * event->failures;
	st->event_waits = true;
	ev_timer_stop(st->fleet->loop, &st->event_retry);
	ev_timer_set(&st->event_retry, wait, 0);
	ev_timer_start(st->fleet->loop, &st->event_retry);
}

static void
event_answered(struct station *st, struct event *event, enum call_outcome outcome,
    const struct ocpp_transaction_event_response *response)
{
	char transaction[TRANSACTION_ID_MAX + 1];

	if (outcome == CALL_REFUSED) {
		event_failed(st, event);
		return;
	}
	tell_event(st, event->is_repeat ? "repeat-acknowledged" : "acknowledged", event);
	if (!event->is_repeat)
		st->fleet->stats.events_acknowledged++;
	memcpy(transaction, event->transaction, sizeof(transaction));
	retire_event(st, event);
	if (response != NULL && response->id_token_info != NULL)
		transaction_judge(st, transaction, response->id_token_info->status);
}

void
call_repeat_event(struct station *st)
{
	struct event *copy;
	size_t size;

	if (st->last_event == NULL)
		return;
	size = sizeof(*copy) + st->last_event->len;
	copy = malloc(size);
	if (copy == NULL)
		abort();
	memcpy(copy, st->last_event, size);
	copy->is_repeat = true;
	list_append(&st->events, &copy->node);
	st->events_queued++;
	tell_event(st, "repeated", copy);
	call_pump(st);
}

void
call_swap_events(struct station *st)
{
	struct list *first = st->events.next, *second = first->next;

	if (st->event != NULL) {
		first = second;
		second = first->next;
	}
	if (first == &st->events || second == &st->events)
		return;
	list_remove(first);
	list_prepend(second, first);
}

/* ---- answers ---- */

/* The decoded answer, or NULL; a server that answers wrongly is counted. */
static const void *
decode_answer(struct station *st, enum ocpp_action action, const struct ocpp_frame *frame)
{
	struct ocpp_fault fault;
	void *response = NULL;

	if (frame->kind != OCPP_CALLRESULT)
		return NULL;
	if (!ocpp_decode(ocpp_messages[action].response, OCPP_2_0_1, frame->payload,
		&st->fleet->arena, &response, &fault)) {
		st->fleet->stats.calls[action].bad_answers++;
		fleet_truth(st, "bad-answer",
		    "\"action\":\"%.*s\",\"path\":\"%s\",\"detail\":\"%s\"",
		    SLICE_ARGS(ocpp_messages[action].action), fleet_printable(fault.path),
		    fleet_printable(fault.detail));
		return NULL;
	}
	return response;
}

static void
answered(struct station *st, const struct ocpp_frame *frame)
{
	enum call_outcome outcome =
	    frame->kind == OCPP_CALLRESULT ? CALL_ANSWERED : CALL_REFUSED;
	struct call *call = st->call;
	struct event *event = st->event;
	enum ocpp_action action = call == NULL ? OCPP_ACTION_TRANSACTION_EVENT : call->action;
	const void *response = decode_answer(st, action, frame);

	ev_timer_stop(st->fleet->loop, &st->call_timeout);
	st->call = NULL;
	st->event = NULL;
	if (outcome == CALL_ANSWERED)
		st->fleet->stats.calls[action].answered++;
	else
		st->fleet->stats.calls[action].refused++;
	if (event != NULL) {
		event_answered(st, event, outcome, response);
	} else {
		if (call->done != NULL)
			call->done(st, outcome, response, call->argument);
		free(call);
	}
	call_pump(st);
}

static bool
is_outstanding(const struct station *st, struct slice id)
{
	char expected[OCPP_MESSAGE_ID_MAX + 1];

	snprintf(expected, sizeof(expected), "%08x-%u", st->call_base, st->call_count);
	return (st->call != NULL || st->event != NULL) && slice_equal(id, slice_cstr(expected));
}

/* ---- receiving ---- */

static void
answer_command(struct station *st, const struct ocpp_frame *frame)
{
	struct buf answer;

	buf_init(&answer, PAYLOAD_MAX);
	st->holding = true;
	commands_handle(st, frame, &answer);
	ws_send(&st->ws, buf_slice(&answer));
	st->holding = false;
	buf_free(&answer);
	call_pump(st);
}

static void
handle_text(struct station *st, struct slice text)
{
	struct ocpp_frame frame;
	struct ocpp_fault fault;
	struct buf answer;

	arena_reset(&st->fleet->arena);
	switch (ocpp_frame_parse(text, &st->fleet->arena, &frame, &fault)) {
	case OCPP_FRAME_OK: break;
	case OCPP_FRAME_REFUSE:
		st->fleet->stats.bad_frames++;
		buf_init(&answer, PAYLOAD_MAX);
		ocpp_frame_error(&answer, frame.id, &fault);
		ws_send(&st->ws, buf_slice(&answer));
		buf_free(&answer);
		return;
	case OCPP_FRAME_IGNORE:
	case OCPP_FRAME_BAD_UTF8: st->fleet->stats.bad_frames++; return;
	}
	if (frame.kind == OCPP_CALL)
		answer_command(st, &frame);
	else if (is_outstanding(st, frame.id))
		answered(st, &frame);
	else if (!st->fleet->options->rude)
		st->fleet->stats.stray_answers++;
}

/* --slow: commands wait in a line; answers to our own calls are read at once. */
static void
start_late_timer(struct station *st)
{
	if (list_empty(&st->late) || ev_is_active(&st->late_timer))
		return;
	ev_timer_set(&st->late_timer, random_between(&st->random, 0, LATE_SECONDS), 0);
	ev_timer_start(st->fleet->loop, &st->late_timer);
}

static void
on_late(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct station *st = timer->data;
	struct list *node = list_pop(&st->late);
	struct late_command *late;

	(void)loop;
	(void)events;
	if (node == NULL)
		return;
	late = list_entry(node, struct late_command, node);
	handle_text(st, slice_from(late->text, late->len));
	free(late);
	start_late_timer(st);
}

void
call_receive(struct station *st, struct slice text)
{
	struct late_command *late;

	if (!st->fleet->options->slow || text.len < 2 || text.ptr[1] != '2') {
		handle_text(st, text);
		return;
	}
	late = calloc(1, sizeof(*late) + text.len);
	if (late == NULL)
		abort();
	late->len = text.len;
	memcpy(late->text, text.ptr, text.len);
	list_append(&st->late, &late->node);
	start_late_timer(st);
}

/* ---- timers, beginning, end ---- */

static void
on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct station *st = timer->data;

	(void)loop;
	(void)events;
	st->fleet->stats.timeouts++;
	fleet_truth(st, "timeout", NULL);
	ws_close(&st->ws, WS_DIRTY);
}

static void
on_event_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct station *st = timer->data;

	(void)loop;
	(void)events;
	st->event_waits = false;
	call_pump(st);
}

static void
lose_call(struct station *st, struct call *call)
{
	if (call->done != NULL)
		call->done(st, CALL_LOST, NULL, call->argument);
	free(call);
}

void
call_connection_lost(struct station *st)
{
	struct call *call = st->call;
	struct list *node;

	ev_timer_stop(st->fleet->loop, &st->call_timeout);
	ev_timer_stop(st->fleet->loop, &st->late_timer);
	st->call = NULL;
	/* Stays the first of the queue, and is sent again. */
	st->event = NULL;
	if (call != NULL)
		lose_call(st, call);
	while ((node = list_pop(&st->calls)) != NULL)
		lose_call(st, list_entry(node, struct call, node));
	while ((node = list_pop(&st->late)) != NULL)
		free(list_entry(node, struct late_command, node));
}

void
call_init(struct station *st)
{
	list_init(&st->calls);
	list_init(&st->events);
	list_init(&st->late);
	ev_timer_init(&st->call_timeout, on_timeout, 0, 0);
	ev_timer_init(&st->event_retry, on_event_retry, 0, 0);
	ev_timer_init(&st->late_timer, on_late, 0, 0);
	st->call_timeout.data = st->event_retry.data = st->late_timer.data = st;
	st->call_base = (uint32_t)random_next(&st->random) ^ (uint32_t)clock_wall();
}

void
call_free(struct station *st)
{
	struct list *node;

	call_connection_lost(st);
	ev_timer_stop(st->fleet->loop, &st->event_retry);
	while ((node = list_pop(&st->events)) != NULL)
		free(list_entry(node, struct event, node));
	free(st->last_event);
}

void
call_tell_queue(struct station *st)
{
	list_foreach (node, &st->events)
		tell_event(st, "unacknowledged", list_entry(node, struct event, node));
}
