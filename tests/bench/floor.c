#include "tests/bench/floor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <libwebsockets.h>

#include "common/clock.h"
#include "common/log.h"

#define FRAME_MAX  (64U << 10)
#define ID_MAX     64 /* with its quotes */
#define ANSWER_MAX 256

static const struct floor *floor_in_use;
static struct loop loop;

/* ---- messages ---- */

/* From *at on: the next run between quotes, quotes not included; *at then stands behind it. */
static bool
next_quoted(struct slice text, size_t *at, struct slice *out)
{
	const char *start = memchr(text.ptr + *at, '"', text.len - *at), *end;

	if (start == NULL)
		return false;
	start++;
	end = memchr(start, '"', text.len - (size_t)(start - text.ptr));
	if (end == NULL)
		return false;
	*out = slice_from(start, (size_t)(end - start));
	*at = (size_t)(end + 1 - text.ptr);
	return true;
}

bool
floor_read_call(struct slice frame, struct slice *id_out, struct slice *action_out)
{
	struct slice id, action;
	size_t at = 0;

	if (frame.len < 2 || frame.ptr[0] != '[' || frame.ptr[1] != '2')
		return false;
	if (!next_quoted(frame, &at, &id) || !next_quoted(frame, &at, &action))
		return false;
	*id_out = slice_from(id.ptr - 1, id.len + 2);
	*action_out = action;
	return true;
}

/* Long enough ids to overflow the answer are none that we measure with. */
static struct floor_message *
answer_to(struct slice frame)
{
	struct slice id, action;
	struct floor_message *m;
	char now[CLOCK_TEXT_MAX];
	char *text;
	int len, id_len;

	if (!floor_read_call(frame, &id, &action) || id.len > ID_MAX)
		return NULL;
	m = malloc(sizeof(*m) + LWS_PRE + ANSWER_MAX);
	if (m == NULL)
		abort();
	id_len = id.len < ID_MAX ? (int)id.len : ID_MAX; /* the compiler sees the bound */
	m->next = NULL;
	text = (char *)m->bytes + LWS_PRE;
	clock_format(clock_wall(), 3, now);
	if (slice_equal(action, SLICE("BootNotification")))
		len = snprintf(text, ANSWER_MAX,
		    "[3,%.*s,{\"currentTime\":\"%s\",\"interval\":300,\"status\":\"Accepted\"}"
		    "]",
		    id_len, id.ptr, now);
	else if (slice_equal(action, SLICE("Heartbeat")))
		len = snprintf(
		    text, ANSWER_MAX, "[3,%.*s,{\"currentTime\":\"%s\"}]", id_len, id.ptr, now);
	else
		len = snprintf(text, ANSWER_MAX, "[3,%.*s,{}]", id_len, id.ptr);
	m->len = (size_t)len;
	return m;
}

void
floor_send(struct floor_connection *c, struct floor_message *message)
{
	if (c->wsi == NULL) {
		free(message);
		return;
	}
	*c->outbox_end = message;
	c->outbox_end = &message->next;
	lws_callback_on_writable(c->wsi);
}

/* NULL: nothing to send. */
static struct floor_message *
next_message(struct floor_connection *c)
{
	struct floor_message *m = c->outbox;

	if (m == NULL)
		return NULL;
	c->outbox = m->next;
	if (c->outbox == NULL)
		c->outbox_end = &c->outbox;
	return m;
}

/* ---- connections ---- */

static struct floor_connection *
connection_new(struct lws *wsi)
{
	struct floor_connection *c = calloc(1, sizeof(*c));
	int len;

	if (c == NULL)
		abort();
	c->wsi = wsi;
	c->outbox_end = &c->outbox;
	buf_init(&c->inbox, FRAME_MAX);
	len = lws_hdr_copy(wsi, c->path, sizeof(c->path), WSI_TOKEN_GET_URI);
	c->station = slice_from(c->path, len > 0 ? (size_t)len : 0);
	for (size_t i = 0; i < c->station.len; i++)
		if (c->station.ptr[i] == '/') {
			c->station = slice_from(c->station.ptr + i + 1, c->station.len - i - 1);
			i = (size_t)-1;
		}
	return c;
}

static void
connection_free_if_done(struct floor_connection *c)
{
	if (c->wsi != NULL || c->pending > 0)
		return;
	buf_free(&c->inbox);
	free(c);
}

static void
connection_gone(struct floor_connection *c)
{
	struct floor_message *m;

	if (c == NULL)
		return;
	while ((m = next_message(c)) != NULL)
		free(m);
	c->wsi = NULL;
	connection_free_if_done(c);
}

void
floor_settle(struct floor_connection *c)
{
	c->pending--;
	connection_free_if_done(c);
}

