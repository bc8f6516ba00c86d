/*
 * histogram.h - latencies in microseconds with a fixed relative error.
 *
 * Each power of two is cut into 64 buckets, so that any value is known to 1.6 % from one microsecond
 * to over an hour, in 15 KB and without an allocation.
 */
#ifndef V2G_TESTS_SIM_HISTOGRAM_H
#define V2G_TESTS_SIM_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_BUCKETS  (28 << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t count;
	int64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *h);
/* Values below 0 count as 0, values past the last bucket into the last. */
void histogram_add(struct histogram *h, int64_t value);
/* The least value v such that `fraction` (0 to 1) of all values are <= v, within the bucket's width. */
int64_t histogram_percentile(const struct histogram *h, double fraction);

#endif
