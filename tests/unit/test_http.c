#include "csms/http_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define HOST "Host: h\r\n"

static int64_t
parse(const char *text, struct http_head *head, struct http_fault *fault)
{
	return http_parse_head(slice_cstr(text), head, fault);
}

static void
assert_slice(struct slice s, const char *expected)
{
	if (expected == NULL) {
		assert_null(s.ptr);
		return;
	}
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.ptr, expected, s.len);
}

/* Request line and headers arrive in the struct; blank lines in front are skipped, what follows is left alone. */
static void
test_http_parse_head_valid(void **state)
{
	static const char text[] =
	    "\r\nPOST /a/b%20c?x=1&y=2 HTTP/1.1\r\n" HOST "content-LENGTH: 12\r\n"
	    "Authorization:\tBearer abc \r\nIdempotency-Key: k\r\n"
	    "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n{\"body\"";
	struct http_head head;
	struct http_fault fault;

	(void)state;
	assert_int_equal(parse(text, &head, &fault), strlen(text) - strlen("{\"body\""));
	assert_int_equal(head.method, HTTP_POST);
	assert_slice(head.path, "/a/b%20c");
	assert_slice(head.query, "x=1&y=2");
	assert_slice(head.authorization, "Bearer abc");
	assert_slice(head.content_type, "application/json");
	assert_slice(head.idempotency_key, "k");
	assert_int_equal(head.content_length, 12);
	assert_true(head.keep_alive);
	assert_true(head.expect_continue);
}

/* A head that has not ended takes nothing, however it is cut. */
static void
test_http_parse_head_incomplete(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct http_head head;
	struct http_fault fault;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		assert_int_equal(http_parse_head(slice_from(text, len), &head, &fault), 0);
	assert_int_equal(http_parse_head(slice_from(text, sizeof(text) - 1), &head, &fault),
	    sizeof(text) - 1);
}

