#include "csms/directory.h"

#include "common/clock.h"
#include "common/log.h"
#include "csms/params.h"
#include "csms/password.h"
#include "csms/statements.h"

#include <stdlib.h>

struct directory {
	struct query_pool *pool;
	const struct directory_events *events;
	void *ctx;
	struct map stations; /* key -> struct station */
	struct map ids; /* station->id -> struct station */
	struct map tokens; /* hash -> struct api_token */
	bool stations_loaded, tokens_loaded, was_ready;
	bool loading, load_again;
	bool stale; /* a question was lost with its connection: all is to be asked again */
	uint64_t last_read, load_number, tokens_number; /* of questions, as they were asked */
};

/* One refresh on its way. */
struct refresh {
	struct directory *directory;
	char *name; /* NULL: tokens */
	uint64_t number;
	void (*done)(void *ctx);
	void *ctx;
};

enum registration
registration_parse(struct slice text)
{
	static const struct slice names[] = { { "", 0 }, { "Accepted", 8 }, { "Pending", 7 },
		{ "Rejected", 8 } };

	for (int i = REGISTRATION_ACCEPTED; i <= REGISTRATION_REJECTED; i++)
		if (slice_equal(text, names[i]))
			return (enum registration)i;
	return REGISTRATION_NONE;
}

static const char *const role_names[] = { "none", "viewer", "utility", "operator", "admin" };

enum role
role_parse(struct slice text)
{
	for (int i = ROLE_VIEWER; i <= ROLE_ADMIN; i++)
		if (slice_equal(text, slice_cstr(role_names[i])))
			return (enum role)i;
	return ROLE_NONE;
}

const char *
role_name(enum role role)
{
	return role_names[role];
}

/* OCPP identities compare without case; they are ASCII (identifierString). False: longer than any identity. */
static bool
make_key(struct slice name, char key[STATION_NAME_MAX + 1])
{
	if (name.len == 0 || name.len > STATION_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		key[i] = slice_lower(name.ptr[i]);
	key[name.len] = '\0';
	return true;
}

static struct slice
id_key(const int64_t *id)
{
	return slice_from((const char *)id, sizeof(*id));
}

static char *
copy(struct slice text)
{
	char *out;

	if (text.ptr == NULL)
		return NULL;
	out = malloc(text.len + 1);
	if (out == NULL)
		abort();
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return out;
}

static void
station_free(struct station *s)
{
	free(s->password_hash);
	free(s->certificate_cn);
	free(s);
}

struct directory *
directory_new(struct query_pool *pool, const struct directory_events *events, void *ctx)
{
	struct directory *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	d->pool = pool;
	d->events = events;
	d->ctx = ctx;
	return d;
}

static void
drop_tokens(struct directory *d)
{
	size_t cursor = 0;
	struct api_token *t;

	while ((t = map_next(&d->tokens, &cursor)) != NULL) {
		free(t->name);
		free(t);
	}
	map_free(&d->tokens);
}

void
directory_free(struct directory **directory)
{
	struct directory *d = *directory;
	size_t cursor = 0;
	struct station *s;

	*directory = NULL;
	if (d == NULL)
		return;
	while ((s = map_next(&d->stations, &cursor)) != NULL)
		station_free(s);
	map_free(&d->stations);
	map_free(&d->ids);
	drop_tokens(d);
	free(d);
}

static void
announce_ready(struct directory *d)
{
	if (d->was_ready || !directory_is_ready(d))
		return;
	d->was_ready = true;
	d->events->ready(d->ctx);
}

bool
directory_is_ready(const struct directory *d)
{
	return d->stations_loaded && d->tokens_loaded;
}

/* Keeps `*field` when it already says `text`; tells whether it changed. */
static bool
replace(char **field, struct slice text)
{
	if ((*field == NULL) == (text.ptr == NULL) &&
	    (*field == NULL || slice_equal(slice_cstr(*field), text)))
		return false;
	free(*field);
	*field = copy(text);
	return true;
}

/*
 * The pool has several connections, so an answer may be overtaken by that to a later question, which knows more: every
 * change is told after its commit, and asked for after it is told.
 */
static bool
is_news(struct station *s, uint64_t number)
{
	if (s->read_number > number)
		return false;
	s->read_number = number;
	return true;
}

/* Columns of directory() and directory_one(): id, name, security_profile, password_hash, certificate_cn, blocked,
 * boot_status, compression. */
static void
take_station(struct directory *d, const struct pg_result *r, int row, uint64_t number)
{
	struct slice name = pg_text(r, row, 1);
	char key[STATION_NAME_MAX + 1];
	struct station *s;
	bool changed;

	if (!make_key(name, key))
		return;
	s = map_get(&d->stations, slice_cstr(key));
	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			abort();
		memcpy(s->key, key, sizeof(s->key));
		map_put(&d->stations, slice_cstr(s->key), s);
	}
	if (!is_news(s, number))
		return;
	if (s->id != pg_integer(r, row, 0)) { /* new, or deleted and created again */
		if (s->id != 0)
			map_remove(&d->ids, id_key(&s->id));
		s->id = pg_integer(r, row, 0);
		map_put(&d->ids, id_key(&s->id), s);
	}
	memcpy(s->name, name.ptr, name.len);
	s->name[name.len] = '\0';
	changed = s->deleted || s->blocked != (pg_integer(r, row, 5) != 0) ||
		  s->security_profile != (int)pg_integer(r, row, 2);
	s->deleted = false;
	s->security_profile = (int)pg_integer(r, row, 2);
	s->blocked = pg_integer(r, row, 5) != 0;
	s->boot_status = registration_parse(pg_text(r, row, 6));
	s->compression = pg_integer(r, row, 7) != 0;
	if (replace(&s->password_hash, pg_text(r, row, 3)))
		s->verified = false;
	if (replace(
		&s->certificate_cn, pg_text(r, row, 4).ptr != NULL ? pg_text(r, row, 4) : name))
		changed = true;
	if (changed)
		d->events->changed(d->ctx, s);
}

