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
 *     repeat 3
 */
#ifndef V2G_TESTS_SIM_SCRIPT_H
#define V2G_TESTS_SIM_SCRIPT_H

#include "ocpp/ocpp_types.h"

#include <ev.h>

struct script;
struct script_word;
struct station;

/* The arguments of a step, as far as its word takes them. */
struct script_line {
	const struct script_word *word;
	int number; /* in the file */
	int32_t evse; /* 0: the one used last */
	double watts, seconds;
	int32_t count;
	int value; /* of an enumeration */
	enum ocpp_action action;
	char *text;
};

/* A station on its way through the script. */
struct script_run {
	struct station *station;
	const struct script *script;
	size_t at; /* the step */
	bool entered; /* the step was begun already, and is asked whether it is over */
	bool answered; /* the call that the step has made is over */
	int32_t evse; /* used last */
	int32_t rounds; /* of `repeat` */
	char token[37];
	bool token_accepted;
	uint64_t commands; /* bit per action: has come, and was not yet expected */
	ev_timer timer;
};

enum script_step {
	STEP_OVER,
	STEP_WAIT, /* line->seconds of simulated time, then over */
	STEP_AGAIN, /* ask again soon */
	STEP_BACK, /* to the first line */
};

struct script_word {
	const char *name;
	const char *arguments; /* a letter each, see script_words.c */
	enum script_step (*step)(struct script_run *run, const struct script_line *line);
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

#endif
