#include "common/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ITEMS 2000

struct item {
	char text[16];
	struct slice key;
	bool stored;
};

static struct item items[ITEMS];

static void
make_items(void)
{
	for (int i = 0; i < ITEMS; i++) {
		int len = snprintf(items[i].text, sizeof(items[i].text), "CP-%d", i);

		items[i].key = slice_from(items[i].text, (size_t)len);
		items[i].stored = false;
	}
}

/* A zeroed map finds, removes and iterates nothing. */
static void
test_map_empty(void **state)
{
	struct map m = { 0 };
	size_t cursor = 0;

	(void)state;
	assert_null(map_get(&m, SLICE("x")));
	assert_null(map_remove(&m, SLICE("x")));
	assert_null(map_next(&m, &cursor));
	map_free(&m);
}

/* Put adds or replaces, and says what it replaced. */
static void
test_map_put_replaces(void **state)
{
	struct map m = { 0 };
	int a = 1, b = 2;

	(void)state;
	assert_null(map_put(&m, SLICE("key"), &a));
	assert_ptr_equal(map_put(&m, SLICE("key"), &b), &a);
	assert_ptr_equal(map_get(&m, SLICE("key")), &b);
	assert_int_equal(m.count, 1);
	assert_ptr_equal(map_remove(&m, SLICE("key")), &b);
	assert_null(map_get(&m, SLICE("key")));
	assert_int_equal(m.count, 0);
	map_free(&m);
}

/* After a replacement the map holds the new key: the old one may be gone. */
static void
test_map_put_keeps_new_key(void **state)
{
	char old[] = "key", new[] = "key";
	struct map m = { 0 };
	int a = 1, b = 2;

	(void)state;
	map_put(&m, slice_from(old, 3), &a);
	map_put(&m, slice_from(new, 3), &b);
	memset(old, 'x', 3);
	assert_ptr_equal(map_get(&m, SLICE("key")), &b);
	map_free(&m);
}

/* Keys are bytes of any length: empty, with NUL, prefixes of each other. */
static void
test_map_keys_are_bytes(void **state)
{
	static const char zeros[40] = { 0 };
	struct map m = { 0 };
	int values[40];

	(void)state;
	for (size_t len = 0; len < 40; len++)
		assert_null(map_put(&m, slice_from(zeros, len), &values[len]));
	for (size_t len = 0; len < 40; len++)
		assert_ptr_equal(map_get(&m, slice_from(zeros, len)), &values[len]);
	map_free(&m);
}

/* What the map should hold, and nothing else, is found by key and by iteration. */
static void
assert_map_holds_stored(const struct map *m)
{
	size_t cursor = 0, expected = 0, seen = 0;
	const struct item *item;

	for (int i = 0; i < ITEMS; i++) {
		expected += items[i].stored;
		assert_ptr_equal(map_get(m, items[i].key), items[i].stored ? &items[i] : NULL);
	}
	while ((item = map_next(m, &cursor)) != NULL) {
		assert_true(item->stored);
		seen++;
	}
	assert_int_equal(m->count, expected);
	assert_int_equal(seen, expected);
}

/* A long random run of puts and removals agrees with a plain array, at every fill. */
static void
test_map_random_run(void **state)
{
	struct map m = { 0 };
	uint32_t random = 12345;

	(void)state;
	make_items();
	for (int step = 0; step < 60000; step++) {
		struct item *item;
		void *was;

		random = random * 1664525 + 1013904223;
		item = &items[(random >> 8) % ITEMS];
		was = item->stored ? item : NULL;
		if ((random >> 28) < (step < 30000 ? 10u : 5u)) {
			assert_ptr_equal(map_put(&m, item->key, item), was);
			item->stored = true;
		} else {
			assert_ptr_equal(map_remove(&m, item->key), was);
			item->stored = false;
		}
		if (step % 5000 == 0)
			assert_map_holds_stored(&m);
	}
	assert_map_holds_stored(&m);
	for (int i = 0; i < ITEMS; i++) {
		map_remove(&m, items[i].key);
		items[i].stored = false;
	}
	assert_map_holds_stored(&m);
	map_free(&m);
}

/* A quarter of the slots stays free, so that searches end and stay short. */
static void
test_map_load_bounded(void **state)
{
	struct map m = { 0 };

	(void)state;
	make_items();
	for (int i = 0; i < ITEMS; i++) {
		map_put(&m, items[i].key, &items[i]);
		assert_true(m.count * 4 <= m.cap * 3);
	}
	map_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_empty),
		cmocka_unit_test(test_map_put_replaces),
		cmocka_unit_test(test_map_put_keeps_new_key),
		cmocka_unit_test(test_map_keys_are_bytes),
		cmocka_unit_test(test_map_random_run),
		cmocka_unit_test(test_map_load_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
