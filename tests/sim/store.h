/*
 * store.h - things that the central system has put into a station: charging profiles, monitors, display
 * messages, certificates, local list.
 *
 * Each is kept as the OCPP object it came as, with an arena of its own, so that it can be read as a struct
 * and reported again as it was.
 */
#ifndef V2G_TESTS_SIM_STORE_H
#define V2G_TESTS_SIM_STORE_H

#include "common/arena.h"
#include "common/list.h"
#include "ocpp/ocpp.h"

struct station;

struct stored {
	struct list node;
	int32_t id;
	int32_t evse; /* profiles */
	struct arena arena;
	void *object;
	void *state; /* monitors: freed with the item */
};

static inline struct stored *
store_of(struct list *node)
{
	return list_entry(node, struct stored, node);
}

void store_init(struct station *st);
void store_free(struct station *st);

/* Copies the object, which is marked (message_mark), into the list. */
struct stored *store_add(
    struct list *list, const struct ocpp_type *type, void *object, int32_t id);
void store_drop(struct stored *item);
void store_clear(struct list *list);
size_t store_count(const struct list *list);
struct stored *store_find(const struct list *list, int32_t id);
struct stored *store_first(const struct list *list);
struct stored *store_next(const struct stored *item, const struct list *list);

#endif
