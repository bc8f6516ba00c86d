/*
 * map.h - hash table from a byte string to a pointer.
 *
 * The key slice is *kept*: it must live inside the value, or at least as long as the entry.
 * Hashing is keyed (SipHash with a per-process random key), so that peers who choose keys cannot
 * build collisions.
 */
#ifndef V2G_COMMON_MAP_H
#define V2G_COMMON_MAP_H

#include "slice.h"

#include <stdint.h>

struct map_slot {
	uint64_t hash;
	struct slice key;
	void *value; /* NULL: free slot */
};

struct map {
	struct map_slot *slots;
	size_t cap; /* zero or a power of two */
	size_t count;
};

/* A zeroed struct map is an empty map. */
void map_free(struct map *m);
/* The value, or NULL. */
void *map_get(const struct map *m, struct slice key);
/* Adds or replaces; returns the value replaced, or NULL.  `value` must not be NULL. */
void *map_put(struct map *m, struct slice key, void *value);
/* Returns the value removed, or NULL. */
void *map_remove(struct map *m, struct slice key);
/* Iterates: start with *cursor = 0; NULL at the end.  The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *cursor);

#endif
