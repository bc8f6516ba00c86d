/*
 * Requests that carry a secret in or out.  A station's password becomes a hash before PostgreSQL sees it; a new token is
 * made here, its hash goes to PostgreSQL, and the token itself only into the one answer.
 */
#include <stdio.h>

#include "csms/api_call.h"
#include "csms/body.h"
#include "csms/password.h"

#define ADDED_MAX 512 /* what a rewritten body may grow by */

/* In characters (A00.FR.205); 0 when one is a control character. */
static int64_t
count_characters(struct slice s)
{
	int64_t count = 0;

	while (s.len > 0) {
		size_t len = slice_utf8_char(s);

		if (len == 0 || (unsigned char)s.ptr[0] < 0x20 || s.ptr[0] == 0x7f)
			return 0;
		s = slice_from(s.ptr + len, s.len - len);
		count++;
	}
	return count;
}

bool
api_hash_password(struct api_call *call, struct slice password, const char *field,
    char hash_out[PASSWORD_HASH_MAX])
{
	int64_t min = call->node->settings.security.password_min;
	int64_t max = call->node->settings.security.password_max;
	int64_t length = count_characters(password);
	char message[96];

	if (password.ptr == NULL || length < min || length > max) {
		snprintf(message, sizeof(message),
		    "A password has %d to %d characters, none of them a control character.",
		    (int)min, (int)max);
		api_fail(call, 400, "BadPassword", message, field);
		return false;
	}
	/* Some milliseconds in which the loop does nothing else: rare enough not to need a thread. */
	if (!password_hash(
		password, (int)call->node->settings.security.password_cost, hash_out)) {
		api_fail(call, 500, "Internal", "The password could not be hashed.", NULL);
		return false;
	}
	return true;
}

/* Members that only we put in. */
static bool
refuse_member(struct api_call *call, const char *name, const char *path)
{
	if (!body_has(call->request->body, name, &call->request->arena))
		return true;
	api_fail(call, 400, "BadBody", "The member cannot be set.", path);
	return false;
}

static void
run_rewritten(struct api_call *call, const char *drop, const char *add, const char *value,
    query_done *done)
{
	struct slice text = call->request->body;
	struct buf body;

	buf_init(&body, text.len + ADDED_MAX);
	body_rewrite(text, drop, add, slice_cstr(value), &call->request->arena, &body);
	if (done == NULL)
		api_run_function(call, buf_slice(&body));
	else
		api_query_function(call, buf_slice(&body), done);
	buf_free(&body);
}

static void
run_with_hash(struct api_call *call)
{
	struct slice password =
	    body_text(call->request->body, "password", &call->request->arena);
	char hash[PASSWORD_HASH_MAX];

	if (api_hash_password(call, password, "$.password", hash))
		run_rewritten(call, "password", "passwordHash", hash, NULL);
}

void
api_station_create(struct api_call *call)
{
	if (!refuse_member(call, "passwordHash", "$.passwordHash"))
		return;
	if (body_has(call->request->body, "password", &call->request->arena))
		run_with_hash(call);
	else
		api_run_function(call, call->request->body);
}

void
api_station_password(struct api_call *call)
{
	if (refuse_member(call, "passwordHash", "$.passwordHash"))
		run_with_hash(call);
}

static void
token_created(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct api_call *call = ctx;
	struct slice answer;
	struct buf body;
	int status;

	if (!api_function_answer(call, outcome, r, error, &status, &answer))
		return;
	if (status != 201) {
		api_function_done(call, status, answer);
		return;
	}
	buf_init(&body, answer.len + ADDED_MAX);
	body_rewrite(
	    answer, "token", "token", slice_cstr(call->token), &call->request->arena, &body);
	api_function_done(call, status, buf_slice(&body));
	buf_free(&body);
}

void
api_token_create(struct api_call *call)
{
	char hash[65];

	if (!refuse_member(call, "hash", "$.hash"))
		return;
	if (!token_new(call->token)) {
		api_fail(call, 500, "Internal", "No random numbers.", NULL);
		return;
	}
	token_hash(slice_cstr(call->token), hash);
	run_rewritten(call, NULL, "hash", hash, token_created);
}
