#include "common/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Objects are zeroed and aligned whatever was allocated before, also in recycled memory. */
static void
test_arena_alloc_zeroed_aligned(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (int round = 0; round < 2; round++) {
		for (size_t size = 1; size < 300; size++) {
			char *p = arena_alloc(&a, size);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xAA, size);
			assert_non_null(arena_text(&a, 3));
		}
		arena_reset(&a);
	}
	arena_free(&a);
}

/* Allocations do not overlap, across chunks of all sizes. */
static void
test_arena_alloc_disjoint(void **state)
{
	unsigned char *blocks[200];
	struct arena a;

	(void)state;
	arena_init(&a, 4 << 20);
	for (size_t i = 0; i < 200; i++) {
		blocks[i] = arena_alloc(&a, i * 40 + 1);
		assert_non_null(blocks[i]);
		memset(blocks[i], (int)i, i * 40 + 1);
	}
	for (size_t i = 0; i < 200; i++) {
		for (size_t n = 0; n < i * 40 + 1; n++)
			assert_int_equal(blocks[i][n], i);
	}
	arena_free(&a);
}

/* The maximum bounds the memory held; reaching it gives NULL and harms nothing. */
static void
test_arena_alloc_past_maximum(void **state)
{
	struct arena a;
	size_t got = 0;

	(void)state;
	arena_init(&a, 10000);
	assert_null(arena_alloc(&a, 10001));
	assert_null(arena_alloc(&a, SIZE_MAX));
	while (arena_alloc(&a, 100) != NULL)
		got++;
	assert_true(got > 70 && got <= 100);
	assert_true(a.total <= 10000);
	assert_null(arena_cstr(&a, slice_from("", SIZE_MAX)));
	arena_free(&a);
	assert_int_equal(a.total, 0);
	assert_non_null(arena_alloc(&a, 10000));
	arena_free(&a);
}

/* A reset gives all room back, and keeps one chunk so that the next message need not ask malloc. */
static void
test_arena_reset_reuses(void **state)
{
	struct arena a;
	void *first;

	(void)state;
	arena_init(&a, 1 << 16);
	arena_reset(&a);
	first = arena_alloc(&a, 10);
	arena_reset(&a);
	assert_ptr_equal(arena_alloc(&a, 10), first);
	for (int i = 0; i < 1000; i++) {
		assert_non_null(arena_alloc(&a, 30000));
		assert_non_null(arena_alloc(&a, 20000));
		arena_reset(&a);
	}
	arena_free(&a);
}

/* Copies are copies; C strings end with NUL; absent stays absent. */
static void
test_arena_copy_text(void **state)
{
	struct slice from = SLICE("hello"), copy;
	struct arena a;

	(void)state;
	arena_init(&a, 1000);
	copy = arena_copy(&a, from);
	assert_true(slice_equal(copy, from));
	assert_ptr_not_equal(copy.ptr, from.ptr);
	assert_string_equal(arena_cstr(&a, slice_from("hello", 4)), "hell");
	assert_string_equal(arena_cstr(&a, slice_cstr(NULL)), "");
	assert_null(arena_copy(&a, slice_cstr(NULL)).ptr);
	assert_non_null(arena_copy(&a, SLICE("")).ptr);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_alloc_zeroed_aligned),
		cmocka_unit_test(test_arena_alloc_disjoint),
		cmocka_unit_test(test_arena_alloc_past_maximum),
		cmocka_unit_test(test_arena_reset_reuses),
		cmocka_unit_test(test_arena_copy_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
