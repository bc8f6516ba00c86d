/*
 * Commands to stations: any OCPP call that the central system may make, as a row of core.command; and waiting for its
 * end.
 *
 * A request with ?wait= is answered when the command is done, or when its time is up.  It joins node->waits first and
 * looks the command up afterwards, so that an end told in between is not missed.  The end of a call takes it off.
 */
#include <stdio.h>

#include "common/clock.h"
#include "common/json.h"
#include "csms/api.h"
#include "csms/api_call.h"
#include "csms/body.h"
#include "csms/params.h"
#include "csms/password.h"
#include "ocpp/ocpp_types.h"

#define DECODED_MAX                                                                            \
	(4UL * 1024 * 1024) /* arena of one decoded request, besides eight times its length */
#define KEY_MAX 255 /* characters of an Idempotency-Key */
#define STRETCH 4096 /* rounds of SHA-256 over a request that holds a password */

/* A command as it has been asked for. */
struct order {
	int action; /* enum ocpp_action */
	struct slice payload;
	struct slice key; /* .ptr == NULL: none */
	char hash[65]; /* of what is asked for, when there is a key */
	char secret_hash[PASSWORD_HASH_MAX]; /* "": sets no password */
	bool secret; /* holds some password */
	int64_t ttl; /* seconds */
};

/* ---- waiting ---- */

static void look_up(struct api_call *call);

void
api_wait_end(struct api_call *call)
{
	list_remove(&call->wait);
	loop_timer_stop(&call->node->loop, &call->timer);
}

static bool
is_done(struct slice body, struct arena *arena)
{
	struct slice state = body_text(body, "state", arena);

	return !slice_equal(state, SLICE("queued")) && !slice_equal(state, SLICE("sent"));
}

static void
looked_up(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct api_call *call = ctx;
	struct slice body;
	int status;
	bool done;

	if (!api_function_answer(call, outcome, r, error, &status, &body))
		return;
	done = status != 200 || is_done(body, &call->request->arena);
	if (!done && list_linked(&call->wait)) {
		if (call->poked)
			look_up(call);
		return;
	}
	/* Who has asked for the command is told that it is accepted, as without waiting. */
	if (!done && call->route->method == HTTP_POST)
		status = 202;
	api_answer(call, status, body);
}

static void
look_up(struct api_call *call)
{
	/* What is under way may have been looked up too early. */
	call->poked = call->query != NULL;
	if (call->poked)
		return;
	call->match.values[0] = (struct http_param){ SLICE("id"), slice_cstr(call->command) };
	call->match.value_count = 1;
	api_query_function(call, (struct slice){ NULL, 0 }, looked_up);
}

static void
time_is_up(void *ctx)
{
	struct api_call *call = ctx;

	/* Off the list: what is looked up next, or is being looked up, is the answer. */
	list_remove(&call->wait);
	look_up(call);
}

static void
wait_for_end(struct api_call *call)
{
	list_append(&call->node->waits, &call->wait);
	loop_timer_start(&call->node->loop, &call->timer, call->wait_us, time_is_up, call);
	look_up(call);
}

void
api_command_done(struct node *node, struct slice command_id)
{
	list_foreach_safe (pos, next, &node->waits) {
		struct api_call *call = list_entry(pos, struct api_call, wait);

		if (command_id.ptr == NULL ||
		    slice_equal(command_id, slice_cstr(call->command)))
			look_up(call);
	}
}

/* ?wait=: how long, in microseconds; 0: not at all.  False: failed and answered. */
static bool
parse_wait(struct api_call *call)
{
	struct slice text = http_param(call->request, "wait");
	long long seconds = 0;

	/* The table has checked that it is a number. */
	if (text.ptr != NULL)
		slice_to_int64(text, 0, INT32_MAX, &seconds);
	call->wait_us = seconds * SECOND_US;
	if (call->wait_us <= call->node->settings.api.max_wait)
		return true;
	api_fail(call, 400, "BadQuery", "The wait is longer than api.max_wait.", "wait");
	return false;
}

