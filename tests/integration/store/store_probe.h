/* store_probe.h - what the parts of store_probe know of each other. */
#ifndef V2G_TESTS_INTEGRATION_STORE_STORE_PROBE_H
#define V2G_TESTS_INTEGRATION_STORE_STORE_PROBE_H

/* Brings the database to the named set of SQL files; prints the result and returns the exit code. */
int probe_migrate(const char *uri, const char *set);

#endif
