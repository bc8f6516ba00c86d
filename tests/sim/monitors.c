#include "tests/sim/monitors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/sim/call.h"
#include "tests/sim/commands.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/station.h"
#include "tests/sim/store.h"
#include "tests/sim/variables.h"

#define LOOK_SECONDS 1.0
enum { SEVERITY_MOST = 9 };

/* What a monitor remembers between two looks. */
struct monitor {
	int variable;
	int32_t evse;
	bool alerted; /* thresholds: the alert has been sent, not yet its end */
	int64_t told_mono; /* periodic */
	char value[VARIABLE_VALUE_MAX]; /* delta: at the last event */
};

static const struct ocpp_set_monitoring_data *
data_of(const struct stored *item)
{
	return item->object;
}

/* ---- events ---- */

static void
send_event(struct station *st, const struct stored *item, struct slice value,
    enum ocpp_event_trigger trigger, bool cleared)
{
	const struct ocpp_set_monitoring_data *data = data_of(item);
	struct ocpp_event_data event = {
		.event_id = ++st->next_event_id,
		.timestamp = message_now(),
		.trigger = trigger,
		.actual_value = value,
		.cleared = cleared,
		.component = data->component,
		.variable = data->variable,
		.variable_monitoring_id = item->id,
		.event_notification_type = OCPP_EVENT_NOTIFICATION_CUSTOM_MONITOR,
		.has = OCPP_EVENT_DATA_HAS_VARIABLE_MONITORING_ID,
	};
	struct ocpp_notify_event_request request = {
		.generated_at = event.timestamp,
		.seq_no = 0,
		.event_data = { &event, 1 },
	};

	if (trigger == OCPP_EVENT_TRIGGER_ALERTING)
		event.has |= OCPP_EVENT_DATA_HAS_CLEARED;
	call_send(st, OCPP_ACTION_NOTIFY_EVENT, &request, NULL, 0);
}

static void
look_at_threshold(struct station *st, struct stored *item, struct slice value)
{
	struct monitor *monitor = item->state;
	const struct ocpp_set_monitoring_data *data = data_of(item);
	double number = strtod(value.ptr, NULL), limit = message_double(&data->value);
	bool past =
	    data->type == OCPP_MONITOR_UPPER_THRESHOLD ? number > limit : number < limit;

	if (past == monitor->alerted)
		return;
	monitor->alerted = past;
	send_event(st, item, value, OCPP_EVENT_TRIGGER_ALERTING, !past);
}

static void
look_at_delta(struct station *st, struct stored *item, struct slice value)
{
	struct monitor *monitor = item->state;
	double limit = message_double(&data_of(item)->value);
	bool numeric = variable_rows[monitor->variable].type == OCPP_DATA_DECIMAL ||
		       variable_rows[monitor->variable].type == OCPP_DATA_INTEGER;
	bool changed =
	    numeric ? fabs(strtod(value.ptr, NULL) - strtod(monitor->value, NULL)) >= limit
		    : !slice_equal(value, slice_cstr(monitor->value));

	if (!changed || (numeric && limit <= 0))
		return;
	message_keep(monitor->value, sizeof(monitor->value), value);
	send_event(st, item, value, OCPP_EVENT_TRIGGER_DELTA, false);
}

static void
look_at_period(struct station *st, struct stored *item, struct slice value)
{
	struct monitor *monitor = item->state;
	int64_t period = (int64_t)(message_double(&data_of(item)->value) * 1e6);

	if (clock_mono() - monitor->told_mono < period)
		return;
	monitor->told_mono = clock_mono();
	send_event(st, item, value, OCPP_EVENT_TRIGGER_PERIODIC, false);
}

