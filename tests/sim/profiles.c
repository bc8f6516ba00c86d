#include "tests/sim/profiles.h"

#include <math.h>

#include "common/clock.h"
#include "tests/sim/evse.h"
#include "tests/sim/message.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"

enum { DAY_SECONDS = 86400, WEEK_SECONDS = 7 * DAY_SECONDS };

/* ---- one profile at a moment ---- */

static double
period_watts(const struct ocpp_charging_schedule *schedule,
    const struct ocpp_charging_schedule_period *period)
{
	double limit = message_double(&period->limit);
	int phases = (period->has & OCPP_CHARGING_SCHEDULE_PERIOD_HAS_NUMBER_PHASES) != 0
			 ? period->number_phases
			 : PROFILES_PHASES;

	return schedule->charging_rate_unit == OCPP_CHARGING_RATE_UNIT_A
		   ? limit * PROFILES_VOLTS * phases
		   : limit;
}

/* Seconds since the schedule began; negative: not yet. */
static double
schedule_age(const struct ocpp_charging_profile *profile,
    const struct ocpp_charging_schedule *schedule, const struct evse *evse, int64_t at)
{
	int64_t begin = schedule->start_schedule.at;
	int64_t cycle;
	double age;

	if (profile->charging_profile_kind == OCPP_CHARGING_PROFILE_KIND_RELATIVE)
		begin = evse->transaction == NULL ? at : evse->transaction->started_at;
	age = (double)(at - begin) / 1e6;
	if (profile->charging_profile_kind != OCPP_CHARGING_PROFILE_KIND_RECURRING)
		return age;
	cycle = profile->recurrency_kind == OCPP_RECURRENCY_KIND_WEEKLY ? WEEK_SECONDS
									: DAY_SECONDS;
	return age < 0 ? age : fmod(age, (double)cycle);
}

/* False when the profile says nothing about that moment. */
static bool
profile_watts(const struct ocpp_charging_profile *profile, const struct evse *evse, int64_t at,
    double *watts_out)
{
	const struct ocpp_charging_schedule *schedule = &profile->charging_schedule.items[0];
	const struct ocpp_charging_schedule_period *found = NULL;
	double age;

	if ((profile->valid_from.at != 0 && at < profile->valid_from.at) ||
	    (profile->valid_to.at != 0 && at >= profile->valid_to.at))
		return false;
	age = schedule_age(profile, schedule, evse, at);
	if (age < 0 || ((schedule->has & OCPP_CHARGING_SCHEDULE_HAS_DURATION) != 0 &&
			   age >= schedule->duration))
		return false;
	for (size_t i = 0; i < schedule->charging_schedule_period.count; i++)
		if (schedule->charging_schedule_period.items[i].start_period <= age)
			found = &schedule->charging_schedule_period.items[i];
	if (found == NULL)
		return false;
	*watts_out = period_watts(schedule, found);
	return true;
}

/* ---- all profiles ---- */

static bool
concerns(const struct stored *item, const struct evse *evse)
{
	const struct ocpp_charging_profile *profile = item->object;

	if (item->evse != 0 && item->evse != evse->id)
		return false;
	if (profile->charging_profile_purpose != OCPP_CHARGING_PROFILE_PURPOSE_TX_PROFILE)
		return true;
	return evse->transaction != NULL &&
	       slice_equal(profile->transaction_id, slice_cstr(evse->transaction->id));
}

/*
 * Of one purpose, the profile with the highest stack level that says something.  One for this EVSE goes
 * before one for all.
 */
static bool
purpose_watts(const struct evse *evse, enum ocpp_charging_profile_purpose purpose, int64_t at,
    double *watts_out)
{
	int64_t best = -1;

	list_foreach (node, &evse->station->profiles) {
		struct stored *item = store_of(node);
		const struct ocpp_charging_profile *profile = item->object;
		int64_t rank = 2 * (int64_t)profile->stack_level + (item->evse != 0);
		double watts;

		if (profile->charging_profile_purpose != purpose || rank <= best ||
		    !concerns(item, evse) || !profile_watts(profile, evse, at, &watts))
			continue;
		best = rank;
		*watts_out = watts;
	}
	return best >= 0;
}

void
profiles_limit(struct evse *evse, int64_t at, struct profiles_limit *out)
{
	static const enum ocpp_charging_profile_purpose caps[] = {
		OCPP_CHARGING_PROFILE_PURPOSE_CHARGING_STATION_MAX_PROFILE,
		OCPP_CHARGING_PROFILE_PURPOSE_CHARGING_STATION_EXTERNAL_CONSTRAINTS,
	};
	double watts;

	*out = (struct profiles_limit){ .watts = (double)INFINITY };
	if (purpose_watts(evse, OCPP_CHARGING_PROFILE_PURPOSE_TX_PROFILE, at, &watts) ||
	    purpose_watts(evse, OCPP_CHARGING_PROFILE_PURPOSE_TX_DEFAULT_PROFILE, at, &watts))
		*out = (struct profiles_limit){ .watts = watts, .planned = true };
	/* A cap is for the whole station: its EVSEs share it evenly. */
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (purpose_watts(evse, caps[i], at, &watts))
			out->watts = fmin(out->watts, watts / evse->station->evse_count);
}

