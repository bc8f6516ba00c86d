/*
 * slice.h - a borrowed run of bytes.
 *
 * A slice owns nothing: whoever made the bytes keeps them alive.  A slice is NOT NUL-terminated;
 * copy it with arena_cstr() at a library's border.  `ptr == NULL` means "absent", which is not the
 * same as empty (`ptr != NULL, len == 0`).
 */
#ifndef V2G_COMMON_SLICE_H
#define V2G_COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

/* A slice over a string literal, usable in constant initialisers. */
#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })
/* For printf("%.*s"). */
#define SLICE_ARGS(s) (int)(s).len, (s).ptr

static inline struct slice
slice_from(const char *ptr, size_t len)
{
	return (struct slice){ ptr, len };
}

static inline struct slice
slice_cstr(const char *text)
{
	return (struct slice){ text, text == NULL ? 0 : strlen(text) };
}

static inline bool
slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* 'A' to 'Z' become small; all else stays. */
char slice_lower(char c);
/* ASCII case-insensitive, for OCPP's identifierString (part 2, 1.1: case-insensitive). */
bool slice_equal_nocase(struct slice a, struct slice b);

/* Bytes of the first UTF-8 character (RFC 3629): 1 to 4; 0 when it is invalid or `s` is empty. */
size_t slice_utf8_char(struct slice s);
bool slice_is_utf8(struct slice s);

/* Parses all of `s` as a decimal integer within [min, max]; false, and *value_out untouched, otherwise. */
bool slice_to_int64(struct slice s, long long min, long long max, long long *value_out);

#endif
