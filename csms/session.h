/*
 * session.h - one connected station, from the accepted handshake to the recorded end.
 *
 * States.  OPENING: the socket is up, core.connection has no committed row yet; frames wait.  OPEN:
 * frames are handled in order, one CALL of the station at a time.  CLOSING: told to go, unsent frames
 * (the answer, the close frame) still leave.  GONE: no socket; the struct lives until the last database
 * operation that carries it has come back (`pending`).
 *
 * One outstanding CALL per direction (part 4, 4.1.1): `working` is ours to answer, `call` theirs.
 */
#ifndef V2G_CSMS_SESSION_H
#define V2G_CSMS_SESSION_H

#include "common/buf.h"
#include "common/list.h"
#include "csms/node.h"
#include "ocpp/rpc.h"

struct lws;

/* WebSocket close codes (RFC 6455 7.4.1; 1013 is of the IANA registry). */
enum close_code {
	CLOSE_NORMAL = 1000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_BAD_DATA = 1003,
	CLOSE_BAD_UTF8 = 1007,
	CLOSE_POLICY = 1008,
	CLOSE_TOO_BIG = 1009,
	CLOSE_TRY_LATER = 1013,
};

enum session_state { SESSION_OPENING, SESSION_OPEN, SESSION_CLOSING, SESSION_GONE };

/* Facts of the handshake. */
struct session_peer {
	char address[64]; /* numeric */
	int security_profile; /* the one in use: 1, 2 or 3 */
	char certificate[128]; /* subject, profile 3 */
};

/* The command that is out. */
struct session_call {
	char id[OCPP_MESSAGE_ID_MAX + 1]; /* "" when none is out */
	int action; /* enum ocpp_action */
	int triggers; /* TriggerMessage: the action it asks for; -1: none */
	int64_t sent_mono;
	bool
	    busy; /* core.command_claim, or the record of an end, is being committed: claim nothing yet */
	bool again; /* something may have been queued while busy */
	int unanswered; /* timeouts in a row */
};

struct session {
	struct list node; /* node->sessions */
	struct node *owner;
	struct station *
	    station; /* borrowed from the directory, which keeps it while station->session or pending */
	struct lws *wsi; /* NULL when GONE */
	enum session_state state;
	struct session_peer peer;
	int64_t connection_id; /* 0 while OPENING */
	int pending; /* database operations that will call back */
	enum registration boot; /* what this station may do */

	struct buf rx; /* a message being assembled; freed when idle */
	struct list inbox; /* struct inbound: frames waiting their turn */
	int inbox_count;
	bool paused; /* socket not read */
	char working[OCPP_MESSAGE_ID_MAX +
		     1]; /* message id of the CALL being committed; "" when none */
	int working_action;
	int64_t working_mono; /* when it arrived */

	struct list outbox; /* struct outbound */
	size_t outbox_bytes;
	bool ping_wanted;
	int close_code; /* WebSocket status to close with; 0: not closing */
	const char *close_reason;
	int64_t close_mono; /* when closing began */

	struct session_call call;
	int64_t claim_mono; /* look for commands at this time; 0: when told */
	uint64_t
	    triggered; /* bit per enum ocpp_action a Pending station has been asked to send (B02.FR.09) */

	int64_t opened_at;
	int64_t seen_at; /* wall time of the last frame or pong: proof of life */
	int64_t seen_flushed_at; /* what core.connection has */
	int64_t seen_mono;
	int64_t ping_mono; /* last ping sent */
	double frame_budget; /* token bucket */
	int64_t frame_budget_mono;
	int bad_frames;
};

/* After the handshake was accepted, before the socket can be used. */
struct session *session_new(
    struct node *node, struct station *station, const struct session_peer *peer);
/* The WebSocket is established.  Replaces an older session of the same station. */
void session_established(struct session *s, struct lws *wsi);
/* The socket is gone, or was never established.  Frees the session once nothing is pending. */
void session_gone(struct session *s);

/* Bytes of one message; `final` with the last.  False: close the socket (s->close_code says how). */
bool session_receive(struct session *s, struct slice bytes, bool final, bool binary);
/* A pong, or any proof of life that is not a message. */
void session_alive(struct session *s);
/* The socket can be written: writes one frame.  False: close it now, with s->close_code. */
bool session_writable(struct session *s);
/* Takes up the next frame that waits. */
void session_continue(struct session *s);
/* Once a second: pings, silence, timeouts, settled commands. */
void session_tick(struct session *s, int64_t now_mono);

/* Queue a frame; closes the session when it or the node has too much unsent. */
void session_send(struct session *s, struct slice frame);
/* Keeps a raw message, if the settings say so and it holds no code that opens a lock. */
void session_log(struct session *s, bool inbound, struct slice frame);
/* Ask for an orderly close with a WebSocket code. */
void session_close(struct session *s, int code, const char *reason);
/* Answer the CALL at work.  Who answers outside session_continue() calls that after. */
void session_answer(struct session *s, struct slice payload);
void session_refuse(struct session *s, enum ocpp_error code, const char *detail);
void session_fault(struct session *s, const struct ocpp_fault *fault);
/* A database operation that carries this session begins / has come back.  After the second the session may be freed:
 * it must not be touched unless true is returned. */
void session_hold(struct session *s);
bool session_release(struct session *s);
/* Has an operation of this session come back while it is still served? */
bool session_is_live(const struct session *s);

#endif
