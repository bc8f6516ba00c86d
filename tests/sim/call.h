/*
 * call.h - what a station sends and receives: its calls, one outstanding at a time, and the commands of the
 * central system.
 *
 * Ordinary calls are forgotten when the connection breaks.  TransactionEvents are kept and repeated until
 * they are acknowledged (E04, E13): over lost connections and over reboots.  One that is answered with CALLERROR
 * MessageAttemptsTransactionEvent times is discarded, as E13.FR.03 says, and counted as lost.
 */
#ifndef V2G_TESTS_SIM_CALL_H
#define V2G_TESTS_SIM_CALL_H

#include "ocpp/ocpp_types.h"

struct station;

enum call_outcome { CALL_ANSWERED, CALL_REFUSED, CALL_LOST };

/* `response` is the decoded answer, borrowed, or NULL. */
typedef void call_done(
    struct station *st, enum call_outcome outcome, const void *response, intptr_t argument);

struct event_label {
	enum ocpp_transaction_event type;
	const char *transaction;
	int32_t seq_no;
	int32_t evse;
	bool offline;
	double import_wh, export_wh, power_w; /* for the truth file */
};

void call_init(struct station *st);
void call_free(struct station *st);

/* `request` is the action's generated struct; `done` may be NULL. */
void call_send(struct station *st, enum ocpp_action action, void *request, call_done *done,
    intptr_t argument);
/* As call_send, but it may go out before the boot is accepted (B02.FR.09: what was asked for). */
void call_send_asked(struct station *st, enum ocpp_action action, void *request);
/* The same, told of its end. */
void call_send_report(struct station *st, enum ocpp_action action, void *request,
    call_done *done, intptr_t argument);
/* With a payload that may be anything. */
void call_send_text(struct station *st, enum ocpp_action action, struct slice payload,
    call_done *done, intptr_t argument);
/* Queues a TransactionEvent. */
void call_send_event(struct station *st, const struct event_label *label, struct slice payload);
/* Whether events of the transaction wait; NULL: of any. */
bool call_events_wait(const struct station *st, struct slice transaction);

/* Sends what can be sent. */
void call_pump(struct station *st);
/* A message has come. */
void call_receive(struct station *st, struct slice text);
/* Writes the events that wait into the truth file. */
void call_tell_queue(struct station *st);
/* The connection is gone. */
void call_connection_lost(struct station *st);

/* Bad manners, for scripts and --rude: the event acknowledged last once more; the next two in wrong order. */
void call_repeat_event(struct station *st);
void call_swap_events(struct station *st);
void call_send_raw(struct station *st, struct slice text);

#endif
