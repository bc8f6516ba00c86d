#include "csms/session.h"

#include "common/log.h"
#include "csms/actions.h"
#include "csms/commands.h"
#include "csms/metrics.h"
#include "csms/server.h"
#include "csms/uuid.h"
#include "ocpp/ocpp_types.h"

#include <stdlib.h>

#define FRAME_BURST_SECONDS 10
#define FRAME_ARENA_MAX     (1U << 20)
#define CLOSE_PATIENCE      (5 * SECOND_US) /* for the close frame to leave */
#define PIECE_SMALL         256

/* A frame that waits for its turn. */
struct inbound {
	struct list node;
	size_t len;
	char text[];
};

static struct slice
name_of(const struct session *s)
{
	return slice_cstr(s->station->name);
}

struct session *
session_new(struct node *node, struct station *station, const struct session_peer *peer)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->owner = node;
	s->station = station;
	s->peer = *peer;
	s->state = SESSION_OPENING;
	s->boot = station->boot_status;
	s->working_action = s->call.triggers = -1;
	buf_init(&s->rx, (size_t)node->settings.ocpp.max_message);
	list_init(&s->inbox);
	list_init(&s->outbox);
	s->frame_budget =
	    (double)node->settings.ocpp.max_frames_per_second * FRAME_BURST_SECONDS;
	return s;
}

static void
drop_queues(struct session *s)
{
	struct list *node;

	while ((node = list_pop(&s->inbox)) != NULL)
		free(list_entry(node, struct inbound, node));
	metrics.calls_waiting -= s->inbox_count;
	s->inbox_count = 0;
	server_drop_outbox(s);
	buf_free(&s->rx);
}

static void
free_when_idle(struct session *s)
{
	if (s->state == SESSION_GONE && s->pending == 0)
		free(s);
}

void
session_hold(struct session *s)
{
	s->pending++;
}

bool
session_is_live(const struct session *s)
{
	return s->state == SESSION_OPENING || s->state == SESSION_OPEN;
}

bool
session_release(struct session *s)
{
	bool live = session_is_live(s);

	s->pending--;
	free_when_idle(s);
	return live;
}

/* The row of core.connection is there: from now on its id is what fences this session. */
static void
opened(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	struct session *s = ctx;

	if (outcome == STORE_COMMITTED)
		s->connection_id = pg_integer(r, 0, 0);
	if (!session_release(s))
		return;
	if (outcome == STORE_REFUSED) {
		log_error("CONNECTION_NOT_STORED", LOG_SLICE("station", name_of(s)),
		    LOG_STR("error", error->message));
		session_close(s, CLOSE_TRY_LATER, "not stored");
		return;
	}
	if (outcome == STORE_ABANDONED) {
		session_close(s, CLOSE_TRY_LATER, "database away");
		return;
	}
	s->boot = s->station->boot_status = registration_parse(pg_text(r, 0, 1));
	s->state = SESSION_OPEN;
	session_continue(s);
	commands_poke(s);
}

static void
submit_open(struct session *s)
{
	struct params p = { 0 };
	char key[UUID_MAX];

	uuid_new(key);
	params_int(&p, s->station->id);
	params_int(&p, s->owner->id);
	params_text(&p, slice_cstr(s->peer.address));
	params_int(&p, s->peer.security_profile);
	params_text(&p, SLICE("ocpp2.0.1"));
	if (s->peer.certificate[0] != '\0')
		params_text(&p, slice_cstr(s->peer.certificate));
	else
		params_null(&p);
	params_time(&p, s->opened_at);
	params_text(&p, slice_cstr(key));
	if (store_submit(s->owner->store, STMT_CONNECTION_OPEN, &p.pg, opened, s))
		session_hold(s);
	else
		session_close(s, CLOSE_TRY_LATER, "too busy");
}

