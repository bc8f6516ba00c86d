/*
 * routes.h - the API as a table: what can be asked for, by whom, and which SQL function or C handler answers.
 *
 * A row with an SQL function is complete: `SELECT status, body FROM api.<function>($1::bigint, $2::jsonb)` gets the
 * caller's token id and {"path":{..},"query":{..},"body":{..}}.  openapi.json is made from the same rows.
 */
#ifndef V2G_CSMS_ROUTES_H
#define V2G_CSMS_ROUTES_H

#include "csms/directory.h"
#include "csms/http_parse.h"

#include <stddef.h>

struct api_call;

/* Called with the whole request; must lead to api_answer() or api_fail(), now or later. */
typedef void route_handler(struct api_call *call);

enum route_flag {
	ROUTE_BODY = 1 << 0, /* needs a body */
	ROUTE_BODY_OPTIONAL = 1 << 1,
	ROUTE_OCPP_BODY = 1 << 2, /* the handler decodes the body itself, as OCPP */
	ROUTE_CHANGES_STATION = 1 << 3, /* answered once the directory has the new row */
	ROUTE_CHANGES_TOKENS = 1 << 4,
	ROUTE_LOOPBACK = 1 << 5, /* from this machine no token is asked for */
};

struct route {
	enum http_method method;
	const char *path; /* ":name" stands for one segment */
	enum role role; /* the least that may; ROLE_NONE: anyone */
	const char *function; /* in schema api; NULL: the handler does without */
	route_handler *handler; /* NULL: the function's answer is the answer */
	unsigned flags; /* of enum route_flag */
	const char *query; /* names of parameters that may be given, separated by blanks */
	const char *request, *response; /* schemas, by their names in openapi.c; NULL: none */
	const char *summary;
};

extern const struct route routes[];
extern const size_t route_count;

/* A query parameter, with its kind checked before anything is done. */
enum route_param_kind { PARAM_TEXT, PARAM_INTEGER, PARAM_TIME, PARAM_BOOLEAN };

struct route_param {
	const char *name;
	enum route_param_kind kind;
	int64_t min, max; /* PARAM_INTEGER; PARAM_TEXT: bytes */
	const char *summary;
};

extern const struct route_param route_params[];
extern const size_t route_param_count;

/* NULL when there is none of that name. */
const struct route_param *route_param_find(struct slice name);
/* Is it one of the route's, and is the value of its kind?  A sentence saying why not, or NULL. */
const char *route_param_fault(const struct route *route, const struct http_param *param);

#define ROUTE_VALUES_MAX 3

struct route_match {
	const struct route *route; /* NULL: none */
	struct http_param
	    values[ROUTE_VALUES_MAX]; /* what stands for the pattern's names; borrowed */
	int value_count;
	unsigned
	    allowed; /* without a route: the methods that the path has; 0: there is no such path */
};

/* The row for this method and path; HEAD is answered by the row of GET. */
void routes_find(const struct route *table, size_t count, enum http_method method,
    const struct slice *segments, int segment_count, struct route_match *out);

#endif
