/*
 * Any bytes as an HTTP request, its target split, and as the JSON body of one.  Must hold: a head takes no more than is
 * there, its slices lie within, decoded text is UTF-8 without control characters, and a body that passed is rewritten
 * into one that passes.
 */
#include "csms/body.c"
#include "csms/http_parse.c"
#include "tests/fuzz/fuzz.h"

static void
check_text(struct slice text)
{
	require(slice_is_utf8(text) && is_printable(text));
}

static void
check_head(struct slice bytes, struct arena *a)
{
	struct slice segments[HTTP_SEGMENTS_MAX];
	struct http_param params[HTTP_QUERY_MAX];
	struct http_head head;
	struct http_fault fault = { 0 };
	int64_t len = http_parse_head(bytes, &head, &fault);

	require(len >= -1 && len <= (int64_t)bytes.len);
	require(
	    len >= 0 || (fault.status >= 400 && fault.code != NULL && fault.message != NULL));
	if (len <= 0)
		return;
	require(head.path.ptr > bytes.ptr && head.query.ptr + head.query.len < bytes.ptr + len);
	for (int i = http_split_path(head.path, a, segments); i > 0; i--)
		check_text(segments[i - 1]);
	for (int i = http_split_query(head.query, a, params); i > 0; i--)
		check_text(params[i - 1].value);
}

static void
check_body(struct slice text, struct arena *a)
{
	struct body_fault fault = { .message = NULL };
	struct buf out = { .max = SIZE_MAX };

	if (!body_check(text, a, &fault)) {
		require(fault.message != NULL && fault.path[0] != '\0');
		return;
	}
	body_rewrite(text, "password", "passwordHash", SLICE("\"x"), a, &out);
	require(!body_has(buf_slice(&out), "password", a) &&
		body_has(buf_slice(&out), "passwordHash", a));
	require(body_has(text, "passwordHash", a) || body_check(buf_slice(&out), a, &fault));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { .max = SIZE_MAX };

	check_head(slice_from((const char *)data, size), &a);
	check_body(slice_from((const char *)data, size), &a);
	arena_free(&a);
	return 0;
}
