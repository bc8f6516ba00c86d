#include "csms/pg.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

#include <libpq-fe.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "csms/pg_options.h"

#define CONNECT_PATIENCE (5 * SECOND_US)
#define ANSWER_PATIENCE  (30 * SECOND_US)
#define BACKOFF_MIN      (SECOND_US / 20)
#define BACKOFF_MAX      (5 * SECOND_US)
#define PARAMS_MAX_BYTES (256U << 20)

/*
 * CLOSED: waiting for the next attempt.  BROKEN: of no further use, the user will be told from the loop.
 */
enum pg_state { PG_CLOSED, PG_CONNECTING, PG_PREPARING, PG_UP, PG_BROKEN };

struct pg_conn {
	struct loop *loop;
	const struct pg_statement *statements;
	int statement_count;
	const char *const *listen;
	const struct pg_events *events;
	void *ctx;
	struct pg_options options;

	bool bad_uri; /* never connects */

	PGconn *conn; /* NULL: PG_CLOSED */
	enum pg_state state;
	struct loop_io io;
	struct loop_timer timer; /* next attempt, connecting, or the answer that is owed */
	int64_t patience, backoff;
	bool
	    complained; /* since it was up: a database that stays away is one line in the log */

	/* The batch; while preparing, the preparation. */
	int owed; /* statements sent whose results have not come */
	int told; /* whose results have come */
	bool synced; /* its end is sent */
	bool refused; /* a statement could not be prepared */
	PGresult *current; /* while its result() runs and unless it was kept */

	struct buf params; /* values with their NULs */
	int depth; /* of callbacks into the user */
	bool dead; /* pg_free() was called in one */
};

static void connect_now(void *ctx);
static void watch(struct pg_conn *pg);

/* ---- results and parameters ---- */

static const PGresult *
result(const struct pg_result *r)
{
	return (const PGresult *)(const void *)r;
}

int
pg_rows(const struct pg_result *r)
{
	return PQntuples(result(r));
}

struct slice
pg_text(const struct pg_result *r, int row, int column)
{
	const PGresult *rows = result(r);

	if (row >= PQntuples(rows) || column >= PQnfields(rows) ||
	    PQgetisnull(rows, row, column))
		return (struct slice){ NULL, 0 };
	return slice_from(
	    PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

int64_t
pg_integer(const struct pg_result *r, int row, int column)
{
	struct slice text = pg_text(r, row, column);
	long long value;

	if (slice_equal(text, SLICE("t")))
		return 1;
	return slice_to_int64(text, INT64_MIN, INT64_MAX, &value) ? value : 0;
}

struct pg_result *
pg_result_keep(struct pg_conn *pg)
{
	PGresult *r = pg->current;

	assert(r != NULL);
	pg->current = NULL;
	return (struct pg_result *)(void *)r;
}

void
pg_result_free(struct pg_result **r)
{
	PQclear((PGresult *)(void *)*r);
	*r = NULL;
}

static void
read_error(const PGresult *r, struct pg_error *out)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	/* Followers of a refused statement carry no error of their own. */
	snprintf(out->sqlstate, sizeof(out->sqlstate), "%s", state != NULL ? state : "25P02");
	snprintf(out->message, sizeof(out->message), "%s",
	    message != NULL ? message : "aborted with its batch");
}

/* An error that tells of the connection, not of the statement: the server says farewell, or libpq is at its end. */
static bool
is_farewell(struct pg_conn *pg, const PGresult *r)
{
	const char *severity;

	switch (PQresultStatus(r)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_PIPELINE_SYNC:
	case PGRES_PIPELINE_ABORTED: return false;
	default: break;
	}
	severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
	return severity == NULL || strcmp(severity, "ERROR") != 0 ||
	       PQstatus(pg->conn) == CONNECTION_BAD;
}

/* ---- the life of the struct ---- */

static void
destroy(struct pg_conn *pg)
{
	pg_options_free(&pg->options);
	buf_free(&pg->params);
	free(pg);
}

/* The user may call pg_free() from any callback: the struct stays until the outermost of ours returns. */
static void
enter(struct pg_conn *pg)
{
	pg->depth++;
}

/* False: the struct is gone. */
static bool
leave(struct pg_conn *pg)
{
	if (--pg->depth > 0 || !pg->dead)
		return true;
	destroy(pg);
	return false;
}

static void
close_conn(struct pg_conn *pg)
{
	loop_io_stop(pg->loop, &pg->io);
	loop_timer_stop(pg->loop, &pg->timer);
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->state = PG_CLOSED;
}

/* ---- losing the connection ---- */

/* With jitter, so that nodes do not come back in step. */
static int64_t
next_backoff(struct pg_conn *pg)
{
	int64_t pause = pg->backoff;
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint32_t)clock_mono();
	pg->backoff = pause * 2 > BACKOFF_MAX ? BACKOFF_MAX : pause * 2;
	return pause / 2 + random % (pause / 2 + 1);
}

