/*
 * http_parse.h - HTTP/1.1 requests as text (RFC 9110, 9112): the head, its path and its query.
 *
 * Pure: bytes in, slices into them out.  Strict where leniency has been exploited: one Host and one
 * Content-Length, no Transfer-Encoding, no folded lines, no blank before a colon, no control
 * characters.  A body without a stated length is not taken (411), so where a request ends is never a guess.
 */
#ifndef V2G_CSMS_HTTP_PARSE_H
#define V2G_CSMS_HTTP_PARSE_H

#include "common/arena.h"
#include "common/slice.h"

#include <stdint.h>

#define HTTP_HEAD_MAX     16384 /* request line and headers */
#define HTTP_HEADERS_MAX  64
#define HTTP_SEGMENTS_MAX 10
#define HTTP_QUERY_MAX    24

/* Methods are bits, so that a resource's methods are a set.  HTTP_OTHER: well-formed, not ours. */
enum http_method {
	HTTP_GET = 1 << 0,
	HTTP_HEAD = 1 << 1,
	HTTP_POST = 1 << 2,
	HTTP_PUT = 1 << 3,
	HTTP_PATCH = 1 << 4,
	HTTP_DELETE = 1 << 5,
	HTTP_OTHER = 1 << 6,
};

const char *http_method_name(enum http_method method);

/* Slices borrow from the bytes parsed; .ptr == NULL: no such header. */
struct http_head {
	enum http_method method;
	struct slice path; /* as sent: not decoded */
	struct slice query; /* without '?' */
	struct slice authorization, content_type, idempotency_key;
	int64_t content_length; /* 0 when not stated */
	bool keep_alive;
	bool expect_continue; /* the client waits for "100 Continue" before it sends its body */
};

/* Why a request was refused: an HTTP status, an error code for programs, a sentence for people. */
struct http_fault {
	int status;
	const char *code;
	const char *message;
};

/*
 * One request head from the start of `bytes`.  The number of bytes it took, blank lines in front included;
 * 0 when it is not complete; -1 when it is refused: the connection must then be closed after the answer.
 */
int64_t http_parse_head(
    struct slice bytes, struct http_head *head_out, struct http_fault *fault_out);

/*
 * "/api/v1/stations/CP%2B1" into decoded segments.  The number of segments; -1 on a bad escape, NUL, control
 * character, invalid UTF-8, an empty segment, "." or "..", too many segments or a full arena.  "/" has none.
 */
int http_split_path(
    struct slice path, struct arena *arena, struct slice segments_out[HTTP_SEGMENTS_MAX]);

struct http_param {
	struct slice name, value;
};

/* "a=1&b=x+y" likewise, '+' being a blank.  -1 also for a name that comes twice or an empty name. */
int http_split_query(
    struct slice query, struct arena *arena, struct http_param params_out[HTTP_QUERY_MAX]);

#endif