static void
look_at(struct station *st, struct stored *item)
{
	const struct monitor *monitor = item->state;
	char buffer[VARIABLE_VALUE_MAX] = "";
	struct slice value = variables_read(st, monitor->variable, monitor->evse, buffer);

	switch (data_of(item)->type) {
	case OCPP_MONITOR_UPPER_THRESHOLD:
	case OCPP_MONITOR_LOWER_THRESHOLD: look_at_threshold(st, item, value); break;
	case OCPP_MONITOR_DELTA: look_at_delta(st, item, value); break;
	case OCPP_MONITOR_PERIODIC:
	case OCPP_MONITOR_PERIODIC_CLOCK_ALIGNED: look_at_period(st, item, value); break;
	case OCPP_MONITOR_ABSENT: break;
	}
}

static void
on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct station *st = timer->data;
	int64_t level = variables_int(st, VARIABLE_MONITORING_LEVEL);

	(void)events;
	if (list_empty(&st->monitors))
		ev_timer_stop(loop, timer);
	if (!station_is_ready(st))
		return;
	list_foreach (node, &st->monitors) {
		struct stored *item = store_of(node);

		if (data_of(item)->severity <= level)
			look_at(st, item);
	}
}

void
monitors_init(struct station *st)
{
	ev_timer_init(&st->monitor, on_look, LOOK_SECONDS, LOOK_SECONDS);
	st->monitor.data = st;
}

void
monitors_free(struct station *st)
{
	ev_timer_stop(st->fleet->loop, &st->monitor);
}

/* ---- setting ---- */

static bool
same_place(const struct stored *item, int variable, int32_t evse)
{
	const struct monitor *monitor = item->state;

	return monitor->variable == variable && monitor->evse == evse;
}

/* N04.FR.10 */
static bool
is_duplicate(
    struct station *st, const struct ocpp_set_monitoring_data *data, int variable, int32_t evse)
{
	bool named = (data->has & OCPP_SET_MONITORING_DATA_HAS_ID) != 0;

	list_foreach (node, &st->monitors) {
		struct stored *item = store_of(node);

		if (same_place(item, variable, evse) && data_of(item)->type == data->type &&
		    data_of(item)->severity == data->severity &&
		    !(named && item->id == data->id))
			return true;
	}
	return false;
}

/* N04.FR.05, .06, .12 to .16 */
static enum ocpp_set_monitoring_status
set_verdict(
    struct station *st, const struct ocpp_set_monitoring_data *data, int variable, int32_t evse)
{
	const struct variable_row *row = &variable_rows[variable];
	const struct stored *old = store_find(&st->monitors, data->id);
	bool threshold = data->type == OCPP_MONITOR_UPPER_THRESHOLD ||
			 data->type == OCPP_MONITOR_LOWER_THRESHOLD;
	bool numeric = row->type == OCPP_DATA_DECIMAL || row->type == OCPP_DATA_INTEGER;
	double value = message_double(&data->value);

	if (threshold && !numeric)
		return OCPP_SET_MONITORING_STATUS_UNSUPPORTED_MONITOR_TYPE;
	if (threshold && row->max != 0 &&
	    (value < (double)row->min || value > (double)row->max))
		return OCPP_SET_MONITORING_STATUS_REJECTED;
	if (data->type == OCPP_MONITOR_DELTA && value < 0)
		return OCPP_SET_MONITORING_STATUS_REJECTED;
	if ((data->has & OCPP_SET_MONITORING_DATA_HAS_ID) != 0 &&
	    (old == NULL || !same_place(old, variable, evse)))
		return OCPP_SET_MONITORING_STATUS_REJECTED;
	if (is_duplicate(st, data, variable, evse))
		return OCPP_SET_MONITORING_STATUS_DUPLICATE;
	return OCPP_SET_MONITORING_STATUS_ACCEPTED;
}

static int32_t
store(struct station *st, struct ocpp_set_monitoring_data *data, int variable, int32_t evse)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));
	struct stored *old = NULL, *item;
	char buffer[VARIABLE_VALUE_MAX] = "";
	int32_t id = data->id;

	if (monitor == NULL)
		abort();
	if ((data->has & OCPP_SET_MONITORING_DATA_HAS_ID) != 0)
		old = store_find(&st->monitors, id);
	else
		id = ++st->next_monitor;
	if (old != NULL)
		store_drop(old);
	item = store_add(&st->monitors, &ocpp_type_set_monitoring_data, data, id);
	monitor->variable = variable;
	monitor->evse = evse;
	monitor->told_mono = clock_mono();
	message_keep(
	    monitor->value, sizeof(monitor->value), variables_read(st, variable, evse, buffer));
	item->state = monitor;
	ev_timer_again(st->fleet->loop, &st->monitor);
	return id;
}

