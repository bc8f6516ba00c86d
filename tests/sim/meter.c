#include "tests/sim/meter.h"

#include <math.h>

#include "tests/sim/evse.h"
#include "tests/sim/message.h"
#include "tests/sim/random.h"
#include "tests/sim/station.h"

#define NOMINAL_V  230.0
#define PHASES     3.0
#define NOMINAL_HZ 50.0

enum source {
	IMPORT_REGISTER,
	EXPORT_REGISTER,
	IMPORT_POWER,
	EXPORT_POWER,
	STATE_OF_CHARGE,
	VOLTAGE,
	IMPORT_CURRENT,
	FREQUENCY,
};

static const struct {
	enum ocpp_measurand measurand;
	enum source source;
	struct slice unit;
	int decimals;
} rows[METER_SAMPLES] = {
	{ OCPP_MEASURAND_ENERGY_ACTIVE_IMPORT_REGISTER, IMPORT_REGISTER, { "Wh", 2 }, 1 },
	{ OCPP_MEASURAND_ENERGY_ACTIVE_EXPORT_REGISTER, EXPORT_REGISTER, { "Wh", 2 }, 1 },
	{ OCPP_MEASURAND_POWER_ACTIVE_IMPORT, IMPORT_POWER, { "W", 1 }, 0 },
	{ OCPP_MEASURAND_POWER_ACTIVE_EXPORT, EXPORT_POWER, { "W", 1 }, 0 },
	{ OCPP_MEASURAND_SO_C, STATE_OF_CHARGE, { "Percent", 7 }, 1 },
	{ OCPP_MEASURAND_VOLTAGE, VOLTAGE, { "V", 1 }, 1 },
	{ OCPP_MEASURAND_CURRENT_IMPORT, IMPORT_CURRENT, { "A", 1 }, 1 },
	{ OCPP_MEASURAND_FREQUENCY, FREQUENCY, { "Hertz", 5 }, 2 },
};

static double
measure(struct evse *evse, enum source source, double volts)
{
	const double power = evse->power_w;

	switch (source) {
	case IMPORT_REGISTER: return evse->import_wh;
	case EXPORT_REGISTER: return evse->export_wh;
	case IMPORT_POWER: return fmax(power, 0);
	case EXPORT_POWER: return fmax(-power, 0);
	case STATE_OF_CHARGE: return evse->soc;
	case VOLTAGE: return volts;
	case IMPORT_CURRENT: return fmax(power, 0) / PHASES / volts;
	case FREQUENCY: return NOMINAL_HZ + random_between(&evse->station->random, -0.03, 0.03);
	}
	return 0;
}

void
meter_read(struct evse *evse, enum ocpp_reading_context context, struct meter_reading *reading)
{
	double volts = NOMINAL_V + random_between(&evse->station->random, -2, 2);

	memset(reading, 0, sizeof(*reading));
	reading->value.timestamp = message_now();
	reading->value.sampled_value.items = reading->samples;
	reading->value.sampled_value.count = METER_SAMPLES;
	for (size_t i = 0; i < METER_SAMPLES; i++) {
		reading->units[i].unit = rows[i].unit;
		reading->samples[i] = (struct ocpp_sampled_value){
			.value = message_decimal(
			    measure(evse, rows[i].source, volts), rows[i].decimals),
			.context = context,
			.measurand = rows[i].measurand,
			.unit_of_measure = &reading->units[i],
		};
	}
}
