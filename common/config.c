#include "common/config.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "common/log.h"

/* A line of the file, or of a secret's file; a connection string with its options fits easily. */
#define LINE_SIZE     4096
#define SECRET_PREFIX "file:"

struct unit {
	const char *name;
	int64_t factor;
};

/* The first unit is the one a plain number has. */
static const struct unit seconds_units[] = {
	{ "s", INT64_C(1000000) },
	{ "ms", INT64_C(1000) },
	{ "m", INT64_C(60) * 1000000 },
	{ "h", INT64_C(3600) * 1000000 },
	{ "d", INT64_C(86400) * 1000000 },
	{ NULL, 0 },
};
static const struct unit bytes_units[] = {
	{ "", 1 },
	{ "k", INT64_C(1) << 10 },
	{ "M", INT64_C(1) << 20 },
	{ "G", INT64_C(1) << 30 },
	{ NULL, 0 },
};

/* What each type is called in help and in fault messages. */
static const char *const type_names[] = {
	[CONFIG_STRING] = "text",
	[CONFIG_INT] = "a whole number",
	[CONFIG_SECONDS] = "a duration (30, 500ms, 30s, 5m, 2h, 7d)",
	[CONFIG_BYTES] = "a size in bytes (1048576, 64k, 1M, 1G)",
	[CONFIG_BOOL] = "yes or no",
};

struct loader {
	const struct config_row *rows;
	size_t count;
	char *settings;
	bool *seen; /* per row: the file has set it already */
	int faults;

	/* Where we are, for fault messages; path NULL: in the arguments. */
	const char *path;
	int line;
	FILE *file;
};

/* `name` is section.key, as the administrator wrote it. */
static void
report(struct loader *l, struct slice name, const char *fault)
{
	l->faults++;
	if (l->path == NULL)
		log_error(
		    "CONFIG_INVALID", LOG_SLICE("argument", name), LOG_STR("fault", fault));
	else
		log_error("CONFIG_INVALID", LOG_STR("file", l->path), LOG_INT("line", l->line),
		    LOG_SLICE("key", name), LOG_STR("fault", fault));
}

static void
report_key(struct loader *l, const char *section, const char *key, const char *fault)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", section, key);
	report(l, slice_cstr(name), fault);
}

/* A fault of the file as a whole, or of a line that has no key. */
static void
report_file(struct loader *l, const char *fault)
{
	l->faults++;
	log_error("CONFIG_INVALID", LOG_STR("file", l->path), LOG_INT("line", l->line),
	    LOG_STR("fault", fault));
}

/* Numbers with a unit */

static bool
parse_number(struct slice text, const struct unit *units, int64_t *value_out)
{
	size_t digits = 0;
	long long number;
	int64_t value;
	struct slice unit;

	while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
		digits++;
	unit = slice_from(text.ptr + digits, text.len - digits);
	if (!slice_to_int64(slice_from(text.ptr, digits), 0, INT64_MAX, &number))
		return false;
	for (const struct unit *u = units; u->name != NULL; u++) {
		if (!slice_equal(unit, slice_cstr(u == units && unit.len == 0 ? "" : u->name)))
			continue;
		if (__builtin_mul_overflow((int64_t)number, u->factor, &value))
			return false;
		*value_out = value;
		return true;
	}
	return false;
}

/* The shortest exact spelling: "5m", not "300s"; "500ms". */
static void
format_number(int64_t value, const struct unit *units, char *out, size_t size)
{
	const struct unit *best = NULL;

	for (const struct unit *u = units; u->name != NULL; u++) {
		if (value % u->factor == 0 && (best == NULL || u->factor > best->factor))
			best = u;
	}
	if (value == 0 || best == NULL)
		best = units;
	snprintf(out, size, "%" PRId64 "%s", value / best->factor, best->name);
}

static void
format_limit(enum config_type type, int64_t value, char *out, size_t size)
{
	switch (type) {
	case CONFIG_SECONDS: format_number(value, seconds_units, out, size); return;
	case CONFIG_BYTES: format_number(value, bytes_units, out, size); return;
	case CONFIG_INT:
	case CONFIG_STRING:
	case CONFIG_BOOL: snprintf(out, size, "%" PRId64, value); return;
	}
}

static bool
has_limits(const struct config_row *row)
{
	return row->type != CONFIG_STRING && row->type != CONFIG_BOOL;
}

/* One value into its field */

