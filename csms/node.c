#include "csms/node.h"

#include "common/clock.h"
#include "common/log.h"
#include "csms/api.h"
#include "csms/commands.h"
#include "csms/gate.h"
#include "csms/hasher.h"
#include "csms/migrate.h"
#include "csms/params.h"
#include "csms/server.h"
#include "csms/throttle.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define TICK               SECOND_US
#define SEEN_EVERY         10 /* ticks: proofs of life to the database */
#define HOUSEKEEPING_EVERY (60 * SECOND_US)
#define SEEN_AT_ONCE       1000 /* connections in one statement */
#define STOP_PATIENCE      (8 * SECOND_US)

static const char *const channels[] = { "v2g_station", "v2g_token", "v2g_command",
	"v2g_command_done", "v2g_connection", NULL };

bool
node_is_ready(const struct node *node)
{
	return !node->stopping && !node->out_of_service && node->id != 0 &&
	       store_is_up(node->store) && query_is_up(node->queries) &&
	       directory_is_ready(node->directory);
}

static void
close_all(struct node *node, int code, const char *reason)
{
	list_foreach_safe (at, next, &node->sessions)
		session_close(list_entry(at, struct session, node), code, reason);
}

/* ---- being a node ---- */

static void
started(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct node *node = ctx;

	node->registering = false;
	if (outcome == PG_REFUSED)
		log_error("NODE_NOT_REGISTERED", LOG_STR("error", error->message));
	if (outcome != PG_DONE)
		return; /* tried again by the next tick */
	node->id = pg_integer(r, 0, 0);
	log_info(
	    "NODE_STARTED", LOG_STR("node", node->settings.ocpp.node), LOG_INT("id", node->id));
}

static void
register_node(struct node *node)
{
	struct params p = { 0 };

	params_text(&p, slice_cstr(node->settings.ocpp.node));
	params_text(&p, SLICE(V2G_VERSION));
	params_time(&p, node->started_at);
	node->registering =
	    query_run(node->queries, QUERY_NODE_START, &p.pg, started, node) != NULL;
}

static void
directory_loaded(void *ctx)
{
	(void)ctx;
	log_info("DIRECTORY_LOADED", LOG_STR("what", "stations and tokens"));
}

/* The row of a station changed: what its session relies on may no longer hold. */
static void
station_changed(void *ctx, struct station *station)
{
	struct session *s = station->session;

	(void)ctx;
	if (s == NULL)
		return;
	if (station->deleted || station->blocked)
		session_close(s, CLOSE_POLICY,
		    station->deleted ? "station deleted" : "blocked by the operator");
	else if (s->peer.security_profile < station->security_profile)
		session_close(s, CLOSE_POLICY, "security profile too low");
}

static const struct directory_events directory_events = { directory_loaded, station_changed };

/* ---- notifications ---- */

static void
command_queued(struct node *node, struct slice payload)
{
	long long id;
	struct station *station;

	if (!slice_to_int64(payload, 1, INT64_MAX, &id))
		return;
	station = directory_station_by_id(node->directory, id);
	if (station != NULL && station->session != NULL)
		commands_poke(station->session);
}

/* "<station id> <connection id>": whoever holds an older connection of that station holds nothing. */
static void
connection_opened(struct node *node, struct slice payload)
{
	const char *blank = memchr(payload.ptr, ' ', payload.len);
	struct station *station;
	long long id, connection;

	if (blank == NULL ||
	    !slice_to_int64(
		slice_from(payload.ptr, (size_t)(blank - payload.ptr)), 1, INT64_MAX, &id) ||
	    !slice_to_int64(
		slice_from(blank + 1, payload.len - (size_t)(blank + 1 - payload.ptr)), 1,
		INT64_MAX, &connection))
		return;
	station = directory_station_by_id(node->directory, id);
	if (station == NULL || station->session == NULL || station->session->connection_id == 0)
		return;
	if (station->session->connection_id < connection)
		session_close(station->session, CLOSE_NORMAL, "replaced on another node");
}

static void
notified(void *ctx, const char *channel, const char *text)
{
	struct node *node = ctx;
	struct slice name = slice_cstr(channel), payload = slice_cstr(text);

	if (slice_equal(name, SLICE("v2g_command")))
		command_queued(node, payload);
	else if (slice_equal(name, SLICE("v2g_command_done")))
		api_command_done(node, payload);
	else if (slice_equal(name, SLICE("v2g_connection")))
		connection_opened(node, payload);
	else
		directory_notified(node->directory, name, payload);
}

/* What was notified while we were deaf is unknown: look at everything again. */
static void
listening(void *ctx)
{
	struct node *node = ctx;

	directory_reload(node->directory);
	list_foreach (at, &node->sessions)
		commands_poke(list_entry(at, struct session, node));
	api_command_done(node, (struct slice){ NULL, 0 });
}

static void
deaf(void *ctx)
{
	(void)ctx;
}

