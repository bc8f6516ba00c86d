-- Repeats, conflicts, odd numbers.
BEGIN;
INSERT INTO core.id_token (token, type) VALUES ('card', 'ISO14443');
SELECT station AS s, connection AS c FROM t.station('CS1') \gset

SELECT t.is(:'name' || '/no-token-empty-answer', core.take_transaction_event(:s, :c, now(), t.event('Started', 0, '2026-03-01T10:00:00Z')), '{}');
SELECT core.take_transaction_event(:s, :c, '2026-03-01T10:00:01Z', t.event('Updated', 1, '2026-03-01T10:00:01Z',
	'{"idToken": {"idToken": "CARD", "type": "ISO14443"}}')) AS first \gset
SELECT t.is(:'name' || '/token-answer', :'first', '{"idTokenInfo": {"status": "Accepted"}}');
UPDATE core.id_token SET status = 'Blocked';
SELECT t.is(:'name' || '/repeat-gets-first-answer', core.take_transaction_event(:s, :c, '2026-03-01T11:00:00Z',
	t.event('Updated', 1, '2026-03-01T10:00:01Z', '{"idToken": {"idToken": "CARD", "type": "ISO14443"}}')), :'first');
SELECT t.is(:'name' || '/repeat-in-another-spelling', core.take_transaction_event(:s, :c, '2026-03-01T11:00:00Z',
	t.event('Updated', 1, '2026-03-01t12:00:01.000+02:00', '{"idToken": {"idToken": "CARD", "type": "ISO14443"}}')), :'first');
SELECT t.is(:'name' || '/repeat-not-counted', (SELECT (event_count, conflicts) FROM core.transaction), (2, 0));
SELECT t.is(:'name' || '/token-asked-again-is-evaluated-now', core.take_transaction_event(:s, :c, now(),
	t.event('Updated', 2, '2026-03-01T10:00:02Z', '{"idToken": {"idToken": "card", "type": "ISO14443"}}')),
	'{"idTokenInfo": {"status": "Blocked"}}');

-- The id is used for another transaction.
SELECT t.is(:'name' || '/conflict-empty', core.take_transaction_event(:s, :c, now(), t.event('Started', 1, '2026-03-02T10:00:00Z')), '{}');
SELECT t.is(:'name' || '/conflict-with-token', core.take_transaction_event(:s, :c, now(),
	t.event('Started', 0, '2026-03-02T10:00:00Z', '{"idToken": {"idToken": "card", "type": "ISO14443"}}')),
	'{"idTokenInfo": {"status": "Blocked"}}');
UPDATE core.id_token SET status = 'Accepted';
SELECT t.is(:'name' || '/conflict-repeated', core.take_transaction_event(:s, :c, now(),
	t.event('Started', 0, '2026-03-02T10:00:00Z', '{"idToken": {"idToken": "card", "type": "ISO14443"}}')),
	'{"idTokenInfo": {"status": "Blocked"}}');
SELECT t.is(:'name' || '/conflicts-counted-once', (SELECT (event_count, conflicts, started_event_at) FROM core.transaction),
	(3, 2, '2026-03-01T10:00:00Z'::timestamptz));
SELECT t.is(:'name' || '/conflicts-kept', (SELECT count(*) FROM core.transaction_conflict), 2::bigint);

-- A PIN stands nowhere.
SELECT core.take_transaction_event(:s, :c, now(), t.event('Updated', 3, '2026-03-01T10:00:03Z', '{"idToken": {"idToken": "4711", "type": "KeyCode"}}', 'PIN'));
SELECT t.ok(:'name' || '/keycode-not-stored', NOT EXISTS (SELECT FROM core.transaction x WHERE x::text ~ '4711')
	AND NOT EXISTS (SELECT FROM core.transaction_event x WHERE x::text ~ '4711')
	AND NOT EXISTS (SELECT FROM core.authorization_attempt x WHERE x::text ~ '4711'));

-- Events outside Started..Ended do not hide that all between are there; the order does not matter.
SELECT core.take_transaction_event(:s, :c, '2026-03-01T12:00:00Z', t.event(k, q, '2026-03-01T10:00:00Z', '{}', 'out'))
FROM (VALUES ('Updated', 7), ('Ended', 5), ('Updated', 4), ('Started', 3), ('Updated', 1)) AS x (k, q);
SELECT t.is(:'name' || '/outside-events', (SELECT (outside_count, core.is_complete(x)) FROM core.transaction x WHERE transaction_id = 'out'),
	(2, true));

-- State and totals.
SELECT t.is(:'name' || '/states', (SELECT string_agg(transaction_id || ' ' || state, ', ' ORDER BY transaction_id) FROM core.transaction),
	'PIN open, T1 open, out ended');
ROLLBACK;
