#include "csms/settings.h"

#include "common/config.h"

#define AT(member) offsetof(struct settings, member)
#define MS         INT64_C(1000)
#define S          INT64_C(1000000)
#define DAY        (86400 * S)

/* clang-format off */
static const struct config_row rows[] = {
	{ "database", "uri", CONFIG_STRING, AT(database.uri), "postgresql:///v2g", 0, 0, true,
	  "PostgreSQL connection URI." },
	{ "database", "connections", CONFIG_INT, AT(database.connections), "4", 1, 64, false,
	  "Connections for the API; station messages have one of their own." },
	{ "database", "statement_timeout", CONFIG_SECONDS, AT(database.statement_timeout), "10s", 100 * MS, 600 * S, false,
	  "An API statement that takes longer is cancelled." },
	{ "database", "max_pending", CONFIG_BYTES, AT(database.max_pending), "64M", 1 << 20, INT64_C(1) << 34, false,
	  "Station messages that may wait for their commit; beyond it sockets are not read." },
	{ "database", "max_batch", CONFIG_INT, AT(database.max_batch), "512", 1, 10000, false,
	  "Most operations in one transaction." },
	{ "database", "commit_delay", CONFIG_SECONDS, AT(database.commit_delay), "0", 0, S, false,
	  "Wait this long for company before a commit; saves database CPU at low load." },
	{ "database", "outage_limit", CONFIG_SECONDS, AT(database.outage_limit), "20s", S, 3600 * S, false,
	  "Database away for longer: stations are disconnected and handshakes get 503 until it is back. Keep it below the stations' message timeout." },
	{ "database", "message_retention", CONFIG_SECONDS, AT(database.message_retention), "30d", DAY, 3650 * DAY, false,
	  "How long raw messages are kept." },
	{ "database", "log_messages", CONFIG_BOOL, AT(database.log_messages), "yes", 0, 0, false,
	  "Keep raw OCPP messages in core.message." },

	{ "listen", "plain", CONFIG_STRING, AT(listen.plain), "0.0.0.0:9000", 0, 0, false,
	  "OCPP without TLS (security profile 1); empty: off." },
	{ "listen", "tls", CONFIG_STRING, AT(listen.tls), NULL, 0, 0, false,
	  "OCPP over TLS (security profiles 2 and 3), usually 0.0.0.0:9443." },
	{ "listen", "http", CONFIG_STRING, AT(listen.http), "127.0.0.1:8080", 0, 0, false,
	  "API, page and metrics." },
	{ "listen", "http_tls", CONFIG_BOOL, AT(listen.http_tls), "no", 0, 0, false,
	  "Serve listen.http over TLS with the certificates of [tls]." },

	{ "tls", "rsa_certificate", CONFIG_STRING, AT(tls.rsa_certificate), NULL, 0, 0, false,
	  "PEM chain of the RSA server certificate (OCPP demands both kinds: A00.FR.318)." },
	{ "tls", "rsa_key", CONFIG_STRING, AT(tls.rsa_key), NULL, 0, 0, false, "PEM key of the RSA certificate." },
	{ "tls", "ecdsa_certificate", CONFIG_STRING, AT(tls.ecdsa_certificate), NULL, 0, 0, false,
	  "PEM chain of the ECDSA server certificate." },
	{ "tls", "ecdsa_key", CONFIG_STRING, AT(tls.ecdsa_key), NULL, 0, 0, false, "PEM key of the ECDSA certificate." },
	{ "tls", "client_ca", CONFIG_STRING, AT(tls.client_ca), NULL, 0, 0, false,
	  "PEM bundle of the authorities that issue station certificates (profile 3)." },
	{ "tls", "operator_name", CONFIG_STRING, AT(tls.operator_name), NULL, 0, 0, false,
	  "Organisation (O) a station certificate must carry; unset: any." },

	{ "ocpp", "node", CONFIG_STRING, AT(ocpp.node), NULL, 0, 0, false,
	  "Name of this process in the database; default: the host name." },
	{ "ocpp", "heartbeat_interval", CONFIG_SECONDS, AT(ocpp.heartbeat_interval), "300s", S, DAY, false,
	  "Told to stations at boot; up to a tenth is taken off, differently for each." },
	{ "ocpp", "call_timeout", CONFIG_SECONDS, AT(ocpp.call_timeout), "30s", 100 * MS, 600 * S, false,
	  "A command without answer for this long has timed out." },
	{ "ocpp", "ping_interval", CONFIG_SECONDS, AT(ocpp.ping_interval), "60s", 100 * MS, DAY, false,
	  "A station silent for this long is pinged." },
	{ "ocpp", "silence_limit", CONFIG_SECONDS, AT(ocpp.silence_limit), "150s", 200 * MS, 2 * DAY, false,
	  "A station silent for this long (pong included) is gone." },
	{ "ocpp", "handshake_timeout", CONFIG_SECONDS, AT(ocpp.handshake_timeout), "10s", S, 60 * S, false,
	  "TLS and HTTP handshake must be over by then." },
	{ "ocpp", "max_message", CONFIG_BYTES, AT(ocpp.max_message), "1M", 4096, 64 << 20, false,
	  "Longest message taken, reassembled and inflated; longer: close 1009." },
	{ "ocpp", "max_unsent", CONFIG_BYTES, AT(ocpp.max_unsent), "2M", 4096, INT64_C(1) << 30, false,
	  "Bytes queued towards one station before it is closed." },
	{ "ocpp", "max_unsent_total", CONFIG_BYTES, AT(ocpp.max_unsent_total), "256M", 1 << 20, INT64_C(1) << 36, false,
	  "Bytes queued towards all stations; beyond it the one that would add is closed." },
	{ "ocpp", "max_queued_calls", CONFIG_INT, AT(ocpp.max_queued_calls), "32", 1, 10000, false,
	  "CALLs of one station waiting their turn before its socket is no longer read." },
	{ "ocpp", "max_frames_per_second", CONFIG_INT, AT(ocpp.max_frames_per_second), "100", 1, 1000000, false,
	  "Frames per second of one station, averaged over ten; faster: close 1008." },
	{ "ocpp", "max_connections", CONFIG_INT, AT(ocpp.max_connections), "100000", 1, 10000000, false,
	  "Sockets in all; also bounded by the limit on open files." },
	{ "ocpp", "max_handshakes", CONFIG_INT, AT(ocpp.max_handshakes), "4000", 1, 1000000, false,
	  "Sockets that have not finished their handshake; more are dropped at once." },
	{ "ocpp", "max_handshakes_per_address", CONFIG_INT, AT(ocpp.max_handshakes_per_address), "1000", 1, 1000000, false,
	  "The same, from one address (a whole site may share one)." },
	{ "ocpp", "max_bad_frames", CONFIG_INT, AT(ocpp.max_bad_frames), "50", 1, 1000000, false,
	  "Unreadable frames on one connection before it is closed 1008." },
	{ "ocpp", "settle_time", CONFIG_SECONDS, AT(ocpp.settle_time), "500ms", 0, 600 * S, false,
	  "Between the boot answer and the first command: some stations cannot take both at once." },
	{ "ocpp", "compression", CONFIG_BOOL, AT(ocpp.compression), "yes", 0, 0, false,
	  "Agree to permessage-deflate when a station asks; can be switched off per station." },

	{ "security", "hide_unknown", CONFIG_BOOL, AT(security.hide_unknown), "no", 0, 0, false,
	  "Answer an unknown station id with 401, as wrong credentials, instead of 404: ids cannot be probed." },
	{ "security", "failures_per_address", CONFIG_INT, AT(security.failures_per_address), "20", 1, 100000, false,
	  "Failed handshakes a minute from one address (IPv6: one /64) before it gets 429." },
	{ "security", "failures_per_station", CONFIG_INT, AT(security.failures_per_station), "20", 1, 100000, false,
	  "Failed handshakes a minute for one station id; beyond it an address has one try a minute." },
	{ "security", "password_cost", CONFIG_INT, AT(security.password_cost), "10", 10, 20, false,
	  "log2 of scrypt's N for new passwords." },
	{ "security", "password_min", CONFIG_INT, AT(security.password_min), "16", 8, 64, false,
	  "Fewest characters of a station password (A00.FR.205: 16)." },
	{ "security", "password_max", CONFIG_INT, AT(security.password_max), "40", 16, 64, false,
	  "Most characters of a station password (40; up to 64 where stations allow it)." },

	{ "api", "max_body", CONFIG_BYTES, AT(api.max_body), "1M", 1024, 64 << 20, false, "Longest request body." },
	{ "api", "max_wait", CONFIG_SECONDS, AT(api.max_wait), "120s", S, 600 * S, false, "Ceiling of ?wait=." },
	{ "api", "default_ttl", CONFIG_SECONDS, AT(api.default_ttl), "1h", S, 30 * DAY, false,
	  "A command not sent by then has expired, unless ?ttl= says otherwise." },

	{ "log", "file", CONFIG_STRING, AT(log.file), NULL, 0, 0, false,
	  "Also log to this file, usually /var/log/v2g-metrics/error.log." },
	{ "log", "level", CONFIG_STRING, AT(log.level), "info", 0, 0, false, "debug, info, warn or error." },
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

int
settings_load(const char *path, int *argc, char **argv, struct settings *settings)
{
	return config_load(rows, ROWS, path, argc, argv, settings);
}

void
settings_free(struct settings *settings)
{
	config_free(rows, ROWS, settings);
}

void
settings_help(void)
{
	config_help(rows, ROWS);
}
