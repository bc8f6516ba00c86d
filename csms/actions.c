#include "csms/actions.h"

#include "common/log.h"
#include "csms/metrics.h"
#include "ocpp/ocpp_types.h"

/* One decoded message at a time: the loop is one thread, and nothing decoded outlives the handler. */
#define ARENA_MAX (8U << 20)

struct action {
	int statement; /* of the store; -1: none */
	action_extend *extend; /* NULL: no more parameters */
	action_committed *committed;
	action_handler *handler; /* instead of a statement */
	bool supported;
};

#define STORED(name)                                                                           \
	{                                                                                      \
		.statement = STMT_TAKE_##name, .supported = true                               \
	}

/* Rows not here are known to the catalogue but not supported: CALLERROR NotSupported (part 4, 4.3). */
static const struct action actions[OCPP_ACTION_COUNT] = {
	[OCPP_ACTION_BOOT_NOTIFICATION] = { .statement = STMT_TAKE_BOOT_NOTIFICATION,
	    .extend = block_boot_notification,
	    .committed = block_boot_committed,
	    .supported = true },
	[OCPP_ACTION_HEARTBEAT] = { .statement = -1,
	    .handler = block_heartbeat,
	    .supported = true },
	[OCPP_ACTION_STATUS_NOTIFICATION] = STORED(STATUS_NOTIFICATION),
	[OCPP_ACTION_NOTIFY_EVENT] = STORED(NOTIFY_EVENT),
	[OCPP_ACTION_AUTHORIZE] = STORED(AUTHORIZE),
	[OCPP_ACTION_TRANSACTION_EVENT] = STORED(TRANSACTION_EVENT),
	[OCPP_ACTION_METER_VALUES] = STORED(METER_VALUES),
	[OCPP_ACTION_NOTIFY_REPORT] = STORED(NOTIFY_REPORT),
	[OCPP_ACTION_SECURITY_EVENT_NOTIFICATION] = STORED(SECURITY_EVENT_NOTIFICATION),
	[OCPP_ACTION_DATA_TRANSFER] = STORED(DATA_TRANSFER),
	[OCPP_ACTION_LOG_STATUS_NOTIFICATION] = STORED(LOG_STATUS_NOTIFICATION),
	[OCPP_ACTION_FIRMWARE_STATUS_NOTIFICATION] = STORED(FIRMWARE_STATUS_NOTIFICATION),
};

/*
 * What a station may send before it is accepted.  Rejected, or never booted: a BootNotification and nothing else
 * (B03.FR.07, errata 2025-01 FR.04).  Pending: also what it has been asked for, a report or a
 * triggered message (B02.FR.09); whether a report was asked for is checked where it is stored, by its requestId.
 */
static bool
may_send(struct session *s, int action)
{
	if (action == OCPP_ACTION_BOOT_NOTIFICATION || s->boot == REGISTRATION_ACCEPTED)
		return true;
	if (s->boot != REGISTRATION_PENDING)
		return false;
	if (action == OCPP_ACTION_NOTIFY_REPORT)
		return true;
	if ((s->triggered & (UINT64_C(1) << action)) == 0)
		return false;
	s->triggered &= ~(UINT64_C(1) << action);
	return true;
}

static void
committed(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	struct session *s = ctx;

	if (!session_release(s))
		return;
	switch (outcome) {
	case STORE_COMMITTED:
		if (actions[s->working_action].committed != NULL)
			actions[s->working_action].committed(s, r);
		session_answer(s, pg_text(r, 0, 0));
		break;
	case STORE_REFUSED:
		log_error("MESSAGE_NOT_STORED", LOG_STR("station", s->station->name),
		    LOG_SLICE("action", ocpp_messages[s->working_action].action),
		    LOG_STR("sqlstate", error->sqlstate), LOG_STR("error", error->message));
		session_refuse(s, OCPP_INTERNAL_ERROR, "the message could not be stored");
		break;
	case STORE_ABANDONED:
		return; /* the session is being closed; no answer, so the station keeps the message */
	}
	session_continue(s);
}

static bool
store_message(struct session *s, const struct action *action, const struct ocpp_frame *frame)
{
	struct params p = { 0 };

	params_int(&p, s->station->id);
	params_int(&p, s->connection_id);
	params_time(&p, clock_wall());
	params_text(&p, frame->payload);
	if (action->extend != NULL)
		action->extend(s, &p);
	if (!store_submit(s->owner->store, action->statement, &p.pg, committed, s))
		return false;
	session_hold(s);
	return true;
}

bool
action_take(struct session *s, const struct ocpp_frame *frame)
{
	static struct arena arena;
	int index = ocpp_find_action(OCPP_2_0_1, frame->action);
	const struct action *action;
	struct ocpp_fault fault;
	void *message;

	s->working_action = index;
	if (index < 0) {
		session_refuse(s, OCPP_NOT_IMPLEMENTED, "no such action in OCPP 2.0.1");
		return true;
	}
	action = &actions[index];
	if (!may_send(s, index)) {
		metrics.calls_unregistered++;
		session_refuse(
		    s, OCPP_SECURITY_ERROR, "not allowed before BootNotification is accepted");
		return true;
	}
	if (!action->supported) {
		metrics.calls_unsupported++;
		session_refuse(s, OCPP_NOT_SUPPORTED, "this action is not supported");
		return true;
	}
	if (arena.max == 0)
		arena_init(&arena, ARENA_MAX);
	arena_reset(&arena);
	if (!ocpp_decode(ocpp_messages[index].request, OCPP_2_0_1, frame->payload, &arena,
		&message, &fault)) {
		session_fault(s, &fault);
		return true;
	}
	if (action->handler != NULL) {
		action->handler(s, frame, message);
		return true;
	}
	return store_message(s, action, frame);
}
