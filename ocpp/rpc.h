/*
 * rpc.h - the frames of OCPP-J (part 4, chapter 4): CALL, CALLRESULT, CALLERROR.
 */
#ifndef V2G_OCPP_RPC_H
#define V2G_OCPP_RPC_H

#include "ocpp.h"

#define OCPP_MESSAGE_ID_MAX 36 /* characters, part 4, 4.1.4 */

enum ocpp_frame_kind {
	OCPP_CALL = 2,
	OCPP_CALLRESULT = 3,
	OCPP_CALLERROR = 4,
};

/*
 * What ocpp_frame_parse() found.  All slices borrow from the frame's text or the arena; of a frame
 * that was not OCPP_FRAME_OK only kind and id are set, as far as they were read.
 */
struct ocpp_frame {
	enum ocpp_frame_kind kind;
	struct slice id;
	struct slice action; /* CALL */
	struct slice payload; /* CALL, CALLRESULT: JSON text of an object, verified as JSON */
	/* CALLERROR; description and details are absent when the sender left them out. */
	struct slice error_code, error_description, error_details;
};

enum ocpp_frame_result {
	OCPP_FRAME_OK,
	/* Answer with CALLERROR, *fault_out and frame->id ("-1" when none could be read). */
	OCPP_FRAME_REFUSE,
	/* A broken CALLRESULT or CALLERROR: never answered, but frame->id, if read, names our call. */
	OCPP_FRAME_IGNORE,
	/* Invalid UTF-8: RFC 6455 8.1 closes the connection with 1007. */
	OCPP_FRAME_BAD_UTF8,
};

/*
 * Splits a frame into its parts and verifies that the whole is JSON, nested at most 32 deep.
 * *fault_out is set for OCPP_FRAME_REFUSE and OCPP_FRAME_IGNORE (there for the log); its path is
 * empty unless the payload is at fault.  A message id must be a string of 1 to 36 characters.
 *
 * What part 4 leaves open is decided thus.  A frame whose parts are wrong is RpcFrameworkError, a
 * payload that is wrong (not JSON, not an object) FormatViolation, each with the id if that came
 * before the damage.  A message type that 2.0.1 does not have is MessageTypeNotSupported (4.4).
 */
enum ocpp_frame_result ocpp_frame_parse(struct slice text, struct arena *arena,
    struct ocpp_frame *frame, struct ocpp_fault *fault_out);

/* Append one frame.  `payload` is JSON text of an object. */
void ocpp_frame_call(
    struct buf *out, struct slice id, struct slice action, struct slice payload);
void ocpp_frame_result(struct buf *out, struct slice id, struct slice payload);
/* Description: path and detail of the fault, at most 255 characters. */
void ocpp_frame_error(struct buf *out, struct slice id, const struct ocpp_fault *fault);

#endif