static bool
take_frame(struct floor_connection *c, struct slice frame)
{
	struct floor_message *answer = answer_to(frame);

	return answer == NULL || floor_in_use->take(c, frame, answer);
}

/* A frame that comes in one piece, as nearly all do, is not copied. */
static bool
receive(struct floor_connection *c, struct slice piece)
{
	bool last = lws_is_final_fragment(c->wsi) && lws_remaining_packet_payload(c->wsi) == 0;
	bool fine;

	if (last && c->inbox.len == 0)
		return take_frame(c, piece);
	buf_append_slice(&c->inbox, piece);
	if (buf_failed(&c->inbox))
		return false;
	if (!last)
		return true;
	fine = take_frame(c, buf_slice(&c->inbox));
	buf_clear(&c->inbox);
	return fine;
}

static bool
write_one(struct floor_connection *c)
{
	struct floor_message *m = next_message(c);
	bool fine;

	if (m == NULL)
		return true;
	fine = lws_write(c->wsi, m->bytes + LWS_PRE, m->len, LWS_WRITE_TEXT) >= (int)m->len;
	free(m);
	if (c->outbox != NULL)
		lws_callback_on_writable(c->wsi);
	return fine;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct floor_connection *c = lws_get_opaque_user_data(wsi);

	(void)user;
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		lws_set_opaque_user_data(wsi, connection_new(wsi));
		return 0;
	case LWS_CALLBACK_RECEIVE: return receive(c, slice_from(in, len)) ? 0 : -1;
	case LWS_CALLBACK_SERVER_WRITEABLE: return write_one(c) ? 0 : -1;
	case LWS_CALLBACK_CLOSED:
		lws_set_opaque_user_data(wsi, NULL);
		connection_gone(c);
		return 0;
	default: return 0; /* of lws's hundred reasons these are ours */
	}
}

/* ---- the program ---- */

static const struct lws_protocols protocols[] = {
	{ .name = "ocpp2.0.1", .callback = on_event, .rx_buffer_size = 4096 },
	{ .name = NULL },
};

static const lws_retry_bo_t no_validity_check = {
	.secs_since_valid_ping = 65000,
	.secs_since_valid_hangup = 65535,
};

static bool
parse_options(struct floor_options *options, int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			options->listen = argv[i + 1];
		else if (strcmp(argv[i], "--database") == 0)
			options->database = argv[i + 1];
		else
			return false;
	}
	return argc % 2 == 1 && options->listen != NULL;
}

static struct lws_context *
listen_on(const char *where)
{
	struct lws_context_creation_info info = { .protocols = protocols };
	const char *colon = strrchr(where, ':');
	void *loops[1] = { loop.ev };
	char address[64];
	long long port;

	if (colon == NULL || colon - where >= (ptrdiff_t)sizeof(address) ||
	    !slice_to_int64(slice_cstr(colon + 1), 1, 65535, &port))
		return NULL;
	memcpy(address, where, (size_t)(colon - where));
	address[colon - where] = '\0';
	info.port = (int)port;
	info.iface = address;
	info.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_DISABLE_IPV6 |
		       LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	info.foreign_loops = loops;
	info.retry_and_idle_policy = &no_validity_check;
	lws_set_log_level(LLL_ERR, NULL);
	return lws_create_context(&info);
}

static void
stop(void *ctx)
{
	(void)ctx;
	loop_stop(&loop);
}

static int
serve(const struct floor_options *options)
{
	struct loop_signal on_term = { .ctx = NULL }, on_int = { .ctx = NULL };
	struct lws_context *context;

	if (floor_in_use->start != NULL && !floor_in_use->start(&loop, options))
		return 1;
	context = listen_on(options->listen);
	if (context == NULL) {
		fprintf(stderr, "cannot listen on %s\n", options->listen);
		return 1;
	}
	loop_signal_start(&loop, &on_term, SIGTERM, stop, NULL);
	loop_signal_start(&loop, &on_int, SIGINT, stop, NULL);
	loop_run(&loop);
	loop_signal_stop(&loop, &on_term);
	loop_signal_stop(&loop, &on_int);
	lws_context_destroy(context);
	if (floor_in_use->stop != NULL)
		floor_in_use->stop();
	return 0;
}

int
floor_run(const struct floor *floor, int argc, char **argv)
{
	struct floor_options options = { NULL, NULL };
	int exit_code;

	if (!parse_options(&options, argc, argv)) {
		fprintf(stderr, "usage: %s --listen ADDRESS:PORT [--database URI]\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	floor_in_use = floor;
	loop_init(&loop);
	exit_code = serve(&options);
	loop_destroy(&loop);
	return exit_code;
}
