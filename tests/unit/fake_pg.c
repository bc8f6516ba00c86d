#include "tests/unit/fake_pg.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct pg_conn {
	int dummy;
};

struct pg_result {
	char text[64];
};

const struct pg_statement fake_statements[FAKE_STATEMENT_COUNT] = {
	{ "INSERT", "", 1 },
	{ "LOG", "", 5 },
};

struct fake fake;
static struct pg_conn conn;
static struct pg_result *current;

void
fake_reset(void)
{
	fake = (struct fake){ .sqlstate = "22023" };
}

/* ---- the interface ---- */

int
pg_rows(const struct pg_result *r)
{
	(void)r;
	return 1;
}

struct slice
pg_text(const struct pg_result *r, int row, int column)
{
	(void)row;
	(void)column;
	return slice_cstr(r->text);
}

struct pg_result *
pg_result_keep(struct pg_conn *pg)
{
	struct pg_result *r = current;

	assert(pg == &conn && r != NULL);
	current = NULL;
	return r;
}

void
pg_result_free(struct pg_result **r)
{
	if (*r == NULL)
		return;
	fake.results_alive--;
	free(*r);
	*r = NULL;
}

struct pg_conn *
pg_new(struct loop *loop, const char *uri, const char *application_name,
    const struct pg_statement *statements, int statement_count, const char *const *listen,
    const struct pg_events *events, void *ctx)
{
	(void)loop;
	(void)uri;
	(void)application_name;
	(void)statements;
	(void)statement_count;
	(void)listen;
	fake.events = events;
	fake.ctx = ctx;
	return &conn;
}

void
pg_free(struct pg_conn **connection)
{
	*connection = NULL;
	fake.up = false;
}

bool
pg_is_up(const struct pg_conn *pg)
{
	return pg != NULL && fake.up;
}

static void
copy_text(char *out, size_t size, struct slice text)
{
	size_t len = text.len < size ? text.len : size - 1;

	memcpy(out, text.ptr, len);
	out[len] = '\0';
}

bool
pg_send(struct pg_conn *pg, int statement, const struct pg_params *params)
{
	assert(pg == &conn && !fake.synced && fake.sent_count < FAKE_SENT_MAX);
	assert(params->count == fake_statements[statement].params);
	if (!fake.up)
		return false;
	if (fake.fail_send > 0 && --fake.fail_send == 0) {
		fake.up = false; /* the test calls fake_down() */
		return false;
	}
	fake.sent[fake.sent_count].statement = statement;
	copy_text(
	    fake.sent[fake.sent_count].text, sizeof(fake.sent[0].text), params->values[0]);
	if (statement == FAKE_LOG)
		copy_text(fake.frames, sizeof(fake.frames), params->values[params->count - 1]);
	fake.sent_count++;
	return true;
}

bool
pg_sync(struct pg_conn *pg)
{
	assert(pg == &conn);
	fake.synced = fake.up;
	return fake.up;
}

/* ---- the server ---- */

void
fake_up(void)
{
	fake.up = true;
	fake.events->up(fake.ctx);
}

static const char *
refusal(int index)
{
	if (fake.fail_once > 0)
		return "40P01";
	if (fake.sent[index].statement == FAKE_LOG)
		return fake.refuse_log ? "23514" : NULL;
	if (fake.also_bad != NULL && strcmp(fake.sent[index].text, fake.also_bad) == 0)
		return fake.sqlstate;
	return strncmp(fake.sent[index].text, "bad", 3) == 0 ? fake.sqlstate : NULL;
}

static void
tell_refused(const char *sqlstate)
{
	struct pg_error error = { .message = "no" };

	snprintf(error.sqlstate, sizeof(error.sqlstate), "%s", sqlstate);
	fake.events->result(fake.ctx, PG_REFUSED, NULL, &error);
}

static void
tell_done(int index)
{
	current = calloc(1, sizeof(*current));
	assert(current != NULL);
	fake.results_alive++;
	memcpy(current->text, fake.sent[index].text, sizeof(current->text));
	fake.events->result(fake.ctx, PG_DONE, current, NULL);
	pg_result_free(&current);
}

/* As PostgreSQL: after an error the rest of the batch is passed over.  False: one was refused. */
static bool
answer_statements(void)
{
	bool failed = false;

	for (int i = 0; i < fake.sent_count; i++) {
		if (failed) {
			tell_refused("25P02");
		} else if (refusal(i) != NULL) {
			tell_refused(refusal(i));
			failed = true;
		} else {
			tell_done(i);
		}
	}
	return !failed;
}

static bool
commit_fails(void)
{
	for (int i = 0; fake.refuse_commit && i < fake.sent_count; i++)
		if (strncmp(fake.sent[i].text, "late", 4) == 0)
			return true;
	return false;
}

static void
commit(void)
{
	for (int i = 0; i < fake.sent_count; i++)
		if (fake.sent[i].statement == FAKE_LOG)
			fake.logs++;
		else
			memcpy(fake.rows[fake.rows_count++], fake.sent[i].text,
			    sizeof(fake.rows[0]));
}

bool
fake_serve(void)
{
	bool fine;

	if (!fake.synced)
		return false;
	fine = answer_statements();
	if (fine && commit_fails()) {
		tell_refused("23503");
		fine = false;
	}
	if (fine)
		commit();
	if (fake.fail_once > 0)
		fake.fail_once--;
	fake.batches++;
	fake.largest = fake.sent_count > fake.largest ? fake.sent_count : fake.largest;
	fake.sent_count = 0;
	fake.synced = false;
	fake.events->synced(fake.ctx);
	return true;
}

void
fake_serve_some(int n)
{
	for (int i = 0; i < n; i++)
		tell_done(i);
}

void
fake_down(bool committed)
{
	int owed = fake.sent_count;

	if (committed)
		commit();
	fake.up = false;
	fake.synced = false;
	fake.sent_count = 0;
	for (int i = 0; i < owed; i++)
		fake.events->result(fake.ctx, PG_UNKNOWN, NULL, NULL);
	fake.events->down(fake.ctx);
}
