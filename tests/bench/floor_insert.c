/*
 * floor_insert - answers a TransactionEvent when its row is committed: what durable storage costs by
 * itself.  One row of text a message, through the store of the central system, and nothing else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "csms/migrate.h"
#include "csms/store.h"
#include "tests/bench/floor.h"

#define CREATE_SQL "CREATE TABLE IF NOT EXISTS floor (station text, id text, frame text)"

/* An answer that waits for its row. */
struct waiting {
	struct floor_connection *connection;
	struct floor_message *answer;
};

static const struct pg_statement statements[] = {
	{ "INSERT", "INSERT INTO floor (station, id, frame) VALUES ($1, $2, $3)", 3 },
};

static struct store *store;

static void
stored(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	struct waiting *w = ctx;

	(void)r;
	if (outcome == STORE_COMMITTED)
		floor_send(w->connection, w->answer);
	else
		free(w->answer);
	if (outcome == STORE_REFUSED)
		fprintf(stderr, "refused: %s\n", error->message);
	floor_settle(w->connection);
	free(w);
}

static bool
insert(struct floor_connection *c, struct slice id, struct slice frame,
    struct floor_message *answer)
{
	struct pg_params params = { 3, { c->station, id, frame } };
	struct waiting *w = malloc(sizeof(*w));

	if (w == NULL)
		abort();
	*w = (struct waiting){ c, answer };
	if (!store_submit(store, 0, &params, stored, w)) {
		free(w);
		free(answer);
		return false;
	}
	c->pending++;
	return true;
}

static bool
take(struct floor_connection *c, struct slice frame, struct floor_message *answer)
{
	struct slice id, action;

	if (floor_read_call(frame, &id, &action) &&
	    slice_equal(action, SLICE("TransactionEvent")))
		return insert(c, id, frame, answer);
	floor_send(c, answer);
	return true;
}

static bool
start(struct loop *loop, const struct floor_options *options)
{
	struct pg_params none = { .count = 0 };
	struct store_settings settings = {
		.uri = options->database,
		.max_bytes = 256 << 20,
		.max_batch = 1000,
		.log_statement = -1,
	};

	if (options->database == NULL) {
		fputs("--database is missing\n", stderr);
		return false;
	}
	if (!migrate_call(options->database, CREATE_SQL, &none, NULL, NULL))
		return false;
	store = store_new(loop, &settings, statements, 1);
	return true;
}

static void
stop(void)
{
	struct store_stats stats;

	store_get_stats(store, &stats);
	printf("rows %lld in %lld transactions\n", (long long)stats.operations,
	    (long long)stats.batches);
	store_free(&store);
}

int
main(int argc, char **argv)
{
	static const struct floor floor_insert = { start, take, stop };

	return floor_run(&floor_insert, argc, argv);
}