static void
take_deletion(struct directory *d, struct slice name, uint64_t number)
{
	struct station *s = directory_station(d, name);

	if (s == NULL || !is_news(s, number))
		return;
	s->deleted = true;
	s->verified = false;
	d->events->changed(d->ctx, s);
}

/* After a full load: what was not in it has been deleted. */
static void
take_stations(struct directory *d, const struct pg_result *r)
{
	struct map seen = { 0 };
	size_t cursor = 0;
	struct station *s;

	for (int row = 0; row < pg_rows(r); row++) {
		take_station(d, r, row, d->load_number);
		s = directory_station(d, pg_text(r, row, 1));
		if (s != NULL)
			map_put(&seen, slice_cstr(s->key), s);
	}
	while ((s = map_next(&d->stations, &cursor)) != NULL)
		if (!s->deleted && map_get(&seen, slice_cstr(s->key)) == NULL)
			take_deletion(d, slice_cstr(s->name), d->load_number);
	map_free(&seen);
}

static void
take_tokens(struct directory *d, const struct pg_result *r)
{
	drop_tokens(d);
	for (int row = 0; row < pg_rows(r); row++) {
		struct api_token *t = calloc(1, sizeof(*t));
		struct slice hash = pg_text(r, row, 1);

		if (t == NULL)
			abort();
		t->id = pg_integer(r, row, 0);
		t->role = role_parse(pg_text(r, row, 2));
		t->name = copy(pg_text(r, row, 3));
		t->expires_at = pg_integer(r, row, 4) * SECOND_US;
		if (hash.len == sizeof(t->hash) - 1)
			memcpy(t->hash, hash.ptr, hash.len);
		free(map_put(&d->tokens, slice_cstr(t->hash), t));
	}
}

static void load_stations(struct directory *d);

static void
stations_arrived(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct directory *d = ctx;

	d->loading = false;
	if (outcome == PG_DONE) {
		take_stations(d, r);
		d->stations_loaded = true;
		announce_ready(d);
	} else {
		d->stale = true;
		if (outcome == PG_REFUSED)
			log_error("DIRECTORY_FAILED", LOG_STR("error", error->message));
	}
	if (d->load_again)
		load_stations(d);
}

