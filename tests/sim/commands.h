/*
 * commands.h - what the central system may ask of a station: one row and one handler per action.
 *
 * A handler gets the decoded request and fills the response, which is zeroed and encoded afterwards: strings
 * in it may be borrowed from the request or the message arena.  Calls that a handler makes go out after the
 * answer, whatever it does (F06.FR.04 and its like).
 */
#ifndef V2G_TESTS_SIM_COMMANDS_H
#define V2G_TESTS_SIM_COMMANDS_H

#include "ocpp/ocpp_types.h"

struct ocpp_frame;
struct station;

typedef void command_handler(struct station *st, const void *request, void *response);

/* Appends the frame that answers the command. */
void commands_handle(struct station *st, const struct ocpp_frame *frame, struct buf *answer);

/* Ends transactions, lets their events out if that goes quickly, and reboots. */
void commands_reset_soon(struct station *st, enum ocpp_boot_reason reason);
/* Closes the connection, and opens it again with what has changed: password, certificate. */
void commands_reconnect_soon(struct station *st);

/* Zeroed memory for the answer. */
void *command_alloc(struct station *st, size_t size);
/* A statusInfo; NULL for NULL. */
struct ocpp_status_info *command_info(struct station *st, const char *reason_code);

/* The handlers, by file. */

/* commands_device.c */
command_handler command_change_availability, command_get_base_report, command_get_report,
    command_get_variables, command_reset, command_set_network_profile, command_set_variables;
/* commands_remote.c */
command_handler command_cost_updated, command_data_transfer, command_get_transaction_status,
    command_request_start_transaction, command_request_stop_transaction,
    command_trigger_message, command_unlock_connector;
/* commands_power.c */
command_handler command_clear_charging_profile, command_get_charging_profiles,
    command_get_composite_schedule, command_set_charging_profile;
/* commands_list.c */
command_handler command_cancel_reservation, command_clear_cache, command_clear_display_message,
    command_customer_information, command_get_display_messages, command_get_local_list_version,
    command_reserve_now, command_send_local_list, command_set_display_message;
/* service.c */
command_handler command_get_log, command_publish_firmware, command_unpublish_firmware,
    command_update_firmware;
/* monitors.c */
command_handler command_clear_variable_monitoring, command_get_monitoring_report,
    command_set_monitoring_base, command_set_monitoring_level, command_set_variable_monitoring;
/* certificates.c */
command_handler command_certificate_signed, command_delete_certificate,
    command_get_installed_certificate_ids, command_install_certificate;

#endif
