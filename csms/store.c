#include "csms/store.h"

#include <assert.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/list.h"
#include "common/log.h"
#include "csms/frame_log.h"

#define RETRY_PAUSE (SECOND_US / 5) /* after a refusal that may pass */
#define LOG_MAX     (INT64_C(64) << 20) /* bytes of raw messages: one statement carries them all */
#define LOG_PAUSE                                                                              \
	(SECOND_US / 10) /* raw messages wait so long for a batch that takes them along */

struct operation {
	struct list node; /* store->waiting, ->sent or ->ended */
	int statement;
	bool suspect; /* a batch was refused because of it: it goes alone */
	size_t bytes;
	int64_t submitted_mono;
	store_done *done;
	void *ctx;
	struct pg_result *rows; /* NULL: not answered, or taken back with its batch */
	struct pg_params params; /* the values lie in `text` */
	char text[];
};

/* One transaction under way: the operations of store->sent, then perhaps the raw messages of store->frames_sent. */
struct batch {
	bool in_flight;
	bool abandoned; /* its operations are: what comes is for nobody */
	bool has_frames;
	int64_t size; /* operations it was sent with */
	int64_t answers;
	struct list *next; /* the operation whose answer is next */
	int64_t guilty; /* answer that was the first refusal; -1: none */
	struct pg_error error; /* of that one */
};

struct store {
	struct loop *loop;
	struct pg_conn *pg;
	struct store_settings settings;
	struct batch batch;
	int64_t limit; /* of the next batch: shrinks at a refusal, doubles with each commit */
	struct list waiting; /* in the order in which they shall be sent */
	struct list sent; /* in flight */
	struct list ended; /* abandoned, to be told from the loop */
	struct frame_log frames, frames_sent; /* gathering; in flight, or to be sent again */
	bool frames_due; /* they have waited long enough */
	bool company_due; /* a lonely operation has waited long enough */
	bool seen_up;
	bool freeing;
	struct loop_hook hook;
	struct loop_timer pause; /* running: nothing is sent */
	struct loop_timer frames_timer, company_timer, end_timer;
	struct store_stats stats; /* all but what store_get_stats() works out */
	int64_t bytes; /* of all operations not yet told */
};

/* ---- operations ---- */

static struct operation *
operation_of(struct list *node)
{
	return list_entry(node, struct operation, node);
}

static struct operation *
operation_new(
    int statement, const struct pg_params *params, size_t bytes, store_done *done, void *ctx)
{
	struct operation *op = malloc(bytes);

	if (op == NULL)
		abort();
	op->node = (struct list){ NULL, NULL };
	op->statement = statement;
	op->suspect = false;
	op->bytes = bytes;
	op->submitted_mono = clock_mono();
	op->done = done;
	op->ctx = ctx;
	op->rows = NULL;
	pg_params_copy(params, &op->params, op->text);
	return op;
}

/* Tells the caller, and frees.  The operation is on no list. */
static void
end_operation(struct store *store, struct operation *op, enum store_outcome outcome,
    const struct pg_error *error)
{
	store->bytes -= (int64_t)op->bytes;
	op->done(op->ctx, outcome, outcome == STORE_COMMITTED ? op->rows : NULL, error);
	pg_result_free(&op->rows);
	free(op);
}

/* Moves all of `from` to the end of `to`; returns how many. */
static int64_t
move_all(struct list *from, struct list *to)
{
	struct list *node;
	int64_t count = 0;

	for (; (node = list_pop(from)) != NULL; count++)
		list_append(to, node);
	return count;
}

/* What was sent is to be sent again, before all that waits. */
static void
put_back(struct store *store)
{
	while (!list_empty(&store->sent)) {
		struct list *node = store->sent.prev;

		pg_result_free(&operation_of(node)->rows);
		list_remove(node);
		list_prepend(&store->waiting, node);
		store->stats.in_flight--;
		store->stats.waiting++;
	}
}

/* ---- sending ---- */

static bool
has_frames(const struct store *store)
{
	return store->frames.count + store->frames_sent.count > 0;
}

/* Moves the operations of the next batch to `sent`.  If sending fails, down() will put them back. */
static void
send_operations(struct store *store)
{
	while (!list_empty(&store->waiting) && store->batch.size < store->limit) {
		struct operation *op = operation_of(store->waiting.next);

		if (op->suspect && store->batch.size > 0)
			break;
		list_remove(&op->node);
		list_append(&store->sent, &op->node);
		store->stats.waiting--;
		store->stats.in_flight++;
		store->batch.size++;
		if (!pg_send(store->pg, op->statement, &op->params) || op->suspect)
			break;
	}
	store->batch.next = store->sent.next;
}

/* Frames of a batch that failed go first, by themselves. */
static void
send_frames(struct store *store)
{
	struct pg_params params;

	if (!has_frames(store))
		return;
	if (store->frames_sent.count == 0) {
		struct frame_log empty = store->frames_sent;

		store->frames_sent = store->frames;
		store->frames = empty;
		store->frames_due = false;
		loop_timer_stop(store->loop, &store->frames_timer);
	}
	store->batch.has_frames = true;
	frame_log_params(&store->frames_sent, &params);
	pg_send(store->pg, store->settings.log_statement, &params);
}

