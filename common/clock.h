/*
 * clock.h - time in microseconds.
 *
 * Wall time (suffix _at): microseconds since 1970-01-01T00:00:00Z, for records.  Monotonic time
 * (suffix _mono): for intervals and timeouts.  Text is RFC 3339.
 */
#ifndef V2G_COMMON_CLOCK_H
#define V2G_COMMON_CLOCK_H

#include "slice.h"

#include <stdint.h>

#define SECOND_US INT64_C(1000000)

int64_t clock_wall(void);
int64_t clock_mono(void);

/*
 * RFC 3339 section 5.6 in all its spellings: 'T' or 't' or a space, 'Z' or 'z' or a numeric
 * offset, any number of fraction digits (beyond microseconds they are cut), second 60 only where a
 * leap second can be (23:59:60 UTC; it reads as the following second).  Years 0001 to 9999.
 */
bool clock_parse(struct slice text, int64_t *at_out);

/* "2024-05-06T07:08:09.123456Z" and its NUL. */
#define CLOCK_TEXT_MAX 28
/* Writes the time with exactly `decimals` (0, 3 or 6) fraction digits; returns the length. */
size_t clock_format(int64_t at, int decimals, char out[CLOCK_TEXT_MAX]);

#endif
