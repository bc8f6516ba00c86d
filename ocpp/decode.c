#include "ocpp/ocpp.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/json.h"
#include "ocpp/number.h"
#include "ocpp/ocpp_types.h"

#define DEPTH_MAX 32

struct decoder {
	struct json_reader reader;
	enum ocpp_version version;
	struct arena *arena;
	struct ocpp_fault *fault;
};

/* Where we are: a chain of members and array indices, on the stack, spelled out only for a fault. */
struct step {
	const struct step *up; /* NULL at the payload */
	struct slice name; /* .ptr == NULL: an array item */
	size_t index;
};

/* All arrays of the generated structs look like this one. */
struct array {
	void *items;
	size_t count;
};

static bool decode_object(
    struct decoder *d, const struct step *at, const struct ocpp_type *type, void *object);

/* ---- faults ---- */

/* A name that JSONPath takes after a dot; others are quoted in brackets. */
static bool
is_plain_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
		    c != '_')
			return false;
	}
	return name.len > 0;
}

static void
append_step(struct buf *path, const struct step *at)
{
	if (at->up == NULL) {
		buf_append_char(path, '$');
		return;
	}
	append_step(path, at->up);
	if (at->name.ptr == NULL) {
		buf_printf(path, "[%zu]", at->index);
	} else if (is_plain_name(at->name)) {
		buf_append_char(path, '.');
		buf_append_slice(path, at->name);
	} else {
		buf_append_char(path, '[');
		json_write_string(path, at->name);
		buf_append_char(path, ']');
	}
}

