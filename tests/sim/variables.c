#include "tests/sim/variables.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/sim/commands.h"
#include "tests/sim/fleet.h"
#include "tests/sim/options.h"
#include "tests/sim/station.h"
#include "tests/sim/store.h"

#define INT  OCPP_DATA_INTEGER
#define DEC  OCPP_DATA_DECIMAL
#define BOOL OCPP_DATA_BOOLEAN
#define STR  OCPP_DATA_STRING
#define TIME OCPP_DATA_DATE_TIME
#define OPT  OCPP_DATA_OPTION_LIST
#define SEQ  OCPP_DATA_SEQUENCE_LIST
#define MEM  OCPP_DATA_MEMBER_LIST
#define RO   OCPP_MUTABILITY_READ_ONLY
#define RW   OCPP_MUTABILITY_READ_WRITE
#define WO   OCPP_MUTABILITY_WRITE_ONLY

#define MEASURANDS                                                                             \
	"Energy.Active.Import.Register,Energy.Active.Export.Register,Power.Active.Import,"     \
	"Power.Active.Export,SoC,Voltage,Current.Import,Frequency"
#define STATES "Available,Occupied,Reserved,Unavailable,Faulted"

/* clang-format off */
const struct variable_row variable_rows[] = {
	{ "OCPPCommCtrlr", "HeartbeatInterval", NULL, SCOPE_STATION, INT, RW, "300", "s", NULL, 1, 86400, false },
	{ "OCPPCommCtrlr", "MessageAttempts", "TransactionEvent", SCOPE_STATION, INT, RW, "3", NULL, NULL, 1, 100, false },
	{ "OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent", SCOPE_STATION, INT, RW, "2", "s", NULL, 0, 3600, false },
	{ "SampledDataCtrlr", "TxUpdatedInterval", NULL, SCOPE_STATION, INT, RW, "10", "s", NULL, 0, 86400, false },
	{ "ChargingStation", "FirmwareVersion", NULL, SCOPE_STATION, STR, RO, "1.0.0", NULL, NULL, 0, 50, false },
	{ "TxCtrlr", "EVConnectionTimeOut", NULL, SCOPE_STATION, INT, RW, "60", "s", NULL, 1, 3600, false },
	{ "SecurityCtrlr", "OrganizationName", NULL, SCOPE_STATION, STR, RW, "operator", NULL, NULL, 1, 64, false },
	{ "SecurityCtrlr", "BasicAuthPassword", NULL, SCOPE_STATION, STR, WO, "", NULL, NULL, 16, 64, false },
	{ "DeviceDataCtrlr", "ItemsPerMessage", "GetReport", SCOPE_STATION, INT, RO, "32", NULL, NULL, 0, 0, false },
	{ "DeviceDataCtrlr", "ItemsPerMessage", "GetVariables", SCOPE_STATION, INT, RO, "32", NULL, NULL, 0, 0, false },
	{ "DeviceDataCtrlr", "ItemsPerMessage", "SetVariables", SCOPE_STATION, INT, RO, "32", NULL, NULL, 0, 0, false },
	{ "AuthCtrlr", "AuthorizeRemoteStart", NULL, SCOPE_STATION, BOOL, RW, "false", NULL, NULL, 0, 0, false },
	{ "MonitoringCtrlr", "ActiveMonitoringBase", NULL, SCOPE_STATION, OPT, RO, "All", NULL, "All,FactoryDefault,HardWiredOnly", 0, 0, false },
	{ "MonitoringCtrlr", "ActiveMonitoringLevel", NULL, SCOPE_STATION, INT, RO, "9", NULL, NULL, 0, 9, false },

	{ "AlignedDataCtrlr", "Interval", NULL, SCOPE_STATION, INT, RW, "0", "s", NULL, 0, 86400, false },
	{ "AlignedDataCtrlr", "Measurands", NULL, SCOPE_STATION, MEM, RW, "Energy.Active.Import.Register", NULL, MEASURANDS, 0, 0, false },
	{ "AlignedDataCtrlr", "TxEndedInterval", NULL, SCOPE_STATION, INT, RW, "0", "s", NULL, 0, 86400, false },
	{ "AuthCtrlr", "Enabled", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "AuthCtrlr", "LocalAuthorizeOffline", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "AuthCtrlr", "LocalPreAuthorize", NULL, SCOPE_STATION, BOOL, RW, "false", NULL, NULL, 0, 0, false },
	{ "AuthCtrlr", "OfflineTxForUnknownIdEnabled", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "AuthCacheCtrlr", "Enabled", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "ChargingStation", "Available", NULL, SCOPE_STATION, BOOL, RO, "true", NULL, NULL, 0, 0, false },
	{ "ChargingStation", "AvailabilityState", NULL, SCOPE_STATION, OPT, RO, "Available", NULL, STATES, 0, 0, false },
	{ "ChargingStation", "Model", NULL, SCOPE_STATION, STR, RO, "Simulator", NULL, NULL, 0, 20, false },
	{ "ChargingStation", "SupplyPhases", NULL, SCOPE_STATION, INT, RO, "3", NULL, NULL, 0, 0, false },
	{ "ChargingStation", "VendorName", NULL, SCOPE_STATION, STR, RO, "v2g", NULL, NULL, 0, 50, false },
	{ "ClockCtrlr", "DateTime", NULL, SCOPE_STATION, TIME, RO, "", NULL, NULL, 0, 0, false },
	{ "ClockCtrlr", "TimeSource", NULL, SCOPE_STATION, SEQ, RW, "Heartbeat", NULL, "Heartbeat,NTP,RealTimeClock", 0, 0, false },
	{ "DeviceDataCtrlr", "BytesPerMessage", "GetReport", SCOPE_STATION, INT, RO, "65000", NULL, NULL, 0, 0, false },
	{ "DeviceDataCtrlr", "BytesPerMessage", "GetVariables", SCOPE_STATION, INT, RO, "65000", NULL, NULL, 0, 0, false },
	{ "DeviceDataCtrlr", "BytesPerMessage", "SetVariables", SCOPE_STATION, INT, RO, "65000", NULL, NULL, 0, 0, false },
	{ "DisplayMessageCtrlr", "DisplayMessages", NULL, SCOPE_STATION, INT, RO, "0", NULL, NULL, 0, 100, false },
	{ "DisplayMessageCtrlr", "SupportedFormats", NULL, SCOPE_STATION, MEM, RO, "ASCII,UTF8", NULL, "ASCII,HTML,URI,UTF8", 0, 0, false },
	{ "DisplayMessageCtrlr", "SupportedPriorities", NULL, SCOPE_STATION, MEM, RO, "AlwaysFront,InFront,NormalCycle", NULL, "AlwaysFront,InFront,NormalCycle", 0, 0, false },
	{ "LocalAuthListCtrlr", "Enabled", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "LocalAuthListCtrlr", "Entries", NULL, SCOPE_STATION, INT, RO, "0", NULL, NULL, 0, 1000, false },
	{ "LocalAuthListCtrlr", "ItemsPerMessage", NULL, SCOPE_STATION, INT, RO, "100", NULL, NULL, 0, 0, false },
	{ "LocalAuthListCtrlr", "BytesPerMessage", NULL, SCOPE_STATION, INT, RO, "65000", NULL, NULL, 0, 0, false },
	{ "MonitoringCtrlr", "Enabled", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "MonitoringCtrlr", "ItemsPerMessage", "SetVariableMonitoring", SCOPE_STATION, INT, RO, "32", NULL, NULL, 0, 0, false },
	{ "MonitoringCtrlr", "BytesPerMessage", "SetVariableMonitoring", SCOPE_STATION, INT, RO, "65000", NULL, NULL, 0, 0, false },
	{ "OCPPCommCtrlr", "FileTransferProtocols", NULL, SCOPE_STATION, MEM, RO, "HTTP,HTTPS", NULL, "FTP,FTPS,HTTP,HTTPS,SFTP", 0, 0, false },
	{ "OCPPCommCtrlr", "MessageTimeout", "Default", SCOPE_STATION, INT, RW, "30", "s", NULL, 1, 3600, false },
	{ "OCPPCommCtrlr", "NetworkConfigurationPriority", NULL, SCOPE_STATION, SEQ, RW, "1", NULL, "1,2,3", 0, 0, true },
	{ "OCPPCommCtrlr", "NetworkProfileConnectionAttempts", NULL, SCOPE_STATION, INT, RW, "3", NULL, NULL, 1, 100, false },
	{ "OCPPCommCtrlr", "OfflineThreshold", NULL, SCOPE_STATION, INT, RW, "60", "s", NULL, 0, 86400, false },
	{ "OCPPCommCtrlr", "ResetRetries", NULL, SCOPE_STATION, INT, RW, "1", NULL, NULL, 0, 10, false },
	{ "OCPPCommCtrlr", "RetryBackOffRepeatTimes", NULL, SCOPE_STATION, INT, RW, "5", NULL, NULL, 0, 20, false },
	{ "OCPPCommCtrlr", "UnlockOnEVSideDisconnect", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "OCPPCommCtrlr", "WebSocketPingInterval", NULL, SCOPE_STATION, INT, RW, "60", "s", NULL, 0, 86400, true },
	{ "ReservationCtrlr", "Available", NULL, SCOPE_STATION, BOOL, RO, "true", NULL, NULL, 0, 0, false },
	{ "SampledDataCtrlr", "TxEndedInterval", NULL, SCOPE_STATION, INT, RW, "0", "s", NULL, 0, 86400, false },
	{ "SampledDataCtrlr", "TxEndedMeasurands", NULL, SCOPE_STATION, MEM, RW, MEASURANDS, NULL, MEASURANDS, 0, 0, false },
	{ "SampledDataCtrlr", "TxStartedMeasurands", NULL, SCOPE_STATION, MEM, RW, MEASURANDS, NULL, MEASURANDS, 0, 0, false },
	{ "SampledDataCtrlr", "TxUpdatedMeasurands", NULL, SCOPE_STATION, MEM, RW, MEASURANDS, NULL, MEASURANDS, 0, 0, false },
	{ "SecurityCtrlr", "CertificateEntries", NULL, SCOPE_STATION, INT, RO, "0", NULL, NULL, 0, 20, false },
	{ "SecurityCtrlr", "SecurityProfile", NULL, SCOPE_STATION, INT, RO, "1", NULL, NULL, 0, 3, false },
	{ "SmartChargingCtrlr", "Enabled", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "SmartChargingCtrlr", "Entries", "ChargingProfiles", SCOPE_STATION, INT, RO, "0", NULL, NULL, 0, 100, false },
	{ "SmartChargingCtrlr", "LimitChangeSignificance", NULL, SCOPE_STATION, DEC, RW, "2.0", "Percent", NULL, 0, 0, false },
	{ "SmartChargingCtrlr", "PeriodsPerSchedule", NULL, SCOPE_STATION, INT, RO, "100", NULL, NULL, 0, 0, false },
	{ "SmartChargingCtrlr", "ProfileStackLevel", NULL, SCOPE_STATION, INT, RO, "100", NULL, NULL, 0, 0, false },
	{ "SmartChargingCtrlr", "RateUnit", NULL, SCOPE_STATION, MEM, RO, "W,A", NULL, "W,A", 0, 0, false },
	{ "TariffCostCtrlr", "Currency", NULL, SCOPE_STATION, STR, RW, "EUR", NULL, NULL, 3, 3, false },
	{ "TariffCostCtrlr", "TariffFallbackMessage", NULL, SCOPE_STATION, STR, RW, "", NULL, NULL, 0, 255, false },
	{ "TariffCostCtrlr", "TotalCostFallbackMessage", NULL, SCOPE_STATION, STR, RW, "", NULL, NULL, 0, 255, false },
	{ "TxCtrlr", "StopTxOnEVSideDisconnect", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "TxCtrlr", "StopTxOnInvalidId", NULL, SCOPE_STATION, BOOL, RW, "true", NULL, NULL, 0, 0, false },
	{ "TxCtrlr", "TxStartPoint", NULL, SCOPE_STATION, MEM, RO, "Authorized,EVConnected", NULL, "Authorized,EVConnected,PowerPathClosed", 0, 0, false },
	{ "TxCtrlr", "TxStopPoint", NULL, SCOPE_STATION, MEM, RO, "Authorized,EVConnected", NULL, "Authorized,EVConnected,PowerPathClosed", 0, 0, false },

	{ "EVSE", "Available", NULL, SCOPE_EVSE, BOOL, RO, "true", NULL, NULL, 0, 0, false },
	{ "EVSE", "AvailabilityState", NULL, SCOPE_EVSE, OPT, RO, "Available", NULL, STATES, 0, 0, false },
	{ "EVSE", "Power", NULL, SCOPE_EVSE, DEC, RO, "0", "W", NULL, 0, 11000, false },
	{ "EVSE", "SupplyPhases", NULL, SCOPE_EVSE, INT, RO, "3", NULL, NULL, 0, 0, false },
	{ "Connector", "Available", NULL, SCOPE_CONNECTOR, BOOL, RO, "true", NULL, NULL, 0, 0, false },
	{ "Connector", "AvailabilityState", NULL, SCOPE_CONNECTOR, OPT, RO, "Available", NULL, STATES, 0, 0, false },
	{ "Connector", "ConnectorType", NULL, SCOPE_CONNECTOR, STR, RO, "cCCS2", NULL, NULL, 0, 20, false },
	{ "Connector", "SupplyPhases", NULL, SCOPE_CONNECTOR, INT, RO, "3", NULL, NULL, 0, 0, false },
};
/* clang-format on */

