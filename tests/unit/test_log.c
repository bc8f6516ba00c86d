#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* "2026-01-02T03:04:05.678Z " */
#define TIME_LEN       25
#define LINE_MAX_BYTES ((size_t)4096)

static char dir[] = "/tmp/v2g-test-log-XXXXXX";
static char path[64], moved[64];
static char text[3 * LINE_MAX_BYTES];

static const char *
read_file(const char *name)
{
	int fd = open(name, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	return text;
}

/* The one line in the file, without time and newline. */
static const char *
logged(void)
{
	const char *line = read_file(path);
	size_t len = strlen(line);

	assert_true(len > TIME_LEN);
	assert_int_equal(text[len - 1], '\n');
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	text[len - 1] = '\0';
	return text + TIME_LEN;
}

static int
group_setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/error.log", dir);
	snprintf(moved, sizeof(moved), "%s/error.log.1", dir);
	/* The same lines on standard error would drown the report of this test. */
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
	log_set_level(LOG_LEVEL_INFO);
	return log_set_file(path);
}

static int
teardown(void **state)
{
	(void)state;
	log_set_file(NULL);
	unlink(path);
	unlink(moved);
	return 0;
}

/* A line is time, level, event, fields in order. */
static void
test_log_write_layout(void **state)
{
	(void)state;
	log_info("STATION_CONNECTED", LOG_STR("station", "CP-7"), LOG_INT("port", -9000));
	assert_string_equal(logged(), "INFO STATION_CONNECTED station=CP-7 port=-9000");
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[19], '.');
	assert_int_equal(text[23], 'Z');
	assert_int_equal(text[24], ' ');
}

/* No value, whatever a peer puts in it, can end its field or its line. */
static void
test_log_write_quotes_values(void **state)
{
	static const struct {
		struct slice value;
		const char *printed;
	} cases[] = {
		{ { "plain-1.2:3/4", 13 }, "v=plain-1.2:3/4" },
		{ { NULL, 0 }, "v=-" },
		{ { "-", 1 }, "v=\"-\"" },
		{ { "", 0 }, "v=\"\"" },
		{ { "a b", 3 }, "v=\"a b\"" },
		{ { "a=b", 3 }, "v=\"a=b\"" },
		{ { "a\"b", 3 }, "v=\"a\\\"b\"" },
		{ { "a\\b", 3 }, "v=\"a\\\\b\"" },
		{ { "a\nb", 3 }, "v=\"a\\nb\"" },
		{ { "\r\t", 2 }, "v=\"\\r\\t\"" },
		{ { "\0\x1b\x7f", 3 }, "v=\"\\x00\\x1b\\x7f\"" },
		{ { "\xc3\xa9", 2 }, "v=\"\\xc3\\xa9\"" },
		{ { "x\n2026-01-02T03:04:05.678Z INFO FORGED", 38 },
		    "v=\"x\\n2026-01-02T03:04:05.678Z INFO FORGED\"" },
	};
	char expected[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(truncate(path, 0), 0);
		log_info("E", LOG_SLICE("v", cases[i].value));
		snprintf(expected, sizeof(expected), "INFO E %s", cases[i].printed);
		assert_string_equal(logged(), expected);
	}
}

/* A line that would be too long is cut, closed and marked, whatever the kind of value. */
static void
test_log_write_cuts_long_lines(void **state)
{
	static const char fillers[] = { 'x', ' ', '\n', '"' };
	char *value = malloc(2 * LINE_MAX_BYTES + 1);
	const char *line;
	size_t len;

	(void)state;
	assert_non_null(value);
	for (size_t i = 0; i < sizeof(fillers); i++) {
		memset(value, fillers[i], 2 * LINE_MAX_BYTES);
		value[2 * LINE_MAX_BYTES] = '\0';
		assert_int_equal(truncate(path, 0), 0);
		log_info("E", LOG_STR("v", value), LOG_STR("after", "lost"));
		line = logged();
		len = strlen(line);
		assert_true(TIME_LEN + len + 1 <= LINE_MAX_BYTES);
		assert_true(TIME_LEN + len + 1 >= LINE_MAX_BYTES - 8);
		assert_string_equal(line + len - 12, " log_cut=yes");
		assert_null(strstr(line, "after="));
		assert_int_equal(line[len - 13], fillers[i] == 'x' ? 'x' : '"');
	}
	free(value);
}

/* A value of any length near the limit leaves a whole line behind it. */
static void
test_log_write_every_length_near_the_limit(void **state)
{
	char value[LINE_MAX_BYTES + 64];

	(void)state;
	for (size_t len = LINE_MAX_BYTES - 128; len < sizeof(value); len++) {
		memset(value, ' ', len);
		assert_int_equal(truncate(path, 0), 0);
		log_info("E", LOG_SLICE("v", slice_from(value, len)), LOG_INT("n", 1));
		assert_true(strlen(logged()) + TIME_LEN + 1 <= LINE_MAX_BYTES);
	}
}

/* Events below the level are not written; names of levels are read in either case. */
static void
test_log_set_level_filters(void **state)
{
	enum log_level level = LOG_LEVEL_INFO;

	(void)state;
	log_debug("HIDDEN", LOG_INT("n", 1));
	assert_string_equal(read_file(path), "");
	assert_true(log_level_parse(SLICE("Error"), &level));
	assert_int_equal(level, LOG_LEVEL_ERROR);
	assert_false(log_level_parse(SLICE("errors"), &level));
	assert_false(log_level_parse(SLICE(""), &level));
	assert_int_equal(level, LOG_LEVEL_ERROR);
	log_set_level(level);
	log_warn("HIDDEN", LOG_INT("n", 1));
	assert_string_equal(read_file(path), "");
	log_error("SHOWN", LOG_INT("n", 1));
	assert_string_equal(logged(), "ERROR SHOWN n=1");
}

/* The file is for the service and its group only. */
static void
test_log_set_file_mode(void **state)
{
	struct stat st;
	mode_t mask = umask(0);

	(void)state;
	unlink(path);
	assert_int_equal(log_set_file(path), 0);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* A file that cannot be opened is reported, and the one before stays in use. */
static void
test_log_set_file_failure_keeps_old(void **state)
{
	(void)state;
	assert_int_equal(log_set_file("/nonexistent/error.log"), -1);
	assert_int_equal(errno, ENOENT);
	log_info("E", LOG_INT("n", 1));
	assert_string_equal(logged(), "INFO E n=1");
}

/* After rotation the new lines are in the new file. */
static void
test_log_reopen_after_rename(void **state)
{
	(void)state;
	log_info("OLD", LOG_INT("n", 1));
	assert_int_equal(rename(path, moved), 0);
	log_info("STILL_OLD", LOG_INT("n", 2));
	log_reopen();
	log_info("NEW", LOG_INT("n", 3));
	assert_string_equal(logged(), "INFO NEW n=3");
	assert_non_null(strstr(read_file(moved), "STILL_OLD"));
}

/* Logging an error does not lose the reason. */
static void
test_log_write_keeps_errno(void **state)
{
	(void)state;
	errno = EDOM;
	log_info("E", LOG_INT("n", 1));
	assert_int_equal(errno, EDOM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_log_write_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log_write_quotes_values, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_log_write_cuts_long_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_log_write_every_length_near_the_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log_set_level_filters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log_set_file_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_log_set_file_failure_keeps_old, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log_reopen_after_rename, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log_write_keeps_errno, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
