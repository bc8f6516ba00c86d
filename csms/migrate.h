/*
 * migrate.h - brings the database to the version this program was built with.
 *
 * The SQL files of sql/ are embedded in the program.  Blocking: runs once, before the loop.
 */
#ifndef V2G_CSMS_MIGRATE_H
#define V2G_CSMS_MIGRATE_H

enum migrate_result {
	MIGRATE_OK,
	MIGRATE_UNREACHABLE, /* no connection; try again later */
	MIGRATE_TOO_NEW, /* the database was migrated by a newer program: refuse to start */
	MIGRATE_FAILED, /* a file was refused; logged with file and message */
};

/* Under an advisory lock, so that nodes that start together do it once. */
enum migrate_result migrate_run(const char *uri);

#endif
