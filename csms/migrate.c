#include "csms/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "common/buf.h"
#include "common/log.h"
#include "csms/sql_embed.h"

/* Any number that nobody else locks in this database: "v2gcsms" in ASCII. */
#define LOCK_SQL "SELECT pg_advisory_lock(x'76326763736d73'::bigint)"

#define CREATE_SQL                                                                             \
	"CREATE SCHEMA IF NOT EXISTS core;"                                                    \
	"CREATE TABLE IF NOT EXISTS core.schema_version ("                                     \
	"	version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());"            \
	"CREATE TABLE IF NOT EXISTS core.schema_routines ("                                    \
	"	hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"                 \
	"COMMENT ON TABLE core.schema_routines IS 'Functions and views applied last; kept by " \
	"the program';"                                                                        \
	"COMMENT ON COLUMN core.schema_routines.hash IS 'Digest of their files';"              \
	"COMMENT ON COLUMN core.schema_routines.applied_at IS 'When they were applied'"

/* Once we have the lock: a running node may hold a table that a migration changes, but not for long. */
#define SESSION_SQL                                                                            \
	"SET client_min_messages = warning; SET timezone = 'UTC'; SET lock_timeout = '30s'"

#define HASH_TEXT_MAX 17 /* 16 hexadecimal digits and the NUL */

struct migration {
	PGconn *conn;
	const struct sql_set *set;
	int applied; /* in this run */
};

/* ---- statements ---- */

static struct slice
trimmed(const char *message)
{
	size_t len = strlen(message);

	while (len > 0 && message[len - 1] == '\n')
		len--;
	return slice_from(message, len);
}

/* Line of the file in which PostgreSQL found the fault; 0 when it does not say. */
static int64_t
fault_line(const PGresult *r, const char *text)
{
	const char *field = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
	long long position;
	int64_t line = 1;

	if (field == NULL || !slice_to_int64(slice_cstr(field), 1, 1 << 30, &position))
		return 0;
	/* The position counts characters, not bytes. */
	for (; *text != '\0' && position > 1; text++) {
		line += *text == '\n';
		position -= ((unsigned char)text[1] & 0xc0) != 0x80;
	}
	return line;
}

static void
log_refusal(const PGresult *r, const char *what, const char *text)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);

	log_error("MIGRATION_REFUSED", LOG_STR("file", what),
	    LOG_INT("line", fault_line(r, text)), LOG_STR("sqlstate", state),
	    LOG_SLICE("error", trimmed(message != NULL ? message : PQresultErrorMessage(r))),
	    LOG_STR("detail", detail));
}

/* A broken connection, and refusals that pass: a lock, a deadlock, a server that stops or starts. */
static bool
may_pass(const PGconn *conn, const PGresult *r)
{
	static const char *const passing[] = { "55P03", "40P01", "40001", "57P01", "57P02",
		"57P03" };
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (PQstatus(conn) == CONNECTION_BAD)
		return true;
	for (size_t i = 0; state != NULL && i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strcmp(state, passing[i]) == 0)
			return true;
	return false;
}

static bool
succeeded(const PGresult *r)
{
	switch (PQresultStatus(r)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY: return true;
	default: return false;
	}
}

/* Runs all statements of `text`; what it is called in the log is `what`. */
static enum migrate_result
run(struct migration *m, const char *what, const char *text)
{
	PGresult *r = PQexec(m->conn, text);
	enum migrate_result result = MIGRATE_OK;

	if (!succeeded(r)) {
		log_refusal(r, what, text);
		result = may_pass(m->conn, r) ? MIGRATE_UNREACHABLE : MIGRATE_FAILED;
	}
	PQclear(r);
	return result;
}

