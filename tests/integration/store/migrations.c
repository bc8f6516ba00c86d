/* SQL files that no release should ever have, and what becomes of them. */
#include <stdio.h>
#include <string.h>

#include "csms/migrate.h"
#include "csms/sql_embed.h"
#include "tests/integration/store/store_probe.h"

#define END                                                                                    \
	{                                                                                      \
		NULL, 0, NULL                                                                  \
	}

/* Both take a moment, so that two programs that start together meet. */
#define FIRST                                                                                  \
	{                                                                                      \
		"migrations/0001_first.sql", 1,                                                \
		    "CREATE TABLE first (n int); SELECT pg_sleep(0.3); INSERT INTO first "     \
		    "VALUES (1);"                                                              \
	}
#define SECOND                                                                                 \
	{                                                                                      \
		"migrations/0002_second.sql", 2, "ALTER TABLE first ADD m int;"                \
	}

static const struct sql_file one[] = { FIRST, END };
static const struct sql_file two[] = { FIRST, SECOND, END };
static const struct sql_file broken[] = { FIRST,
	{ "migrations/0002_broken.sql", 2,
	    "CREATE TABLE second (n int);\n-- \xc3\xa4\xc3\xb6\xc3\xbc\nCREATE TABEL third (n "
	    "int);\n" },
	END };
static const struct sql_file commits[] = { FIRST,
	{ "migrations/0002_commits.sql", 2, "CREATE TABLE second (n int); COMMIT;" }, END };

static const struct sql_file routines[] = {
	{ "functions/10_f.sql", 10,
	    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;" },
	{ "views/10_v.sql", 10, "CREATE OR REPLACE VIEW v AS SELECT f() AS f;" }, END
};
static const struct sql_file changed[] = {
	{ "functions/10_f.sql", 10,
	    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$;" },
	{ "views/10_v.sql", 10, "CREATE OR REPLACE VIEW v AS SELECT f() AS f;" }, END
};
static const struct sql_file half[] = {
	{ "functions/10_f.sql", 10,
	    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 3 $$;" },
	{ "views/10_v.sql", 10, "CREATE OR REPLACE VIEW v AS SELECT nothing();" }, END
};

static const struct {
	const char *name;
	struct sql_set set;
} sets[] = {
	{ "one", { one, routines } },
	{ "two", { two, routines } },
	{ "broken", { broken, routines } },
	{ "commits", { commits, routines } },
	{ "changed", { one, changed } },
	{ "half", { one, half } },
};

static enum migrate_result
migrate(const char *uri, const char *set)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strcmp(sets[i].name, set) == 0)
			return migrate_run_set(uri, &sets[i].set);
	return migrate_run(uri);
}

int
probe_migrate(const char *uri, const char *set)
{
	static const char *const words[] = {
		[MIGRATE_OK] = "ok",
		[MIGRATE_UNREACHABLE] = "unreachable",
		[MIGRATE_TOO_NEW] = "too-new",
		[MIGRATE_FAILED] = "failed",
	};

	puts(words[migrate(uri, set)]);
	return 0;
}
