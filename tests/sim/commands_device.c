/*
 * Commands about the device as such: variables, reports, reset, availability (blocks B and G).
 */
#include "tests/sim/commands.h"

#include <stdlib.h>

#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"
#include "tests/sim/variables.h"

/* Variables per NotifyReport: with these a message stays below 4 KB. */
enum { REPORT_ITEMS = 12 };
enum { NETWORK_SLOTS = 3 };

/* ---- variables ---- */

static enum ocpp_get_variable_status
get_variable(
    struct station *st, const struct ocpp_get_variable_data *data, struct slice *value_out)
{
	int variable;
	int32_t evse;

	switch (variables_find(st, data->component, data->variable, &variable, &evse)) {
	case LOOKUP_NO_COMPONENT: return OCPP_GET_VARIABLE_STATUS_UNKNOWN_COMPONENT;
	case LOOKUP_NO_VARIABLE: return OCPP_GET_VARIABLE_STATUS_UNKNOWN_VARIABLE;
	case LOOKUP_FOUND: break;
	}
	if (data->attribute_type != OCPP_ATTRIBUTE_ACTUAL)
		return OCPP_GET_VARIABLE_STATUS_NOT_SUPPORTED_ATTRIBUTE_TYPE;
	if (variable_rows[variable].mutability == OCPP_MUTABILITY_WRITE_ONLY)
		return OCPP_GET_VARIABLE_STATUS_REJECTED;
	*value_out = variables_read(st, variable, evse, command_alloc(st, VARIABLE_VALUE_MAX));
	return OCPP_GET_VARIABLE_STATUS_ACCEPTED;
}

void
command_get_variables(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_variables_request *in = request;
	struct ocpp_get_variables_response *out = response;
	size_t count = in->get_variable_data.count;

	out->get_variable_result.count = count;
	out->get_variable_result.items =
	    command_alloc(st, count * sizeof(*out->get_variable_result.items));
	for (size_t i = 0; i < count; i++) {
		const struct ocpp_get_variable_data *data = &in->get_variable_data.items[i];
		struct ocpp_get_variable_result *result = &out->get_variable_result.items[i];

		result->component = data->component;
		result->variable = data->variable;
		result->attribute_type = data->attribute_type;
		result->attribute_status = get_variable(st, data, &result->attribute_value);
	}
}

static enum ocpp_set_variable_status
set_variable(struct station *st, const struct ocpp_set_variable_data *data)
{
	int variable;
	int32_t evse;

	switch (variables_find(st, data->component, data->variable, &variable, &evse)) {
	case LOOKUP_NO_COMPONENT: return OCPP_SET_VARIABLE_STATUS_UNKNOWN_COMPONENT;
	case LOOKUP_NO_VARIABLE: return OCPP_SET_VARIABLE_STATUS_UNKNOWN_VARIABLE;
	case LOOKUP_FOUND: break;
	}
	if (data->attribute_type != OCPP_ATTRIBUTE_ACTUAL)
		return OCPP_SET_VARIABLE_STATUS_NOT_SUPPORTED_ATTRIBUTE_TYPE;
	return variables_write(st, variable, data->attribute_value);
}

void
command_set_variables(struct station *st, const void *request, void *response)
{
	const struct ocpp_set_variables_request *in = request;
	struct ocpp_set_variables_response *out = response;
	size_t count = in->set_variable_data.count;

	out->set_variable_result.count = count;
	out->set_variable_result.items =
	    command_alloc(st, count * sizeof(*out->set_variable_result.items));
	for (size_t i = 0; i < count; i++) {
		const struct ocpp_set_variable_data *data = &in->set_variable_data.items[i];
		struct ocpp_set_variable_result *result = &out->set_variable_result.items[i];

		result->component = data->component;
		result->variable = data->variable;
		result->attribute_type = data->attribute_type;
		result->attribute_status = set_variable(st, data);
	}
}

/* ---- reports: a list of variables, sent part by part ---- */

struct report_item {
	int variable;
	int32_t evse; /* 0: the station's own */
};

/* Lives until the last part is answered, or the connection breaks. */
struct report {
	int32_t request, seq_no;
	size_t count, sent;
	struct report_item items[];
};

struct part {
	struct ocpp_report_data data[REPORT_ITEMS];
	struct ocpp_component components[REPORT_ITEMS];
	struct ocpp_evse evses[REPORT_ITEMS];
	struct ocpp_variable variables[REPORT_ITEMS];
	struct ocpp_variable_attribute attributes[REPORT_ITEMS];
	struct ocpp_variable_characteristics characteristics[REPORT_ITEMS];
	char buffers[REPORT_ITEMS][VARIABLE_VALUE_MAX];
};