static bool
parse_bool(struct slice text, bool *value_out)
{
	static const char *const yes[] = { "yes", "on", "true", "1" };
	static const char *const no[] = { "no", "off", "false", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (slice_equal_nocase(text, slice_cstr(yes[i]))) {
			*value_out = true;
			return true;
		}
		if (slice_equal_nocase(text, slice_cstr(no[i]))) {
			*value_out = false;
			return true;
		}
	}
	return false;
}

static void
replace_string(char **field, const char *value)
{
	char *copy = value == NULL ? NULL : strdup(value);

	if (value != NULL && copy == NULL)
		abort();
	free(*field);
	*field = copy;
}

static bool
parse_integer(enum config_type type, struct slice text, int64_t *value_out)
{
	long long number;

	if (type == CONFIG_SECONDS)
		return parse_number(text, seconds_units, value_out);
	if (type == CONFIG_BYTES)
		return parse_number(text, bytes_units, value_out);
	if (!slice_to_int64(text, INT64_MIN, INT64_MAX, &number))
		return false;
	*value_out = number;
	return true;
}

static void
store_integer(struct loader *l, const struct config_row *row, const char *text, int64_t *field)
{
	char fault[256], min[32], max[32];
	int64_t value;

	if (!parse_integer(row->type, slice_cstr(text), &value)) {
		snprintf(fault, sizeof(fault), "must be %s", type_names[row->type]);
		report_key(l, row->section, row->key, fault);
		return;
	}
	if (value < row->min || value > row->max) {
		format_limit(row->type, row->min, min, sizeof(min));
		format_limit(row->type, row->max, max, sizeof(max));
		snprintf(fault, sizeof(fault), "must be between %s and %s", min, max);
		report_key(l, row->section, row->key, fault);
		return;
	}
	*field = value;
}

static void
store(struct loader *l, const struct config_row *row, const char *text)
{
	void *field = l->settings + row->offset;

	switch (row->type) {
	case CONFIG_STRING: replace_string(field, text); return;
	case CONFIG_BOOL:
		if (!parse_bool(slice_cstr(text), field))
			report_key(l, row->section, row->key, "must be yes or no");
		return;
	case CONFIG_INT:
	case CONFIG_SECONDS:
	case CONFIG_BYTES: store_integer(l, row, text, field); return;
	}
}

/* The first line of the file, without its line end; false when reported. */
static bool
read_secret(
    struct loader *l, const struct config_row *row, const char *path, char line[LINE_SIZE])
{
	FILE *file = fopen(path, "re");
	char fault[512];
	size_t len;

	if (file == NULL) {
		snprintf(fault, sizeof(fault), "cannot read %s: %s", path, strerror(errno));
		report_key(l, row->section, row->key, fault);
		return false;
	}
	if (fgets(line, LINE_SIZE, file) == NULL)
		line[0] = '\0';
	fclose(file);
	len = strcspn(line, "\r\n");
	if (len == 0 || len == LINE_SIZE - 1) {
		snprintf(fault, sizeof(fault), "the first line of %s must hold 1 to %d bytes",
		    path, LINE_SIZE - 2);
		report_key(l, row->section, row->key, fault);
		return false;
	}
	line[len] = '\0';
	return true;
}

static void
set_value(struct loader *l, const struct config_row *row, const char *text)
{
	char line[LINE_SIZE];

	if (row->secret && strncmp(text, SECRET_PREFIX, strlen(SECRET_PREFIX)) == 0) {
		if (read_secret(l, row, text + strlen(SECRET_PREFIX), line))
			store(l, row, line);
		explicit_bzero(line, sizeof(line));
		return;
	}
	store(l, row, text);
}

static const struct config_row *
find_row(const struct loader *l, struct slice section, struct slice key)
{
	for (size_t i = 0; i < l->count; i++) {
		if (slice_equal(slice_cstr(l->rows[i].section), section) &&
		    slice_equal(slice_cstr(l->rows[i].key), key))
			return &l->rows[i];
	}
	return NULL;
}

/* The three sources */

static void
load_defaults(struct loader *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct config_row *row = &l->rows[i];

		if (row->type == CONFIG_STRING)
			*(char **)(void *)(l->settings + row->offset) = NULL;
		if (row->value != NULL)
			store(l, row, row->value);
	}
	/* A default that its own row refuses is a defect of the table. */
	assert(l->faults == 0);
}

static bool
known_section(const struct loader *l, const char *section)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->rows[i].section, section) == 0)
			return true;
	}
	return false;
}

