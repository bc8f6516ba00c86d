/*
 * throttle.h - failed handshakes, counted per address and per station id.
 *
 * Who fails too often from one address is no longer checked there for a while (429).  A station id under attack
 * from many addresses must not lock out the real station: then an address is let through to the check as long
 * as it has no failure of its own in the last minute.  So a guesser has one try per address and minute,
 * while the station, which does not fail, always gets in.
 *
 * Counts decay continuously (leaky bucket).  The table is bounded: when it is full, the entry whose last failure
 * is oldest goes.
 */
#ifndef V2G_CSMS_THROTTLE_H
#define V2G_CSMS_THROTTLE_H

#include "common/slice.h"

#include <stdint.h>

struct throttle;

/* Failures allowed within a minute. */
struct throttle *throttle_new(int64_t per_address, int64_t per_station);
void throttle_free(struct throttle **throttle);

/* May this attempt be checked at all?  `address` is numeric; of IPv6 the first 64 bits count. */
bool throttle_allows(
    struct throttle *t, struct slice address, struct slice station, int64_t now_mono);
void throttle_failed(
    struct throttle *t, struct slice address, struct slice station, int64_t now_mono);

#endif
