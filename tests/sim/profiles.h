/*
 * profiles.h - charging profiles: what they allow at a moment (part 2, K01).
 *
 * Power is positive into the vehicle.  A negative limit means "discharge with so much": 2.0.1 has no field
 * for it, and this is how stations that can discharge read it.
 */
#ifndef V2G_TESTS_SIM_PROFILES_H
#define V2G_TESTS_SIM_PROFILES_H

#include "ocpp/ocpp_types.h"
#include "tests/sim/store.h"

struct evse;

/* Between amperes and watts (K01.FR.49, .50). */
#define PROFILES_VOLTS  230.0
#define PROFILES_PHASES 3

struct profiles_limit {
	double watts; /* INFINITY: none */
	bool planned; /* by a TxProfile or TxDefaultProfile, not only capped for the station */
};

void profiles_limit(struct evse *evse, int64_t at, struct profiles_limit *out);
/* NULL, or why the profile is not to be stored. */
const char *profiles_refuse(
    struct station *st, int32_t evse_id, const struct ocpp_charging_profile *profile);
/* Replaces what it has to replace (K01.FR.05). */
void profiles_store(struct station *st, int32_t evse_id, struct ocpp_charging_profile *profile);
/* After a transaction: its profiles go. */
void profiles_forget_transaction(struct station *st, const char *transaction);
/* All EVSEs look again at what they may do. */
void profiles_changed(struct station *st);

#endif
