-- BootNotification: the answer, and what it sets going.
BEGIN;
SELECT station AS s, connection AS c FROM t.station('CS1') \gset
CREATE FUNCTION pg_temp.boot(s bigint, c bigint, at text, reason text, firmware text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT to_jsonb(b) FROM core.take_boot_notification(s, c, at::timestamptz, jsonb_build_object('reason', reason,
		'chargingStation', jsonb_build_object('vendorName', 'V', 'model', 'M', 'firmwareVersion', firmware)), 300) b
$$;
CREATE FUNCTION pg_temp.queued(s bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(action || ' ' || state, ', ' ORDER BY position) FROM core.command WHERE station_id = s
$$;
SELECT t.is(:'name' || '/answer', pg_temp.boot(:s, :c, '2026-03-01T10:00:00.123456Z', 'PowerUp', '1')->>'answer',
	'{"currentTime" : "2026-03-01T10:00:00.123Z", "interval" : 300, "status" : "Accepted"}');
SELECT t.is(:'name' || '/inventory-asked', pg_temp.queued(:s), 'GetBaseReport queued');
SELECT t.is(:'name' || '/inventory-request', (SELECT payload::jsonb FROM core.command), '{"requestId": 1, "reportBase": "FullInventory"}'::jsonb);
SELECT t.is(:'name' || '/replay', pg_temp.boot(:s, :c, '2026-03-01T10:00:00.123456Z', 'PowerUp', '1')->>'status', 'Accepted');
SELECT t.is(:'name' || '/replay-stored-once', (SELECT count(*) FROM core.boot), 1::bigint);
SELECT t.is(:'name' || '/same-firmware-not-asked-again', (pg_temp.boot(:s, :c, '2026-03-01T11:00:00Z', 'PowerUp', '1')->>'status',
	pg_temp.queued(:s)), ('Accepted'::text, 'GetBaseReport queued'::text));
UPDATE core.command SET state = 'expired', done_at = now();
SELECT t.is(:'name' || '/asked-again-when-it-did-not-arrive', (pg_temp.boot(:s, :c, '2026-03-01T11:30:00Z', 'PowerUp', '1')->>'status',
	pg_temp.queued(:s)), ('Accepted'::text, 'GetBaseReport expired, GetBaseReport queued'::text));
DELETE FROM core.command WHERE state = 'expired';
SELECT t.is(:'name' || '/new-firmware-asked', (pg_temp.boot(:s, :c, '2026-03-01T12:00:00Z', 'FirmwareUpdate', '2')->>'status',
	pg_temp.queued(:s)), ('Accepted'::text, 'GetBaseReport queued, GetBaseReport queued'::text));
SELECT t.is(:'name' || '/request-ids', (SELECT array_agg(request_id ORDER BY id) FROM core.report_request), '{1,2,3}'::int[]);
SELECT t.is(:'name' || '/station-row', (SELECT (boot_status, boot_reason, firmware_version, vendor) FROM core.station WHERE id = :s),
	('Accepted'::text, 'FirmwareUpdate'::text, '2'::text, 'V'::text));

-- Open transactions are asked about, once per boot.
SELECT core.take_transaction_event(:s, :c, '2026-03-01T12:10:00Z', t.event(k, q, '2026-03-01T12:10:00Z', '{}', tx))
FROM (VALUES ('Started', 0, 'A'), ('Started', 0, 'B'), ('Started', 0, 'C'), ('Ended', 1, 'C'), ('Started', 0, 'D')) AS x (k, q, tx);
DELETE FROM core.command;
SELECT pg_temp.boot(:s, :c, '2026-03-01T12:20:00Z', 'Triggered', '2');
SELECT t.is(:'name' || '/triggered-is-no-reboot', pg_temp.queued(:s), NULL);
SELECT pg_temp.boot(:s, :c, '2026-03-01T12:30:00Z', 'Watchdog', '2');
SELECT t.is(:'name' || '/reconcile-queued', (SELECT string_agg(payload->>'transactionId' || ' ' || origin, ', ' ORDER BY position) FROM core.command),
	'A reconcile, B reconcile, D reconcile');
SELECT pg_temp.boot(:s, :c, '2026-03-01T12:30:09Z', 'Watchdog', '2');
SELECT t.is(:'name' || '/repeated-boot-queues-nothing', (SELECT count(*) FROM core.command), 3::bigint);
SELECT t.is(:'name' || '/repeated-boot-marked', (SELECT array_agg(repeated ORDER BY id) FROM core.boot WHERE reason = 'Watchdog'), '{f,t}'::boolean[]);

-- A: not ongoing; B: messages still queued there; D: not supported.
CREATE FUNCTION pg_temp.claim(s bigint, c bigint) RETURNS uuid LANGUAGE sql AS $$
	SELECT id FROM core.command_claim(s, c, '2026-03-01T12:31:00Z', NULL, gen_random_uuid())
$$;
SELECT core.command_result(pg_temp.claim(:s, :c), :c, '2026-03-01T12:31:01Z', '{"ongoingIndicator": false, "messagesInQueue": false}');
SELECT core.command_result(pg_temp.claim(:s, :c), :c, '2026-03-01T12:31:02Z', '{"ongoingIndicator": false, "messagesInQueue": true}');
SELECT core.command_error(pg_temp.claim(:s, :c), :c, '2026-03-01T12:31:03Z', 'NotSupported', '', '{}');
SELECT t.is(:'name' || '/reconciled', (SELECT string_agg(transaction_id || ' ' || state, ', ' ORDER BY transaction_id) FROM core.transaction),
	'A abandoned, B open, C ended, D abandoned');
SELECT t.is(:'name' || '/reasons', (SELECT array_agg(abandoned_reason ORDER BY transaction_id) FROM core.transaction WHERE state = 'abandoned'),
	'{"not ongoing, nothing queued",NotSupported}'::text[]);
-- A real Ended still counts; an offline one of the queue does not reopen; a live event shows that it goes on.
SELECT core.take_transaction_event(:s, :c, '2026-03-01T12:40:00Z', t.event('Ended', 1, '2026-03-01T12:40:00Z', '{}', 'A'));
SELECT core.take_transaction_event(:s, :c, '2026-03-01T12:40:00Z', t.event('Updated', 1, '2026-03-01T12:15:00Z', '{"offline": true}', 'D'));
SELECT t.is(:'name' || '/late-ended', (SELECT string_agg(transaction_id || ' ' || state, ', ' ORDER BY transaction_id) FROM core.transaction),
	'A ended, B open, C ended, D abandoned');
SELECT core.take_transaction_event(:s, :c, '2026-03-01T12:41:00Z', t.event('Updated', 2, '2026-03-01T12:41:00Z', '{}', 'D'));
SELECT t.is(:'name' || '/live-event-reopens', (SELECT (state, abandoned_at) FROM core.transaction WHERE transaction_id = 'D'), ('open'::text, NULL::timestamptz));

-- Pending: only what B02 allows; Rejected: nothing.
SELECT station AS s2, connection AS c2 FROM t.station('CS2') \gset
SELECT core.take_transaction_event(:s2, :c2, '2026-03-01T12:10:00Z', t.event('Started', 0, '2026-03-01T12:10:00Z'));
UPDATE core.station SET registration = 'Rejected' WHERE id = :s2;
SELECT t.is(:'name' || '/rejected', (pg_temp.boot(:s2, :c2, '2026-03-01T13:00:00Z', 'PowerUp', '1')->>'status', pg_temp.queued(:s2)), ('Rejected'::text, NULL::text));
UPDATE core.station SET registration = 'Pending' WHERE id = :s2;
SELECT t.is(:'name' || '/pending', (pg_temp.boot(:s2, :c2, '2026-03-01T13:01:00Z', 'PowerUp', '1')->>'status', pg_temp.queued(:s2)),
	('Pending'::text, 'GetBaseReport queued'::text));
SELECT t.is(:'name' || '/pending-repeated', (pg_temp.boot(:s2, :c2, '2026-03-01T13:02:00Z', 'PowerUp', '1')->>'status', pg_temp.queued(:s2)),
	('Pending'::text, 'GetBaseReport queued'::text));
UPDATE core.station SET registration = 'Accepted' WHERE id = :s2;
SELECT t.is(:'name' || '/accepted-at-last', (pg_temp.boot(:s2, :c2, '2026-03-01T13:03:00Z', 'PowerUp', '1')->>'status', pg_temp.queued(:s2)),
	('Accepted'::text, 'GetBaseReport queued, GetTransactionStatus queued'::text));
ROLLBACK;
