-- Stations.

CREATE OR REPLACE FUNCTION api.station_json(s core.station) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', s.name, 'securityProfile', s.security_profile, 'hasPassword', s.password_hash IS NOT NULL,
		'passwordSetAt', core.rfc3339(s.password_set_at), 'certificateCn', coalesce(s.certificate_cn, s.name),
		'blocked', s.blocked, 'blockedReason', s.blocked_reason, 'registration', s.registration, 'compression', s.compression,
		'createdAt', core.rfc3339(s.created_at), 'bootStatus', s.boot_status, 'lastBootAt', core.rfc3339(s.last_boot_at),
		'bootReason', s.boot_reason, 'vendor', s.vendor, 'model', s.model, 'serialNumber', s.serial_number,
		'firmwareVersion', s.firmware_version, 'iccid', s.iccid, 'imsi', s.imsi,
		'online', c.closed_at IS NULL AND c.id IS NOT NULL,
		'lastProofAt', core.rfc3339(c.last_proof_at),
		'connection', CASE WHEN c.closed_at IS NULL AND c.id IS NOT NULL THEN jsonb_build_object('id', c.id,
			'node', (SELECT n.name FROM core.node n WHERE n.id = c.node_id), 'openedAt', core.rfc3339(c.opened_at),
			'remoteAddress', host(c.remote_address), 'securityProfile', c.security_profile, 'subprotocol', c.subprotocol,
			'certificateSubject', c.certificate_subject) END,
		'connectors', coalesce((SELECT jsonb_agg(jsonb_build_object('evseId', k.evse_no, 'connectorId', k.connector_no, 'status', k.status,
			'since', core.rfc3339(k.status_at)) ORDER BY k.evse_no, k.connector_no) FROM core.connector k WHERE k.station_id = s.id), '[]'))
	FROM (SELECT) one LEFT JOIN LATERAL (
		SELECT * FROM core.connection x WHERE x.station_id = s.id ORDER BY x.opened_at DESC, x.id DESC LIMIT 1) c ON true
$$;
COMMENT ON FUNCTION api.station_json IS 'A station as the API shows it';

CREATE OR REPLACE FUNCTION api.station_rules() RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb '{
		"securityProfile": {"type": "integer", "min": 1, "max": 3},
		"certificateCn": {"type": "string", "min": 1, "max": 64, "null": true},
		"registration": {"type": "string", "one of": ["Accepted", "Pending", "Rejected"]},
		"compression": {"type": "boolean"}}'
$$;
COMMENT ON FUNCTION api.station_rules IS 'Members of a station that can be set';

