#include "common/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

struct settings {
	char *uri;
	char *password;
	char *name;
	int64_t port;
	int64_t interval;
	int64_t limit;
	bool strict;
};

#define MINUTE_US   (INT64_C(60) * 1000000)
#define FIELD(name) offsetof(struct settings, name)

static const struct config_row rows[] = {
	{ "database", "uri", CONFIG_STRING, FIELD(uri), "postgresql:///v2g", 0, 0, false,
	    "Where." },
	{ "database", "password", CONFIG_STRING, FIELD(password), NULL, 0, 0, true, "Secret." },
	{ "listen", "name", CONFIG_STRING, FIELD(name), NULL, 0, 0, false, "Name." },
	{ "listen", "port", CONFIG_INT, FIELD(port), "9000", 1, 65535, false, "Port." },
	{ "ocpp", "interval", CONFIG_SECONDS, FIELD(interval), "5m", 1000000, 60 * MINUTE_US,
	    false, "Heartbeat." },
	{ "ocpp", "limit", CONFIG_BYTES, FIELD(limit), "64k", 1024, INT64_C(1) << 30, false,
	    "Frame." },
	{ "ocpp", "strict", CONFIG_BOOL, FIELD(strict), "no", 0, 0, false, "Strict." },
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static char dir[] = "/tmp/v2g-test-config-XXXXXX";
static char ini_path[64], secret_path[64], log_path[64];
static char text[16384];

static void
write_file(const char *path, const char *content, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static const char *
faults(void)
{
	FILE *f = fopen(log_path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void
assert_fault(const char *part)
{
	if (strstr(faults(), part) == NULL)
		fail_msg("no fault with <%s> in <%s>", part, text);
}

static int
group_setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(ini_path, sizeof(ini_path), "%s/v2g.conf", dir);
	snprintf(secret_path, sizeof(secret_path), "%s/secret", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	return freopen("/dev/null", "w", stderr) == NULL ? -1 : 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

static int
setup(void **state)
{
	(void)state;
	return log_set_file(log_path);
}

static int
teardown(void **state)
{
	(void)state;
	log_set_file(NULL);
	unlink(log_path);
	unlink(ini_path);
	unlink(secret_path);
	return 0;
}

static int
load_file(const char *content, struct settings *s)
{
	char *argv[] = { (char[]){ "test" }, NULL };
	int argc = 1;

	write_file(ini_path, content, strlen(content));
	return config_load(rows, ROW_COUNT, ini_path, &argc, argv, s);
}

static int
load_argument(const char *arg, struct settings *s)
{
	char copy[512];
	char *argv[] = { (char[]){ "test" }, copy, NULL };
	int argc = 2;

	snprintf(copy, sizeof(copy), "%s", arg);
	return config_load(rows, ROW_COUNT, NULL, &argc, argv, s);
}

/* Without file and arguments every setting has its default. */
static void
test_config_load_defaults(void **state)
{
	struct settings s;
	char *argv[] = { (char[]){ "test" }, NULL };
	int argc = 1;

	(void)state;
	assert_int_equal(config_load(rows, ROW_COUNT, NULL, &argc, argv, &s), 0);
	assert_string_equal(s.uri, "postgresql:///v2g");
	assert_null(s.password);
	assert_null(s.name);
	assert_int_equal(s.port, 9000);
	assert_int_equal(s.interval, 5 * MINUTE_US);
	assert_int_equal(s.limit, 65536);
	assert_false(s.strict);
	config_free(rows, ROW_COUNT, &s);
	assert_null(s.uri);
}

/* The file overrides defaults; blanks in and comments around values behave as written. */
static void
test_config_load_file(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(load_file("# comment\n"
				   "[database]\n"
				   "uri = host=/run user=a ; not a comment # nor this\n"
				   "; comment\n"
				   "[listen]\n"
				   "port=1\n"
				   "  name = indented\n"
				   "[ocpp]\n"
				   "strict = On",
			     &s),
	    0);
	assert_string_equal(s.uri, "host=/run user=a ; not a comment # nor this");
	assert_string_equal(s.name, "indented");
	assert_int_equal(s.port, 1);
	assert_true(s.strict);
	config_free(rows, ROW_COUNT, &s);
}

/* Arguments override the file and disappear from argv; all others stay, in order. */
static void
test_config_load_arguments(void **state)
{
	struct settings s;
	char *argv[] = { (char[]){ "test" }, (char[]){ "admin" }, (char[]){ "--listen.port=7" },
		(char[]){ "--config=a.b" }, (char[]){ "--listen.name=a.b=c" }, (char[]){ "--" },
		(char[]){ "--listen.port=8" }, NULL };
	int argc = 7;

	(void)state;
	write_file(ini_path, "[listen]\nport=1\n", 16);
	assert_int_equal(config_load(rows, ROW_COUNT, ini_path, &argc, argv, &s), 0);
	assert_int_equal(s.port, 7);
	assert_string_equal(s.name, "a.b=c");
	assert_int_equal(argc, 5);
	assert_string_equal(argv[1], "admin");
	assert_string_equal(argv[2], "--config=a.b");
	assert_string_equal(argv[3], "--");
	assert_string_equal(argv[4], "--listen.port=8");
	assert_null(argv[5]);
	config_free(rows, ROW_COUNT, &s);
}

/* Each spelling of a value is read as the header says. */
static void
test_config_load_spellings(void **state)
{
	static const struct {
		const char *argument;
		int64_t interval, limit, strict;
	} cases[] = {
		{ "--ocpp.interval=30", 30000000, 65536, 0 },
		{ "--ocpp.interval=30s", 30000000, 65536, 0 },
		{ "--ocpp.interval=1500ms", 1500000, 65536, 0 },
		{ "--ocpp.interval=2m", 2 * MINUTE_US, 65536, 0 },
		{ "--ocpp.interval=1h", 60 * MINUTE_US, 65536, 0 },
		{ "--ocpp.limit=1024", 5 * MINUTE_US, 1024, 0 },
		{ "--ocpp.limit=2k", 5 * MINUTE_US, 2048, 0 },
		{ "--ocpp.limit=3M", 5 * MINUTE_US, 3 << 20, 0 },
		{ "--ocpp.limit=1G", 5 * MINUTE_US, 1 << 30, 0 },
		{ "--ocpp.strict=yes", 5 * MINUTE_US, 65536, 1 },
		{ "--ocpp.strict=TRUE", 5 * MINUTE_US, 65536, 1 },
		{ "--ocpp.strict=1", 5 * MINUTE_US, 65536, 1 },
		{ "--ocpp.strict=off", 5 * MINUTE_US, 65536, 0 },
	};
	struct settings s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(load_argument(cases[i].argument, &s), 0);
		assert_int_equal(s.interval, cases[i].interval);
		assert_int_equal(s.limit, cases[i].limit);
		assert_int_equal(s.strict, cases[i].strict);
		config_free(rows, ROW_COUNT, &s);
	}
}

/* Each refused value is reported with its key and what would have been right. */
static void
test_config_load_refuses_values(void **state)
{
	static const struct {
		const char *argument, *fault;
	} cases[] = {
		{ "--listen.port=0",
		    "argument=listen.port fault=\"must be between 1 and 65535\"" },
		{ "--listen.port=65536", "must be between 1 and 65535" },
		{ "--listen.port=", "must be a whole number" },
		{ "--listen.port=1x", "must be a whole number" },
		{ "--listen.port=99999999999999999999", "must be a whole number" },
		{ "--ocpp.interval=2h", "ocpp.interval fault=\"must be between 1s and 1h\"" },
		{ "--ocpp.interval=999ms", "must be between 1s and 1h" },
		{ "--ocpp.interval=-5", "must be a duration" },
		{ "--ocpp.interval=5w", "must be a duration" },
		{ "--ocpp.interval=9999999999999999d", "must be a duration" },
		{ "--ocpp.interval=s", "must be a duration" },
		{ "--ocpp.limit=1023", "ocpp.limit fault=\"must be between 1k and 1G\"" },
		{ "--ocpp.limit=1 k", "must be a size" },
		{ "--ocpp.strict=maybe", "ocpp.strict fault=\"must be yes or no\"" },
		{ "--ocpp.strict=", "must be yes or no" },
		{ "--ocpp.nothing=1",
		    "argument=ocpp.nothing fault=\"there is no such setting\"" },
		{ "--.=1", "there is no such setting" },
	};
	struct settings s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(truncate(log_path, 0), 0);
		assert_int_equal(load_argument(cases[i].argument, &s), -1);
		assert_fault(cases[i].fault);
		assert_null(s.uri);
	}
}

/* Every fault of a file is told, each with its line; none hides another. */
static void
test_config_load_reports_all_faults(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(load_file("stray = 1\n"
				   "[listen]\n"
				   "port = 70000\n"
				   "prot = 1\n"
				   "[lisen]\n"
				   "port = 1\n"
				   "[ocpp]\n"
				   "strict = yes\n"
				   "strict = yes\n"
				   "nonsense\n",
			     &s),
	    -1);
	assert_fault("line=1 key=.stray fault=\"there is no such section\"");
	assert_fault("line=3 key=listen.port fault=\"must be between 1 and 65535\"");
	assert_fault("line=4 key=listen.prot fault=\"there is no such key\"");
	assert_fault("line=6 key=lisen.port fault=\"there is no such section\"");
	assert_fault("line=9 key=ocpp.strict fault=\"is set twice in this file\"");
	assert_fault("line=10 fault=\"is neither [section] nor key = value\"");
	assert_fault(ini_path);
}

/* A line too long, or with a NUL, is refused; the lines after it are still read and numbered. */
static void
test_config_load_bad_lines(void **state)
{
	static const char nul[] = "[database]\nuri = a\0b\n[listen]\nport = 0\n";
	static const char head[] = "[database]\nuri = ", tail[] = "\n[listen]\nport = 0\n";
	enum { LONG = 9000 };
	char content[sizeof(head) + LONG + sizeof(tail)];
	struct settings s;
	char *argv[] = { (char[]){ "test" }, NULL };
	int argc = 1;

	(void)state;
	memset(content, 'x', sizeof(content));
	memcpy(content, head, sizeof(head) - 1);
	memcpy(content + sizeof(head) - 1 + LONG, tail, sizeof(tail));
	assert_int_equal(load_file(content, &s), -1);
	assert_fault("line=2 fault=\"the line is too long or holds a NUL byte\"");
	assert_fault("line=4 key=listen.port");

	assert_int_equal(truncate(log_path, 0), 0);
	write_file(ini_path, nul, sizeof(nul) - 1);
	assert_int_equal(config_load(rows, ROW_COUNT, ini_path, &argc, argv, &s), -1);
	assert_fault("NUL byte");
}

/* A file that was named but is not there is a fault. */
static void
test_config_load_missing_file(void **state)
{
	struct settings s;
	char *argv[] = { (char[]){ "test" }, NULL };
	int argc = 1;

	(void)state;
	assert_int_equal(
	    config_load(rows, ROW_COUNT, "/nonexistent/v2g.conf", &argc, argv, &s), -1);
	assert_fault("file=/nonexistent/v2g.conf");
	assert_fault(strerror(ENOENT));
}

/* A secret is the first line of its file, and never shows in a fault. */
static void
test_config_load_secret_file(void **state)
{
	char arg[128];
	struct settings s;

	(void)state;
	snprintf(arg, sizeof(arg), "--database.password=file:%s", secret_path);
	write_file(secret_path, "s3cret word\r\nnot this\n", 22);
	assert_int_equal(load_argument(arg, &s), 0);
	assert_string_equal(s.password, "s3cret word");
	config_free(rows, ROW_COUNT, &s);

	write_file(secret_path, "\ns3cret\n", 8);
	assert_int_equal(load_argument(arg, &s), -1);
	assert_fault("the first line of");
	assert_null(strstr(faults(), "s3cret"));
	unlink(secret_path);
	assert_int_equal(load_argument(arg, &s), -1);
	assert_fault("cannot read");

	/* Only rows marked secret read files. */
	assert_int_equal(load_argument("--database.uri=file:/x", &s), 0);
	assert_string_equal(s.uri, "file:/x");
	config_free(rows, ROW_COUNT, &s);
}

/* The help is itself a configuration file, with every key in it. */
static void
test_config_help_is_a_file(void **state)
{
	struct settings s;
	char help[8192];
	int saved = dup(STDOUT_FILENO);
	FILE *f = fopen(ini_path, "w+");
	size_t n;

	(void)state;
	assert_non_null(f);
	fflush(stdout);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	config_help(rows, ROW_COUNT);
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	rewind(f);
	n = fread(help, 1, sizeof(help) - 1, f);
	help[n] = '\0';
	fclose(f);
	assert_non_null(strstr(help, "[ocpp]\n# Heartbeat.\n"));
	assert_non_null(strstr(help, "1s to 1h\n# interval = 5m\n"));
	for (size_t i = 0; i < ROW_COUNT; i++)
		assert_non_null(strstr(help, rows[i].key));
	assert_int_equal(load_file(help, &s), 0);
	config_free(rows, ROW_COUNT, &s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_config_load_defaults),
		TEST(test_config_load_file),
		TEST(test_config_load_arguments),
		TEST(test_config_load_spellings),
		TEST(test_config_load_refuses_values),
		TEST(test_config_load_reports_all_faults),
		TEST(test_config_load_bad_lines),
		TEST(test_config_load_missing_file),
		TEST(test_config_load_secret_file),
		TEST(test_config_help_is_a_file),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
