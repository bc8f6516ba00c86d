/*
 * statements.h - every SQL statement of v2g-csms, one table per kind of connection.
 *
 * All logic over rows is in sql/functions: a statement here is a call.
 */
#ifndef V2G_CSMS_STATEMENTS_H
#define V2G_CSMS_STATEMENTS_H

#include "csms/pg.h"

/* Sent over the store: durable, idempotent, grouped.  X(name, SQL, parameters) */
#define STORE_STATEMENTS(X)                                                                    \
	X(MESSAGES_LOG,                                                                        \
	    "SELECT core.messages_log($1::timestamptz[], $2::bigint[], $3::bigint[], "         \
	    "$4::text[], $5::text[])",                                                         \
	    5)                                                                                 \
	X(CONNECTION_OPEN,                                                                     \
	    "SELECT connection_id, boot_status FROM core.connection_open($1::bigint, "         \
	    "$2::bigint, $3, $4::int, $5, $6, $7::timestamptz, $8::uuid)",                     \
	    8)                                                                                 \
	X(CONNECTION_CLOSE,                                                                    \
	    "SELECT core.connection_close($1::bigint, $2::timestamptz, $3::timestamptz, $4)",  \
	    4)                                                                                 \
	X(CONNECTIONS_SEEN,                                                                    \
	    "SELECT core.connections_seen($1::bigint, $2::timestamptz, $3::bigint[], "         \
	    "$4::timestamptz[])",                                                              \
	    4)                                                                                 \
	X(TAKE_BOOT_NOTIFICATION,                                                              \
	    "SELECT answer, status FROM core.take_boot_notification($1::bigint, $2::bigint, "  \
	    "$3::timestamptz, $4::jsonb, $5::int)",                                            \
	    5)                                                                                 \
	X(TAKE_STATUS_NOTIFICATION, TAKE("status_notification"), 4)                            \
	X(TAKE_NOTIFY_EVENT, TAKE("notify_event"), 4)                                          \
	X(TAKE_AUTHORIZE, TAKE("authorize"), 4)                                                \
	X(TAKE_TRANSACTION_EVENT, TAKE("transaction_event"), 4)                                \
	X(TAKE_METER_VALUES, TAKE("meter_values"), 4)                                          \
	X(TAKE_NOTIFY_REPORT, TAKE("notify_report"), 4)                                        \
	X(TAKE_SECURITY_EVENT_NOTIFICATION, TAKE("security_event_notification"), 4)            \
	X(TAKE_DATA_TRANSFER, TAKE("data_transfer"), 4)                                        \
	X(TAKE_LOG_STATUS_NOTIFICATION, TAKE("log_status_notification"), 4)                    \
	X(TAKE_FIRMWARE_STATUS_NOTIFICATION, TAKE("firmware_status_notification"), 4)          \
	X(COMMAND_CLAIM,                                                                       \
	    "SELECT id, action, payload FROM core.command_claim($1::bigint, $2::bigint, "      \
	    "$3::timestamptz, $4::text[], $5::uuid)",                                          \
	    5)                                                                                 \
	X(COMMAND_RESULT,                                                                      \
	    "SELECT core.command_result($1::uuid, $2::bigint, $3::timestamptz, $4::jsonb)", 4) \
	X(COMMAND_ERROR,                                                                       \
	    "SELECT core.command_error($1::uuid, $2::bigint, $3::timestamptz, $4, $5, "        \
	    "$6::jsonb)",                                                                      \
	    6)                                                                                 \
	X(COMMAND_TIMEOUT,                                                                     \
	    "SELECT core.command_timeout($1::uuid, $2::bigint, $3::timestamptz)", 3)

#define TAKE(name)                                                                             \
	"SELECT core.take_" name "($1::bigint, $2::bigint, $3::timestamptz, $4::jsonb)"

/* Sent over the query pool; the API's own statements (one per route) follow these at index QUERY_COUNT. */
#define QUERY_STATEMENTS(X)                                                                    \
	X(NODE_START, "SELECT core.node_start($1, $2, $3::timestamptz)", 3)                    \
	X(DIRECTORY,                                                                           \
	    "SELECT id, name, security_profile, password_hash, certificate_cn, blocked, "      \
	    "boot_status, compression FROM core.directory()",                                  \
	    0)                                                                                 \
	X(DIRECTORY_ONE,                                                                       \
	    "SELECT id, name, security_profile, password_hash, certificate_cn, blocked, "      \
	    "boot_status, compression FROM core.directory_one($1)",                            \
	    1)                                                                                 \
	X(API_TOKENS,                                                                          \
	    "SELECT id, hash, role, name, extract(epoch FROM expires_at)::bigint FROM "        \
	    "core.api_tokens()",                                                               \
	    0)                                                                                 \
	X(HOUSEKEEPING, "SELECT core.housekeeping($1::timestamptz, $2::interval)", 2)          \
	X(COMMAND_SUBMIT,                                                                      \
	    "SELECT outcome, id FROM core.command_submit($1, $2, $3, $4, $5::bigint, $6, $7, " \
	    "$8::interval, $9::timestamptz, $10)",                                             \
	    10)

#define STATEMENT_ENUM(name, sql, params) STMT_##name,
enum store_statement { STORE_STATEMENTS(STATEMENT_ENUM) STORE_STATEMENT_COUNT };
#undef STATEMENT_ENUM
#define STATEMENT_ENUM(name, sql, params) QUERY_##name,
enum query_statement { QUERY_STATEMENTS(STATEMENT_ENUM) QUERY_STATEMENT_COUNT };
#undef STATEMENT_ENUM

extern const struct pg_statement store_statements[STORE_STATEMENT_COUNT];

#endif
