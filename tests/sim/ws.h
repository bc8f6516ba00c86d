/*
 * ws.h - WebSocket connections of simulated stations, on libwebsockets and a libev loop.
 *
 * One struct ws is one station's line to the central system; it may be opened and closed many times.
 * Nothing else in the simulator includes libwebsockets.h.
 *
 *     closed --ws_open--> connecting --opened()--> open --closed()--> closed
 *
 * Callbacks are never called from within ws_open(), ws_send() or ws_close().
 */
#ifndef V2G_TESTS_SIM_WS_H
#define V2G_TESTS_SIM_WS_H

#include "common/buf.h"
#include "common/list.h"
#include "common/slice.h"

struct ev_loop;
struct lws;
struct lws_vhost;
struct ws_client;

struct ws_config {
	const char *url; /* ws(s)://host:port/path, without the station's name */
	const char *ca; /* file of authorities; NULL: the system's */
	const char *certificates; /* folder of client certificates; NULL: none are used */
	bool deflate;
	unsigned sockets; /* how many may be open at once */
	unsigned ping_seconds; /* PING after so much silence; 0: never */
};

struct ws_events {
	void (*opened)(void *ctx);
	/* A whole text message, borrowed. */
	void (*message)(void *ctx, struct slice text);
	/* Also when the connection never came about: http_status is then what the server said, or 0. */
	void (*closed)(void *ctx, const char *why, int http_status);
};

enum ws_state { WS_CLOSED, WS_CONNECTING, WS_OPEN, WS_CLOSING };
enum ws_ending { WS_CLEAN, WS_DIRTY };

struct ws {
	enum ws_state state;
	bool starting; /* within ws_open() */
	bool renewed; /* the vhost's certificate is an old one */
	bool frozen; /* the peer sees a connection that does nothing */
	int http_status;
	struct ws_client *client;
	struct lws *wsi; /* NULL when closed */
	struct lws_vhost *vhost; /* the station's own, when it has a certificate */
	const struct ws_events *events;
	void *ctx;
	const char *name, *password; /* kept; password may be NULL */
	struct list out; /* struct ws_message */
	struct buf in; /* a message that came in pieces */
	char why[64];
};

/* NULL when the URL, the authority or the context is bad: the reason has been printed. */
struct ws_client *ws_client_new(struct ev_loop *loop, const struct ws_config *config);
void ws_client_free(struct ws_client **client);

/* `name`, `events` and `ctx` are kept. */
void ws_init(struct ws *ws, struct ws_client *client, const char *name,
    const struct ws_events *events, void *ctx);
/* After the client has been freed, or when closed. */
void ws_free(struct ws *ws);
/* False when it failed at once; there is no closed() then. `password` is kept while it is open. */
bool ws_open(struct ws *ws, const char *password);
/* Queues a text message; dropped unless open. */
void ws_send(struct ws *ws, struct slice text);
bool ws_is_idle(const struct ws *ws); /* nothing waits to be written */
/* Clean: with a close frame.  Dirty: the socket is reset. */
void ws_close(struct ws *ws, enum ws_ending ending);
/* Stops reading and writing, but keeps the socket: a half-open connection. */
void ws_freeze(struct ws *ws);

/* The station's certificate has changed: the next connection reads it again. */
void ws_renew_certificate(struct ws *ws);

#endif
