/*
 * api_call.h - one API request on its way: what the handlers in C work with.  Internal to the API's modules.
 *
 * Lives from the matched route to the answer; a client that leaves takes it along, unless the directory still has to call
 * back.  Exactly one of api_answer(), api_fail() and api_unavailable() ends it; it must not be touched after.
 */
#ifndef V2G_CSMS_API_CALL_H
#define V2G_CSMS_API_CALL_H

#include "common/list.h"
#include "csms/http.h"
#include "csms/node.h"
#include "csms/password.h"
#include "csms/routes.h"

struct api_call {
	struct node *node;
	struct http_request *request; /* NULL: the client has left */
	const struct route *route; /* NULL until it has been found */
	struct route_match match;
	int64_t caller; /* core.api_token.id; 0: none */
	enum role role;
	char caller_name[65];

	struct query *query; /* NULL: none under way */
	bool refreshing; /* the directory will call back */
	int status; /* of the answer that waits for the directory */
	struct buf answer;

	char token[64]; /* a new one, until it has been answered (api_secrets.c) */

	/* A request that waits for a command's end (api_commands.c). */
	struct list wait; /* node->waits */
	struct loop_timer timer;
	char command[37]; /* uuid; "": none */
	int64_t wait_us; /* 0: answer at once */
	bool poked; /* to be looked up again: its end was told while that was under way */
};

/* What stands for ":name" in the path; .ptr == NULL when the route has no such name. */
struct slice api_value(const struct api_call *call, const char *name);

/* JSON, or no body for 204. */
void api_answer(struct api_call *call, int status, struct slice body);
void api_answer_as(
    struct api_call *call, int status, const char *content_type, struct slice body);
/* `field` may be NULL. */
void api_fail(struct api_call *call, int status, const char *code, const char *message,
    const char *field);
/* 503 with Retry-After: the database is away or too busy. */
void api_unavailable(struct api_call *call);
/* A refused statement: PostgreSQL's reasons as HTTP. */
void api_refused(struct api_call *call, const struct pg_error *error);

/* Runs the route's function with this body (an object, or .ptr == NULL) and answers with what it returns. */
void api_run_function(struct api_call *call, struct slice body);
/* The same, but its rows (status, body) go to `done`, whose ctx is the call.  False: failed and answered. */
bool api_query_function(struct api_call *call, struct slice body, query_done *done);
/* For such a `done`: true when the function has answered; otherwise the call is over. */
bool api_function_answer(struct api_call *call, enum pg_outcome outcome,
    const struct pg_result *r, const struct pg_error *error, int *status_out,
    struct slice *body_out);
/* Answers with what the function returned, once this node knows what it changed. */
void api_function_done(struct api_call *call, int status, struct slice body);
/* Any statement of the pool; call->query is set until `done`. */
bool api_query(
    struct api_call *call, int statement, const struct pg_params *params, query_done *done);

/* Checks and hashes a station's password (api_secrets.c).  False: failed and answered, `field` being at fault. */
bool api_hash_password(struct api_call *call, struct slice password, const char *field,
    char hash_out[PASSWORD_HASH_MAX]);

/* Handlers. */
route_handler api_root, api_health, api_ready, api_metrics, api_openapi;
route_handler api_station_create, api_station_password, api_token_create;
route_handler api_command_submit, api_command_get;

/* The call is over: stops what api_commands.c has started for it. */
void api_wait_end(struct api_call *call);

/* Appends openapi.json (openapi.c). */
void openapi_print(struct buf *out);

#endif
