/* Scripts: which are taken, and which are refused before anything runs. */
#include "tests/sim/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static bool
loads(const char *text)
{
	char path[] = "/tmp/test-sim-script-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	struct script *script;
	bool good;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	script = script_load(path);
	good = script != NULL;
	script_free(&script);
	unlink(path);
	return good;
}

/* Every word with all its arguments, comments, indentation, nesting. */
static void
test_load_good(void **state)
{
	static const char *const rows[] = {
		"",
		"# nothing\n\n   \n",
		"boot\nboot within 5s\nonline within 1m\n",
		"plug 1\n\tplug\nunplug 2\nfault\nclear 1\nuse 2\n",
		"authorize TAG\nstart\nstart 2\ncharge 7400\ncharge 7400 for 60s\n",
		"discharge 5000.5 for 200ms\nsuspend\nsuspend for 1h\nsample\n",
		"stop\nstop EVDisconnected\n",
		"disconnect clean\ndisconnect dirty\noffline 30s\nhalf-open 20\n",
		"reboot\nreboot end\nreboot continue\nreboot lose\n",
		"duplicate\nreorder\ndrain\nwait 5s\n",
		"send Heartbeat\nsend Heartbeat {}\nraw [2,\"$ID\"\n",
		"expect answer Accepted\nexpect power 7400 within 10s\nexpect command Reset\n",
		"repeat 3\nrepeat\nplug\nend\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!loads(rows[i]))
			fail_msg("refused: %s", rows[i]);
}

static void
test_load_bad(void **state)
{
	static const char *const rows[] = {
		"fly\n",
		"charge\n",
		"charge much\n",
		"charge 7400 for\n",
		"charge 7400 during 5s\n",
		"wait\n",
		"wait soon\n",
		"wait 5 parsecs\n",
		"plug one\n",
		"stop Boredom\n",
		"disconnect\n",
		"reboot somehow\n",
		"send\n",
		"send NoSuchAction {}\n",
		"expect\n",
		"expect happiness yes\n",
		"boot now\n",
		"repeat 2\nplug\n",
		"plug\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (loads(rows[i]))
			fail_msg("taken: %s", rows[i]);
}

/* A file that is not there is no script. */
static void
test_load_missing(void **state)
{
	(void)state;
	assert_null(script_load("/nonexistent/script"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load_good),
		cmocka_unit_test(test_load_bad),
		cmocka_unit_test(test_load_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
