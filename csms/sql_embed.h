/*
 * sql_embed.h - the SQL files of sql/, as the build put them into the program (sql_embed.awk).
 */
#ifndef V2G_CSMS_SQL_EMBED_H
#define V2G_CSMS_SQL_EMBED_H

struct sql_file {
	const char *name; /* "migrations/0001_core.sql" */
	int version; /* the number its name begins with; counts for migrations only */
	const char *text;
};

/* Each array ends with a row whose name is NULL. */
struct sql_set {
	const struct sql_file *migrations; /* in ascending order of version */
	const struct sql_file *routines; /* functions, then views, each sorted by name */
};

extern const struct sql_set sql_embedded;

#endif
