#include "csms/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libwebsockets.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/list.h"
#include "common/log.h"
#include "csms/api.h"
#include "csms/node.h"
#include "csms/tls.h"

/* Seconds, as in the header. */
enum {
	TIMEOUT_HEAD = 10,
	TIMEOUT_BODY = 60,
	TIMEOUT_WRITE = 30,
	TIMEOUT_IDLE = 75,
	TIMEOUT_DRAIN = 2
};

#define ARENA_MAX   (8UL * HTTP_HEAD_MAX)
#define HEADERS_MAX 4096UL
#define UNREAD_MAX  (512UL * 1024) /* more than libwebsockets hands over in one piece */
#define WRITE_PIECE (32UL * 1024)

enum http_state {
	STATE_HEAD, /* between requests, or a head is coming */
	STATE_BODY,
	STATE_WORK, /* the handler has it */
	STATE_WRITE,
	STATE_DRAIN, /* answered; what the client still sends is thrown away until it has read the answer */
};

struct http_server {
	struct list conns; /* those idle longest first */
	int count;
};

/* Allocated and zeroed by libwebsockets with the socket. */
struct http_conn {
	struct list node; /* server->conns */
	struct http_server *server;
	struct lws *wsi;
	enum http_state state;
	struct buf in; /* received, not used up */
	size_t in_at; /* what of it is used up */
	struct buf body;
	struct http_request *request; /* NULL in STATE_HEAD and STATE_DRAIN */
	struct buf out; /* LWS_PRE bytes of room, then the answer */
	size_t out_at;
	struct loop_timer timer; /* running: the connection is closed when it fires */
	bool timing_head; /* the head's time has begun */
	bool continue_due;
	bool paused; /* the socket is not read */
	bool last; /* the connection ends with the answer at work */
	bool unfinished; /* and the client may still be sending what will not be read */
};

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Other";
}

/* ---- requests ---- */

