#include "tests/sim/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/sim/behaviour.h"
#include "tests/sim/fleet.h"
#include "tests/sim/station.h"

/* How often a step that waits for something looks. */
#define LOOK_SECONDS 0.02
/* It gives up after so long, unless its line says otherwise. */
#define PATIENCE_SECONDS 60.0

struct script {
	const char *path;
	struct script_line *lines;
	size_t count;
};

/* ---- loading ---- */

static bool
complain(const char *path, int number, const char *text)
{
	fprintf(stderr, "evse-sim: %s:%d: %s\n", path, number, text);
	return false;
}

static bool
add_line(struct script *script, const char *path, int number, char *text)
{
	struct script_line *lines, *line;
	const char *fault;
	char *arguments;

	text += strspn(text, " \t");
	text[strcspn(text, "\r\n")] = '\0';
	if (*text == '\0' || *text == '#')
		return true;
	lines = realloc(script->lines, (script->count + 1) * sizeof(*lines));
	if (lines == NULL)
		abort();
	script->lines = lines;
	line = &lines[script->count];
	*line = (struct script_line){ .number = number };
	arguments = text + strcspn(text, " \t");
	if (*arguments != '\0')
		*arguments++ = '\0';
	line->word = script_find_word(text);
	if (line->word == NULL)
		return complain(path, number, "no such word");
	fault = script_read_arguments(line, arguments);
	if (fault != NULL)
		return complain(path, number, fault);
	script->count++;
	return true;
}

/* Each end has its repeat, and none is nested too deep. */
static bool
check_loops(const struct script *script)
{
	int depth = 0;

	for (size_t i = 0; i < script->count && depth >= 0 && depth <= SCRIPT_DEPTH_MAX; i++)
		depth += (strcmp(script->lines[i].word->name, "repeat") == 0) -
			 (strcmp(script->lines[i].word->name, "end") == 0);
	return depth == 0 ||
	       complain(script->path, 0, "repeat and end do not match, or are nested too deep");
}

struct script *
script_load(const char *path)
{
	struct script *script = calloc(1, sizeof(*script));
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t cap = 0;
	bool good = true;

	if (script == NULL)
		abort();
	if (file == NULL) {
		fprintf(stderr, "evse-sim: no behaviour and no readable script: %s\n", path);
		free(script);
		return NULL;
	}
	script->path = path;
	for (int number = 1; good && getline(&text, &cap, file) >= 0; number++)
		good = add_line(script, path, number, text);
	free(text);
	fclose(file);
	if (!good || !check_loops(script))
		script_free(&script);
	return script;
}

void
script_free(struct script **script_ptr)
{
	struct script *script = *script_ptr;

	*script_ptr = NULL;
	if (script == NULL)
		return;
	for (size_t i = 0; i < script->count; i++)
		free(script->lines[i].text);
	free(script->lines);
	free(script);
}

/* ---- running ---- */

static void
wake_after(struct script_run *run, double seconds)
{
	struct ev_loop *loop = run->station->fleet->loop;

	ev_timer_stop(loop, &run->timer);
	ev_timer_set(&run->timer, seconds, 0);
	ev_timer_start(loop, &run->timer);
}

static void
script_end(struct station *st)
{
	script_stop(st);
	fleet_truth(st, "script-ended", NULL);
	fleet_script_ended(st->fleet);
}

static void
fail(struct script_run *run, const struct script_line *line)
{
	struct station *st = run->station;

	fprintf(stderr, "evse-sim: %s: %s:%d: %s%s%s failed\n", st->name, run->script->path,
	    line->number, line->word->name, line->text == NULL ? "" : " ",
	    line->text == NULL ? "" : line->text);
	fleet_truth(st, "script-failed", "\"line\":%d", line->number);
	st->fleet->stats.failed_scripts++;
	script_end(st);
}

static void
look_again(struct script_run *run, const struct script_line *line)
{
	double patience = line->seconds < 0 ? PATIENCE_SECONDS : line->seconds;

	if (!run->entered)
		run->until_mono = clock_mono() + (int64_t)(patience * (double)SECOND_US);
	run->entered = true;
	if (clock_mono() > run->until_mono)
		fail(run, line);
	else
		wake_after(run, LOOK_SECONDS);
}

/* One step; at most that per turn of the loop, so that a script without waits starves nobody. */
static void
on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct script_run *run = timer->data;
	const struct script_line *line = &run->script->lines[run->at];
	enum script_step step;

	(void)loop;
	(void)events;
	if (run->at == run->script->count) {
		script_end(run->station);
		return;
	}
	step = line->word->step(run, line);
	if (step == STEP_AGAIN) {
		look_again(run, line);
		return;
	}
	if (step == STEP_FAIL) {
		fail(run, line);
		return;
	}
	run->entered = false;
	run->at++;
	wake_after(run, step == STEP_WAIT && line->seconds > 0
			    ? station_scaled(run->station, line->seconds)
			    : 0);
}

static void
begin(struct station *st)
{
	struct script_run *run = calloc(1, sizeof(*run));

	if (run == NULL)
		abort();
	run->station = st;
	run->script = st->fleet->script;
	run->evse = 1;
	ev_timer_init(&run->timer, on_timer, 0, 0);
	run->timer.data = run;
	st->script = run;
	wake_after(run, 0);
}

/* In a script nothing happens by itself. */
static void
nothing(struct evse *evse)
{
	(void)evse;
}

const struct behaviour behaviour_script = { "script", begin, nothing, nothing };

void
script_command(struct station *st, enum ocpp_action action)
{
	if (st->script != NULL)
		st->script->commands |= UINT64_C(1) << action;
}

void
script_stop(struct station *st)
{
	if (st->script == NULL)
		return;
	ev_timer_stop(st->fleet->loop, &st->script->timer);
	free(st->script);
	st->script = NULL;
}