static void
complain(struct pg_conn *pg, const char *why)
{
	size_t len = strlen(why);
	enum log_level level = pg->complained ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN;

	while (len > 0 && why[len - 1] == '\n')
		len--;
	log_event(level, "DATABASE_DOWN",
	    LOG_STR("connection", pg_options_get(&pg->options, "application_name")),
	    LOG_SLICE("reason", slice_from(why, len)));
	pg->complained = true;
}

/* Between enter() and leave(). */
static void
lose(struct pg_conn *pg, const char *why)
{
	bool preparing = pg->state != PG_UP && pg->state != PG_BROKEN;
	int owed = preparing ? 0 : pg->owed;

	complain(pg, why);
	close_conn(pg);
	pg->owed = pg->told = 0;
	pg->synced = false;
	loop_timer_start(pg->loop, &pg->timer, next_backoff(pg), connect_now, pg);
	for (int i = 0; i < owed && !pg->dead; i++)
		pg->events->result(pg->ctx, PG_UNKNOWN, NULL, NULL);
	if (!pg->dead)
		pg->events->down(pg->ctx);
}

static void
time_is_up(void *ctx)
{
	struct pg_conn *pg = ctx;

	enter(pg);
	switch (pg->state) {
	case PG_CONNECTING: lose(pg, "connecting takes too long"); break;
	case PG_PREPARING:
	case PG_UP: lose(pg, "no answer"); break;
	case PG_BROKEN: lose(pg, PQerrorMessage(pg->conn)); break;
	case PG_CLOSED: break;
	}
	(void)leave(pg);
}

/* Found in the user's call, where no callback may run. */
static void
break_off(struct pg_conn *pg)
{
	pg->state = PG_BROKEN;
	loop_io_stop(pg->loop, &pg->io);
	loop_timer_start(pg->loop, &pg->timer, 0, time_is_up, pg);
}

/* ---- reading ---- */

/* Statements first, in order, then the LISTENs. */
static void
take_prepared(struct pg_conn *pg, const PGresult *r)
{
	struct pg_error error;
	int index = pg->told;

	if (PQresultStatus(r) != PGRES_FATAL_ERROR)
		return;
	read_error(r, &error);
	log_error("STATEMENT_REFUSED",
	    LOG_STR("statement",
		index < pg->statement_count ? pg->statements[index].name : "LISTEN"),
	    LOG_STR("sqlstate", error.sqlstate), LOG_STR("error", error.message));
	pg->refused = true;
}

static void
take_result(struct pg_conn *pg, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	struct pg_error error;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
		pg->events->result(
		    pg->ctx, PG_DONE, (const struct pg_result *)(const void *)r, NULL);
		return;
	}
	read_error(r, &error);
	pg->events->result(pg->ctx, PG_REFUSED, NULL, &error);
}

/* The preparation is over. */
static void
take_preparation(struct pg_conn *pg)
{
	if (pg->refused) {
		pg->backoff = BACKOFF_MAX; /* it will not be better soon */
		lose(pg, "a statement was refused");
		return;
	}
	pg->state = PG_UP;
	pg->backoff = BACKOFF_MIN;
	pg->complained = false;
	log_info("DATABASE_UP",
	    LOG_STR("connection", pg_options_get(&pg->options, "application_name")));
	pg->events->up(pg->ctx);
}

static void
take_sync(struct pg_conn *pg)
{
	assert(pg->owed == 0);
	pg->told = 0;
	pg->synced = false;
	if (pg->state == PG_PREPARING)
		take_preparation(pg);
	else
		pg->events->synced(pg->ctx);
}

static void
take_one(struct pg_conn *pg, PGresult *r)
{
	if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
		take_sync(pg);
		return;
	}
	/* One more than was sent: the commit itself was refused. */
	if (pg->owed > 0)
		pg->owed--;
	if (pg->state == PG_PREPARING)
		take_prepared(pg, r);
	else
		take_result(pg, r);
	pg->told++;
}

/* PQgetResult() blocks when it is called while busy; it says NULL between statements. */
static void
take_results(struct pg_conn *pg)
{
	int nulls = 0;

	/* Without the look at the status, a dead connection would yield errors without end. */
	while (!pg->dead && pg->conn != NULL && pg->owed + pg->synced > 0 && nulls < 2 &&
	       PQstatus(pg->conn) == CONNECTION_OK && !PQisBusy(pg->conn)) {
		PGresult *r = PQgetResult(pg->conn);

		if (r == NULL) {
			nulls++;
			continue;
		}
		nulls = 0;
		if (is_farewell(pg, r)) {
			lose(pg, PQresultErrorMessage(r));
			PQclear(r);
			return;
		}
		pg->current = r;
		take_one(pg, r);
		PQclear(pg->current); /* NULL when kept */
		pg->current = NULL;
	}
}

