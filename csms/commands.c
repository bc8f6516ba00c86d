#include "csms/commands.h"

#include "common/log.h"
#include "csms/metrics.h"
#include "csms/params.h"
#include "csms/uuid.h"
#include "ocpp/ocpp_types.h"

#include <assert.h>
#include <stdio.h>

#define UNANSWERED_LIMIT                                                                       \
	3 /* commands in a row without answer: the link is dead in that direction */
#define ARENA_MAX (8U << 20)

/* What a CSMS may ask of a station that is Pending (B02). */
#define PENDING_ALLOWED "{SetVariables,GetVariables,GetBaseReport,GetReport,TriggerMessage}"

/* Decoding a command's payload or its answer: one at a time. */
static struct arena *
scratch(void)
{
	static struct arena arena;

	if (arena.max == 0)
		arena_init(&arena, ARENA_MAX);
	arena_reset(&arena);
	return &arena;
}

/* The action a TriggerMessage asks for; several kinds of it name no message of their own. */
static int
triggered_action(struct slice payload)
{
	struct ocpp_fault fault;
	void *message;
	struct slice wanted;

	if (!ocpp_decode(ocpp_messages[OCPP_ACTION_TRIGGER_MESSAGE].request, OCPP_2_0_1,
		payload, scratch(), &message, &fault))
		return -1;
	wanted = ocpp_enum_text(&ocpp_enum_message_trigger,
	    (int)((const struct ocpp_trigger_message_request *)message)->requested_message);
	if (wanted.len > 4 && memcmp(wanted.ptr, "Sign", 4) == 0)
		return OCPP_ACTION_SIGN_CERTIFICATE;
	return ocpp_find_action(OCPP_2_0_1, wanted);
}

/*
 * A password on its way to the station is for no log (A01.FR.09), nor are those of a VPN or an APN.  Decoded, because
 * names compare without case and JSON has many spellings.
 */
static bool
is_secret(int action, struct slice payload)
{
	const struct ocpp_set_network_profile_request *network;
	const struct ocpp_set_variables_request *variables;
	struct ocpp_fault fault;
	void *message;

	if (action != OCPP_ACTION_SET_VARIABLES && action != OCPP_ACTION_SET_NETWORK_PROFILE)
		return false;
	if (!ocpp_decode(ocpp_messages[action].request, OCPP_2_0_1, payload, scratch(),
		&message, &fault))
		return true;
	if (action == OCPP_ACTION_SET_NETWORK_PROFILE) {
		network = message;
		return network->connection_data->vpn != NULL ||
		       network->connection_data->apn != NULL;
	}
	variables = message;
	for (size_t i = 0; i < variables->set_variable_data.count; i++)
		if (slice_equal_nocase(variables->set_variable_data.items[i].variable->name,
			SLICE("BasicAuthPassword")))
			return true;
	return false;
}

static void
send_command(struct session *s, struct slice id, struct slice action, struct slice payload)
{
	static struct buf frame;

	assert(id.len < sizeof(s->call.id));
	if (frame.max == 0)
		buf_init(&frame, 8U << 20);
	memcpy(s->call.id, id.ptr, id.len); /* a uuid: exactly as long as a message id may be */
	s->call.id[id.len] = '\0';
	s->call.action = ocpp_find_action(OCPP_2_0_1, action);
	s->call.triggers =
	    s->call.action == OCPP_ACTION_TRIGGER_MESSAGE ? triggered_action(payload) : -1;
	s->call.sent_mono = clock_mono();
	metrics.commands_sent++;
	metrics.commands_outstanding++;
	buf_clear(&frame);
	ocpp_frame_call(&frame, id, action, payload);
	session_send(s, buf_slice(&frame));
	session_log(s, false,
	    is_secret(s->call.action, payload) ? SLICE("(not kept: it holds a password)")
					       : buf_slice(&frame));
}

static void
claimed(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	struct session *s = ctx;

	if (!session_release(s))
		return; /* committed as sent, never sent: the connection's end makes it uncertain */
	s->call.busy = false;
	if (outcome == STORE_REFUSED)
		log_error("COMMAND_NOT_CLAIMED", LOG_STR("station", s->station->name),
		    LOG_STR("error", error->message));
	if (outcome == STORE_COMMITTED && pg_rows(r) > 0)
		send_command(s, pg_text(r, 0, 0), pg_text(r, 0, 1), pg_text(r, 0, 2));
	else if (outcome == STORE_COMMITTED && s->call.again)
		commands_poke(s);
}

/* Not before the boot is accepted: commands that come earlier make some stations disconnect in a loop. */
static bool
may_receive(const struct session *s)
{
	return s->state == SESSION_OPEN &&
	       (s->boot == REGISTRATION_ACCEPTED || s->boot == REGISTRATION_PENDING);
}

