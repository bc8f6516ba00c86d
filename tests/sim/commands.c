#include "tests/sim/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "ocpp/rpc.h"
#include "tests/sim/call.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/options.h"
#include "tests/sim/script.h"
#include "tests/sim/station.h"
#include "tests/sim/transaction.h"

enum { PAYLOAD_MAX = 1 << 20 };
/* A reset waits so long for the last events to be acknowledged (B12.FR.05). */
enum { RESET_LOOKS = 25 };
#define RESET_LOOK_SECONDS 0.2
/* The answer must be out before the connection goes. */
#define RECONNECT_SECONDS 0.5

struct row {
	command_handler *handler;
	bool unaccepted; /* also before the boot is accepted (B02.FR.05 and .06) */
};

static const struct row rows[OCPP_ACTION_COUNT] = {
	[OCPP_ACTION_CANCEL_RESERVATION] = { command_cancel_reservation, false },
	[OCPP_ACTION_CERTIFICATE_SIGNED] = { command_certificate_signed, true },
	[OCPP_ACTION_CHANGE_AVAILABILITY] = { command_change_availability, false },
	[OCPP_ACTION_CLEAR_CACHE] = { command_clear_cache, false },
	[OCPP_ACTION_CLEAR_CHARGING_PROFILE] = { command_clear_charging_profile, false },
	[OCPP_ACTION_CLEAR_DISPLAY_MESSAGE] = { command_clear_display_message, false },
	[OCPP_ACTION_CLEAR_VARIABLE_MONITORING] = { command_clear_variable_monitoring, false },
	[OCPP_ACTION_COST_UPDATED] = { command_cost_updated, false },
	[OCPP_ACTION_CUSTOMER_INFORMATION] = { command_customer_information, false },
	[OCPP_ACTION_DATA_TRANSFER] = { command_data_transfer, false },
	[OCPP_ACTION_DELETE_CERTIFICATE] = { command_delete_certificate, false },
	[OCPP_ACTION_GET_BASE_REPORT] = { command_get_base_report, true },
	[OCPP_ACTION_GET_CHARGING_PROFILES] = { command_get_charging_profiles, false },
	[OCPP_ACTION_GET_COMPOSITE_SCHEDULE] = { command_get_composite_schedule, false },
	[OCPP_ACTION_GET_DISPLAY_MESSAGES] = { command_get_display_messages, false },
	[OCPP_ACTION_GET_INSTALLED_CERTIFICATE_IDS] = { command_get_installed_certificate_ids,
	    false },
	[OCPP_ACTION_GET_LOCAL_LIST_VERSION] = { command_get_local_list_version, false },
	[OCPP_ACTION_GET_LOG] = { command_get_log, false },
	[OCPP_ACTION_GET_MONITORING_REPORT] = { command_get_monitoring_report, false },
	[OCPP_ACTION_GET_REPORT] = { command_get_report, true },
	[OCPP_ACTION_GET_TRANSACTION_STATUS] = { command_get_transaction_status, false },
	[OCPP_ACTION_GET_VARIABLES] = { command_get_variables, true },
	[OCPP_ACTION_INSTALL_CERTIFICATE] = { command_install_certificate, false },
	[OCPP_ACTION_PUBLISH_FIRMWARE] = { command_publish_firmware, false },
	[OCPP_ACTION_REQUEST_START_TRANSACTION] = { command_request_start_transaction, true },
	[OCPP_ACTION_REQUEST_STOP_TRANSACTION] = { command_request_stop_transaction, true },
	[OCPP_ACTION_RESERVE_NOW] = { command_reserve_now, false },
	[OCPP_ACTION_RESET] = { command_reset, true },
	[OCPP_ACTION_SEND_LOCAL_LIST] = { command_send_local_list, false },
	[OCPP_ACTION_SET_CHARGING_PROFILE] = { command_set_charging_profile, false },
	[OCPP_ACTION_SET_DISPLAY_MESSAGE] = { command_set_display_message, false },
	[OCPP_ACTION_SET_MONITORING_BASE] = { command_set_monitoring_base, false },
	[OCPP_ACTION_SET_MONITORING_LEVEL] = { command_set_monitoring_level, false },
	[OCPP_ACTION_SET_NETWORK_PROFILE] = { command_set_network_profile, true },
	[OCPP_ACTION_SET_VARIABLES] = { command_set_variables, true },
	[OCPP_ACTION_SET_VARIABLE_MONITORING] = { command_set_variable_monitoring, false },
	[OCPP_ACTION_TRIGGER_MESSAGE] = { command_trigger_message, true },
	[OCPP_ACTION_UNLOCK_CONNECTOR] = { command_unlock_connector, false },
	[OCPP_ACTION_UNPUBLISH_FIRMWARE] = { command_unpublish_firmware, false },
	[OCPP_ACTION_UPDATE_FIRMWARE] = { command_update_firmware, false },
};

