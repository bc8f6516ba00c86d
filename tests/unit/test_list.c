#include "common/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
	int value;
	struct list node;
};

static struct item *
item_of(struct list *node)
{
	return list_entry(node, struct item, node);
}

/* The list holds exactly these values, read forwards and backwards. */
static void
assert_values(struct list *head, const int *values, size_t count)
{
	size_t i = 0;

	list_foreach (node, head) {
		assert_true(i < count);
		assert_int_equal(item_of(node)->value, values[i++]);
	}
	assert_int_equal(i, count);
	for (struct list *node = head->prev; node != head; node = node->prev)
		assert_int_equal(item_of(node)->value, values[--i]);
	assert_int_equal(i, 0);
}

/* A new list is empty, whichever way it was made. */
static void
test_list_init_empty(void **state)
{
	struct list a = LIST_INIT(a), b;

	(void)state;
	list_init(&b);
	assert_true(list_empty(&a));
	assert_true(list_empty(&b));
	assert_null(list_pop(&a));
}

/* Append keeps the order of arrival, prepend puts in front. */
static void
test_list_append_and_prepend_order(void **state)
{
	struct list head = LIST_INIT(head);
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };

	(void)state;
	list_append(&head, &b.node);
	list_append(&head, &c.node);
	list_prepend(&head, &a.node);
	assert_values(&head, (const int[]){ 1, 2, 3 }, 3);
	assert_false(list_empty(&head));
}

/* Membership is state: linked while on a list, and only then. */
static void
test_list_linked_follows_membership(void **state)
{
	struct list head = LIST_INIT(head);
	struct item a = { .value = 1 };

	(void)state;
	assert_false(list_linked(&a.node));
	list_append(&head, &a.node);
	assert_true(list_linked(&a.node));
	list_remove(&a.node);
	assert_false(list_linked(&a.node));
	assert_true(list_empty(&head));
}

/* Removing what is on no list changes nothing. */
static void
test_list_remove_twice(void **state)
{
	struct list head = LIST_INIT(head);
	struct item a = { .value = 1 }, b = { .value = 2 };

	(void)state;
	list_append(&head, &a.node);
	list_append(&head, &b.node);
	list_remove(&a.node);
	list_remove(&a.node);
	assert_values(&head, (const int[]){ 2 }, 1);
}

/* Pop empties the list from the front and unlinks what it returns. */
static void
test_list_pop_from_front(void **state)
{
	struct list head = LIST_INIT(head);
	struct item a = { .value = 1 }, b = { .value = 2 };

	(void)state;
	list_append(&head, &a.node);
	list_append(&head, &b.node);
	assert_ptr_equal(list_pop(&head), &a.node);
	assert_false(list_linked(&a.node));
	assert_ptr_equal(list_pop(&head), &b.node);
	assert_null(list_pop(&head));
}

/* The safe walk survives a body that removes the element it stands on. */
static void
test_list_foreach_safe_removing(void **state)
{
	struct list head = LIST_INIT(head);
	struct item items[] = { { .value = 1 }, { .value = 2 }, { .value = 3 },
		{ .value = 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		list_append(&head, &items[i].node);
	list_foreach_safe (node, next, &head) {
		if (item_of(node)->value % 2 == 0)
			list_remove(node);
	}
	assert_values(&head, (const int[]){ 1, 3 }, 2);
}

/* An element may move from one list to another: that is how state changes. */
static void
test_list_move_between_lists(void **state)
{
	struct list idle = LIST_INIT(idle), busy = LIST_INIT(busy);
	struct item a = { .value = 1 };

	(void)state;
	list_append(&idle, &a.node);
	list_remove(&a.node);
	list_append(&busy, &a.node);
	assert_true(list_empty(&idle));
	assert_values(&busy, (const int[]){ 1 }, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_init_empty),
		cmocka_unit_test(test_list_append_and_prepend_order),
		cmocka_unit_test(test_list_linked_follows_membership),
		cmocka_unit_test(test_list_remove_twice),
		cmocka_unit_test(test_list_pop_from_front),
		cmocka_unit_test(test_list_foreach_safe_removing),
		cmocka_unit_test(test_list_move_between_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
