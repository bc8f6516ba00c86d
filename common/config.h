/*
 * config.h - settings from one table.
 *
 * A program declares its settings as a constant table; each row has section, key, type, bounds,
 * default, where the value is stored, and a sentence for --help-config.  Values come from the INI
 * file, then from --section.key=value arguments.  A value "file:PATH" is replaced by the first line of
 * that file for rows marked secret.
 */
#ifndef V2G_COMMON_CONFIG_H
#define V2G_COMMON_CONFIG_H

#include "slice.h"

#include <stdint.h>

enum config_type {
	CONFIG_STRING, /* char * */
	CONFIG_INT, /* int64_t, plain number within min..max */
	CONFIG_SECONDS, /* int64_t microseconds; written "30", "500ms", "30s", "5m", "2h", "7d" */
	CONFIG_BYTES, /* int64_t; written "1048576", "64k", "1M" */
	CONFIG_BOOL, /* bool; yes/no, on/off, true/false, 1/0 */
};

struct config_row {
	const char *section, *key;
	enum config_type type;
	size_t offset; /* of the field in the program's settings struct */
	const char
	    *value; /* default, in the spelling of the file; NULL for CONFIG_STRING: unset */
	int64_t min, max; /* CONFIG_INT, CONFIG_BYTES; CONFIG_SECONDS in microseconds */
	bool secret; /* not printed; may be file:PATH */
	const char *help;
};

/*
 * Fills `settings` with defaults, then the file, then the arguments of the form --section.key=value
 * (which are removed from argv).  A NULL path reads no file.  Every fault is reported on standard error with
 * file, line, key and limit; -1 then.  Strings are allocated and owned by `settings` (config_free).
 */
int config_load(const struct config_row *rows, size_t count, const char *path, int *argc,
    char **argv, void *settings);
void config_free(const struct config_row *rows, size_t count, void *settings);
/* --help-config: every key with type, default and sentence. */
void config_help(const struct config_row *rows, size_t count);

#endif