const int variable_count = sizeof(variable_rows) / sizeof(variable_rows[0]);

/* ---- reading ---- */

struct slice
variables_text(const struct station *st, int variable)
{
	if (st->values != NULL && st->values[variable] != NULL)
		return slice_cstr(st->values[variable]);
	return slice_cstr(variable_rows[variable].value);
}

int64_t
variables_int(const struct station *st, int variable)
{
	long long value = 0;

	slice_to_int64(variables_text(st, variable), INT32_MIN, INT32_MAX, &value);
	return value;
}

static bool
is_row(const struct variable_row *row, const char *component, const char *variable)
{
	return strcmp(row->component, component) == 0 && strcmp(row->variable, variable) == 0;
}

static struct slice
status_text(const struct evse *evse)
{
	return ocpp_enum_text(&ocpp_enum_connector_status, (int)evse_status(evse));
}

static struct slice
print(char buffer[VARIABLE_VALUE_MAX], long long value)
{
	snprintf(buffer, VARIABLE_VALUE_MAX, "%lld", value);
	return slice_cstr(buffer);
}

/* Values that are not stored but looked up. */
struct slice
variables_read(
    struct station *st, int variable, int32_t evse_id, char buffer[VARIABLE_VALUE_MAX])
{
	const struct variable_row *row = &variable_rows[variable];
	const struct evse *evse = station_evse(st, evse_id);