/* First column of the first row into `out`, "" when there is none. */
static enum migrate_result
ask(struct migration *m, const char *sql, char *out, size_t size)
{
	PGresult *r = PQexec(m->conn, sql);
	enum migrate_result result = MIGRATE_OK;

	if (!succeeded(r)) {
		log_refusal(r, "-", sql);
		result = may_pass(m->conn, r) ? MIGRATE_UNREACHABLE : MIGRATE_FAILED;
	} else {
		snprintf(out, size, "%s", PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
	}
	PQclear(r);
	return result;
}

/* A file must leave the transaction to us, or half of it could stay. */
static enum migrate_result
run_file(struct migration *m, const struct sql_file *file)
{
	enum migrate_result result = run(m, file->name, file->text);

	if (result != MIGRATE_OK || PQtransactionStatus(m->conn) == PQTRANS_INTRANS)
		return result;
	log_error("MIGRATION_REFUSED", LOG_STR("file", file->name),
	    LOG_STR("error", "it ends the transaction it runs in"));
	return MIGRATE_FAILED;
}

/* ---- migrations ---- */

static enum migrate_result
apply_migration(struct migration *m, const struct sql_file *file)
{
	char record[96];
	enum migrate_result result;

	snprintf(record, sizeof(record),
	    "INSERT INTO core.schema_version (version) VALUES (%d)", file->version);
	result = run(m, file->name, "BEGIN");
	if (result == MIGRATE_OK)
		result = run_file(m, file);
	if (result == MIGRATE_OK)
		result = run(m, file->name, record);
	if (result == MIGRATE_OK)
		result = run(m, file->name, "COMMIT");
	if (result == MIGRATE_OK) {
		m->applied++;
		log_info("MIGRATION_APPLIED", LOG_STR("file", file->name));
	}
	return result;
}

static enum migrate_result
apply_migrations(struct migration *m)
{
	enum migrate_result result = MIGRATE_OK;

	for (const struct sql_file *f = m->set->migrations;
	     f->name != NULL && result == MIGRATE_OK; f++) {
		char sql[96], found[16];

		snprintf(sql, sizeof(sql),
		    "SELECT version FROM core.schema_version WHERE version = %d", f->version);
		result = ask(m, sql, found, sizeof(found));
		if (result == MIGRATE_OK && found[0] == '\0')
			result = apply_migration(m, f);
	}
	return result;
}

static int
newest_version(const struct sql_set *set)
{
	int newest = 0;

	for (const struct sql_file *f = set->migrations; f->name != NULL; f++)
		newest = f->version > newest ? f->version : newest;
	return newest;
}

/* Looks, and changes nothing. */
static enum migrate_result
check_version(struct migration *m)
{
	char text[16] = "";
	long long version = 0;
	enum migrate_result result;

	result = ask(m, "SELECT to_regclass('core.schema_version')", text, sizeof(text));
	if (result != MIGRATE_OK || text[0] == '\0')
		return result;
	result = ask(m, "SELECT max(version) FROM core.schema_version", text, sizeof(text));
	if (result != MIGRATE_OK)
		return result;
	(void)slice_to_int64(slice_cstr(text), 0, INT32_MAX, &version);
	if (version <= newest_version(m->set))
		return MIGRATE_OK;
	log_error("MIGRATION_DATABASE_TOO_NEW", LOG_INT("database", version),
	    LOG_INT("program", newest_version(m->set)));
	return MIGRATE_TOO_NEW;
}

/* ---- functions and views ---- */

/* FNV-1a, 64 bits: it tells builds apart; nobody has an interest in a collision. */
static void
hash_routines(const struct sql_set *set, char out[HASH_TEXT_MAX])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const struct sql_file *f = set->routines; f->name != NULL; f++) {
		for (const char *c = f->name; *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
		for (const char *c = f->text; *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	}
	snprintf(out, HASH_TEXT_MAX, "%016" PRIx64, hash);
}

static enum migrate_result
replace_routines(struct migration *m, const char *hash)
{
	char record[160];
	enum migrate_result result = run(m, "routines", "BEGIN");

	for (const struct sql_file *f = m->set->routines;
	     f->name != NULL && result == MIGRATE_OK; f++)
		result = run_file(m, f);
	snprintf(record, sizeof(record),
	    "DELETE FROM core.schema_routines; INSERT INTO core.schema_routines (hash) VALUES "
	    "('%s')",
	    hash);
	if (result == MIGRATE_OK)
		result = run(m, "routines", record);
	if (result == MIGRATE_OK)
		result = run(m, "routines", "COMMIT");
	if (result == MIGRATE_OK)
		log_info("ROUTINES_REPLACED", LOG_STR("hash", hash));
	return result;
}

static enum migrate_result
apply_routines(struct migration *m)
{
	char ours[HASH_TEXT_MAX], theirs[HASH_TEXT_MAX];
	enum migrate_result result;

	hash_routines(m->set, ours);
	result = ask(m, "SELECT hash FROM core.schema_routines", theirs, sizeof(theirs));
	if (result != MIGRATE_OK)
		return result;
	/* A migration may have taken functions away with what they depended on. */
	if (m->applied == 0 && strcmp(ours, theirs) == 0)
		return MIGRATE_OK;
	return replace_routines(m, ours);
}

/* ---- connecting ---- */

static void
notice(void *ctx, const char *text)
{
	(void)ctx;
	log_debug("DATABASE_NOTICE", LOG_SLICE("text", trimmed(text)));
}

/* NULL after logging why. */
static PGconn *
connect_to(const char *uri)
{
	/* What stands in front yields to the URI (expand_dbname), what stands behind it does not. */
	const char *const keywords[] = { "connect_timeout", "dbname", "application_name",
		NULL };
	const char *const values[] = { "5", uri, "v2g-csms migrate", NULL };
	PGconn *conn = PQconnectdbParams(keywords, values, 1);

	if (PQstatus(conn) == CONNECTION_OK) {
		PQsetNoticeProcessor(conn, notice, NULL);
		return conn;
	}
	log_warn("DATABASE_UNREACHABLE", LOG_SLICE("error", trimmed(PQerrorMessage(conn))));
	PQfinish(conn);
	return NULL;
}

static enum migrate_result
migrate(struct migration *m)
{
	enum migrate_result result = run(m, "lock", LOCK_SQL);

	if (result == MIGRATE_OK)
		result = run(m, "settings", SESSION_SQL);
	if (result == MIGRATE_OK)
		result = check_version(m);
	if (result == MIGRATE_OK)
		result = run(m, "schema_version", CREATE_SQL);
	if (result == MIGRATE_OK)
		result = apply_migrations(m);
	if (result == MIGRATE_OK)
		result = apply_routines(m);
	return result;
}

enum migrate_result
migrate_run_set(const char *uri, const struct sql_set *set)
{
	struct migration m = { .set = set };
	enum migrate_result result;

	m.conn = connect_to(uri);
	if (m.conn == NULL)
		return MIGRATE_UNREACHABLE;
	result = migrate(&m);
	/* Whatever is open is rolled back, and the lock goes with the connection. */
	PQfinish(m.conn);
	return result;
}

enum migrate_result
migrate_run(const char *uri)
{
	return migrate_run_set(uri, &sql_embedded);
}

/* ---- one statement ---- */

static void
tell_rows(
    const PGresult *r, void (*row)(void *ctx, const char *const *columns, int count), void *ctx)
{
	const char *columns[PG_PARAMS_MAX];
	int count = PQnfields(r) < PG_PARAMS_MAX ? PQnfields(r) : PG_PARAMS_MAX;

	for (int i = 0; i < PQntuples(r); i++) {
		for (int c = 0; c < count; c++)
			columns[c] = PQgetisnull(r, i, c) ? NULL : PQgetvalue(r, i, c);
		row(ctx, columns, count);
	}
}

/* libpq wants each value NUL-terminated. */
static PGresult *
exec_params(PGconn *conn, const char *sql, const struct pg_params *params)
{
	const char *values[PG_PARAMS_MAX] = { NULL };
	char *text = malloc(pg_params_size(params) + PG_PARAMS_MAX), *at = text;
	PGresult *r;

	if (text == NULL)
		abort();
	for (int i = 0; i < params->count; i++) {
		struct slice value = params->values[i];

		if (value.ptr == NULL)
			continue;
		values[i] = at;
		memcpy(at, value.ptr, value.len);
		at[value.len] = '\0';
		at += value.len + 1;
	}
	r = PQexecParams(conn, sql, params->count, NULL, values, NULL, NULL, 0);
	free(text);
	return r;
}

bool
migrate_call(const char *uri, const char *sql, const struct pg_params *params,
    void (*row)(void *ctx, const char *const *columns, int count), void *ctx)
{
	PGconn *conn = connect_to(uri);
	PGresult *r;
	bool ok;

	if (conn == NULL)
		return false;
	r = exec_params(conn, sql, params);
	ok = succeeded(r);
	if (ok && row != NULL)
		tell_rows(r, row, ctx);
	if (!ok)
		log_error(
		    "STATEMENT_REFUSED", LOG_SLICE("error", trimmed(PQresultErrorMessage(r))));
	PQclear(r);
	PQfinish(conn);
	return ok;
}
