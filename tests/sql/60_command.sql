-- The ledger of commands.
BEGIN;
SELECT station AS s, connection AS c FROM t.station('CS1') \gset
INSERT INTO core.api_token (name, role, hash) VALUES ('one', 'admin', repeat('a', 64)) RETURNING id AS token \gset
CREATE FUNCTION pg_temp.submit(token bigint, key text, hash text, action text DEFAULT 'Reset', payload text DEFAULT '{"type": "Immediate"}',
	station text DEFAULT 'cs1', secret text DEFAULT NULL) RETURNS core.command LANGUAGE plpgsql AS $$
DECLARE r record; c core.command;
BEGIN
	SELECT * INTO r FROM core.command_submit(station, action, payload, 'api', token, key, hash, interval '60 s', '2026-03-01T10:00:00Z', secret);
	PERFORM set_config('t.outcome', r.outcome, true);
	SELECT * INTO c FROM core.command WHERE id = r.id;
	RETURN c;
END
$$;
CREATE FUNCTION pg_temp.outcome(c core.command) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN current_setting('t.outcome'); END $$;
CREATE FUNCTION pg_temp.states() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(action || ' ' || state, ', ' ORDER BY position) FROM core.command $$;

SELECT t.is(:'name' || '/submit/' || what, pg_temp.outcome(pg_temp.submit(tok, key, hash, station => st)), want) FROM (VALUES
	(1, 'created', :token, 'k', 'h', 'CS1', 'created'), (2, 'repeated', :token, 'k', 'h', 'CS1', 'repeated'),
	(3, 'conflict', :token, 'k', 'other', 'CS1', 'conflict'), (4, 'other-caller', NULL, 'k', 'h', 'cs1', 'created'),
	(5, 'other-caller-repeated', NULL, 'k', 'h', 'cs1', 'repeated'), (6, 'no-station', :token, 'k2', 'h', 'nobody', 'no station'))
	AS x (n, what, tok, key, hash, st, want);
SELECT t.is(:'name' || '/submit/no-key', (SELECT count(*) FROM (SELECT pg_temp.outcome(pg_temp.submit(:token, NULL, NULL)) FROM generate_series(1, 2)) x), 2::bigint);
SELECT t.is(:'name' || '/submit/rows', pg_temp.states(), 'Reset queued, Reset queued, Reset queued, Reset queued');
SELECT t.is(:'name' || '/submit/payload-kept-as-it-was', (SELECT (pg_temp.submit(:token, NULL, NULL, 'Reset', '{ "type":"Immediate", "x":1.0 }')).payload::text),
	'{ "type":"Immediate", "x":1.0 }');
DELETE FROM core.command;

-- Claims: the oldest first, one at a time, on the open connection only, and the same again for the same ticket.
SELECT (pg_temp.submit(:token, NULL, NULL, 'Reset')).id AS reset \gset
SELECT (pg_temp.submit(:token, NULL, NULL, 'GetVariables', '{}')).id AS get \gset
\set ticket 00000000-0000-4000-8000-000000000001
\set other 00000000-0000-4000-8000-000000000002
SELECT t.is(:'name' || '/claim/not-on-another-connection', (SELECT count(*) FROM core.command_claim(:s, :c + 1000, '2026-03-01T10:00:01Z', NULL, :'ticket')), 0::bigint);
SELECT t.is(:'name' || '/claim/allowed', (SELECT count(*) FROM core.command_claim(:s, :c, '2026-03-01T10:00:01Z', '{SetVariables}', :'ticket')), 0::bigint);
SELECT t.is(:'name' || '/claim/allowed-passes-over', (SELECT id FROM core.command_claim(:s, :c, '2026-03-01T10:00:01Z', '{GetVariables}', :'ticket')), :'get'::uuid);
SELECT t.is(:'name' || '/claim/again', (SELECT id FROM core.command_claim(:s, :c, '2026-03-01T10:00:02Z', '{GetVariables}', :'ticket')), :'get'::uuid);
SELECT t.is(:'name' || '/claim/one-at-a-time', (SELECT count(*) FROM core.command_claim(:s, :c, '2026-03-01T10:00:02Z', NULL, :'other')), 0::bigint);
SELECT t.is(:'name' || '/claim/state', pg_temp.states(), 'Reset queued, GetVariables sent');
SELECT t.is(:'name' || '/result/wrong-connection', core.command_result(:'get', :c + 1, now(), '{}'), false);
SELECT t.is(:'name' || '/result/of-a-queued-one', core.command_result(:'reset', :c, now(), '{}'), false);
SELECT t.is(:'name' || '/result', core.command_result(:'get', :c, '2026-03-01T10:00:03Z', '{"getVariableResult": [
	{"attributeStatus": "Accepted", "attributeValue": "300", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}},
	{"attributeStatus": "Accepted", "attributeValue": "301", "component": {"name": "ocppcommctrlr"}, "variable": {"name": "HeartbeatInterval"}},
	{"attributeStatus": "UnknownVariable", "component": {"name": "X"}, "variable": {"name": "Y"}}]}'), true);