void
session_established(struct session *s, struct lws *wsi)
{
	struct session *older = s->station->session;

	s->wsi = wsi;
	s->opened_at = s->seen_at = s->seen_flushed_at = clock_wall();
	s->seen_mono = s->frame_budget_mono = clock_mono();
	if (older != NULL) {
		/* Newest authenticated connection wins: after a network loss the old socket still looks alive. */
		metrics.connections_replaced++;
		log_warn("STATION_REPLACED", LOG_SLICE("station", name_of(s)),
		    LOG_STR("old_address", older->peer.address),
		    LOG_STR("address", s->peer.address));
		session_close(older, CLOSE_NORMAL, "replaced");
	}
	s->station->session = s;
	list_append(&s->owner->sessions, &s->node);
	s->owner->session_count++;
	metrics.connections_opened++;
	metrics.stations_connected++;
	log_info("STATION_CONNECTED", LOG_SLICE("station", name_of(s)),
	    LOG_STR("address", s->peer.address), LOG_INT("profile", s->peer.security_profile));
	submit_open(s);
}

static void
closed(void *ctx, enum store_outcome outcome, const struct pg_result *r,
    const struct pg_error *error)
{
	(void)ctx;
	(void)r;
	if (outcome == STORE_REFUSED)
		log_error("CONNECTION_END_NOT_STORED", LOG_STR("error", error->message));
}

/* The end of reachability is the last proof of life, not the moment we noticed. */
static void
submit_close(struct session *s)
{
	struct params p = { 0 };

	params_int(&p, s->connection_id);
	params_time(&p, s->seen_at);
	params_time(&p, clock_wall());
	params_text(&p,
	    slice_cstr(s->close_reason != NULL ? s->close_reason : "closed by the station"));
	if (!store_submit(s->owner->store, STMT_CONNECTION_CLOSE, &p.pg, closed, NULL))
		log_warn("CONNECTION_END_LOST", LOG_SLICE("station", name_of(s)));
}

void
session_gone(struct session *s)
{
	bool was_established = s->wsi != NULL;

	s->wsi = NULL;
	s->state = SESSION_GONE;
	drop_queues(s);
	if (was_established) {
		list_remove(&s->node);
		s->owner->session_count--;
		metrics.stations_connected--;
		if (s->call.id[0] != '\0')
			metrics.commands_outstanding--;
		if (s->station->session == s)
			s->station->session = NULL;
		if (s->connection_id != 0)
			submit_close(s);
		log_info("STATION_DISCONNECTED", LOG_SLICE("station", name_of(s)),
		    LOG_STR("reason",
			s->close_reason != NULL ? s->close_reason : "closed by the station"));
	}
	free_when_idle(s);
}

void
session_close(struct session *s, int code, const char *reason)
{
	if (s->state == SESSION_CLOSING || s->state == SESSION_GONE)
		return;
	s->state = SESSION_CLOSING;
	s->close_code = code;
	s->close_reason = reason;
	s->close_mono = clock_mono();
	if (s->wsi != NULL)
		server_want_write(s);
}

/* Codes that open the lock are for no log (C04.FR.04), whoever sends them. */
static bool
is_secret(struct slice frame)
{
	return memmem(frame.ptr, frame.len, "\"KeyCode\"", 9) != NULL;
}

void
session_log(struct session *s, bool inbound, struct slice frame)
{
	if (!s->owner->settings.database.log_messages)
		return;
	if (is_secret(frame))
		frame = SLICE("(not kept: it holds a KeyCode)");
	store_log_frame(
	    s->owner->store, clock_wall(), s->station->id, s->connection_id, inbound, frame);
}

/* ---- answering ---- */

/* The CALL at work is done; its message id is free again. */
static void
work_done(struct session *s, bool refused)
{
	metrics_call(s->working_action, clock_mono() - s->working_mono, refused);
	s->working[0] = '\0';
}

static void
send_answer(struct session *s, struct buf *frame, bool refused)
{
	session_send(s, buf_slice(frame));
	session_log(s, false, buf_slice(frame));
	buf_clear(frame);
	work_done(s, refused);
}

/* One frame is built at a time. */
static struct buf *
frame_buffer(void)
{
	static struct buf frame;

	if (frame.max == 0)
		buf_init(&frame, 8U << 20);
	return &frame;
}

void
session_answer(struct session *s, struct slice payload)
{
	struct buf *frame = frame_buffer();

	ocpp_frame_result(frame, slice_cstr(s->working), payload);
	send_answer(s, frame, false);
}

