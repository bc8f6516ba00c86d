/*
 * Any bytes through the JSON reader.  Must hold: each string, once resolved and written, reads back
 * as the same string, and is UTF-8 without NUL.
 */
#include "common/json.h"
#include "tests/fuzz/fuzz.h"

static void
check_string(const struct json_reader *r, struct arena *a)
{
	struct slice text = json_text(r, a);
	struct buf out = { .max = SIZE_MAX };
	struct json_reader again;

	require(slice_is_utf8(text) && memchr(text.ptr, '\0', text.len) == NULL);
	json_write_string(&out, text);
	json_begin(&again, buf_slice(&out), 1);
	require(json_next(&again) == JSON_STRING && slice_equal(json_text(&again, a), text));
	require(again.chars == r->chars && json_next(&again) == JSON_END);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { .max = SIZE_MAX };
	struct json_reader r;
	enum json_token token;

	json_begin(&r, slice_from((const char *)data, size), 32);
	while ((token = json_next(&r)) != JSON_END && token != JSON_ERROR) {
		if (token == JSON_STRING || token == JSON_KEY)
			check_string(&r, &a);
	}
	arena_free(&a);
	return 0;
}
