-- A transaction is a function of the set of its events: whatever the order, and however often each comes.
BEGIN;
CREATE TEMP TABLE events ON COMMIT DROP AS
SELECT n, '2026-03-01 12:00:00Z'::timestamptz + n * interval '7 seconds' AS received, e FROM (VALUES
	(1, t.event('Started', 3, '2026-03-01T10:00:00Z', '{"triggerReason": "CablePluggedIn", "evse": {"id": 2}}')),
	(2, t.event('Updated', 4, '2026-03-01T10:00:10Z', jsonb_build_object('idToken', '{"idToken": "card", "type": "ISO14443"}'::jsonb,
		'triggerReason', 'Authorized', 'reservationId', 9, 'transactionInfo', '{"remoteStartId": 77}'::jsonb,
		'meterValue', t.meter('2026-03-01T10:00:10Z', '{"value": 1000.25}',
			'{"value": 2, "measurand": "Energy.Active.Export.Register", "unitOfMeasure": {"unit": "kWh"}}')))),
	(3, t.event('Updated', 5, '2026-03-01T10:05:00Z', jsonb_build_object('evse', '{"id": 3, "connectorId": 1}'::jsonb,
		'transactionInfo', '{"chargingState": "Charging"}'::jsonb, 'meterValue', t.meter('2026-03-01T10:05:00Z', '{"value": 1500.25}',
			'{"value": 7, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}}', '{"value": 40.5, "measurand": "SoC"}')))),
	(4, t.event('Updated', 6, '2026-03-01T10:10:00Z', jsonb_build_object('offline', true,
		'meterValue', t.meter('2026-03-01T10:10:00Z', '{"value": 1750.5}', '{"value": 3.5, "measurand": "Energy.Active.Import.Interval"}',
			'{"value": 2.001, "measurand": "Energy.Active.Export.Register", "unitOfMeasure": {"unit": "kWh"}}')))),
	-- Its sample is older than that of seqNo 5, at the very time of seqNo 4.
	(5, t.event('Updated', 7, '2026-03-01T10:04:00Z', jsonb_build_object('offline', true,
		'idToken', '{"idToken": "other", "type": "Local"}'::jsonb, 'transactionInfo', '{"chargingState": "SuspendedEV"}'::jsonb,
		'meterValue', t.meter('2026-03-01T10:00:10Z', '{"value": 999}')))),
	(6, t.event('Updated', 8, '2026-03-01T10:20:00Z', jsonb_build_object(
		'meterValue', t.meter('2026-03-01T10:20:00Z', '{"value": 5, "measurand": "Power.Active.Export", "unitOfMeasure": {"unit": "kW"}}',
			'{"value": 39, "measurand": "SoC"}')))),
	(7, t.event('Ended', 9, '2026-03-01T10:30:00Z', jsonb_build_object('transactionInfo', '{"stoppedReason": "EVDisconnected"}'::jsonb,
		'meterValue', t.meter('2026-03-01T10:30:00Z', '{"value": 1750.5, "context": "Transaction.End"}',
			'{"value": 2100, "measurand": "Energy.Active.Export.Register"}'))))) AS x (n, e);

CREATE FUNCTION pg_temp.play(order_of int[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	s bigint;
	i int;
	result jsonb;
BEGIN
	INSERT INTO core.station (name) VALUES ('S' || nextval('pg_temp.play')) RETURNING id INTO s;
	FOREACH i IN ARRAY order_of LOOP
		PERFORM core.take_transaction_event(s, 1, x.received, x.e) FROM events x WHERE x.n = i;
	END LOOP;
	SELECT t.essence(x) || jsonb_build_object('events', (SELECT jsonb_agg(to_jsonb(e) - 'transaction_id' ORDER BY e.seq_no)
		FROM core.transaction_event e WHERE e.transaction_id = x.id)) INTO STRICT result FROM core.transaction x WHERE x.station_id = s;
	RETURN result;
END
$$;
CREATE TEMP SEQUENCE play;

CREATE TEMP TABLE straight ON COMMIT DROP AS SELECT pg_temp.play('{1,2,3,4,5,6,7}') AS row;

SELECT t.is(:'name' || '/' || key, (SELECT row->key FROM straight), want::jsonb) FROM (VALUES
	('charged', '750.25'), ('discharged', '100'), ('complete', 'true'), ('event_count', '7'), ('offline', 'true'), ('state', '"ended"'),
	('evse_no', '2'), ('connector_no', '1'), ('token', '"card"'), ('token_status', '"Unknown"'), ('remote_start_id', '77'),
	('reservation_id', '9'), ('charging_state', '"SuspendedEV"'), ('stop_reason', '"EVDisconnected"'),
	('first_event_at', '"2026-03-01T10:00:00+00:00"'), ('ended_at', '"2026-03-01T10:30:00+00:00"'),
	('power_last', '{"at": "2026-03-01T10:20:00+00:00", "seq_no": 8, "value": 5000}'),
	('soc_last', '{"at": "2026-03-01T10:20:00+00:00", "seq_no": 8, "value": 39}'),
	('import_first', '{"at": "2026-03-01T10:00:10+00:00", "seq_no": 4, "value": 1000.25}'),
	('import_interval_wh', '3.5'), ('outside_count', '0'), ('conflicts', '0')) AS x (key, want);

SELECT setseed(0.4711);
SELECT t.is(:'name' || '/500-shuffles-with-repeats', (
	SELECT count(*) FROM generate_series(1, 500) g, LATERAL (
		SELECT array_agg(i ORDER BY random()) AS o FROM (
			SELECT i FROM generate_series(1, 7) i UNION ALL SELECT (1 + floor(random() * 7))::int FROM generate_series(1, g % 6)) z) shuffled
	WHERE pg_temp.play(o) = (SELECT row FROM straight)), 500::bigint);

-- All 120 orders of the first five (no Ended yet), against their straight order.
WITH RECURSIVE p (o) AS (
	SELECT ARRAY[i] FROM generate_series(1, 5) i
	UNION ALL SELECT o || i FROM p, generate_series(1, 5) i WHERE cardinality(o) < 5 AND i <> ALL (o))
SELECT t.is(:'name' || '/all-orders-of-five', (SELECT count(*) FROM p, (SELECT pg_temp.play('{1,2,3,4,5}') AS row OFFSET 0) five
	WHERE cardinality(o) = 5 AND pg_temp.play(o) = five.row), 120::bigint);

-- A missing event is seen, also when the first or last is missing.
SELECT t.is(:'name' || '/incomplete/' || what, pg_temp.play(o)->'complete', 'false') FROM (VALUES
	('gap', '{1,2,4,5,6,7}'::int[]), ('no-start', '{2,3,4,5,6,7}'), ('no-end', '{1,2,3,4,5,6}')) AS x (what, o);
SELECT t.is(:'name' || '/started-at-without-started', pg_temp.play('{4,2,3}')->'first_event_at', '"2026-03-01T10:00:10+00:00"');
ROLLBACK;
