/*
 * fuzz.h - what the fuzz targets share.
 */
#ifndef V2G_TESTS_FUZZ_FUZZ_H
#define V2G_TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "common/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not an assert(), which a release build leaves out. */
static inline void
require(bool condition)
{
	if (!condition)
		abort();
}

#endif
