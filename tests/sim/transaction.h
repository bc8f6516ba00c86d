/*
 * transaction.h - a transaction and the TransactionEvents that tell of it.
 *
 * Each event is written down when it happens, with its sequence number and meter values, and handed to the
 * station's queue (call.h), which delivers it whenever it can.
 */
#ifndef V2G_TESTS_SIM_TRANSACTION_H
#define V2G_TESTS_SIM_TRANSACTION_H

#include "tests/sim/evse.h"

#define TRANSACTION_ID_MAX 36

struct transaction {
	char id[TRANSACTION_ID_MAX + 1];
	char token[37];
	int token_type; /* enum ocpp_id_token_enum */
	int32_t seq_no; /* of the next event */
	int32_t remote_start_id; /* 0: none */
	int32_t reservation_id; /* -1: none */
	enum ocpp_charging_state state;
	int64_t started_at;
	int64_t sampled_mono; /* last Updated with meter values */
	int64_t charging_mono; /* spent in state Charging */
	int64_t state_mono; /* since when in this state */
};

struct transaction_start {
	enum ocpp_trigger_reason trigger;
	const char *token;
	enum ocpp_id_token_enum token_type;
	int32_t remote_start_id;
};

/* The EVSE is plugged and has no transaction. */
void transaction_start(struct evse *evse, const struct transaction_start *start);
/* The one that RequestStartTransaction asked for, if there is one and a vehicle for it. */
void transaction_start_remote(struct evse *evse);
void transaction_update(struct evse *evse, enum ocpp_trigger_reason trigger);
void transaction_set_state(struct evse *evse, enum ocpp_charging_state state);
void transaction_stop(
    struct evse *evse, enum ocpp_reason reason, enum ocpp_trigger_reason trigger);
/* Without an event: as if the station had forgotten it. */
void transaction_lose(struct evse *evse);
/* The EVSE that runs the transaction, or NULL. */
struct evse *transaction_find(struct station *st, struct slice id);
/* The central system's verdict on the token of an event. */
void transaction_judge(
    struct station *st, const char *id, enum ocpp_authorization_status status);

#endif
