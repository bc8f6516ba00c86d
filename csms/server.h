/*
 * server.h - the stations' door: libwebsockets, TLS, handshakes, and the bytes of each session.
 */
#ifndef V2G_CSMS_SERVER_H
#define V2G_CSMS_SERVER_H

#include "csms/session.h"

/* Creates the context on the node's loop and listens where the settings say.  -1: logged. */
int server_start(struct node *node);
/* Destroys every socket (sessions are told) and the context. */
void server_stop(struct node *node);
/* Once a second: handshakes that take too long are dropped. */
void server_tick(struct node *node, int64_t now_mono);

/* For session.c only. */
void server_queue(struct session *s, struct slice frame); /* copies the frame into the outbox */
void server_drop_outbox(struct session *s);
void server_want_write(struct session *s);
void server_pause(struct session *s, bool pause); /* stop or go on reading */
void server_kill(struct session
	*s); /* the socket is closed without ceremony, now: the session may be freed */

#endif