void
session_fault(struct session *s, const struct ocpp_fault *fault)
{
	struct buf *frame = frame_buffer();

	ocpp_frame_error(frame, slice_cstr(s->working), fault);
	send_answer(s, frame, true);
}

void
session_refuse(struct session *s, enum ocpp_error code, const char *detail)
{
	struct ocpp_fault fault = { .code = code };

	snprintf(fault.detail, sizeof(fault.detail), "%s", detail);
	session_fault(s, &fault);
}

void
session_send(struct session *s, struct slice frame)
{
	const struct settings *settings = &s->owner->settings;

	if (!session_is_live(s))
		return;
	if ((int64_t)(s->outbox_bytes + frame.len) > settings->ocpp.max_unsent ||
	    s->owner->unsent_total + (int64_t)frame.len > settings->ocpp.max_unsent_total) {
		metrics.unsent_overflow++;
		session_close(s, CLOSE_POLICY, "too much unsent");
		return;
	}
	server_queue(s, frame);
}

/* ---- frames ---- */

static void
bad_frame(struct session *s, const struct ocpp_frame *frame, const struct ocpp_fault *fault)
{
	struct buf *out = frame_buffer();

	metrics.frames_bad++;
	log_warn("FRAME_REFUSED", LOG_SLICE("station", name_of(s)),
	    LOG_STR("code", ocpp_error_name(fault->code)), LOG_STR("detail", fault->detail));
	ocpp_frame_error(out, frame->id, fault);
	session_send(s, buf_slice(out));
	buf_clear(out);
	if (++s->bad_frames >= s->owner->settings.ocpp.max_bad_frames)
		session_close(s, CLOSE_POLICY, "too many bad frames");
}

static bool
take_call(struct session *s, const struct ocpp_frame *frame)
{
	memcpy(s->working, frame->id.ptr, frame->id.len);
	s->working[frame->id.len] = '\0';
	s->working_mono = clock_mono();
	if (action_take(s, frame))
		return true;
	s->working[0] = '\0';
	return false;
}

/* False: the frame could not be taken now; nothing has happened. */
static bool
take_frame(struct session *s, struct slice text)
{
	static struct arena arena;
	struct ocpp_frame frame;
	struct ocpp_fault fault;

	if (arena.max == 0)
		arena_init(&arena, FRAME_ARENA_MAX);
	arena_reset(&arena);
	switch (ocpp_frame_parse(text, &arena, &frame, &fault)) {
	case OCPP_FRAME_BAD_UTF8:
		session_close(s, CLOSE_BAD_UTF8, "invalid UTF-8");
		return true;
	case OCPP_FRAME_IGNORE: metrics.frames_ignored++; break;
	case OCPP_FRAME_REFUSE: bad_frame(s, &frame, &fault); break;
	case OCPP_FRAME_OK:
		if (frame.kind == OCPP_CALL && !take_call(s, &frame))
			return false;
		if (frame.kind != OCPP_CALL)
			commands_answered(s, &frame);
		break;
	}
	session_log(s, true, text);
	return true;
}

/* Answers to our commands do not wait behind the station's own CALLs. */
static bool
is_answer(struct slice text)
{
	size_t i = 0;

	while (
	    i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '[' || text.ptr[i] == '\n' ||
				text.ptr[i] == '\r' || text.ptr[i] == '\t'))
		i++;
	return i < text.len && (text.ptr[i] == '3' || text.ptr[i] == '4');
}

static void
pause_when_full(struct session *s)
{
	bool full = s->inbox_count >= s->owner->settings.ocpp.max_queued_calls;

	if (full != s->paused) {
		s->paused = full;
		server_pause(s, full);
	}
}

static void
enqueue(struct session *s, struct slice text)
{
	struct inbound *in = malloc(sizeof(*in) + text.len);

	if (in == NULL)
		abort();
	in->node.next = in->node.prev = NULL;
	in->len = text.len;
	memcpy(in->text, text.ptr, text.len);
	list_append(&s->inbox, &in->node);
	s->inbox_count++;
	metrics.calls_waiting++;
	pause_when_full(s);
}

