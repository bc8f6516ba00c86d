/*
 * list.h - intrusive doubly linked list with a sentinel head.
 *
 * Membership is state: an element that is on no list has node.next == NULL (list_remove sees to
 * it), so list_linked() answers "is it queued?" without a flag of its own.
 */
#ifndef V2G_COMMON_LIST_H
#define V2G_COMMON_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

/* Loops and member names cannot stand in parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define LIST_INIT(name)                                                                        \
	{                                                                                      \
		&(name), &(name)                                                               \
	}
#define list_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
#define list_foreach(pos, head)                                                                \
	for (struct list *pos = (head)->next; pos != (head); pos = pos->next)
/* Safe when the body removes `pos`. */
#define list_foreach_safe(pos, next_, head)                                                    \
	for (struct list *pos = (head)->next, *next_ = pos->next; pos != (head);               \
	     pos = next_, next_ = pos->next)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void
list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool
list_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool
list_linked(const struct list *node)
{
	return node->next != NULL;
}

static inline void
list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void
list_prepend(struct list *head, struct list *node)
{
	list_append(head->next, node);
}

static inline void
list_remove(struct list *node)
{
	if (node->next == NULL)
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}

/* Takes the first element off the list; NULL when empty. */
static inline struct list *
list_pop(struct list *head)
{
	struct list *node = head->next;

	if (node == head)
		return NULL;
	head->next = node->next;
	node->next->prev = head;
	node->next = node->prev = NULL;
	return node;
}

#endif
