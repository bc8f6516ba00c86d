-- Tokens: of drivers, and of this API.

CREATE OR REPLACE FUNCTION api.id_token_json(t core.id_token) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('idToken', t.token, 'type', t.type, 'status', t.status,
		'groupIdToken', CASE WHEN t.group_token IS NOT NULL THEN jsonb_build_object('idToken', t.group_token, 'type', t.group_type) END,
		'master', t.master, 'expiresAt', core.rfc3339(t.expires_at), 'cacheExpiryDateTime', core.rfc3339(t.cache_expires_at),
		'evseIds', to_jsonb(t.evse_ids), 'chargingPriority', t.charging_priority, 'language1', t.language1, 'language2', t.language2,
		'personalMessage', t.personal_message, 'createdAt', core.rfc3339(t.created_at), 'updatedAt', core.rfc3339(t.updated_at))
$$;
COMMENT ON FUNCTION api.id_token_json IS 'A driver''s token as the API shows it';

CREATE OR REPLACE FUNCTION api.id_token_find(p jsonb) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT id FROM core.id_token WHERE lower(token) = lower(p #>> '{path,token}') AND type = p #>> '{path,type}'
$$;
COMMENT ON FUNCTION api.id_token_find IS 'core.id_token.id of the token in the path';

CREATE OR REPLACE FUNCTION api.id_token_put(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	b jsonb := p->'body';
	t core.id_token;
	before jsonb;
BEGIN
	RETURN QUERY SELECT * FROM api.check(p->'path', jsonb '{
		"token": {"type": "string", "required": true, "min": 1, "max": 36},
		"type": {"type": "string", "required": true, "one of": ["Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress"]}}',
		'path');
	IF FOUND THEN
		RETURN;
	END IF;
	RETURN QUERY SELECT * FROM api.check(b, jsonb '{
		"status": {"type": "string", "one of": ["Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid", "NoCredit",
			"NotAllowedTypeEVSE", "NotAtThisLocation", "NotAtThisTime", "Unknown"]},
		"groupIdToken": {"type": "object", "null": true, "members": {
			"idToken": {"type": "string", "required": true, "min": 1, "max": 36},
			"type": {"type": "string", "required": true,
				"one of": ["Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress"]}}},
		"master": {"type": "boolean"},
		"expiresAt": {"type": "time", "null": true},
		"cacheExpiryDateTime": {"type": "time", "null": true},
		"evseIds": {"type": "array", "null": true, "min": 1, "max": 100, "elements": {"type": "integer", "min": 1, "max": 2147483647}},
		"chargingPriority": {"type": "integer", "null": true, "min": -9, "max": 9},
		"language1": {"type": "string", "null": true, "min": 1, "max": 8},
		"language2": {"type": "string", "null": true, "min": 1, "max": 8},
		"personalMessage": {"type": "object", "null": true, "members": {
			"format": {"type": "string", "required": true, "one of": ["ASCII", "HTML", "URI", "UTF8"]},
			"language": {"type": "string", "min": 1, "max": 8},
			"content": {"type": "string", "required": true, "min": 1, "max": 512}}}}');
	IF FOUND THEN
		RETURN;
	END IF;
	IF (b->'master')::boolean AND coalesce(b->'groupIdToken', 'null') = 'null' THEN
		RETURN QUERY SELECT * FROM api.fault(422, 'BadValue', '$.master', 'A master token needs groupIdToken, the master pass group');
		RETURN;
	END IF;
	IF b ? 'language2' AND NOT b ? 'language1' THEN
		RETURN QUERY SELECT * FROM api.fault(422, 'BadValue', '$.language2', 'language2 needs language1');
		RETURN;
	END IF;
	SELECT api.id_token_json(x) INTO before FROM core.id_token x WHERE x.id = api.id_token_find(p);
	INSERT INTO core.id_token AS x (token, type, status, group_token, group_type, master, expires_at, cache_expires_at, evse_ids,
		charging_priority, language1, language2, personal_message)
	VALUES (p #>> '{path,token}', p #>> '{path,type}', coalesce(b->>'status', 'Accepted'), b #>> '{groupIdToken,idToken}',
		b #>> '{groupIdToken,type}', coalesce((b->'master')::boolean, false), api.time(b->>'expiresAt'),
		api.time(b->>'cacheExpiryDateTime'),
		(SELECT array_agg(e::int ORDER BY n)
			FROM jsonb_array_elements(nullif(b->'evseIds', 'null')) WITH ORDINALITY AS a (e, n)),
		(nullif(b->'chargingPriority', 'null'))::int, b->>'language1', b->>'language2', nullif(b->'personalMessage', 'null'))
	ON CONFLICT (lower(token), type) DO UPDATE SET token = EXCLUDED.token, status = EXCLUDED.status, group_token = EXCLUDED.group_token,
		group_type = EXCLUDED.group_type, master = EXCLUDED.master, expires_at = EXCLUDED.expires_at,
		cache_expires_at = EXCLUDED.cache_expires_at, evse_ids = EXCLUDED.evse_ids, charging_priority = EXCLUDED.charging_priority,
		language1 = EXCLUDED.language1, language2 = EXCLUDED.language2, personal_message = EXCLUDED.personal_message, updated_at = now()
	RETURNING * INTO t;
	body := api.id_token_json(t);
	PERFORM api.audit(caller, 'id_token_put', t.type || ' ' || CASE t.type WHEN 'KeyCode' THEN '***' ELSE t.token END,
		before - CASE t.type WHEN 'KeyCode' THEN 'idToken' ELSE '' END, body - CASE t.type WHEN 'KeyCode' THEN 'idToken' ELSE '' END);
	status := 200;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.id_token_put IS 'Creates or replaces a driver''s token';

CREATE OR REPLACE FUNCTION api.id_token_get(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY SELECT 200, api.id_token_json(t) FROM core.id_token t WHERE t.id = api.id_token_find(p);
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.fault(404, 'NotFound', 'token', 'There is no such token');
	END IF;
END
$$;
COMMENT ON FUNCTION api.id_token_get IS 'One driver''s token';

CREATE OR REPLACE FUNCTION api.id_token_list(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	q jsonb := coalesce(p->'query', '{}');
	size int;
BEGIN
	RETURN QUERY SELECT * FROM api.check_page(q);
	IF FOUND THEN
		RETURN;
	END IF;
	size := api.page_limit(p);
	RETURN QUERY
	SELECT 200, api.page(array_agg(x.id::text ORDER BY x.id), array_agg(x.item ORDER BY x.id), size)
	FROM (SELECT t.id, api.id_token_json(t) AS item FROM core.id_token t
		WHERE t.id > coalesce((q->>'after')::bigint, 0) ORDER BY t.id LIMIT size + 1) x;
END
$$;
COMMENT ON FUNCTION api.id_token_list IS 'Drivers'' tokens, in order of creation';

CREATE OR REPLACE FUNCTION api.id_token_delete(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	t core.id_token;
BEGIN
	DELETE FROM core.id_token x WHERE x.id = api.id_token_find(p) RETURNING * INTO t;
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.fault(404, 'NotFound', 'token', 'There is no such token');
		RETURN;
	END IF;
	PERFORM api.audit(caller, 'id_token_delete', t.type || ' ' || CASE t.type WHEN 'KeyCode' THEN '***' ELSE t.token END,
		api.id_token_json(t) - CASE t.type WHEN 'KeyCode' THEN 'idToken' ELSE '' END, NULL);
	status := 204;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.id_token_delete IS 'Forgets a driver''s token';

CREATE OR REPLACE FUNCTION api.api_token_json(t core.api_token) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', t.id, 'name', t.name, 'role', t.role, 'createdAt', core.rfc3339(t.created_at),
		'expiresAt', core.rfc3339(t.expires_at), 'revokedAt', core.rfc3339(t.revoked_at))
$$;
COMMENT ON FUNCTION api.api_token_json IS 'A token of this API as it shows it';

CREATE OR REPLACE FUNCTION api.api_token_create(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	b jsonb := p->'body';
	t core.api_token;
BEGIN
	RETURN QUERY SELECT * FROM api.check(b, jsonb '{
		"name": {"type": "string", "required": true, "min": 1, "max": 64},
		"role": {"type": "string", "required": true, "one of": ["admin", "operator", "utility", "viewer"]},
		"expiresAt": {"type": "time", "null": true},
		"hash": {"type": "string", "required": true, "like": "^[0-9a-f]{64}$", "message": "is not a SHA-256"}}');
	IF FOUND THEN
		RETURN;
	END IF;
	INSERT INTO core.api_token (name, role, hash, created_by, expires_at)
	VALUES (b->>'name', b->>'role', b->>'hash', caller, api.time(b->>'expiresAt'))
	ON CONFLICT DO NOTHING RETURNING * INTO t;
	IF t.id IS NULL THEN
		RETURN QUERY SELECT * FROM api.fault(409, 'Exists', '$.name', 'There is a token of this name already');
		RETURN;
	END IF;
	body := api.api_token_json(t);
	PERFORM api.audit(caller, 'api_token_create', t.name, NULL, body);
	status := 201;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.api_token_create IS 'Makes a token of this API';

CREATE OR REPLACE FUNCTION api.api_token_list(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE sql STABLE AS $$
	SELECT 200, jsonb_build_object('items', coalesce(jsonb_agg(api.api_token_json(t) ORDER BY t.id), '[]'), 'next', NULL)
	FROM core.api_token t
$$;
COMMENT ON FUNCTION api.api_token_list IS 'Tokens of this API, also those revoked';

CREATE OR REPLACE FUNCTION api.api_token_revoke(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	t core.api_token;
BEGIN
	IF p #>> '{path,id}' ~ '^[0-9]{1,18}$' THEN
		UPDATE core.api_token x SET revoked_at = now() WHERE x.id = (p #>> '{path,id}')::bigint AND x.revoked_at IS NULL RETURNING * INTO t;
	END IF;
	IF t.id IS NULL THEN
		RETURN QUERY SELECT * FROM api.fault(404, 'NotFound', 'id', 'There is no such token in force');
		RETURN;
	END IF;
	PERFORM api.audit(caller, 'api_token_revoke', t.name, api.api_token_json(t) - 'revokedAt', api.api_token_json(t));
	status := 204;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.api_token_revoke IS 'Revokes a token of this API';
