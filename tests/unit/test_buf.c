#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
assert_contents(const struct buf *b, const char *text)
{
	assert_int_equal(b->len, strlen(text));
	assert_memory_equal(buf_slice(b).ptr, text, b->len);
}

/* An empty buffer is an empty text, not an absent one. */
static void
test_buf_init_empty(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_non_null(buf_slice(&b).ptr);
	assert_int_equal(buf_slice(&b).len, 0);
	assert_false(buf_failed(&b));
	buf_append_slice(&b, slice_cstr(NULL));
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

/* Every kind of append adds at the end. */
static void
test_buf_append_kinds(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_append(&b, "ab", 2);
	buf_append_slice(&b, SLICE("cd"));
	buf_append_cstr(&b, "ef");
	buf_append_char(&b, 'g');
	buf_append_int64(&b, -7);
	buf_printf(&b, "<%s %d>", "x", 5);
	assert_contents(&b, "abcdefg-7<x 5>");
	buf_clear(&b);
	assert_contents(&b, "");
	buf_free(&b);
}

/* The extreme numbers are written whole. */
static void
test_buf_append_int64_extremes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_append_int64(&b, INT64_MIN);
	buf_append_char(&b, ' ');
	buf_append_int64(&b, INT64_MAX);
	buf_append_char(&b, ' ');
	buf_append_int64(&b, 0);
	assert_contents(&b, "-9223372036854775808 9223372036854775807 0");
	buf_free(&b);
}

/* The maximum may be reached, not passed; passing it frees the contents and stays failed. */
static void
test_buf_append_past_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_append_cstr(&b, "abcd");
	assert_contents(&b, "abcd");
	buf_append_char(&b, 'e');
	assert_true(buf_failed(&b));
	assert_null(b.ptr);
	assert_int_equal(buf_slice(&b).len, 0);
	buf_append_char(&b, 'f');
	buf_printf(&b, "%d", 1);
	assert_null(buf_reserve(&b, 1));
	assert_int_equal(b.len, 0);
	buf_free(&b);
	assert_false(buf_failed(&b));
	buf_append_cstr(&b, "abcd");
	assert_contents(&b, "abcd");
	buf_free(&b);
}

/* A length near SIZE_MAX does not wrap round the check. */
static void
test_buf_reserve_huge(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX / 4);
	buf_append_char(&b, 'a');
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_true(buf_failed(&b));
	buf_free(&b);
}

/* Growth keeps what is there, and the maximum bounds the capacity too. */
static void
test_buf_growth_keeps_contents(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3000);
	for (int i = 0; i < 3000; i++)
		buf_append_char(&b, (char)('a' + i % 26));
	assert_false(buf_failed(&b));
	assert_int_equal(b.len, 3000);
	assert_true(b.cap <= 3000);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(b.ptr[i], 'a' + i % 26);
	buf_free(&b);
}

/* What is written into reserved room counts once the caller says so. */
static void
test_buf_reserve_then_write(void **state)
{
	struct buf b;
	char *room;

	(void)state;
	buf_init(&b, 600);
	buf_append_cstr(&b, "x");
	room = buf_reserve(&b, 599);
	assert_non_null(room);
	memset(room, 'y', 599);
	b.len += 2;
	assert_contents(&b, "xyy");
	assert_null(buf_reserve(&b, 598));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_init_empty),
		cmocka_unit_test(test_buf_append_kinds),
		cmocka_unit_test(test_buf_append_int64_extremes),
		cmocka_unit_test(test_buf_append_past_maximum),
		cmocka_unit_test(test_buf_reserve_huge),
		cmocka_unit_test(test_buf_growth_keeps_contents),
		cmocka_unit_test(test_buf_reserve_then_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
