#include "csms/api.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "csms/api_call.h"
#include "csms/body.h"
#include "csms/metrics.h"
#include "csms/params.h"

#define ROUTES_MAX 96
#define TOKEN_MAX  128 /* characters of a bearer token worth hashing */
#define PARAMS_MAX (128UL * 1024) /* of the parameter p, besides the body */

/* ---- statements: those of statements.h, then one for each function of the table ---- */

static struct pg_statement statements[QUERY_STATEMENT_COUNT + ROUTES_MAX];
static char statement_sql[ROUTES_MAX][112];
static int statement_count;
static int statement_of_route[ROUTES_MAX];

static int
statement_for(const char *function)
{
	int made = statement_count - QUERY_STATEMENT_COUNT;

	for (int i = QUERY_STATEMENT_COUNT; i < statement_count; i++)
		if (strcmp(statements[i].name, function) == 0)
			return i;
	assert(made < ROUTES_MAX);
	snprintf(statement_sql[made], sizeof(statement_sql[made]),
	    "SELECT status, body FROM api.%s($1::bigint, $2::jsonb)", function);
	statements[statement_count] = (struct pg_statement){ function, statement_sql[made], 2 };
	return statement_count++;
}

const struct pg_statement *
api_statements(int *count_out)
{
	if (statement_count == 0) {
#define ROW(name, sql, params)                                                                 \
	statements[statement_count++] = (struct pg_statement){ #name, sql, params };
		QUERY_STATEMENTS(ROW)
#undef ROW
		assert(route_count <= ROUTES_MAX);
		for (size_t i = 0; i < route_count; i++)
			if (routes[i].function != NULL)
				statement_of_route[i] = statement_for(routes[i].function);
	}
	*count_out = statement_count;
	return statements;
}

/* ---- the end of a call ---- */

static void
call_free(struct api_call *call)
{
	assert(call->query == NULL && !call->refreshing);
	api_wait_end(call);
	buf_free(&call->answer);
	free(call);
}

/* Reads are counted, not logged; whatever changes something or is turned away leaves a line. */
static void
log_call(const struct api_call *call, int status)
{
	const struct http_request *r = call->request;
	const struct log_field fields[] = {
		LOG_STR("method", http_method_name(r->head.method)),
		LOG_SLICE("path", r->head.path),
		LOG_INT("status", status),
		LOG_STR("address", r->address),
		LOG_STR("token", call->caller_name[0] == '\0' ? NULL : call->caller_name),
		LOG_STR("role", role_name(call->role)),
		LOG_INT("us", clock_mono() - r->started_mono),
	};
	size_t count = sizeof(fields) / sizeof(fields[0]);

	if (status == 401)
		log_write(LOG_LEVEL_WARN, "API_UNAUTHORISED", fields, count);
	else if (status == 403)
		log_write(LOG_LEVEL_WARN, "API_FORBIDDEN", fields, count);
	else if (status == 503 && call->route->role != ROLE_NONE)
		log_write(LOG_LEVEL_WARN, "API_UNAVAILABLE", fields, count);
	else if (status >= 500 && status != 503)
		log_write(LOG_LEVEL_ERROR, "API_FAILED", fields, count);
	else if (r->head.method != HTTP_GET && r->head.method != HTTP_HEAD)
		log_write(LOG_LEVEL_INFO, "API_REQUEST", fields, count);
	else
		log_write(LOG_LEVEL_DEBUG, "API_REQUEST", fields, count);
}

/* The request, for the last time; NULL when nobody waits for an answer any more. */
static struct http_request *
end(struct api_call *call, int status)
{
	struct http_request *r = call->request;

	if (r != NULL) {
		log_call(call, status);
		r->handler = NULL;
	}
	call_free(call);
	return r;
}

void
api_answer_as(struct api_call *call, int status, const char *content_type, struct slice body)
{
	struct http_request *r = call->request;

	/* Before the call is freed: the body may be its own. */
	if (r != NULL) {
		r->handler = NULL;
		log_call(call, status);
		http_answer(r, status, content_type, body);
	}
	call->request = NULL;
	call_free(call);
}

void
api_answer(struct api_call *call, int status, struct slice body)
{
	api_answer_as(call, status, status == 204 ? NULL : "application/json", body);
}

void
api_fail(
    struct api_call *call, int status, const char *code, const char *message, const char *field)
{
	struct http_request *r = end(call, status);

	if (r != NULL)
		http_answer_error(r, status, code, slice_cstr(message), slice_cstr(field));
}

void
api_unavailable(struct api_call *call)
{
	if (call->request != NULL)
		http_header(call->request, "Retry-After", "2");
	api_fail(call, 503, "Unavailable", "The database is away or busy.  Try again.", NULL);
}

void
api_refused(struct api_call *call, const struct pg_error *error)
{
	assert(error != NULL);
	log_error("API_STATEMENT_REFUSED", LOG_STR("function", call->route->function),
	    LOG_STR("sqlstate", error->sqlstate), LOG_STR("message", error->message));
	/* 22: data exception; a value passed every check here and still does not fit its column. */
	if (strncmp(error->sqlstate, "22", 2) == 0)
		api_fail(call, 400, "ValueRefused",
		    "A value has the wrong form or is out of range.", NULL);
	/* 40: rolled back for another's sake, 53: out of resources, 57: cancelled or shutting down, 08: lost. */
	else if (strncmp(error->sqlstate, "40", 2) == 0 ||
		 strncmp(error->sqlstate, "53", 2) == 0 ||
		 strncmp(error->sqlstate, "57", 2) == 0 ||
		 strncmp(error->sqlstate, "08", 2) == 0)
		api_unavailable(call);
	else
		api_fail(call, 500, "Internal",
		    "The request failed; the log of the server says why.", NULL);
}

/* ---- statements of a call ---- */

struct slice
api_value(const struct api_call *call, const char *name)
{
	for (int i = 0; i < call->match.value_count; i++)
		if (slice_equal(call->match.values[i].name, slice_cstr(name)))
			return call->match.values[i].value;
	return (struct slice){ NULL, 0 };
}

bool
api_query(
    struct api_call *call, int statement, const struct pg_params *params, query_done *done)
{
	assert(call->query == NULL);
	call->query = query_run(call->node->queries, statement, params, done, call);
	if (call->query != NULL)
		return true;
	api_unavailable(call);
	return false;
}

static void
write_pairs(struct buf *out, const struct http_param *pairs, int count)
{
	buf_append_char(out, '{');
	for (int i = 0; i < count; i++) {
		if (i > 0)
			buf_append_char(out, ',');
		json_write_string(out, pairs[i].name);
		buf_append_char(out, ':');
		json_write_string(out, pairs[i].value);
	}
	buf_append_char(out, '}');
}

bool
api_query_function(struct api_call *call, struct slice body, query_done *done)
{
	const struct http_request *r = call->request;
	struct params params = { 0 };
	struct buf p;
	bool sent;

	buf_init(&p, PARAMS_MAX + body.len);
	buf_append_cstr(&p, "{\"path\":");
	write_pairs(&p, call->match.values, call->match.value_count);
	buf_append_cstr(&p, ",\"query\":");
	write_pairs(&p, r->params, r->param_count);
	if (body.ptr != NULL) {
		buf_append_cstr(&p, ",\"body\":");
		buf_append_slice(&p, body);
	}
	buf_append_char(&p, '}');
	assert(!buf_failed(&p));
	params_int(&params, call->caller);
	params_text(&params, buf_slice(&p));
	sent = api_query(call, statement_of_route[call->route - routes], &params.pg, done);
	buf_free(&p);
	return sent;
}

static void
refreshed(void *ctx)
{
	struct api_call *call = ctx;

	call->refreshing = false;
	api_answer(call, call->status, buf_slice(&call->answer));
}

/* Waits until this node knows what has been changed, so that the answer is true when it arrives. */
static void
answer_when_known(struct api_call *call, int status, struct slice body)
{
	struct slice station = api_value(call, "station");

	call->status = status;
	buf_init(&call->answer, body.len + 1);
	buf_append_slice(&call->answer, body);
	call->refreshing = true;
	if (call->route->flags & ROUTE_CHANGES_TOKENS) {
		directory_refresh_tokens(call->node->directory, refreshed, call);
		return;
	}
	/* A new station's name is in the body. */
	if (station.ptr == NULL)
		station = body_text(call->request->body, "id", &call->request->arena);
	directory_refresh_station(call->node->directory, station, refreshed, call);
}

bool
api_function_answer(struct api_call *call, enum pg_outcome outcome, const struct pg_result *r,
    const struct pg_error *error, int *status_out, struct slice *body_out)
{
	call->query = NULL;
	switch (outcome) {
	case PG_UNKNOWN: api_unavailable(call); return false;
	case PG_REFUSED: api_refused(call, error); return false;
	case PG_DONE: break;
	}
	if (pg_rows(r) != 1) {
		api_fail(call, 500, "Internal", "The function gave no answer.", NULL);
		return false;
	}
	*status_out = (int)pg_integer(r, 0, 0);
	*body_out = pg_text(r, 0, 1);
	return true;
}

void
api_function_done(struct api_call *call, int status, struct slice body)
{
	if (body.ptr == NULL)
		body = SLICE("");
	if (status < 300 && call->route->flags & (ROUTE_CHANGES_STATION | ROUTE_CHANGES_TOKENS))
		answer_when_known(call, status, body);
	else
		api_answer(call, status, body);
}

static void
function_done(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct slice body;
	int status;

	if (api_function_answer(ctx, outcome, r, error, &status, &body))
		api_function_done(ctx, status, body);
}

void
api_run_function(struct api_call *call, struct slice body)
{
	api_query_function(call, body, function_done);
}

/* ---- may this request go on?  Each of these answers when it may not. ---- */

/* The methods a path has, for 405. */
static void
allow_header(struct http_request *r, unsigned allowed)
{
	struct buf text;

	buf_init(&text, 128);
	for (unsigned m = HTTP_GET; m < HTTP_OTHER; m <<= 1)
		if (allowed & m)
			buf_printf(&text, "%s%s", text.len == 0 ? "" : ", ",
			    http_method_name((enum http_method)m));
	buf_append_char(&text, '\0');
	http_header(r, "Allow", text.ptr);
	buf_free(&text);
}

static bool
find_route(struct api_call *call)
{
	struct http_request *r = call->request;

	routes_find(
	    routes, route_count, r->head.method, r->segments, r->segment_count, &call->match);
	call->route = call->match.route;
	if (call->route != NULL)
		return true;
	if (call->match.allowed == 0) {
		api_fail(call, 404, "NotFound", "There is no such resource.", NULL);
		return false;
	}
	allow_header(r, call->match.allowed);
	api_fail(
	    call, 405, "MethodNotAllowed", "The resource does not have this method.", NULL);
	return false;
}

static bool
unauthorised(struct api_call *call, const char *challenge, const char *message)
{
	metrics.api_refused++;
	http_header(call->request, "WWW-Authenticate", challenge);
	api_fail(call, 401, "Unauthorised", message, NULL);
	return false;
}

/* The token of "Authorization: Bearer TOKEN" (RFC 6750); .ptr == NULL when there is none. */
static struct slice
bearer_token(struct slice authorization)
{
	static const char scheme[] = "Bearer ";
	size_t len = sizeof(scheme) - 1;

	if (authorization.len <= len ||
	    !slice_equal_nocase(slice_from(authorization.ptr, len), slice_from(scheme, len)))
		return (struct slice){ NULL, 0 };
	return slice_from(authorization.ptr + len, authorization.len - len);
}

static bool
authorise(struct api_call *call)
{
	struct slice authorization = call->request->head.authorization;
	struct slice token = bearer_token(authorization);
	const struct api_token *known;

	if (call->route->role == ROLE_NONE)
		return true;
	if (authorization.ptr == NULL && call->route->flags & ROUTE_LOOPBACK &&
	    http_is_loopback(call->request))
		return true;
	if (token.ptr == NULL)
		return unauthorised(
		    call, "Bearer realm=\"v2g-csms\"", "A bearer token is needed.");
	if (!directory_is_ready(call->node->directory)) {
		api_unavailable(call);
		return false;
	}
	known = token.len > TOKEN_MAX
		    ? NULL
		    : directory_token(call->node->directory, token, clock_wall());
	if (known == NULL)
		return unauthorised(call, "Bearer realm=\"v2g-csms\", error=\"invalid_token\"",
		    "The token is unknown, expired or revoked.");
	call->caller = known->id;
	call->role = known->role;
	snprintf(call->caller_name, sizeof(call->caller_name), "%s", known->name);
	if (known->role >= call->route->role)
		return true;
	metrics.api_refused++;
	api_fail(call, 403, "Forbidden", "The token's role does not allow this.", NULL);
	return false;
}

static bool
check_query(struct api_call *call)
{
	struct http_request *r = call->request;

	for (int i = 0; i < r->param_count; i++) {
		const char *fault = route_param_fault(call->route, &r->params[i]);
		char *field;

		if (fault == NULL)
			continue;
		field = arena_cstr(&r->arena, r->params[i].name);
		api_fail(call, 400, "BadQuery", fault, field);
		return false;
	}
	return true;
}

/* "application/json", with or without parameters. */
static bool
is_json(struct slice content_type)
{
	static const char json[] = "application/json";
	size_t len = sizeof(json) - 1;

	if (content_type.len < len ||
	    !slice_equal_nocase(slice_from(content_type.ptr, len), slice_from(json, len)))
		return false;
	return content_type.len == len || content_type.ptr[len] == ';' ||
	       content_type.ptr[len] == ' ';
}

static bool
check_body_head(struct api_call *call)
{
	const struct http_head *head = &call->request->head;
	unsigned takes = call->route->flags & (ROUTE_BODY | ROUTE_BODY_OPTIONAL);

	if (head->content_length > call->node->settings.api.max_body)
		api_fail(
		    call, 413, "BodyTooLong", "The body is longer than api.max_body.", NULL);
	else if (head->content_length > 0 && takes == 0)
		api_fail(call, 400, "BodyNotAllowed", "This request takes no body.", NULL);
	else if (head->content_length == 0 && takes & ROUTE_BODY)
		api_fail(call, 400, "BodyMissing", "This request needs a JSON body.", NULL);
	else if (head->content_length > 0 && !is_json(head->content_type))
		api_fail(call, 415, "NotJson", "The body must be application/json.", NULL);
	else
		return true;
	return false;
}

void
api_http_head(struct http_request *r)
{
	struct api_call *call = calloc(1, sizeof(*call));

	if (call == NULL)
		abort();
	metrics.api_requests++;
	call->node = r->node;
	call->request = r;
	r->handler = call;
	if (find_route(call) && authorise(call) && check_query(call))
		check_body_head(call);
}

void
api_http_body(struct http_request *r)
{
	struct api_call *call = r->handler;
	struct body_fault fault;

	if (r->body.len == 0)
		r->body.ptr = NULL;
	if (r->body.ptr != NULL && !(call->route->flags & ROUTE_OCPP_BODY) &&
	    !body_check(r->body, &r->arena, &fault))
		api_fail(call, 400, "BadBody", fault.message, fault.path);
	else if (call->route->handler != NULL)
		call->route->handler(call);
	else
		api_run_function(call, r->body);
}

void
api_http_gone(struct http_request *r)
{
	struct api_call *call = r->handler;

	call->request = NULL;
	if (call->query != NULL)
		query_cancel(call->query);
	call->query = NULL;
	/* The directory cannot be told to forget a call: then refreshed() frees it. */
	if (!call->refreshing)
		call_free(call);
}
