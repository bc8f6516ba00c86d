#include "tests/integration/database/support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "common/clock.h"

struct loop loop;
char uri[512];

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL) {
		fprintf(stderr, "%s is not set: start this by tests/integration/database/run\n",
		    name);
		exit(2);
	}
	return value;
}

static PGresult *
run_sql(PGconn *conn, const char *statement)
{
	PGresult *r = PQexec(conn, statement);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", statement, PQerrorMessage(conn));
	return r;
}

void
sql(const char *statement)
{
	PGconn *conn = PQconnectdb(uri);

	PQclear(run_sql(conn, statement));
	PQfinish(conn);
}

long
sql_number(const char *query)
{
	PGconn *conn = PQconnectdb(uri);
	PGresult *r = run_sql(conn, query);
	long value;

	assert_true(PQntuples(r) > 0);
	value = strtol(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	PQfinish(conn);
	return value;
}

int
support_set_up(void **state)
{
	static int count;
	char create[64];

	(void)state;
	snprintf(uri, sizeof(uri), "%s/postgres", environment("V2G_TEST_URI"));
	snprintf(create, sizeof(create), "CREATE DATABASE t_%d_%d", (int)getpid(), ++count);
	sql(create);
	snprintf(
	    uri, sizeof(uri), "%s/t_%d_%d", environment("V2G_TEST_URI"), (int)getpid(), count);
	loop_init(&loop);
	return 0;
}

int
support_tear_down(void **state)
{
	(void)state;
	loop_destroy(&loop);
	return 0;
}

void
cluster(const char *command)
{
	static const char program[] = V2G_SOURCE_DIR "/tests/lib/pg.sh";
	int status = 0, nowhere;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		nowhere = open("/dev/null", O_WRONLY);
		dup2(nowhere, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
		execl(program, program, command, environment("V2G_TEST_CLUSTER"), (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
signal_backends(const char *application_name, int number)
{
	PGconn *conn = PQconnectdb(uri);
	const char *const values[] = { application_name };
	PGresult *r =
	    PQexecParams(conn, "SELECT pid FROM pg_stat_activity WHERE application_name = $1",
		1, NULL, values, NULL, NULL, 0);
	int count = PQntuples(r);

	for (int i = 0; i < count; i++)
		kill((pid_t)strtol(PQgetvalue(r, i, 0), NULL, 10), number);
	PQclear(r);
	PQfinish(conn);
	return count;
}

static void
end_turn(void *ctx)
{
	(void)ctx;
	loop_stop(&loop);
}

void
run_for(int64_t duration)
{
	struct loop_timer timer = { .ctx = NULL };

	loop_timer_start(&loop, &timer, duration, end_turn, NULL);
	loop_run(&loop);
	loop_timer_stop(&loop, &timer);
}

void
run_until(bool (*condition)(void), int64_t limit)
{
	int64_t start = clock_mono();

	while (!condition()) {
		if (clock_mono() - start > limit)
			fail_msg("it did not happen within %lld ms", (long long)(limit / 1000));
		run_for(1000);
	}
}
