#include "tests/sim/store.h"

#include <stdlib.h>

#include "tests/sim/message.h"
#include "tests/sim/station.h"

enum { OBJECT_MAX = 1 << 20 };

void
store_init(struct station *st)
{
	list_init(&st->profiles);
	list_init(&st->monitors);
	list_init(&st->messages);
	list_init(&st->certificates);
	list_init(&st->tokens);
}

void
store_free(struct station *st)
{
	store_clear(&st->profiles);
	store_clear(&st->monitors);
	store_clear(&st->messages);
	store_clear(&st->certificates);
	store_clear(&st->tokens);
}

struct stored *
store_add(struct list *list, const struct ocpp_type *type, void *object, int32_t id)
{
	struct stored *item = calloc(1, sizeof(*item));
	struct ocpp_fault fault;
	struct slice text;
	struct buf buf;

	if (item == NULL)
		abort();
	buf_init(&buf, OBJECT_MAX);
	arena_init(&item->arena, 4 * (size_t)OBJECT_MAX);
	message_encode(type, object, false, &buf);
	text = arena_copy(&item->arena, buf_slice(&buf));
	buf_free(&buf);
	/* It has just come in as valid, so it must be valid still. */
	if (!ocpp_decode(type, OCPP_2_0_1, text, &item->arena, &item->object, &fault))
		abort();
	item->id = id;
	list_append(list, &item->node);
	return item;
}

void
store_drop(struct stored *item)
{
	list_remove(&item->node);
	arena_free(&item->arena);
	free(item->state);
	free(item);
}

void
store_clear(struct list *list)
{
	struct list *node;

	while ((node = list_pop(list)) != NULL)
		store_drop(store_of(node));
}

size_t
store_count(const struct list *list)
{
	size_t count = 0;

	list_foreach (node, list)
		count++;
	return count;
}

struct stored *
store_find(const struct list *list, int32_t id)
{
	list_foreach (node, list)
		if (store_of(node)->id == id)
			return store_of(node);
	return NULL;
}

struct stored *
store_first(const struct list *list)
{
	return list_empty(list) ? NULL : store_of(list->next);
}

struct stored *
store_next(const struct stored *item, const struct list *list)
{
	return item->node.next == list ? NULL
				       : list_entry(item->node.next, struct stored, node);
}
