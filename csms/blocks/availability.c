/* Block G, availability: what needs no row. */
#include "csms/actions.h"

#include "common/buf.h"
#include "common/clock.h"

#include <stdio.h>

/* G02: the time, at once.  That the station lives is known from the frame itself. */
void
block_heartbeat(struct session *s, const struct ocpp_frame *frame, const void *message)
{
	char now[CLOCK_TEXT_MAX], answer[64];
	int len;

	(void)frame;
	(void)message;
	clock_format(clock_wall(), 3, now);
	len = snprintf(answer, sizeof(answer), "{\"currentTime\":\"%s\"}", now);
	session_answer(s, slice_from(answer, (size_t)len));
}
