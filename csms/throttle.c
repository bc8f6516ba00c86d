#include "csms/throttle.h"

#include "common/clock.h"
#include "common/list.h"
#include "common/map.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define MINUTE      (60 * SECOND_US)
#define ENTRIES_MAX 65536
#define KEY_MAX     64

struct entry {
	struct list node; /* throttle->by_age, oldest failure first */
	char key[KEY_MAX];
	size_t key_len;
	double failures; /* leaks `limit` a minute */
	int64_t at_mono; /* of the last failure */
};

struct throttle {
	struct map entries;
	struct list by_age;
	double per_address, per_station;
};

struct throttle *
throttle_new(int64_t per_address, int64_t per_station)
{
	struct throttle *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	list_init(&t->by_age);
	t->per_address = (double)per_address;
	t->per_station = (double)per_station;
	return t;
}

static void
entry_drop(struct throttle *t, struct entry *e)
{
	map_remove(&t->entries, slice_from(e->key, e->key_len));
	list_remove(&e->node);
	free(e);
}

void
throttle_free(struct throttle **throttle)
{
	struct throttle *t = *throttle;

	*throttle = NULL;
	if (t == NULL)
		return;
	while (!list_empty(&t->by_age))
		entry_drop(t, list_entry(t->by_age.next, struct entry, node));
	map_free(&t->entries);
	free(t);
}

/* "a" and the address, of IPv6 its /64: one household or attacker has all of it.  A mapped IPv4 address is IPv4. */
static struct slice
address_key(struct slice address, char out[KEY_MAX])
{
	struct in6_addr v6;
	size_t len;
	char text[INET6_ADDRSTRLEN + 1] = { 0 };

	memcpy(
	    text, address.ptr, address.len < INET6_ADDRSTRLEN ? address.len : INET6_ADDRSTRLEN);
	out[0] = 'a';
	if (inet_pton(AF_INET6, text, &v6) == 1 && !IN6_IS_ADDR_V4MAPPED(&v6)) {
		memcpy(out + 1, &v6, 8);
		return slice_from(out, 9);
	}
	if (strncmp(text, "::ffff:", 7) == 0)
		memmove(text, text + 7, strlen(text + 7) + 1);
	len = strlen(text);
	memcpy(out + 1, text, len); /* NOLINT(bugprone-not-null-terminated-result): a slice */
	return slice_from(out, 1 + len);
}

/* "s" and the id in lower case; a longer one than any station has shares its beginning. */
static struct slice
station_key(struct slice station, char out[KEY_MAX])
{
	size_t len = station.len < KEY_MAX - 1 ? station.len : KEY_MAX - 1;

	out[0] = 's';
	for (size_t i = 0; i < len; i++)
		out[1 + i] = slice_lower(station.ptr[i]);
	return slice_from(out, 1 + len);
}

/* What is left of the failures at this time. */
static double
level(const struct entry *e, double limit, int64_t now_mono)
{
	double left = e->failures - limit * (double)(now_mono - e->at_mono) / (double)MINUTE;

	return left > 0 ? left : 0;
}

bool
throttle_allows(
    struct throttle *t, struct slice address, struct slice station, int64_t now_mono)
{
	char address_text[KEY_MAX], station_text[KEY_MAX];
	struct entry *from = map_get(&t->entries, address_key(address, address_text));
	struct entry *of = map_get(&t->entries, station_key(station, station_text));

	if (from != NULL && level(from, t->per_address, now_mono) >= t->per_address)
		return false;
	if (of == NULL || level(of, t->per_station, now_mono) < t->per_station)
		return true;
	return from == NULL || now_mono - from->at_mono >= MINUTE;
}

static void
count(struct throttle *t, struct slice key, double limit, int64_t now_mono)
{
	struct entry *e = map_get(&t->entries, key);

	if (e == NULL) {
		if (t->entries.count >= ENTRIES_MAX)
			entry_drop(t, list_entry(t->by_age.next, struct entry, node));
		e = calloc(1, sizeof(*e));
		if (e == NULL)
			abort();
		memcpy(e->key, key.ptr, key.len);
		e->key_len = key.len;
		map_put(&t->entries, slice_from(e->key, e->key_len), e);
	} else {
		list_remove(&e->node);
	}
	e->failures = level(e, limit, now_mono) + 1;
	if (e->failures > limit + 1)
		e->failures = limit + 1; /* so that the wait ends */
	e->at_mono = now_mono;
	list_append(&t->by_age, &e->node);
}

void
throttle_failed(
    struct throttle *t, struct slice address, struct slice station, int64_t now_mono)
{
	char text[KEY_MAX];

	count(t, address_key(address, text), t->per_address, now_mono);
	count(t, station_key(station, text), t->per_station, now_mono);
}
