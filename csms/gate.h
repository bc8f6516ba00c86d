/*
 * gate.h - may this handshake become a session?  Decided from what is in memory, before the upgrade.
 *
 * Order: path (404), subprotocol (400), our own state (503), too many failures (429), station known (404 or 401),
 * blocked (403), credentials of at least the station's security profile (401).  Nothing is created for whom
 * we refuse, and an unknown station costs the same time as a wrong password.
 */
#ifndef V2G_CSMS_GATE_H
#define V2G_CSMS_GATE_H

#include "csms/node.h"
#include "csms/session.h"

/* Facts of the request; slices are borrowed. */
struct gate_request {
	struct slice path; /* percent-decoded */
	struct slice protocols; /* Sec-WebSocket-Protocol */
	struct slice authorization;
	struct slice address; /* numeric, of the socket */
	bool tls;
	bool certificate; /* the peer proved a certificate of a known authority */
	struct slice common_name, organisation;
};

struct gate_verdict {
	int status; /* 0: welcome; otherwise the HTTP status of the refusal */
	const char *reason; /* for the log, never for the peer */
	struct station *station; /* when welcome */
	struct slice identity; /* as asked for; borrowed from the request */
	int security_profile; /* in use, when welcome */
	bool failed; /* counts as a failed attempt */
};

struct hasher_result;

/* A check that was put off has been made: for node->hasher; `ctx` is the node. */
void gate_checked(void *ctx, const struct hasher_result *result);

void gate_decide(struct node *node, const struct gate_request *q, struct gate_verdict *v);

#endif
