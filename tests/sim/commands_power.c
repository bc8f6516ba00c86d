/*
 * Commands about charging profiles (block K).
 */
#include "tests/sim/commands.h"

#include <math.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/profiles.h"
#include "tests/sim/station.h"

/* A composite schedule is computed second by second: at most for a day, in at most so many periods. */
enum { COMPOSITE_SECONDS_MAX = 86400, COMPOSITE_PERIODS_MAX = 1024 };

void
command_set_charging_profile(struct station *st, const void *request, void *response)
{
	const struct ocpp_set_charging_profile_request *in = request;
	struct ocpp_set_charging_profile_response *out = response;
	const char *why = profiles_refuse(st, in->evse_id, in->charging_profile);

	fleet_truth(st, "profile", "\"id\":%d,\"evse\":%d,\"refused\":\"%s\"",
	    in->charging_profile->id, in->evse_id, why == NULL ? "" : why);
	if (why != NULL) {
		out->status = OCPP_CHARGING_PROFILE_STATUS_REJECTED;
		out->status_info = command_info(st, why);
		return;
	}
	profiles_store(st, in->evse_id, in->charging_profile);
	out->status = OCPP_CHARGING_PROFILE_STATUS_ACCEPTED;
}

/* ---- clearing ---- */

static bool
is_to_be_cleared(
    const struct stored *item, const struct ocpp_clear_charging_profile_request *in)
{
	const struct ocpp_charging_profile *profile = item->object;
	const struct ocpp_clear_charging_profile *by = in->charging_profile_criteria;

	if ((in->has & OCPP_CLEAR_CHARGING_PROFILE_REQUEST_HAS_CHARGING_PROFILE_ID) != 0)
		return profile->id == in->charging_profile_id;
	if (by == NULL)
		return false;
	return ((by->has & OCPP_CLEAR_CHARGING_PROFILE_HAS_EVSE_ID) == 0 ||
		   by->evse_id == item->evse) &&
	       ((by->has & OCPP_CLEAR_CHARGING_PROFILE_HAS_STACK_LEVEL) == 0 ||
		   by->stack_level == profile->stack_level) &&
	       (by->charging_profile_purpose == OCPP_CHARGING_PROFILE_PURPOSE_ABSENT ||
		   by->charging_profile_purpose == profile->charging_profile_purpose);
}

void
command_clear_charging_profile(struct station *st, const void *request, void *response)
{
	struct ocpp_clear_charging_profile_response *out = response;
	struct stored *next;

	out->status = OCPP_CLEAR_CHARGING_PROFILE_STATUS_UNKNOWN;
	for (struct stored *item = store_first(&st->profiles); item != NULL; item = next) {
		next = store_next(item, &st->profiles);
		if (!is_to_be_cleared(item, request))
			continue;
		store_drop(item);
		out->status = OCPP_CLEAR_CHARGING_PROFILE_STATUS_ACCEPTED;
	}
	profiles_changed(st);
}

/* ---- reporting ---- */

static bool
is_in(int32_t id, const int32_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return count == 0;
}

/* All profiles here were set by the central system, so their source is CSO. */
static bool
source_matches(const struct ocpp_charging_profile_criterion *by)
{
	for (size_t i = 0; i < by->charging_limit_source.count; i++)
		if (by->charging_limit_source.items[i] == OCPP_CHARGING_LIMIT_SOURCE_CSO)
			return true;
	return by->charging_limit_source.count == 0;
}

static bool
is_asked_for(const struct stored *item, const struct ocpp_get_charging_profiles_request *in)
{
	const struct ocpp_charging_profile *profile = item->object;
	const struct ocpp_charging_profile_criterion *by = in->charging_profile;

	if ((in->has & OCPP_GET_CHARGING_PROFILES_REQUEST_HAS_EVSE_ID) != 0 &&
	    in->evse_id != item->evse)
		return false;
	return is_in(
		   profile->id, by->charging_profile_id.items, by->charging_profile_id.count) &&
	       source_matches(by) &&
	       (by->charging_profile_purpose == OCPP_CHARGING_PROFILE_PURPOSE_ABSENT ||
		   by->charging_profile_purpose == profile->charging_profile_purpose) &&
	       ((by->has & OCPP_CHARGING_PROFILE_CRITERION_HAS_STACK_LEVEL) == 0 ||
		   by->stack_level == profile->stack_level);
}

