#include "common/json.h"

#include <assert.h>
#include <endian.h>

/* What may come next. */
enum expect {
	EXPECT_VALUE,
	EXPECT_FIRST_ITEM, /* after '[': a value or ']' */
	EXPECT_FIRST_KEY, /* after '{': a key or '}' */
	EXPECT_MORE, /* after a value inside an array or object */
	EXPECT_END, /* after the outermost value */
	EXPECT_NOTHING, /* after an error */
};

void
json_begin(struct json_reader *r, struct slice text, int max_depth)
{
	assert(max_depth >= 1 && max_depth <= JSON_DEPTH_MAX);
	if (text.ptr == NULL)
		text = SLICE("");
	*r = (struct json_reader){
		.start = text.ptr,
		.at = text.ptr,
		.end = text.ptr + text.len,
		.max_depth = max_depth,
		.expect = EXPECT_VALUE,
	};
}

/* Ends the walk.  False, for the scanners; fail() is the same for those that return a token. */
static bool
stop(struct json_reader *r, enum json_error error)
{
	r->error = error;
	r->offset = (size_t)(r->at - r->start);
	r->expect = EXPECT_NOTHING;
	return false;
}

static enum json_token
fail(struct json_reader *r, enum json_error error)
{
	(void)stop(r, error);
	return JSON_ERROR;
}

/* The character at r->at; NUL, which no grammar rule takes, at the end. */
static inline char
peek(const struct json_reader *r)
{
	if (r->at == r->end)
		return '\0';
	return *r->at;
}

static inline void
skip_space(struct json_reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

static inline bool
inside_object(const struct json_reader *r)
{
	return r->depth > 0 && (r->is_object >> (r->depth - 1) & 1) != 0;
}

static inline void
value_done(struct json_reader *r)
{
	r->expect = r->depth > 0 ? EXPECT_MORE : EXPECT_END;
}

/* ---- strings ---- */

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS (EACH_BYTE * 0x80)

/*
 * The first byte that is not plain: quote, backslash, control, or beyond ASCII.  Eight at a time,
 * since strings are most of a message.  A byte gets its high bit by a borrow when it is zero (or
 * below 0x20), or has it anyway; a borrow spoils only the bytes above the first one found.
 */
static inline const char *
skip_plain(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t word, special;

		memcpy(&word, p, 8);
		word = le64toh(word);
		special = ((word ^ EACH_BYTE * '"') - EACH_BYTE) |
			  ((word ^ EACH_BYTE * '\\') - EACH_BYTE) | (word - EACH_BYTE * 0x20) |
			  word;
		special &= HIGH_BITS;
		if (special != 0)
			return p + __builtin_ctzll(special) / 8;
		p += 8;
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20 &&
	       (unsigned char)*p < 0x80)
		p++;
	return p;
}