	if (evse != NULL && strcmp(row->variable, "AvailabilityState") == 0)
		return status_text(evse);
	if (evse != NULL && strcmp(row->variable, "Power") == 0)
		return print(buffer, (long long)evse->power_w);
	if (is_row(row, "ClockCtrlr", "DateTime"))
		return slice_from(buffer, clock_format(clock_wall(), 0, buffer));
	if (is_row(row, "SecurityCtrlr", "SecurityProfile"))
		return print(buffer, st->fleet->options->profile);
	if (is_row(row, "DisplayMessageCtrlr", "DisplayMessages"))
		return print(buffer, (long long)store_count(&st->messages));
	if (is_row(row, "LocalAuthListCtrlr", "Entries"))
		return print(buffer, (long long)store_count(&st->tokens));
	if (is_row(row, "SmartChargingCtrlr", "Entries"))
		return print(buffer, (long long)store_count(&st->profiles));
	if (is_row(row, "SecurityCtrlr", "CertificateEntries"))
		return print(buffer, (long long)store_count(&st->certificates));
	return variables_text(st, variable);
}

/* ---- writing ---- */

static bool
in_list(struct slice word, const char *list)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");

		if (slice_equal(word, slice_from(list, len)))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

static bool
all_in_list(struct slice words, const char *list)
{
	size_t at = 0;

	while (at <= words.len) {
		size_t end = at;

		while (end < words.len && words.ptr[end] != ',')
			end++;
		if (words.len > 0 && !in_list(slice_from(words.ptr + at, end - at), list))
			return false;
		at = end + 1;
	}
	return true;
}

