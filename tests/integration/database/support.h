/*
 * support.h - a loop, a database of its own for each test, and a cluster that may be killed.
 *
 * The environment names the cluster: V2G_TEST_CLUSTER (folder, see tests/lib/pg.sh) and V2G_TEST_URI.
 */
#ifndef V2G_TESTS_INTEGRATION_DATABASE_SUPPORT_H
#define V2G_TESTS_INTEGRATION_DATABASE_SUPPORT_H

#include "csms/loop.h"

/* Of the test that runs. */
extern struct loop loop;
extern char uri[512];

/* cmocka's fixture: a new loop and a new, empty database. */
int support_set_up(void **state);
int support_tear_down(void **state);

/* Blocking, on a connection of its own; fails the test when refused. */
void sql(const char *statement);
/* The first column of the first row as a number. */
long sql_number(const char *query);

/* "start", "stop", "kill": blocking. */
void cluster(const char *command);
/* Sends a signal to the server process of each connection that has this application_name; returns how many. */
int signal_backends(const char *application_name, int number);

/* Runs the loop until the condition holds; fails the test after the limit (microseconds). */
void run_until(bool (*condition)(void), int64_t limit);
void run_for(int64_t duration);

#endif