void
api_command_get(struct api_call *call)
{
	struct slice id = api_value(call, "id");

	if (!parse_wait(call))
		return;
	if (call->wait_us == 0 || id.len != sizeof(call->command) - 1) {
		api_run_function(call, (struct slice){ NULL, 0 });
		return;
	}
	/* As PostgreSQL writes it, in lower case: that is how its end will be told. */
	memcpy(call->command, id.ptr, id.len);
	for (size_t i = 0; i < id.len; i++)
		if (id.ptr[i] >= 'A' && id.ptr[i] <= 'Z')
			call->command[i] = (char)(id.ptr[i] | 0x20);
	wait_for_end(call);
}

/* ---- a new command ---- */

static bool
find_action(struct api_call *call, struct order *order)
{
	struct slice name = api_value(call, "action");
	char message[160];

	order->action = ocpp_find_action(OCPP_2_0_1, name);
	if (order->action >= 0 && ocpp_messages[order->action].direction & OCPP_FROM_CSMS)
		return true;
	snprintf(message, sizeof(message), "%.*s is %s.", name.len > 64 ? 64 : (int)name.len,
	    name.ptr,
	    order->action < 0 ? "not an action of OCPP 2.0.1"
			      : "sent by stations, not to them");
	api_fail(call, 404, "UnknownAction", message, "action");
	return false;
}

/* Is this the variable that is the station's Basic password (A01)? */
static bool
is_password(const struct ocpp_set_variable_data *item)
{
	return slice_equal_nocase(item->component->name, SLICE("SecurityCtrlr")) &&
	       slice_equal_nocase(item->variable->name, SLICE("BasicAuthPassword"));
}

/*
 * A password that the station accepts becomes the one it must come with (A01.FR.10), so its hash goes into the command's
 * row.  Were there two in one request, the answer would not say which one holds.
 */
static bool
find_password(struct api_call *call, const struct ocpp_set_variables_request *request,
    struct order *order)
{
	for (size_t i = 0; i < request->set_variable_data.count; i++) {
		const struct ocpp_set_variable_data *item =
		    &request->set_variable_data.items[i];
		char field[64];

		if (!is_password(item))
			continue;
		snprintf(field, sizeof(field), "$.setVariableData[%zu].attributeValue", i);
		if (order->secret) {
			api_fail(call, 400, "BadPassword",
			    "Only one password can be set at a time.", field);
			return false;
		}
		order->secret = true;
		if (!api_hash_password(call, item->attribute_value, field, order->secret_hash))
			return false;
	}
	return true;
}

/*
 * What is asked for, in one spelling: station, action, ttl and the payload as our encoder writes it.  A plain hash of a
 * password would be a shortcut around scrypt for whoever reads the table; so that one is stretched.
 */
static void
hash_order(struct api_call *call, const void *object, struct order *order)
{
	struct slice station = api_value(call, "station");
	struct buf text;

	buf_init(&text, 2 * order->payload.len + 4096);
	buf_printf(&text, "%.*s\n%d\n%lld\n", SLICE_ARGS(station), order->action,
	    (long long)order->ttl);
	ocpp_encode(ocpp_messages[order->action].request, OCPP_2_0_1, object, &text);
	if (buf_failed(&text)) {
		buf_init(&text, order->payload.len);
		buf_append_slice(&text, order->payload);
	}
	token_hash(buf_slice(&text), order->hash);
	buf_free(&text);
	for (int i = 0; order->secret && i < STRETCH; i++)
		token_hash(slice_cstr(order->hash), order->hash);
}

static bool
check_payload(struct api_call *call, struct arena *arena, struct order *order)
{
	struct ocpp_fault fault;
	void *object;

	if (!ocpp_decode(ocpp_messages[order->action].request, OCPP_2_0_1, order->payload,
		arena, &object, &fault)) {
		api_fail(call, 400, ocpp_error_name(fault.code), fault.detail, fault.path);
		return false;
	}
	if (order->action == OCPP_ACTION_SET_VARIABLES && !find_password(call, object, order))
		return false;
	if (order->action == OCPP_ACTION_SET_NETWORK_PROFILE)
		order->secret = true;
	if (order->key.ptr != NULL)
		hash_order(call, object, order);
	return true;
}