/* ---- for handlers ---- */

void *
command_alloc(struct station *st, size_t size)
{
	void *memory = arena_alloc(&st->fleet->arena, size);

	if (memory == NULL)
		abort();
	return memory;
}

struct ocpp_status_info *
command_info(struct station *st, const char *reason_code)
{
	struct ocpp_status_info *info;

	if (reason_code == NULL)
		return NULL;
	info = command_alloc(st, sizeof(*info));
	info->reason_code = slice_cstr(reason_code);
	return info;
}

/* ---- the frame ---- */

static void
fault_set(struct ocpp_fault *fault, enum ocpp_error code, const char *detail)
{
	*fault = (struct ocpp_fault){ .code = code };
	snprintf(fault->detail, sizeof(fault->detail), "%s", detail);
}

/* False: *fault_out is to be answered. */
static bool
decode_command(struct station *st, const struct ocpp_frame *frame, enum ocpp_action *action_out,
    void **request_out, struct ocpp_fault *fault_out)
{
	int action = ocpp_find_action(OCPP_2_0_1, frame->action);

	if (action < 0) {
		st->fleet->stats.unknown_commands++;
		fault_set(fault_out, OCPP_NOT_IMPLEMENTED, "No such action.");
		return false;
	}
	*action_out = (enum ocpp_action)action;
	if (rows[action].handler == NULL) {
		st->fleet->stats.commands[action].refused++;
		fault_set(fault_out, OCPP_NOT_SUPPORTED, "Stations send this.");
		return false;
	}
	if (!ocpp_decode(ocpp_messages[action].request, OCPP_2_0_1, frame->payload,
		&st->fleet->arena, request_out, fault_out)) {
		st->fleet->stats.commands[action].refused++;
		return false;
	}
	if (!rows[action].unaccepted && !st->registered) {
		st->fleet->stats.commands[action].refused++;
		fault_set(fault_out, OCPP_SECURITY_ERROR, "The boot is not accepted yet.");
		return false;
	}
	return true;
}

void
commands_handle(struct station *st, const struct ocpp_frame *frame, struct buf *answer)
{
	enum ocpp_action action;
	struct ocpp_fault fault;
	struct buf payload;
	void *request, *response;

	if (!decode_command(st, frame, &action, &request, &fault)) {
		fleet_truth(st, "command-refused", "\"action\":\"%.*s\",\"code\":\"%s\"",
		    SLICE_ARGS(frame->action), ocpp_error_name(fault.code));
		ocpp_frame_error(answer, frame->id, &fault);
		return;
	}
	response = command_alloc(st, ocpp_messages[action].response->size);
	rows[action].handler(st, request, response);
	buf_init(&payload, PAYLOAD_MAX);
	message_encode(
	    ocpp_messages[action].response, response, st->fleet->options->check, &payload);
	ocpp_frame_result(answer, frame->id, buf_slice(&payload));
	buf_free(&payload);
	st->fleet->stats.commands[action].answered++;
	script_command(st, action);
	fleet_truth(st, "command", "\"action\":\"%.*s\"", SLICE_ARGS(frame->action));
}

/* ---- connections and boots that follow ---- */

/* The argument is the reason and how often was looked, the latter above the former. */
static void
look_to_reset(struct station *st, intptr_t argument)
{
	enum ocpp_boot_reason reason = (enum ocpp_boot_reason)(argument & 0xff);
	int looks = (int)(argument >> 8);

	if (call_events_wait(st, (struct slice){ NULL, 0 }) && looks < RESET_LOOKS)
		station_after(
		    st, RESET_LOOK_SECONDS, look_to_reset, (intptr_t)(looks + 1) << 8 | reason);
	else
		station_reboot(st, reason, WS_CLEAN, FATE_END);
}

void
commands_reset_soon(struct station *st, enum ocpp_boot_reason reason)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		transaction_stop(&st->evses[i], OCPP_REASON_IMMEDIATE_RESET,
		    OCPP_TRIGGER_REASON_RESET_COMMAND);
	station_after(st, RESET_LOOK_SECONDS, look_to_reset, (intptr_t)reason);
}

static void
reconnect(struct station *st, intptr_t unused)
{
	(void)unused;
	ws_close(&st->ws, WS_CLEAN);
}

void
commands_reconnect_soon(struct station *st)
{
	station_after(st, RECONNECT_SECONDS, reconnect, 0);
}
