#include "csms/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct route table[] = {
	{ .method = HTTP_GET, .path = "/" },
	{ .method = HTTP_GET, .path = "/a" },
	{ .method = HTTP_POST, .path = "/a" },
	{ .method = HTTP_GET, .path = "/a/:x" },
	{ .method = HTTP_DELETE, .path = "/a/:x" },
	{ .method = HTTP_POST, .path = "/a/:x/b/:y" },
};

#define COUNT (sizeof(table) / sizeof(table[0]))

/* The row's number, or -1. */
static int
row_of(const struct route *rows, const struct route_match *match)
{
	return match->route == NULL ? -1 : (int)(match->route - rows);
}

static int
find(enum http_method method, const char *path, struct route_match *match)
{
	struct slice segments[HTTP_SEGMENTS_MAX];
	struct arena arena;
	int count;

	arena_init(&arena, 1 << 16);
	count = http_split_path(slice_cstr(path), &arena, segments);
	assert_true(count >= 0);
	routes_find(table, COUNT, method, segments, count, match);
	arena_free(&arena);
	return row_of(table, match);
}

/* The first row whose path and method fit; HEAD goes where GET goes. */
static void
test_routes_find_found(void **state)
{
	static const struct {
		enum http_method method;
		const char *path;
		int row, values;
	} cases[] = {
		{ HTTP_GET, "/", 0, 0 },
		{ HTTP_HEAD, "/", 0, 0 },
		{ HTTP_GET, "/a", 1, 0 },
		{ HTTP_POST, "/a", 2, 0 },
		{ HTTP_HEAD, "/a/b", 3, 1 },
		{ HTTP_DELETE, "/a/%2F", 4, 1 },
		{ HTTP_POST, "/a/1/b/2", 5, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct route_match match;

		assert_int_equal(find(cases[i].method, cases[i].path, &match), cases[i].row);
		assert_int_equal(match.value_count, cases[i].values);
	}
}

/* What stands for a name is handed over under that name. */
static void
test_routes_find_values(void **state)
{
	static const struct slice segments[] = { { "a", 1 }, { "CP 1", 4 }, { "b", 1 },
		{ "", 0 } };
	struct route_match match;

	(void)state;
	routes_find(table, COUNT, HTTP_POST, segments, 4, &match);
	assert_int_equal(row_of(table, &match), 5);
	assert_int_equal(match.value_count, 2);
	assert_true(slice_equal(match.values[0].name, SLICE("x")));
	assert_true(slice_equal(match.values[0].value, SLICE("CP 1")));
	assert_true(slice_equal(match.values[1].name, SLICE("y")));
	assert_int_equal(match.values[1].value.len, 0);
}

/* No such path: no methods.  Another method: those that the path has, HEAD wherever GET is. */
static void
test_routes_find_none(void **state)
{
	static const struct {
		enum http_method method;
		const char *path;
		unsigned allowed;
	} cases[] = {
		{ HTTP_GET, "/b", 0 },
		{ HTTP_GET, "/a/1/b", 0 },
		{ HTTP_GET, "/a/1/c/2", 0 },
		{ HTTP_GET, "/aa", 0 },
		{ HTTP_GET, "/A", 0 },
		{ HTTP_POST, "/", HTTP_GET | HTTP_HEAD },
		{ HTTP_PUT, "/a", HTTP_GET | HTTP_HEAD | HTTP_POST },
		{ HTTP_OTHER, "/a/1", HTTP_GET | HTTP_HEAD | HTTP_DELETE },
		{ HTTP_HEAD, "/a/1/b/2", HTTP_POST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct route_match match;

		assert_int_equal(find(cases[i].method, cases[i].path, &match), -1);
		assert_int_equal(match.allowed, cases[i].allowed);
	}
}

/* The table itself: every row can be reached, answers somehow, and names only what exists. */
static void
test_routes_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *r = &routes[i];
		struct slice segments[HTTP_SEGMENTS_MAX];
		struct route_match match;
		struct arena arena;
		int count;

		arena_init(&arena, 1 << 16);
		count = http_split_path(slice_cstr(r->path), &arena, segments);
		routes_find(routes, route_count, r->method, segments, count, &match);
		assert_int_equal(row_of(routes, &match), i);
		arena_free(&arena);
		assert_true(r->function != NULL || r->handler != NULL);
		assert_non_null(r->summary);
		assert_non_null(r->response);
		/* A body is described if and only if it is taken. */
		assert_int_equal(
		    r->request != NULL, (r->flags & (ROUTE_BODY | ROUTE_BODY_OPTIONAL)) != 0);
		/* What changes something asks for a role that may. */
		if (r->method != HTTP_GET)
			assert_true(r->role >= ROLE_UTILITY);
		for (const char *at = r->query; at != NULL && *at != '\0';) {
			size_t len = strcspn(at, " ");

			assert_non_null(route_param_find(slice_from(at, len)));
			at += len + (at[len] == ' ');
		}
	}
}

static const char *
fault(const char *query, const char *name, const char *value)
{
	const struct route route = { .query = query };
	const struct http_param param = { slice_cstr(name), slice_cstr(value) };

	return route_param_fault(&route, &param);
}

/* Parameters are checked for being the route's, and of their kind. */
static void
test_route_param_fault(void **state)
{
	(void)state;
	assert_null(fault("limit wait", "limit", "1"));
	assert_null(fault("limit wait", "wait", "0"));
	assert_null(fault("from", "from", "2024-05-06T07:08:09Z"));
	assert_non_null(fault("limit wait", "limit", "0"));
	assert_non_null(fault("limit wait", "limit", "1001"));
	assert_non_null(fault("limit wait", "limit", "1.5"));
	assert_non_null(fault("limit wait", "limit", ""));
	assert_non_null(fault("limit wait", "wait", "-1"));
	assert_non_null(fault("wait", "limit", "1"));
	assert_non_null(fault("wait", "lim", "1"));
	assert_non_null(fault("limit", "limits", "1"));
	assert_non_null(fault(NULL, "limit", "1"));
	assert_non_null(fault("from", "from", "yesterday"));
	assert_non_null(fault("after", "after", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes_find_found),
		cmocka_unit_test(test_routes_find_values),
		cmocka_unit_test(test_routes_find_none),
		cmocka_unit_test(test_routes_table),
		cmocka_unit_test(test_route_param_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
