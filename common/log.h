/*
 * log.h - one event a line on standard error, and in a file when one is set.
 *
 *     2026-01-02T03:04:05.678Z INFO STATION_CONNECTED station=CP-7 address=10.0.0.7
 *
 * EVENT_NAME is stable (operators and fail2ban match on it).  Values that hold a blank, a quote, an
 * '=' or a control character are quoted and escaped, so that a peer cannot forge a line.  Never log
 * secrets, nor whole frames above debug.
 */
#ifndef V2G_COMMON_LOG_H
#define V2G_COMMON_LOG_H

#include "slice.h"

#include <stdint.h>

/* NONE is for log_set_level() alone: nothing is written. */
enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_NONE
};

/* A key=value pair.  Made by the macros below; a text of NULL prints as "-". */
struct log_field {
	const char *key;
	struct slice text;
	int64_t number;
	bool is_number;
};

#define LOG_STR(key, cstr) ((struct log_field){ (key), slice_cstr(cstr), 0, false })
#define LOG_SLICE(key, s)  ((struct log_field){ (key), (s), 0, false })
#define LOG_INT(key, n)    ((struct log_field){ (key), { NULL, 0 }, (n), true })

/* log_info("STATION_CONNECTED", LOG_SLICE("station", id), LOG_STR("address", addr)); */
#define log_event(level, event, ...)                                                           \
	log_write((level), (event), (const struct log_field[]){ __VA_ARGS__ },                 \
	    sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
#define log_debug(event, ...) log_event(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...)  log_event(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...)  log_event(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_event(LOG_LEVEL_ERROR, event, __VA_ARGS__)

void log_write(
    enum log_level level, const char *event, const struct log_field *fields, size_t count);
/* Events below `level` are not written.  Default: LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
bool log_level_parse(struct slice name, enum log_level *level_out);
/* Also append to this file (created 0640); NULL closes it.  -1 with errno when it cannot be opened. */
int log_set_file(const char *path);
/* Reopens the file, after rotation. */
void log_reopen(void);

#endif
