/*
 * floor.h - what the central system is measured against: servers that look like it from outside and do
 * next to nothing inside.
 *
 *     floor_echo --listen 127.0.0.1:9000
 *     floor_insert --listen 127.0.0.1:9000 --database postgresql://...
 *
 * They take any path and the subprotocol ocpp2.0.1, find id and action of a CALL by looking for the
 * quotes, and answer it well enough for the load generator.
 */
#ifndef V2G_TESTS_BENCH_FLOOR_H
#define V2G_TESTS_BENCH_FLOOR_H

#include "common/buf.h"
#include "csms/loop.h"

struct lws;

struct floor_options {
	const char *listen, *database;
};

/* Lives until the socket is gone and nothing is pending. */
struct floor_connection {
	struct lws *wsi; /* NULL: gone */
	struct floor_message *outbox, **outbox_end; /* oldest first */
	struct buf inbox; /* pieces of a message */
	struct slice station; /* the path's last part, in `path` */
	char path[64];
	int pending; /* answers that wait for something */
};

/* An answer, made at once and sent later. */
struct floor_message {
	struct floor_message *next;
	size_t len;
	unsigned char bytes[]; /* LWS_PRE first */
};

/* What makes one floor differ from another. */
struct floor {
	bool (*start)(struct loop *loop, const struct floor_options *options); /* may be NULL */
	/* Takes a frame: sends `answer` now or later.  False: the connection is closed. */
	bool (*take)(
	    struct floor_connection *c, struct slice frame, struct floor_message *answer);
	void (*stop)(void); /* may be NULL */
};

/* Parses the command line and serves until SIGTERM or SIGINT; the exit code. */
int floor_run(const struct floor *floor, int argc, char **argv);

/* *id_out keeps its quotes, *action_out has none.  False: no CALL. */
bool floor_read_call(struct slice frame, struct slice *id_out, struct slice *action_out);
/* Gives `message` away. */
void floor_send(struct floor_connection *c, struct floor_message *message);
/* An answer that waited is out, or will never be: pending was counted up before. */
void floor_settle(struct floor_connection *c);

#endif
