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
int64_t pg_integer(const struct pg_result *r, int row, int column);

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

/* Bytes of all values. */
static inline size_t
pg_params_size(const struct pg_params *params)
{
	size_t size = 0;

	for (int i = 0; i < params->count; i++)
		size += params->values[i].len;
	return size;
}

/* A copy whose values lie in `text`, which has room for pg_params_size(). */
static inline void
pg_params_copy(const struct pg_params *params, struct pg_params *copy_out, char *text)
{
	copy_out->count = params->count;
	for (int i = 0; i < params->count; i++) {
		copy_out->values[i] = params->values[i];
		if (params->values[i].ptr == NULL)
			continue;
		memcpy(text, params->values[i].ptr, params->values[i].len);
		copy_out->values[i].ptr = text;
		text += params->values[i].len;
	}
}

struct pg_conn;

struct pg_events {
	void (*up)(void *ctx); /* connected and prepared */
	/* Lost, or could not be made; results still owed were PG_UNKNOWN. */
	void (*down)(void *ctx);
	/* One per statement sent, in order; error is NULL unless PG_REFUSED.  Aborted followers of a refused
	 * statement in the same batch come as PG_REFUSED with sqlstate "25P02"; a commit that fails is one more
	 * PG_REFUSED, after those of all statements.  What is done is not yet committed: synced() tells. */
	void (*result)(void *ctx, enum pg_outcome outcome, const struct pg_result *r,
	    const struct pg_error *error);
	void (*synced)(void *ctx); /* the batch closed by pg_sync() is over */
	void (*notified)(void *ctx, const char *channel, const char *payload); /* may be NULL */
};

/* `statements`, `listen`, `events`, `ctx` are kept.  `listen` is a NULL-terminated list of channels, or NULL. */
struct pg_conn *pg_new(struct loop *loop, const char *uri, const char *application_name,
    const struct pg_statement *statements, int statement_count, const char *const *listen,
    const struct pg_events *events, void *ctx);
/* Closes; no callback follows.  May be called from a callback. */
void pg_free(struct pg_conn **conn);

/* Right after pg_new(): a run-time parameter of the server for this connection ("statement_timeout", "5000").  The
 * value has no blanks. */
void pg_set(struct pg_conn *pg, const char *parameter, const char *value);
/* Right after pg_new(): a batch without any answer for so long means that the server is gone.  Normally 30 s. */
void pg_set_patience(struct pg_conn *pg, int64_t microseconds);

bool pg_is_up(const struct pg_conn *pg);
/* Queue a prepared statement in the current batch; not while a closed batch awaits synced().  False when the
 * connection is down, or is found broken: then down() follows. */
bool pg_send(struct pg_conn *pg, int statement, const struct pg_params *params);
/* Closes the batch: everything sent since the last sync is one transaction.  False: as pg_send(). */
bool pg_sync(struct pg_conn *pg);
/* From result(), once, when its rows are to outlive it; the caller gives them back with pg_result_free(). */
struct pg_result *pg_result_keep(struct pg_conn *pg);
void pg_result_free(struct pg_result **r);

#endif
