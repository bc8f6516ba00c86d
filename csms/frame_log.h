/*
 * frame_log.h - raw messages gathered as the five array parameters of one insert.  Internal to store.c.
 */
#ifndef V2G_CSMS_FRAME_LOG_H
#define V2G_CSMS_FRAME_LOG_H

#include "common/buf.h"
#include "csms/pg.h"

#define FRAME_LOG_COLUMNS 5 /* time, station, connection, direction, frame */

struct frame_log {
	struct buf columns[FRAME_LOG_COLUMNS]; /* array literals without their closing brace */
	int64_t count;
};

void frame_log_init(struct frame_log *log);
void frame_log_free(struct frame_log *log);
/* Forgets the frames. */
void frame_log_clear(struct frame_log *log);

/* False, and nothing has changed, when a text of PostgreSQL cannot hold the frame. */
bool frame_log_add(struct frame_log *log, int64_t at, int64_t station, int64_t connection,
    bool inbound, struct slice frame);
/* Bytes as they will be sent. */
int64_t frame_log_size(const struct frame_log *log);
/* The parameters, borrowed until the next change.  May be called again for the same frames. */
void frame_log_params(struct frame_log *log, struct pg_params *params_out);

#endif