static void
take_notifications(struct pg_conn *pg)
{
	PGnotify *n;

	while (!pg->dead && pg->conn != NULL && (n = PQnotifies(pg->conn)) != NULL) {
		if (pg->events->notified != NULL)
			pg->events->notified(pg->ctx, n->relname, n->extra);
		PQfreemem(n);
	}
}

static void
ready(void *ctx, bool readable, bool writable)
{
	struct pg_conn *pg = ctx;

	(void)writable;
	enter(pg);
	if (readable) {
		/* The time to answer counts from the last sign of life. */
		loop_timer_stop(pg->loop, &pg->timer);
		(void)PQconsumeInput(pg->conn); /* a failure shows in the status */
		take_results(pg);
		take_notifications(pg);
		if (!pg->dead && pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_BAD)
			lose(pg, PQerrorMessage(pg->conn));
	}
	if (leave(pg) && (pg->state == PG_PREPARING || pg->state == PG_UP))
		watch(pg);
}

/*
 * Always waits for reading, because notices, notifications and the end come unasked, and a server that cannot write
 * does not read; for writing while something is unsent; and for the time while something is owed.
 */
static void
watch(struct pg_conn *pg)
{
	int unsent = PQflush(pg->conn);

	if (unsent < 0) {
		break_off(pg);
		return;
	}
	loop_io_set(pg->loop, &pg->io, PQsocket(pg->conn), true, unsent > 0, ready, pg);
	if (!pg->synced)
		loop_timer_stop(pg->loop, &pg->timer);
	else if (!loop_timer_running(&pg->timer))
		loop_timer_start(pg->loop, &pg->timer, pg->patience, time_is_up, pg);
}

/* ---- writing ---- */

bool
pg_is_up(const struct pg_conn *pg)
{
	return pg->state == PG_UP;
}

/* libpq wants each value to end with NUL. */
static bool
terminate_params(
    struct pg_conn *pg, const struct pg_params *params, const char *values_out[PG_PARAMS_MAX])
{
	size_t at = 0;

	buf_clear(&pg->params);
	for (int i = 0; i < params->count; i++) {
		if (params->values[i].ptr == NULL)
			continue;
		buf_append_slice(&pg->params, params->values[i]);
		buf_append_char(&pg->params, '\0');
	}
	if (buf_failed(&pg->params))
		return false;
	for (int i = 0; i < params->count; i++) {
		if (params->values[i].ptr == NULL)
			continue;
		values_out[i] = pg->params.ptr + at;
		at += params->values[i].len + 1;
	}
	return true;
}

bool
pg_send(struct pg_conn *pg, int statement, const struct pg_params *params)
{
	const char *values[PG_PARAMS_MAX] = { NULL };

	assert(!pg->synced || pg->state != PG_UP);
	assert(params->count == pg->statements[statement].params);
	if (pg->state != PG_UP)
		return false;
	if (!terminate_params(pg, params, values) ||
	    PQsendQueryPrepared(pg->conn, pg->statements[statement].name, params->count, values,
		NULL, NULL, 0) == 0) {
		break_off(pg);
		return false;
	}
	pg->owed++;
	return true;
}

bool
pg_sync(struct pg_conn *pg)
{
	if (pg->state != PG_UP)
		return false;
	if (PQpipelineSync(pg->conn) == 0) {
		break_off(pg);
		return false;
	}
	pg->synced = true;
	watch(pg);
	return true;
}

/* ---- connecting ---- */

static bool
prepare_statements(struct pg_conn *pg)
{
	for (int i = 0; i < pg->statement_count; i++) {
		if (PQsendPrepare(
			pg->conn, pg->statements[i].name, pg->statements[i].sql, 0, NULL) == 0)
			return false;
		pg->owed++;
	}
	return true;
}

static bool
listen_channels(struct pg_conn *pg)
{
	char sql[80]; /* "LISTEN " and a name of PostgreSQL, at most 63 bytes */

	for (int i = 0; pg->listen != NULL && pg->listen[i] != NULL; i++) {
		snprintf(sql, sizeof(sql), "LISTEN %s", pg->listen[i]);
		if (PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 0)
			return false;
		pg->owed++;
	}
	return true;
}

/* All go out at once, and one sync tells when they are through. */
static bool
prepare(struct pg_conn *pg)
{
	pg->refused = false;
	if (PQsetnonblocking(pg->conn, 1) != 0 || PQenterPipelineMode(pg->conn) == 0)
		return false;
	if (!prepare_statements(pg) || !listen_channels(pg) || PQpipelineSync(pg->conn) == 0)
		return false;
	pg->synced = true;
	pg->state = PG_PREPARING;
	return true;
}

