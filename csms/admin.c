#include "csms/admin.h"

#include <stdio.h>
#include <unistd.h>

#include "common/json.h"
#include "csms/body.h"
#include "csms/loop.h"
#include "csms/migrate.h"
#include "csms/params.h"
#include "csms/password.h"
#include "csms/query.h"
#include "csms/settings.h"

#define DEFAULT_CONFIG "/etc/v2g/v2g-csms.conf" /* as the server has it */
#define CONNECT_LIMIT  (10 * SECOND_US)
#define CONNECT_LOOK   (SECOND_US / 50) /* between looks whether the database is there */

/* What the command line says. */
struct options {
	const char *config; /* NULL: none */
	const char *name, *role, *expires;
	const char *id;
};

struct admin;

struct verb {
	const char *name, *usage;
	const char *sql; /* NULL: migrate */
	/* Builds the parameter p; false: something is missing. */
	bool (*prepare)(struct admin *admin, const struct options *options, struct buf *p);
	void (*print)(struct admin *admin, struct slice body);
};

struct admin {
	const struct verb *verb;
	struct settings settings;
	struct loop loop;
	struct query_pool *pool;
	struct loop_timer look;
	int64_t give_up_mono;
	struct buf p;
	struct arena arena;
	char token[64];
	int exit_code;
};

/* ---- verbs ---- */

static void
write_member(struct buf *p, const char *name, const char *value, const char *comma)
{
	buf_printf(p, "%s\"%s\":", comma, name);
	json_write_string(p, slice_cstr(value));
}

static bool
prepare_create(struct admin *admin, const struct options *options, struct buf *p)
{
	char hash[65];

	if (options->name == NULL || options->role == NULL || !token_new(admin->token))
		return false;
	token_hash(slice_cstr(admin->token), hash);
	buf_append_cstr(p, "{\"body\":{");
	write_member(p, "name", options->name, "");
	write_member(p, "role", options->role, ",");
	write_member(p, "hash", hash, ",");
	if (options->expires != NULL)
		write_member(p, "expiresAt", options->expires, ",");
	buf_append_cstr(p, "}}");
	return true;
}

static bool
prepare_list(struct admin *admin, const struct options *options, struct buf *p)
{
	(void)admin;
	(void)options;
	buf_append_cstr(p, "{}");
	return true;
}

static bool
prepare_revoke(struct admin *admin, const struct options *options, struct buf *p)
{
	(void)admin;
	if (options->id == NULL)
		return false;
	buf_append_cstr(p, "{\"path\":{");
	write_member(p, "id", options->id, "");
	buf_append_cstr(p, "}}");
	return true;
}

/* Nothing else on standard output: scripts take it from there. */
static void
print_token(struct admin *admin, struct slice body)
{
	(void)body;
	printf("%s\n", admin->token);
}

static void
print_nothing(struct admin *admin, struct slice body)
{
	(void)admin;
	(void)body;
}

static void
print_field(struct admin *admin, struct slice item, const char *name, const char *end)
{
	struct slice value = body_value(item, name, &admin->arena);

	printf("%.*s%s", SLICE_ARGS(value.ptr == NULL ? SLICE("-") : value), end);
}

/* One token a line: id, role, name, expiry, revocation. */
static void
print_tokens(struct admin *admin, struct slice body)
{
	struct slice items = body_value(body, "items", &admin->arena), item;
	struct json_reader r;
	enum json_token first;

	json_begin(&r, items, BODY_DEPTH_MAX);
	if (json_next(&r) != JSON_ARRAY)
		return;
	for (first = json_next(&r); first == JSON_OBJECT; first = json_next(&r)) {
		if (!json_skip(&r, first, &item))
			return;
		print_field(admin, item, "id", "\t");
		print_field(admin, item, "role", "\t");
		print_field(admin, item, "name", "\t");
		print_field(admin, item, "expiresAt", "\t");
		print_field(admin, item, "revokedAt", "\n");
	}
}

#define CALL(function) "SELECT status, body FROM api." function "($1::bigint, $2::jsonb)"

static const struct verb verbs[] = {
	{ "create-token",
	    "create-token --role viewer|utility|operator|admin --name NAME [--expires TIME]",
	    CALL("api_token_create"), prepare_create, print_token },
	{ "list-tokens", "list-tokens", CALL("api_token_list"), prepare_list, print_tokens },
	{ "revoke-token", "revoke-token ID", CALL("api_token_revoke"), prepare_revoke,
	    print_nothing },
	{ "migrate", "migrate", NULL, NULL, NULL },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int
usage(FILE *out)
{
	fputs("usage: v2g-csms admin VERB [--config PATH] [--database.uri=URI ...]\n", out);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "       v2g-csms admin %s\n", verbs[i].usage);
	return out == stdout ? 0 : 2;
}

/* ---- one statement ---- */

static void
stop(struct admin *admin, int exit_code)
{
	admin->exit_code = exit_code;
	loop_stop(&admin->loop);
}

