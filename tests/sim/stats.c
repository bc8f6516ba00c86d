#include "tests/sim/stats.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t
stats_errors(const struct stats *stats)
{
	uint64_t errors = stats->unknown_commands + stats->bad_frames + stats->stray_answers +
			  stats->timeouts + stats->events_lost + stats->failed_scripts;

	for (size_t i = 0; i < OCPP_ACTION_COUNT; i++)
		errors += stats->calls[i].refused + stats->calls[i].bad_answers +
			  stats->commands[i].refused;
	return errors;
}

void
stats_report(const struct stats *stats, unsigned online, uint64_t events_queued)
{
	printf("online %u  connects %" PRIu64 "  transactions %" PRIu64 " started, %" PRIu64
	       " ended  charged %.0f Wh, discharged %.0f Wh  events queued %" PRIu64
	       "  errors %" PRIu64 "\n",
	    online, stats->connects, stats->transactions_started, stats->transactions_ended,
	    stats->charged_wh, stats->discharged_wh, events_queued, stats_errors(stats));
	fflush(stdout);
}

static void
print_calls(const struct stats *stats)
{
	printf("calls                       sent   answered    refused  bad answers\n");
	for (size_t i = 0; i < OCPP_ACTION_COUNT; i++)
		if (stats->calls[i].sent > 0)
			printf("  %-22.*s %8" PRIu64 "   %8" PRIu64 "   %8" PRIu64
			       "     %8" PRIu64 "\n",
			    SLICE_ARGS(ocpp_messages[i].action), stats->calls[i].sent,
			    stats->calls[i].answered, stats->calls[i].refused,
			    stats->calls[i].bad_answers);
}

static void
print_commands(const struct stats *stats)
{
	printf("commands                answered    refused\n");
	for (size_t i = 0; i < OCPP_ACTION_COUNT; i++)
		if (stats->commands[i].answered + stats->commands[i].refused > 0)
			printf("  %-22.*s %7" PRIu64 "   %8" PRIu64 "\n",
			    SLICE_ARGS(ocpp_messages[i].action), stats->commands[i].answered,
			    stats->commands[i].refused);
}

void
stats_summary(const struct stats *stats, uint64_t stations, uint64_t events_queued)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "stations", stations },
		{ "connects", stats->connects },
		{ "connects failed", stats->failed_connects },
		{ "disconnects", stats->disconnects },
		{ "boots", stats->boots },
		{ "transactions started", stats->transactions_started },
		{ "transactions ended", stats->transactions_ended },
		{ "transactions lost", stats->transactions_lost },
		{ "Wh charged", (uint64_t)stats->charged_wh },
		{ "Wh discharged", (uint64_t)stats->discharged_wh },
		{ "events made", stats->events_made },
		{ "events acknowledged", stats->events_acknowledged },
		{ "events queued", events_queued },
		{ "events LOST", stats->events_lost },
		{ "calls timed out", stats->timeouts },
		{ "bad frames", stats->bad_frames },
		{ "stray answers", stats->stray_answers },
		{ "unknown commands", stats->unknown_commands },
		{ "scripts failed", stats->failed_scripts },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		printf("%-22s %9" PRIu64 "\n", rows[i].name, rows[i].value);
	print_calls(stats);
	print_commands(stats);
}