static void
fill_characteristics(
    const struct variable_row *row, struct ocpp_variable_characteristics *characteristics)
{
	characteristics->data_type = row->type;
	characteristics->unit = slice_cstr(row->unit);
	characteristics->values_list = slice_cstr(row->list);
	characteristics->supports_monitoring = row->scope != SCOPE_STATION;
	if (row->max == 0)
		return;
	characteristics->min_limit = message_decimal((double)row->min, 0);
	characteristics->max_limit = message_decimal((double)row->max, 0);
	characteristics->has |= OCPP_VARIABLE_CHARACTERISTICS_HAS_MAX_LIMIT;
	if (row->type != OCPP_DATA_STRING)
		characteristics->has |= OCPP_VARIABLE_CHARACTERISTICS_HAS_MIN_LIMIT;
}

static void
fill_item(struct station *st, const struct report_item *item, struct part *part, size_t i)
{
	const struct variable_row *row = &variable_rows[item->variable];

	part->evses[i].id = item->evse;
	if (row->scope == SCOPE_CONNECTOR) {
		part->evses[i].connector_id = 1;
		part->evses[i].has = OCPP_EVSE_HAS_CONNECTOR_ID;
	}
	part->components[i].name = slice_cstr(row->component);
	part->components[i].evse = item->evse == 0 ? NULL : &part->evses[i];
	part->variables[i].name = slice_cstr(row->variable);
	part->variables[i].instance = slice_cstr(row->instance);
	part->attributes[i].type = OCPP_ATTRIBUTE_ACTUAL;
	part->attributes[i].mutability = row->mutability;
	if (row->mutability != OCPP_MUTABILITY_WRITE_ONLY)
		part->attributes[i].value =
		    variables_read(st, item->variable, item->evse, part->buffers[i]);
	fill_characteristics(row, &part->characteristics[i]);
	part->data[i].component = &part->components[i];
	part->data[i].variable = &part->variables[i];
	part->data[i].variable_attribute.items = &part->attributes[i];
	part->data[i].variable_attribute.count = 1;
	part->data[i].variable_characteristics = &part->characteristics[i];
}

static void part_answered(
    struct station *st, enum call_outcome outcome, const void *answer, intptr_t argument);

static void
send_part(struct station *st, struct report *report)
{
	struct part part = { 0 };
	struct ocpp_notify_report_request request = {
		.request_id = report->request,
		.seq_no = report->seq_no++,
		.generated_at = message_now(),
		.report_data = { part.data, 0 },
	};

	while (request.report_data.count < REPORT_ITEMS && report->sent < report->count)
		fill_item(
		    st, &report->items[report->sent++], &part, request.report_data.count++);
	request.tbc = report->sent < report->count;
	request.has = OCPP_NOTIFY_REPORT_REQUEST_HAS_TBC;
	call_send_report(
	    st, OCPP_ACTION_NOTIFY_REPORT, &request, part_answered, (intptr_t)report);
}

static void
part_answered(
    struct station *st, enum call_outcome outcome, const void *answer, intptr_t argument)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): it was given as this */
	struct report *report = (struct report *)argument;

	(void)answer;
	if (outcome == CALL_ANSWERED && report->sent < report->count)
		send_part(st, report);
	else
		free(report);
}

/* ---- choosing what is reported ---- */

typedef bool chooses(struct station *st, const struct report_item *item, const void *by);

/* NULL when nothing is chosen. */
static struct report *
make_report(struct station *st, int32_t request, chooses *chosen, const void *by)
{
	size_t most = (size_t)variable_count * (st->evse_count + 1);
	struct report *report = calloc(1, sizeof(*report) + most * sizeof(report->items[0]));

	if (report == NULL)
		abort();
	report->request = request;
	for (int variable = 0; variable < variable_count; variable++) {
		bool own = variable_rows[variable].scope == SCOPE_STATION;

		for (int32_t evse = own ? 0 : 1; evse <= (own ? 0 : (int32_t)st->evse_count);
		     evse++) {
			const struct report_item item = { variable, evse };

			if (chosen(st, &item, by))
				report->items[report->count++] = item;
		}
	}
	if (report->count > 0)
		return report;
	free(report);
	return NULL;
}

static enum ocpp_generic_device_model_status
start_report(struct station *st, struct report *report)
{
	if (report == NULL)
		return OCPP_GENERIC_DEVICE_MODEL_STATUS_EMPTY_RESULT_SET;
	send_part(st, report);
	return OCPP_GENERIC_DEVICE_MODEL_STATUS_ACCEPTED;
}

static bool
in_base(struct station *st, const struct report_item *item, const void *by)
{
	const struct variable_row *row = &variable_rows[item->variable];

	(void)st;
	switch (*(const enum ocpp_report_base *)by) {
	case OCPP_REPORT_BASE_FULL_INVENTORY: return true;
	case OCPP_REPORT_BASE_CONFIGURATION_INVENTORY:
		return row->mutability != OCPP_MUTABILITY_READ_ONLY;
	case OCPP_REPORT_BASE_SUMMARY_INVENTORY:
		return strcmp(row->variable, "AvailabilityState") == 0 ||
		       strcmp(row->variable, "Available") == 0;
	case OCPP_REPORT_BASE_ABSENT: break;
	}
	return false;
}

void
command_get_base_report(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_base_report_request *in = request;
	struct ocpp_get_base_report_response *out = response;

	out->status =
	    start_report(st, make_report(st, in->request_id, in_base, &in->report_base));
}

