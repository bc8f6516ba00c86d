-- The functions behind the HTTP API: what they do, what they refuse and how they say so.
BEGIN;
SELECT api_token.id AS caller FROM (SELECT (body->>'id')::bigint AS id FROM api.api_token_create(NULL, jsonb_build_object('body',
	jsonb_build_object('name', 'boss', 'role', 'admin', 'hash', repeat('c', 64))))) api_token \gset
CREATE FUNCTION pg_temp.call(fn text, p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE r record; n bigint;
BEGIN
	EXECUTE format('SELECT status, body, count(*) OVER () AS n FROM api.%I((SELECT max(id) FROM core.api_token), $1)', fn) INTO STRICT r USING p;
	RETURN CASE WHEN r.status >= 400 THEN jsonb_build_array(r.status, r.body #>> '{error,code}', r.body #>> '{error,field}')
		ELSE jsonb_build_array(r.status, r.body) END;
END
$$;
-- Refusals: HTTP status, code, field.
SELECT t.is(:'name' || '/refuse/' || fn || '/' || n, pg_temp.call(fn, p::jsonb), want::jsonb) FROM (VALUES
	(1, 'station_create', '{}', '[400, "BadBody", "$"]'),
	(2, 'station_create', '{"body": null}', '[400, "BadBody", "$"]'),
	(3, 'station_create', '{"body": 7}', '[400, "BadBody", "$"]'),
	(4, 'station_create', '{"body": {}}', '[400, "BadBody", "$.id"]'),
	(5, 'station_create', '{"body": {"id": 7}}', '[400, "BadBody", "$.id"]'),
	(6, 'station_create', '{"body": {"id": ""}}', '[422, "BadValue", "$.id"]'),
	(7, 'station_create', '{"body": {"id": "a:b"}}', '[422, "BadValue", "$.id"]'),
	(8, 'station_create', '{"body": {"id": "ä"}}', '[422, "BadValue", "$.id"]'),
	(9, 'station_create', '{"body": {"id": "1234567890123456789012345678901234567890123456789"}}', '[422, "BadValue", "$.id"]'),
	(10, 'station_create', '{"body": {"id": "a", "securityProfile": 0}}', '[422, "BadValue", "$.securityProfile"]'),
	(11, 'station_create', '{"body": {"id": "a", "securityProfile": 1.5}}', '[400, "BadBody", "$.securityProfile"]'),
	(12, 'station_create', '{"body": {"id": "a", "securityProfile": 1e100}}', '[422, "BadValue", "$.securityProfile"]'),
	(13, 'station_create', '{"body": {"id": "a", "registration": "accepted"}}', '[422, "BadValue", "$.registration"]'),
	(14, 'station_create', '{"body": {"id": "a", "compression": null}}', '[400, "BadBody", "$.compression"]'),
	(15, 'station_create', '{"body": {"id": "a", "owner": "x"}}', '[400, "BadBody", "$.owner"]'),
	(16, 'station_get', '{"path": {"station": "nobody"}}', '[404, "NotFound", "station"]'),
	(17, 'station_update', '{"path": {"station": "nobody"}, "body": {}}', '[404, "NotFound", "station"]'),
	(18, 'station_update', '{"path": {"station": "nobody"}, "body": {"id": "x"}}', '[400, "BadBody", "$.id"]'),
	(19, 'station_password', '{"path": {"station": "nobody"}, "body": {"passwordHash": "x"}}', '[404, "NotFound", "station"]'),
	(20, 'station_block', '{"path": {"station": "nobody"}}', '[404, "NotFound", "station"]'),
	(21, 'station_block', '{"path": {"station": "nobody"}, "body": {"reason": 1}}', '[400, "BadBody", "$.reason"]'),
	(22, 'station_delete', '{"path": {"station": "nobody"}}', '[404, "NotFound", "station"]'),
	(23, 'station_list', '{"query": {"limit": "1001"}}', '[400, "BadQuery", "limit"]'),
	(24, 'station_list', '{"query": {"limit": "0"}}', '[400, "BadQuery", "limit"]'),
	(25, 'station_list', '{"query": {"online": "yes"}}', '[400, "BadQuery", "online"]'),
	(26, 'device_model', '{"path": {"station": "nobody"}}', '[404, "NotFound", "station"]'),
	(27, 'status_history', '{"path": {"station": "nobody"}, "query": {"after": "-1"}}', '[400, "BadQuery", "after"]'),
	(28, 'transaction_list', '{"query": {"from": "2026-02-30T00:00:00Z"}}', '[400, "BadQuery", "from"]'),
	(29, 'transaction_list', '{"query": {"state": "gone"}}', '[400, "BadQuery", "state"]'),
	(30, 'transaction_list', '{"query": {"station": "nobody"}}', '[404, "NotFound", "station"]'),
	(31, 'transaction_get', '{"path": {"station": "nobody", "transaction": "x"}}', '[404, "NotFound", "transaction"]'),
	(32, 'command_list', '{"path": {"station": "nobody"}}', '[404, "NotFound", "station"]'),
	(33, 'command_get', '{"path": {"id": "x"}}', '[404, "NotFound", "id"]'),
	(34, 'command_get', '{"path": {"id": "00000000-0000-0000-0000-000000000000"}}', '[404, "NotFound", "id"]'),
	(35, 'id_token_put', '{"path": {"type": "Card", "token": "x"}, "body": {}}', '[422, "BadValue", "path.type"]'),
	(36, 'id_token_put', '{"path": {"type": "Local", "token": "1234567890123456789012345678901234567"}, "body": {}}', '[422, "BadValue", "path.token"]'),
	(37, 'id_token_put', '{"path": {"type": "Local", "token": "x"}, "body": {"master": true}}', '[422, "BadValue", "$.master"]'),
	(38, 'id_token_put', '{"path": {"type": "Local", "token": "x"}, "body": {"groupIdToken": {"idToken": "g"}}}', '[400, "BadBody", "$.groupIdToken.type"]'),
	(39, 'id_token_put', '{"path": {"type": "Local", "token": "x"}, "body": {"expiresAt": "tomorrow"}}', '[422, "BadValue", "$.expiresAt"]'),
	(40, 'id_token_put', '{"path": {"type": "Local", "token": "x"}, "body": {"evseIds": []}}', '[422, "BadValue", "$.evseIds"]'),
	(41, 'id_token_put', '{"path": {"type": "Local", "token": "x"}, "body": {"evseIds": [1, 0]}}', '[422, "BadValue", "$.evseIds[1]"]'),
	(42, 'id_token_put', '{"path": {"type": "Local", "token": "x"}, "body": {"language2": "de"}}', '[422, "BadValue", "$.language2"]'),
	(43, 'id_token_get', '{"path": {"type": "Local", "token": "x"}}', '[404, "NotFound", "token"]'),
	(44, 'id_token_delete', '{"path": {"type": "Local", "token": "x"}}', '[404, "NotFound", "token"]'),
	(45, 'id_token_list', '{"query": {"after": "x"}}', '[400, "BadQuery", "after"]'),
	(46, 'api_token_create', '{"body": {"name": "x", "role": "root", "hash": "x"}}', '[422, "BadValue", "$.hash"]'),
	(47, 'api_token_create', '{"body": {"name": "x"}}', '[400, "BadBody", "$.hash"]'),
	(48, 'api_token_revoke', '{"path": {"id": "99999999999999999999"}}', '[404, "NotFound", "id"]')) AS x (n, fn, p, want);

-- A station's life.
SELECT pg_temp.call('station_create', '{"body": {"id": "Api-1", "securityProfile": 1, "passwordHash": "h"}}') AS made \gset
SELECT t.is(:'name' || '/create', (:'made'::jsonb->0, :'made'::jsonb #> '{1,id}', :'made'::jsonb #> '{1,hasPassword}', :'made'::jsonb #> '{1,online}'),
	('201'::jsonb, '"Api-1"'::jsonb, 'true'::jsonb, 'false'::jsonb));
SELECT t.is(:'name' || '/create-again', pg_temp.call('station_create', '{"body": {"id": "aPI-1"}}'), '[409, "Exists", "$.id"]'::jsonb);
SELECT t.ok(:'name' || '/hash-is-not-shown', :'made' !~ '"h"');
SELECT t.is(:'name' || '/update', pg_temp.call('station_update', '{"path": {"station": "api-1"}, "body": {"certificateCn": "cn", "registration": "Pending"}}') #> '{1,certificateCn}', '"cn"'::jsonb);
SELECT t.is(:'name' || '/update-null', pg_temp.call('station_update', '{"path": {"station": "api-1"}, "body": {"certificateCn": null}}') #> '{1,certificateCn}', '"Api-1"'::jsonb);
SELECT t.is(:'name' || '/update-left-the-rest', (SELECT (registration, security_profile, compression) FROM core.station WHERE name = 'Api-1'), ('Pending'::text, 1, true));
SELECT t.is(:'name' || '/block', pg_temp.call('station_block', '{"path": {"station": "api-1"}, "body": {"reason": "smoke"}}') #> '{1,blockedReason}', '"smoke"'::jsonb);
SELECT t.is(:'name' || '/unblock', pg_temp.call('station_unblock', '{"path": {"station": "api-1"}}') #> '{1,blocked}', 'false'::jsonb);
SELECT t.is(:'name' || '/password', pg_temp.call('station_password', '{"path": {"station": "api-1"}, "body": {"passwordHash": "h2"}}')->0, '204'::jsonb);
SELECT t.is(:'name' || '/password-set', (SELECT password_hash FROM core.station WHERE name = 'Api-1'), 'h2');
SELECT station AS s, connection AS c FROM t.station('Api-2') \gset
SELECT t.is(:'name' || '/online', (SELECT jsonb_path_query_array(pg_temp.call('station_list', jsonb_build_object('query', jsonb_build_object('online', o))), '$[1].items[*].id')),
	want::jsonb) FROM (VALUES ('true', '["Api-2"]'), ('false', '["Api-1"]')) AS x (o, want);
SELECT t.is(:'name' || '/page-1', pg_temp.call('station_list', '{"query": {"limit": "1"}}') #> '{1,next}', '"Api-1"'::jsonb);
SELECT t.is(:'name' || '/page-2', (pg_temp.call('station_list', '{"query": {"limit": "1", "after": "Api-1"}}') #> '{1,next}',
	pg_temp.call('station_list', '{"query": {"limit": "1", "after": "Api-1"}}') #> '{1,items,0,id}'), ('null'::jsonb, '"Api-2"'::jsonb));
SELECT t.is(:'name' || '/page-3', pg_temp.call('station_list', '{"query": {"after": "Api-2"}}')->1, '{"items": [], "next": null}'::jsonb);

-- Transactions.
SELECT core.take_transaction_event(:s, :c, '2026-03-01T10:00:00Z', t.event('Started', 0, '2026-03-01T10:00:00Z', '{}', 'T' || n)),
	CASE WHEN n > 2 THEN core.take_transaction_event(:s, :c, '2026-03-01T11:00:00Z', t.event('Ended', 1, '2026-03-01T11:00:00Z', '{}', 'T' || n)) END
FROM generate_series(1, 3) n \g /dev/null
SELECT core.take_transaction_event(:s, :c, '2026-03-05T10:00:00Z', t.event('Started', 0, '2026-03-05T10:00:00Z', '{}', 'T4')) \g /dev/null
SELECT t.is(:'name' || '/transactions/' || n, (SELECT jsonb_path_query_array(pg_temp.call('transaction_list', p::jsonb), '$[1].items[*].transactionId')), want::jsonb) FROM (VALUES
	(1, '{}', '["T4", "T3", "T2", "T1"]'), (2, '{"path": {"station": "API-2"}}', '["T4", "T3", "T2", "T1"]'), (3, '{"path": {"station": "API-1"}}', '[]'),
	(4, '{"query": {"station": "api-2", "state": "open"}}', '["T4", "T2", "T1"]'), (5, '{"query": {"state": "ended"}}', '["T3"]'),
	(6, '{"query": {"from": "2026-03-02T00:00:00Z"}}', '["T4"]'), (7, '{"query": {"to": "2026-03-01T10:00:00Z"}}', '[]'),
	(8, '{"query": {"to": "2026-03-01T10:00:00.001Z", "limit": "2"}}', '["T3", "T2"]')) AS x (n, p, want);
SELECT t.is(:'name' || '/transactions/second-page', (SELECT jsonb_path_query_array(pg_temp.call('transaction_list', jsonb_build_object('query',
	jsonb_build_object('after', pg_temp.call('transaction_list', '{"query": {"limit": "2"}}') #> '{1,next}'))), '$[1].items[*].transactionId')), '["T2", "T1"]'::jsonb);
SELECT t.is(:'name' || '/transaction', (SELECT (b->'transactionId', b->'state', b->'complete', jsonb_array_length(b->'events'), b #> '{events,1,eventType}')
	FROM (SELECT pg_temp.call('transaction_get', '{"path": {"station": "api-2", "transaction": "T3"}}')->1 AS b) x),
	('"T3"'::jsonb, '"ended"'::jsonb, 'true'::jsonb, 2, '"Ended"'::jsonb));
SELECT t.is(:'name' || '/delete-with-transactions', pg_temp.call('station_delete', '{"path": {"station": "api-2"}}'), '[409, "HasTransactions", "station"]'::jsonb);
SELECT t.is(:'name' || '/delete', pg_temp.call('station_delete', '{"path": {"station": "api-1"}}')->0, '204'::jsonb);
SELECT t.is(:'name' || '/deleted', (SELECT count(*) FROM core.station WHERE name = 'Api-1'), 0::bigint);

-- Commands.
SELECT id AS cmd FROM core.command_submit('api-2', 'Reset', '{"type": "Immediate"}', 'api', :caller, NULL, NULL, '1 min', '2026-03-01T10:00:00Z', NULL) \gset
SELECT t.is(:'name' || '/command', (SELECT (b->'id', b->'station', b->'caller', b->'state', b->'payload') FROM (SELECT pg_temp.call('command_get', jsonb_build_object('path', jsonb_build_object('id', upper(:'cmd'))))->1 AS b) x),
	(to_jsonb(:'cmd'::text), '"Api-2"'::jsonb, '"boss"'::jsonb, '"queued"'::jsonb, '{"type": "Immediate"}'::jsonb));
SELECT t.is(:'name' || '/commands', jsonb_array_length(pg_temp.call('command_list', '{"path": {"station": "api-2"}}') #> '{1,items}'), 1);

-- Tokens.
SELECT t.is(:'name' || '/id-token-put', (SELECT b - '{createdAt,updatedAt}'::text[] FROM (SELECT pg_temp.call('id_token_put', '{"path": {"type": "Local", "token": "Tok"}, "body": {"status": "Blocked", "evseIds": [2, 1],
	"groupIdToken": {"idToken": "g", "type": "Central"}, "master": true, "expiresAt": "2027-01-01T01:00:00+01:00", "personalMessage": {"format": "UTF8", "content": "hi"}, "chargingPriority": -9}}')->1 AS b) x),
	'{"idToken": "Tok", "type": "Local", "status": "Blocked", "evseIds": [2, 1], "groupIdToken": {"idToken": "g", "type": "Central"}, "master": true, "expiresAt": "2027-01-01T00:00:00.000Z",
	"cacheExpiryDateTime": null, "chargingPriority": -9, "language1": null, "language2": null, "personalMessage": {"format": "UTF8", "content": "hi"}}'::jsonb);
SELECT t.is(:'name' || '/id-token-replaced', (SELECT (b->'idToken', b->'status', b->'groupIdToken', b->'evseIds') FROM (SELECT pg_temp.call('id_token_put',
	'{"path": {"type": "Local", "token": "TOK"}, "body": {"evseIds": null}}')->1 AS b) x), ('"TOK"'::jsonb, '"Accepted"'::jsonb, 'null'::jsonb, 'null'::jsonb));
SELECT t.is(:'name' || '/id-token-list', jsonb_array_length(pg_temp.call('id_token_list', '{}') #> '{1,items}'), 1);
SELECT pg_temp.call('id_token_put', '{"path": {"type": "KeyCode", "token": "4711"}, "body": {}}'), pg_temp.call('id_token_delete', '{"path": {"type": "KeyCode", "token": "4711"}}');
SELECT t.is(:'name' || '/api-token-exists', pg_temp.call('api_token_create', jsonb_build_object('body', jsonb_build_object('name', 'BOSS', 'role', 'viewer', 'hash', repeat('d', 64)))), '[409, "Exists", "$.name"]'::jsonb);
SELECT t.is(:'name' || '/api-tokens', (SELECT (id = :caller, role, name) FROM core.api_tokens()), (true, 'admin'::text, 'boss'::text));
SELECT t.is(:'name' || '/api-token-revoke', pg_temp.call('api_token_revoke', jsonb_build_object('path', jsonb_build_object('id', :'caller')))->0, '204'::jsonb);
SELECT t.is(:'name' || '/api-token-revoke-again', pg_temp.call('api_token_revoke', jsonb_build_object('path', jsonb_build_object('id', :'caller')))->0, '404'::jsonb);
SELECT t.is(:'name' || '/api-tokens-in-force', (SELECT count(*) FROM core.api_tokens()), 0::bigint);

SELECT t.is(:'name' || '/audit', (SELECT string_agg(action || ' ' || subject, ', ' ORDER BY id) FROM core.audit),
	'api_token_create boss, station_create Api-1, station_update Api-1, station_update Api-1, station_block Api-1, station_unblock Api-1, station_password Api-1, '
	'station_delete Api-1, id_token_put Local Tok, id_token_put Local TOK, id_token_put KeyCode ***, id_token_delete KeyCode ***, api_token_revoke boss');
SELECT t.is(:'name' || '/audit-caller', (SELECT count(*) FROM core.audit WHERE token_id = :caller), 12::bigint);
SELECT t.ok(:'name' || '/audit-without-secrets', NOT EXISTS (SELECT FROM core.audit a WHERE a::text ~ '4711|h2'));
ROLLBACK;
