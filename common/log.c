#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"

/* Up to PIPE_BUF (4096 on Linux) the kernel writes a line to a pipe in one piece. */
#define LINE_SIZE 4096
/* What must still fit after a cut value: its closing quote, the mark, the newline. */
#define CUT_MARK  " log_cut=yes"
#define LINE_ROOM (LINE_SIZE - sizeof("\"" CUT_MARK "\n"))

struct line {
	char text[LINE_SIZE];
	size_t len;
	bool cut; /* something did not fit; nothing more is appended */
};

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "DEBUG",
	[LOG_LEVEL_INFO] = "INFO",
	[LOG_LEVEL_WARN] = "WARN",
	[LOG_LEVEL_ERROR] = "ERROR",
};
#define LEVEL_COUNT (sizeof(level_names) / sizeof(level_names[0]))

static struct {
	enum log_level level;
	int fd; /* of the file; -1: none */
	char *path;
} state = { .level = LOG_LEVEL_INFO, .fd = -1 };

/* Appends all of it or, when it does not fit, nothing. */
static void
line_add(struct line *l, const char *text, size_t len)
{
	if (l->cut || len > LINE_ROOM - l->len) {
		l->cut = true;
		return;
	}
	memcpy(l->text + l->len, text, len);
	l->len += len;
}

static void
line_add_cstr(struct line *l, const char *text)
{
	line_add(l, text, strlen(text));
}

/*
 * Bytes that may stand in a value without quotes.  Everything outside printable ASCII is escaped,
 * so that neither a terminal nor a reader of lines can be led astray by it.
 */
static bool
is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '"' && c != '=' && c != '\\';
}

/* An empty value and a literal "-" are quoted too: a bare "-" means absent. */
static bool
needs_quotes(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_plain(s.ptr[i]))
			return true;
	}
	return s.len == 0 || slice_equal(s, SLICE("-"));
}

/* An escape is appended whole or not at all. */
static void
line_add_escaped(struct line *l, char c)
{
	char escape[] = "\\x00";

	switch (c) {
	case '"': line_add_cstr(l, "\\\""); return;
	case '\\': line_add_cstr(l, "\\\\"); return;
	case '\n': line_add_cstr(l, "\\n"); return;
	case '\r': line_add_cstr(l, "\\r"); return;
	case '\t': line_add_cstr(l, "\\t"); return;
	}
	if (c >= ' ' && c <= '~') {
		line_add(l, &c, 1);
		return;
	}
	escape[2] = "0123456789abcdef"[(unsigned char)c >> 4];
	escape[3] = "0123456789abcdef"[(unsigned char)c & 15];
	line_add_cstr(l, escape);
}

static void
line_add_text(struct line *l, struct slice s)
{
	if (s.ptr == NULL) {
		line_add_cstr(l, "-");
		return;
	}
	if (!needs_quotes(s)) {
		/* Byte by byte, so that a value that is too long shows its beginning. */
		for (size_t i = 0; i < s.len && !l->cut; i++)
			line_add(l, s.ptr + i, 1);
		return;
	}
	line_add_cstr(l, "\"");
	if (l->cut)
		return;
	for (size_t i = 0; i < s.len && !l->cut; i++)
		line_add_escaped(l, s.ptr[i]);
	/* LINE_ROOM keeps this byte free, so a cut value is closed as well. */
	l->text[l->len++] = '"';
}

static void
line_add_number(struct line *l, int64_t number)
{
	char text[sizeof("-9223372036854775808")];

	snprintf(text, sizeof(text), "%" PRId64, number);
	line_add_cstr(l, text);
}

static void
line_add_field(struct line *l, const struct log_field *field)
{
	line_add_cstr(l, " ");
	line_add_cstr(l, field->key);
	line_add_cstr(l, "=");
	if (field->is_number)
		line_add_number(l, field->number);
	else
		line_add_text(l, field->text);
}

static void
line_end(struct line *l)
{
	const char *end = l->cut ? CUT_MARK "\n" : "\n";
	size_t len = strlen(end);

	assert(l->len + len <= sizeof(l->text));
	memcpy(l->text + l->len, end, len);
	l->len += len;
}

/*
 * One write() a line, so that lines of several processes do not mix.  There is nobody to tell of a
 * failure.
 */
static void
write_line(int fd, const struct line *l)
{
	ssize_t n;

	do {
		n = write(fd, l->text, l->len);
	} while (n < 0 && errno == EINTR);
}

static void
line_begin(struct line *l, enum log_level level, const char *event)
{
	char time[CLOCK_TEXT_MAX];

	l->len = 0;
	l->cut = false;
	line_add(l, time, clock_format(clock_wall(), 3, time));
	line_add_cstr(l, " ");
	line_add_cstr(l, level_names[level]);
	line_add_cstr(l, " ");
	line_add_cstr(l, event);
}

void
log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	int saved_errno = errno; /* callers log first and look at errno afterwards */
	struct line l;

	if (level < state.level)
		return;
	line_begin(&l, level, event);
	for (size_t i = 0; i < count && !l.cut; i++)
		line_add_field(&l, &fields[i]);
	line_end(&l);
	write_line(STDERR_FILENO, &l);
	if (state.fd >= 0)
		write_line(state.fd, &l);
	errno = saved_errno;
}

void
log_set_level(enum log_level level)
{
	state.level = level;
}

bool
log_level_parse(struct slice name, enum log_level *level_out)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		if (slice_equal_nocase(name, slice_cstr(level_names[i]))) {
			*level_out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* Readable by the service's group, for those who watch the log without being the service. */
static int
open_log(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
	    S_IRUSR | S_IWUSR | S_IRGRP);
}

static void
close_log(void)
{
	if (state.fd >= 0)
		close(state.fd);
	state.fd = -1;
	free(state.path);
	state.path = NULL;
}

int
log_set_file(const char *path)
{
	char *copy;
	int fd;

	if (path == NULL) {
		close_log();
		return 0;
	}
	fd = open_log(path);
	if (fd < 0)
		return -1;
	copy = strdup(path);
	if (copy == NULL)
		abort();
	close_log();
	state.fd = fd;
	state.path = copy;
	return 0;
}

void
log_reopen(void)
{
	int fd;

	if (state.path == NULL)
		return;
	fd = open_log(state.path);
	if (fd < 0) {
		/* The old file is better than none. */
		log_error("LOG_REOPEN_FAILED", LOG_STR("path", state.path),
		    LOG_STR("error", strerror(errno)));
		return;
	}
	close(state.fd);
	state.fd = fd;
}
