# What two sessions do at once.  Read by run, which has q, at_once, verdict and tmp.
# shellcheck shell=bash disable=SC2034,SC2154

expect() { # NAME GOT WANT
	if [ "$2" = "$3" ]; then echo "ok sql/concurrency/$1"; else
		echo "not ok sql/concurrency/$1 got $(tr '\n' ' ' <<<"$2") want $3"
		failed=1
	fi
}

q >"$tmp/ids" <<'SQL'
SELECT station || ' ' || connection FROM t.station('BUSY');
SELECT core.command_submit('BUSY', 'Reset', '{}', 'api', NULL, NULL, NULL, '1 hour', now(), NULL) FROM generate_series(1, 2) \g /dev/null
SQL
read -r station connection <"$tmp/ids"

# Two claims on one connection: the second waits, then finds the first one out.
cat >"$tmp/1.sql" <<SQL
BEGIN;
SELECT count(*) FROM core.command_claim($station, $connection, now(), NULL, gen_random_uuid());
SELECT pg_sleep(1) \g /dev/null
COMMIT;
SQL
cat >"$tmp/2.sql" <<SQL
SELECT count(*) FROM core.command_claim($station, $connection, now(), NULL, gen_random_uuid());
SQL
at_once "$tmp/1.sql" "$tmp/2.sql"
expect claims-on-one-connection "$(cat "$tmp/first" "$tmp/second" | xargs)" "1 0"
q -c "UPDATE core.command SET state = 'answered', done_at = now() WHERE state = 'sent'"

# A claim while the connection is being replaced elsewhere: whoever claims on the old one gets nothing.
cat >"$tmp/1.sql" <<SQL
BEGIN;
SELECT connection_id FROM core.connection_open($station, (SELECT min(id) FROM core.node), NULL, 2, 'ocpp2.0.1', NULL, now(), gen_random_uuid()) \g /dev/null
SELECT pg_sleep(1) \g /dev/null
COMMIT;
SQL
at_once "$tmp/1.sql" "$tmp/2.sql"
expect claim-on-a-replaced-connection "$(cat "$tmp/second")" 0
expect still-queued "$(q -c "SELECT string_agg(state, ' ' ORDER BY position) FROM core.command WHERE station_id = $station")" "answered queued"

# Two nodes take the same station: one open connection remains, the later.
cat >"$tmp/2.sql" <<SQL
SELECT connection_id FROM core.connection_open($station, (SELECT min(id) FROM core.node), NULL, 2, 'ocpp2.0.1', NULL, now(), gen_random_uuid()) \g /dev/null
SQL
at_once "$tmp/1.sql" "$tmp/2.sql"
expect one-open-connection "$(cat "$tmp/first" "$tmp/second")$(q -c "SELECT count(*), bool_and(id = (SELECT max(id) FROM core.connection)) FROM core.connection
	WHERE station_id = $station AND closed_at IS NULL")" "1|t"

# The same event, and its neighbour, on two connections: each once, and both counted.
event="jsonb_build_object('eventType', 'Updated', 'timestamp', '2026-03-01T10:00:00Z', 'triggerReason', 'Trigger', 'transactionInfo', '{\"transactionId\": \"T\"}'::jsonb)"
cat >"$tmp/1.sql" <<SQL
BEGIN;
SELECT core.take_transaction_event($station, 1, now(), $event || '{"seqNo": 1}');
SELECT core.take_transaction_event($station, 1, now(), $event || '{"seqNo": 2}');
SELECT pg_sleep(1) \g /dev/null
COMMIT;
SQL
cat >"$tmp/2.sql" <<SQL
SELECT core.take_transaction_event($station, 2, now(), $event || '{"seqNo": 1}');
SELECT core.take_transaction_event($station, 2, now(), $event || '{"seqNo": 3}');
SELECT core.take_transaction_event($station, 2, now(), $event || '{"seqNo": 2}');
SQL
at_once "$tmp/1.sql" "$tmp/2.sql"
expect events-twice "$(cat "$tmp/first" "$tmp/second" | xargs) $(q -c "SELECT event_count, min_seq, max_seq, conflicts FROM core.transaction WHERE station_id = $station")" \
	"{} {} {} {} {} 3|1|3|0"

# Notices reach who listens.
q >"$tmp/heard" 2>&1 <<'SQL'
LISTEN v2g_station; LISTEN v2g_command; LISTEN v2g_connection; LISTEN v2g_command_done; LISTEN v2g_token;
INSERT INTO core.station (name) VALUES ('Heard');
UPDATE core.station SET last_boot_at = now() WHERE name = 'Heard';
UPDATE core.station SET blocked = true WHERE name = 'Heard';
DELETE FROM core.station WHERE name = 'Heard';
SELECT core.command_submit('BUSY', 'Reset', '{}', 'api', NULL, 'heard', 'h', '1 s', '2026-03-01T10:00:00Z', NULL) \g /dev/null
SELECT core.command_expire('2026-03-02T10:00:00Z') \g /dev/null
INSERT INTO core.api_token (name, role, hash) VALUES ('heard', 'viewer', repeat('b', 64));
SQL
expect notices "$(grep -o 'notification "[a-z0-9_]*" \(with payload "[A-Za-z]*"\)\?' "$tmp/heard" | sed 's/notification //; s/with payload //; s/"//g; s/ $//' | xargs)" \
	"v2g_station Heard v2g_station Heard v2g_station Heard v2g_command v2g_command_done v2g_token"
