/*
 * random.h - small reproducible random numbers (xorshift64*): each station has its own state, so
 * that --seed gives the same fleet whatever order events come in.  Not for secrets.
 */
#ifndef V2G_TESTS_SIM_RANDOM_H
#define V2G_TESTS_SIM_RANDOM_H

#include <stdint.h>

/* Spreads neighbouring seeds apart (splitmix64); never 0, which xorshift could not leave. */
static inline uint64_t
random_seed(uint64_t seed)
{
	uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) | 1;
}

static inline uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 <= result < 1 */
static inline double
random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1.0p-53;
}

static inline double
random_between(uint64_t *state, double low, double high)
{
	return low + (high - low) * random_unit(state);
}

/* 0 <= result < n, for n > 0 */
static inline unsigned
random_below(uint64_t *state, unsigned n)
{
	return (unsigned)(random_unit(state) * n);
}

#endif