static void
company_came_not(void *ctx)
{
	struct store *store = ctx;

	store->company_due = true;
}

/* With commit_delay, one operation alone waits a little for others. */
static bool
waits_for_company(struct store *store)
{
	if (store->settings.commit_delay == 0 || store->stats.waiting != 1 ||
	    store->company_due)
		return false;
	if (!loop_timer_running(&store->company_timer))
		loop_timer_start(store->loop, &store->company_timer,
		    store->settings.commit_delay, company_came_not, store);
	return true;
}

static bool
may_send(struct store *store)
{
	if (store->batch.in_flight || !pg_is_up(store->pg) || loop_timer_running(&store->pause))
		return false;
	if (list_empty(&store->waiting))
		return store->frames_due || store->frames_sent.count > 0;
	return !waits_for_company(store);
}

static void
send_batch(void *ctx)
{
	struct store *store = ctx;

	if (!may_send(store))
		return;
	store->company_due = false;
	loop_timer_stop(store->loop, &store->company_timer);
	store->batch = (struct batch){ .in_flight = true, .guilty = -1 };
	send_operations(store);
	send_frames(store);
	pg_sync(store->pg);
}

/* ---- what becomes of a batch ---- */

/* Reasons that lie in the moment and not in the statement (PostgreSQL's appendix A, by class). */
static bool
may_pass(const char *sqlstate)
{
	static const char *const states[] = {
		"40", /* rolled back: deadlock, serialization */
		"53", /* no room: disk, memory, connections */
		"55P03", /* a lock was not to be had in time */
		"57", /* an operator's doing: cancelled, shutting down */
		"58", /* the system below PostgreSQL failed */
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(sqlstate, states[i], strlen(states[i])) == 0)
			return true;
	return false;
}

static void
nothing(void *ctx)
{
	(void)ctx;
}

static void
drop_frames(struct store *store)
{
	log_error("MESSAGES_NOT_LOGGED", LOG_INT("count", store->frames_sent.count),
	    LOG_STR("sqlstate", store->batch.error.sqlstate),
	    LOG_STR("error", store->batch.error.message));
	store->stats.log_dropped += store->frames_sent.count;
	frame_log_clear(&store->frames_sent);
}

/* Several operations, of which one is guilty: the next batch ends before it, the one after has it alone. */
static void
divide(struct store *store)
{
	struct batch *batch = &store->batch;

	store->stats.replays++;
	if (batch->guilty < batch->size) {
		struct list *node = store->sent.next;

		for (int64_t i = 0; i < batch->guilty; i++)
			node = node->next;
		operation_of(node)->suspect = true;
		store->limit = batch->guilty > 0 ? batch->guilty : 1;
	} else {
		/* The commit itself, which names nobody. */
		store->limit = batch->size / 2;
	}
	put_back(store);
}

static void
refuse_one(struct store *store)
{
	struct operation *op = operation_of(store->sent.next);

	list_remove(&op->node);
	store->stats.in_flight--;
	store->stats.refused++;
	end_operation(store, op, STORE_REFUSED, &store->batch.error);
}

static void
refused(struct store *store)
{
	struct batch *batch = &store->batch;

	if (may_pass(batch->error.sqlstate)) {
		store->stats.retries++;
		log_warn("DATABASE_BATCH_RETRIED", LOG_INT("operations", batch->size),
		    LOG_STR("sqlstate", batch->error.sqlstate),
		    LOG_STR("error", batch->error.message));
		put_back(store);
		loop_timer_start(store->loop, &store->pause, RETRY_PAUSE, nothing, NULL);
	} else if (batch->has_frames && batch->guilty >= batch->size) {
		drop_frames(store);
		put_back(store);
	} else if (batch->size > 1) {
		divide(store);
	} else {
		refuse_one(store);
	}
}

static void
committed(struct store *store)
{
	struct batch *batch = &store->batch;
	struct list done;
	struct list *node;

	list_init(&done);
	if (batch->size > 0) {
		store->stats.batches++;
		store->stats.last_batch = batch->size;
		store->limit = store->limit * 2 < store->settings.max_batch
				   ? store->limit * 2
				   : store->settings.max_batch;
	}
	if (batch->has_frames)
		frame_log_clear(&store->frames_sent);
	store->stats.in_flight -= move_all(&store->sent, &done);
	/* First what waits, so that PostgreSQL works while we answer. */
	send_batch(store);
	while ((node = list_pop(&done)) != NULL) {
		store->stats.operations++;
		end_operation(store, operation_of(node), STORE_COMMITTED, NULL);
	}
}

static void
on_result(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct store *store = ctx;
	struct batch *batch = &store->batch;
	int64_t index = batch->answers++;

	(void)r;
	switch (outcome) {
	case PG_DONE:
		if (batch->abandoned || index >= batch->size)
			return;
		operation_of(batch->next)->rows = pg_result_keep(store->pg);
		batch->next = batch->next->next;
		return;
	case PG_REFUSED:
		if (batch->guilty >= 0)
			return;
		batch->guilty = index;
		batch->error = *error;
		return;
	case PG_UNKNOWN: return; /* on_down() follows */
	}
}