static void
no_result(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	(void)ctx;
	(void)outcome;
	(void)r;
	(void)error;
}

static const struct pg_events listener_events = {
	.up = listening, .down = deaf, .result = no_result, .synced = deaf, .notified = notified
};

/* ---- proofs of life ---- */

static void
seen_stored(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	(void)ctx;
	(void)r;
	if (outcome == STORE_REFUSED)
		log_error("PROOFS_NOT_STORED", LOG_STR("error", error->message));
}

struct seen {
	struct buf ids, proofs;
	int count;
};

static void
seen_flush(struct node *node, struct seen *seen)
{
	struct params p = { 0 };

	buf_append_char(&seen->ids, '}');
	buf_append_char(&seen->proofs, '}');
	params_int(&p, node->id);
	params_time(&p, clock_wall());
	params_text(&p, buf_slice(&seen->ids));
	params_text(&p, buf_slice(&seen->proofs));
	store_submit(node->store, STMT_CONNECTIONS_SEEN, &p.pg, seen_stored, NULL);
	buf_clear(&seen->ids);
	buf_clear(&seen->proofs);
	seen->count = 0;
}

static void
seen_add(struct seen *seen, struct session *s)
{
	char text[CLOCK_TEXT_MAX];

	buf_append_char(&seen->ids, seen->count == 0 ? '{' : ',');
	buf_append_int64(&seen->ids, s->connection_id);
	buf_append_char(&seen->proofs, seen->count == 0 ? '{' : ',');
	buf_append(&seen->proofs, text, clock_format(s->seen_at, 6, text));
	s->seen_flushed_at = s->seen_at;
	seen->count++;
}

/* Also the node's own sign of life: its absence tells that nobody observed. */
static void
store_proofs(struct node *node)
{
	struct seen seen = { .count = 0 };

	if (node->id == 0 || !store_is_up(node->store))
		return;
	buf_init(&seen.ids, 1 << 20);
	buf_init(&seen.proofs, 1 << 20);
	list_foreach (at, &node->sessions) {
		struct session *s = list_entry(at, struct session, node);

		if (s->connection_id == 0 || s->seen_at == s->seen_flushed_at)
			continue;
		seen_add(&seen, s);
		if (seen.count == SEEN_AT_ONCE)
			seen_flush(node, &seen);
	}
	if (seen.count == 0) {
		buf_append_char(&seen.ids, '{');
		buf_append_char(&seen.proofs, '{');
	}
	seen_flush(node, &seen);
	buf_free(&seen.ids);
	buf_free(&seen.proofs);
}

/* ---- time ---- */

/*
 * While the database is away nothing is acknowledged.  A short absence is waited out; past the limit the stations are
 * better off offline, where they keep their events, than with errors or timeouts that spend their patience (D3).
 */
static void
watch_database(struct node *node, int64_t now_mono)
{
	struct store_stats stats;

	store_get_stats(node->store, &stats);
	if (store_is_up(node->store) && stats.lag < node->settings.database.outage_limit) {
		if (node->out_of_service)
			log_info("SERVICE_RESUMED",
			    LOG_INT("away_s", (now_mono - node->down_since_mono) / SECOND_US));
		node->down_since_mono = 0;
		node->out_of_service = false;
		return;
	}
	if (node->down_since_mono == 0)
		node->down_since_mono = now_mono - stats.lag;
	if (node->out_of_service ||
	    now_mono - node->down_since_mono < node->settings.database.outage_limit)
		return;
	node->out_of_service = true;
	log_error("SERVICE_SUSPENDED", LOG_INT("stations", node->session_count));
	store_abandon(node->store);
	close_all(node, CLOSE_TRY_LATER, "database away");
}

static void
tick(void *ctx)
{
	struct node *node = ctx;
	int64_t now = clock_mono();

	watch_database(node, now);
	if (node->id == 0 && !node->registering && query_is_up(node->queries))
		register_node(node);
	directory_tick(node->directory);
	list_foreach_safe (at, next, &node->sessions)
		session_tick(list_entry(at, struct session, node), now);
	server_tick(node, now);
	if (++node->ticks % SEEN_EVERY == 0)
		store_proofs(node);
}

static void
housekept(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	(void)ctx;
	(void)r;
	if (outcome == PG_REFUSED)
		log_error("HOUSEKEEPING_FAILED", LOG_STR("error", error->message));
}

static void
housekeeping(void *ctx)
{
	struct node *node = ctx;
	struct params p = { 0 };
	char retention[64];
	int len = snprintf(retention, sizeof(retention), "%lld seconds",
	    (long long)(node->settings.database.message_retention / SECOND_US));

	params_time(&p, clock_wall());
	params_text(&p, slice_from(retention, (size_t)len));
	query_run(node->queries, QUERY_HOUSEKEEPING, &p.pg, housekept, node);
}

/* ---- start and stop ---- */

