#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/log.h"
#include "csms/pg_options.h"

static void
test_set(void **state)
{
	struct pg_options o = { { NULL }, { NULL } };

	(void)state;
	assert_null(pg_options_get(&o, "host"));
	pg_options_set(&o, "host", "a");
	pg_options_set(&o, "port", "1");
	pg_options_set(&o, "host", "b");
	pg_options_default(&o, "port", "2");
	pg_options_default(&o, "dbname", "d");
	assert_string_equal(pg_options_get(&o, "host"), "b");
	assert_string_equal(pg_options_get(&o, "port"), "1");
	assert_string_equal(pg_options_get(&o, "dbname"), "d");
	assert_null(o.keywords[3]);
	pg_options_free(&o);
	assert_null(o.keywords[0]);
}

static void
test_add_parameter(void **state)
{
	struct pg_options o = { { NULL }, { NULL } };

	(void)state;
	pg_options_add_parameter(&o, "a", "1");
	assert_string_equal(pg_options_get(&o, "options"), "-c a=1");
	pg_options_add_parameter(&o, "b", "2s");
	assert_string_equal(pg_options_get(&o, "options"), "-c a=1 -c b=2s");
	pg_options_free(&o);
}

/* Addresses, sockets and lists; NULL: not set. */
static const struct {
	const char *host, *port, *hostaddr; /* given */
	const char *host_then, *addresses, *ports; /* made of it */
} cases[] = {
	{ "/run/postgresql", NULL, NULL, "/run/postgresql", "", "" },
	{ "@abstract", "5433", NULL, "@abstract", "", "5433" },
	{ "127.0.0.1", NULL, NULL, "127.0.0.1", "127.0.0.1", "" },
	{ "::1", "5433", NULL, "::1", "::1", "5433" },
	{ "127.0.0.1,127.0.0.2", "1,2", NULL, "127.0.0.1,127.0.0.2", "127.0.0.1,127.0.0.2",
	    "1,2" },
	{ "127.0.0.1,127.0.0.2", "7", NULL, "127.0.0.1,127.0.0.2", "127.0.0.1,127.0.0.2",
	    "7,7" },
	{ "127.0.0.1,/tmp", "1,", NULL, "127.0.0.1,/tmp", "127.0.0.1,", "1," },
	{ "no.such.host.invalid", NULL, NULL, "no.such.host.invalid", "", "" },
	{ "anything", NULL, "10.0.0.1", "anything", "10.0.0.1", NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
	{ "", NULL, NULL, "", NULL, NULL },
};

static void
assert_same(const char *actual, const char *expected)
{
	if (expected == NULL)
		assert_null(actual);
	else
		assert_string_equal(actual, expected);
}

static void
test_resolve(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	unsetenv("PGHOST");
	unsetenv("PGPORT");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pg_options o = { { NULL }, { NULL } };

		if (cases[i].host != NULL)
			pg_options_set(&o, "host", cases[i].host);
		if (cases[i].port != NULL)
			pg_options_set(&o, "port", cases[i].port);
		if (cases[i].hostaddr != NULL)
			pg_options_set(&o, "hostaddr", cases[i].hostaddr);
		pg_options_resolve(&o);
		assert_same(pg_options_get(&o, "host"), cases[i].host_then);
		assert_same(pg_options_get(&o, "hostaddr"), cases[i].addresses);
		assert_same(pg_options_get(&o, "port"), cases[i].ports);
		pg_options_free(&o);
	}
}

/* libpq would take the host from the environment, and look it up. */
static void
test_resolve_environment(void **state)
{
	struct pg_options o = { { NULL }, { NULL } };

	(void)state;
	setenv("PGHOST", "127.0.0.1", 1);
	setenv("PGPORT", "5499", 1);
	pg_options_resolve(&o);
	unsetenv("PGHOST");
	unsetenv("PGPORT");
	assert_string_equal(pg_options_get(&o, "hostaddr"), "127.0.0.1");
	assert_string_equal(pg_options_get(&o, "port"), "5499");
	pg_options_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_add_parameter),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_resolve_environment),
	};

	return cmocka_run_group_tests_name("pg_options", tests, NULL, NULL);
}
