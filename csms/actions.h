/*
 * actions.h - the CALLs a station may make: one row each.
 *
 * Most rows are a SQL function: the payload, checked against the catalogue, goes to core.take_<message>(), and what
 * it returns is the answer, sent after COMMIT.  A row with a handler has effects in this process too
 * (blocks/).
 */
#ifndef V2G_CSMS_ACTIONS_H
#define V2G_CSMS_ACTIONS_H

#include "csms/params.h"
#include "csms/session.h"

/* `message` is the decoded request.  Ends with session_answer(), session_refuse(). */
typedef void action_handler(
    struct session *s, const struct ocpp_frame *frame, const void *message);
/* Adds the parameters after station, connection, time and payload. */
typedef void action_extend(struct session *s, struct params *p);
/* The operation has been committed; its first column is the answer.  May be NULL. */
typedef void action_committed(struct session *s, const struct pg_result *r);

/* Handles a CALL; the frame is borrowed.  False: the store is full; try the frame again later. */
bool action_take(struct session *s, const struct ocpp_frame *frame);

/* blocks/availability.c */
action_handler block_heartbeat;
/* blocks/provisioning.c */
action_extend block_boot_notification;
action_committed block_boot_committed;

#endif
