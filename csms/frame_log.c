#include "csms/frame_log.h"

#include "common/clock.h"

#define COLUMN_MAX (512U << 20) /* the store's limit comes first */
#define KEEP_MAX   (1U << 20) /* memory of a burst is given back */

enum { TIME, STATION, CONNECTION, DIRECTION, FRAME };

void
frame_log_init(struct frame_log *log)
{
	log->count = 0;
	for (int i = 0; i < FRAME_LOG_COLUMNS; i++)
		buf_init(&log->columns[i], COLUMN_MAX);
}

void
frame_log_free(struct frame_log *log)
{
	for (int i = 0; i < FRAME_LOG_COLUMNS; i++)
		buf_free(&log->columns[i]);
	log->count = 0;
}

void
frame_log_clear(struct frame_log *log)
{
	for (int i = 0; i < FRAME_LOG_COLUMNS; i++) {
		if (log->columns[i].cap > KEEP_MAX)
			buf_free(&log->columns[i]);
		buf_clear(&log->columns[i]);
	}
	log->count = 0;
}

/* An element in quotes, in which only quote and backslash mean anything. */
static void
append_quoted(struct buf *out, struct slice text)
{
	char *at = buf_reserve(out, 2 * text.len + 2), *start = at;

	if (at == NULL)
		return;
	*at++ = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			*at++ = '\\';
		*at++ = text.ptr[i];
	}
	*at++ = '"';
	out->len += (size_t)(at - start);
}

bool
frame_log_add(struct frame_log *log, int64_t at, int64_t station, int64_t connection,
    bool inbound, struct slice frame)
{
	char time[CLOCK_TEXT_MAX];

	if (!slice_is_utf8(frame) || memchr(frame.ptr, '\0', frame.len) != NULL)
		return false;
	for (int i = 0; i < FRAME_LOG_COLUMNS; i++)
		buf_append_char(&log->columns[i], log->count == 0 ? '{' : ',');
	buf_append(&log->columns[TIME], time, clock_format(at, 6, time));
	buf_append_int64(&log->columns[STATION], station);
	if (connection != 0)
		buf_append_int64(&log->columns[CONNECTION], connection);
	else
		buf_append_cstr(&log->columns[CONNECTION], "NULL");
	buf_append_cstr(&log->columns[DIRECTION], inbound ? "in" : "out");
	append_quoted(&log->columns[FRAME], frame);
	log->count++;
	return true;
}

int64_t
frame_log_size(const struct frame_log *log)
{
	int64_t size = 0;

	for (int i = 0; i < FRAME_LOG_COLUMNS; i++)
		size += (int64_t)log->columns[i].len;
	return size;
}

void
frame_log_params(struct frame_log *log, struct pg_params *params_out)
{
	params_out->count = FRAME_LOG_COLUMNS;
	for (int i = 0; i < FRAME_LOG_COLUMNS; i++) {
		struct buf *column = &log->columns[i];

		/* Behind the text, not in it: a frame that comes later replaces it. */
		buf_append_char(column, '}');
		column->len--;
		params_out->values[i] = slice_from(column->ptr, column->len + 1);
	}
}