/* Four hexadecimal digits, or -1. */
static int
hex4(const char *p, const char *end)
{
	int value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20) - 'a' + 10;
		else
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static inline bool
is_high_surrogate(int unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static inline bool
is_low_surrogate(int unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/*
 * The escape at r->at, which points to its backslash: moves past it, past both halves if it is a
 * surrogate pair.  False after stop().
 */
static bool
scan_escape(struct json_reader *r)
{
	int unit, low;
	char c;

	if (r->end - r->at < 2)
		return stop(r, JSON_ERROR_SYNTAX);
	c = r->at[1];
	if (c != '\0' && strchr("\"\\/bfnrt", c) != NULL) {
		r->at += 2;
		return true;
	}
	unit = c == 'u' ? hex4(r->at + 2, r->end) : -1;
	if (unit < 0)
		return stop(r, JSON_ERROR_SYNTAX);
	if (unit == 0)
		return stop(r, JSON_ERROR_NUL);
	if (!is_high_surrogate(unit) && !is_low_surrogate(unit)) {
		r->at += 6;
		return true;
	}
	low = -1;
	if (r->end - r->at >= 12 && r->at[6] == '\\' && r->at[7] == 'u')
		low = hex4(r->at + 8, r->end);
	if (!is_high_surrogate(unit) || !is_low_surrogate(low))
		return stop(r, JSON_ERROR_SURROGATE);
	r->at += 12;
	return true;
}

/* The quote or one character that is not plain.  False after stop(). */
static bool
scan_special(struct json_reader *r)
{
	unsigned char c = (unsigned char)peek(r);
	size_t len;

	if (r->at == r->end)
		return stop(r, JSON_ERROR_SYNTAX);
	if (c == '\\') {
		r->escaped = true;
		return scan_escape(r);
	}
	if (c < 0x20)
		return stop(r, c == '\0' ? JSON_ERROR_NUL : JSON_ERROR_CONTROL);
	len = slice_utf8_char(slice_from(r->at, (size_t)(r->end - r->at)));
	if (len == 0)
		return stop(r, JSON_ERROR_UTF8);
	r->at += len;
	return true;
}

/* The string whose opening quote is at r->at.  False after stop(). */
static inline bool
scan_string(struct json_reader *r)
{
	const char *first = ++r->at;

	r->escaped = false;
	r->chars = 0;
	for (;;) {
		const char *special = skip_plain(r->at, r->end);

		r->chars += (size_t)(special - r->at);
		r->at = special;
		if (special < r->end && *special == '"')
			break;
		if (!scan_special(r))
			return false;
		r->chars++;
	}
	r->raw = slice_from(first, (size_t)(r->at - first));
	r->at++;
	return true;
}

/* ---- other values ---- */

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At least one digit. */
static inline bool
scan_digits(struct json_reader *r)
{
	if (!is_digit(peek(r)))
		return false;
	while (is_digit(peek(r)))
		r->at++;
	return true;
}

static bool
scan_number(struct json_reader *r)
{
	if (peek(r) == '-')
		r->at++;
	if (peek(r) == '0')
		r->at++;
	else if (!scan_digits(r))
		return false;
	if (peek(r) == '.') {
		r->at++;
		if (!scan_digits(r))
			return false;
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		r->at++;
		if (peek(r) == '+' || peek(r) == '-')
			r->at++;
		if (!scan_digits(r))
			return false;
	}
	return true;
}

static enum json_token
read_number(struct json_reader *r)
{
	const char *first = r->at;

	if (!scan_number(r))
		return fail(r, JSON_ERROR_SYNTAX);
	r->raw = slice_from(first, (size_t)(r->at - first));
	value_done(r);
	return JSON_NUMBER;
}

static enum json_token
read_word(struct json_reader *r, struct slice word, enum json_token token)
{
	if ((size_t)(r->end - r->at) < word.len || memcmp(r->at, word.ptr, word.len) != 0)
		return fail(r, JSON_ERROR_SYNTAX);
	r->raw = slice_from(r->at, word.len);
	r->at += word.len;
	value_done(r);
	return token;
}

static enum json_token
read_string(struct json_reader *r)
{
	if (!scan_string(r))
		return JSON_ERROR;
	value_done(r);
	return JSON_STRING;
}

static enum json_token
open_level(struct json_reader *r, bool is_object)
{
	uint64_t bit;

	if (r->depth == r->max_depth)
		return fail(r, JSON_ERROR_DEPTH);
	bit = UINT64_C(1) << r->depth++;
	r->is_object = is_object ? r->is_object | bit : r->is_object & ~bit;
	r->raw = slice_from(r->at++, 1);
	r->expect = is_object ? EXPECT_FIRST_KEY : EXPECT_FIRST_ITEM;
	return is_object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token
close_level(struct json_reader *r)
{
	bool was_object = inside_object(r);

	r->raw = slice_from(r->at++, 1);
	r->depth--;
	value_done(r);
	return was_object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_token
read_value(struct json_reader *r)
{
	switch (peek(r)) {
	case '"': return read_string(r);
	case '{': return open_level(r, true);
	case '[': return open_level(r, false);
	case 't': return read_word(r, SLICE("true"), JSON_TRUE);
	case 'f': return read_word(r, SLICE("false"), JSON_FALSE);
	case 'n': return read_word(r, SLICE("null"), JSON_NULL);
	default: return read_number(r);
	}
}

/* A key and its colon. */
static enum json_token
read_key(struct json_reader *r)
{
	if (peek(r) != '"')
		return fail(r, JSON_ERROR_SYNTAX);
	if (!scan_string(r))
		return JSON_ERROR;
	skip_space(r);
	if (peek(r) != ':')
		return fail(r, JSON_ERROR_SYNTAX);
	r->at++;
	r->expect = EXPECT_VALUE;
	return JSON_KEY;
}

/* After a value: a comma and the next one, or the end of the level. */
static enum json_token
read_more(struct json_reader *r)
{
	if (peek(r) == (inside_object(r) ? '}' : ']'))
		return close_level(r);
	if (peek(r) != ',')
		return fail(r, JSON_ERROR_SYNTAX);
	r->at++;
	skip_space(r);
	return inside_object(r) ? read_key(r) : read_value(r);
}

enum json_token
json_next(struct json_reader *r)
{
	skip_space(r);
	switch ((enum expect)r->expect) {
	case EXPECT_VALUE: return read_value(r);
	case EXPECT_FIRST_ITEM: return peek(r) == ']' ? close_level(r) : read_value(r);
	case EXPECT_FIRST_KEY: return peek(r) == '}' ? close_level(r) : read_key(r);
	case EXPECT_MORE: return read_more(r);
	case EXPECT_END: return r->at == r->end ? JSON_END : fail(r, JSON_ERROR_SYNTAX);
	case EXPECT_NOTHING: break;
	}
	return JSON_ERROR;
}

bool
json_skip(struct json_reader *r, enum json_token first, struct slice *text_out)
{
	const char *start = r->raw.ptr;
	int outside = r->depth - 1;

	if (first == JSON_ERROR)
		return false;
	if (first == JSON_STRING)
		start--; /* its quote */
	if (first == JSON_OBJECT || first == JSON_ARRAY) {
		while (r->depth > outside) {
			if (json_next(r) == JSON_ERROR)
				return false;
		}
	}
	*text_out = slice_from(start, (size_t)(r->at - start));
	return true;
}

/* ---- text ---- */

static char *
put_utf8(char *to, int c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xC0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xE0 | c >> 12);
		} else {
			*to++ = (char)(0xF0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3F));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3F));
	}
	*to++ = (char)(0x80 | (c & 0x3F));
	return to;
}