void
commands_poke(struct session *s)
{
	struct params p = { 0 };
	char ticket[UUID_MAX];

	if (!may_receive(s) || s->claim_mono != 0)
		return;
	if (s->call.busy || s->call.id[0] != '\0') {
		s->call.again = true;
		return;
	}
	s->call.again = false;
	uuid_new(ticket);
	params_int(&p, s->station->id);
	params_int(&p, s->connection_id);
	params_time(&p, clock_wall());
	if (s->boot == REGISTRATION_PENDING)
		params_text(&p, SLICE(PENDING_ALLOWED));
	else
		params_null(&p);
	params_text(&p, slice_cstr(ticket));
	if (!store_submit(s->owner->store, STMT_COMMAND_CLAIM, &p.pg, claimed, s)) {
		commands_after(s, SECOND_US);
		return;
	}
	s->call.busy = true;
	session_hold(s);
}

void
commands_after(struct session *s, int64_t delay)
{
	s->claim_mono = clock_mono() + delay;
}

static void
recorded(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	struct session *s = ctx;

	(void)r;
	if (!session_release(s))
		return;
	if (outcome == STORE_REFUSED)
		log_error("COMMAND_END_NOT_STORED", LOG_STR("station", s->station->name),
		    LOG_STR("error", error->message));
	s->call.busy = false;
	commands_poke(s); /* the next has its turn */
}

/* The call is over; `p` has its id, connection and time. */
static void
record_end(struct session *s, int statement, const struct params *p)
{
	/* Before the id is forgotten: the parameters point to it. */
	bool taken = store_submit(s->owner->store, statement, &p->pg, recorded, s);

	metrics.commands_outstanding--;
	metrics_command(
	    s->call.action, clock_mono() - s->call.sent_mono, statement != STMT_COMMAND_RESULT);
	s->call.id[0] = '\0';
	if (!taken) {
		/* The store is full.  The row stays `sent`; only the end of the connection tells the truth about it. */
		session_close(s, CLOSE_POLICY, "answer could not be stored");
		return;
	}
	s->call.busy = true;
	session_hold(s);
}

static void
begin_end(struct session *s, struct params *p)
{
	params_text(p, slice_cstr(s->call.id));
	params_int(p, s->connection_id);
	params_time(p, clock_wall());
}

static void
record_error(
    struct session *s, struct slice code, struct slice description, struct slice details)
{
	struct params p = { 0 };

	begin_end(s, &p);
	params_text(&p, code);
	params_text(&p, description);
	params_text(&p, details);
	record_end(s, STMT_COMMAND_ERROR, &p);
}

/* An answer that breaks the schema is no answer: what it says cannot be relied on. */
static void
record_invalid(struct session *s, const struct ocpp_fault *fault)
{
	char text[300];

	snprintf(text, sizeof(text), "invalid answer: %s %s: %s", ocpp_error_name(fault->code),
	    fault->path, fault->detail);
	log_warn("COMMAND_ANSWER_INVALID", LOG_STR("station", s->station->name),
	    LOG_STR("command", s->call.id), LOG_STR("fault", text));
	record_error(s, SLICE("FormatViolation"), slice_cstr(text), SLICE("{}"));
}

static void
remember_trigger(struct session *s, const void *answer)
{
	const struct ocpp_trigger_message_response *response = answer;

	if (s->call.triggers >= 0 && response->status == OCPP_TRIGGER_MESSAGE_STATUS_ACCEPTED)
		s->triggered |= UINT64_C(1) << s->call.triggers;
}

static void
record_result(struct session *s, struct slice payload)
{
	struct params p = { 0 };
	struct ocpp_fault fault;
	void *answer;

	if (!ocpp_decode(ocpp_messages[s->call.action].response, OCPP_2_0_1, payload, scratch(),
		&answer, &fault)) {
		record_invalid(s, &fault);
		return;
	}
	if (s->call.action == OCPP_ACTION_TRIGGER_MESSAGE)
		remember_trigger(s, answer);
	begin_end(s, &p);
	params_text(&p, payload);
	record_end(s, STMT_COMMAND_RESULT, &p);
}

void
commands_answered(struct session *s, const struct ocpp_frame *frame)
{
	if (s->call.id[0] == '\0' || !slice_equal(frame->id, slice_cstr(s->call.id))) {
		metrics.results_stray++;
		log_warn("RESULT_STRAY", LOG_STR("station", s->station->name),
		    LOG_SLICE("id", frame->id));
		return;
	}
	s->call.unanswered = 0;
	if (frame->kind == OCPP_CALLRESULT)
		record_result(s, frame->payload);
	else
		record_error(s, frame->error_code, frame->error_description,
		    frame->error_details.len > 0 ? frame->error_details : SLICE("{}"));
}

void
commands_tick(struct session *s, int64_t now_mono)
{
	if (s->call.id[0] != '\0' &&
	    now_mono - s->call.sent_mono >= s->owner->settings.ocpp.call_timeout) {
		struct params p = { 0 };

		metrics.commands_timed_out++;
		log_warn("COMMAND_TIMED_OUT", LOG_STR("station", s->station->name),
		    LOG_STR("command", s->call.id));
		begin_end(s, &p);
		record_end(s, STMT_COMMAND_TIMEOUT, &p);
		if (++s->call.unanswered >= UNANSWERED_LIMIT)
			session_close(s, CLOSE_POLICY, "commands are not answered");
	}
	if (s->claim_mono != 0 && now_mono >= s->claim_mono) {
		s->claim_mono = 0;
		commands_poke(s);
	}
}