/* inih calls this for each "key = value".  Faults are counted here, so that all of them are told. */
static int
on_pair(void *ctx, const char *section, const char *key, const char *value)
{
	struct loader *l = ctx;
	const struct config_row *row = find_row(l, slice_cstr(section), slice_cstr(key));

	if (row == NULL)
		report_key(l, section, key,
		    known_section(l, section) ? "there is no such key"
					      : "there is no such section");
	else if (l->seen[row - l->rows])
		report_key(l, section, key, "is set twice in this file");
	else {
		l->seen[row - l->rows] = true;
		set_value(l, row, value);
	}
	return 1;
}

/*
 * Feeds inih line by line, because Debian's build does not tell its handler the line number, and
 * because it would split a line that is too long without a word.
 */
static char *
read_line(char *line, int size, void *ctx)
{
	struct loader *l = ctx;
	int c;

	if (fgets(line, size, l->file) == NULL)
		return NULL;
	l->line++;
	if (strchr(line, '\n') != NULL || feof(l->file))
		return line;
	report_file(l, "the line is too long or holds a NUL byte");
	do {
		c = getc(l->file);
	} while (c != '\n' && c != EOF);
	line[0] = '\0';
	return line;
}

static void
load_file(struct loader *l)
{
	int bad_line;

	l->file = fopen(l->path, "re");
	if (l->file == NULL) {
		report_file(l, strerror(errno));
		return;
	}
	/* A password may hold " ;", and an indented line is a key like any other. */
	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_max_line = LINE_SIZE;
	bad_line = ini_parse_stream(read_line, l, on_pair, l);
	if (ferror(l->file))
		report_file(l, "cannot be read");
	fclose(l->file);
	l->file = NULL;
	if (bad_line != 0) {
		l->line = bad_line;
		report_file(l, "is neither [section] nor key = value");
	}
}

/*
 * Takes the setting out of "--section.key=value"; false when the argument has another form, for then
 * it belongs to the program.
 */
static bool
load_argument(struct loader *l, const char *arg)
{
	const char *name = arg + strlen("--"), *dot, *equals;
	const struct config_row *row;

	if (strncmp(arg, "--", strlen("--")) != 0)
		return false;
	dot = strchr(name, '.');
	equals = strchr(name, '=');
	if (dot == NULL || equals == NULL || dot > equals)
		return false;
	row = find_row(l, slice_from(name, (size_t)(dot - name)),
	    slice_from(dot + 1, (size_t)(equals - dot - 1)));
	if (row == NULL)
		report(
		    l, slice_from(name, (size_t)(equals - name)), "there is no such setting");
	else
		set_value(l, row, equals + 1);
	return true;
}

/* Settings are removed from argv; "--" ends them. */
static void
load_arguments(struct loader *l, int *argc, char **argv)
{
	int kept = 0;
	bool ended = false;

	for (int i = 0; i < *argc; i++) {
		if (i > 0 && strcmp(argv[i], "--") == 0)
			ended = true;
		if (i > 0 && !ended && load_argument(l, argv[i]))
			continue;
		argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
}

int
config_load(const struct config_row *rows, size_t count, const char *path, int *argc,
    char **argv, void *settings)
{
	struct loader l = { .rows = rows, .count = count, .settings = settings };

	l.seen = calloc(count + 1, sizeof(*l.seen));
	if (l.seen == NULL)
		abort();
	load_defaults(&l);
	if (path != NULL) {
		l.path = path;
		load_file(&l);
		l.path = NULL;
	}
	load_arguments(&l, argc, argv);
	free(l.seen);
	if (l.faults == 0)
		return 0;
	config_free(rows, count, settings);
	return -1;
}

void
config_free(const struct config_row *rows, size_t count, void *settings)
{
	for (size_t i = 0; i < count; i++) {
		char **field = (char **)(void *)((char *)settings + rows[i].offset);

		if (rows[i].type != CONFIG_STRING)
			continue;
		if (rows[i].secret && *field != NULL)
			explicit_bzero(*field, strlen(*field));
		free(*field);
		*field = NULL;
	}
}

/* Help */

static void
help_row(const struct config_row *row)
{
	char min[32], max[32];

	printf("# %s\n# %s", row->help, type_names[row->type]);
	if (has_limits(row)) {
		format_limit(row->type, row->min, min, sizeof(min));
		format_limit(row->type, row->max, max, sizeof(max));
		printf(", %s to %s", min, max);
	}
	if (row->secret)
		printf(", or file:PATH to take it from the first line of a file");
	printf("\n# %s = %s\n\n", row->key, row->value == NULL ? "" : row->value);
}

/* Printed as a configuration file in which everything is commented out, ready to be edited. */
void
config_help(const struct config_row *rows, size_t count)
{
	const char *section = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].section, section) != 0) {
			section = rows[i].section;
			printf("[%s]\n", section);
		}
		help_row(&rows[i]);
	}
}
