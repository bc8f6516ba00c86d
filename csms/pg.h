/*
 * pg.h - one PostgreSQL connection in the loop: connect, reconnect with back-off, pipeline, notices.
 *
 * The only module that sees libpq.  A pg_conn keeps itself connected: after a loss it tells its user
 * (down), waits (50 ms doubling to 5 s, with jitter) and connects again; then it prepares every
 * statement of the table it was given and tells its user (up).  Host names are resolved once, before the
 * loop runs, because libpq would block on them.
 */
#ifndef V2G_CSMS_PG_H
#define V2G_CSMS_PG_H

#include "common/slice.h"
#include "csms/loop.h"

#include <stdint.h>

#define PG_PARAMS_MAX 16

/* Prepared statements: one table per kind of connection. */
struct pg_statement {
	const char *name;
	const char *sql;
	int params;
};

/* The rows of one statement.  Borrowed: valid during the callback. */
struct pg_result;

int pg_rows(const struct pg_result *r);
/* .ptr == NULL for SQL NULL; otherwise NUL-terminated text. */
struct slice pg_text(const struct pg_result *r, int row, int column);
/* 0 for NULL; the column must be an integer or boolean ("t" is 1). */
int64_t pg_int64(const struct pg_result *r, int row, int column);

/* What became of a statement.  UNKNOWN: the connection broke after it was sent. */
enum pg_outcome { PG_DONE, PG_REFUSED, PG_UNKNOWN };

struct pg_error {
	char sqlstate[6];
	char message[256];
};

/* Text parameters; .ptr == NULL is SQL NULL.  Copied by the callee, NUL bytes are not allowed inside. */
struct pg_params {
	int count;
	struct slice values[PG_PARAMS_MAX];
};

struct pg_conn;

struct pg_events {
	void (*up)(void *ctx); /* connected and prepared */
	void (*down)(void *ctx); /* lost, or could not be made; results still owed are PG_UNKNOWN */
	/* One per statement sent, in order; error is NULL unless PG_REFUSED.  Aborted followers of a refused
	 * statement in the same batch come as PG_REFUSED with sqlstate "25P02". */
	void (*result)(void *ctx, enum pg_outcome outcome, const struct pg_result *r,
	    const struct pg_error *error);
	void (*synced)(void *ctx); /* the batch closed by pg_sync() is over */
	void (*notified)(void *ctx, const char *channel, const char *payload); /* may be NULL */
};

/* `uri`, `statements`, `events`, `ctx` are kept.  `listen` is a NULL-terminated list of channels, or NULL. */
struct pg_conn *pg_new(struct loop *loop, const char *uri, const char *application_name,
    const struct pg_statement *statements, int statement_count, const char *const *listen,
    const struct pg_events *events, void *ctx);
/* Closes; no callback follows. */
void pg_free(struct pg_conn **pg);

bool pg_is_up(const struct pg_conn *pg);
/* Queue a prepared statement in the current batch.  False when the connection is down. */
bool pg_send(struct pg_conn *pg, int statement, const struct pg_params *params);
/* Closes the batch: everything sent since the last sync is one transaction. */
bool pg_sync(struct pg_conn *pg);

#endif