/* The end of a long path says more than its beginning.  Cut between characters, not within one. */
static void
write_path(const struct step *at, struct ocpp_fault *fault)
{
	const struct slice mark = SLICE("...");
	const size_t room = sizeof(fault->path) - 1;
	char *to = fault->path;
	struct buf path;
	struct slice text;

	/* A name can be as long as the message, which its receiver has bounded. */
	buf_init(&path, SIZE_MAX);
	append_step(&path, at);
	text = buf_slice(&path);
	if (text.len > room) {
		size_t from = text.len - (room - mark.len);

		while (from < text.len && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
			from++;
		text = slice_from(text.ptr + from, text.len - from);
		memcpy(to, mark.ptr, mark.len);
		to += mark.len;
	}
	memcpy(to, text.ptr, text.len);
	to[text.len] = '\0';
	buf_free(&path);
}

static bool __attribute__((format(printf, 4, 5)))
refuse(struct decoder *d, const struct step *at, enum ocpp_error code, const char *format, ...)
{
	va_list args;

	d->fault->code = code;
	write_path(at, d->fault);
	va_start(args, format);
	(void)vsnprintf(d->fault->detail, sizeof(d->fault->detail), format, args);
	va_end(args);
	return false;
}

static bool
refuse_syntax(struct decoder *d, const struct step *at)
{
	return refuse(d, at, OCPP_FORMAT_VIOLATION, "%s, at byte %zu",
	    json_error_text(d->reader.error), d->reader.offset);
}

static bool
refuse_memory(struct decoder *d, const struct step *at)
{
	return refuse(d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION,
	    "the message needs more than %zu bytes of memory", d->arena->max);
}

/* The value is of another JSON type than `wanted`, or it is not JSON at all. */
static bool
refuse_token(
    struct decoder *d, const struct step *at, enum json_token token, const char *wanted)
{
	if (token == JSON_ERROR)
		return refuse_syntax(d, at);
	if (token == JSON_NULL)
		return refuse(d, at, OCPP_TYPE_CONSTRAINT_VIOLATION,
		    "must be %s; null is not allowed, an absent field is left out", wanted);
	return refuse(d, at, OCPP_TYPE_CONSTRAINT_VIOLATION, "must be %s", wanted);
}

/* ---- scalars ---- */

/* The text of a JSON_STRING, at most field->max_length characters of it. */
static bool
decode_text(struct decoder *d, const struct step *at, const struct ocpp_field *field,
    enum json_token token, struct slice *text_out)
{
	if (token != JSON_STRING)
		return refuse_token(d, at, token, "a string");
	if (field->max_length > 0 && d->reader.chars > field->max_length)
		return refuse(d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION,
		    "has %zu characters, at most %u are allowed", d->reader.chars,
		    (unsigned)field->max_length);
	*text_out = json_text(&d->reader, d->arena);
	return text_out->ptr != NULL || refuse_memory(d, at);
}

static bool
decode_time(struct decoder *d, const struct step *at, const struct ocpp_field *field,
    enum json_token token, struct ocpp_time *time)
{
	if (!decode_text(d, at, field, token, &time->text))
		return false;
	return clock_parse(time->text, &time->at) ||
	       refuse(
		   d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION, "is not a date-time of RFC 3339");
}

static bool
decode_enum(struct decoder *d, const struct step *at, const struct ocpp_field *field,
    enum json_token token, int *value_out)
{
	const struct ocpp_enum *e = field->enumeration;
	struct slice text = { NULL, 0 };

	if (!decode_text(d, at, field, token, &text))
		return false;
	for (int i = 0; i < e->count; i++) {
		if (slice_equal(e->values[i], text) && (e->versions[i] & d->version) != 0) {
			*value_out = i + 1;
			return true;
		}
	}
	return refuse(
	    d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION, "is not a value of %s", e->name);
}

static bool
check_bounds(struct decoder *d, const struct step *at, const struct ocpp_field *field,
    const struct ocpp_decimal *value)
{
	if (field->has_minimum && ocpp_decimal_compare(value, field->minimum) < 0)
		return refuse(d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION, "must be at least %d",
		    (int)field->minimum);
	if (field->has_maximum && ocpp_decimal_compare(value, field->maximum) > 0)
		return refuse(d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION, "must be at most %d",
		    (int)field->maximum);
	return true;
}

/* As JSON schema has it, 1.0 and 1e2 are integers. */
static bool
decode_integer(struct decoder *d, const struct step *at, const struct ocpp_field *field,
    enum json_token token, int32_t *value_out)
{
	struct ocpp_decimal value;

	if (token != JSON_NUMBER || !ocpp_number_is_integer(d->reader.raw))
		return refuse_token(d, at, token, "an integer");
	if (!ocpp_decimal_parse(d->reader.raw, &value) ||
	    ocpp_decimal_compare(&value, INT32_MIN) < 0 ||
	    ocpp_decimal_compare(&value, INT32_MAX) > 0)
		return refuse(d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION,
		    "must fit in 32 bits, %d to %d", INT32_MIN, INT32_MAX);
	if (!check_bounds(d, at, field, &value))
		return false;
	*value_out = (int32_t)value.units;
	return true;
}

static bool
decode_decimal(struct decoder *d, const struct step *at, const struct ocpp_field *field,
    enum json_token token, struct ocpp_decimal *value)
{
	if (token != JSON_NUMBER)
		return refuse_token(d, at, token, "a number");
	if (!ocpp_decimal_parse(d->reader.raw, value))
		return refuse(d, at, OCPP_PROPERTY_CONSTRAINT_VIOLATION,
		    "must have at most 18 significant digits, within 10^-18 and 10^18");
	return check_bounds(d, at, field, value);
}

static bool
decode_boolean(struct decoder *d, const struct step *at, enum json_token token, bool *value_out)
{
	if (token != JSON_TRUE && token != JSON_FALSE)
		return refuse_token(d, at, token, "true or false");
	*value_out = token == JSON_TRUE;
	return true;
}

static bool
decode_any(
    struct decoder *d, const struct step *at, enum json_token token, struct slice *text_out)
{
	return json_skip(&d->reader, token, text_out) || refuse_syntax(d, at);
}

/* Verified as the open type that it is, and kept as text. */
static bool
decode_custom_data(
    struct decoder *d, const struct step *at, enum json_token token, struct slice *text_out)
{
	struct ocpp_custom_data object = { 0 };
	const char *first = d->reader.raw.ptr;

	if (token != JSON_OBJECT)
		return refuse_token(d, at, token, "an object");
	if (!decode_object(d, at, &ocpp_type_custom_data, &object))
		return false;
	*text_out = slice_from(first, (size_t)(d->reader.at - first));
	return true;
}

static bool
decode_pointer(struct decoder *d, const struct step *at, const struct ocpp_type *type,
    enum json_token token, void **object_out)
{
	void *object;

	if (token != JSON_OBJECT)
		return refuse_token(d, at, token, "an object");
	object = arena_alloc(d->arena, type->size);
	if (object == NULL)
		return refuse_memory(d, at);
	*object_out = object;
	return decode_object(d, at, type, object);
}

/* ---- members and items ---- */

/*
 * One value into `slot`, which is the member of a struct or an item of an array; they differ for
 * objects only, which are items themselves and members by pointer.
 */
static bool
decode_value(struct decoder *d, const struct step *at, const struct ocpp_field *field,
    enum json_token token, void *slot)
{
	switch (field->kind) {
	case OCPP_KIND_STRING: return decode_text(d, at, field, token, slot);
	case OCPP_KIND_DATE_TIME: return decode_time(d, at, field, token, slot);
	case OCPP_KIND_INTEGER: return decode_integer(d, at, field, token, slot);
	case OCPP_KIND_DECIMAL: return decode_decimal(d, at, field, token, slot);
	case OCPP_KIND_BOOLEAN: return decode_boolean(d, at, token, slot);
	case OCPP_KIND_ENUM: return decode_enum(d, at, field, token, slot);
	case OCPP_KIND_ANY: return decode_any(d, at, token, slot);
	case OCPP_KIND_CUSTOM_DATA: return decode_custom_data(d, at, token, slot);
	case OCPP_KIND_OBJECT:
		if (!field->is_array)
			return decode_pointer(d, at, field->type, token, slot);
		if (token != JSON_OBJECT)
			return refuse_token(d, at, token, "an object");
		return decode_object(d, at, field->type, slot);
	}
	return false;
}

/* Room for one more item.  The arena cannot free, so doubling wastes at most as much again. */
static void *
add_item(struct decoder *d, struct array *array, size_t *cap, size_t item_size)
{
	if (array->count == *cap) {
		size_t bigger = *cap == 0 ? 4 : *cap * 2;
		void *items = arena_alloc(d->arena, bigger * item_size);

		if (items == NULL)
			return NULL;
		if (array->count > 0)
			memcpy(items, array->items, array->count * item_size);
		array->items = items;
		*cap = bigger;
	}
	return (char *)array->items + array->count++ * item_size;
}

static bool
decode_array(
    struct decoder *d, const struct step *at, const struct ocpp_field *field, void *slot)
{
	const size_t item_size = ocpp_item_size(field);
	struct array array = { NULL, 0 };
	struct step step = { .up = at };
	enum json_token token;
	size_t cap = 0;

	while ((token = json_next(&d->reader)) != JSON_ARRAY_END) {
		void *item;

		step.index = array.count;
		if (token == JSON_ERROR)
			return refuse_syntax(d, &step);
		if (field->max_items > 0 && array.count == field->max_items)
			return refuse(d, at, OCPP_OCCURRENCE_CONSTRAINT_VIOLATION,
			    "has more than %u items", (unsigned)field->max_items);
		item = add_item(d, &array, &cap, item_size);
		if (item == NULL)
			return refuse_memory(d, at);
		if (!decode_value(d, &step, field, token, item))
			return false;
	}
	if (array.count < field->min_items)
		return refuse(d, at, OCPP_OCCURRENCE_CONSTRAINT_VIOLATION,
		    "has %zu items, at least %u are required", array.count,
		    (unsigned)field->min_items);
	memcpy(slot, &array, sizeof(array));
	return true;
}

static bool
decode_member(
    struct decoder *d, const struct step *at, const struct ocpp_field *field, void *object)
{
	enum json_token token = json_next(&d->reader);
	void *slot = (char *)object + field->offset;

	if (!field->is_array)
		return decode_value(d, at, field, token, slot);
	if (token != JSON_ARRAY)
		return refuse_token(d, at, token, "an array");
	return decode_array(d, at, field, slot);
}

/*
 * The field of that name.  Senders keep to the order of the schema more often than not, so the
 * search begins after the field found last (*next), and goes round.
 */
static const struct ocpp_field *
find_field(
    const struct decoder *d, const struct ocpp_type *type, struct slice name, unsigned *next)
{
	unsigned i = *next;

	for (unsigned n = 0; n < type->count; n++, i++) {
		const struct ocpp_field *field;

		if (i >= type->count)
			i = 0;
		field = &type->fields[i];
		if (slice_equal(field->name, name) && (field->versions & d->version) != 0) {
			*next = i + 1;
			return field;
		}
	}
	return NULL;
}

static void
apply_fallback(const struct ocpp_field *field, void *object)
{
	void *slot = (char *)object + field->offset;

	switch (field->kind) {
	case OCPP_KIND_STRING: *(struct slice *)slot = field->fallback; break;
	case OCPP_KIND_INTEGER: *(int32_t *)slot = field->fallback_value; break;
	case OCPP_KIND_ENUM: *(int *)slot = field->fallback_value; break;
	case OCPP_KIND_BOOLEAN: *(bool *)slot = field->fallback_value != 0; break;
	case OCPP_KIND_DATE_TIME:
	case OCPP_KIND_DECIMAL:
	case OCPP_KIND_ANY:
	case OCPP_KIND_CUSTOM_DATA:
	case OCPP_KIND_OBJECT: assert(false); break; /* the schemas have no such default */
	}
}

/* The object's end: what is absent is refused, or takes its default. */
static bool
finish_object(struct decoder *d, const struct step *at, const struct ocpp_type *type,
    uint64_t has, void *object)
{
	memcpy(object, &has, sizeof(has));
	for (unsigned i = 0; i < type->count; i++) {
		const struct ocpp_field *field = &type->fields[i];
		struct step step = { .up = at, .name = field->name };

		if ((has >> field->bit & 1) != 0 || (field->versions & d->version) == 0)
			continue;
		if ((field->required & d->version) != 0)
			return refuse(
			    d, &step, OCPP_OCCURRENCE_CONSTRAINT_VIOLATION, "is required");
		if (field->fallback.ptr != NULL)
			apply_fallback(field, object);
	}
	return true;
}

/* The members and the end of an object, whose opening brace has been read. */
static bool
decode_object(
    struct decoder *d, const struct step *at, const struct ocpp_type *type, void *object)
{
	struct step step = { .up = at };
	enum json_token token;
	unsigned next = 0;
	uint64_t has = 0;

	while ((token = json_next(&d->reader)) == JSON_KEY) {
		const struct ocpp_field *field;
		struct slice ignored, name = json_text(&d->reader, d->arena);

		if (name.ptr == NULL)
			return refuse_memory(d, at);
		step.name = name;
		field = find_field(d, type, name, &next);
		if (field == NULL && type->open) {
			if (!decode_any(d, &step, json_next(&d->reader), &ignored))
				return false;
			continue;
		}
		if (field == NULL)
			return refuse(d, &step, OCPP_FORMAT_VIOLATION, "%s has no such field",
			    type->name);
		if ((has >> field->bit & 1) != 0)
			return refuse(d, &step, OCPP_FORMAT_VIOLATION, "stands twice");
		has |= UINT64_C(1) << field->bit;
		if (!decode_member(d, &step, field, object))
			return false;
	}
	if (token != JSON_OBJECT_END)
		return refuse_syntax(d, at);
	return finish_object(d, at, type, has, object);
}

static bool
decode_payload(
    struct decoder *d, const struct step *root, const struct ocpp_type *type, void **object_out)
{
	enum json_token token = json_next(&d->reader);

	if (token == JSON_ERROR)
		return refuse_syntax(d, root);
	if (token != JSON_OBJECT)
		return refuse(d, root, OCPP_FORMAT_VIOLATION, "the payload must be an object");
	if (!decode_pointer(d, root, type, token, object_out))
		return false;
	return json_next(&d->reader) == JSON_END || refuse_syntax(d, root);
}

bool
ocpp_decode(const struct ocpp_type *type, enum ocpp_version version, struct slice text,
    struct arena *arena, void **object_out, struct ocpp_fault *fault_out)
{
	struct decoder d = { .version = version, .arena = arena, .fault = fault_out };
	const struct step root = { .up = NULL };
	enum json_token token;
	void *object = NULL;

	json_begin(&d.reader, text, DEPTH_MAX);
	if (decode_payload(&d, &root, type, &object)) {
		*object_out = object;
		return true;
	}
	/* All other faults are defined for JSON only, so the rest of the text must be that. */
	if (d.reader.error == JSON_OK) {
		do
			token = json_next(&d.reader);
		while (token != JSON_END && token != JSON_ERROR);
		if (token == JSON_ERROR)
			refuse_syntax(&d, &root);
	}
	return false;
}
