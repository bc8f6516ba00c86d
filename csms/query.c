#include "csms/query.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/list.h"

/* The server ends a statement by itself; this much later it must be gone. */
#define PATIENCE (10 * SECOND_US)

struct query {
	struct list node; /* pool->waiting, or on no list while running */
	struct query_pool *pool;
	query_done *done; /* NULL: cancelled */
	void *ctx;
	int statement;
	struct pg_params params; /* the values lie in `text` */
	char text[];
};

/* One connection. */
struct line {
	struct query_pool *pool;
	struct pg_conn *pg;
	struct query *running; /* NULL: free */
	/* What the statement has yielded, to be told when it is committed. */
	struct pg_result *rows; /* NULL: it was refused */
	struct pg_error error; /* the first one; .sqlstate "": none */
};

struct query_pool {
	struct loop *loop;
	struct list waiting;
	int waiting_count, max_waiting;
	bool freeing;
	int line_count;
	struct line lines[];
};

/* ---- one statement ---- */

static void
end_query(struct query *q, enum pg_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	if (q->done != NULL)
		q->done(q->ctx, outcome, r, error);
	free(q);
}

/* The line is free before the caller is told: he may ask again. */
static void
end_running(struct line *line, enum pg_outcome outcome)
{
	struct query *q = line->running;
	struct pg_result *rows = line->rows;

	line->running = NULL;
	line->rows = NULL;
	if (q != NULL)
		end_query(q, outcome, outcome == PG_DONE ? rows : NULL,
		    outcome == PG_REFUSED ? &line->error : NULL);
	pg_result_free(&rows);
}

static struct query *
take_waiting(struct query_pool *pool)
{
	struct list *node = list_pop(&pool->waiting);

	if (node == NULL)
		return NULL;
	pool->waiting_count--;
	return list_entry(node, struct query, node);
}

static void
start_next(struct line *line)
{
	struct query *q;

	if (line->running != NULL || !pg_is_up(line->pg))
		return;
	q = take_waiting(line->pool);
	if (q == NULL)
		return;
	line->running = q;
	line->error.sqlstate[0] = '\0';
	/* When sending fails, on_down() follows. */
	if (pg_send(line->pg, q->statement, &q->params))
		pg_sync(line->pg);
}

/* ---- events of a connection ---- */

static void
on_up(void *ctx)
{
	start_next(ctx);
}

static void
on_result(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct line *line = ctx;

	(void)r;
	switch (outcome) {
	case PG_DONE: line->rows = pg_result_keep(line->pg); return;
	case PG_REFUSED:
		if (line->error.sqlstate[0] == '\0')
			line->error = *error;
		return;
	case PG_UNKNOWN: return; /* on_down() follows */
	}
}

static void
on_synced(void *ctx)
{
	struct line *line = ctx;
	struct query_pool *pool = line->pool;

	end_running(line, line->error.sqlstate[0] == '\0' ? PG_DONE : PG_REFUSED);
	if (!pool->freeing)
		start_next(line);
}

/* Nobody serves those who wait: better a quick "unavailable" than a request that hangs. */
static void
tell_unavailable(void *ctx)
{
	struct query_pool *pool = ctx;
	struct query *q;

	while (!query_is_up(pool) && (q = take_waiting(pool)) != NULL)
		end_query(q, PG_UNKNOWN, NULL, NULL);
}

static void
on_down(void *ctx)
{
	struct line *line = ctx;

	end_running(line, PG_UNKNOWN);
	tell_unavailable(line->pool);
}

static const struct pg_events events = {
	.up = on_up, .down = on_down, .result = on_result, .synced = on_synced, .notified = NULL
};

/* ---- the pool ---- */

static void
open_line(struct query_pool *pool, struct line *line, const char *uri,
    int64_t statement_timeout, const struct pg_statement *statements, int statement_count)
{
	char milliseconds[24];

	snprintf(milliseconds, sizeof(milliseconds), "%" PRId64, statement_timeout / 1000);
	line->pool = pool;
	line->pg = pg_new(pool->loop, uri, "v2g-csms query", statements, statement_count, NULL,
	    &events, line);
	pg_set(line->pg, "statement_timeout", milliseconds);
	pg_set_patience(line->pg, statement_timeout + PATIENCE);
}

struct query_pool *
query_pool_new(struct loop *loop, const char *uri, int connections, int max_waiting,
    int64_t statement_timeout, const struct pg_statement *statements, int statement_count)
{
	struct query_pool *pool =
	    calloc(1, sizeof(*pool) + (size_t)connections * sizeof(struct line));

	if (pool == NULL)
		abort();
	assert(connections >= 1 && connections <= 64);
	pool->loop = loop;
	pool->max_waiting = max_waiting;
	pool->line_count = connections;
	list_init(&pool->waiting);
	for (int i = 0; i < connections; i++)
		open_line(
		    pool, &pool->lines[i], uri, statement_timeout, statements, statement_count);
	return pool;
}

void
query_pool_free(struct query_pool **pointer)
{
	struct query_pool *pool = *pointer;
	struct query *q;

	if (pool == NULL)
		return;
	pool->freeing = true;
	for (int i = 0; i < pool->line_count; i++)
		pg_free(&pool->lines[i].pg);
	for (int i = 0; i < pool->line_count; i++)
		end_running(&pool->lines[i], PG_UNKNOWN);
	while ((q = take_waiting(pool)) != NULL)
		end_query(q, PG_UNKNOWN, NULL, NULL);
	free(pool);
	*pointer = NULL;
}

bool
query_is_up(const struct query_pool *pool)
{
	for (int i = 0; i < pool->line_count; i++)
		if (pool->lines[i].pg != NULL && pg_is_up(pool->lines[i].pg))
			return true;
	return false;
}

struct query *
query_run(struct query_pool *pool, int statement, const struct pg_params *params,
    query_done *done, void *ctx)
{
	struct query *q;

	if (pool->freeing || !query_is_up(pool) || pool->waiting_count >= pool->max_waiting)
		return NULL;
	q = calloc(1, sizeof(*q) + pg_params_size(params));
	if (q == NULL)
		abort();
	q->pool = pool;
	q->done = done;
	q->ctx = ctx;
	q->statement = statement;
	pg_params_copy(params, &q->params, q->text);
	list_append(&pool->waiting, &q->node);
	pool->waiting_count++;
	for (int i = 0; i < pool->line_count && list_linked(&q->node); i++)
		start_next(&pool->lines[i]);
	return q;
}

void
query_cancel(struct query *q)
{
	q->done = NULL;
	if (!list_linked(&q->node))
		return; /* running */
	list_remove(&q->node);
	q->pool->waiting_count--;
	free(q);
}
