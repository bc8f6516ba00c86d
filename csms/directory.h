/*
 * directory.h - who may come in: stations and API tokens, held in memory.
 *
 * A handshake must be decided at once, without a round trip to the database, so the whole list is
 * loaded at start and kept current by NOTIFY (v2g_station, v2g_token).  Only the store's own rows are truth:
 * nothing is created here.  After a lost connection everything is loaded again.
 */
#ifndef V2G_CSMS_DIRECTORY_H
#define V2G_CSMS_DIRECTORY_H

#include "common/list.h"
#include "common/map.h"
#include "csms/query.h"

#define STATION_NAME_MAX 48 /* characters of an OCPP identity (part 4, 3.1.1) */

struct session;

enum registration {
	REGISTRATION_NONE,
	REGISTRATION_ACCEPTED,
	REGISTRATION_PENDING,
	REGISTRATION_REJECTED
};

/* "Accepted", "Pending", "Rejected"; NONE for anything else. */
enum registration registration_parse(struct slice text);

/* One known station.  Lives until the program ends or the row is deleted and no session uses it. */
struct station {
	int64_t id;
	char name[STATION_NAME_MAX + 1]; /* as created; compared without case */
	char key[STATION_NAME_MAX + 1]; /* lower case */
	int security_profile; /* lowest it may use */
	char *password_hash; /* NULL: no password set */
	char *certificate_cn; /* never NULL */
	bool blocked;
	bool compression;
	bool deleted;
	uint64_t read_number; /* of the question whose answer this is; later ones know more */
	enum registration boot_status; /* the last boot answer */
	struct session *session; /* the live connection on this node, or NULL */

	/* A fast check of the password that was right last time (see password.h). */
	bool verified;
	uint8_t verifier[32];
};

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_UTILITY, ROLE_OPERATOR, ROLE_ADMIN };

enum role role_parse(struct slice text);
const char *role_name(enum role role);

struct api_token {
	int64_t id;
	char hash[65]; /* SHA-256 of the token, hexadecimal */
	char *name;
	enum role role;
	int64_t expires_at; /* 0: never */
};

struct directory;

struct directory_events {
	void (*ready)(void *ctx); /* first load complete */
	/* A station's row changed, was blocked or deleted: its session may have to go. */
	void (*changed)(void *ctx, struct station *station);
};

/* `pool` and `events` are kept. */
struct directory *directory_new(
    struct query_pool *pool, const struct directory_events *events, void *ctx);
void directory_free(struct directory **directory);

/* Loads everything (again). Called when the notification connection comes up. */
void directory_reload(struct directory *directory);
/* Once a second: asks again what got no answer. */
void directory_tick(struct directory *directory);
/* Handles NOTIFY v2g_station / v2g_token. */
void directory_notified(
    struct directory *directory, struct slice channel, struct slice payload);
bool directory_is_ready(const struct directory *directory);

/* Without regard to case; NULL when unknown or deleted. */
struct station *directory_station(struct directory *directory, struct slice name);
struct station *directory_station_by_id(struct directory *directory, int64_t id);
/* NULL when unknown or expired at `now` (wall time). */
const struct api_token *directory_token(
    struct directory *directory, struct slice token, int64_t now);

/*
 * Fetches one station's row, or the tokens, now, and calls `done` when the directory has it: so that an API
 * answer is not sent before what it promised holds here.
 */
void directory_refresh_station(
    struct directory *directory, struct slice name, void (*done)(void *ctx), void *ctx);
void directory_refresh_tokens(struct directory *directory, void (*done)(void *ctx), void *ctx);

#endif
