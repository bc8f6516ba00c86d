/* The words of scripts: a table, a function for each word, and the reading of arguments. */
#include "tests/sim/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"

_Static_assert(OCPP_ACTION_COUNT <= 64, "struct script_run has a bit per action");

enum { PAYLOAD_MAX = 1 << 18 };

/* ---- steps ---- */

static struct evse *
evse_of(struct script_run *run, const struct script_line *line)
{
	if (line->evse != 0 && station_evse(run->station, line->evse) != NULL)
		run->evse = line->evse;
	return station_evse(run->station, run->evse);
}

static enum script_step
step_online(struct script_run *run, const struct script_line *line)
{
	(void)line;
	return station_is_ready(run->station) ? STEP_OVER : STEP_AGAIN;
}

static enum script_step
step_plug(struct script_run *run, const struct script_line *line)
{
	evse_plug(evse_of(run, line));
	return STEP_OVER;
}

static enum script_step
step_unplug(struct script_run *run, const struct script_line *line)
{
	evse_unplug(evse_of(run, line));
	return STEP_OVER;
}

static enum script_step
step_fault(struct script_run *run, const struct script_line *line)
{
	evse_fault(evse_of(run, line), true);
	return STEP_OVER;
}

static enum script_step
step_clear(struct script_run *run, const struct script_line *line)
{
	evse_fault(evse_of(run, line), false);
	return STEP_OVER;
}

static enum script_step
step_use(struct script_run *run, const struct script_line *line)
{
	evse_of(run, line);
	return STEP_OVER;
}

/* Offline the driver is believed. */
static enum script_step
step_authorize(struct script_run *run, const struct script_line *line)
{
	struct ocpp_id_token token = {
		.id_token = slice_cstr(run->token),
		.type = OCPP_ID_TOKEN_ENUM_ISO14443,
	};
	struct ocpp_authorize_request request = { .id_token = &token };

	if (run->entered)
		return run->answered ? STEP_OVER : STEP_AGAIN;
	message_keep(run->token, sizeof(run->token), slice_cstr(line->text));
	token.id_token = slice_cstr(run->token);
	run->answered = false;
	if (!station_is_ready(run->station))
		return STEP_OVER;
	call_send(run->station, OCPP_ACTION_AUTHORIZE, &request, script_answered,
	    OCPP_ACTION_AUTHORIZE);
	return STEP_AGAIN;
}

static enum script_step
step_start(struct script_run *run, const struct script_line *line)
{
	const struct transaction_start start = {
		.trigger = OCPP_TRIGGER_REASON_AUTHORIZED,
		.token = run->token,
		.token_type = run->token[0] == '\0' ? OCPP_ID_TOKEN_ENUM_NO_AUTHORIZATION
						    : OCPP_ID_TOKEN_ENUM_ISO14443,
	};

	transaction_start(evse_of(run, line), &start);
	return evse_of(run, line)->transaction == NULL ? STEP_FAIL : STEP_OVER;
}

static enum script_step
step_charge(struct script_run *run, const struct script_line *line)
{
	evse_want(evse_of(run, line), line->watts);
	return STEP_WAIT;
}

static enum script_step
step_discharge(struct script_run *run, const struct script_line *line)
{
	evse_want(evse_of(run, line), -line->watts);
	return STEP_WAIT;
}

static enum script_step
step_suspend(struct script_run *run, const struct script_line *line)
{
	evse_want(evse_of(run, line), 0);
	return STEP_WAIT;
}

static enum ocpp_trigger_reason
trigger_of(enum ocpp_reason reason)
{
	switch ((int)reason) {
	case OCPP_REASON_LOCAL: return OCPP_TRIGGER_REASON_STOP_AUTHORIZED;
	case OCPP_REASON_REMOTE: return OCPP_TRIGGER_REASON_REMOTE_STOP;
	case OCPP_REASON_EV_DISCONNECTED: return OCPP_TRIGGER_REASON_EV_DEPARTED;
	case OCPP_REASON_STOPPED_BY_EV: return OCPP_TRIGGER_REASON_CHARGING_STATE_CHANGED;
	case OCPP_REASON_ENERGY_LIMIT_REACHED: return OCPP_TRIGGER_REASON_ENERGY_LIMIT_REACHED;
	case OCPP_REASON_TIME_LIMIT_REACHED: return OCPP_TRIGGER_REASON_TIME_LIMIT_REACHED;
	default: return OCPP_TRIGGER_REASON_ABNORMAL_CONDITION;
	}
}

static enum script_step
step_stop(struct script_run *run, const struct script_line *line)
{
	enum ocpp_reason reason = (enum ocpp_reason)line->value;

	transaction_stop(evse_of(run, line), reason, trigger_of(reason));
	return STEP_OVER;
}

