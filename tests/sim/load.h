/*
 * load.h - a load generator: thousands of stations that do nothing but send calls.
 *
 *   heartbeat    Heartbeat after Heartbeat
 *   transaction  Started, K times Updated with meter values (about 550 bytes), Ended, and again
 *   boot         connect and BootNotification: the time until all are Accepted
 *   idle         connect, boot, and stay, to measure the server's memory
 *
 * Closed loop: each station has one call outstanding, without pauses.  Open loop (--rate): calls are due at
 * fixed times, and a call's latency counts from when it was due, so that a server that stalls is not
 * flattered by calls that were never made.
 *
 * Messages are printed from templates and answers are compared by id only, since the generator often shares
 * its processors with the server under test.
 */
#ifndef V2G_TESTS_SIM_LOAD_H
#define V2G_TESTS_SIM_LOAD_H

struct ev_loop;
struct options;
struct ws_client;

/* Runs to its end and prints the result; the exit code. */
int load_run(struct ev_loop *loop, struct ws_client *client, const struct options *options);

#endif
