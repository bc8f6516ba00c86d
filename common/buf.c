#include "common/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_free(struct buf *b)
{
	free(b->ptr);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

static void
fail(struct buf *b)
{
	buf_free(b);
	b->failed = true;
}

/* Doubling keeps appending linear; the maximum cuts the last step short. */
static bool
grow(struct buf *b, size_t need)
{
	size_t cap = b->cap == 0 ? FIRST_CAPACITY : b->cap;
	char *ptr;

	while (cap < need)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap > b->max)
		cap = b->max;
	ptr = realloc(b->ptr, cap + (cap == 0));
	if (ptr == NULL)
		return false;
	b->ptr = ptr;
	b->cap = cap;
	return true;
}

char *
buf_reserve(struct buf *b, size_t len)
{
	if (b->failed)
		return NULL;
	if (len > b->max - b->len) {
		fail(b);
		return NULL;
	}
	/* A capacity of at least one byte, so that success never returns NULL. */
	if ((b->len + len > b->cap || b->cap == 0) && !grow(b, b->len + len)) {
		fail(b);
		return NULL;
	}
	return b->ptr + b->len;
}

void
buf_append(struct buf *b, const void *bytes, size_t len)
{
	char *to;

	if (len == 0)
		return;
	to = buf_reserve(b, len);
	if (to == NULL)
		return;
	memcpy(to, bytes, len);
	b->len += len;
}

void
buf_append_slice(struct buf *b, struct slice s)
{
	buf_append(b, s.ptr, s.len);
}

void
buf_append_cstr(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void
buf_append_char(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void
buf_append_int64(struct buf *b, int64_t value)
{
	char digits[20]; /* "-9223372036854775808" */
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[--at] = '-';
	buf_append(b, digits + at, sizeof(digits) - at);
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	char *to;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	/* vsnprintf() also writes a NUL, which needs room but is not part of the contents. */
	to = len < 0 ? NULL : buf_reserve(b, (size_t)len + 1);
	if (to == NULL) {
		if (!b->failed)
			fail(b);
		return;
	}
	va_start(args, format);
	(void)vsnprintf(to, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}
