/* floor_echo - answers every CALL at once: what WebSocket and event loop cost by themselves. */
#include "tests/bench/floor.h"

static bool
take(struct floor_connection *c, struct slice frame, struct floor_message *answer)
{
	(void)frame;
	floor_send(c, answer);
	return true;
}

int
main(int argc, char **argv)
{
	static const struct floor echo = { .take = take };

	return floor_run(&echo, argc, argv);
}