static void
message_arrived(struct session *s, struct slice text)
{
	bool can_take = s->state == SESSION_OPEN &&
			(is_answer(text) || (s->working[0] == '\0' && list_empty(&s->inbox)));

	metrics.frames_received++;
	metrics.bytes_received += text.len;
	if (!can_take || !take_frame(s, text))
		enqueue(s, text);
}

void
session_continue(struct session *s)
{
	while (s->state == SESSION_OPEN && s->working[0] == '\0' && !list_empty(&s->inbox)) {
		struct inbound *in = list_entry(list_pop(&s->inbox), struct inbound, node);

		if (!take_frame(s, slice_from(in->text, in->len))) {
			list_prepend(&s->inbox,
			    &in->node); /* the store is full: session_tick() tries again */
			break;
		}
		free(in);
		s->inbox_count--;
		metrics.calls_waiting--;
	}
	pause_when_full(s);
}

/* A token bucket: a burst after an offline time is normal, a flood is not. */
static bool
within_budget(struct session *s)
{
	double rate = (double)s->owner->settings.ocpp.max_frames_per_second;
	int64_t now = clock_mono();

	s->frame_budget += rate * (double)(now - s->frame_budget_mono) / (double)SECOND_US;
	if (s->frame_budget > rate * FRAME_BURST_SECONDS)
		s->frame_budget = rate * FRAME_BURST_SECONDS;
	s->frame_budget_mono = now;
	s->frame_budget -= 1;
	return s->frame_budget >= 0;
}

void
session_alive(struct session *s)
{
	s->seen_at = clock_wall();
	s->seen_mono = clock_mono();
}

static bool
assemble(struct session *s, struct slice bytes, bool final)
{
	if ((int64_t)(s->rx.len + bytes.len) > s->owner->settings.ocpp.max_message) {
		session_close(s, CLOSE_TOO_BIG, "message too big");
		return false;
	}
	if (final && s->rx.len == 0) {
		message_arrived(
		    s, bytes); /* the usual case: whole in one piece, nothing to copy */
		return true;
	}
	buf_append(&s->rx, bytes.ptr, bytes.len);
	if (final) {
		message_arrived(s, buf_slice(&s->rx));
		buf_free(&s->rx);
	}
	return true;
}

bool
session_receive(struct session *s, struct slice bytes, bool final, bool binary)
{
	if (!session_is_live(s))
		return true; /* on its way out: what still comes is not ours to answer */
	session_alive(s);
	if (binary) {
		session_close(s, CLOSE_BAD_DATA, "binary message");
		return false;
	}
	/*
	 * Fragments count too: a hundred thousand one-byte ones are a flood.  The pieces in which libwebsockets
	 * delivers a long or inflated message do not; max_message bounds them.
	 */
	if ((final || bytes.len < PIECE_SMALL) && !within_budget(s)) {
		session_close(s, CLOSE_POLICY, "too many messages");
		return false;
	}
	return assemble(s, bytes, final);
}

/* ---- time ---- */

static void
check_silence(struct session *s, int64_t now_mono)
{
	const struct settings *settings = &s->owner->settings;
	int64_t silent = now_mono - s->seen_mono;

	if (s->paused)
		return; /* we are not reading: silence proves nothing */
	if (silent >= settings->ocpp.silence_limit) {
		metrics.connections_silent++;
		session_close(s, CLOSE_NORMAL, "silent");
		return;
	}
	if (silent >= settings->ocpp.ping_interval &&
	    now_mono - s->ping_mono >= settings->ocpp.ping_interval / 2) {
		s->ping_mono = now_mono;
		s->ping_wanted = true;
		server_want_write(s);
	}
}

void
session_tick(struct session *s, int64_t now_mono)
{
	if (s->state == SESSION_CLOSING) {
		if (now_mono - s->close_mono >= CLOSE_PATIENCE)
			server_kill(s);
		return;
	}
	check_silence(s, now_mono);
	if (!session_is_live(s))
		return;
	commands_tick(s, now_mono);
	session_continue(s);
}