static bool
is_good(const struct variable_row *row, struct slice value)
{
	long long number;

	switch (row->type) {
	case OCPP_DATA_INTEGER:
		return slice_to_int64(value, row->max == 0 ? INT32_MIN : row->min,
		    row->max == 0 ? INT32_MAX : row->max, &number);
	case OCPP_DATA_BOOLEAN:
		return slice_equal(value, SLICE("true")) || slice_equal(value, SLICE("false"));
	case OCPP_DATA_OPTION_LIST: return in_list(value, row->list);
	case OCPP_DATA_SEQUENCE_LIST:
	case OCPP_DATA_MEMBER_LIST: return all_in_list(value, row->list);
	case OCPP_DATA_STRING:
		return row->max == 0 ||
		       (value.len >= (size_t)row->min && value.len <= (size_t)row->max);
	case OCPP_DATA_DECIMAL:
	case OCPP_DATA_DATE_TIME: return value.len > 0;
	case OCPP_DATA_ABSENT: return false;
	}
	return false;
}

static void
keep(struct station *st, int variable, struct slice value)
{
	char *copy = malloc(value.len + 1);

	if (st->values == NULL)
		st->values = calloc((size_t)variable_count, sizeof(*st->values));
	if (st->values == NULL || copy == NULL)
		abort();
	memcpy(copy, value.ptr, value.len);
	copy[value.len] = '\0';
	free(st->values[variable]);
	st->values[variable] = copy;
}