/* The peer as numbers; an IPv4 peer of an IPv6 socket is written as IPv4. */
static void
peer_address(struct lws *wsi, char out[HTTP_ADDRESS_MAX])
{
	char text[128] = "";
	const char *from = text;

	lws_get_peer_simple(wsi, text, sizeof(text));
	if (strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.') != NULL)
		from = text + 7;
	snprintf(out, HTTP_ADDRESS_MAX, "%.*s", HTTP_ADDRESS_MAX - 1, from);
}

static struct http_request *
request_new(struct http_conn *conn)
{
	struct http_request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->node = lws_vhost_user(lws_get_vhost(conn->wsi));
	r->conn = conn;
	r->started_mono = clock_mono();
	peer_address(conn->wsi, r->address);
	arena_init(&r->arena, ARENA_MAX);
	buf_init(&r->headers, HEADERS_MAX);
	conn->request = r;
	return r;
}

static void
request_free(struct http_request **request)
{
	struct http_request *r = *request;

	if (r == NULL)
		return;
	arena_free(&r->arena);
	buf_free(&r->headers);
	free(r);
	*request = NULL;
}

struct slice
http_param(const struct http_request *r, const char *name)
{
	for (int i = 0; i < r->param_count; i++)
		if (slice_equal(r->params[i].name, slice_cstr(name)))
			return r->params[i].value;
	return (struct slice){ NULL, 0 };
}

bool
http_is_loopback(const struct http_request *r)
{
	return strncmp(r->address, "127.", 4) == 0 || strcmp(r->address, "::1") == 0;
}

/* ---- reading ---- */

static struct slice
unread(const struct http_conn *conn)
{
	return slice_from(buf_slice(&conn->in).ptr + conn->in_at, conn->in.len - conn->in_at);
}

/* An idle connection keeps no memory. */
static void
use_up(struct http_conn *conn, size_t len)
{
	conn->in_at += len;
	assert(conn->in_at <= conn->in.len);
	if (conn->in_at == conn->in.len) {
		buf_free(&conn->in);
		conn->in_at = 0;
	}
}

/*
 * While the handler works the socket is read, because that is how we learn that the client has left; but not past
 * the first bytes that it pipelines, which nobody would take.
 */
static void
update_reading(struct http_conn *conn)
{
	bool pause =
	    conn->state == STATE_WRITE || (conn->state == STATE_WORK && unread(conn).len > 0);

	if (pause == conn->paused)
		return;
	conn->paused = pause;
	lws_rx_flow_control(conn->wsi, pause ? 0 : 1);
}

static void
kill_now(struct http_conn *conn)
{
	lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void
timed_out(void *ctx)
{
	kill_now(ctx);
}

/*
 * Our own timers: libwebsockets' (4.1.6, on libev) fire no sooner than the one that was due first when they were
 * set, so a short time limit set after a long one is not kept.
 */
static void
set_timeout(struct http_conn *conn, int seconds)
{
	struct node *node = lws_vhost_user(lws_get_vhost(conn->wsi));

	if (seconds == 0)
		loop_timer_stop(&node->loop, &conn->timer);
	else
		loop_timer_start(
		    &node->loop, &conn->timer, seconds * SECOND_US, timed_out, conn);
}

/* Not worth keeping the connection for: its next request cannot be found. */
static void
refuse_head(struct http_request *r, const struct http_fault *fault)
{
	log_warn("API_BAD_REQUEST", LOG_STR("address", r->address),
	    LOG_INT("status", fault->status), LOG_STR("reason", fault->message));
	r->conn->last = r->conn->unfinished = true;
	http_answer_error(r, fault->status, fault->code, slice_cstr(fault->message),
	    (struct slice){ NULL, 0 });
}

static bool
split_target(struct http_request *r, struct http_fault *fault)
{
	r->segment_count = http_split_path(r->head.path, &r->arena, r->segments);
	r->param_count = http_split_query(r->head.query, &r->arena, r->params);
	*fault = (struct http_fault){ 400, "BadRequest", "The path is malformed." };
	if (r->segment_count < 0)
		return false;
	fault->message = "The query is malformed, or names a parameter twice.";
	return r->param_count >= 0;
}

/* True when a whole head was there. */
static bool
take_head(struct http_conn *conn)
{
	struct http_head head;
	struct http_fault fault;
	int64_t len = http_parse_head(unread(conn), &head, &fault);
	struct http_request *r;

	if (len == 0) {
		if (unread(conn).len > 0 && !conn->timing_head) {
			conn->timing_head = true;
			set_timeout(conn, TIMEOUT_HEAD);
		}
		return false;
	}
	r = request_new(conn);
	conn->timing_head = false;
	lws_set_timeout(
	    conn->wsi, NO_PENDING_TIMEOUT, 0); /* left over from the TLS handshake */
	if (len < 0) {
		use_up(conn, unread(conn).len);
		refuse_head(r, &fault);
		return true;
	}
	/* Read again from a copy, so that its slices live as long as the request. */
	http_parse_head(
	    arena_copy(&r->arena, slice_from(unread(conn).ptr, (size_t)len)), &r->head, &fault);
	use_up(conn, (size_t)len);
	conn->state = STATE_BODY;
	conn->last = !r->head.keep_alive;
	set_timeout(conn, TIMEOUT_BODY);
	if (!split_target(r, &fault)) {
		refuse_head(r, &fault);
		return true;
	}
	api_http_head(r);
	if (conn->state != STATE_BODY)
		return true;
	buf_init(&conn->body, (size_t)r->head.content_length);
	if (r->head.expect_continue && r->head.content_length > 0 && unread(conn).len == 0) {
		conn->continue_due = true;
		lws_callback_on_writable(conn->wsi);
	}
	return true;
}

/* True when the whole body was there. */
static bool
take_body(struct http_conn *conn)
{
	struct http_request *r = conn->request;
	size_t missing = (size_t)r->head.content_length - conn->body.len;
	struct slice bytes = unread(conn);

	if (bytes.len > missing)
		bytes.len = missing;
	buf_append_slice(&conn->body, bytes);
	use_up(conn, bytes.len);
	if (bytes.len < missing)
		return false;
	conn->continue_due = false;
	conn->state = STATE_WORK;
	set_timeout(conn, 0);
	r->body = buf_slice(&conn->body);
	api_http_body(r);
	return true;
}

static void
advance(struct http_conn *conn)
{
	bool more = true;

	while (more)
		switch (conn->state) {
		case STATE_HEAD: more = take_head(conn); break;
		case STATE_BODY: more = take_body(conn); break;
		case STATE_DRAIN:
			use_up(conn, unread(conn).len);
			more = false;
			break;
		case STATE_WORK:
		case STATE_WRITE: more = false; break;
		}
	update_reading(conn);
}

static int
on_received(struct http_conn *conn, struct slice bytes)
{
	buf_append_slice(&conn->in, bytes);
	if (buf_failed(&conn->in))
		return -1;
	advance(conn);
	return 0;
}

/* ---- answering ---- */

void
http_header(struct http_request *r, const char *name, const char *value)
{
	assert(strpbrk(value, "\r\n") == NULL);
	buf_printf(&r->headers, "%s: %s\r\n", name, value);
}

static void
write_date(struct buf *out)
{
	char text[64];
	time_t now = (time_t)(clock_wall() / SECOND_US);
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL &&
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		buf_printf(out, "Date: %s\r\n", text);
}

static void
write_head(
    struct http_request *r, int status, const char *content_type, size_t length, bool last)
{
	struct buf *out = &r->conn->out;

	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
	write_date(out);
	if (content_type != NULL)
		buf_printf(out, "Content-Type: %s\r\n", content_type);
	if (status != 204)
		buf_printf(out, "Content-Length: %zu\r\n", length);
	buf_append_cstr(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	if (last)
		buf_append_cstr(out, "Connection: close\r\n");
	else if (r->head.keep_alive)
		buf_append_cstr(out, "Connection: keep-alive\r\n");
	buf_append_slice(out, buf_slice(&r->headers));
	buf_append_cstr(out, "\r\n");
}

void
http_answer(struct http_request *r, int status, const char *content_type, struct slice body)
{
	struct http_conn *conn = r->conn;
	static const char room[LWS_PRE] = { 0 };

	assert(conn->request == r && conn->state != STATE_WRITE);
	/* A body that was not read is not looked for: the connection ends here. */
	if (conn->state == STATE_BODY && r->head.content_length > 0)
		conn->last = conn->unfinished = true;
	buf_init(&conn->out, sizeof(room) + 2 * HEADERS_MAX + body.len);
	buf_append(&conn->out, room, sizeof(room));
	write_head(r, status, content_type, body.len, conn->last);
	if (r->head.method != HTTP_HEAD)
		buf_append_slice(&conn->out, body);
	assert(!buf_failed(&conn->out));
	conn->out_at = sizeof(room);
	conn->continue_due = false;
	conn->state = STATE_WRITE;
	set_timeout(conn, TIMEOUT_WRITE);
	update_reading(conn);
	lws_callback_on_writable(conn->wsi);
}

void
http_answer_error(struct http_request *r, int status, const char *code, struct slice message,
    struct slice field)
{
	struct buf body;

	buf_init(&body, ARENA_MAX);
	buf_append_cstr(&body, "{\"error\":{\"code\":");
	json_write_string(&body, slice_cstr(code));
	buf_append_cstr(&body, ",\"message\":");
	json_write_string(&body, message);
	if (field.ptr != NULL) {
		buf_append_cstr(&body, ",\"field\":");
		json_write_string(&body, field);
	}
	buf_append_cstr(&body, "}}");
	http_answer(r, status, "application/json", buf_slice(&body));
	buf_free(&body);
}

/* -1: close the socket. */
static int
finish(struct http_conn *conn)
{
	request_free(&conn->request);
	buf_free(&conn->body);
	buf_free(&conn->out);
	if (conn->last && !conn->unfinished)
		return -1;
	list_remove(&conn->node);
	list_append(&conn->server->conns, &conn->node);
	/* Closed with unread bytes, the kernel would reset the connection and the answer be lost. */
	conn->state = conn->last ? STATE_DRAIN : STATE_HEAD;
	set_timeout(conn, conn->last ? TIMEOUT_DRAIN : TIMEOUT_IDLE);
	advance(conn);
	return 0;
}

static int
write_continue(struct http_conn *conn)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	unsigned char bytes[LWS_PRE + sizeof(text)];

	conn->continue_due = false;
	memcpy(bytes + LWS_PRE, text, sizeof(text) - 1);
	return lws_write(conn->wsi, bytes + LWS_PRE, sizeof(text) - 1, LWS_WRITE_RAW) < 0 ? -1
											  : 0;
}

/* One piece a turn: libwebsockets asks for that, and other sockets want their turn.  -1: close the socket. */
static int
on_writable(struct http_conn *conn)
{
	size_t len = conn->out.len - conn->out_at;

	if (conn->continue_due)
		return write_continue(conn);
	if (conn->state != STATE_WRITE)
		return 0;
	if (len > WRITE_PIECE)
		len = WRITE_PIECE;
	if (len > 0) {
		if (lws_write(conn->wsi, (unsigned char *)conn->out.ptr + conn->out_at, len,
			LWS_WRITE_RAW) < 0)
			return -1;
		conn->out_at += len;
		set_timeout(conn, TIMEOUT_WRITE);
		if (conn->out_at < conn->out.len || lws_partial_buffered(conn->wsi)) {
			lws_callback_on_writable(conn->wsi);
			return 0;
		}
	}
	return finish(conn);
}

/* ---- connections ---- */

/* At the limit the connection that has been idle longest makes room. */
static bool
make_room(struct http_server *server)
{
	if (server->count < HTTP_CONNECTIONS_MAX)
		return true;
	list_foreach (node, &server->conns) {
		struct http_conn *conn = list_entry(node, struct http_conn, node);

		if (conn->state != STATE_HEAD && conn->state != STATE_DRAIN)
			continue;
		kill_now(conn);
		return true;
	}
	return false;
}

static int
on_adopted(struct http_conn *conn, struct http_server *server, struct lws *wsi)
{
	if (server == NULL || !make_room(server))
		return -1;
	conn->server = server;
	conn->wsi = wsi;
	conn->state = STATE_HEAD;
	buf_init(&conn->in, UNREAD_MAX);
	list_append(&server->conns, &conn->node);
	server->count++;
	set_timeout(conn, TIMEOUT_HEAD);
	return 0;
}

static void
on_closed(struct http_conn *conn)
{
	if (conn->server == NULL)
		return;
	set_timeout(conn, 0);
	list_remove(&conn->node);
	conn->server->count--;
	conn->server = NULL;
	if (conn->state == STATE_WORK || (conn->state == STATE_BODY && conn->request != NULL))
		api_http_gone(conn->request);
	request_free(&conn->request);
	buf_free(&conn->in);
	buf_free(&conn->body);
	buf_free(&conn->out);
}

static int
on_vhost(struct lws *wsi)
{
	struct http_server *server = lws_protocol_vh_priv_zalloc(
	    lws_get_vhost(wsi), lws_get_protocol(wsi), sizeof(*server));

	if (server == NULL)
		return -1;
	list_init(&server->conns);
	return 0;
}

static const struct settings *
settings_of(struct lws *wsi)
{
	const struct node *node = lws_vhost_user(lws_get_vhost(wsi));

	return &node->settings;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct http_conn *conn = user;

	switch ((int)reason) {
	case LWS_CALLBACK_PROTOCOL_INIT: return on_vhost(wsi);
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		return tls_configure(user, settings_of(wsi)) ? 0 : 1;
	case LWS_CALLBACK_RAW_ADOPT:
		return on_adopted(conn,
		    lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi)), wsi);
	case LWS_CALLBACK_RAW_RX: return on_received(conn, slice_from(in, len));
	case LWS_CALLBACK_RAW_WRITEABLE: return on_writable(conn);
	case LWS_CALLBACK_RAW_CLOSE: on_closed(conn); return 0;
	default: return 0; /* libwebsockets has a hundred reasons */
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "v2g-api",
	    .callback = on_event,
	    .per_session_data_size = sizeof(struct http_conn) },
	{ .name = NULL },
};

void
api_vhost(struct lws_context_creation_info *info)
{
	info->options |= LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG;
	info->protocols = protocols;
	info->listen_accept_role = "raw-skt";
	info->listen_accept_protocol = protocols[0].name;
	/* Else HTTP/2 is agreed upon in the TLS handshake, and libwebsockets takes the connection from us. */
	info->alpn = "http/1.1";
}