/* One profile a message: they may be long. */
static void
report_profile(struct station *st, const struct stored *item, int32_t request_id, bool more)
{
	struct ocpp_report_charging_profiles_request request = {
		.request_id = request_id,
		.charging_limit_source = OCPP_CHARGING_LIMIT_SOURCE_CSO,
		.charging_profile = { item->object, 1 },
		.tbc = more,
		.evse_id = item->evse,
		.has = OCPP_REPORT_CHARGING_PROFILES_REQUEST_HAS_TBC,
	};

	call_send(st, OCPP_ACTION_REPORT_CHARGING_PROFILES, &request, NULL, 0);
}

void
command_get_charging_profiles(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_charging_profiles_request *in = request;
	struct ocpp_get_charging_profiles_response *out = response;
	size_t count = 0;

	list_foreach (node, &st->profiles)
		count += is_asked_for(store_of(node), in);
	out->status = count == 0 ? OCPP_GET_CHARGING_PROFILE_STATUS_NO_PROFILES
				 : OCPP_GET_CHARGING_PROFILE_STATUS_ACCEPTED;
	list_foreach (node, &st->profiles) {
		struct stored *item = store_of(node);

		if (is_asked_for(item, in))
			report_profile(st, item, in->request_id, --count > 0);
	}
}

/* ---- composite schedule ---- */

/* EVSE 0: all together (K08.FR.03). */
static double
limit_at(struct station *st, int32_t evse_id, int64_t at)
{
	double sum = 0;

	for (unsigned i = 0; i < st->evse_count; i++) {
		struct profiles_limit limit;

		if (evse_id != 0 && st->evses[i].id != evse_id)
			continue;
		profiles_limit(&st->evses[i], at, &limit);
		sum += fmin(limit.watts, EVSE_RATED_W);
	}
	return sum;
}

static size_t
fill_periods(struct station *st, const struct ocpp_get_composite_schedule_request *in,
    int64_t start, int32_t duration, struct ocpp_charging_schedule_period *periods)
{
	const double divisor = in->charging_rate_unit == OCPP_CHARGING_RATE_UNIT_A
				   ? PROFILES_VOLTS * PROFILES_PHASES
				   : 1;
	size_t count = 0;
	double last = 0;

	for (int32_t second = 0; second < duration && count < COMPOSITE_PERIODS_MAX; second++) {
		double limit = limit_at(st, in->evse_id, start + second * SECOND_US);

		if (count > 0 && limit == last)
			continue;
		last = limit;
		periods[count].start_period = second;
		periods[count].limit = message_decimal(limit / divisor, 1);
		count++;
	}
	return count;
}

void
command_get_composite_schedule(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_composite_schedule_request *in = request;
	struct ocpp_get_composite_schedule_response *out = response;
	struct ocpp_composite_schedule *schedule;

	if ((in->evse_id != 0 && station_evse(st, in->evse_id) == NULL) || in->duration <= 0) {
		out->status = OCPP_GENERIC_STATUS_REJECTED;
		out->status_info =
		    command_info(st, in->duration <= 0 ? "InvalidValue" : "UnknownEvse");
		return;
	}
	schedule = command_alloc(st, sizeof(*schedule));
	schedule->evse_id = in->evse_id;
	schedule->duration =
	    in->duration < COMPOSITE_SECONDS_MAX ? in->duration : COMPOSITE_SECONDS_MAX;
	schedule->charging_rate_unit = in->charging_rate_unit == OCPP_CHARGING_RATE_UNIT_A
					   ? OCPP_CHARGING_RATE_UNIT_A
					   : OCPP_CHARGING_RATE_UNIT_W;
	schedule->schedule_start = message_now();
	schedule->charging_schedule_period.items = command_alloc(
	    st, COMPOSITE_PERIODS_MAX * sizeof(*schedule->charging_schedule_period.items));
	schedule->charging_schedule_period.count =
	    fill_periods(st, in, schedule->schedule_start.at, schedule->duration,
		schedule->charging_schedule_period.items);
	out->schedule = schedule;
	out->status = OCPP_GENERIC_STATUS_ACCEPTED;
}
