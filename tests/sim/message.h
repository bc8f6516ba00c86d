/*
 * message.h - what makes building OCPP messages short.
 */
#ifndef V2G_TESTS_SIM_MESSAGE_H
#define V2G_TESTS_SIM_MESSAGE_H

#include "ocpp/ocpp.h"

/*
 * Sets the `has` bits of everything in the object, and below it, that has a value: required fields always,
 * strings, enumerations, objects and arrays when they are there.  Optional numbers and booleans need their
 * bit set by the caller, since 0 and false are values.
 */
void message_mark(const struct ocpp_type *type, void *object);
/* Marks and appends as JSON.  With `check` the text must decode again: a fault of ours aborts. */
void message_encode(const struct ocpp_type *type, void *object, bool check, struct buf *out);

/* Copies the text, cut to the size, with a NUL; an absent one is empty. */
void message_keep(char *out, size_t size, struct slice text);
bool message_contains(struct slice text, const char *word);

/* The present, in milliseconds. */
struct ocpp_time message_now(void);
struct ocpp_time message_time(int64_t at);
struct ocpp_decimal message_decimal(double value, int decimals);
double message_double(const struct ocpp_decimal *value);

#endif
