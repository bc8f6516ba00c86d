/*
 * fleet.h - what all stations of the process share.
 */
#ifndef V2G_TESTS_SIM_FLEET_H
#define V2G_TESTS_SIM_FLEET_H

#include "common/arena.h"
#include "tests/sim/stats.h"

#include <stdio.h>

struct behaviour;
struct ev_loop;
struct options;
struct script;
struct station;
struct ws_client;

struct fleet {
	struct ev_loop *loop;
	struct ws_client *client;
	const struct options *options;
	const struct behaviour *behaviour;
	struct script *script; /* NULL unless the behaviour is one */
	struct station *stations;
	size_t count;
	struct stats stats;
	FILE *truth; /* NULL: not wanted */
	struct arena arena; /* of the message being read */
	size_t scripts; /* that still run */
	bool ending;
	int64_t leave_until_mono; /* the end does not wait longer */
	void *timers; /* of fleet.c */
};

/* Runs the fleet to its end and prints the summary; the exit code. */
int fleet_run(struct ev_loop *loop, struct ws_client *client, const struct options *options);

/*
 * A line of the truth file: time, station, what, and further members of the JSON object from the format,
 * such as "\"seqNo\":%d" (NULL: none).
 */
void fleet_truth(struct station *st, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Replaces, in place, what would need an escape in a JSON string. */
char *fleet_printable(char *text);
/* A station's script has ended. */
void fleet_script_ended(struct fleet *fleet);

#endif
