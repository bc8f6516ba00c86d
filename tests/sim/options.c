#include "tests/sim/options.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

enum kind { TEXT, NUMBER, REAL, FLAG };

struct row {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *argument; /* for the help */
	const char *value; /* default */
	double min, max;
	const char *help;
};

#define AT(member) offsetof(struct options, member)

/* A row without a name is a heading of the help. */
static const struct row rows[] = {
	{ .help = "Central system" },
	{ "url", TEXT, AT(url), "URL", NULL, 0, 0,
	    "ws(s)://HOST:PORT/ocpp, to which /ID is added" },
	{ "profile", NUMBER, AT(profile), "1|2|3", "1", 1, 3,
	    "security profile: Basic over ws, Basic over wss, client certificate" },
	{ "password", TEXT, AT(password), "TEXT", NULL, 0, 0,
	    "of every station (profiles 1, 2); {id} stands for the station's name" },
	{ "password-file", TEXT, AT(password_file), "FILE", NULL, 0, 0, "its first line" },
	{ "ca", TEXT, AT(ca), "FILE", NULL, 0, 0,
	    "authorities that the server must be signed by" },
	{ "cert-dir", TEXT, AT(certificates), "DIR", NULL, 0, 0,
	    "client certificates: ID.pem (or ID.crt) and ID.key" },
	{ "deflate", FLAG, AT(deflate), NULL, NULL, 0, 0, "offer permessage-deflate" },
	{ "ping", NUMBER, AT(ping), "SECONDS", "60", 0, 65000, "PING after silence; 0: never" },
	{ .help = "Fleet" },
	{ "stations", NUMBER, AT(stations), "N", "1", 1, 100000, "how many" },
	{ "evses", NUMBER, AT(evses), "M", "1", 1, 64, "EVSEs of each, one connector each" },
	{ "prefix", TEXT, AT(prefix), "TEXT", "DEMO-", 0, 0, "names are TEXT1, TEXT2, ..." },
	{ "first", NUMBER, AT(first), "I", "1", 0, 999999999, "number of the first" },
	{ "digits", NUMBER, AT(digits), "N", "1", 1, 9,
	    "numbers have at least so many digits" },
	{ "seed", NUMBER, AT(seed), "S", "1", 0, 1e15, "of all that is random" },
	{ "connect-rate", REAL, AT(connect_rate), "N", NULL, 0, 1e6,
	    "connections begun per second; 0: no limit (100; load mode: 0)" },
	{ "window", NUMBER, AT(window), "N", "256", 1, 100000,
	    "load mode: handshakes under way at once" },
	{ "backoff", REAL, AT(backoff_minimum), "SECONDS", "1", 0, 3600,
	    "RetryBackOffWaitMinimum: before the first reconnect" },
	{ "backoff-range", REAL, AT(backoff_range), "SECONDS", "1", 0, 3600,
	    "RetryBackOffRandomRange: at random more than that" },
	{ "backoff-repeats", NUMBER, AT(backoff_repeats), "N", "5", 0, 20,
	    "RetryBackOffRepeatTimes: how often the wait is doubled" },
	{ "call-timeout", REAL, AT(call_timeout), "SECONDS", "30", 0.1, 3600,
	    "without an answer the connection is dropped and the call repeated" },
	{ .help = "Behaviour" },
	{ "behaviour", TEXT, AT(behaviour), "NAME|FILE", "demo", 0, 0,
	    "demo, idle, transactions, or a script" },
	{ "duration", REAL, AT(duration), "SECONDS", "0", 0, 1e9, "0: until a signal" },
	{ "time-scale", REAL, AT(time_scale), "X", "1", 0.001, 10000,
	    "the vehicle's time runs so much faster (waits, energy; no protocol timers)" },
	{ "sample", REAL, AT(sample_interval), "SECONDS", NULL, 0.01, 86400,
	    "TxUpdatedInterval at the start (10); pace of the behaviour transactions (0.1)" },
	{ "tokens", TEXT, AT(tokens), "A,B,...", "DEMO-TOKEN", 0, 0,
	    "id tokens that drivers show" },
	{ "flap", REAL, AT(flap), "SECONDS", "0", 0, 1e6,
	    "lose the network every so often (mean)" },
	{ "crash", REAL, AT(crash), "SECONDS", "0", 0, 1e6,
	    "lose power every so often (mean)" },
	{ "crash-fate", TEXT, AT(crash_fate), "FATE", "end", 0, 0,
	    "of transactions then: end, continue or lose" },
	{ "slow", FLAG, AT(slow), NULL, NULL, 0, 0, "answer commands up to five seconds late" },
	{ "rude", FLAG, AT(rude), NULL, NULL, 0, 0,
	    "now and then bad JSON, stray answers, repeated ids, calls without waiting" },
	{ "no-boot", FLAG, AT(no_boot), NULL, NULL, 0, 0,
	    "begin as if Accepted in an earlier life: no BootNotification" },
	{ "check", FLAG, AT(check), NULL, NULL, 0, 0,
	    "assert that what is sent decodes again" },
	{ .help = "Load" },
	{ "load", TEXT, AT(load), "KIND", NULL, 0, 0,
	    "heartbeat, transaction, boot or idle, instead of a behaviour" },
	{ "rate", REAL, AT(rate), "R", "0", 0, 1e6,
	    "calls per second in total (open loop); 0: as fast as answers come" },
	{ "updates", NUMBER, AT(updates), "K", "10", 0, 1000000, "per transaction" },
	{ "warmup", REAL, AT(warmup), "SECONDS", "1", 0, 1e6, "not counted" },
	{ "json", FLAG, AT(json), NULL, NULL, 0, 0, "the summary as one line of JSON" },
	{ .help = "Output" },
	{ "truth", TEXT, AT(truth), "FILE", NULL, 0, 0, "what really happened, as JSON lines" },
	{ "report", REAL, AT(report), "SECONDS", "0", 0, 1e6,
	    "a line of counters every so often" },
	{ "quiet", FLAG, AT(quiet), NULL, NULL, 0, 0, "no summary" },
	{ "strict", FLAG, AT(strict), NULL, NULL, 0, 0, "exit 1 when errors happened" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void
print_help(void)
{
	printf("evse-sim: simulated OCPP 2.0.1 charging stations\n");
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		char left[64];

		if (row->name == NULL) {
			printf("\n%s\n", row->help);
			continue;
		}
		snprintf(left, sizeof(left), "--%s %s", row->name,
		    row->argument == NULL ? "" : row->argument);
		printf("  %-26s %s", left, row->help);
		if (row->value != NULL && row->kind != FLAG)
			printf(" (%s)", row->value);
		printf("\n");
	}
}

static bool
set_number(const struct row *row, void *field, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(value) || value < row->min ||
	    value > row->max)
		return false;
	if (row->kind == REAL) {
		*(double *)field = value;
		return true;
	}
	*(int64_t *)field = (int64_t)value;
	return (double)(int64_t)value == value;
}

