/*
 * metrics.h - counters, gauges and histograms, one table each; /metrics prints them for Prometheus.
 *
 * One thread: a metric is a plain integer.
 */
#ifndef V2G_CSMS_METRICS_H
#define V2G_CSMS_METRICS_H

#include "common/buf.h"

#include <stdint.h>

/* X(name, help): v2g_<name>_total */
#define METRICS_COUNTERS(X)                                                                    \
	X(connections_opened, "WebSocket connections of stations accepted")                    \
	X(connections_replaced, "Connections closed because the station came again")           \
	X(connections_silent, "Connections closed because the station was silent")             \
	X(handshakes_refused, "Handshakes refused for any reason")                             \
	X(handshakes_unauthorised, "Handshakes refused for their credentials")                 \
	X(handshakes_throttled, "Handshakes refused because of too many failures")             \
	X(handshakes_unavailable, "Handshakes refused while the database was away")            \
	X(sockets_refused, "Sockets dropped before their handshake because of a limit")        \
	X(frames_received, "WebSocket messages from stations")                                 \
	X(frames_sent, "WebSocket messages to stations")                                       \
	X(bytes_received, "Payload bytes from stations")                                       \
	X(bytes_sent, "Payload bytes to stations")                                             \
	X(frames_bad, "Messages that were no valid OCPP-J frame")                              \
	X(frames_ignored, "Messages of a type that is not answered")                           \
	X(results_stray, "CALLRESULTs and CALLERRORs that no command waited for")              \
	X(calls_unsupported, "CALLs of an action that is known but not supported")             \
	X(calls_unregistered, "CALLs refused with SecurityError before the boot was accepted") \
	X(commands_sent, "Commands put on the wire")                                           \
	X(commands_timed_out, "Commands without answer in time")                               \
	X(unsent_overflow, "Connections closed because too much was unsent")                   \
	X(api_requests, "API requests")                                                        \
	X(api_refused, "API requests refused for their token or role")

/* Gauges the owner keeps up to date.  X(name, help): v2g_<name> */
#define METRICS_GAUGES(X)                                                                      \
	X(stations_connected, "Stations connected to this node")                               \
	X(calls_waiting, "CALLs of stations waiting for their turn or their commit")           \
	X(commands_outstanding, "Commands sent and not yet answered")                          \
	X(unsent_bytes, "Bytes queued towards stations")                                       \
	X(sockets, "Sockets of stations, handshake included")

#define METRICS_BUCKETS 16

struct histogram {
	uint64_t buckets[METRICS_BUCKETS + 1]; /* the last: beyond */
	uint64_t count;
	uint64_t sum_us;
};

struct metrics {
#define X(name, help) uint64_t name;
	METRICS_COUNTERS(X)
#undef X
#define X(name, help) int64_t name;
	METRICS_GAUGES(X)
#undef X
};

extern struct metrics metrics;

/* Time from the receipt of a station's CALL to the answer handed to the socket, by enum ocpp_action. */
void metrics_call(int action, int64_t microseconds, bool refused);
/* Time from a command leaving to its end. */
void metrics_command(int action, int64_t microseconds, bool refused);

struct node;
/* Prometheus text format 0.0.4: everything here, and what store and loop know. */
void metrics_print(const struct node *node, struct buf *out);

#endif