CREATE OR REPLACE FUNCTION api.station_create(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	b jsonb := p->'body';
	s core.station;
BEGIN
	RETURN QUERY SELECT * FROM api.check(b, api.station_rules() || jsonb '{
		"id": {"type": "string", "required": true, "min": 1, "max": 48, "like": "^[a-zA-Z0-9*_=+|@.-]+$",
			"message": "may hold a-z A-Z 0-9 * - _ = + | @ . and nothing else"},
		"passwordHash": {"type": "string", "min": 1, "max": 1024}}');
	IF FOUND THEN
		RETURN;
	END IF;
	INSERT INTO core.station (name, security_profile, password_hash, password_set_at, certificate_cn, registration, compression)
	VALUES (b->>'id', coalesce((b->'securityProfile')::int, 2), b->>'passwordHash', CASE WHEN b ? 'passwordHash' THEN now() END,
		b->>'certificateCn', coalesce(b->>'registration', 'Accepted'), coalesce((b->'compression')::boolean, true))
	ON CONFLICT (lower(name)) DO NOTHING
	RETURNING * INTO s;
	IF s.id IS NULL THEN
		RETURN QUERY SELECT * FROM api.fault(409, 'Exists', '$.id', 'There is a station ' || (b->>'id') || ' already');
		RETURN;
	END IF;
	body := api.station_json(s);
	PERFORM api.audit(caller, 'station_create', s.name, NULL, body);
	status := 201;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.station_create IS 'Lets a station in from now on';

CREATE OR REPLACE FUNCTION api.station_get(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY SELECT 200, api.station_json(s) FROM core.station s WHERE s.id = api.path_station(p);
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.no_station(p);
	END IF;
END
$$;
COMMENT ON FUNCTION api.station_get IS 'One station';

-- ?after= is a name here; ?online=true or false filters.
CREATE OR REPLACE FUNCTION api.station_list(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	q jsonb := coalesce(p->'query', '{}');
	size int;
	wanted boolean;
BEGIN
	RETURN QUERY SELECT * FROM api.check_page(q - 'after');
	IF FOUND THEN
		RETURN;
	END IF;
	IF q->>'online' NOT IN ('true', 'false') THEN
		RETURN QUERY SELECT * FROM api.fault(400, 'BadQuery', 'online', 'online has to be true or false');
		RETURN;
	END IF;
	size := api.page_limit(p);
	wanted := (q->>'online')::boolean;
	RETURN QUERY
	SELECT 200, api.page(array_agg(x.name ORDER BY lower(x.name)), array_agg(x.item ORDER BY lower(x.name)), size)
	FROM (SELECT s.name, api.station_json(s) AS item FROM core.station s
		WHERE lower(s.name) > lower(coalesce(q->>'after', ''))
			AND (wanted IS NULL OR wanted = EXISTS (SELECT FROM core.connection c WHERE c.station_id = s.id AND c.closed_at IS NULL))
		ORDER BY lower(s.name) LIMIT size + 1) x;
END
$$;
COMMENT ON FUNCTION api.station_list IS 'Stations by name';

CREATE OR REPLACE FUNCTION api.station_update(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	b jsonb := p->'body';
	s core.station;
	before jsonb;
BEGIN
	RETURN QUERY SELECT * FROM api.check(b, api.station_rules());
	IF FOUND THEN
		RETURN;
	END IF;
	SELECT * INTO s FROM core.station x WHERE x.id = api.path_station(p) FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.no_station(p);
		RETURN;
	END IF;
	before := api.station_json(s);
	UPDATE core.station x SET
		security_profile = coalesce((b->'securityProfile')::int, x.security_profile),
		certificate_cn = CASE WHEN b ? 'certificateCn' THEN b->>'certificateCn' ELSE x.certificate_cn END,
		registration = coalesce(b->>'registration', x.registration),
		compression = coalesce((b->'compression')::boolean, x.compression)
	WHERE x.id = s.id RETURNING * INTO s;
	body := api.station_json(s);
	PERFORM api.audit(caller, 'station_update', s.name, before, body);
	status := 200;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.station_update IS 'Changes a station''s settings';

CREATE OR REPLACE FUNCTION api.station_set_blocked(caller bigint, p jsonb, block boolean, action text) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	b jsonb := coalesce(nullif(p->'body', 'null'), '{}');
	s core.station;
	before jsonb;
BEGIN
	RETURN QUERY SELECT * FROM api.check(b, jsonb '{"reason": {"type": "string", "max": 500, "min": 1, "null": true}}');
	IF FOUND THEN
		RETURN;
	END IF;
	SELECT * INTO s FROM core.station x WHERE x.id = api.path_station(p) FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.no_station(p);
		RETURN;
	END IF;
	before := jsonb_build_object('blocked', s.blocked, 'blockedReason', s.blocked_reason);
	UPDATE core.station x SET blocked = block, blocked_reason = CASE WHEN block THEN b->>'reason' END
	WHERE x.id = s.id RETURNING * INTO s;
	PERFORM api.audit(caller, action, s.name, before, jsonb_build_object('blocked', block, 'reason', b->'reason'));
	status := 200;
	body := api.station_json(s);
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.station_set_blocked IS 'Blocks a station or lets it in again';

CREATE OR REPLACE FUNCTION api.station_block(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE sql AS $$
	SELECT * FROM api.station_set_blocked(caller, p, true, 'station_block')
$$;
COMMENT ON FUNCTION api.station_block IS 'Refuses a station''s connections';

CREATE OR REPLACE FUNCTION api.station_unblock(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE sql AS $$
	SELECT * FROM api.station_set_blocked(caller, p, false, 'station_unblock')
$$;
COMMENT ON FUNCTION api.station_unblock IS 'Lets a blocked station in again';

CREATE OR REPLACE FUNCTION api.station_password(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	subject text;
BEGIN
	RETURN QUERY SELECT * FROM api.check(p->'body', jsonb '{"passwordHash": {"type": "string", "required": true, "min": 1, "max": 1024}}');
	IF FOUND THEN
		RETURN;
	END IF;
	UPDATE core.station s SET password_hash = p #>> '{body,passwordHash}', password_set_at = now()
	WHERE s.id = api.path_station(p) RETURNING s.name INTO subject;
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.no_station(p);
		RETURN;
	END IF;
	PERFORM api.audit(caller, 'station_password', subject, NULL, NULL);
	status := 204;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.station_password IS 'Sets the Basic password a station comes with';

CREATE OR REPLACE FUNCTION api.station_delete(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
	s core.station;
BEGIN
	SELECT * INTO s FROM core.station x WHERE x.id = api.path_station(p) FOR UPDATE;
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.no_station(p);
		RETURN;
	END IF;
	IF EXISTS (SELECT FROM core.transaction t WHERE t.station_id = s.id) THEN
		RETURN QUERY SELECT * FROM api.fault(409, 'HasTransactions', 'station',
			'The station has transactions, which are kept; block it instead');
		RETURN;
	END IF;
	PERFORM api.audit(caller, 'station_delete', s.name, api.station_json(s), NULL);
	DELETE FROM core.station x WHERE x.id = s.id;
	status := 204;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.station_delete IS 'Forgets a station that never had a transaction';

CREATE OR REPLACE FUNCTION api.device_model(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
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
	SELECT 200, api.page(array_agg(x.id::text ORDER BY x.id), array_agg(x.item ORDER BY x.id), size)
	FROM (SELECT v.id, jsonb_build_object(
			'component', jsonb_strip_nulls(jsonb_build_object('name', v.component, 'instance', nullif(v.component_instance, ''),
				'evse', CASE WHEN v.evse_no <> 0 THEN jsonb_build_object('id', v.evse_no, 'connectorId', nullif(v.connector_no, 0)) END)),
			'variable', jsonb_strip_nulls(jsonb_build_object('name', v.variable, 'instance', nullif(v.variable_instance, ''))),
			'attribute', v.attribute, 'value', v.value, 'mutability', v.mutability, 'persistent', v.persistent, 'constant', v.constant,
			'receivedAt', core.rfc3339(v.received_at), 'source', v.source,
			'characteristics', CASE WHEN c.id IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('dataType', c.data_type, 'unit', c.unit,
				'minLimit', c.min_limit, 'maxLimit', c.max_limit, 'valuesList', c.values_list,
				'supportsMonitoring', c.supports_monitoring)) END) AS item
		FROM core.device_variable v LEFT JOIN core.device_characteristic c ON c.station_id = v.station_id
			AND lower(c.component) = lower(v.component) AND lower(c.component_instance) = lower(v.component_instance)
			AND c.evse_no = v.evse_no AND c.connector_no = v.connector_no
			AND lower(c.variable) = lower(v.variable) AND lower(c.variable_instance) = lower(v.variable_instance)
		WHERE v.station_id = of_station AND v.id > coalesce((q->>'after')::bigint, 0)
		ORDER BY v.id LIMIT size + 1) x;
END
$$;
COMMENT ON FUNCTION api.device_model IS 'Components and variables a station has told';

CREATE OR REPLACE FUNCTION api.status_history(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
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
	SELECT 200, api.page(array_agg(x.id::text ORDER BY x.id DESC), array_agg(x.item ORDER BY x.id DESC), size)
	FROM (SELECT h.id, jsonb_build_object('evseId', h.evse_no, 'connectorId', h.connector_no, 'status', h.status,
			'at', core.rfc3339(h.effective_at), 'timestamp', core.rfc3339(h.event_at), 'receivedAt', core.rfc3339(h.received_at),
			'source', h.source) AS item
		FROM core.connector_status h
		WHERE h.station_id = of_station AND h.id < coalesce((q->>'after')::bigint, 9223372036854775807)
			AND (NOT q ? 'from' OR h.effective_at >= api.time(q->>'from')) AND (NOT q ? 'to' OR h.effective_at < api.time(q->>'to'))
		ORDER BY h.id DESC LIMIT size + 1) x;
END
$$;
COMMENT ON FUNCTION api.status_history IS 'Statuses of a station''s connectors, the latest first';
