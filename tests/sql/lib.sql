-- What the tests share: comparisons that print, and a small fleet to work on.

CREATE SCHEMA t;

CREATE FUNCTION t.is(name text, got anyelement, want anyelement) RETURNS text
LANGUAGE sql AS $$
	SELECT CASE WHEN got IS NOT DISTINCT FROM want THEN 'ok ' || name
		ELSE format('not ok %s got %s want %s', name, coalesce(replace(got::text, E'\n', ' '), 'NULL'), coalesce(want::text, 'NULL')) END
$$;

CREATE FUNCTION t.is(name text, got text, want text) RETURNS text
LANGUAGE sql AS $$
	SELECT CASE WHEN got IS NOT DISTINCT FROM want THEN 'ok ' || name
		ELSE format('not ok %s got %s want %s', name, coalesce(replace(got, E'\n', ' '), 'NULL'), coalesce(want, 'NULL')) END
$$;

CREATE FUNCTION t.ok(name text, condition boolean) RETURNS text
LANGUAGE sql AS $$
	SELECT CASE WHEN coalesce(condition, false) THEN 'ok ' ELSE 'not ok ' END || name
$$;

-- A station with an open connection; returns the station's id.
CREATE FUNCTION t.station(station_name text, OUT station bigint, OUT connection bigint)
LANGUAGE plpgsql AS $$
DECLARE
	node bigint := core.node_start('test', '0', '2026-01-01T00:00:00Z');
BEGIN
	INSERT INTO core.station (name) VALUES (station_name) RETURNING id INTO station;
	SELECT connection_id INTO connection FROM core.connection_open(station, node, '192.0.2.1', 2, 'ocpp2.0.1', NULL,
		'2026-01-01T00:00:01Z', gen_random_uuid());
END
$$;

-- A TransactionEvent; `extra` goes over it.
CREATE FUNCTION t.event(kind text, seq int, at text, extra jsonb DEFAULT '{}', tx text DEFAULT 'T1') RETURNS jsonb
LANGUAGE sql AS $$
	SELECT jsonb_build_object('eventType', kind, 'seqNo', seq, 'timestamp', at, 'triggerReason', 'MeterValuePeriodic',
		'transactionInfo', jsonb_build_object('transactionId', tx) || coalesce(extra->'transactionInfo', '{}')) || (extra - 'transactionInfo')
$$;

-- One meterValue with these samples.
CREATE FUNCTION t.meter(at text, VARIADIC samples jsonb[]) RETURNS jsonb
LANGUAGE sql AS $$
	SELECT jsonb_build_array(jsonb_build_object('timestamp', at, 'sampledValue', to_jsonb(samples)))
$$;

-- Nothing but what the events say.
CREATE FUNCTION t.essence(t core.transaction) RETURNS jsonb
LANGUAGE sql AS $$
	SELECT to_jsonb(t) - '{id,station_id}'::text[] || jsonb_build_object('charged', core.energy_charged_wh(t),
		'discharged', core.energy_discharged_wh(t), 'complete', core.is_complete(t))
$$;