SELECT t.is(:'name' || '/result/again', core.command_result(:'get', :c, now(), '{"getVariableResult": []}'), false);
SELECT t.is(:'name' || '/result/state', (SELECT (state, done_at) FROM core.command WHERE id = :'get'), ('answered'::text, '2026-03-01T10:00:03Z'::timestamptz));
SELECT t.is(:'name' || '/result/variables', (SELECT count(*) || min(source) FROM core.device_variable), '1GetVariables');
SELECT t.is(:'name' || '/error-without-sending', core.command_error(:'reset', :c, now(), 'X', '', '{}'), false);
SELECT core.command_claim(:s, :c, '2026-03-01T10:00:04Z', NULL, :'other');
SELECT t.is(:'name' || '/error', core.command_error(:'reset', :c, '2026-03-01T10:00:05Z', 'NotSupported', 'no', '{"a": 1}'), true);
SELECT t.is(:'name' || '/error/row', (SELECT (state, error_code, error_description, error_details) FROM core.command WHERE id = :'reset'),
	('failed'::text, 'NotSupported'::text, 'no'::text, '{"a": 1}'::jsonb));
SELECT t.is(:'name' || '/timeout-after-error', core.command_timeout(:'reset', :c, now()), false);
SELECT (pg_temp.submit(:token, NULL, NULL, 'Reset')).id AS reset \gset
SELECT core.command_claim(:s, :c, '2026-03-01T10:00:06Z', NULL, gen_random_uuid());
SELECT t.is(:'name' || '/timeout', core.command_timeout(:'reset', :c, now()), true);
SELECT t.is(:'name' || '/late-answer-after-timeout', core.command_result(:'reset', :c, now(), '{}'), false);
SELECT t.is(:'name' || '/timed-out', (SELECT state FROM core.command WHERE id = :'reset'), 'timed_out');

-- Expiry: by the clock of the caller, when claiming and from time to time.
SELECT (pg_temp.submit(:token, NULL, NULL, 'Reset')).id AS late \gset
SELECT t.is(:'name' || '/expired-is-not-claimed', (SELECT count(*) FROM core.command_claim(:s, :c, '2026-03-01T10:01:00Z', NULL, gen_random_uuid())), 0::bigint);
SELECT t.is(:'name' || '/expired', (SELECT (state, done_at) FROM core.command WHERE id = :'late'), ('expired'::text, '2026-03-01T10:01:00Z'::timestamptz));
SELECT (pg_temp.submit(:token, NULL, NULL, 'GetReport', '{"requestId": 9}')).id AS late \gset
SELECT t.is(:'name' || '/expire-counts', core.command_expire('2026-03-01T10:00:59Z') || ',' || core.command_expire('2026-03-01T10:01:00Z'), '0,1');
SELECT t.is(:'name' || '/expired-report', (SELECT refused FROM core.report_request WHERE command_id = :'late'), 'expired');

-- The connection goes: uncertain, never sent again.
SELECT (pg_temp.submit(:token, NULL, NULL, 'Reset')).id AS lost \gset
SELECT core.command_claim(:s, :c, '2026-03-01T10:00:06Z', NULL, gen_random_uuid());
SELECT connection_id AS c2 FROM core.connection_open(:s, (SELECT id FROM core.node), '192.0.2.2', 3, 'ocpp2.0.1', 'CN=x', '2026-03-01T10:00:07Z', gen_random_uuid()) \gset
SELECT t.is(:'name' || '/uncertain-when-replaced', (SELECT state FROM core.command WHERE id = :'lost'), 'uncertain');
SELECT t.is(:'name' || '/answer-of-a-replaced-connection', core.command_result(:'lost', :c, now(), '{}'), false);
SELECT t.is(:'name' || '/nothing-left-to-claim', (SELECT count(*) FROM core.command_claim(:s, :c2, '2026-03-01T10:00:08Z', NULL, gen_random_uuid())), 0::bigint);
SELECT (pg_temp.submit(:token, NULL, NULL, 'Reset')).id AS lost \gset
SELECT core.command_claim(:s, :c2, '2026-03-01T10:00:09Z', NULL, gen_random_uuid());
SELECT core.connection_close(:c2, '2026-03-01T10:00:10Z', '2026-03-01T10:00:11Z', 'gone');
SELECT t.is(:'name' || '/uncertain-when-closed', (SELECT state FROM core.command WHERE id = :'lost'), 'uncertain');