/* B08.FR.20 to .25: what is left out stands for all. */
static bool
asks_for(const struct ocpp_component_variable *asked, const struct report_item *item)
{
	const struct variable_row *row = &variable_rows[item->variable];
	const struct ocpp_component *component = asked->component;

	if (!slice_equal_nocase(component->name, slice_cstr(row->component)) ||
	    component->instance.ptr != NULL)
		return false;
	if (component->evse != NULL && component->evse->id != item->evse)
		return false;
	if (asked->variable == NULL)
		return true;
	return slice_equal_nocase(asked->variable->name, slice_cstr(row->variable)) &&
	       (asked->variable->instance.ptr == NULL ||
		   slice_equal_nocase(asked->variable->instance, slice_cstr(row->instance)));
}

/*
 * A component without the variable that the criterion names counts as active, available, enabled (B08.FR.07
 * to .09), but not as a problem (.10); all of ours that have it have it true.
 */
static bool
meets_criteria(const struct ocpp_get_report_request *in)
{
	for (size_t i = 0; i < in->component_criteria.count; i++)
		if (in->component_criteria.items[i] != OCPP_COMPONENT_CRITERION_PROBLEM)
			return true;
	return in->component_criteria.count == 0;
}

static bool
in_report(struct station *st, const struct report_item *item, const void *by)
{
	const struct ocpp_get_report_request *in = by;

	(void)st;
	if (!meets_criteria(in))
		return false;
	for (size_t i = 0; i < in->component_variable.count; i++)
		if (asks_for(&in->component_variable.items[i], item))
			return true;
	return in->component_variable.count == 0;
}

void
command_get_report(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_report_request *in = request;
	struct ocpp_get_report_response *out = response;

	out->status = start_report(st, make_report(st, in->request_id, in_report, in));
}

/* ---- network, reset, availability ---- */

void
command_set_network_profile(struct station *st, const void *request, void *response)
{
	const struct ocpp_set_network_profile_request *in = request;
	struct ocpp_set_network_profile_response *out = response;
	const struct ocpp_network_connection_profile *data = in->connection_data;

	/* It is accepted, and no more: a simulated station stays with its central system. */
	if (in->configuration_slot < 1 || in->configuration_slot > NETWORK_SLOTS ||
	    data->security_profile < 1 || data->security_profile > 3 ||
	    data->ocpp_csms_url.len == 0) {
		out->status = OCPP_SET_NETWORK_PROFILE_STATUS_REJECTED;
		out->status_info = command_info(st, "InvalidNetworkConf");
		return;
	}
	out->status = OCPP_SET_NETWORK_PROFILE_STATUS_ACCEPTED;
}

void
command_reset(struct station *st, const void *request, void *response)
{
	const struct ocpp_reset_request *in = request;
	struct ocpp_reset_response *out = response;

	/* EVSEs cannot be reset by themselves (B11.FR.09). */
	if ((in->has & OCPP_RESET_REQUEST_HAS_EVSE_ID) != 0) {
		out->status = OCPP_RESET_STATUS_REJECTED;
		out->status_info = command_info(st, "UnsupportedRequest");
		return;
	}
	if (in->type == OCPP_RESET_ON_IDLE && station_is_charging(st)) {
		out->status = OCPP_RESET_STATUS_SCHEDULED;
		st->reset_when_idle = OCPP_BOOT_REASON_SCHEDULED_RESET;
		return;
	}
	out->status = OCPP_RESET_STATUS_ACCEPTED;
	commands_reset_soon(st, OCPP_BOOT_REASON_REMOTE_RESET);
}

/* True: it waits for the end of a transaction. */
static bool
change_one(struct evse *evse, bool inoperative)
{
	if (evse->transaction != NULL && evse->inoperative != inoperative) {
		evse->change_scheduled = true;
		evse->scheduled_inoperative = inoperative;
		return true;
	}
	evse->change_scheduled = false;
	evse_set_inoperative(evse, inoperative);
	return false;
}

void
command_change_availability(struct station *st, const void *request, void *response)
{
	const struct ocpp_change_availability_request *in = request;
	struct ocpp_change_availability_response *out = response;
	bool inoperative = in->operational_status == OCPP_OPERATIONAL_STATUS_INOPERATIVE;
	int32_t id = in->evse == NULL ? 0 : in->evse->id;
	bool scheduled = false;

	if (id != 0 && station_evse(st, id) == NULL) {
		out->status = OCPP_CHANGE_AVAILABILITY_STATUS_REJECTED;
		out->status_info = command_info(st, "UnknownEvse");
		return;
	}
	for (unsigned i = 0; i < st->evse_count; i++)
		if (id == 0 || st->evses[i].id == id)
			scheduled |= change_one(&st->evses[i], inoperative);
	out->status = scheduled ? OCPP_CHANGE_AVAILABILITY_STATUS_SCHEDULED
				: OCPP_CHANGE_AVAILABILITY_STATUS_ACCEPTED;
}
