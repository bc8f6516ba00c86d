#include "ocpp/ocpp.h"

#include <assert.h>

#include "common/clock.h"
#include "common/json.h"
#include "ocpp/number.h"

struct encoder {
	struct buf *out;
	enum ocpp_version version;
};

static void encode_object(
    const struct encoder *e, const struct ocpp_type *type, const void *object);

/* Part 1 advises no fraction of a second, and allows three digits. */
static void
encode_time(const struct encoder *e, const struct ocpp_time *time)
{
	char text[CLOCK_TEXT_MAX];
	size_t len;

	if (time->text.ptr != NULL) {
		json_write_string(e->out, time->text);
		return;
	}
	len = clock_format(time->at, time->at % SECOND_US == 0 ? 0 : 3, text);
	json_write_string(e->out, slice_from(text, len));
}

static void
encode_decimal(const struct encoder *e, const struct ocpp_decimal *value)
{
	if (value->text.ptr != NULL)
		buf_append_slice(e->out, value->text);
	else
		ocpp_decimal_write(e->out, value);
}

/* One value from `slot`: see decode_value() about objects. */
static void
encode_value(const struct encoder *e, const struct ocpp_field *field, const void *slot)
{
	switch (field->kind) {
	case OCPP_KIND_STRING: json_write_string(e->out, *(const struct slice *)slot); break;
	case OCPP_KIND_DATE_TIME: encode_time(e, slot); break;
	case OCPP_KIND_INTEGER: buf_append_int64(e->out, *(const int32_t *)slot); break;
	case OCPP_KIND_DECIMAL: encode_decimal(e, slot); break;
	case OCPP_KIND_BOOLEAN:
		buf_append_cstr(e->out, *(const bool *)slot ? "true" : "false");
		break;
	case OCPP_KIND_ENUM:
		json_write_string(
		    e->out, ocpp_enum_text(field->enumeration, *(const int *)slot));
		break;
	case OCPP_KIND_ANY:
	case OCPP_KIND_CUSTOM_DATA:
		assert(((const struct slice *)slot)->len > 0);
		buf_append_slice(e->out, *(const struct slice *)slot);
		break;
	case OCPP_KIND_OBJECT:
		encode_object(
		    e, field->type, field->is_array ? slot : *(const void *const *)slot);
		break;
	}
}

static void
encode_array(const struct encoder *e, const struct ocpp_field *field, const void *slot)
{
	const size_t item_size = ocpp_item_size(field);
	struct {
		const char *items;
		size_t count;
	} array;

	memcpy(&array, slot, sizeof(array));
	assert(array.count >= field->min_items);
	buf_append_char(e->out, '[');
	for (size_t i = 0; i < array.count; i++) {
		if (i > 0)
			buf_append_char(e->out, ',');
		encode_value(e, field, array.items + i * item_size);
	}
	buf_append_char(e->out, ']');
}

static void
encode_object(const struct encoder *e, const struct ocpp_type *type, const void *object)
{
	char before = '{';
	uint64_t has;

	assert(object != NULL);
	memcpy(&has, object, sizeof(has));
	for (unsigned i = 0; i < type->count; i++) {
		const struct ocpp_field *field = &type->fields[i];
		const void *slot = (const char *)object + field->offset;

		if ((field->versions & e->version) == 0)
			continue;
		if ((has >> field->bit & 1) == 0) {
			assert((field->required & e->version) == 0);
			continue;
		}
		buf_append_char(e->out, before);
		buf_append_char(e->out, '"');
		buf_append_slice(e->out, field->name);
		buf_append_cstr(e->out, "\":");
		if (field->is_array)
			encode_array(e, field, slot);
		else
			encode_value(e, field, slot);
		before = ',';
	}
	if (before == '{')
		buf_append_char(e->out, '{');
	buf_append_char(e->out, '}');
}

void
ocpp_encode(const struct ocpp_type *type, enum ocpp_version version, const void *object,
    struct buf *out)
{
	const struct encoder e = { .out = out, .version = version };

	encode_object(&e, type, object);
}