static void
answered(
    void *ctx, enum pg_outcome outcome, const struct pg_result *r, const struct pg_error *error)
{
	struct admin *admin = ctx;
	struct slice body, message;

	if (outcome != PG_DONE || pg_rows(r) != 1) {
		fprintf(stderr, "v2g-csms: %s\n",
		    outcome == PG_REFUSED ? error->message
					  : "the connection to the database broke");
		stop(admin, 1);
		return;
	}
	body = pg_text(r, 0, 1);
	if (pg_integer(r, 0, 0) < 300) {
		admin->verb->print(admin, body);
		stop(admin, 0);
		return;
	}
	message = body_text(body_value(body, "error", &admin->arena), "message", &admin->arena);
	fprintf(stderr, "v2g-csms: %.*s\n", SLICE_ARGS(message));
	stop(admin, 1);
}

static void
look(void *ctx)
{
	struct admin *admin = ctx;
	struct params params = { 0 };

	params_null(&params);
	params_text(&params, buf_slice(&admin->p));
	if (query_is_up(admin->pool) &&
	    query_run(admin->pool, 0, &params.pg, answered, admin) != NULL)
		return;
	if (clock_mono() > admin->give_up_mono) {
		fputs("v2g-csms: the database is away, or not migrated: see `v2g-csms admin "
		      "migrate`\n",
		    stderr);
		stop(admin, 1);
		return;
	}
	loop_timer_start(&admin->loop, &admin->look, CONNECT_LOOK, look, admin);
}

static int
run_statement(struct admin *admin)
{
	const struct pg_statement statement = { "admin", admin->verb->sql, 2 };

	loop_init(&admin->loop);
	arena_init(&admin->arena, 1 << 20);
	admin->give_up_mono = clock_mono() + CONNECT_LIMIT;
	admin->exit_code = 1;
	admin->pool = query_pool_new(&admin->loop, admin->settings.database.uri, 1, 1,
	    admin->settings.database.statement_timeout, &statement, 1);
	if (admin->pool != NULL) {
		loop_timer_start(&admin->loop, &admin->look, CONNECT_LOOK, look, admin);
		loop_run(&admin->loop);
		query_pool_free(&admin->pool);
	}
	loop_timer_stop(&admin->loop, &admin->look);
	arena_free(&admin->arena);
	loop_destroy(&admin->loop);
	return admin->exit_code;
}

static int
run_migrations(struct admin *admin)
{
	switch (migrate_run(admin->settings.database.uri)) {
	case MIGRATE_OK: return 0;
	case MIGRATE_UNREACHABLE: fputs("v2g-csms: the database is away\n", stderr); return 1;
	case MIGRATE_TOO_NEW:
		fputs("v2g-csms: the database belongs to a newer version\n", stderr);
		return 1;
	case MIGRATE_FAILED: return 1;
	}
	return 1;
}

/* ---- command line ---- */

/* "--name VALUE" or "--name=VALUE" at argv[*at]; *at is moved to its last word. */
static const char *
option_value(const char *name, int argc, char **argv, int *at)
{
	size_t len = strlen(name);

	if (argv[*at] == NULL || strncmp(argv[*at], name, len) != 0)
		return NULL;
	if (argv[*at][len] == '=')
		return argv[*at] + len + 1;
	if (argv[*at][len] != '\0' || *at + 1 >= argc)
		return NULL;
	return argv[++*at];
}

/* Our own options; those of the settings, with a dot in them, have been taken away or are left for later. */
static bool
parse_options(int argc, char **argv, struct options *options)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "--config", &options->config },
		{ "--name", &options->name },
		{ "--role", &options->role },
		{ "--expires", &options->expires },
	};

	for (int i = 2; i < argc; i++) {
		const char *value = NULL;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]) && value == NULL; k++) {
			value = option_value(known[k].name, argc, argv, &i);
			if (value != NULL)
				*known[k].value = value;
		}
		if (value != NULL ||
		    (strncmp(argv[i], "--", 2) == 0 && strchr(argv[i], '.') != NULL))
			continue;
		if (argv[i][0] == '-' || options->id != NULL)
			return false;
		options->id = argv[i];
	}
	return true;
}

static int
run(struct admin *admin, const struct options *options)
{
	int status;

	if (admin->verb->sql == NULL)
		return run_migrations(admin);
	buf_init(&admin->p, 1 << 16);
	status = admin->verb->prepare(admin, options, &admin->p) ? run_statement(admin)
								 : usage(stderr);
	buf_free(&admin->p);
	return status;
}

int
admin_main(int argc, char **argv)
{
	struct admin admin = { .verb = NULL };
	struct options options = { NULL, NULL, NULL, NULL, NULL };
	int status;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	for (size_t i = 0; argc > 1 && i < VERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			admin.verb = &verbs[i];
	if (admin.verb == NULL || !parse_options(argc, argv, &options))
		return usage(stderr);
	if (options.config == NULL && access(DEFAULT_CONFIG, R_OK) == 0)
		options.config = DEFAULT_CONFIG;
	if (settings_load(options.config, &argc, argv, &admin.settings) != 0)
		return 2;
	status = run(&admin, &options);
	settings_free(&admin.settings);
	return status;
}
