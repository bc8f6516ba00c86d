/*
 * query.h - a small pool of connections for reads and single statements of the API, apart from the
 * connection that commits station messages (DESIGN D5).
 *
 * Statements wait in order for a free connection; each is its own transaction with a statement timeout, and `done`
 * is called after its commit.  Not replayed: a broken connection yields PG_UNKNOWN, and the caller (an HTTP request)
 * answers 503.  When no connection is left, those who wait get PG_UNKNOWN too, at once.
 */
#ifndef V2G_CSMS_QUERY_H
#define V2G_CSMS_QUERY_H

#include "csms/pg.h"

struct query_pool;

/* `r` is borrowed and NULL unless PG_DONE; `error` is NULL unless PG_REFUSED. */
typedef void query_done(void *ctx, enum pg_outcome outcome, const struct pg_result *r,
    const struct pg_error *error);

/* `statements` is kept; `statement_timeout` is in microseconds.  `connections` 1 to 64; at most `max_waiting` statements wait. */
struct query_pool *query_pool_new(struct loop *loop, const char *uri, int connections,
    int max_waiting, int64_t statement_timeout, const struct pg_statement *statements,
    int statement_count);
/* Waiting and running statements get PG_UNKNOWN first.  Not from a callback of the pool. */
void query_pool_free(struct query_pool **pointer);

bool query_is_up(const struct query_pool *pool);
/* NULL when down or too many wait: nothing was taken.  Otherwise `done` is called exactly once, later.
 * The handle is for query_cancel(). */
struct query *query_run(struct query_pool *pool, int statement, const struct pg_params *params,
    query_done *done, void *ctx);
/* The caller is going away: `done` will not be called.  What runs already runs to its end. */
void query_cancel(struct query *query);

#endif
