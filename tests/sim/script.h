/*
 * script.h - scripts: a small language, one step a line, that says what happens at a station.  All stations of
 * the fleet run the same script, each at its own pace.  docs/SIMULATOR.md lists the words.
 *
 *     boot
 *     plug 1
 *     authorize TAG-1
 *     start
 *     charge 7400 for 60s
 *     stop Local
 *     unplug 1
 */
#ifndef V2G_TESTS_SIM_SCRIPT_H
#define V2G_TESTS_SIM_SCRIPT_H

#include "ocpp/ocpp_types.h"
#include "tests/sim/call.h"

#include <ev.h>

enum { SCRIPT_DEPTH_MAX = 8 };

struct script;
struct script_check;
struct script_word;
struct station;

/* The arguments of a step, as far as its word takes them. */
struct script_line {
	const struct script_word *word;
	int number; /* in the file */
	int32_t evse; /* 0: the one used last */
	double watts;
	double seconds; /* -1: none was said */
	int32_t count;
	int value; /* of an enumeration */
	enum ocpp_action action;
	const struct script_check *check;
	char *text;
};

/* A station on its way through the script. */
struct script_run {
	struct station *station;
	const struct script *script;
	size_t at; /* the step */
	bool entered; /* the step was begun already, and is asked whether it is over */
	int64_t until_mono; /* the step waits no longer */
	bool answered; /* the call that the step has made is over */
	char answer[32]; /* its status, or what became of it */
	int32_t evse; /* used last */
	struct {
		size_t at;
		int32_t left; /* 0: for ever */
	} loops[SCRIPT_DEPTH_MAX];
	unsigned depth;
	char token[37];
	uint64_t commands; /* bit per action: has come, and was not yet expected */
	ev_timer timer;
};

enum script_step {
	STEP_OVER,
	STEP_WAIT, /* line->seconds of simulated time, then over */
	STEP_AGAIN, /* ask again soon, for line->seconds or a minute; then it has failed */
	STEP_FAIL,
};

struct script_word {
	const char *name;
	const char *arguments; /* a letter each, see script_words.c */
	enum script_step (*step)(struct script_run *run, const struct script_line *line);
};

/* What `expect` can look at: a name, and whether it has the value of line->text. */
struct script_check {
	const char *name;
	bool (*holds)(struct script_run *run, const struct script_line *line);
};

/* NULL: the reason has been printed. */
struct script *script_load(const char *path);
void script_free(struct script **script);

/* The station has answered a command. */
void script_command(struct station *st, enum ocpp_action action);
/* The station is about to be freed. */
void script_stop(struct station *st);

/* script_words.c: NULL when there is no such word. */
const struct script_word *script_find_word(const char *name);
/* Reads the arguments; NULL, or what is wrong. */
const char *script_read_arguments(struct script_line *line, char *arguments);

/* script_checks.c: NULL when nothing of that name can be looked at. */
const struct script_check *script_find_check(const char *name);
/* The text of `send` and `raw`, with $ID, $TX, $EVSE and $NOW replaced. */
void script_expand(struct script_run *run, const char *text, struct buf *out);
/* Done callback of a script's calls; the argument is the action. */
void script_answered(
    struct station *st, enum call_outcome outcome, const void *response, intptr_t action);

#endif
