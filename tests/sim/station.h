/*
 * station.h - one simulated charging station: its connection, its registration, its parts.
 *
 *     off --station_power_up--> connecting --> connected --(BootNotification Accepted)--> ready
 *
 * A station that is Accepted stays so over lost connections, until it reboots (part 4: no new
 * BootNotification after a mere reconnect).  Lost connections come back by themselves, after the
 * back-off of part 4 (5.3).
 */
#ifndef V2G_TESTS_SIM_STATION_H
#define V2G_TESTS_SIM_STATION_H

#include "common/list.h"
#include "ocpp/ocpp_types.h"
#include "tests/sim/evse.h"
#include "tests/sim/ws.h"

#include <stdint.h>

#include <ev.h>

struct call;
struct event;
struct fleet;

struct station {
	struct fleet *fleet;
	struct ws ws;
	char *name, *password;
	uint64_t random;

	/* connection and registration */
	bool was_open; /* the connection now ending had come about */
	bool registered; /* Accepted since power-up */
	bool pending; /* connected, boot answered Pending */
	enum ocpp_boot_reason boot_reason;
	unsigned backoff_round;
	int64_t away_until_mono; /* no reconnect before */
	ev_timer connect, boot, heartbeat;
	int heartbeat_seconds;

	/* calls (call.h) */
	struct call *call; /* outstanding; NULL: none */
	struct event *event; /* outstanding; NULL: none */
	struct event *last_event; /* acknowledged last, to be repeated; NULL: none */
	struct list calls; /* struct call: forgotten when the connection breaks */
	struct list events; /* struct event: kept until acknowledged, over reboots too */
	unsigned events_queued;
	ev_timer call_timeout, event_retry;
	bool event_waits; /* event_retry runs */
	bool holding; /* a command is being handled: its answer goes first */
	uint32_t call_base, call_count; /* message ids */
	struct list late; /* commands to be answered late (--slow) */
	ev_timer late_timer;

	/* the hardware */
	struct evse *evses;
	unsigned evse_count;
	unsigned transactions; /* counter for their ids */
	int32_t reset_when_idle; /* enum ocpp_boot_reason; 0: no */

	/* what the central system has stored in it */
	char **values; /* variables.h; NULL: all have their defaults */
	struct list profiles; /* profiles.h */
	struct list monitors, messages, certificates, tokens; /* commands_*.c */
	int32_t local_list_version;
	int32_t next_monitor, next_event_id;
	ev_timer monitor; /* runs while there are monitors */
	struct service *service; /* service.h; NULL: nothing ever under way */
	void *csr_key; /* EVP_PKEY of the last SignCertificate */

	/* behaviour */
	struct list laters; /* struct later */
	ev_timer flap, rude, crash;
	struct script_run *script; /* NULL: none, or it has ended */
};

void station_init(
    struct station *st, struct fleet *fleet, char *name, char *password, uint64_t seed);
void station_free(struct station *st);

/* Connects and boots, after so many seconds. */
void station_power_up(struct station *st, enum ocpp_boot_reason reason, double seconds);
/* What a reboot does to a transaction under way. */
enum reboot_fate {
	FATE_END, /* an Ended event is made: at once (clean), or when power is back (dirty) */
	FATE_CONTINUE, /* it goes on after the boot */
	FATE_LOSE, /* nobody hears of it again */
};
bool reboot_fate_parse(const char *text, enum reboot_fate *fate_out);

/* Ends the connection and boots again. */
void station_reboot(struct station *st, enum ocpp_boot_reason reason, enum ws_ending ending,
    enum reboot_fate fate);
/* Connects without booting, as a station that was Accepted in an earlier life may. */
void station_connect(struct station *st, double seconds);
/* The socket stays, but nothing is read or written; after so long it is dropped. */
void station_half_open(struct station *st, double seconds);
/* Loses the network for so long. */
void station_go_offline(struct station *st, double seconds, enum ws_ending ending);
/* Leaves for good (the program ends). */
void station_leave(struct station *st);

/* Connected and Accepted: calls may be sent. */
bool station_is_ready(const struct station *st);
bool station_is_charging(const struct station *st); /* any transaction */
struct evse *station_evse(struct station *st, int32_t id); /* NULL: there is none */
void station_send_boot(struct station *st);
void station_send_heartbeat(struct station *st);
/* After the heartbeat interval has changed. */
void station_set_heartbeat(struct station *st, int seconds);
/* Does what waits until no transaction runs: scheduled reset and availability. */
void station_idle_work(struct station *st);

/* Calls call(st, argument) after so many seconds, unless the station reboots before. */
typedef void station_later(struct station *st, intptr_t argument);
void station_after(struct station *st, double seconds, station_later *call, intptr_t argument);
/* Simulated seconds in real ones (--time-scale). */
double station_scaled(const struct station *st, double seconds);

#endif
