/*
 * "TypeName\tJSON" through the decoder.  Must hold: what is taken is taken again when encoded, and
 * then encodes to the same text; what is refused has a code and a path.
 */
#include "ocpp/ocpp.h"
#include "tests/fuzz/fuzz.h"

static void
check(const struct ocpp_type *type, struct slice text, struct arena *a, struct buf out[2])
{
	struct ocpp_fault fault = { .code = OCPP_OK };
	void *object;

	for (int i = 0; i < 2; i++) {
		if (!ocpp_decode(type, OCPP_2_0_1, text, a, &object, &fault)) {
			require(i == 0 && fault.code != OCPP_OK && fault.path[0] != '\0');
			return;
		}
		ocpp_encode(type, OCPP_2_0_1, object, &out[i]);
		text = buf_slice(&out[i]);
	}
	require(slice_equal(buf_slice(&out[0]), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data,
		   *tab = size > 0 ? memchr(text, '\t', size) : NULL;
	size_t len = tab == NULL ? 0 : (size_t)(tab - text);
	struct buf out[2] = { { .max = SIZE_MAX }, { .max = SIZE_MAX } };
	struct arena a = { .max = 1 << 20 };

	for (size_t i = 0; tab != NULL && i < ocpp_all_type_count; i++) {
		if (slice_equal(slice_cstr(ocpp_all_types[i]->name), slice_from(text, len)))
			check(ocpp_all_types[i], slice_from(tab + 1, size - len - 1), &a, out);
	}
	for (size_t i = 0; i < 2; i++)
		buf_free(&out[i]);
	arena_free(&a);
	return 0;
}
