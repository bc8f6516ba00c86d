/*
 * migrate.h - brings the database to the version this program was built with.
 *
 * The SQL files of sql/ are embedded in the program.  Blocking: runs once, before the loop.
 *
 * core.schema_version has a row for each migration applied; each is its own transaction.  Functions and views
 * are not versioned: they are replaced, all in one transaction, whenever those of the program
 * differ from what core.schema_routines says was applied last.
 */
#ifndef V2G_CSMS_MIGRATE_H
#define V2G_CSMS_MIGRATE_H

#include "csms/pg.h"

enum migrate_result {
	MIGRATE_OK,
	MIGRATE_UNREACHABLE, /* no connection, or something in the way; try again later */
	MIGRATE_TOO_NEW, /* the database was migrated by a newer program: refuse to start */
	MIGRATE_FAILED, /* a file was refused; logged with file and message */
};

/* Under an advisory lock, so that nodes that start together do it once. */
enum migrate_result migrate_run(const char *uri);

struct sql_set;
/* The same with other files than the embedded ones; for tests. */
enum migrate_result migrate_run_set(const char *uri, const struct sql_set *set);

/*
 * One statement on a connection of its own, blocking; `row` (may be NULL) gets each row of the result,
 * columns NUL-terminated, NULL for SQL NULL.  False after logging why not.  For the command line.
 */
bool migrate_call(const char *uri, const char *sql, const struct pg_params *params,
    void (*row)(void *ctx, const char *const *columns, int count), void *ctx);

#endif
