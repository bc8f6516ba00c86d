#include "ocpp/rpc.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/json.h"

#define DEPTH_MAX       32
#define DESCRIPTION_MAX 255

struct parser {
	struct json_reader reader;
	struct arena *arena;
	struct ocpp_frame *frame;
	struct ocpp_fault *fault;
};

static bool __attribute__((format(printf, 3, 4)))
refuse(struct parser *p, enum ocpp_error code, const char *format, ...)
{
	va_list args;

	*p->fault = (struct ocpp_fault){ .code = code };
	va_start(args, format);
	(void)vsnprintf(p->fault->detail, sizeof(p->fault->detail), format, args);
	va_end(args);
	return false;
}

/* The next element is missing, of the wrong JSON type, or not JSON. */
static bool
refuse_element(struct parser *p, enum json_token token, const char *wanted)
{
	if (token == JSON_ERROR)
		return refuse(p, OCPP_RPC_FRAMEWORK_ERROR, "%s, at byte %zu",
		    json_error_text(p->reader.error), p->reader.offset);
	return refuse(
	    p, OCPP_RPC_FRAMEWORK_ERROR, "%s is missing or of the wrong type", wanted);
}

static bool
parse_text(struct parser *p, const char *wanted, struct slice *text_out)
{
	enum json_token token = json_next(&p->reader);
	struct slice text;

	if (token != JSON_STRING)
		return refuse_element(p, token, wanted);
	text = json_text(&p->reader, p->arena);
	if (text.ptr == NULL)
		return refuse(p, OCPP_RPC_FRAMEWORK_ERROR, "%s is too long", wanted);
	*text_out = text;
	return true;
}

/* The kind is stored as soon as it is known: it decides whether a fault is answered. */
static bool
parse_kind(struct parser *p, long long *kind_out)
{
	enum json_token token = json_next(&p->reader);

	if (token != JSON_ARRAY)
		return refuse_element(p, token, "the array of a message");
	token = json_next(&p->reader);
	if (token != JSON_NUMBER || !slice_to_int64(p->reader.raw, 0, INT32_MAX, kind_out))
		return refuse_element(p, token, "the message type, a small integer,");
	if (*kind_out >= OCPP_CALL && *kind_out <= OCPP_CALLERROR)
		p->frame->kind = (enum ocpp_frame_kind) * kind_out;
	return true;
}

static bool
parse_id(struct parser *p)
{
	struct slice id;

	if (!parse_text(p, "the message id, a string,", &id))
		return false;
	if (p->reader.chars < 1 || p->reader.chars > OCPP_MESSAGE_ID_MAX)
		return refuse(p, OCPP_RPC_FRAMEWORK_ERROR,
		    "the message id must have 1 to %d characters", OCPP_MESSAGE_ID_MAX);
	p->frame->id = id;
	return true;
}

static bool
parse_payload(struct parser *p)
{
	enum json_token token = json_next(&p->reader);

	if (token == JSON_ARRAY_END)
		return refuse_element(p, token, "the payload, an object,");
	if (!json_skip(&p->reader, token, &p->frame->payload)) {
		refuse(p, OCPP_FORMAT_VIOLATION, "%s, at byte %zu",
		    json_error_text(p->reader.error), p->reader.offset);
	} else if (token != JSON_OBJECT) {
		refuse(p, OCPP_FORMAT_VIOLATION, "the payload must be an object");
	} else {
		return true;
	}
	memcpy(p->fault->path, "$", 2);
	return false;
}

/* The array's end and nothing after it. */
static bool
parse_end(struct parser *p)
{
	enum json_token token = json_next(&p->reader);

	if (token == JSON_ERROR)
		return refuse_element(p, token, "the end of the message");
	if (token != JSON_ARRAY_END)
		return refuse(p, OCPP_RPC_FRAMEWORK_ERROR, "the message has too many elements");
	if (json_next(&p->reader) != JSON_END)
		return refuse(p, OCPP_RPC_FRAMEWORK_ERROR, "text after the message");
	return true;
}

/*
 * What a CALLERROR says beside its code is for people, and it ends our call with or without it.
 * So description and details may be missing, or of any type: then they count as absent.
 */
