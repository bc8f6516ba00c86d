-- What a station tells about itself: connector statuses, events, the device model.

CREATE OR REPLACE FUNCTION core.connector_told(station bigint, connection bigint, received timestamptz, evse_id int, connector_id int,
	said text, happened timestamptz, origin text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	effective timestamptz := core.effective_at(happened, received);
BEGIN
	INSERT INTO core.connector_status (station_id, evse_no, connector_no, status, event_at, effective_at, received_at, connection_id, source)
	VALUES (station, evse_id, connector_id, said, happened, effective, received, connection, origin)
	ON CONFLICT (station_id, evse_no, connector_no, event_at, status) DO NOTHING;
	-- A repeat changes nothing; ids below 1 name no connector.
	IF NOT FOUND OR evse_id < 1 OR connector_id < 1
		OR said NOT IN ('Available', 'Occupied', 'Reserved', 'Unavailable', 'Faulted') THEN
		RETURN;
	END IF;
	UPDATE core.connector SET status = said, status_at = effective, received_at = received
	WHERE station_id = station AND evse_no = evse_id AND connector_no = connector_id AND status_at <= effective;
	IF NOT FOUND THEN
		INSERT INTO core.evse (station_id, evse_no, created_at) VALUES (station, evse_id, received) ON CONFLICT DO NOTHING;
		-- Either it is new, or what it has is newer.
		INSERT INTO core.connector (station_id, evse_no, connector_no, status, status_at, received_at)
		VALUES (station, evse_id, connector_id, said, effective, received) ON CONFLICT DO NOTHING;
	END IF;
END
$$;
COMMENT ON FUNCTION core.connector_told IS 'A connector''s status: history always, present status unless a newer one is known';

CREATE OR REPLACE FUNCTION core.take_status_notification(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	word text := request->>'timestamp';
BEGIN
	PERFORM core.connector_told(station, connection, received, (request->'evseId')::int, (request->'connectorId')::int,
		request->>'connectorStatus', core.instant(word), 'StatusNotification');
	RETURN '{}';
END
$$;
COMMENT ON FUNCTION core.take_status_notification IS 'StatusNotification (G01)';

CREATE OR REPLACE FUNCTION core.take_notify_event(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	generated timestamptz := core.instant(request->>'generatedAt');
	e record;
BEGIN
	INSERT INTO core.event (station_id, connection_id, received_at, generated_at, event_at, event_no, trigger, kind, component,
		component_instance, evse_no, connector_no, variable, variable_instance, value, cleared, transaction_id, data, digest)
	SELECT station, connection, received, generated, core.instant(item->>'timestamp'), (item->'eventId')::int, item->>'trigger',
		item->>'eventNotificationType', item #>> '{component,name}', item #>> '{component,instance}',
		(item #> '{component,evse,id}')::int, (item #> '{component,evse,connectorId}')::int,
		item #>> '{variable,name}', item #>> '{variable,instance}', item->>'actualValue', coalesce((item->'cleared')::boolean, false),
		item->>'transactionId', item, md5(concat(request->>'generatedAt', request->>'seqNo', ' ', item))::uuid
	FROM jsonb_array_elements(request->'eventData') AS item
	ON CONFLICT (station_id, event_at, digest) DO NOTHING;
	-- The other way to tell a connector's status (G01.FR.01, G05).
	FOR e IN
		SELECT (item #> '{component,evse,id}')::int AS evse, (item #> '{component,evse,connectorId}')::int AS connector,
			item->>'actualValue' AS said, core.instant(item->>'timestamp') AS happened
		FROM jsonb_array_elements(request->'eventData') WITH ORDINALITY AS x (item, n)
		WHERE lower(item #>> '{component,name}') = 'connector' AND lower(item #>> '{variable,name}') = 'availabilitystate'
			AND item #> '{component,evse,connectorId}' IS NOT NULL
		ORDER BY n
	LOOP
		PERFORM core.connector_told(station, connection, received, e.evse, e.connector, e.said, e.happened, 'NotifyEvent');
	END LOOP;
	RETURN '{}';
END
$$;
COMMENT ON FUNCTION core.take_notify_event IS 'NotifyEvent (N07)';

CREATE OR REPLACE FUNCTION core.security_event_found(station bigint, connection bigint, received timestamptz, kind text, info text) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO core.security_event (station_id, connection_id, received_at, event_at, origin, type, tech_info, digest)
	VALUES (station, connection, received, received, 'csms', kind, info, md5(concat_ws(' ', 'csms', kind, info))::uuid)
	ON CONFLICT (station_id, event_at, digest) DO NOTHING
$$;
COMMENT ON FUNCTION core.security_event_found IS 'Something suspicious that we found ourselves';

CREATE OR REPLACE FUNCTION core.take_security_event_notification(station bigint, connection bigint, received timestamptz, request jsonb)
RETURNS text
LANGUAGE sql AS $$
	INSERT INTO core.security_event (station_id, connection_id, received_at, event_at, origin, type, tech_info, digest)
	VALUES (station, connection, received, core.instant(request->>'timestamp'), 'station', request->>'type', request->>'techInfo',
		md5(request::text)::uuid)
	ON CONFLICT (station_id, event_at, digest) DO NOTHING;
	SELECT '{}'
$$;
COMMENT ON FUNCTION core.take_security_event_notification IS 'SecurityEventNotification (A04)';

CREATE OR REPLACE FUNCTION core.take_notify_report(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	seq int := (request->'seqNo')::int;
	last boolean := NOT coalesce((request->'tbc')::boolean, false);
BEGIN
	UPDATE core.report_request SET
		parts = parts + int8multirange(int8range(seq, seq::bigint + 1)) * '{[0,)}',
		last_seq = CASE WHEN last AND seq >= 0 THEN seq ELSE last_seq END,
		last_received_at = greatest(last_received_at, received)
	WHERE station_id = station AND request_id = (request->'requestId')::int;
	IF NOT FOUND THEN
		PERFORM core.security_event_found(station, connection, received, 'UnknownReportRequest',
			'NotifyReport with requestId ' || (request->>'requestId') || ', which was not asked for');
		RETURN '{}';
	END IF;
	INSERT INTO core.evse (station_id, evse_no, created_at)
	SELECT DISTINCT station, v.evse_no, received FROM core.report_data(request) v WHERE v.evse_no > 0 ON CONFLICT DO NOTHING;
	INSERT INTO core.device_variable AS d (station_id, component, component_instance, evse_no, connector_no, variable, variable_instance,
		attribute, value, mutability, persistent, constant, received_at, source)
	SELECT DISTINCT ON (lower(v.component), lower(v.component_instance), v.evse_no, v.connector_no, lower(v.variable),
			lower(v.variable_instance), coalesce(a->>'type', 'Actual'))
		station, v.component, v.component_instance, v.evse_no, v.connector_no, v.variable, v.variable_instance,
		coalesce(a->>'type', 'Actual'), a->>'value', coalesce(a->>'mutability', 'ReadWrite'),
		coalesce((a->'persistent')::boolean, false), coalesce((a->'constant')::boolean, false), received, 'NotifyReport'
	FROM core.report_data(request) v, jsonb_array_elements(v.attributes) AS a
	ON CONFLICT (station_id, lower(component), lower(component_instance), evse_no, connector_no, lower(variable), lower(variable_instance),
		attribute)
	DO UPDATE SET value = EXCLUDED.value, mutability = EXCLUDED.mutability, persistent = EXCLUDED.persistent,
		constant = EXCLUDED.constant, received_at = EXCLUDED.received_at, source = EXCLUDED.source
	WHERE d.received_at <= EXCLUDED.received_at;
	INSERT INTO core.device_characteristic AS d (station_id, component, component_instance, evse_no, connector_no, variable,
		variable_instance, data_type, unit, min_limit, max_limit, values_list, supports_monitoring, received_at)
	SELECT DISTINCT ON (lower(v.component), lower(v.component_instance), v.evse_no, v.connector_no, lower(v.variable),
			lower(v.variable_instance))
		station, v.component, v.component_instance, v.evse_no, v.connector_no, v.variable, v.variable_instance,
		c->>'dataType', c->>'unit', (c->'minLimit')::numeric, (c->'maxLimit')::numeric, c->>'valuesList',
		(c->'supportsMonitoring')::boolean, received
	FROM core.report_data(request) v, LATERAL (SELECT v.characteristics AS c) x
	WHERE c IS NOT NULL
	ON CONFLICT (station_id, lower(component), lower(component_instance), evse_no, connector_no, lower(variable), lower(variable_instance))
	DO UPDATE SET data_type = EXCLUDED.data_type, unit = EXCLUDED.unit, min_limit = EXCLUDED.min_limit, max_limit = EXCLUDED.max_limit,
		values_list = EXCLUDED.values_list, supports_monitoring = EXCLUDED.supports_monitoring, received_at = EXCLUDED.received_at
	WHERE d.received_at <= EXCLUDED.received_at;
	RETURN '{}';
END
$$;
COMMENT ON FUNCTION core.take_notify_report IS 'NotifyReport (B07, B08): parts may come in any order, and twice';
