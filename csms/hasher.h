/*
 * hasher.h - slow password checks on a thread of their own, for when the loop has no time for them.
 *
 * A handshake cannot wait for the result (docs/decisions/0002-passwords-in-the-loop.md): it is told to come again, and by
 * then the answer is known.  One job at a time per station; the queue is bounded.
 */
#ifndef V2G_CSMS_HASHER_H
#define V2G_CSMS_HASHER_H

#include "common/slice.h"
#include "csms/loop.h"

#include <stdint.h>

struct hasher;

/* What was checked.  Borrowed: valid during the callback. */
struct hasher_result {
	int64_t station;
	struct slice address; /* who tried */
	struct slice hash, password;
	bool right;
};

/* `done` runs in the loop. */
struct hasher *hasher_new(
    struct loop *loop, void (*done)(void *ctx, const struct hasher_result *result), void *ctx);
/* Waits for the check under way; what is queued is dropped without a callback. */
void hasher_free(struct hasher **hasher);

/* False: the queue is full, or the station has a job already.  Everything is copied. */
bool hasher_check(struct hasher *h, int64_t station, struct slice address, struct slice hash,
    struct slice password);

#endif