/* The escape at p, known to be good, resolved to *to; returns what follows it. */
static const char *
put_escape(const char *p, const char *end, char **to)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	int unit;

	if (p[1] != 'u') {
		*(*to)++ = meanings[strchr(names, p[1]) - names];
		return p + 2;
	}
	unit = hex4(p + 2, end);
	if (!is_high_surrogate(unit)) {
		*to = put_utf8(*to, unit);
		return p + 6;
	}
	*to = put_utf8(*to, 0x10000 + ((unit - 0xD800) << 10) + (hex4(p + 8, end) - 0xDC00));
	return p + 12;
}

struct slice
json_text(const struct json_reader *r, struct arena *a)
{
	const char *p = r->raw.ptr, *end = r->raw.ptr + r->raw.len;
	char *text, *to;

	if (!r->escaped)
		return r->raw;
	/* No escape is shorter than what it stands for. */
	text = to = arena_text(a, r->raw.len);
	if (text == NULL)
		return (struct slice){ NULL, 0 };
	while (p < end) {
		if (*p == '\\')
			p = put_escape(p, end, &to);
		else
			*to++ = *p++;
	}
	return slice_from(text, (size_t)(to - text));
}

const char *
json_error_text(enum json_error error)
{
	switch (error) {
	case JSON_OK: return "no error";
	case JSON_ERROR_SYNTAX: return "not JSON";
	case JSON_ERROR_DEPTH: return "nested too deeply";
	case JSON_ERROR_UTF8: return "not UTF-8";
	case JSON_ERROR_NUL: return "NUL character";
	case JSON_ERROR_SURROGATE: return "half of a surrogate pair";
	case JSON_ERROR_CONTROL: return "control character in a string";
	}
	return "unknown error";
}

/* ---- writer ---- */

static void
write_special(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"': buf_append_cstr(b, "\\\""); break;
	case '\\': buf_append_cstr(b, "\\\\"); break;
	case '\b': buf_append_cstr(b, "\\b"); break;
	case '\f': buf_append_cstr(b, "\\f"); break;
	case '\n': buf_append_cstr(b, "\\n"); break;
	case '\r': buf_append_cstr(b, "\\r"); break;
	case '\t': buf_append_cstr(b, "\\t"); break;
	default: buf_printf(b, "\\u%04x", (unsigned)c); break;
	}
}

void
json_write_string(struct buf *b, struct slice s)
{
	const char *p, *end;

	if (s.ptr == NULL)
		s = SLICE("");
	p = s.ptr;
	end = s.ptr + s.len;
	buf_append_char(b, '"');
	while (p < end) {
		const char *special = skip_plain(p, end);
		size_t len;

		buf_append(b, p, (size_t)(special - p));
		p = special;
		if (p == end)
			break;
		len = slice_utf8_char(slice_from(p, (size_t)(end - p)));
		/* No reader of ours takes NUL or broken UTF-8, so neither is written: U+FFFD. */
		if (len == 0 || *p == '\0')
			buf_append_cstr(b, "\xEF\xBF\xBD");
		else if (len > 1)
			buf_append(b, p, len);
		else
			write_special(b, (unsigned char)*p);
		p += len == 0 ? 1 : len;
	}
	buf_append_char(b, '"');
}
