/*
 * node.h - one running v2g-csms: what its parts share.
 *
 * A node owns the loop, the connections to PostgreSQL, the directory of stations and the sessions of the stations
 * that are connected to it.  Several nodes may serve one database; which of them holds a station is in
 * core.connection, fenced by the connection's id.
 */
#ifndef V2G_CSMS_NODE_H
#define V2G_CSMS_NODE_H

#include "common/list.h"
#include "csms/directory.h"
#include "csms/loop.h"
#include "csms/query.h"
#include "csms/settings.h"
#include "csms/statements.h"
#include "csms/store.h"

#define V2G_VERSION "0.1.0"

struct lws_context;
struct hasher;
struct throttle;

struct node {
	struct settings settings;
	struct loop loop;
	struct store *store; /* station messages: group commit */
	struct query_pool *queries; /* API and housekeeping */
	struct pg_conn *listener; /* LISTEN */
	struct directory *directory;
	struct throttle *throttle; /* failed handshakes */
	struct hasher *hasher; /* password checks the loop has no time for */
	struct lws_context *lws;
	int64_t id; /* core.node.id; 0 until the database has answered */
	bool registering;
	int64_t started_at, started_mono;

	struct list sessions; /* struct session, all with a socket */
	int64_t session_count;
	int64_t unsent_total; /* bytes queued towards all stations */
	struct list waits; /* API requests that wait for a command (api) */

	int64_t down_since_mono; /* database away since; 0: it is there */
	bool out_of_service; /* longer than the outage limit, or stopping: handshakes get 503 */
	bool stopping;
	int64_t stopping_mono;

	struct loop_timer tick; /* each second */
	int64_t ticks;
	struct loop_timer housekeeping, stop_timer;
	struct loop_signal on_int, on_term, on_hup;
};

/* True when stations can be served: database up, directory loaded, node registered, not stopping. */
bool node_is_ready(const struct node *node);

/* Runs until told to stop.  `node` is zeroed but for its settings, which are freed.  Returns the exit status. */
int node_run(struct node *node);

#endif