static bool
parse_key(struct api_call *call, struct order *order)
{
	order->key = call->request->head.idempotency_key;
	if (order->key.ptr == NULL ||
	    (order->key.len >= 1 && order->key.len <= KEY_MAX && slice_is_utf8(order->key)))
		return true;
	api_fail(call, 400, "BadIdempotencyKey", "Idempotency-Key has 1 to 255 characters.",
	    "Idempotency-Key");
	return false;
}

static bool
parse_order(struct api_call *call, struct order *order)
{
	struct slice ttl = http_param(call->request, "ttl");
	long long seconds = call->node->settings.api.default_ttl / SECOND_US;
	struct arena arena;
	bool ok;

	if (ttl.ptr != NULL)
		slice_to_int64(ttl, 1, INT32_MAX, &seconds);
	order->ttl = seconds;
	order->payload = call->request->body.ptr == NULL ? SLICE("{}") : call->request->body;
	if (!parse_wait(call) || !parse_key(call, order) || !find_action(call, order))
		return false;
	arena_init(&arena, DECODED_MAX + 8 * order->payload.len);
	ok = check_payload(call, &arena, order);
	arena_free(&arena);
	return ok;
}

static void
accept(struct api_call *call, bool repeated)
{
	char location[64], body[80];

	snprintf(location, sizeof(location), "/api/v1/commands/%s", call->command);
	http_header(call->request, "Location", location);
	if (repeated)
		http_header(call->request, "Idempotent-Replayed", "true");
	if (call->wait_us > 0) {
		wait_for_end(call);
		return;
	}
	/* The answer to a repeat is the answer to the first, whatever has become of the command since. */
	snprintf(body, sizeof(body), "{\"id\":\"%s\",\"state\":\"queued\"}", call->command);
	api_answer(call, 202, slice_cstr(body));
}

static void
submitted(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct api_call *call = ctx;
	struct slice verdict, id;

	call->query = NULL;
	if (outcome == PG_UNKNOWN) {
		api_unavailable(call);
		return;
	}
	if (outcome == PG_REFUSED) {
		api_refused(call, error);
		return;
	}
	verdict = pg_text(r, 0, 0);
	id = pg_text(r, 0, 1);
	if (slice_equal(verdict, SLICE("no station"))) {
		api_fail(call, 404, "NotFound", "There is no such station.", "station");
		return;
	}
	if (slice_equal(verdict, SLICE("conflict"))) {
		api_fail(call, 422, "IdempotencyKeyReused",
		    "The key was used for another request.", "Idempotency-Key");
		return;
	}
	if (id.ptr == NULL || id.len != sizeof(call->command) - 1) {
		api_fail(call, 500, "Internal", "The command has no id.", NULL);
		return;
	}
	memcpy(call->command, id.ptr, id.len);
	accept(call, slice_equal(verdict, SLICE("repeated")));
}

/* The order as the parameters of core.command_submit(). */
static void
submit(struct api_call *call, const struct order *order)
{
	struct params params = { 0 };
	struct slice none = { NULL, 0 };
	char ttl[40];

	snprintf(ttl, sizeof(ttl), "%lld seconds", (long long)order->ttl);
	params_text(&params, api_value(call, "station"));
	params_text(&params, ocpp_messages[order->action].action);
	params_text(&params, order->payload);
	params_text(&params, SLICE("api"));
	params_int(&params, call->caller);
	params_text(&params, order->key);
	params_text(&params, order->key.ptr == NULL ? none : slice_cstr(order->hash));
	params_text(&params, slice_cstr(ttl));
	params_time(&params, clock_wall());
	params_text(
	    &params, order->secret_hash[0] == '\0' ? none : slice_cstr(order->secret_hash));
	api_query(call, QUERY_COMMAND_SUBMIT, &params.pg, submitted);
}

void
api_command_submit(struct api_call *call)
{
	struct order order = { 0 };

	if (parse_order(call, &order))
		submit(call, &order);
}