/* ---- storing ---- */

static bool
is_tx_profile(const struct ocpp_charging_profile *profile)
{
	return profile->charging_profile_purpose == OCPP_CHARGING_PROFILE_PURPOSE_TX_PROFILE;
}

static bool
overlap(const struct ocpp_charging_profile *a, const struct ocpp_charging_profile *b)
{
	int64_t a_to = a->valid_to.at == 0 ? INT64_MAX : a->valid_to.at;
	int64_t b_to = b->valid_to.at == 0 ? INT64_MAX : b->valid_to.at;

	return a->valid_from.at < b_to && b->valid_from.at < a_to;
}

/* K01.FR.06, .39: another profile in the same place. */
static bool
conflicts(
    const struct stored *item, int32_t evse_id, const struct ocpp_charging_profile *profile)
{
	const struct ocpp_charging_profile *other = item->object;

	if (other->id == profile->id || item->evse != evse_id ||
	    other->charging_profile_purpose != profile->charging_profile_purpose ||
	    other->stack_level != profile->stack_level)
		return false;
	if (is_tx_profile(profile))
		return slice_equal(other->transaction_id, profile->transaction_id);
	return overlap(other, profile);
}

static const char *
refuse_tx_profile(
    struct station *st, int32_t evse_id, const struct ocpp_charging_profile *profile)
{
	const struct evse *evse = transaction_find(st, profile->transaction_id);

	if (evse_id == 0)
		return "InvalidValue";
	if (profile->transaction_id.ptr == NULL)
		return "MissingParam";
	return evse == NULL || evse->id != evse_id ? "TxNotFound" : NULL;
}

const char *
profiles_refuse(
    struct station *st, int32_t evse_id, const struct ocpp_charging_profile *profile)
{
	const struct ocpp_charging_schedule *schedule = &profile->charging_schedule.items[0];

	if (evse_id != 0 && station_evse(st, evse_id) == NULL)
		return "UnknownEvse";
	if (schedule->charging_schedule_period.items[0].start_period != 0)
		return "InvalidSchedule";
	if (profile->charging_profile_kind != OCPP_CHARGING_PROFILE_KIND_RELATIVE &&
	    schedule->start_schedule.at == 0)
		return "InvalidSchedule";
	if (profile->charging_profile_kind == OCPP_CHARGING_PROFILE_KIND_RECURRING &&
	    profile->recurrency_kind == 0)
		return "InvalidProfile";
	switch (profile->charging_profile_purpose) {
	case OCPP_CHARGING_PROFILE_PURPOSE_CHARGING_STATION_MAX_PROFILE:
		if (evse_id != 0)
			return "InvalidValue";
		break;
	case OCPP_CHARGING_PROFILE_PURPOSE_CHARGING_STATION_EXTERNAL_CONSTRAINTS:
		return "InvalidProfile"; /* K01.FR.22 */
	case OCPP_CHARGING_PROFILE_PURPOSE_TX_PROFILE: {
		const char *why = refuse_tx_profile(st, evse_id, profile);

		if (why != NULL)
			return why;
		break;
	}
	case OCPP_CHARGING_PROFILE_PURPOSE_TX_DEFAULT_PROFILE:
	case OCPP_CHARGING_PROFILE_PURPOSE_ABSENT: break;
	}
	list_foreach (node, &st->profiles)
		if (conflicts(store_of(node), evse_id, profile))
			return "DuplicateProfile";
	return NULL;
}

void
profiles_store(struct station *st, int32_t evse_id, struct ocpp_charging_profile *profile)
{
	struct stored *old = store_find(&st->profiles, profile->id);
	struct stored *item;

	if (old != NULL)
		store_drop(old);
	item = store_add(&st->profiles, &ocpp_type_charging_profile, profile, profile->id);
	item->evse = evse_id;
	profiles_changed(st);
}

void
profiles_forget_transaction(struct station *st, const char *transaction)
{
	struct stored *next;

	for (struct stored *item = store_first(&st->profiles); item != NULL; item = next) {
		const struct ocpp_charging_profile *profile = item->object;

		next = store_next(item, &st->profiles);
		if (is_tx_profile(profile) &&
		    slice_equal(profile->transaction_id, slice_cstr(transaction)))
			store_drop(item);
	}
}

void
profiles_changed(struct station *st)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		evse_update(&st->evses[i]);
}
