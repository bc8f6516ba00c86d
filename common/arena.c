#include "common/arena.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Most messages fit in the first chunk; each further one doubles, up to a limit that malloc likes. */
#define FIRST_CHUNK  4096
#define LARGEST_STEP 65536

struct arena_chunk {
	struct arena_chunk *next; /* older */
	size_t size; /* of data */
	alignas(max_align_t) char data[];
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

static void
free_chunks(struct arena_chunk *chunk)
{
	while (chunk != NULL) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void
arena_free(struct arena *a)
{
	free_chunks(a->head);
	arena_init(a, a->max);
}

void
arena_reset(struct arena *a)
{
	a->used = 0;
	if (a->head == NULL)
		return;
	free_chunks(a->head->next);
	a->head->next = NULL;
	a->total = a->head->size;
}

/* `total` counts what chunks hold, so that the maximum bounds the memory and not only its use. */
static bool
add_chunk(struct arena *a, size_t least)
{
	size_t size = a->head == NULL ? FIRST_CHUNK : a->head->size * 2;
	struct arena_chunk *chunk;

	if (size > LARGEST_STEP)
		size = LARGEST_STEP;
	if (size < least)
		size = least;
	if (size > a->max - a->total)
		size = a->max - a->total;
	if (size < least)
		return false;
	chunk = malloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		return false;
	chunk->next = a->head;
	chunk->size = size;
	a->head = chunk;
	a->used = 0;
	a->total += size;
	return true;
}

static void *
take(struct arena *a, size_t size, size_t align)
{
	size_t at = (a->used + align - 1) & ~(align - 1);

	if (a->head == NULL || at > a->head->size || size > a->head->size - at) {
		if (!add_chunk(a, size))
			return NULL;
		at = 0;
	}
	a->used = at + size;
	return a->head->data + at;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = take(a, size, alignof(max_align_t));

	return p == NULL ? NULL : memset(p, 0, size);
}

char *
arena_text(struct arena *a, size_t size)
{
	return take(a, size, 1);
}

char *
arena_cstr(struct arena *a, struct slice s)
{
	char *text = s.len == SIZE_MAX ? NULL : arena_text(a, s.len + 1);

	if (text == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return text;
}

struct slice
arena_copy(struct arena *a, struct slice s)
{
	char *text;

	if (s.ptr == NULL)
		return s;
	text = arena_text(a, s.len);
	if (text == NULL)
		return (struct slice){ NULL, 0 };
	memcpy(text, s.ptr, s.len);
	return slice_from(text, s.len);
}
