/*
 * load_message.h - the texts that the load generator sends, and the little it reads.
 */
#ifndef V2G_TESTS_SIM_LOAD_MESSAGE_H
#define V2G_TESTS_SIM_LOAD_MESSAGE_H

#include "common/slice.h"

#include <stdint.h>

#define LOAD_MESSAGE_MAX 1200

enum load_event { LOAD_STARTED, LOAD_UPDATED, LOAD_ENDED };

/* What an event is made of. */
struct load_event_data {
	enum load_event event;
	const char *station;
	unsigned evse;
	uint64_t run; /* tells this run's transactions from those of other runs */
	unsigned transaction;
	unsigned seq_no;
	const char *token;
};

/* Each returns the length of the text in `out`; `call` is the message id. */
size_t load_boot(char out[LOAD_MESSAGE_MAX], unsigned call, const char *station);
size_t load_heartbeat(char out[LOAD_MESSAGE_MAX], unsigned call);
size_t load_transaction_event(
    char out[LOAD_MESSAGE_MAX], unsigned call, const struct load_event_data *data);
/* An answer to a command of the central system, which a load station does not obey. */
size_t load_refusal(char out[LOAD_MESSAGE_MAX], struct slice command);

enum load_answer { LOAD_RESULT, LOAD_ERROR, LOAD_COMMAND, LOAD_STRAY };

/* What the text is: the result of the call, its error, a command, or neither. */
enum load_answer load_read(struct slice text, unsigned call);
/* Of the answer to BootNotification. */
bool load_is_accepted(struct slice text);

#endif