static void
connecting(void *ctx, bool readable, bool writable)
{
	struct pg_conn *pg = ctx;
	PostgresPollingStatusType status = PQconnectPoll(pg->conn);

	(void)readable;
	(void)writable;
	/* The socket may be another one now, under the same number: libev has to forget the old. */
	loop_io_stop(pg->loop, &pg->io);
	if (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
		loop_io_set(pg->loop, &pg->io, PQsocket(pg->conn),
		    status == PGRES_POLLING_READING, status == PGRES_POLLING_WRITING,
		    connecting, pg);
		return;
	}
	if (status == PGRES_POLLING_OK && prepare(pg)) {
		loop_timer_stop(pg->loop, &pg->timer);
		watch(pg);
		return;
	}
	enter(pg);
	lose(pg, PQerrorMessage(pg->conn));
	(void)leave(pg);
}

static void
notice(void *ctx, const char *text)
{
	(void)ctx;
	log_debug("DATABASE_NOTICE", LOG_STR("text", text));
}

static void
connect_now(void *ctx)
{
	struct pg_conn *pg = ctx;

	if (!pg->bad_uri) {
		pg->conn = PQconnectStartParams((const char *const *)pg->options.keywords,
		    (const char *const *)pg->options.values, 0);
		if (pg->conn == NULL)
			abort();
		PQsetNoticeProcessor(pg->conn, notice, NULL);
		pg->state = PG_CONNECTING;
	}
	if (PQstatus(pg->conn) == CONNECTION_BAD) {
		enter(pg);
		lose(pg, pg->bad_uri ? "the URI cannot be read" : PQerrorMessage(pg->conn));
		(void)leave(pg);
		return;
	}
	loop_timer_start(pg->loop, &pg->timer, CONNECT_PATIENCE, time_is_up, pg);
	loop_io_set(pg->loop, &pg->io, PQsocket(pg->conn), false, true, connecting, pg);
}

/* ---- making and ending ---- */

/* libpq's message about a URI it cannot read is not told: it may quote the password. */
static bool
read_uri(struct pg_options *o, const char *uri)
{
	PQconninfoOption *options = PQconninfoParse(uri, NULL);

	if (options == NULL)
		return false;
	for (const PQconninfoOption *at = options; at->keyword != NULL; at++)
		if (at->val != NULL)
			pg_options_set(o, at->keyword, at->val);
	PQconninfoFree(options);
	return true;
}

/* What every connection is told, whatever server, role and database are set to. */
static void
set_up(struct pg_options *o, const char *application_name)
{
	static const char *const parameters[][2] = {
		{ "timezone", "UTC" },
		{ "datestyle", "ISO" },
		{ "client_min_messages", "warning" },
		{ "synchronous_commit", "on" },
		{ "lock_timeout", "10s" },
		{ "idle_in_transaction_session_timeout", "60s" },
	};

	pg_options_set(o, "application_name", application_name);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		pg_options_add_parameter(o, parameters[i][0], parameters[i][1]);
	/* A peer that vanishes without a word is noticed within half a minute, idle or not. */
	pg_options_default(o, "keepalives_idle", "10");
	pg_options_default(o, "keepalives_interval", "5");
	pg_options_default(o, "keepalives_count", "3");
	pg_options_default(o, "tcp_user_timeout", "25000");
	/* Kerberos would look for its caches, blocking, on each connect. */
	pg_options_default(o, "gssencmode", "disable");
}

struct pg_conn *
pg_new(struct loop *loop, const char *uri, const char *application_name,
    const struct pg_statement *statements, int statement_count, const char *const *listen,
    const struct pg_events *events, void *ctx)
{
	struct pg_conn *pg = calloc(1, sizeof(*pg));

	if (pg == NULL)
		abort();
	pg->loop = loop;
	pg->statements = statements;
	pg->statement_count = statement_count;
	pg->listen = listen;
	pg->events = events;
	pg->ctx = ctx;
	pg->patience = ANSWER_PATIENCE;
	pg->backoff = BACKOFF_MIN;
	buf_init(&pg->params, PARAMS_MAX_BYTES);
	pg->bad_uri = !read_uri(&pg->options, uri);
	pg_options_resolve(&pg->options);
	set_up(&pg->options, application_name);
	loop_timer_start(loop, &pg->timer, 0, connect_now, pg);
	return pg;
}

void
pg_set(struct pg_conn *pg, const char *parameter, const char *value)
{
	pg_options_add_parameter(&pg->options, parameter, value);
}

void
pg_set_patience(struct pg_conn *pg, int64_t microseconds)
{
	pg->patience = microseconds;
}

void
pg_free(struct pg_conn **conn)
{
	struct pg_conn *pg = *conn;

	*conn = NULL;
	if (pg == NULL)
		return;
	close_conn(pg);
	pg->dead = true;
	if (pg->depth == 0)
		destroy(pg);
}
