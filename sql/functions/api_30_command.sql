-- Commands.

CREATE OR REPLACE FUNCTION api.command_json(c core.command) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', c.id, 'station', (SELECT s.name FROM core.station s WHERE s.id = c.station_id), 'action', c.action,
		'payload', core.without_secrets(c.action, c.payload)::jsonb, 'origin', c.origin,
		'caller', (SELECT a.name FROM core.api_token a WHERE a.id = c.token_id), 'state', c.state,
		'createdAt', core.rfc3339(c.created_at), 'expiresAt', core.rfc3339(c.expires_at), 'sentAt', core.rfc3339(c.sent_at),
		'doneAt', core.rfc3339(c.done_at), 'response', c.response,
		'error', CASE WHEN c.error_code IS NOT NULL THEN jsonb_build_object('code', c.error_code, 'description', c.error_description,
			'details', c.error_details) END)
$$;
COMMENT ON FUNCTION api.command_json IS 'A command as the API shows it, without secrets';

CREATE OR REPLACE FUNCTION api.command_get(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	wanted text := p #>> '{path,id}';
BEGIN
	IF wanted ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN
		RETURN QUERY SELECT 200, api.command_json(c) FROM core.command c WHERE c.id = wanted::uuid;
		IF FOUND THEN
			RETURN;
		END IF;
	END IF;
	RETURN QUERY SELECT * FROM api.fault(404, 'NotFound', 'id', 'There is no such command');
END
$$;
COMMENT ON FUNCTION api.command_get IS 'A command and what became of it';

CREATE OR REPLACE FUNCTION api.command_list(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	q jsonb := coalesce(p->'query', '{}');
	of_station bigint := api.path_station(p);
	size int;
BEGIN
	RETURN QUERY SELECT * FROM api.check_page(q);
	IF FOUND THEN
		RETURN;
	END IF;
	IF of_station IS NULL THEN
		RETURN QUERY SELECT * FROM api.no_station(p);
		RETURN;
	END IF;
	size := api.page_limit(p);
	RETURN QUERY
	SELECT 200, api.page(array_agg(x.n::text ORDER BY x.n DESC), array_agg(x.item ORDER BY x.n DESC), size)
	FROM (SELECT c.position AS n, api.command_json(c) AS item FROM core.command c
		WHERE c.station_id = of_station AND c.position < coalesce((q->>'after')::bigint, 9223372036854775807)
		ORDER BY c.position DESC LIMIT size + 1) x;
END
$$;
COMMENT ON FUNCTION api.command_list IS 'Commands to a station, the latest first';