static bool
set(struct options *options, const struct row *row, const char *text)
{
	void *field = (char *)options + row->offset;

	switch (row->kind) {
	case TEXT: *(const char **)field = text; return true;
	case FLAG: *(bool *)field = true; return true;
	case NUMBER:
	case REAL: return set_number(row, field, text);
	}
	return false;
}

static const struct row *
find(const char *name, size_t len)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].name != NULL && strlen(rows[i].name) == len &&
		    memcmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

/* One option, as --name, --name value or --name=value; returns how many words it took, 0 if bad. */
static int
parse_one(struct options *options, int left, char **argv)
{
	const char *word = argv[0], *value = strchr(word, '=');
	size_t len = value == NULL ? strlen(word) : (size_t)(value - word);
	const struct row *row = strncmp(word, "--", 2) == 0 ? find(word + 2, len - 2) : NULL;
	int used = 1;

	if (row == NULL) {
		fprintf(stderr, "evse-sim: unknown option %s (see --help)\n", word);
		return 0;
	}
	if (value != NULL)
		value++;
	else if (row->kind != FLAG && left > 1)
		value = argv[used++];
	if ((value == NULL) != (row->kind == FLAG)) {
		fprintf(stderr, "evse-sim: --%s takes %s value\n", row->name,
		    row->kind == FLAG ? "no" : "a");
		return 0;
	}
	if (!set(options, row, value)) {
		fprintf(stderr, "evse-sim: --%s must be a number from %.15g to %.15g\n",
		    row->name, row->min, row->max);
		return 0;
	}
	return used;
}

static char *
first_line(const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;

	if (file == NULL || getline(&line, &cap, file) < 0) {
		perror(path);
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\r\n")] = '\0';
	}
	if (file != NULL)
		fclose(file);
	return line;
}

static bool
complain(const char *text)
{
	fprintf(stderr, "evse-sim: %s\n", text);
	return false;
}

/* What concerns more than one option. */
static bool
settle(struct options *o)
{
	bool tls = o->url != NULL && strncmp(o->url, "wss:", 4) == 0;

	if (o->url == NULL)
		return complain("--url is missing (see --help)");
	if (strlen(o->prefix) > 36)
		return complain("--prefix is longer than 36 characters");
	if (o->password_file != NULL) {
		/* Lives as long as the program. */
		o->password = first_line(o->password_file);
		if (o->password == NULL)
			return false;
	}
	if (tls != (o->profile > 1))
		return complain("profile 1 goes with ws://, 2 and 3 with wss://");
	if (o->profile == 3 && o->certificates == NULL)
		return complain("profile 3 needs --cert-dir");
	if (o->connect_rate < 0)
		o->connect_rate = o->load == NULL ? 100 : 0;
	/* The other profiles must not show what they have. */
	if (o->profile != 3)
		o->certificates = NULL;
	else
		o->password = NULL;
	return true;
}

bool
options_parse(struct options *options, int argc, char **argv, int *exit_code_out)
{
	int at = 1;

	memset(options, 0, sizeof(*options));
	/* Which was not given. */
	options->connect_rate = options->sample_interval = -1;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].name != NULL && rows[i].value != NULL)
			set(options, &rows[i], rows[i].value);
	*exit_code_out = 2;
	while (at < argc) {
		int used;

		if (strcmp(argv[at], "--help") == 0) {
			print_help();
			*exit_code_out = 0;
			return false;
		}
		used = parse_one(options, argc - at, argv + at);
		if (used == 0)
			return false;
		at += used;
	}
	return settle(options);
}

static char *
finished(struct buf *text)
{
	buf_append_char(text, '\0');
	if (buf_failed(text))
		abort();
	return text->ptr;
}

char *
options_name(const struct options *options, int64_t index)
{
	struct buf name;

	buf_init(&name, 128);
	buf_printf(&name, "%s%0*" PRId64, options->prefix, (int)options->digits,
	    options->first + index);
	return finished(&name);
}

char *
options_password(const struct options *options, const char *station)
{
	static const char mark[] = "{id}";
	const char *password = options->password, *at;
	struct buf text;

	if (password == NULL)
		return NULL;
	buf_init(&text, 4096);
	at = strstr(password, mark);
	if (at != NULL) {
		buf_append(&text, password, (size_t)(at - password));
		buf_append_cstr(&text, station);
		password = at + sizeof(mark) - 1;
	}
	buf_append_cstr(&text, password);
	return finished(&text);
}
