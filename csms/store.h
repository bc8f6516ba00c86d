/*
 * store.h - durable writes with group commit (DESIGN D3).
 *
 * An operation is one prepared statement.  Operations that come while a batch is under way gather; when the
 * batch's commit returns, they leave together as the next batch, one transaction.  No timer: under
 * load the batch grows, idle it has one operation.
 *
 * Three things can become of a batch.  Committed: each operation is told, with its rows.  Refused: nothing of it is in
 * the database; what stood before the guilty operation is run again, then that operation alone, and if it is refused
 * alone, it and nothing else fails.  Unknown, because the connection broke: its operations are sent again, first of
 * all and in order, after reconnecting, which is safe because each is idempotent (D4).  A refusal that may pass (a
 * deadlock, a lock, no room, an operator's doing) is no refusal: the batch is tried again until it is abandoned.
 *
 * Callbacks: exactly one per operation, from the loop, in submission order whatever the outcomes; never before
 * store_submit() has returned.  They may submit and abandon, but not free the store.
 *
 * Memory: at most max_bytes may wait.  Beyond it store_submit() refuses and the caller stops reading.
 */
#ifndef V2G_CSMS_STORE_H
#define V2G_CSMS_STORE_H

#include "csms/pg.h"

struct store;

enum store_outcome {
	STORE_COMMITTED,
	STORE_REFUSED, /* this operation alone was refused by PostgreSQL; `error` says why, the caller logs it */
	STORE_ABANDONED, /* given up by store_abandon(): database away too long, or shutdown */
};

/* `r` (rows of the statement) is borrowed and NULL unless STORE_COMMITTED; `error` unless STORE_REFUSED. */
typedef void store_done(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error);

struct store_settings {
	const char *uri; /* borrowed */
	int64_t max_bytes; /* waiting and in flight, raw messages included */
	int64_t max_batch; /* operations in one transaction */
	int64_t commit_delay; /* microseconds one operation waits for company; normally 0 */
	/* Stores raw messages, with five arrays: time, station, connection, direction, frame.  -1: none. */
	int log_statement;
};

struct store_stats {
	int64_t batches, operations; /* committed */
	int64_t replays; /* batches run again in parts, because one operation was refused */
	int64_t retries; /* batches run again for a reason that may pass */
	int64_t refused, reconnects;
	int64_t waiting, waiting_bytes, in_flight; /* now */
	int64_t lag; /* microseconds since the oldest operation not yet told was submitted */
	int64_t last_batch; /* operations in the last batch */
	int64_t log_dropped; /* raw messages not stored */
};

/* `statements` is kept. */
struct store *store_new(struct loop *loop, const struct store_settings *settings,
    const struct pg_statement *statements, int statement_count);
/* Abandons what waits (callbacks run), then frees. */
void store_free(struct store **pointer);

bool store_is_up(const struct store *store);
/* False: over max_bytes; nothing was taken.  Parameters are copied.  An empty store takes any one operation. */
bool store_submit(struct store *store, int statement, const struct pg_params *params,
    store_done *done, void *ctx);
/* Gives up everything not yet committed: each callback gets STORE_ABANDONED from the loop.  An operation
 * in flight may still be committed by PostgreSQL: the caller must not have acknowledged it. */
void store_abandon(struct store *store);
void store_get_stats(const struct store *store, struct store_stats *stats_out);

/*
 * A frame for the raw message log.  Frames gather and ride along with the next batch in one array insert, or leave by
 * themselves after a tenth of a second.  They are best effort: dropped (and counted) beyond a quarter of max_bytes or 64 MB,
 * when they are no UTF-8, or when PostgreSQL refuses them; stored twice, perhaps, when the connection broke.
 * A connection of 0 is stored as NULL.
 */
void store_log_frame(struct store *store, int64_t at, int64_t station, int64_t connection,
    bool inbound, struct slice frame);

#endif
