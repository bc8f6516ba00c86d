/*
 * settings.h - everything an operator can set, from one table (settings.c); `v2g-csms --help-config` prints it.
 */
#ifndef V2G_CSMS_SETTINGS_H
#define V2G_CSMS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strings are owned by the settings; times are microseconds, sizes bytes. */
struct settings {
	struct {
		char *uri;
		int64_t connections; /* of the API's pool */
		int64_t statement_timeout;
		int64_t max_pending; /* bytes of station messages waiting for commit */
		int64_t max_batch;
		int64_t commit_delay;
		int64_t
		    outage_limit; /* past it, stations are disconnected and handshakes get 503 */
		int64_t message_retention; /* of the raw log */
		bool log_messages;
	} database;
	struct {
		char *plain, *tls, *http; /* ADDRESS:PORT; unset: not listening */
		bool http_tls;
	} listen;
	struct {
		char *rsa_certificate, *rsa_key;
		char *ecdsa_certificate, *ecdsa_key;
		char *client_ca;
		char *operator_name; /* O= a station certificate must have; unset: any */
	} tls;
	struct {
		char *node;
		int64_t heartbeat_interval; /* answered at boot, plus jitter */
		int64_t call_timeout;
		int64_t ping_interval, silence_limit;
		int64_t handshake_timeout;
		int64_t max_message; /* reassembled and inflated */
		int64_t max_unsent; /* bytes queued towards one station */
		int64_t max_unsent_total;
		int64_t max_queued_calls; /* inbound CALLs of one station waiting their turn */
		int64_t max_frames_per_second; /* per station, averaged over 10 s */
		int64_t max_connections,
		    max_handshakes; /* sockets in all; sockets before their handshake */
		int64_t max_handshakes_per_address;
		int64_t max_bad_frames; /* per connection, then it is closed */
		int64_t settle_time; /* between boot and the first command */
		bool compression;
	} ocpp;
	struct {
		bool hide_unknown; /* 401 instead of 404 for an unknown station */
		int64_t failures_per_address, failures_per_station; /* a minute */
		int64_t password_cost; /* log2 of scrypt's N */
		int64_t password_min, password_max; /* characters */
	} security;
	struct {
		int64_t max_body;
		int64_t max_wait; /* ceiling of ?wait= */
		int64_t default_ttl; /* of a command */
	} api;
	struct {
		char *file, *level;
	} log;
};

/* Fills from the file and the arguments; -1 after reporting what is wrong. */
int settings_load(const char *path, int *argc, char **argv, struct settings *settings);
void settings_free(struct settings *settings);
void settings_help(void);

#endif