/* Sessions are told to go; when the last has gone and its end is stored, or patience is over, the loop stops. */
static void
wait_for_sessions(void *ctx)
{
	struct node *node = ctx;
	struct store_stats stats;

	store_get_stats(node->store, &stats);
	if (clock_mono() - node->stopping_mono >= STOP_PATIENCE ||
	    (node->session_count == 0 && stats.waiting + stats.in_flight == 0))
		loop_stop(&node->loop);
}

static void
stop(void *ctx)
{
	struct node *node = ctx;

	if (node->stopping) {
		loop_stop(&node->loop);
		return;
	}
	node->stopping = true;
	node->stopping_mono = clock_mono();
	log_info("NODE_STOPPING", LOG_INT("stations", node->session_count));
	store_proofs(node);
	close_all(node, CLOSE_GOING_AWAY, "central system stops");
	loop_timer_every(&node->loop, &node->stop_timer, 50000, wait_for_sessions, node);
}

static void
reopen_log(void *ctx)
{
	(void)ctx;
	log_reopen();
	log_info("LOG_REOPENED", LOG_STR("signal", "SIGHUP"));
}

static void
open_database(struct node *node)
{
	const struct settings *settings = &node->settings;
	const struct pg_statement *statements;
	int count;
	struct store_settings store = {
		.uri = settings->database.uri,
		.max_bytes = settings->database.max_pending,
		.max_batch = settings->database.max_batch,
		.commit_delay = settings->database.commit_delay,
		.log_statement = STMT_MESSAGES_LOG,
	};

	node->store = store_new(&node->loop, &store, store_statements, STORE_STATEMENT_COUNT);
	statements = api_statements(&count);
	node->queries = query_pool_new(&node->loop, settings->database.uri,
	    (int)settings->database.connections, 4096, settings->database.statement_timeout,
	    statements, count);
	node->directory = directory_new(node->queries, &directory_events, node);
	node->listener = pg_new(&node->loop, settings->database.uri, "v2g-csms listen", NULL, 0,
	    channels, &listener_events, node);
}

static void
start_timers(struct node *node)
{
	loop_timer_every(&node->loop, &node->tick, TICK, tick, node);
	loop_timer_every(
	    &node->loop, &node->housekeeping, HOUSEKEEPING_EVERY, housekeeping, node);
	loop_signal_start(&node->loop, &node->on_int, SIGINT, stop, node);
	loop_signal_start(&node->loop, &node->on_term, SIGTERM, stop, node);
	loop_signal_start(&node->loop, &node->on_hup, SIGHUP, reopen_log, node);
}

static void
name_node(struct settings *settings)
{
	char host[128] = "v2g-csms";

	if (settings->ocpp.node != NULL)
		return;
	gethostname(host, sizeof(host) - 1);
	settings->ocpp.node = strdup(host);
	if (settings->ocpp.node == NULL)
		abort();
}

/* A database that starts later than we do is waited for; one that is newer than we are is not touched. */
static bool
migrate(const struct settings *settings)
{
	for (int64_t pause = 1;; pause = 2) {
		switch (migrate_run(settings->database.uri)) {
		case MIGRATE_OK: return true;
		case MIGRATE_TOO_NEW:
		case MIGRATE_FAILED: return false;
		case MIGRATE_UNREACHABLE: break;
		}
		log_warn("DATABASE_WAITED_FOR", LOG_INT("seconds", pause));
		sleep((unsigned int)pause);
	}
}

static void
node_free(struct node *node)
{
	server_stop(node);
	store_free(&node->store);
	pg_free(&node->listener);
	query_pool_free(&node->queries);
	directory_free(&node->directory);
	throttle_free(&node->throttle);
	hasher_free(&node->hasher);
	loop_timer_stop(&node->loop, &node->stop_timer);
	loop_timer_stop(&node->loop, &node->tick);
	loop_timer_stop(&node->loop, &node->housekeeping);
	loop_signal_stop(&node->loop, &node->on_int);
	loop_signal_stop(&node->loop, &node->on_term);
	loop_signal_stop(&node->loop, &node->on_hup);
	loop_destroy(&node->loop);
	settings_free(&node->settings);
}

int
node_run(struct node *node)
{
	int status = 0;

	name_node(&node->settings);
	if (!migrate(&node->settings))
		return 1;
	node->started_at = clock_wall();
	node->started_mono = clock_mono();
	list_init(&node->sessions);
	list_init(&node->waits);
	loop_init(&node->loop);
	node->throttle = throttle_new(node->settings.security.failures_per_address,
	    node->settings.security.failures_per_station);
	node->hasher = hasher_new(&node->loop, gate_checked, node);
	open_database(node);
	start_timers(node);
	if (server_start(node) == 0)
		loop_run(&node->loop);
	else
		status = 1;
	node_free(node);
	log_info("NODE_STOPPED", LOG_INT("status", status));
	return status;
}