/* A01: the next connection uses it; this one stays. */
static void
change_password(struct station *st, struct slice value)
{
	char *copy = strndup(value.ptr, value.len);

	if (copy == NULL)
		abort();
	free(st->password);
	st->password = copy;
	fleet_truth(st, "password-changed", NULL);
	commands_reconnect_soon(st);
}

enum ocpp_set_variable_status
variables_write(struct station *st, int variable, struct slice value)
{
	const struct variable_row *row = &variable_rows[variable];

	if (row->mutability == RO || !is_good(row, value))
		return OCPP_SET_VARIABLE_STATUS_REJECTED;
	if (variable == VARIABLE_PASSWORD) {
		change_password(st, value);
		return OCPP_SET_VARIABLE_STATUS_ACCEPTED;
	}
	keep(st, variable, value);
	if (variable == VARIABLE_HEARTBEAT_INTERVAL)
		station_set_heartbeat(st, (int)variables_int(st, variable));
	return row->reboot ? OCPP_SET_VARIABLE_STATUS_REBOOT_REQUIRED
			   : OCPP_SET_VARIABLE_STATUS_ACCEPTED;
}

void
variables_set(struct station *st, int variable, struct slice value)
{
	keep(st, variable, value);
}

void
variables_free(struct station *st)
{
	if (st->values == NULL)
		return;
	for (int i = 0; i < variable_count; i++)
		free(st->values[i]);
	free(st->values);
	st->values = NULL;
}

/* ---- finding ---- */

static bool
same_component(
    struct station *st, const struct variable_row *row, const struct ocpp_component *component)
{
	const struct ocpp_evse *evse = component->evse;

	if (!slice_equal_nocase(component->name, slice_cstr(row->component)) ||
	    component->instance.ptr != NULL)
		return false;
	if (row->scope == SCOPE_STATION)
		return evse == NULL;
	if (evse == NULL || station_evse(st, evse->id) == NULL)
		return false;
	if (row->scope == SCOPE_EVSE)
		return (evse->has & OCPP_EVSE_HAS_CONNECTOR_ID) == 0;
	return (evse->has & OCPP_EVSE_HAS_CONNECTOR_ID) != 0 && evse->connector_id == 1;
}

static bool
same_variable(const struct variable_row *row, const struct ocpp_variable *variable)
{
	return variable == NULL ||
	       (slice_equal_nocase(variable->name, slice_cstr(row->variable)) &&
		   slice_equal_nocase(variable->instance, slice_cstr(row->instance)));
}

enum variable_lookup
variables_find(struct station *st, const struct ocpp_component *component,
    const struct ocpp_variable *variable, int *variable_out, int32_t *evse_out)
{
	enum variable_lookup result = LOOKUP_NO_COMPONENT;

	for (int i = 0; i < variable_count; i++) {
		if (!same_component(st, &variable_rows[i], component))
			continue;
		result = LOOKUP_NO_VARIABLE;
		if (!same_variable(&variable_rows[i], variable))
			continue;
		*variable_out = i;
		*evse_out = component->evse == NULL ? 0 : component->evse->id;
		return LOOKUP_FOUND;
	}
	return result;
}
