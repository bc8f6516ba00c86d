-- What a token may, and what the answer holds.
BEGIN;
SELECT station AS s, connection AS c FROM t.station('CS1') \gset
INSERT INTO core.id_token (token, type, status, group_token, group_type, master, expires_at, cache_expires_at, evse_ids, language1, language2,
	charging_priority, personal_message) VALUES
	('Good', 'ISO14443', 'Accepted', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('blocked', 'ISO14443', 'Blocked', 'G1', 'Central', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('expired', 'ISO14443', 'Accepted', NULL, NULL, false, '2026-02-01T00:00:00Z', NULL, NULL, NULL, NULL, NULL, NULL),
	('blocked-expired', 'ISO14443', 'Blocked', NULL, NULL, false, '2026-02-01T00:00:00Z', NULL, NULL, NULL, NULL, NULL, NULL),
	('later', 'ISO14443', 'Accepted', NULL, NULL, false, '2026-04-01T00:00:00Z', NULL, NULL, NULL, NULL, NULL, NULL),
	('grouped', 'eMAID', 'Accepted', 'G1', 'Central', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('master', 'ISO14443', 'Accepted', 'MP', 'Central', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('evse', 'ISO14443', 'Accepted', NULL, NULL, false, NULL, NULL, '{1,2}', NULL, NULL, NULL, NULL),
	('rich', 'Local', 'Accepted', NULL, NULL, false, '2026-04-01T00:00:00Z', '2026-03-02T00:00:00Z', NULL, 'de', 'en', 3,
		'{"format": "UTF8", "content": "Hello"}'),
	('poor', 'Central', 'NoCredit', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TEMP SEQUENCE us;
CREATE FUNCTION pg_temp.ask(s bigint, token text, type text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT core.take_authorize(s, 1, '2026-03-01T00:00:00Z'::timestamptz + nextval('pg_temp.us') * interval '1 us',
		jsonb_build_object('idToken', jsonb_build_object('idToken', token, 'type', type)))::jsonb
$$;
SELECT t.is(:'name' || '/authorize/' || token || '-' || type, pg_temp.ask(:s, token, type)->'idTokenInfo', want::jsonb) FROM (VALUES
	('Good', 'ISO14443', '{"status": "Accepted"}'),
	('gOOD', 'ISO14443', '{"status": "Accepted"}'),
	('Good', 'ISO15693', '{"status": "Unknown"}'),
	('nobody', 'ISO14443', '{"status": "Unknown"}'),
	('anything', 'NoAuthorization', '{"status": "Accepted"}'),
	('', 'NoAuthorization', '{"status": "Accepted"}'),
	('blocked', 'ISO14443', '{"status": "Blocked", "groupIdToken": {"idToken": "G1", "type": "Central"}}'),
	('expired', 'ISO14443', '{"status": "Expired", "cacheExpiryDateTime": "2026-02-01T00:00:00.000Z"}'),
	('blocked-expired', 'ISO14443', '{"status": "Blocked", "cacheExpiryDateTime": "2026-02-01T00:00:00.000Z"}'),
	('later', 'ISO14443', '{"status": "Accepted", "cacheExpiryDateTime": "2026-04-01T00:00:00.000Z"}'),
	('grouped', 'eMAID', '{"status": "Accepted", "groupIdToken": {"idToken": "G1", "type": "Central"}}'),
	-- C16: a master pass is good, and shows its group.
	('master', 'ISO14443', '{"status": "Accepted", "groupIdToken": {"idToken": "MP", "type": "Central"}}'),
	('evse', 'ISO14443', '{"status": "Accepted", "evseId": [1, 2]}'),
	('rich', 'Local', '{"status": "Accepted", "cacheExpiryDateTime": "2026-03-02T00:00:00.000Z", "language1": "de", "language2": "en",
		"chargingPriority": 3, "personalMessage": {"format": "UTF8", "content": "Hello"}}'),
	('poor', 'Central', '{"status": "NoCredit"}')) AS x (token, type, want);

-- In a transaction: a master pass may end one, not start one (C16.FR.03); an EVSE list holds where the EVSE is known.
CREATE FUNCTION pg_temp.show(s bigint, token text, kind text, reason text, evse int) RETURNS text LANGUAGE sql AS $$
	SELECT core.take_transaction_event(s, 1, '2026-03-01T00:00:00Z'::timestamptz + nextval('pg_temp.us') * interval '1 us',
		t.event(kind, 0, '2026-03-01T00:00:00Z', jsonb_build_object('triggerReason', reason, 'idToken', jsonb_build_object('idToken', token,
			'type', 'ISO14443')) || coalesce(jsonb_build_object('evse', jsonb_build_object('id', evse)), '{}'),
			'T' || currval('pg_temp.us')))::jsonb #>> '{idTokenInfo,status}'
$$;
SELECT t.is(:'name' || '/transaction/' || concat_ws('-', token, kind, reason, evse), pg_temp.show(:s, token, kind, reason, evse), want) FROM (VALUES
	('Good', 'Started', 'Authorized', 1, 'Accepted'),
	('master', 'Started', 'Authorized', 1, 'Invalid'),
	('master', 'Updated', 'Authorized', 1, 'Invalid'),
	('master', 'Updated', 'StopAuthorized', 1, 'Accepted'),
	('master', 'Ended', 'StopAuthorized', 1, 'Accepted'),
	('evse', 'Started', 'Authorized', 2, 'Accepted'),
	('evse', 'Started', 'Authorized', 3, 'NotAtThisLocation'),
	('expired', 'Started', 'Authorized', 1, 'Expired')) AS x (token, kind, reason, evse, want);

-- Contract certificates cannot be checked for revocation: Invalid, also for a good token (C07.FR.17).
SELECT t.is(:'name' || '/certificate/' || member, core.take_authorize(:s, :c, '2026-03-02T00:00:00Z'::timestamptz + n * interval '1 us',
	jsonb_build_object('idToken', '{"idToken": "grouped", "type": "eMAID"}'::jsonb, member, v::jsonb))::jsonb,
	'{"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertChainError"}'::jsonb)
FROM (VALUES (1, 'certificate', '"x"'), (2, 'iso15118CertificateHashData', '[{}]')) AS x (n, member, v);

-- The log, and its replay.
SELECT core.take_authorize(:s, :c, '2026-03-03T00:00:00Z', '{"idToken": {"idToken": "1234", "type": "KeyCode"}}') AS first \gset
INSERT INTO core.id_token (token, type) VALUES ('1234', 'KeyCode');
SELECT t.is(:'name' || '/replay-same-answer', core.take_authorize(:s, :c, '2026-03-03T00:00:00Z', '{"idToken": {"idToken": "1234", "type": "KeyCode"}}'), :'first');
SELECT t.is(:'name' || '/log', (SELECT string_agg(token || ' ' || status, ', ') FROM core.authorization_attempt WHERE received_at = '2026-03-03T00:00:00Z'),
	'*** Unknown');
ROLLBACK;
