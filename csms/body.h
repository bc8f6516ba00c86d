/*
 * body.h - the JSON body of an API request: checked before PostgreSQL sees it, and rewritten where it carries a
 * secret that must not get there.
 *
 * The strict reader (json.h) refuses what is no JSON; here is refused besides what is JSON but means different
 * things to different readers: a member that comes twice, a number beyond what a double holds.
 */
#ifndef V2G_CSMS_BODY_H
#define V2G_CSMS_BODY_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/slice.h"

#define BODY_DEPTH_MAX 32

struct body_fault {
	char path[128]; /* "$.a.b[3]", cut on the left when longer */
	const char *message;
};

/* An object, and nothing ambiguous in it?  The arena is for keys with escapes. */
bool body_check(struct slice text, struct arena *arena, struct body_fault *fault_out);

/* A member of the object that is a string, unescaped; .ptr == NULL when it is absent or no string. */
struct slice body_text(struct slice text, const char *name, struct arena *arena);
/* The text of a member, a string without its quotes and with its escapes; .ptr == NULL when it is absent or null. */
struct slice body_value(struct slice text, const char *name, struct arena *arena);
bool body_has(struct slice text, const char *name, struct arena *arena);

/* Appends the object without the member `drop` and with the string member `add` (NULL: none), `text` having passed
 * body_check(). */
void body_rewrite(struct slice text, const char *drop, const char *add, struct slice value,
    struct arena *arena, struct buf *out);

#endif
