/*
 * json.h - strict JSON (RFC 8259): a pull reader, and a writer onto a buffer.
 *
 * The reader accepts exactly the grammar of RFC 8259, and besides refuses what would later break
 * PostgreSQL or exactness: invalid UTF-8, NUL (raw or \u0000), lone surrogates, and nesting beyond
 * a limit.  It does not build a tree: the caller walks the text once.
 *
 *     struct json_reader r;
 *     json_begin(&r, text, 32);
 *     switch (json_next(&r)) ...
 *
 * Tokens come in document order.  Inside an object each value is preceded by JSON_KEY.  After the
 * outermost value json_next() returns JSON_END once nothing but white space is left.  On bad input
 * it returns JSON_ERROR for ever; r.error says why and r.offset where.
 */
#ifndef V2G_COMMON_JSON_H
#define V2G_COMMON_JSON_H

#include "arena.h"
#include "buf.h"

#include <stdint.h>

#define JSON_DEPTH_MAX 64

enum json_token {
	JSON_ERROR,
	JSON_END,
	JSON_OBJECT, /* '{' */
	JSON_OBJECT_END,
	JSON_ARRAY, /* '[' */
	JSON_ARRAY_END,
	JSON_KEY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

enum json_error {
	JSON_OK,
	JSON_ERROR_SYNTAX,
	JSON_ERROR_DEPTH,
	JSON_ERROR_UTF8,
	JSON_ERROR_NUL,
	JSON_ERROR_SURROGATE,
	JSON_ERROR_CONTROL, /* raw control character in a string */
};

struct json_reader {
	const char *start, *at, *end;
	uint64_t is_object; /* bit per open level */
	int depth, max_depth;
	int expect; /* internal: what may come next */
	enum json_error error;
	size_t offset; /* of the error */

	/* Of the token just returned: */
	struct slice raw; /* token text as in the input; strings without their quotes */
	bool escaped; /* JSON_STRING, JSON_KEY: raw holds backslash escapes */
	size_t chars; /* JSON_STRING, JSON_KEY: length in Unicode characters (code points) */
};

/* `text` is borrowed until the walk is over.  1 <= max_depth <= JSON_DEPTH_MAX. */
void json_begin(struct json_reader *r, struct slice text, int max_depth);
enum json_token json_next(struct json_reader *r);
/*
 * Skips the value whose first token json_next() just returned (a scalar: nothing to do).  The text
 * of the whole value goes to *text_out.  False on bad input.
 */
bool json_skip(struct json_reader *r, enum json_token first, struct slice *text_out);
/* The string or key just returned, with escapes resolved: borrowed from the input when there are none,
 * else copied into the arena.  .ptr == NULL when the arena is full. */
struct slice json_text(const struct json_reader *r, struct arena *a);
const char *json_error_text(enum json_error error);

/*
 * Writer: appends to a buffer; the caller puts commas and braces.  A string with its quotes and
 * escapes; NUL and invalid UTF-8, which no strict reader takes, become U+FFFD.
 */
void json_write_string(struct buf *b, struct slice s);

#endif
