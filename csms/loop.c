#include "csms/loop.h"

#include <stdlib.h>

void
loop_init(struct loop *loop)
{
	loop->ev = ev_default_loop(EVFLAG_AUTO);
	if (loop->ev == NULL)
		abort(); /* no epoll: nothing could run */
}

void
loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
}

void
loop_stop(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

void
loop_destroy(struct loop *loop)
{
	if (loop->ev != NULL)
		ev_loop_destroy(loop->ev);
	loop->ev = NULL;
}

static double
seconds(int64_t microseconds)
{
	return (double)microseconds / 1e6;
}

static void
on_io(struct ev_loop *ev, ev_io *watcher, int events)
{
	struct loop_io *io = watcher->data;

	(void)ev;
	io->ready(io->ctx, (events & EV_READ) != 0, (events & EV_WRITE) != 0);
}

void
loop_io_set(struct loop *loop, struct loop_io *io, int fd, bool read, bool write,
    void (*ready)(void *ctx, bool readable, bool writable), void *ctx)
{
	int events = (read ? EV_READ : 0) | (write ? EV_WRITE : 0);

	io->ready = ready;
	io->ctx = ctx;
	if (ev_is_active(&io->ev) && io->ev.fd == fd &&
	    (io->ev.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(loop->ev, &io->ev);
	if (events == 0)
		return;
	ev_io_init(&io->ev, on_io, fd, events);
	io->ev.data = io;
	ev_io_start(loop->ev, &io->ev);
}

void
loop_io_stop(struct loop *loop, struct loop_io *io)
{
	ev_io_stop(loop->ev, &io->ev);
}

static void
on_timer(struct ev_loop *ev, ev_timer *watcher, int events)
{
	struct loop_timer *timer = watcher->data;

	(void)ev;
	(void)events;
	timer->fired(timer->ctx);
}

static void
start_timer(struct loop *loop, struct loop_timer *timer, int64_t delay, int64_t period,
    void (*fired)(void *ctx), void *ctx)
{
	ev_timer_stop(loop->ev, &timer->ev);
	timer->fired = fired;
	timer->ctx = ctx;
	/* Counted from now, not from when this turn of the loop began. */
	ev_now_update(loop->ev);
	ev_timer_init(&timer->ev, on_timer, seconds(delay), seconds(period));
	timer->ev.data = timer;
	ev_timer_start(loop->ev, &timer->ev);
}

void
loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t delay,
    void (*fired)(void *ctx), void *ctx)
{
	start_timer(loop, timer, delay, 0, fired, ctx);
}

void
loop_timer_every(struct loop *loop, struct loop_timer *timer, int64_t period,
    void (*fired)(void *ctx), void *ctx)
{
	start_timer(loop, timer, period, period, fired, ctx);
}

void
loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	ev_timer_stop(loop->ev, &timer->ev);
}

bool
loop_timer_running(const struct loop_timer *timer)
{
	return timer->ev.active != 0;
}

static void
on_signal(struct ev_loop *ev, ev_signal *watcher, int events)
{
	struct loop_signal *signal = watcher->data;

	(void)ev;
	(void)events;
	signal->fired(signal->ctx);
}

void
loop_signal_start(struct loop *loop, struct loop_signal *signal, int number,
    void (*fired)(void *ctx), void *ctx)
{
	ev_signal_stop(loop->ev, &signal->ev);
	signal->fired = fired;
	signal->ctx = ctx;
	ev_signal_init(&signal->ev, on_signal, number);
	signal->ev.data = signal;
	ev_signal_start(loop->ev, &signal->ev);
}

void
loop_signal_stop(struct loop *loop, struct loop_signal *signal)
{
	ev_signal_stop(loop->ev, &signal->ev);
}

static void
on_prepare(struct ev_loop *ev, ev_prepare *watcher, int events)
{
	struct loop_hook *hook = watcher->data;

	(void)ev;
	(void)events;
	hook->before_sleep(hook->ctx);
}

void
loop_hook_start(
    struct loop *loop, struct loop_hook *hook, void (*before_sleep)(void *ctx), void *ctx)
{
	ev_prepare_stop(loop->ev, &hook->ev);
	hook->before_sleep = before_sleep;
	hook->ctx = ctx;
	ev_prepare_init(&hook->ev, on_prepare);
	hook->ev.data = hook;
	ev_prepare_start(loop->ev, &hook->ev);
}

void
loop_hook_stop(struct loop *loop, struct loop_hook *hook)
{
	ev_prepare_stop(loop->ev, &hook->ev);
}
