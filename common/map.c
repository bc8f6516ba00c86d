#include "common/map.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <sys/random.h>

/* At least this many slots; at most three quarters of them in use. */
#define FIRST_CAPACITY 16

/* The process's hash key: zero until the first use. */
static uint64_t hash_key[2];
static bool hash_key_made;

static void
make_hash_key(void)
{
	/* Up to 256 bytes come whole or not at all (getrandom(2)); without them no hash is safe. */
	if (getrandom(hash_key, sizeof(hash_key), 0) != (ssize_t)sizeof(hash_key))
		abort();
	hash_key_made = true;
}

static inline uint64_t
rotate_left(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate_left(v[1], 13) ^ v[0];
	v[0] = rotate_left(v[0], 32);
	v[2] += v[3];
	v[3] = rotate_left(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate_left(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate_left(v[1], 17) ^ v[2];
	v[2] = rotate_left(v[2], 32);
}

/* The last block: what is left over, and the length in the top byte. */
static uint64_t
last_block(struct slice key)
{
	uint64_t word = (uint64_t)(key.len & 0xff) << 56;
	size_t done = key.len & ~(size_t)7;

	for (size_t i = done; i < key.len; i++)
		word |= (uint64_t)(unsigned char)key.ptr[i] << (8 * (i - done));
	return word;
}

/* SipHash-1-3 (Aumasson, Bernstein): one round a block, three to finish. */
static uint64_t
hash(struct slice key)
{
	uint64_t v[4] = {
		hash_key[0] ^ 0x736f6d6570736575,
		hash_key[1] ^ 0x646f72616e646f6d,
		hash_key[0] ^ 0x6c7967656e657261,
		hash_key[1] ^ 0x7465646279746573,
	};
	uint64_t word;

	for (size_t i = 0; i + 8 <= key.len; i += 8) {
		memcpy(&word, key.ptr + i, 8);
		word = le64toh(word);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = last_block(key);
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The slot that holds the key, or the free one where it belongs.  The map has a free slot. */
static struct map_slot *
find_slot(const struct map *m, struct slice key, uint64_t h)
{
	size_t i = h & (m->cap - 1);

	while (m->slots[i].value != NULL) {
		if (m->slots[i].hash == h && slice_equal(m->slots[i].key, key))
			break;
		i = (i + 1) & (m->cap - 1);
	}
	return &m->slots[i];
}

static void
grow(struct map *m)
{
	struct map bigger = { .cap = m->cap == 0 ? FIRST_CAPACITY : m->cap * 2,
		.count = m->count };

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		abort();
	for (size_t i = 0; i < m->cap; i++) {
		const struct map_slot *slot = &m->slots[i];

		if (slot->value != NULL)
			*find_slot(&bigger, slot->key, slot->hash) = *slot;
	}
	free(m->slots);
	*m = bigger;
}

void
map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

void *
map_get(const struct map *m, struct slice key)
{
	return m->count == 0 ? NULL : find_slot(m, key, hash(key))->value;
}

void *
map_put(struct map *m, struct slice key, void *value)
{
	struct map_slot *slot;
	uint64_t h;
	void *old;

	assert(value != NULL);
	if (!hash_key_made)
		make_hash_key();
	if (m->count >= m->cap / 4 * 3)
		grow(m);
	h = hash(key);
	slot = find_slot(m, key, h);
	old = slot->value;
	m->count += old == NULL;
	/* The key too is replaced: it lives in the value, and the old one may go away. */
	*slot = (struct map_slot){ .hash = h, .key = key, .value = value };
	return old;
}

/*
 * Closes the gap at `hole`: a later entry of the run moves back into it unless its home lies
 * between the two (cyclically), so that no search ends too early and no tombstones pile up.
 */
static void
close_gap(struct map *m, size_t hole)
{
	size_t mask = m->cap - 1;

	for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL; i = (i + 1) & mask) {
		size_t home = m->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = (struct map_slot){ 0 };
}

void *
map_remove(struct map *m, struct slice key)
{
	struct map_slot *slot;
	void *old;

	if (m->count == 0)
		return NULL;
	slot = find_slot(m, key, hash(key));
	old = slot->value;
	if (old == NULL)
		return NULL;
	close_gap(m, (size_t)(slot - m->slots));
	m->count--;
	return old;
}

void *
map_next(const struct map *m, size_t *cursor)
{
	while (*cursor < m->cap) {
		void *value = m->slots[(*cursor)++].value;

		if (value != NULL)
			return value;
	}
	return NULL;
}
