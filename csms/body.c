#include "csms/body.h"

#include <stdio.h>

#include "common/json.h"
#include "common/map.h"

#define NUMBER_MAX   64 /* characters */
#define EXPONENT_MAX 308

/* One open object or array of the walk, linked from the inside out. */
struct level {
	const struct level *up;
	struct slice key; /* the member at work; .ptr == NULL: an array */
	size_t index;
};

struct check {
	struct json_reader reader;
	struct arena *arena;
	struct body_fault *fault;
};

static void
write_path(const struct level *level, struct buf *out)
{
	if (level == NULL) {
		buf_append_char(out, '$');
		return;
	}
	write_path(level->up, out);
	if (level->key.ptr == NULL)
		buf_printf(out, "[%zu]", level->index);
	else
		buf_printf(out, ".%.*s", SLICE_ARGS(level->key));
}

static bool
complain(struct check *c, const struct level *level, const char *message)
{
	char *path = c->fault->path;
	size_t size = sizeof(c->fault->path);
	struct buf text;
	struct slice s;

	buf_init(&text, 1 << 20);
	write_path(level, &text);
	s = buf_slice(&text);
	if (s.len < size)
		snprintf(path, size, "%.*s", SLICE_ARGS(s));
	else
		snprintf(path, size, "...%s", s.ptr + s.len - (size - 4));
	buf_free(&text);
	c->fault->message = message;
	return false;
}

/* PostgreSQL keeps 1e130000 as a number of 130,000 digits: short to send, long to answer. */
static bool
number_is_sane(struct slice raw)
{
	const char *e = memchr(raw.ptr, 'e', raw.len);
	long long exponent;
	struct slice digits;

	if (raw.len > NUMBER_MAX)
		return false;
	if (e == NULL)
		e = memchr(raw.ptr, 'E', raw.len);
	if (e == NULL)
		return true;
	digits = slice_from(e + 1, raw.len - (size_t)(e + 1 - raw.ptr));
	if (digits.len > 0 && (digits.ptr[0] == '+' || digits.ptr[0] == '-'))
		digits = slice_from(digits.ptr + 1, digits.len - 1);
	return slice_to_int64(digits, 0, EXPONENT_MAX, &exponent);
}

static bool check_value(struct check *c, enum json_token token, const struct level *level);

static bool
check_members(struct check *c, struct map *seen, const struct level *up)
{
	struct level level = { up, SLICE(""), 0 };
	enum json_token token;

	for (token = json_next(&c->reader); token == JSON_KEY; token = json_next(&c->reader)) {
		level.key = json_text(&c->reader, c->arena);
		if (level.key.ptr == NULL)
			return complain(c, up, "The body has too many members.");
		if (map_put(seen, level.key, c) != NULL)
			return complain(c, &level, "The member comes twice.");
		if (!check_value(c, json_next(&c->reader), &level))
			return false;
	}
	return token == JSON_OBJECT_END || complain(c, up, json_error_text(c->reader.error));
}

static bool
check_object(struct check *c, const struct level *up)
{
	struct map seen = { 0 };
	bool ok = check_members(c, &seen, up);

	map_free(&seen);
	return ok;
}

static bool
check_array(struct check *c, const struct level *up)
{
	struct level level = { up, { NULL, 0 }, 0 };
	enum json_token token;

	for (token = json_next(&c->reader); token != JSON_ARRAY_END;
	     token = json_next(&c->reader)) {
		if (!check_value(c, token, &level))
			return false;
		level.index++;
	}
	return true;
}

/* The depth is bounded by the reader. */
static bool
check_value(struct check *c, enum json_token token, const struct level *level)
{
	switch (token) {
	case JSON_OBJECT: return check_object(c, level);
	case JSON_ARRAY: return check_array(c, level);
	case JSON_NUMBER:
		return number_is_sane(c->reader.raw) ||
		       complain(c, level,
			   "The number is too long, or too large or too small by its "
			   "exponent.");
	case JSON_STRING:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL: return true;
	case JSON_ERROR:
	case JSON_END:
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
	case JSON_KEY: break;
	}
	return complain(c, level, json_error_text(c->reader.error));
}

bool
body_check(struct slice text, struct arena *arena, struct body_fault *fault_out)
{
	struct check c = { .arena = arena, .fault = fault_out };

	json_begin(&c.reader, text, BODY_DEPTH_MAX);
	switch (json_next(&c.reader)) {
	case JSON_OBJECT: break;
	case JSON_ERROR: return complain(&c, NULL, json_error_text(c.reader.error));
	default: return complain(&c, NULL, "The body must be an object.");
	}
	if (!check_object(&c, NULL))
		return false;
	if (json_next(&c.reader) != JSON_END)
		return complain(&c, NULL, "Something follows the object.");
	return true;
}

/* Walks to the member; its first token goes to *token_out. */
static bool
find(struct json_reader *r, struct slice text, const char *name, struct arena *arena,
    enum json_token *token_out)
{
	struct slice value;

	json_begin(r, text, BODY_DEPTH_MAX);
	if (json_next(r) != JSON_OBJECT)
		return false;
	while (json_next(r) == JSON_KEY) {
		bool found = slice_equal(json_text(r, arena), slice_cstr(name));
		enum json_token token = json_next(r);

		if (found) {
			*token_out = token;
			return true;
		}
		if (!json_skip(r, token, &value))
			return false;
	}
	return false;
}

struct slice
body_text(struct slice text, const char *name, struct arena *arena)
{
	struct json_reader r;
	enum json_token token;

	if (!find(&r, text, name, arena, &token) || token != JSON_STRING)
		return (struct slice){ NULL, 0 };
	return json_text(&r, arena);
}

struct slice
body_value(struct slice text, const char *name, struct arena *arena)
{
	struct slice none = { NULL, 0 }, value;
	struct json_reader r;
	enum json_token token;

	if (!find(&r, text, name, arena, &token) || token == JSON_NULL)
		return none;
	if (token == JSON_STRING)
		return r.raw;
	return json_skip(&r, token, &value) ? value : none;
}

bool
body_has(struct slice text, const char *name, struct arena *arena)
{
	struct json_reader r;
	enum json_token token;

	return find(&r, text, name, arena, &token);
}

void
body_rewrite(struct slice text, const char *drop, const char *add, struct slice value,
    struct arena *arena, struct buf *out)
{
	struct json_reader r;
	const char *comma = "";

	buf_append_char(out, '{');
	json_begin(&r, text, BODY_DEPTH_MAX);
	if (json_next(&r) == JSON_OBJECT)
		while (json_next(&r) == JSON_KEY) {
			struct slice key = r.raw, member;
			bool keep = drop == NULL ||
				    !slice_equal(json_text(&r, arena), slice_cstr(drop));

			if (!json_skip(&r, json_next(&r), &member))
				break;
			if (!keep)
				continue;
			buf_printf(out, "%s\"%.*s\":", comma, SLICE_ARGS(key));
			buf_append_slice(out, member);
			comma = ",";
		}
	if (add != NULL) {
		buf_printf(out, "%s\"%s\":", comma, add);
		json_write_string(out, value);
	}
	buf_append_char(out, '}');
}