static enum script_step
step_disconnect(struct script_run *run, const struct script_line *line)
{
	ws_close(&run->station->ws, (enum ws_ending)line->value);
	return STEP_OVER;
}

static enum script_step
step_offline(struct script_run *run, const struct script_line *line)
{
	station_go_offline(run->station, station_scaled(run->station, line->seconds), WS_DIRTY);
	return STEP_OVER;
}

static enum script_step
step_half_open(struct script_run *run, const struct script_line *line)
{
	station_half_open(run->station, station_scaled(run->station, line->seconds));
	return STEP_WAIT;
}

static enum script_step
step_reboot(struct script_run *run, const struct script_line *line)
{
	station_reboot(
	    run->station, OCPP_BOOT_REASON_POWER_UP, WS_DIRTY, (enum reboot_fate)line->value);
	return STEP_OVER;
}

static enum script_step
step_duplicate(struct script_run *run, const struct script_line *line)
{
	(void)line;
	call_repeat_event(run->station);
	return STEP_OVER;
}

static enum script_step
step_reorder(struct script_run *run, const struct script_line *line)
{
	(void)line;
	call_swap_events(run->station);
	return STEP_OVER;
}

static enum script_step
step_wait(struct script_run *run, const struct script_line *line)
{
	(void)run;
	(void)line;
	return STEP_WAIT;
}

static enum script_step
step_sample(struct script_run *run, const struct script_line *line)
{
	struct evse *evse = evse_of(run, line);

	evse_update(evse);
	transaction_update(evse, OCPP_TRIGGER_REASON_METER_VALUE_PERIODIC);
	return STEP_OVER;
}

static enum script_step
step_send(struct script_run *run, const struct script_line *line)
{
	struct buf payload;

	if (run->entered)
		return run->answered ? STEP_OVER : STEP_AGAIN;
	buf_init(&payload, PAYLOAD_MAX);
	script_expand(run, line->text, &payload);
	run->answered = false;
	call_send_text(run->station, line->action, buf_slice(&payload), script_answered,
	    (intptr_t)line->action);
	buf_free(&payload);
	return STEP_AGAIN;
}

static enum script_step
step_raw(struct script_run *run, const struct script_line *line)
{
	struct buf text;

	buf_init(&text, PAYLOAD_MAX);
	script_expand(run, line->text, &text);
	call_send_raw(run->station, buf_slice(&text));
	buf_free(&text);
	return STEP_OVER;
}

static enum script_step
step_expect(struct script_run *run, const struct script_line *line)
{
	return line->check->holds(run, line) ? STEP_OVER : STEP_AGAIN;
}

static enum script_step
step_drain(struct script_run *run, const struct script_line *line)
{
	(void)line;
	return run->station->events_queued == 0 ? STEP_OVER : STEP_AGAIN;
}

/* What stands between repeat and end; without a number for ever. */
static enum script_step
step_repeat(struct script_run *run, const struct script_line *line)
{
	run->loops[run->depth].at = run->at;
	run->loops[run->depth].left = line->count;
	run->depth++;
	return STEP_OVER;
}

static enum script_step
step_end(struct script_run *run, const struct script_line *line)
{
	unsigned top = run->depth - 1;

	(void)line;
	if (run->loops[top].left == 1) {
		run->depth--;
		return STEP_OVER;
	}
	if (run->loops[top].left > 0)
		run->loops[top].left--;
	run->at = run->loops[top].at;
	return STEP_OVER;
}

/*
 * Arguments, a letter each: e EVSE, w watts, t time, F "for" and a time, I "within" and a time, R reason of a
 * stop, d clean or dirty, C what becomes of transactions, N a number, a action, h what is to be looked at,
 * v a word, x the rest of the line.  Capital letters may be left out.
 */
static const struct script_word words[] = {
	{ "authorize", "v", step_authorize },
	{ "boot", "I", step_online },
	{ "charge", "wF", step_charge },
	{ "clear", "E", step_clear },
	{ "discharge", "wF", step_discharge },
	{ "disconnect", "d", step_disconnect },
	{ "end", "", step_end },
	{ "drain", "I", step_drain },
	{ "duplicate", "", step_duplicate },
	{ "expect", "hvI", step_expect },
	{ "fault", "E", step_fault },
	{ "half-open", "t", step_half_open },
	{ "offline", "t", step_offline },
	{ "online", "I", step_online },
	{ "plug", "E", step_plug },
	{ "raw", "x", step_raw },
	{ "reboot", "C", step_reboot },
	{ "reorder", "", step_reorder },
	{ "repeat", "N", step_repeat },
	{ "sample", "E", step_sample },
	{ "send", "aX", step_send },
	{ "start", "E", step_start },
	{ "stop", "R", step_stop },
	{ "suspend", "F", step_suspend },
	{ "unplug", "E", step_unplug },
	{ "use", "e", step_use },
	{ "wait", "t", step_wait },
};

