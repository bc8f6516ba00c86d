/*
 * http.h - HTTP/1.1 over libwebsockets: connections in, requests up, answers down.
 *
 * libwebsockets brings the sockets and TLS; HTTP is spoken here, on its raw role, because its own http role (4.1.6)
 * decodes the target before we see it ('+' becomes a blank, "%2F" a slash), guesses the length of a body that
 * states none, and, while an answer is awaited, neither notices that the client has left nor stops polling for what
 * it pipelined: one such client costs a whole core (docs/decisions/0010-http-on-raw-sockets.md).
 *
 * One request of a connection is at work at a time; what is pipelined behind it waits unread.  The life of a request:
 *
 *     api_http_head()   its head is known and well-formed; the body has not been read.  Refuse with
 *                       http_answer(), or return to have the body read (at most max_body bytes).
 *     api_http_body()   all is here.  Answer now or later.
 *     api_http_gone()   the client left before the answer: forget the request.
 *
 * Exactly one of http_answer() and api_http_gone() ends it; it must not be touched after.
 *
 * Limits: HTTP_CONNECTIONS_MAX connections, and to make room the one idle longest goes; 10 s for a head, 60 s for a
 * body, 30 s without progress of an answer, 75 s between requests.
 */
#ifndef V2G_CSMS_HTTP_H
#define V2G_CSMS_HTTP_H

#include "common/arena.h"
#include "common/buf.h"
#include "csms/http_parse.h"

#define HTTP_CONNECTIONS_MAX 1024
#define HTTP_ADDRESS_MAX     46 /* numeric IPv6 and its NUL */

struct http_conn;
struct node;

struct http_request {
	struct node *node;
	struct http_conn *conn;
	char address[HTTP_ADDRESS_MAX]; /* of the peer's socket; no header can change it */
	struct http_head head;
	struct slice segments[HTTP_SEGMENTS_MAX];
	int segment_count;
	struct http_param params[HTTP_QUERY_MAX];
	int param_count;
	struct slice body; /* from api_http_body() on */
	struct buf headers; /* of the answer, see http_header() */
	struct arena arena; /* lives as long as the request */
	int64_t started_mono;
	void *handler; /* for the user of this layer; NULL at first */
};

/* The value of a query parameter; .ptr == NULL when it was not given. */
struct slice http_param(const struct http_request *r, const char *name);
bool http_is_loopback(const struct http_request *r);

/* Adds a header to the answer.  `value` must be free of line ends: it is ours, not the peer's. */
void http_header(struct http_request *r, const char *name, const char *value);
/* Answers; never from inside is the request freed while the caller's caller may touch it: that happens once the
 * answer has left.  A NULL content_type: no body.  For HEAD the body is counted, not sent. */
void http_answer(
    struct http_request *r, int status, const char *content_type, struct slice body);
/* Answers {"error":{"code":..,"message":..,"field":..}}; `field` may be absent. */
void http_answer_error(struct http_request *r, int status, const char *code,
    struct slice message, struct slice field);

/* Upcalls, in api.c. */
void api_http_head(struct http_request *r);
void api_http_body(struct http_request *r);
void api_http_gone(struct http_request *r);

#endif
