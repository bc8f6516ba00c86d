/*
 * buf.h - a growable byte buffer with a maximum.
 *
 * A buffer is created with the most it may ever hold.  The first append that would pass that
 * maximum fails, frees the contents and leaves the buffer in the failed state; later appends are
 * no-ops.  So a caller may append freely and check buf_failed() once at the end.
 */
#ifndef V2G_COMMON_BUF_H
#define V2G_COMMON_BUF_H

#include "slice.h"

#include <stdint.h>

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
	size_t max;
	bool failed;
};

void buf_init(struct buf *b, size_t max);
/* Releases the memory; the buffer may be used again with the same maximum. */
void buf_free(struct buf *b);
/* Forgets the contents, keeps the memory. */
void buf_clear(struct buf *b);

void buf_append(struct buf *b, const void *bytes, size_t len);
void buf_append_slice(struct buf *b, struct slice s);
void buf_append_cstr(struct buf *b, const char *text);
void buf_append_char(struct buf *b, char c);
void buf_append_int64(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Room for at least `len` more bytes at the end, to be written by the caller, who then adds what
 * was written to b->len.  NULL when the maximum forbids it (the buffer has then failed).
 */
char *buf_reserve(struct buf *b, size_t len);

static inline bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

/* Borrowed: valid until the next append, clear or free. */
static inline struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){ b->ptr == NULL ? "" : b->ptr, b->len };
}

#endif
