/*
 * meter.h - the sampled values of an EVSE, ready to be encoded.
 */
#ifndef V2G_TESTS_SIM_METER_H
#define V2G_TESTS_SIM_METER_H

#include "ocpp/ocpp_types.h"

struct evse;

#define METER_SAMPLES 8

/* One reading; `value` points into the rest, so it must not be copied. */
struct meter_reading {
	struct ocpp_meter_value value;
	struct ocpp_sampled_value samples[METER_SAMPLES];
	struct ocpp_unit_of_measure units[METER_SAMPLES];
};

/* The registers must be up to date (evse_update). */
void meter_read(
    struct evse *evse, enum ocpp_reading_context context, struct meter_reading *reading);

#endif
