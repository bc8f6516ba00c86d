#include "tests/sim/message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"

/* All arrays of the generated structs look like this. */
struct any_array {
	char *items;
	size_t count;
};

static bool
is_set(const struct ocpp_field *field, const void *slot)
{
	if ((field->required & OCPP_2_0_1) != 0)
		return true;
	if (field->is_array)
		return ((const struct any_array *)slot)->count > 0;
	switch (field->kind) {
	case OCPP_KIND_STRING:
	case OCPP_KIND_ANY:
	case OCPP_KIND_CUSTOM_DATA: return ((const struct slice *)slot)->ptr != NULL;
	case OCPP_KIND_DATE_TIME: {
		const struct ocpp_time *time = slot;

		return time->at != 0 || time->text.ptr != NULL;
	}
	case OCPP_KIND_ENUM: return *(const int *)slot != 0;
	case OCPP_KIND_OBJECT: return *(void *const *)slot != NULL;
	case OCPP_KIND_INTEGER:
	case OCPP_KIND_DECIMAL:
	case OCPP_KIND_BOOLEAN: return false;
	}
	return false;
}

static void
mark_below(const struct ocpp_field *field, void *slot)
{
	struct any_array *array = slot;

	if (field->kind != OCPP_KIND_OBJECT)
		return;
	if (!field->is_array) {
		message_mark(field->type, *(void **)slot);
		return;
	}
	for (size_t i = 0; i < array->count; i++)
		message_mark(field->type, array->items + i * ocpp_item_size(field));
}

void
message_mark(const struct ocpp_type *type, void *object)
{
	uint64_t has;

	memcpy(&has, object, sizeof(has));
	for (unsigned i = 0; i < type->count; i++) {
		const struct ocpp_field *field = &type->fields[i];
		void *slot = (char *)object + field->offset;

		if (is_set(field, slot))
			has |= UINT64_C(1) << field->bit;
		if ((has >> field->bit & 1) != 0)
			mark_below(field, slot);
	}
	memcpy(object, &has, sizeof(has));
}

static void
check_text(const struct ocpp_type *type, struct slice text)
{
	struct ocpp_fault fault;
	struct arena arena;
	void *object;

	arena_init(&arena, 1 << 22);
	if (!ocpp_decode(type, OCPP_2_0_1, text, &arena, &object, &fault)) {
		fprintf(stderr, "evse-sim: own %s is wrong at %s: %s: %.*s\n", type->name,
		    fault.path, fault.detail, SLICE_ARGS(text));
		abort();
	}
	arena_free(&arena);
}

void
message_encode(const struct ocpp_type *type, void *object, bool check, struct buf *out)
{
	size_t start = out->len;

	message_mark(type, object);
	ocpp_encode(type, OCPP_2_0_1, object, out);
	if (check)
		check_text(type, slice_from(out->ptr + start, out->len - start));
}

void
message_keep(char *out, size_t size, struct slice text)
{
	size_t len = text.len < size ? text.len : size - 1;

	if (len > 0)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}

bool
message_contains(struct slice text, const char *word)
{
	size_t len = strlen(word);

	for (size_t at = 0; at + len <= text.len; at++)
		if (memcmp(text.ptr + at, word, len) == 0)
			return true;
	return false;
}

struct ocpp_time
message_time(int64_t at)
{
	return (struct ocpp_time){ .at = at / 1000 * 1000 };
}

struct ocpp_time
message_now(void)
{
	return message_time(clock_wall());
}

struct ocpp_decimal
message_decimal(double value, int decimals)
{
	return (struct ocpp_decimal){
		.units = llround(value * pow(10, decimals)),
		.scale = decimals,
	};
}

double
message_double(const struct ocpp_decimal *value)
{
	return (double)value->units / pow(10, value->scale);
}
