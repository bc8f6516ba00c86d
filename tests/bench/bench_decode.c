/*
 * bench_decode.c - what it costs to read a TransactionEvent: frame and payload into structs, beside
 * json-c's parse of the same text into a tree (new tokener each time), in the same run.  CPU time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <json-c/json.h>

#include "ocpp/ocpp_types.h"
#include "ocpp/rpc.h"

/* Rounds alternate, and the best counts, so that a busy machine disturbs both alike. */
#define ROUNDS         15
#define REPEATS        20000
#define JSON_C_REPEATS 5000

static const char frame_text[] =
    "[2,\"9ae5a4a6-3b87-4d3c-8f2c-5d2b8e1f0a11\",\"TransactionEvent\",{\"eventType\":"
    "\"Updated\","
    "\"timestamp\":\"2026-03-01T12:34:56.789Z\",\"triggerReason\":\"MeterValuePeriodic\","
    "\"seqNo\":42,\"transactionInfo\":{\"transactionId\":\"tx-7f3a0c52\",\"chargingState\":"
    "\"Charging\"},\"evse\":{\"id\":1,\"connectorId\":1},\"meterValue\":[{\"timestamp\":"
    "\"2026-03-01T12:34:56Z\",\"sampledValue\":[{\"value\":12345.6,\"measurand\":"
    "\"Energy.Active.Import.Register\",\"unitOfMeasure\":{\"unit\":\"Wh\"}},{\"value\":-7200.5,"
    "\"measurand\":\"Power.Active.Import\",\"unitOfMeasure\":{\"unit\":\"W\"}}]}]}]";

static double
cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void
decode_once(struct slice text, struct arena *arena)
{
	struct ocpp_frame frame;
	struct ocpp_fault fault;
	void *object;
	int action;

	if (ocpp_frame_parse(text, arena, &frame, &fault) != OCPP_FRAME_OK)
		abort();
	action = ocpp_find_action(OCPP_2_0_1, frame.action);
	if (action < 0 || !ocpp_decode(ocpp_messages[action].request, OCPP_2_0_1, frame.payload,
			      arena, &object, &fault))
		abort();
	arena_reset(arena);
}

static void
json_c_once(struct slice text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *tree = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);

	if (tree == NULL)
		abort();
	json_object_put(tree);
	json_tokener_free(tokener);
}

int
main(void)
{
	const struct slice text = { frame_text, sizeof(frame_text) - 1 };
	double best_decode = 1e18, best_json_c = 1e18;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (int round = 0; round < ROUNDS; round++) {
		double start = cpu_ns(), middle, end;

		for (int i = 0; i < REPEATS; i++)
			decode_once(text, &arena);
		middle = cpu_ns();
		for (int i = 0; i < JSON_C_REPEATS; i++)
			json_c_once(text);
		end = cpu_ns();
		if (middle - start < best_decode * REPEATS)
			best_decode = (middle - start) / REPEATS;
		if (end - middle < best_json_c * JSON_C_REPEATS)
			best_json_c = (end - middle) / JSON_C_REPEATS;
	}
	arena_free(&arena);
	printf(
	    "TransactionEvent, %zu bytes: decode %.0f ns, json-c parse %.0f ns, ratio %.1f\n",
	    text.len, best_decode, best_json_c, best_json_c / best_decode);
	return 0;
}