static void
set_one(struct station *st, struct ocpp_set_monitoring_data *data,
    struct ocpp_set_monitoring_result *result)
{
	int variable;
	int32_t evse;

	result->component = data->component;
	result->variable = data->variable;
	result->type = data->type;
	result->severity = data->severity;
	switch (variables_find(st, data->component, data->variable, &variable, &evse)) {
	case LOOKUP_NO_COMPONENT:
		result->status = OCPP_SET_MONITORING_STATUS_UNKNOWN_COMPONENT;
		return;
	case LOOKUP_NO_VARIABLE:
		result->status = OCPP_SET_MONITORING_STATUS_UNKNOWN_VARIABLE;
		return;
	case LOOKUP_FOUND: break;
	}
	result->status = set_verdict(st, data, variable, evse);
	result->id = data->id;
	result->has =
	    data->has & OCPP_SET_MONITORING_DATA_HAS_ID ? OCPP_SET_MONITORING_RESULT_HAS_ID : 0;
	if (result->status != OCPP_SET_MONITORING_STATUS_ACCEPTED)
		return;
	result->id = store(st, data, variable, evse);
	result->has = OCPP_SET_MONITORING_RESULT_HAS_ID;
}

void
command_set_variable_monitoring(struct station *st, const void *request, void *response)
{
	const struct ocpp_set_variable_monitoring_request *in = request;
	struct ocpp_set_variable_monitoring_response *out = response;
	size_t count = in->set_monitoring_data.count;

	out->set_monitoring_result.count = count;
	out->set_monitoring_result.items =
	    command_alloc(st, count * sizeof(*out->set_monitoring_result.items));
	for (size_t i = 0; i < count; i++)
		set_one(st, &in->set_monitoring_data.items[i],
		    &out->set_monitoring_result.items[i]);
}

void
command_clear_variable_monitoring(struct station *st, const void *request, void *response)
{
	const struct ocpp_clear_variable_monitoring_request *in = request;
	struct ocpp_clear_variable_monitoring_response *out = response;

	out->clear_monitoring_result.count = in->id.count;
	out->clear_monitoring_result.items =
	    command_alloc(st, in->id.count * sizeof(*out->clear_monitoring_result.items));
	for (size_t i = 0; i < in->id.count; i++) {
		struct ocpp_clear_monitoring_result *result =
		    &out->clear_monitoring_result.items[i];
		struct stored *item = store_find(&st->monitors, in->id.items[i]);

		result->id = in->id.items[i];
		result->status = item == NULL ? OCPP_CLEAR_MONITORING_STATUS_NOT_FOUND
					      : OCPP_CLEAR_MONITORING_STATUS_ACCEPTED;
		if (item != NULL)
			store_drop(item);
	}
}

void
command_set_monitoring_base(struct station *st, const void *request, void *response)
{
	const struct ocpp_set_monitoring_base_request *in = request;
	struct ocpp_set_monitoring_base_response *out = response;

	/* There are no preconfigured monitors, so less than All means none (N03.FR.04, .05). */
	if (in->monitoring_base != OCPP_MONITORING_BASE_ALL)
		store_clear(&st->monitors);
	variables_set(st, VARIABLE_MONITORING_BASE,
	    ocpp_enum_text(&ocpp_enum_monitoring_base, (int)in->monitoring_base));
	out->status = OCPP_GENERIC_DEVICE_MODEL_STATUS_ACCEPTED;
}

