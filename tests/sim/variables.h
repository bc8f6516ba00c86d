/*
 * variables.h - the device model of a simulated station: one table of standard variables.
 *
 * A row stands for one variable of the station, or one of each EVSE or connector.  Values that were never
 * written cost nothing: the table's default counts.
 */
#ifndef V2G_TESTS_SIM_VARIABLES_H
#define V2G_TESTS_SIM_VARIABLES_H

#include "ocpp/ocpp_types.h"

struct station;

/* Variables that the simulator itself asks for; their rows come first, in this order. */
enum variable {
	VARIABLE_HEARTBEAT_INTERVAL,
	VARIABLE_MESSAGE_ATTEMPTS,
	VARIABLE_MESSAGE_ATTEMPT_INTERVAL,
	VARIABLE_TX_UPDATED_INTERVAL,
	VARIABLE_FIRMWARE_VERSION,
	VARIABLE_EV_CONNECTION_TIMEOUT,
	VARIABLE_ORGANISATION,
	VARIABLE_PASSWORD,
	VARIABLE_ITEMS_GET_REPORT,
	VARIABLE_ITEMS_GET_VARIABLES,
	VARIABLE_ITEMS_SET_VARIABLES,
	VARIABLE_AUTHORIZE_REMOTE_START,
	VARIABLE_MONITORING_BASE,
	VARIABLE_MONITORING_LEVEL,
	VARIABLE_OTHERS, /* rows from here have no name of their own */
};

enum variable_scope { SCOPE_STATION, SCOPE_EVSE, SCOPE_CONNECTOR };

#define VARIABLE_VALUE_MAX 64

struct variable_row {
	const char *component, *variable, *instance; /* instance of the variable; NULL: none */
	enum variable_scope scope;
	enum ocpp_data type;
	enum ocpp_mutability mutability;
	const char *value; /* default */
	const char *unit, *list; /* NULL: none */
	int64_t min, max; /* integers, and lengths of strings; max 0: no bounds */
	bool reboot; /* takes effect after a reboot */
};

extern const struct variable_row variable_rows[];
extern const int variable_count;

int64_t variables_int(const struct station *st, int variable);
/* Borrowed until it is set. */
struct slice variables_text(const struct station *st, int variable);
/* As it would be reported; `buffer` may be used for it.  EVSE 0 for variables of the station. */
struct slice variables_read(
    struct station *st, int variable, int32_t evse, char buffer[VARIABLE_VALUE_MAX]);
enum ocpp_set_variable_status variables_write(
    struct station *st, int variable, struct slice value);
/* By the station itself, whatever the mutability. */
void variables_set(struct station *st, int variable, struct slice value);
void variables_free(struct station *st);

enum variable_lookup { LOOKUP_FOUND, LOOKUP_NO_COMPONENT, LOOKUP_NO_VARIABLE };

/* `variable` NULL: any (the first of the component). */
enum variable_lookup variables_find(struct station *st, const struct ocpp_component *component,
    const struct ocpp_variable *variable, int *variable_out, int32_t *evse_out);

#endif
