/*
 * v2g-csms - the central system.
 *
 *     v2g-csms [--config FILE] [--section.key=value ...]
 *     v2g-csms admin ...
 */
#include "common/log.h"
#include "csms/admin.h"
#include "csms/node.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/v2g/v2g-csms.conf"

static void
usage(FILE *out)
{
	fputs("usage: v2g-csms [--config FILE] [--section.key=value ...]\n"
	      "       v2g-csms admin --help\n"
	      "       v2g-csms --help-config | --version\n",
	    out);
}

/* Takes "--config FILE" out of the arguments; the default only where it exists. */
static const char *
config_path(int *argc, char **argv)
{
	for (int i = 1; i + 1 < *argc; i++) {
		const char *path = argv[i + 1];

		if (strcmp(argv[i], "--config") != 0)
			continue;
		memmove(argv + i, argv + i + 2, (size_t)(*argc - i - 1) * sizeof(*argv));
		*argc -= 2;
		return path;
	}
	return access(DEFAULT_CONFIG, R_OK) == 0 ? DEFAULT_CONFIG : NULL;
}

static bool
set_log(const struct settings *settings)
{
	enum log_level level;

	if (!log_level_parse(slice_cstr(settings->log.level), &level)) {
		fprintf(stderr, "log.level: %s is none of debug, info, warn, error\n",
		    settings->log.level);
		return false;
	}
	log_set_level(level);
	if (settings->log.file != NULL && log_set_file(settings->log.file) != 0) {
		perror(settings->log.file);
		return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	static struct node node;
	const char *config;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strcmp(argv[1], "admin") == 0)
		return admin_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "--help-config") == 0) {
		settings_help();
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("v2g-csms " V2G_VERSION);
		return 0;
	}
	config = config_path(&argc, argv);
	if (settings_load(config, &argc, argv, &node.settings) != 0)
		return 2;
	if (argc > 1) {
		usage(stderr);
		return 2;
	}
	return set_log(&node.settings) ? node_run(&node) : 2;
}