static void
test_http_parse_head_methods(void **state)
{
	static const struct {
		const char *name;
		enum http_method method;
	} cases[] = {
		{ "GET", HTTP_GET },
		{ "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST },
		{ "PUT", HTTP_PUT },
		{ "PATCH", HTTP_PATCH },
		{ "DELETE", HTTP_DELETE },
		{ "OPTIONS", HTTP_OTHER },
		{ "get", HTTP_OTHER },
		{ "M-SEARCH", HTTP_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct http_head head;
		struct http_fault fault;

		snprintf(text, sizeof(text), "%s / HTTP/1.1\r\n" HOST "\r\n", cases[i].name);
		assert_true(parse(text, &head, &fault) > 0);
		assert_int_equal(head.method, cases[i].method);
	}
}

/* HTTP/1.1 keeps the connection unless told otherwise, HTTP/1.0 the other way round. */
static void
test_http_parse_head_keep_alive(void **state)
{
	static const struct {
		const char *text;
		bool keep_alive;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n" HOST "\r\n", true },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: TE, Close\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
		{ "GET / HTTP/1.1\n"
		  "Host: h\n"
		  "\n",
		    true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_head head;
		struct http_fault fault;

		assert_true(parse(cases[i].text, &head, &fault) > 0);
		assert_int_equal(head.keep_alive, cases[i].keep_alive);
	}
}

/* Whatever could make a proxy in front and us see different requests is refused, with a fitting status. */
static void
test_http_parse_head_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
		{ "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET / HTTP/1.1 \r\n" HOST "\r\n", 505 },
		{ "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
		{ "GET / http/1.1\r\n" HOST "\r\n", 505 },
		{ "GET /\r\n" HOST "\r\n", 505 },
		{ "GET\r\n" HOST "\r\n", 400 },
		{ "GET * HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET a HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /\x01 HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /\xC3\xA4 HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "G(T / HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "\x16\x03\x01\x02\n\n", 400 },
		{ "GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" HOST "nothing\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
		    400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n",
		    400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 411 },
		{ "POST / HTTP/1.1\r\n" HOST
		  "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
		    411 },
		{ "POST / HTTP/1.1\r\n" HOST "Expect: cake\r\n\r\n", 417 },
		{ "GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nauthorization: b\r\n\r\n",
		    400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_head head;
		struct http_fault fault = { 0 };

		assert_int_equal(parse(cases[i].text, &head, &fault), -1);
		assert_int_equal(fault.status, cases[i].status);
		assert_non_null(fault.code);
		assert_non_null(fault.message);
	}
}

/* The absolute form is taken, its authority ignored. */
static void
test_http_parse_head_absolute_form(void **state)
{
	struct http_head head;
	struct http_fault fault;

	(void)state;
	assert_true(
	    parse("GET HTTP://else.where:80/a?b HTTP/1.1\r\n" HOST "\r\n", &head, &fault) > 0);
	assert_slice(head.path, "/a");
	assert_slice(head.query, "b");
	assert_int_equal(
	    parse("GET http://else.where HTTP/1.1\r\n" HOST "\r\n", &head, &fault), -1);
}

/* Heads are bounded in bytes and in lines, whether they end or not. */
static void
test_http_parse_head_too_large(void **state)
{
	static char text[2 * HTTP_HEAD_MAX];
	struct http_head head;
	struct http_fault fault = { 0 };
	size_t len;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(http_parse_head(slice_from(text, HTTP_HEAD_MAX), &head, &fault), 0);
	assert_int_equal(
	    http_parse_head(slice_from(text, HTTP_HEAD_MAX + 1), &head, &fault), -1);
	assert_int_equal(fault.status, 431);
	len = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST);
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "a: b\r\n");
	snprintf(text + len, sizeof(text) - len, "\r\n");
	fault.status = 0;
	assert_int_equal(parse(text, &head, &fault), -1);
	assert_int_equal(fault.status, 431);
	memset(text, '\n', sizeof(text));
	assert_int_equal(http_parse_head(slice_from(text, sizeof(text)), &head, &fault), -1);
}

/* Two requests in one piece are two requests. */
static void
test_http_parse_head_pipelined(void **state)
{
	static const char text[] =
	    "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n";
	struct http_head head;
	struct http_fault fault;
	int64_t first;

	(void)state;
	first = parse(text, &head, &fault);
	assert_int_equal(first, (sizeof(text) - 1) / 2);
	assert_slice(head.path, "/1");
	assert_int_equal(parse(text + first, &head, &fault), first);
	assert_slice(head.path, "/2");
}

/* Segments are decoded one by one: an escaped slash belongs to its segment, and '+' is itself. */
static void
test_http_split_path_valid(void **state)
{
	struct arena arena;
	struct slice s[HTTP_SEGMENTS_MAX];

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(http_split_path(SLICE("/"), &arena, s), 0);
	assert_int_equal(http_split_path(SLICE("/a/b+c/%2Fd%2f/%C3%A4"), &arena, s), 4);
	assert_slice(s[0], "a");
	assert_slice(s[1], "b+c");
	assert_slice(s[2], "/d/");
	assert_slice(s[3], "\xC3\xA4");
	arena_free(&arena);
}

static void
test_http_split_path_invalid(void **state)
{
	static const char *const cases[] = { "", "a", "//", "/a/", "/a//b", "/.", "/..",
		"/a/../b", "/%2e%2E", "/%", "/%1", "/%zz", "/%00", "/%0a", "/%7F", "/%ff",
		"/%C3", "/1/2/3/4/5/6/7/8/9/10/11" };
	struct arena arena;
	struct slice s[HTTP_SEGMENTS_MAX];

	(void)state;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(http_split_path(slice_cstr(cases[i]), &arena, s), -1);
	arena_free(&arena);
}

static void
test_http_split_query_valid(void **state)
{
	struct arena arena;
	struct http_param p[HTTP_QUERY_MAX];

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(http_split_query(SLICE(""), &arena, p), 0);
	assert_int_equal(http_split_query(SLICE("a=1&b=x+y%2B%26&c&d="), &arena, p), 4);
	assert_slice(p[0].name, "a");
	assert_slice(p[0].value, "1");
	assert_slice(p[1].value, "x y+&");
	assert_slice(p[2].name, "c");
	assert_slice(p[2].value, "");
	assert_slice(p[3].value, "");
	arena_free(&arena);
}

/* Names that come twice mean different things to different readers. */
static void
test_http_split_query_invalid(void **state)
{
	static const char *const cases[] = { "a=1&a=2", "a&%61", "=1", "&&", "a=%", "a=%0",
		"a=%00", "a=%ff", "a=%0d%0a",
		"1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17&18&19&20&21&22&23&24&25" };
	struct arena arena;
	struct http_param p[HTTP_QUERY_MAX];

	(void)state;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(http_split_query(slice_cstr(cases[i]), &arena, p), -1);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_parse_head_valid),
		cmocka_unit_test(test_http_parse_head_incomplete),
		cmocka_unit_test(test_http_parse_head_methods),
		cmocka_unit_test(test_http_parse_head_keep_alive),
		cmocka_unit_test(test_http_parse_head_refused),
		cmocka_unit_test(test_http_parse_head_absolute_form),
		cmocka_unit_test(test_http_parse_head_too_large),
		cmocka_unit_test(test_http_parse_head_pipelined),
		cmocka_unit_test(test_http_split_path_valid),
		cmocka_unit_test(test_http_split_path_invalid),
		cmocka_unit_test(test_http_split_query_valid),
		cmocka_unit_test(test_http_split_query_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
