/* evse-sim: a simulated OCPP 2.0.1 charging station, one or thousands.  See docs/SIMULATOR.md. */
#include <stdio.h>

#include <ev.h>

#include "tests/sim/fleet.h"
#include "tests/sim/load.h"
#include "tests/sim/options.h"
#include "tests/sim/ws.h"

int
main(int argc, char **argv)
{
	struct options options;
	struct ws_config config;
	struct ws_client *client;
	struct ev_loop *loop;
	int exit_code;

	if (!options_parse(&options, argc, argv, &exit_code))
		return exit_code;
	config = (struct ws_config){
		.url = options.url,
		.ca = options.ca,
		.certificates = options.certificates,
		.deflate = options.deflate,
		.sockets = (unsigned)options.stations,
		.ping_seconds = (unsigned)options.ping,
	};
	loop = ev_loop_new(EVFLAG_AUTO);
	client = loop == NULL ? NULL : ws_client_new(loop, &config);
	if (client == NULL)
		return 2;
	exit_code = options.load == NULL ? fleet_run(loop, client, &options)
					 : load_run(loop, client, &options);
	ev_loop_destroy(loop);
	return exit_code;
}
