#include "tests/sim/load_message.h"

#include <stdio.h>

#include "common/clock.h"
#include "ocpp/rpc.h"
#include "tests/sim/message.h"

/* The clock is read as often as there are messages, but its text changes once a second. */
static const char *
now_text(void)
{
	static char text[CLOCK_TEXT_MAX];
	static int64_t second;
	int64_t now = clock_wall() / SECOND_US;

	if (now != second) {
		second = now;
		clock_format(now * SECOND_US, 0, text);
	}
	return text;
}

size_t
load_boot(char out[LOAD_MESSAGE_MAX], unsigned call, const char *station)
{
	return (size_t)snprintf(out, LOAD_MESSAGE_MAX,
	    "[2,\"%u\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":{"
	    "\"model\":\"Simulator\",\"vendorName\":\"v2g\",\"serialNumber\":\"%.25s\","
	    "\"firmwareVersion\":\"1.0\"}}]",
	    call, station);
}

size_t
load_heartbeat(char out[LOAD_MESSAGE_MAX], unsigned call)
{
	return (size_t)snprintf(out, LOAD_MESSAGE_MAX, "[2,\"%u\",\"Heartbeat\",{}]", call);
}

/* The registers rise by 10 Wh a message: the server may check that they never fall. */
static int
print_meter_values(
    char *out, size_t size, const char *context, const char *now, unsigned seq_no)
{
	return snprintf(out, size,
	    "\"meterValue\":[{\"timestamp\":\"%s\",\"sampledValue\":["
	    "{\"value\":%u,\"context\":\"%s\",\"measurand\":\"Energy.Active.Import.Register\","
	    "\"unitOfMeasure\":{\"unit\":\"Wh\"}},"
	    "{\"value\":7400.5,\"context\":\"%s\",\"measurand\":\"Power.Active.Import\","
	    "\"unitOfMeasure\":{\"unit\":\"W\"}},"
	    "{\"value\":%u.5,\"context\":\"%s\",\"measurand\":\"SoC\"}]}]",
	    now, 100000 + 10 * seq_no, context, context, 20 + seq_no % 60, context);
}

size_t
load_transaction_event(
    char out[LOAD_MESSAGE_MAX], unsigned call, const struct load_event_data *data)
{
	static const char *const names[] = { "Started", "Updated", "Ended" };
	static const char *const triggers[] = { "Authorized", "MeterValuePeriodic",
		"StopAuthorized" };
	static const char *const contexts[] = { "Transaction.Begin", "Sample.Periodic",
		"Transaction.End" };
	const char *now = now_text();
	int len;

	len = snprintf(out, LOAD_MESSAGE_MAX,
	    "[2,\"%u\",\"TransactionEvent\",{\"eventType\":\"%s\",\"timestamp\":\"%s\","
	    "\"triggerReason\":\"%s\",\"seqNo\":%u,\"transactionInfo\":{\"transactionId\":"
	    "\"%08x-%.17s-%u\",\"chargingState\":\"%s\"%s},",
	    call, names[data->event], now, triggers[data->event], data->seq_no,
	    (unsigned)data->run, data->station, data->transaction,
	    data->event == LOAD_ENDED ? "Idle" : "Charging",
	    data->event == LOAD_ENDED ? ",\"stoppedReason\":\"Local\"" : "");
	if (data->event == LOAD_STARTED)
		len += snprintf(out + len, LOAD_MESSAGE_MAX - (size_t)len,
		    "\"evse\":{\"id\":%u,\"connectorId\":1},"
		    "\"idToken\":{\"idToken\":\"%.36s\",\"type\":\"ISO14443\"},",
		    data->evse, data->token);
	len += print_meter_values(out + len, LOAD_MESSAGE_MAX - (size_t)len,
	    contexts[data->event], now, data->seq_no);
	len += snprintf(out + len, LOAD_MESSAGE_MAX - (size_t)len, "}]");
	return (size_t)len;
}

/* [2,"id",...: the id as it stands, quotes included. */
size_t
load_refusal(char out[LOAD_MESSAGE_MAX], struct slice command)
{
	const char *start = memchr(command.ptr, '"', command.len);
	char id[OCPP_MESSAGE_ID_MAX + 3];
	const char *end;

	if (start == NULL)
		return 0;
	end = memchr(start + 1, '"', command.len - (size_t)(start + 1 - command.ptr));
	if (end == NULL)
		return 0;
	message_keep(id, sizeof(id), slice_from(start, (size_t)(end + 1 - start)));
	return (size_t)snprintf(out, LOAD_MESSAGE_MAX, "[4,%s,\"NotSupported\",\"\",{}]", id);
}

/* The server is trusted to write JSON without needless blanks, or with single ones. */
enum load_answer
load_read(struct slice text, unsigned call)
{
	char id[16];
	size_t at = 1, len = (size_t)snprintf(id, sizeof(id), "\"%u\"", call);
	char kind;

	while (at < text.len && text.ptr[at] == ' ')
		at++;
	if (at + 1 >= text.len || text.ptr[0] != '[')
		return LOAD_STRAY;
	kind = text.ptr[at++];
	if (kind == '2')
		return LOAD_COMMAND;
	while (at < text.len && (text.ptr[at] == ',' || text.ptr[at] == ' '))
		at++;
	if (text.len - at < len || memcmp(text.ptr + at, id, len) != 0)
		return LOAD_STRAY;
	return kind == '3' ? LOAD_RESULT : LOAD_ERROR;
}

bool
load_is_accepted(struct slice text)
{
	return message_contains(text, "\"Accepted\"");
}
