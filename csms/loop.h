/*
 * loop.h - the one event loop: descriptors, timers, signals, and a hook before it sleeps.
 *
 * A thin layer over libev, which libwebsockets shares as a foreign loop.  Watchers are fields of
 * the structs that own them; a zeroed watcher is stopped, and stopping a stopped watcher is fine.
 * Callbacks run from the loop only, never from inside the function that starts a watcher.
 */
#ifndef V2G_CSMS_LOOP_H
#define V2G_CSMS_LOOP_H

#include <ev.h>

#include <stdbool.h>
#include <stdint.h>

struct loop {
	struct ev_loop *ev;
};

struct loop_io {
	ev_io ev;
	void (*ready)(void *ctx, bool readable, bool writable);
	void *ctx;
};

struct loop_timer {
	ev_timer ev;
	void (*fired)(void *ctx);
	void *ctx;
};

struct loop_signal {
	ev_signal ev;
	void (*fired)(void *ctx);
	void *ctx;
};

struct loop_hook {
	ev_prepare ev;
	void (*before_sleep)(void *ctx);
	void *ctx;
};

void loop_init(struct loop *loop);
void loop_run(struct loop *loop);
/* Makes loop_run() return after the current turn. */
void loop_stop(struct loop *loop);
void loop_destroy(struct loop *loop);

/* Watches fd for reading and/or writing; called again it changes the interest. Neither: stops. */
void loop_io_set(struct loop *loop, struct loop_io *io, int fd, bool read, bool write,
    void (*ready)(void *ctx, bool readable, bool writable), void *ctx);
void loop_io_stop(struct loop *loop, struct loop_io *io);

/* One shot after `delay` microseconds; started again it is moved. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t delay,
    void (*fired)(void *ctx), void *ctx);
/* Every `period` microseconds. */
void loop_timer_every(struct loop *loop, struct loop_timer *timer, int64_t period,
    void (*fired)(void *ctx), void *ctx);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);
bool loop_timer_running(const struct loop_timer *timer);

void loop_signal_start(struct loop *loop, struct loop_signal *signal, int number,
    void (*fired)(void *ctx), void *ctx);
void loop_signal_stop(struct loop *loop, struct loop_signal *signal);

/* Runs after all events of a turn have been handled and before the loop blocks. */
void loop_hook_start(
    struct loop *loop, struct loop_hook *hook, void (*before_sleep)(void *ctx), void *ctx);
void loop_hook_stop(struct loop *loop, struct loop_hook *hook);

#endif
