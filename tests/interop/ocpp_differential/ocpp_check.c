/*
 * ocpp_check.c - the verdict of our decoder, for a comparison with another's.
 *
 * Reads lines "TypeName\tJSON" and answers each with one line: "ok\tJSON", the object as we encode
 * it, or "CODE\tPATH\tDETAIL".
 */
#include <stdio.h>
#include <stdlib.h>

#include "ocpp/ocpp.h"

/* No message of the comparison comes near it. */
#define MEMORY_MAX (16 << 20)

static const struct ocpp_type *
find_type(struct slice name)
{
	for (size_t i = 0; i < ocpp_all_type_count; i++) {
		if (slice_equal(slice_cstr(ocpp_all_types[i]->name), name))
			return ocpp_all_types[i];
	}
	return NULL;
}

static void
check(const struct ocpp_type *type, struct slice text, struct arena *arena, struct buf *out)
{
	struct ocpp_fault fault;
	void *object;

	if (ocpp_decode(type, OCPP_2_0_1, text, arena, &object, &fault)) {
		buf_append_cstr(out, "ok\t");
		ocpp_encode(type, OCPP_2_0_1, object, out);
	} else {
		buf_printf(
		    out, "%s\t%s\t%s", ocpp_error_name(fault.code), fault.path, fault.detail);
	}
	buf_append_char(out, '\n');
}

int
main(void)
{
	struct arena arena;
	struct buf out;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	arena_init(&arena, MEMORY_MAX);
	buf_init(&out, MEMORY_MAX);
	while ((len = getline(&line, &cap, stdin)) > 0) {
		const struct ocpp_type *type;
		const char *tab = memchr(line, '\t', (size_t)len);

		len -= line[len - 1] == '\n';
		type = tab == NULL ? NULL : find_type(slice_from(line, (size_t)(tab - line)));
		if (type == NULL) {
			(void)fprintf(stderr, "no such type: %.*s\n", (int)len, line);
			return 1;
		}
		buf_clear(&out);
		check(type, slice_from(tab + 1, (size_t)(line + len - tab - 1)), &arena, &out);
		if (buf_failed(&out) || fwrite(out.ptr, 1, out.len, stdout) != out.len)
			return 1;
		arena_reset(&arena);
	}
	free(line);
	buf_free(&out);
	arena_free(&arena);
	return 0;
}
