/*
 * stats.h - what the fleet did, counted, and the summary of it.
 */
#ifndef V2G_TESTS_SIM_STATS_H
#define V2G_TESTS_SIM_STATS_H

#include "ocpp/ocpp_types.h"

struct stats {
	uint64_t connects, failed_connects, disconnects, boots;
	uint64_t transactions_started, transactions_ended, transactions_lost;
	double charged_wh, discharged_wh;
	struct {
		uint64_t sent, answered, refused, bad_answers;
	} calls[OCPP_ACTION_COUNT];
	struct {
		uint64_t answered, refused;
	} commands[OCPP_ACTION_COUNT];
	uint64_t unknown_commands, bad_frames, stray_answers, timeouts;
	uint64_t events_made, events_acknowledged, events_lost;
	uint64_t failed_scripts;
};

/* What --strict calls errors: messages that went wrong, not connections that broke. */
uint64_t stats_errors(const struct stats *stats);
/* One line. */
void stats_report(const struct stats *stats, unsigned online, uint64_t events_queued);
void stats_summary(const struct stats *stats, uint64_t stations, uint64_t events_queued);

#endif