static void
on_synced(void *ctx)
{
	struct store *store = ctx;

	store->batch.in_flight = false;
	/* Of an abandoned batch only the frames are left: the same holds for them. */
	if (store->batch.guilty < 0)
		committed(store);
	else if (!store->batch.abandoned)
		refused(store);
	/* The hook sends what is to be sent. */
}

static void
on_down(void *ctx)
{
	struct store *store = ctx;

	store->batch.in_flight = false;
	put_back(store);
}

static void
on_up(void *ctx)
{
	struct store *store = ctx;

	if (store->seen_up)
		store->stats.reconnects++;
	store->seen_up = true;
}

static const struct pg_events events = {
	.up = on_up, .down = on_down, .result = on_result, .synced = on_synced, .notified = NULL
};

/* ---- the store ---- */

struct store *
store_new(struct loop *loop, const struct store_settings *settings,
    const struct pg_statement *statements, int statement_count)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store == NULL)
		abort();
	assert(settings->max_batch > 0);
	store->loop = loop;
	store->settings = *settings;
	store->limit = settings->max_batch;
	list_init(&store->waiting);
	list_init(&store->sent);
	list_init(&store->ended);
	frame_log_init(&store->frames);
	frame_log_init(&store->frames_sent);
	store->pg = pg_new(loop, settings->uri, "v2g-csms store", statements, statement_count,
	    NULL, &events, store);
	loop_hook_start(loop, &store->hook, send_batch, store);
	return store;
}

static void
tell_ended(void *ctx)
{
	struct store *store = ctx;
	struct list *node;

	while ((node = list_pop(&store->ended)) != NULL)
		end_operation(store, operation_of(node), STORE_ABANDONED, NULL);
}

static void
end_all(struct store *store)
{
	store->batch.abandoned = true;
	move_all(&store->sent, &store->ended);
	move_all(&store->waiting, &store->ended);
	store->stats.in_flight = store->stats.waiting = 0;
}

void
store_abandon(struct store *store)
{
	end_all(store);
	if (!list_empty(&store->ended))
		loop_timer_start(store->loop, &store->end_timer, 0, tell_ended, store);
}

void
store_free(struct store **pointer)
{
	struct store *store = *pointer;

	if (store == NULL)
		return;
	store->freeing = true;
	pg_free(&store->pg);
	loop_hook_stop(store->loop, &store->hook);
	loop_timer_stop(store->loop, &store->pause);
	loop_timer_stop(store->loop, &store->frames_timer);
	loop_timer_stop(store->loop, &store->company_timer);
	loop_timer_stop(store->loop, &store->end_timer);
	end_all(store);
	tell_ended(store);
	assert(store->bytes == 0);
	frame_log_free(&store->frames);
	frame_log_free(&store->frames_sent);
	free(store);
	*pointer = NULL;
}

bool
store_is_up(const struct store *store)
{
	return store->pg != NULL && pg_is_up(store->pg);
}

static int64_t
frames_size(const struct store *store)
{
	return frame_log_size(&store->frames) + frame_log_size(&store->frames_sent);
}

bool
store_submit(struct store *store, int statement, const struct pg_params *params,
    store_done *done, void *ctx)
{
	size_t bytes = sizeof(struct operation) + pg_params_size(params);
	struct operation *op;

	if (store->freeing)
		return false;
	if (store->bytes > 0 &&
	    store->bytes + frames_size(store) + (int64_t)bytes > store->settings.max_bytes)
		return false;
	op = operation_new(statement, params, bytes, done, ctx);
	list_append(&store->waiting, &op->node);
	store->stats.waiting++;
	store->bytes += (int64_t)bytes;
	return true;
}

static const struct operation *
oldest(const struct store *store)
{
	if (!list_empty(&store->sent))
		return operation_of(store->sent.next);
	return list_empty(&store->waiting) ? NULL : operation_of(store->waiting.next);
}

void
store_get_stats(const struct store *store, struct store_stats *stats_out)
{
	const struct operation *op = oldest(store);

	*stats_out = store->stats;
	stats_out->waiting_bytes = store->bytes + frames_size(store);
	stats_out->lag = op != NULL ? clock_mono() - op->submitted_mono : 0;
}

static void
frames_have_waited(void *ctx)
{
	struct store *store = ctx;

	store->frames_due = true;
}

void
store_log_frame(struct store *store, int64_t at, int64_t station, int64_t connection,
    bool inbound, struct slice frame)
{
	int64_t size = frames_size(store) + (int64_t)frame.len;

	if (store->freeing || store->settings.log_statement < 0)
		return;
	if (size > LOG_MAX || size > store->settings.max_bytes / 4 ||
	    store->bytes + size > store->settings.max_bytes ||
	    !frame_log_add(&store->frames, at, station, connection, inbound, frame)) {
		store->stats.log_dropped++;
		return;
	}
	if (!store->frames_due && !loop_timer_running(&store->frames_timer))
		loop_timer_start(
		    store->loop, &store->frames_timer, LOG_PAUSE, frames_have_waited, store);
}
