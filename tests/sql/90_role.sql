-- The analysts' role reads the views, all of them, and nothing else.
BEGIN;
SELECT station AS s, connection AS c FROM t.station('CS1') \gset
SELECT core.take_transaction_event(:s, :c, now(), t.event('Started', 0, '2026-03-01T10:00:00Z', jsonb_build_object('meterValue', t.meter('2026-03-01T10:00:00.1234567+23:30', '{"value": 1}'))));
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN insufficient_privilege THEN
	RETURN 'refused';
WHEN object_not_in_prerequisite_state OR feature_not_supported THEN
	RETURN 'not possible';
END
$$;
CREATE TEMP TABLE views ON COMMIT DROP AS SELECT oid::regclass AS v FROM pg_class WHERE relnamespace = 'report'::regnamespace AND relkind = 'v';
GRANT SELECT ON views TO v2g_report;
CREATE TEMP TABLE tables ON COMMIT DROP AS SELECT oid::regclass AS v FROM pg_class WHERE relnamespace = 'core'::regnamespace AND relkind IN ('r', 'p');
GRANT SELECT ON tables TO v2g_report;
GRANT USAGE ON SCHEMA t TO v2g_report;
SET LOCAL ROLE v2g_report;
SELECT t.is(:'name' || '/reads-views', (SELECT string_agg(v::text, ' ') FROM views WHERE pg_temp.try('SELECT * FROM ' || v) <> 'done'), NULL);
SELECT t.is(:'name' || '/rows', (SELECT count(*) FROM report.meter_value), 1::bigint);
SELECT t.is(:'name' || '/reads-no-table', (SELECT string_agg(v::text, ' ') FROM tables WHERE pg_temp.try('SELECT FROM ' || v) <> 'refused'), NULL);
SELECT t.is(:'name' || '/writes-no-view', (SELECT string_agg(v::text, ' ') FROM views WHERE pg_temp.try('DELETE FROM ' || v) = 'done'), NULL);
SELECT t.is(:'name' || '/writes-no-table', (SELECT string_agg(v::text, ' ') FROM tables WHERE pg_temp.try('DELETE FROM ' || v) <> 'refused'), NULL);
SELECT t.is(:'name' || '/' || what, pg_temp.try(statement), 'refused') FROM (VALUES
	('creates-nothing', 'CREATE VIEW report.x AS SELECT 1'), ('calls-nothing', 'SELECT core.command_expire(now())'),
	('no-api', 'SELECT api.station_list(NULL, ''{}'')')) AS x (what, statement);
ROLLBACK;
