/*
 * store_probe - the store and the migrations as programs that a script can drive.
 *
 *     store_probe run URI COUNT     submits COUNT operations, 200 of them under way at any time, and prints
 *                                   "done ID OUTCOME" for each that ends, "up" once connected, "bye" at the end
 *     store_probe migrate URI SET   brings the database to a set of SQL files (migrations.c); prints the result
 *     store_probe call URI SQL [PARAMETER...]
 */
#include <stdio.h>
#include <stdlib.h>

#include "csms/migrate.h"
#include "csms/params.h"
#include "csms/store.h"
#include "tests/integration/store/store_probe.h"

#define UNDER_WAY 200
#define MAX_BATCH 50

/* Idempotent, as all operations are that go through the store. */
static const struct pg_statement statements[] = {
	{ "INSERT", "INSERT INTO probe (id) VALUES ($1::int) ON CONFLICT DO NOTHING", 1 },
};

struct probe {
	struct loop loop;
	struct store *store;
	struct loop_timer look;
	long submitted, ended, count;
};

static void submit_more(struct probe *probe);

struct ticket {
	struct probe *probe;
	long id;
};

static void
done(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	static const char *const words[] = {
		[STORE_COMMITTED] = "committed",
		[STORE_REFUSED] = "refused",
		[STORE_ABANDONED] = "abandoned",
	};
	struct ticket *ticket = ctx;
	struct probe *probe = ticket->probe;

	(void)r;
	(void)error;
	printf("done %ld %s\n", ticket->id, words[outcome]);
	free(ticket);
	probe->ended++;
	submit_more(probe);
	if (probe->ended == probe->count)
		loop_stop(&probe->loop);
}

static void
submit_more(struct probe *probe)
{
	while (probe->submitted < probe->count && probe->submitted - probe->ended < UNDER_WAY) {
		struct params p = { 0 };
		struct ticket *ticket = malloc(sizeof(*ticket));

		if (ticket == NULL)
			abort();
		*ticket = (struct ticket){ probe, probe->submitted };
		params_int(&p, ticket->id);
		if (!store_submit(probe->store, 0, &p.pg, done, ticket))
			abort(); /* nowhere near the limit */
		probe->submitted++;
	}
}

static void
look(void *ctx)
{
	struct probe *probe = ctx;

	if (!store_is_up(probe->store))
		return;
	puts("up");
	loop_timer_stop(&probe->loop, &probe->look);
}

static int
run(const char *uri, const char *count)
{
	struct probe probe = { .count = strtol(count, NULL, 10) };
	struct store_settings settings = {
		.uri = uri,
		.max_bytes = 64 << 20,
		.max_batch = MAX_BATCH,
		.log_statement = -1,
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	loop_init(&probe.loop);
	probe.store = store_new(&probe.loop, &settings, statements, 1);
	loop_timer_every(&probe.loop, &probe.look, SECOND_US / 100, look, &probe);
	submit_more(&probe);
	loop_run(&probe.loop);
	loop_timer_stop(&probe.loop, &probe.look);
	store_free(&probe.store);
	loop_destroy(&probe.loop);
	puts("bye");
	return 0;
}

static void
print_row(void *ctx, const char *const *columns, int count)
{
	(void)ctx;
	for (int i = 0; i < count; i++)
		printf("%s%s", i > 0 ? "\t" : "", columns[i] != NULL ? columns[i] : "NULL");
	putchar('\n');
}

static int
call(const char *uri, const char *sql, char **parameters, int count)
{
	struct params p = { 0 };

	for (int i = 0; i < count && i < PG_PARAMS_MAX; i++)
		params_text(&p, slice_cstr(parameters[i]));
	return migrate_call(uri, sql, &p.pg, print_row, NULL) ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "run") == 0)
		return run(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "migrate") == 0)
		return probe_migrate(argv[2], argv[3]);
	if (argc >= 4 && strcmp(argv[1], "call") == 0)
		return call(argv[2], argv[3], argv + 4, argc - 4);
	return 2;
}
