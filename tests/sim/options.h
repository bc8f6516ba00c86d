/*
 * options.h - what evse-sim was asked to do, from one table of command-line options.
 */
#ifndef V2G_TESTS_SIM_OPTIONS_H
#define V2G_TESTS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	/* the central system and how it is reached */
	const char *url, *password, *password_file, *ca, *certificates;
	int64_t profile;
	bool deflate;
	int64_t ping;
	/* the fleet */
	int64_t stations, evses, first, digits;
	const char *prefix;
	int64_t seed;
	double connect_rate;
	double backoff_minimum, backoff_range;
	int64_t backoff_repeats;
	double call_timeout;
	/* what it does */
	const char *behaviour, *tokens;
	double duration, time_scale, sample_interval;
	double flap, crash;
	const char *crash_fate;
	bool slow, rude, no_boot, check;
	/* load */
	const char *load;
	double rate, warmup;
	int64_t updates, window;
	bool json;
	/* what it tells */
	const char *truth;
	double report;
	bool quiet, strict;
};

/* False when the program must end: usage or a fault was printed, and *exit_code_out says how. */
bool options_parse(struct options *options, int argc, char **argv, int *exit_code_out);
/* The name of the index-th station, returned (free it). */
char *options_name(const struct options *options, int64_t index);
/* The station's password, returned (free it); NULL when there is none. */
char *options_password(const struct options *options, const char *station);

#endif
