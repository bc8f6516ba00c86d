/*
 * arena.h - memory that lives and dies together: one per message.
 *
 * Chunks are malloc'ed as needed, up to a maximum in total; an allocation beyond it returns NULL,
 * which a decoder turns into a fault (the peer asked for too much).  Everything is freed at once
 * by arena_free() or recycled by arena_reset().
 */
#ifndef V2G_COMMON_ARENA_H
#define V2G_COMMON_ARENA_H

#include "slice.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	size_t used; /* in the head chunk */
	size_t total; /* bytes of all chunks */
	size_t max;
};

void arena_init(struct arena *a, size_t max);
/* Frees every chunk.  The arena may be used again. */
void arena_free(struct arena *a);
/* Forgets all allocations but keeps one chunk for reuse. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any object.  NULL when the maximum is reached. */
void *arena_alloc(struct arena *a, size_t size);
/* As arena_alloc, neither zeroed nor aligned: for text. */
char *arena_text(struct arena *a, size_t size);
/* NUL-terminated copy; NULL when the maximum is reached. */
char *arena_cstr(struct arena *a, struct slice s);
struct slice arena_copy(struct arena *a, struct slice s);

#endif
