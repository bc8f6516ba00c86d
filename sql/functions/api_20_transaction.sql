-- Transactions.

CREATE OR REPLACE FUNCTION api.transaction_json(t core.transaction) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', t.id, 'station', (SELECT s.name FROM core.station s WHERE s.id = t.station_id),
		'transactionId', t.transaction_id, 'state', t.state, 'evseId', t.evse_no, 'connectorId', t.connector_no,
		'idToken', CASE WHEN t.token_type IS NOT NULL THEN
			jsonb_build_object('idToken', t.token, 'type', t.token_type, 'status', t.token_status) END,
		'startedAt', core.rfc3339(coalesce(t.started_event_at, t.first_event_at)), 'endedAt', core.rfc3339(t.ended_at),
		'stopReason', t.stop_reason, 'abandonedAt', core.rfc3339(t.abandoned_at), 'abandonedReason', t.abandoned_reason,
		'chargingState', t.charging_state, 'lastEventAt', core.rfc3339(t.last_event_at),
		'energyChargedWh', trim_scale(core.energy_charged_wh(t)), 'energyDischargedWh', trim_scale(core.energy_discharged_wh(t)),
		'powerW', trim_scale((t.power_last).value), 'socPercent', trim_scale((t.soc_last).value),
		'offline', t.offline, 'complete', core.is_complete(t), 'eventCount', t.event_count, 'conflicts', t.conflicts,
		'remoteStartId', t.remote_start_id, 'reservationId', t.reservation_id)
$$;
COMMENT ON FUNCTION api.transaction_json IS 'A transaction as the API shows it';

-- Of a station (path) or of all; ?state=, ?from= and ?to= (start) filter.
CREATE OR REPLACE FUNCTION api.transaction_list(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	q jsonb := coalesce(p->'query', '{}');
	of_station bigint;
	size int;
	low timestamptz;
	high timestamptz;
	behind bigint;
	condition text := 'true';
BEGIN
	RETURN QUERY SELECT * FROM api.check_page(q);
	IF FOUND THEN
		RETURN;
	END IF;
	IF q->>'state' NOT IN ('open', 'ended', 'abandoned') THEN
		RETURN QUERY SELECT * FROM api.fault(400, 'BadQuery', 'state', 'state has to be open, ended or abandoned');
		RETURN;
	END IF;
	IF q ? 'station' THEN
		p := jsonb_set(p, '{path}', jsonb_build_object('station', q->'station'));
	END IF;
	IF p #> '{path,station}' IS NOT NULL THEN
		of_station := api.path_station(p);
		IF of_station IS NULL THEN
			RETURN QUERY SELECT * FROM api.no_station(p);
			RETURN;
		END IF;
		-- "+ 0": by the station's own transactions, not backwards through everyone's.
		condition := 't.station_id = $1 AND t.id + 0 < $2';
	ELSE
		condition := 't.id < $2';
	END IF;
	size := api.page_limit(p);
	low := api.time(q->>'from');
	high := api.time(q->>'to');
	behind := coalesce((q->>'after')::bigint, 9223372036854775807);
	IF low IS NOT NULL THEN
		condition := condition || ' AND coalesce(t.started_event_at, t.first_event_at) >= $3';
	END IF;
	IF high IS NOT NULL THEN
		condition := condition || ' AND t.first_event_at < $4 AND coalesce(t.started_event_at, t.first_event_at) < $4';
	END IF;
	IF q->>'state' = 'open' THEN
		condition := condition || ' AND NOT t.settled';
	END IF;
	IF q ? 'state' THEN
		condition := condition || ' AND t.state = $5';
	END IF;
	-- Planned for the filters at hand.
	RETURN QUERY EXECUTE format('SELECT 200, api.page(array_agg(x.id::text ORDER BY x.id DESC), array_agg(x.item ORDER BY x.id DESC), $6)
		FROM (SELECT t.id, api.transaction_json(t) AS item FROM core.transaction t WHERE %s ORDER BY t.id%s DESC LIMIT $6 + 1) x',
		condition, CASE WHEN of_station IS NULL THEN '' ELSE ' + 0' END)
		USING of_station, behind, low, high, q->>'state', size;
END
$$;
COMMENT ON FUNCTION api.transaction_list IS 'Transactions, the latest first';

CREATE OR REPLACE FUNCTION api.transaction_get(caller bigint, p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	t core.transaction;
	most CONSTANT int := 5000;
BEGIN
	SELECT * INTO t FROM core.transaction x WHERE x.station_id = api.path_station(p) AND x.transaction_id = p #>> '{path,transaction}';
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM api.fault(404, 'NotFound', 'transaction', 'The station has no such transaction');
		RETURN;
	END IF;
	status := 200;
	body := api.transaction_json(t) || jsonb_build_object(
		'events', (SELECT jsonb_agg(jsonb_build_object('seqNo', e.seq_no, 'eventType', e.event_type, 'timestamp', core.rfc3339(e.event_at),
				'receivedAt', core.rfc3339(e.received_at), 'triggerReason', e.payload->'triggerReason', 'payload', e.payload) ORDER BY e.seq_no)
			FROM (SELECT * FROM core.transaction_event x WHERE x.transaction_id = t.id ORDER BY x.seq_no DESC LIMIT most) e),
		'eventsLeftOut', greatest(t.event_count - most, 0));
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION api.transaction_get IS 'A transaction with its (latest 5000) events and meter values';
