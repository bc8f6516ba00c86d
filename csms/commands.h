/*
 * commands.h - commands to stations: rows of core.command on their way (DESIGN D6).
 *
 * queued -> sent -> answered | failed | timed_out | uncertain; queued -> expired.  A command is claimed, that is
 * committed as sent, before its first byte leaves, so a killed node can lose the answer but never
 * sends twice; whether a command that was claimed reached the station is then recorded as uncertain.
 */
#ifndef V2G_CSMS_COMMANDS_H
#define V2G_CSMS_COMMANDS_H

#include "csms/session.h"

/* Something may be queued for this station, or it has become ready for it. */
void commands_poke(struct session *s);
/* Look for queued commands in `delay` microseconds (settle time). */
void commands_after(struct session *s, int64_t delay);
/* A CALLRESULT or CALLERROR of the station. */
void commands_answered(struct session *s, const struct ocpp_frame *frame);
/* From session_tick(). */
void commands_tick(struct session *s, int64_t now_mono);

#endif
