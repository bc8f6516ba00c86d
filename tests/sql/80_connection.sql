-- Nodes, connections, the directory, the raw log.
BEGIN;
SELECT core.node_start('n1', '1', '2026-03-01T10:00:00Z') AS n \gset
INSERT INTO core.station (name, password_hash) VALUES ('Cs-1', 'h') RETURNING id AS s \gset
\set key 00000000-0000-4000-8000-000000000001
SELECT connection_id AS c FROM core.connection_open(:s, :n, '2001:db8::1', 1, 'ocpp2.0.1', NULL, '2026-03-01T10:00:01Z', :'key') \gset
SELECT t.is(:'name' || '/open/same-key', (SELECT connection_id FROM core.connection_open(:s, :n, '2001:db8::1', 1, 'ocpp2.0.1', NULL, '2026-03-01T10:00:01Z', :'key')), :c::bigint);
SELECT core.connections_seen(:n, '2026-03-01T10:00:09Z', ARRAY[:c], ARRAY['2026-03-01T10:00:08Z'::timestamptz]);
SELECT core.connections_seen(:n, '2026-03-01T10:00:08Z', ARRAY[:c], ARRAY['2026-03-01T10:00:07Z'::timestamptz]);
SELECT t.is(:'name' || '/seen', (SELECT (c.last_proof_at, n.seen_at, r.seen_at) FROM core.connection c, core.node n, core.node_run r),
	('2026-03-01T10:00:08Z'::timestamptz, '2026-03-01T10:00:09Z'::timestamptz, '2026-03-01T10:00:09Z'::timestamptz));
SELECT connection_id AS c2 FROM core.connection_open(:s, :n, '192.0.2.1', 1, 'ocpp2.0.1', NULL, '2026-03-01T10:01:00Z', gen_random_uuid()) \gset
SELECT t.is(:'name' || '/replaced', (SELECT string_agg(coalesce(close_reason, 'open'), ' ' ORDER BY id) FROM core.connection), 'replaced open');
SELECT t.is(:'name' || '/epoch-rises', :c2 > :c, true);
SELECT core.connection_close(:c, '2026-03-01T11:00:00Z', '2026-03-01T11:00:00Z', 'late close of the old one');
SELECT t.is(:'name' || '/late-close-changes-nothing', (SELECT string_agg(coalesce(close_reason, 'open'), ' ' ORDER BY id) FROM core.connection), 'replaced open');
SELECT t.is(:'name' || '/old-key-does-not-reopen', (SELECT connection_id FROM core.connection_open(:s, :n, '2001:db8::1', 1, 'ocpp2.0.1', NULL, '2026-03-01T10:00:01Z', :'key')), :c::bigint);
SELECT t.is(:'name' || '/old-key-replaces-nothing', (SELECT count(*) FROM core.connection WHERE closed_at IS NULL AND id = :c2), 1::bigint);

-- The node comes back: what it held ended when it was last seen; what was sent is uncertain.
SELECT core.connections_seen(:n, '2026-03-01T10:05:00Z', ARRAY[:c2], ARRAY['2026-03-01T10:05:00Z'::timestamptz]);
SELECT id AS cmd FROM core.command_submit('cs-1', 'Reset', '{}', 'api', NULL, NULL, NULL, '1 hour', '2026-03-01T10:05:00Z', NULL) \gset
SELECT core.command_claim(:s, :c2, '2026-03-01T10:05:01Z', NULL, gen_random_uuid());
SELECT t.is(:'name' || '/restart/same-node', core.node_start('n1', '2', '2026-03-01T10:10:00Z'), :n::bigint);
SELECT t.is(:'name' || '/restart/connection', (SELECT (closed_at, close_reason) FROM core.connection WHERE id = :c2), ('2026-03-01T10:05:00Z'::timestamptz, 'node restarted'::text));
SELECT t.is(:'name' || '/restart/command', (SELECT state FROM core.command WHERE id = :'cmd'), 'uncertain');
SELECT t.is(:'name' || '/restart/runs', (SELECT string_agg(core.rfc3339(started_at) || '-' || core.rfc3339(seen_at), ' ' ORDER BY started_at) FROM core.node_run),
	'2026-03-01T10:00:00.000Z-2026-03-01T10:05:00.000Z 2026-03-01T10:10:00.000Z-2026-03-01T10:10:00.000Z');
SELECT connection_id AS c3 FROM core.connection_open(:s, :n, NULL, 1, 'ocpp2.0.1', NULL, '2026-03-01T10:10:05Z', gen_random_uuid()) \gset
SELECT core.node_start('n1', '2', '2026-03-01T10:10:00Z');
SELECT t.is(:'name' || '/restart/replayed', (SELECT closed_at FROM core.connection WHERE id = :c3), NULL);
SELECT core.node_start('n2', '2', '2026-03-01T10:20:00Z');
SELECT t.is(:'name' || '/restart/of-another-node', (SELECT closed_at FROM core.connection WHERE id = :c3), NULL);

SELECT t.is(:'name' || '/directory', (SELECT (d.id, d.name, d.security_profile, d.password_hash, d.certificate_cn, d.blocked, d.boot_status, d.registration, d.compression)::text FROM core.directory_one('CS-1') d),
	'(' || :s || ',Cs-1,2,h,Cs-1,f,,Accepted,t)');
SELECT t.is(:'name' || '/directory-unknown', (SELECT count(*) FROM core.directory_one('cs-2')), 0::bigint);
SELECT t.is(:'name' || '/directory-all', (SELECT count(*) FROM core.directory()), 1::bigint);

-- The raw log: never refuses; gets its days; forgets.
SELECT core.messages_log(ARRAY['2026-03-01T23:59:59.999999Z', '2026-03-02T00:00:00Z', '2026-01-01T00:00:00Z']::timestamptz[], ARRAY[:s, :s, 999], ARRAY[:c, NULL, 1], '{in,out,in}', '{[2],"[3,\"x\"]",[4]}');
SELECT t.is(:'name' || '/log/default-first', (SELECT count(*) FROM core.message_default), 3::bigint);
SELECT t.is(:'name' || '/log/housekeeping', (SELECT (partitions_made, partitions_dropped) FROM core.housekeeping('2026-03-02T10:00:00Z', '30 days')), (9, 0));
SELECT t.is(:'name' || '/log/days', (SELECT string_agg(tableoid::regclass || ' ' || frame, ', ' ORDER BY received_at) FROM core.message),
	'core.message_20260301 [2], core.message_20260302 [3,"x"]');
SELECT t.is(:'name' || '/log/again', (SELECT (partitions_made, partitions_dropped) FROM core.housekeeping('2026-03-02T10:00:00Z', '30 days')), (0, 0));
SELECT t.is(:'name' || '/log/retention', (SELECT (partitions_made, partitions_dropped) FROM core.housekeeping('2026-03-03T10:00:00Z', '1 day')), (1, 1));
SELECT t.is(:'name' || '/log/kept', (SELECT string_agg(frame, ', ') FROM core.message), '[3,"x"]');
SELECT t.is(:'name' || '/log/partitions-like-the-table', (SELECT count(*) FROM pg_indexes WHERE schemaname = 'core' AND tablename = 'message_20260304'), 2::bigint);
ROLLBACK;