static void
tokens_arrived(struct directory *d, uint64_t number, enum pg_outcome outcome,
    const struct pg_result *r, const struct pg_error *error)
{
	if (outcome == PG_DONE && number >= d->tokens_number) {
		d->tokens_number = number;
		take_tokens(d, r);
		d->tokens_loaded = true;
		announce_ready(d);
	} else if (outcome == PG_REFUSED) {
		log_error("DIRECTORY_FAILED", LOG_STR("error", error->message));
	}
}

static void
load_stations(struct directory *d)
{
	struct pg_params none = { 0 };

	if (d->loading) {
		d->load_again = true;
		return;
	}
	d->load_again = false;
	d->load_number = ++d->last_read;
	d->loading = query_run(d->pool, QUERY_DIRECTORY, &none, stations_arrived, d) != NULL;
	if (!d->loading)
		d->stale = true;
}

void
directory_reload(struct directory *d)
{
	load_stations(d);
	directory_refresh_tokens(d, NULL, NULL);
}

void
directory_tick(struct directory *d)
{
	if (!d->stale || !query_is_up(d->pool))
		return;
	d->stale = false;
	directory_reload(d);
}

static void
refreshed(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct refresh *refresh = ctx;
	struct directory *d = refresh->directory;

	if (outcome != PG_DONE)
		d->stale = true;
	if (refresh->name == NULL) {
		tokens_arrived(d, refresh->number, outcome, r, error);
	} else if (outcome == PG_DONE) {
		if (pg_rows(r) > 0)
			take_station(d, r, 0, refresh->number);
		else
			take_deletion(d, slice_cstr(refresh->name), refresh->number);
	}
	if (refresh->done != NULL)
		refresh->done(refresh->ctx);
	free(refresh->name);
	free(refresh);
}

static void
refresh(
    struct directory *d, int statement, struct slice name, void (*done)(void *ctx), void *ctx)
{
	struct refresh *refresh = calloc(1, sizeof(*refresh));
	struct params p = { 0 };

	if (refresh == NULL)
		abort();
	*refresh = (struct refresh){ d, copy(name), ++d->last_read, done, ctx };
	if (name.ptr != NULL)
		params_text(&p, name);
	if (query_run(d->pool, statement, &p.pg, refreshed, refresh) != NULL)
		return;
	/* The pool is down, or too busy: directory_tick() asks for everything. */
	d->stale = true;
	free(refresh->name);
	free(refresh);
	if (done != NULL)
		done(ctx);
}

void
directory_refresh_station(
    struct directory *d, struct slice name, void (*done)(void *ctx), void *ctx)
{
	refresh(d, QUERY_DIRECTORY_ONE, name, done, ctx);
}

void
directory_refresh_tokens(struct directory *d, void (*done)(void *ctx), void *ctx)
{
	refresh(d, QUERY_API_TOKENS, (struct slice){ NULL, 0 }, done, ctx);
}

void
directory_notified(struct directory *d, struct slice channel, struct slice payload)
{
	if (slice_equal(channel, SLICE("v2g_token")))
		directory_refresh_tokens(d, NULL, NULL);
	else if (slice_equal(channel, SLICE("v2g_station")) && payload.len > 0)
		directory_refresh_station(d, payload, NULL, NULL);
}

struct station *
directory_station(struct directory *d, struct slice name)
{
	char key[STATION_NAME_MAX + 1];
	struct station *s;

	if (!make_key(name, key))
		return NULL;
	s = map_get(&d->stations, slice_cstr(key));
	return s == NULL || s->deleted ? NULL : s;
}

struct station *
directory_station_by_id(struct directory *d, int64_t id)
{
	struct station *s = map_get(&d->ids, id_key(&id));

	return s == NULL || s->deleted ? NULL : s;
}

const struct api_token *
directory_token(struct directory *d, struct slice token, int64_t now)
{
	char hash[65];
	struct api_token *t;

	token_hash(token, hash);
	t = map_get(&d->tokens, slice_cstr(hash));
	return t == NULL || (t->expires_at != 0 && t->expires_at <= now) ? NULL : t;
}
