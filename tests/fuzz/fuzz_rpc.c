/*
 * Any bytes as a frame.  Must hold: what is taken is the same frame when written and read again;
 * what is refused has a code, and makes a CALLERROR that we would read ourselves.
 */
#include "ocpp/rpc.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocpp_fault fault = { .code = OCPP_OK }, ignored;
	struct arena a = { .max = SIZE_MAX };
	struct buf out = { .max = SIZE_MAX };
	struct ocpp_frame frame, again;
	enum ocpp_frame_result result =
	    ocpp_frame_parse(slice_from((const char *)data, size), &a, &frame, &fault);

	if (result == OCPP_FRAME_OK && frame.kind == OCPP_CALL)
		ocpp_frame_call(&out, frame.id, frame.action, frame.payload);
	else if (result == OCPP_FRAME_OK && frame.kind == OCPP_CALLRESULT)
		ocpp_frame_result(&out, frame.id, frame.payload);
	else if (result == OCPP_FRAME_REFUSE)
		ocpp_frame_error(&out, frame.id, &fault);
	require(result != OCPP_FRAME_REFUSE || fault.code != OCPP_OK);
	if (out.len > 0) {
		require(
		    ocpp_frame_parse(buf_slice(&out), &a, &again, &ignored) == OCPP_FRAME_OK);
		require(slice_equal(frame.id, again.id));
		require(slice_equal(frame.payload, again.payload));
	}
	buf_free(&out);
	arena_free(&a);
	return 0;
}