void
command_set_monitoring_level(struct station *st, const void *request, void *response)
{
	const struct ocpp_set_monitoring_level_request *in = request;
	struct ocpp_set_monitoring_level_response *out = response;
	char text[16];

	if (in->severity < 0 || in->severity > SEVERITY_MOST) {
		out->status = OCPP_GENERIC_STATUS_REJECTED;
		return;
	}
	snprintf(text, sizeof(text), "%d", in->severity);
	variables_set(st, VARIABLE_MONITORING_LEVEL, slice_cstr(text));
	out->status = OCPP_GENERIC_STATUS_ACCEPTED;
}

/* ---- reporting ---- */

/* N02.FR.12 to .14 */
static enum ocpp_monitoring_criterion
criterion_of(enum ocpp_monitor type)
{
	switch (type) {
	case OCPP_MONITOR_UPPER_THRESHOLD:
	case OCPP_MONITOR_LOWER_THRESHOLD:
		return OCPP_MONITORING_CRITERION_THRESHOLD_MONITORING;
	case OCPP_MONITOR_DELTA: return OCPP_MONITORING_CRITERION_DELTA_MONITORING;
	case OCPP_MONITOR_PERIODIC:
	case OCPP_MONITOR_PERIODIC_CLOCK_ALIGNED:
		return OCPP_MONITORING_CRITERION_PERIODIC_MONITORING;
	case OCPP_MONITOR_ABSENT: break;
	}
	return OCPP_MONITORING_CRITERION_ABSENT;
}

static bool
matches_variable(const struct stored *item, const struct ocpp_component_variable *asked)
{
	const struct ocpp_set_monitoring_data *data = data_of(item);
	const struct monitor *monitor = item->state;

	if (!slice_equal_nocase(asked->component->name, data->component->name))
		return false;
	if (asked->component->evse != NULL && asked->component->evse->id != monitor->evse)
		return false;
	return asked->variable == NULL ||
	       slice_equal_nocase(asked->variable->name, data->variable->name);
}

static bool
is_asked_for(const struct stored *item, const struct ocpp_get_monitoring_report_request *in)
{
	bool kind = in->monitoring_criteria.count == 0,
	     place = in->component_variable.count == 0;

	for (size_t i = 0; i < in->monitoring_criteria.count; i++)
		kind |= in->monitoring_criteria.items[i] == criterion_of(data_of(item)->type);
	for (size_t i = 0; i < in->component_variable.count; i++)
		place |= matches_variable(item, &in->component_variable.items[i]);
	return kind && place;
}

static void
report(struct station *st, const struct stored *item, int32_t request_id, int32_t seq_no,
    bool more)
{
	const struct ocpp_set_monitoring_data *data = data_of(item);
	struct ocpp_variable_monitoring monitoring = {
		.id = item->id,
		.transaction = data->transaction,
		.value = data->value,
		.type = data->type,
		.severity = data->severity,
	};
	struct ocpp_monitoring_data about = {
		.component = data->component,
		.variable = data->variable,
		.variable_monitoring = { &monitoring, 1 },
	};
	struct ocpp_notify_monitoring_report_request request = {
		.monitor = { &about, 1 },
		.request_id = request_id,
		.tbc = more,
		.seq_no = seq_no,
		.generated_at = message_now(),
		.has = OCPP_NOTIFY_MONITORING_REPORT_REQUEST_HAS_TBC,
	};

	call_send(st, OCPP_ACTION_NOTIFY_MONITORING_REPORT, &request, NULL, 0);
}

void
command_get_monitoring_report(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_monitoring_report_request *in = request;
	struct ocpp_get_monitoring_report_response *out = response;
	int32_t count = 0, sent = 0;

	list_foreach (node, &st->monitors)
		count += is_asked_for(store_of(node), in);
	out->status = count == 0 ? OCPP_GENERIC_DEVICE_MODEL_STATUS_EMPTY_RESULT_SET
				 : OCPP_GENERIC_DEVICE_MODEL_STATUS_ACCEPTED;
	list_foreach (node, &st->monitors) {
		struct stored *item = store_of(node);

		if (!is_asked_for(item, in))
			continue;
		report(st, item, in->request_id, sent, sent + 1 < count);
		sent++;
	}
}