static bool
parse_error(struct parser *p)
{
	enum json_token token;
	struct slice ignored;

	if (!parse_text(p, "the error code, a string,", &p->frame->error_code))
		return false;
	token = json_next(&p->reader);
	if (token == JSON_STRING)
		p->frame->error_description = json_text(&p->reader, p->arena);
	else if (token != JSON_ARRAY_END && !json_skip(&p->reader, token, &ignored))
		return refuse_element(p, JSON_ERROR, "the error description");
	if (token != JSON_ARRAY_END)
		token = json_next(&p->reader);
	if (token != JSON_ARRAY_END && !json_skip(&p->reader, token, &p->frame->error_details))
		return refuse_element(p, JSON_ERROR, "the error details");
	if (token != JSON_ARRAY_END)
		return parse_end(p);
	if (json_next(&p->reader) != JSON_END)
		return refuse(p, OCPP_RPC_FRAMEWORK_ERROR, "text after the message");
	return true;
}

static bool
parse_message(struct parser *p)
{
	long long kind;

	if (!parse_kind(p, &kind) || !parse_id(p))
		return false;
	switch (kind) {
	case OCPP_CALL:
		return parse_text(p, "the action, a string,", &p->frame->action) &&
		       parse_payload(p) && parse_end(p);
	case OCPP_CALLRESULT: return parse_payload(p) && parse_end(p);
	case OCPP_CALLERROR: return parse_error(p);
	default: return refuse(p, OCPP_MESSAGE_TYPE_NOT_SUPPORTED, "message type %lld", kind);
	}
}

enum ocpp_frame_result
ocpp_frame_parse(struct slice text, struct arena *arena, struct ocpp_frame *frame,
    struct ocpp_fault *fault_out)
{
	struct parser p = { .arena = arena, .frame = frame, .fault = fault_out };

	memset(frame, 0, sizeof(*frame));
	json_begin(&p.reader, text, DEPTH_MAX);
	if (parse_message(&p))
		return OCPP_FRAME_OK;
	/* The reader stops at the first damage; invalid UTF-8 after it weighs more. */
	if (!slice_is_utf8(text))
		return OCPP_FRAME_BAD_UTF8;
	/* Nobody is to use the parts of what is refused. */
	*frame = (struct ocpp_frame){ .kind = frame->kind, .id = frame->id };
	if (frame->kind == OCPP_CALLRESULT || frame->kind == OCPP_CALLERROR)
		return OCPP_FRAME_IGNORE;
	if (frame->id.ptr == NULL)
		frame->id = SLICE("-1");
	return OCPP_FRAME_REFUSE;
}

void
ocpp_frame_call(struct buf *out, struct slice id, struct slice action, struct slice payload)
{
	buf_append_cstr(out, "[2,");
	json_write_string(out, id);
	buf_append_char(out, ',');
	json_write_string(out, action);
	buf_append_char(out, ',');
	buf_append_slice(out, payload);
	buf_append_char(out, ']');
}

void
ocpp_frame_result(struct buf *out, struct slice id, struct slice payload)
{
	buf_append_cstr(out, "[3,");
	json_write_string(out, id);
	buf_append_char(out, ',');
	buf_append_slice(out, payload);
	buf_append_char(out, ']');
}

/* The longest start of `text` that has at most DESCRIPTION_MAX bytes, and so characters. */
static struct slice
cut_description(struct slice text)
{
	if (text.len <= DESCRIPTION_MAX)
		return text;
	text.len = DESCRIPTION_MAX;
	while (((unsigned char)text.ptr[text.len] & 0xC0) == 0x80)
		text.len--;
	return text;
}

void
ocpp_frame_error(struct buf *out, struct slice id, const struct ocpp_fault *fault)
{
	char text[sizeof(fault->path) + sizeof(fault->detail) + 2];

	(void)snprintf(text, sizeof(text), "%s%s%s", fault->path,
	    fault->path[0] != '\0' && fault->detail[0] != '\0' ? ": " : "", fault->detail);
	buf_append_cstr(out, "[4,");
	json_write_string(out, id);
	buf_append_char(out, ',');
	json_write_string(out, slice_cstr(ocpp_error_name(fault->code)));
	buf_append_char(out, ',');
	json_write_string(out, cut_description(slice_cstr(text)));
	buf_append_cstr(out, ",{}]");
}