const struct script_word *
script_find_word(const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	return NULL;
}

/* ---- arguments ---- */

static bool
read_number(const char *text, double least, double most, double *value_out)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value >= least && value <= most))
		return false;
	*value_out = value;
	return true;
}

static bool
read_int(const char *text, int32_t least, int32_t *value_out)
{
	long long value;

	if (!slice_to_int64(slice_cstr(text), least, INT32_MAX, &value))
		return false;
	*value_out = (int32_t)value;
	return true;
}

/* "60", "60s", "500ms", "2m". */
static bool
read_time(const char *text, double *seconds_out)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "ms", 0.001 }, { "m", 60 }, { "h", 3600 } };
	char *end;
	double value = strtod(text, &end);

	if (end == text || !(value >= 0 && value < 1e9))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0) {
			*seconds_out = value * units[i].seconds;
			return true;
		}
	return false;
}

static bool
read_reason(const char *text, int *value_out)
{
	for (int i = 1; i <= ocpp_enum_reason.count; i++)
		if (slice_equal(slice_cstr(text), ocpp_enum_text(&ocpp_enum_reason, i))) {
			*value_out = i;
			return true;
		}
	return false;
}

static bool
read_ending(const char *text, int *value_out)
{
	*value_out = strcmp(text, "dirty") == 0 ? WS_DIRTY : WS_CLEAN;
	return strcmp(text, "dirty") == 0 || strcmp(text, "clean") == 0;
}

static bool
read_fate(const char *text, int *value_out)
{
	enum reboot_fate fate;

	if (!reboot_fate_parse(text, &fate))
		return false;
	*value_out = fate;
	return true;
}

static bool
read_action(const char *text, enum ocpp_action *action_out)
{
	int action = ocpp_find_action(OCPP_2_0_1, slice_cstr(text));

	*action_out = (enum ocpp_action)action;
	return action >= 0;
}

/* Cuts the next word off *rest; NULL at the end of the line. */
static char *
next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");

	if (*word == '\0')
		return NULL;
	*rest = word + strcspn(word, " \t");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

static const char *
read_time_after(const char *before, const char *word, char **rest, double *seconds_out)
{
	if (strcmp(word, before) != 0)
		return "not understood";
	word = next_word(rest);
	return word != NULL && read_time(word, seconds_out) ? NULL : "not a time";
}

static const char *
read_rest(struct script_line *line, const char *rest)
{
	rest += strspn(rest, " \t");
	if (*rest == '\0')
		return "something is missing";
	line->text = strdup(rest);
	if (line->text == NULL)
		abort();
	return NULL;
}

static const char *
read_one(struct script_line *line, char kind, char *word, char **rest)
{
	switch (kind) {
	case 'e':
	case 'E': return read_int(word, 1, &line->evse) ? NULL : "not the number of an EVSE";
	case 'w':
		return read_number(word, 0, 1e6, &line->watts) ? NULL : "not a power in watts";
	case 'F': return read_time_after("for", word, rest, &line->seconds);
	case 'I': return read_time_after("within", word, rest, &line->seconds);
	case 't': return read_time(word, &line->seconds) ? NULL : "not a time";
	case 'R': return read_reason(word, &line->value) ? NULL : "not a reason";
	case 'd': return read_ending(word, &line->value) ? NULL : "neither clean nor dirty";
	case 'C': return read_fate(word, &line->value) ? NULL : "not end, continue or lose";
	case 'N': return read_int(word, 1, &line->count) ? NULL : "not a number";
	case 'a': return read_action(word, &line->action) ? NULL : "not an action";
	case 'h':
		line->check = script_find_check(word);
		return line->check != NULL ? NULL : "nothing that can be expected";
	case 'v': return read_rest(line, word);
	default: return "not understood";
	}
}

const char *
script_read_arguments(struct script_line *line, char *arguments)
{
	const char *fault = NULL;

	/* What is taken when it is not said. */
	line->seconds = -1;
	if (strcmp(line->word->arguments, "R") == 0)
		line->value = OCPP_REASON_LOCAL;
	for (const char *kind = line->word->arguments; *kind != '\0' && fault == NULL; kind++) {
		char *word;

		if (*kind == 'x' || *kind == 'X')
			return read_rest(
			    line, *arguments == '\0' && *kind == 'X' ? "{}" : arguments);
		word = next_word(&arguments);
		if (word == NULL)
			return *kind >= 'a' ? "something is missing" : NULL;
		fault = read_one(line, *kind, word, &arguments);
	}
	if (fault == NULL && next_word(&arguments) != NULL)
		return "too much on this line";
	return fault;
}
