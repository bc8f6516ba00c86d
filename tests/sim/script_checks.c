/*
 * What scripts look at: answers, states of the EVSE and of the connection, commands that have come.
 */
#include "tests/sim/script.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/sim/evse.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"

/* Power is as expected when it is that near. */
#define NEAR_W 1.0

static const struct evse *
evse_of(const struct script_run *run)
{
	return station_evse(run->station, run->evse);
}

static bool
is_enum(const struct ocpp_enum *e, int value, const char *text)
{
	return value != 0 && slice_equal(ocpp_enum_text(e, value), slice_cstr(text));
}

static bool
is_answer(struct script_run *run, const struct script_line *line)
{
	return strcmp(run->answer, line->text) == 0;
}

static bool
had_command(struct script_run *run, const struct script_line *line)
{
	int action = ocpp_find_action(OCPP_2_0_1, slice_cstr(line->text));
	uint64_t bit = action < 0 ? 0 : UINT64_C(1) << action;

	if ((run->commands & bit) == 0)
		return false;
	run->commands &= ~bit;
	return true;
}

static bool
is_online(struct script_run *run, const struct script_line *line)
{
	return station_is_ready(run->station) == (strcmp(line->text, "yes") == 0);
}

static bool
is_power(struct script_run *run, const struct script_line *line)
{
	return fabs(evse_of(run)->power_w - strtod(line->text, NULL)) <= NEAR_W;
}

static bool
is_queue(struct script_run *run, const struct script_line *line)
{
	return (long)run->station->events_queued == strtol(line->text, NULL, 10);
}

static bool
is_state(struct script_run *run, const struct script_line *line)
{
	const struct transaction *tx = evse_of(run)->transaction;

	return tx != NULL && is_enum(&ocpp_enum_charging_state, (int)tx->state, line->text);
}

static bool
is_status(struct script_run *run, const struct script_line *line)
{
	return is_enum(&ocpp_enum_connector_status, (int)evse_status(evse_of(run)), line->text);
}

static bool
has_transaction(struct script_run *run, const struct script_line *line)
{
	return (evse_of(run)->transaction != NULL) == (strcmp(line->text, "yes") == 0);
}

static const struct script_check checks[] = {
	{ "answer", is_answer },
	{ "command", had_command },
	{ "online", is_online },
	{ "power", is_power },
	{ "queue", is_queue },
	{ "state", is_state },
	{ "status", is_status },
	{ "transaction", has_transaction },
};

const struct script_check *
script_find_check(const char *name)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (strcmp(checks[i].name, name) == 0)
			return &checks[i];
	return NULL;
}

/* ---- answers ---- */

/* The response's status as text, be it its own or that of the token. */
static struct slice
status_of(enum ocpp_action action, const void *response)
{
	const struct ocpp_type *type = ocpp_messages[action].response;

	for (unsigned i = 0; i < type->count; i++) {
		const struct ocpp_field *field = &type->fields[i];
		const void *slot = (const char *)response + field->offset;

		if (slice_equal(field->name, SLICE("status")) && field->kind == OCPP_KIND_ENUM)
			return ocpp_enum_text(field->enumeration, *(const int *)slot);
		if (slice_equal(field->name, SLICE("idTokenInfo"))) {
			const struct ocpp_id_token_info *info =
			    *(struct ocpp_id_token_info *const *)slot;

			if (info != NULL)
				return ocpp_enum_text(
				    &ocpp_enum_authorization_status, (int)info->status);
		}
	}
	return SLICE("Answered");
}

void
script_answered(
    struct station *st, enum call_outcome outcome, const void *response, intptr_t action)
{
	struct slice status = SLICE("Answered");

	if (outcome == CALL_LOST)
		status = SLICE("Lost");
	else if (outcome == CALL_REFUSED)
		status = SLICE("Refused");
	else if (response != NULL)
		status = status_of((enum ocpp_action)action, response);
	fleet_truth(st, "sent", "\"action\":\"%.*s\",\"answer\":\"%.*s\"",
	    SLICE_ARGS(ocpp_messages[action].action), SLICE_ARGS(status));
	if (st->script == NULL)
		return;
	st->script->answered = true;
	message_keep(st->script->answer, sizeof(st->script->answer), status);
}

/* ---- texts ---- */

/* What a word after $ stands for; NULL: nothing, it stays. */
static const char *
value_of(struct script_run *run, struct slice word, char buffer[CLOCK_TEXT_MAX])
{
	const struct evse *evse = evse_of(run);

	if (slice_equal(word, SLICE("ID")))
		return run->station->name;
	if (slice_equal(word, SLICE("TX")))
		return evse->transaction == NULL ? "none" : evse->transaction->id;
	if (slice_equal(word, SLICE("EVSE"))) {
		snprintf(buffer, CLOCK_TEXT_MAX, "%d", run->evse);
		return buffer;
	}
	if (slice_equal(word, SLICE("NOW"))) {
		clock_format(clock_wall(), 3, buffer);
		return buffer;
	}
	return NULL;
}

void
script_expand(struct script_run *run, const char *text, struct buf *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	while (*text != '\0') {
		char buffer[CLOCK_TEXT_MAX];
		size_t len = *text == '$' ? strspn(text + 1, letters) : 0;
		const char *value =
		    len == 0 ? NULL : value_of(run, slice_from(text + 1, len), buffer);

		if (value == NULL) {
			buf_append_char(out, *text++);
			continue;
		}
		buf_append_cstr(out, value);
		text += 1 + len;
	}
}
