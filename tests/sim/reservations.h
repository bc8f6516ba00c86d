/*
 * reservations.h - EVSEs kept for a token (block H): made, used, cancelled, expired, taken away.
 */
#ifndef V2G_TESTS_SIM_RESERVATIONS_H
#define V2G_TESTS_SIM_RESERVATIONS_H

#include "common/slice.h"

#include <stdint.h>

struct evse;
struct station;

/* Whether somebody with that token may use the EVSE. */
bool reservations_allow(const struct evse *evse, const char *token);
/* The EVSE is being used: the id of the reservation, which is over; -1: there was none. */
int32_t reservations_use(struct evse *evse);
void reservations_make(struct evse *evse, int32_t id, struct slice token, int64_t expires_at);
/* False: there is no such reservation. */
bool reservations_cancel(struct station *st, int32_t id);
/* The EVSE cannot be used any more: tells the central system (H01.FR.16, .17). */
void reservations_remove(struct evse *evse);
/* After a reboot: they still expire. */
void reservations_restore(struct station *st);

#endif
