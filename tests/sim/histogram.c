#include "tests/sim/histogram.h"

#include <string.h>

enum { SUB = 1 << HISTOGRAM_SUB_BITS };

/* Values below 2 * SUB have a bucket each; above, the leading SUB_BITS + 1 bits choose it. */
static unsigned
bucket_of(uint64_t value)
{
	unsigned shift = 0;
	uint64_t bucket;

	while (value >> shift >= (uint64_t)2 * SUB)
		shift++;
	bucket = (uint64_t)shift * SUB + (value >> shift);
	return bucket < HISTOGRAM_BUCKETS ? (unsigned)bucket : HISTOGRAM_BUCKETS - 1;
}

/* The greatest value of the bucket. */
static int64_t
bucket_top(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * SUB)
		return bucket;
	shift = bucket / SUB - 1;
	return ((int64_t)(bucket - shift * SUB + 1) << shift) - 1;
}

void
histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

void
histogram_add(struct histogram *h, int64_t value)
{
	if (value < 0)
		value = 0;
	h->buckets[bucket_of((uint64_t)value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

int64_t
histogram_percentile(const struct histogram *h, double fraction)
{
	uint64_t wanted = (uint64_t)((double)h->count * fraction + 0.5);
	uint64_t seen = 0;

	if (h->count == 0)
		return 0;
	if (wanted == 0)
		wanted = 1;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= wanted)
			return bucket_top(i) < h->max ? bucket_top(i) : h->max;
	}
	return h->max;
}