-- Passwords (A01): accepted, it holds from now on; anything else, the old one stays; neither leaves it in the ledger.
SELECT connection_id AS c FROM core.connection_open(:s, (SELECT id FROM core.node), '192.0.2.2', 3, 'ocpp2.0.1', 'CN=x', '2026-03-01T10:00:12Z', gen_random_uuid()) \gset
UPDATE core.station SET password_hash = 'old' WHERE id = :s;
CREATE FUNCTION pg_temp.password(s bigint, c bigint, token bigint, verdict text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	cmd uuid := (pg_temp.submit(token, NULL, NULL, 'SetVariables', '{"setVariableData": [{"attributeValue": "secret-secret-16",
		"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}, {"attributeValue": "5",
		"component": {"name": "SecurityCtrlr"}, "variable": {"name": "Other"}}]}', secret => 'new ' || verdict)).id;
BEGIN
	PERFORM core.command_claim(s, c, '2026-03-01T10:00:13Z', NULL, gen_random_uuid());
	IF verdict = 'timeout' THEN
		PERFORM core.command_timeout(cmd, c, '2026-03-01T10:00:14Z');
	ELSIF verdict = 'error' THEN
		PERFORM core.command_error(cmd, c, '2026-03-01T10:00:14Z', 'InternalError', '', '{}');
	ELSE
		PERFORM core.command_result(cmd, c, '2026-03-01T10:00:14Z', jsonb_build_object('setVariableResult', jsonb_build_array(
			jsonb_build_object('attributeStatus', verdict, 'component', '{"name": "SecurityCtrlr"}'::jsonb, 'variable', '{"name": "BasicAuthPassword"}'::jsonb),
			jsonb_build_object('attributeStatus', 'Accepted', 'component', '{"name": "SecurityCtrlr"}'::jsonb, 'variable', '{"name": "Other"}'::jsonb))));
	END IF;
	RETURN (SELECT password_hash FROM core.station WHERE station.id = s) || (SELECT payload::text ~ 'secret-secret' FROM core.command WHERE command.id = cmd);
END
$$;
SELECT t.is(:'name' || '/password/' || v, pg_temp.password(:s, :c, :token, v), want) FROM (VALUES ('Rejected', 'oldfalse'), ('RebootRequired', 'oldfalse'),
	('error', 'oldfalse'), ('timeout', 'oldfalse'), ('Accepted', 'new Acceptedfalse')) AS x (v, want);
SELECT t.is(:'name' || '/set-variables-told', (SELECT string_agg(variable || '=' || value, ' ') FROM core.device_variable WHERE source = 'SetVariables'), 'Other=5');
SELECT (pg_temp.submit(:token, NULL, NULL, 'SetVariables', '{"setVariableData": [{"attributeValue": "secret-secret-16",
	"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}]}')).id AS shown \gset
SELECT t.ok(:'name' || '/api-shows-no-password', (SELECT payload::text ~ 'secret-secret' AND NOT api.command_json(x)::text ~ 'secret-secret'
	FROM core.command x WHERE id = :'shown'));

-- A refused report.
DELETE FROM core.command;
SELECT (pg_temp.submit(:token, NULL, NULL, 'GetBaseReport', '{"requestId": 77, "reportBase": "SummaryInventory"}')).id AS report \gset
SELECT core.command_claim(:s, :c, '2026-03-01T10:00:15Z', NULL, gen_random_uuid());
SELECT core.command_result(:'report', :c, now(), '{"status": "NotSupported"}');
SELECT t.is(:'name' || '/report-refused', (SELECT (kind, refused) FROM core.report_request WHERE request_id = 77), ('GetBaseReport SummaryInventory'::text, 'NotSupported'::text));
SELECT t.is(:'name' || '/own-request-ids-keep-clear', (SELECT next_request_id FROM core.station WHERE id = :s), 78);
ROLLBACK;
