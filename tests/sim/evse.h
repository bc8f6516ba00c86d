/*
 * evse.h - an EVSE with one connector, its meter, and the vehicle that may be plugged in.
 *
 * Power is positive into the vehicle, as OCPP counts.  Energy registers only rise.
 */
#ifndef V2G_TESTS_SIM_EVSE_H
#define V2G_TESTS_SIM_EVSE_H

#include "common/list.h"
#include "ocpp/ocpp_types.h"

#include <ev.h>

#define EVSE_RATED_W 11000.0

struct station;
struct transaction;

struct evse_reservation {
	int32_t id;
	int64_t expires_at;
	char token[37];
};

struct evse {
	struct station *station;
	int32_t id; /* from 1 */
	bool plugged, faulted;
	bool inoperative; /* ChangeAvailability */
	bool change_scheduled, scheduled_inoperative; /* when the transaction has ended */
	enum ocpp_connector_status reported; /* last sent; ABSENT: must be sent */
	struct transaction *transaction; /* NULL: none */
	struct evse_reservation reservation; /* id -1: none */

	/* a remote start that waits for the cable; remote_start_id 0: none */
	int32_t remote_start_id;
	char remote_token[37];
	int remote_token_type;
	bool remote_allowed; /* nothing but the cable is missing */
	struct list remote_profile; /* at most one struct stored: for the transaction to come */

	double wanted_w; /* what the vehicle would do without limits */
	double power_w; /* what it does */
	double import_wh, export_wh;
	double soc, battery_wh;
	int64_t metered_mono; /* registers are right up to here */
	ev_timer tick; /* runs while there is a transaction */

	int state; /* of the behaviour */
	unsigned step;
	ev_timer wake;
};

void evse_init(struct evse *evse, struct station *st, int32_t id);
void evse_free(struct evse *evse);
enum ocpp_connector_status evse_status(const struct evse *evse);
/* Sends StatusNotification if the status has changed; when not ready it is sent later. */
void evse_report(struct evse *evse);
void evse_send_status(struct evse *evse);

void evse_plug(struct evse *evse);
void evse_unplug(struct evse *evse);
void evse_fault(struct evse *evse, bool faulted);
void evse_set_inoperative(struct evse *evse, bool inoperative);
/* Wanted power; limits of charging profiles and of the battery apply. */
void evse_want(struct evse *evse, double watts);
/* Brings registers and power up to date; reports a change of the charging state. */
void evse_update(struct evse *evse);
/* Power and registers follow the clock from here until evse_rest(). */
void evse_run(struct evse *evse);
void evse_rest(struct evse *evse);
/* Around a reboot: a transaction that continues draws nothing in between. */
void evse_power_off(struct evse *evse);
void evse_power_on(struct evse *evse);

#endif
