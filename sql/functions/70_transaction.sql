-- TransactionEvent (E01 to E15): the hot path.
--
-- The row of a transaction is a function of the set of its events.  Each column is therefore merged by an operation
-- that does not care for order: least, greatest, sum, or "of the event with the lowest (highest) seqNo".
-- Per event two statements run: one update in place (HOT), and one insert.

-- A repeat, or another event under a seqNo already taken.
CREATE OR REPLACE FUNCTION core.transaction_event_again(station bigint, connection bigint, received timestamptz, request jsonb,
	kind text, happened timestamptz, fresh text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	first record;
BEGIN
	SELECT e.transaction_id, e.seq_no, e.event_type, e.event_at, e.answer INTO STRICT first
	FROM core.transaction t JOIN core.transaction_event e ON e.transaction_id = t.id
	WHERE t.station_id = station AND t.transaction_id = request #>> '{transactionInfo,transactionId}'
		AND e.seq_no = (request->'seqNo')::int;
	IF first.event_type = kind AND first.event_at = happened THEN
		RETURN coalesce(first.answer, '{}');
	END IF;
	-- The first one counts; this one is kept beside it, and a token in it is answered (E01.FR.12).
	INSERT INTO core.transaction_conflict (transaction_id, seq_no, event_type, event_at, received_at, connection_id, answer, payload)
	VALUES (first.transaction_id, first.seq_no, kind, happened, received, connection, coalesce(fresh, '{}'), request)
	ON CONFLICT (transaction_id, seq_no, event_type, event_at) DO NOTHING;
	IF FOUND THEN
		UPDATE core.transaction SET conflicts = conflicts + 1 WHERE id = first.transaction_id;
		RETURN coalesce(fresh, '{}');
	END IF;
	RETURN (SELECT c.answer FROM core.transaction_conflict c WHERE c.transaction_id = first.transaction_id
		AND c.seq_no = first.seq_no AND c.event_type = kind AND c.event_at = happened);
END
$$;
COMMENT ON FUNCTION core.transaction_event_again IS 'Answers an event whose seqNo is already stored';

-- What a transaction that has ended, or was given up, needs after an event: it is to be counted anew; the number of events
-- outside Started..Ended; and a live event shows that it goes on after all.
CREATE OR REPLACE FUNCTION core.transaction_review(tx bigint, received timestamptz, live boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	-- The caller has updated the row, so it is locked; most often there is nothing to do.
	SELECT x.settled, x.state = 'abandoned' AND live AND received > x.abandoned_at AS revived,
		x.outside_count > 0 OR x.min_seq < x.started_seq OR x.max_seq > x.ended_seq AS outside INTO STRICT t
	FROM core.transaction x WHERE x.id = tx;
	IF t.settled THEN
		UPDATE core.transaction SET settled = false WHERE id = tx;
	END IF;
	IF t.outside THEN
		UPDATE core.transaction x SET
			outside_count = CASE WHEN min_seq < started_seq OR max_seq > ended_seq THEN (SELECT count(*) FROM core.transaction_event e
				WHERE e.transaction_id = x.id AND (e.seq_no < x.started_seq OR e.seq_no > x.ended_seq)) ELSE 0 END
		WHERE id = tx AND started_seq IS NOT NULL AND ended_seq IS NOT NULL;
	END IF;
	IF t.revived THEN
		UPDATE core.transaction SET state = 'open', abandoned_at = NULL, abandoned_reason = NULL WHERE id = tx;
	END IF;
END
$$;
COMMENT ON FUNCTION core.transaction_review IS 'After an event of a transaction that is not open';

CREATE OR REPLACE FUNCTION core.take_transaction_event(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	info jsonb := request->'transactionInfo';
	ocpp_id text := info->>'transactionId';
	seq int := (request->'seqNo')::int;
	kind text := request->>'eventType';
	word text := request->>'timestamp';
	happened timestamptz := core.instant(word);
	said_offline boolean := coalesce((request->'offline')::boolean, false);
	charging text := info->>'chargingState';
	shown jsonb := request->'idToken';
	evse jsonb := request->'evse';
	verdict jsonb;
	reply text;
	tx bigint;
	stored boolean := false;
	state text;
	-- Meter values
	list jsonb := request->'meterValue';
	element jsonb;
	samples jsonb;
	sample jsonb;
	unit jsonb;
	measurand text;
	sampled timestamptz;
	value numeric;
	import_from timestamptz;
	import_from_wh numeric;
	import_to timestamptz;
	import_to_wh numeric;
	export_from timestamptz;
	export_from_wh numeric;
	export_to timestamptz;
	export_to_wh numeric;
	import_sum numeric;
	export_sum numeric;
	import_all numeric;
	export_all numeric;
	power_in numeric;
	power_out numeric;
	power_at timestamptz;
	power_w numeric;
	soc_at timestamptz;
	soc numeric;
BEGIN
	IF shown IS NOT NULL THEN
		-- Evaluated each time, whatever the station decided by itself (E01.FR.11, E05.FR.01, C12.FR.03).
		verdict := core.id_token_info(shown, received, kind = 'Started' OR request->>'triggerReason' = 'Authorized', (evse->'id')::int);
		reply := jsonb_build_object('idTokenInfo', verdict)::text;
		IF shown->>'type' = 'KeyCode' THEN
			request := jsonb_set(request, '{idToken,idToken}', '"***"');
		END IF;
	END IF;

	FOR i IN 0 .. coalesce(jsonb_array_length(list), 0) - 1 LOOP
		element := list->i;
		word := element->>'timestamp';
		sampled := core.instant(word);
		samples := element->'sampledValue';
		power_in := NULL;
		power_out := NULL;
		FOR j IN 0 .. jsonb_array_length(samples) - 1 LOOP
			sample := samples->j;
			measurand := coalesce(sample->>'measurand', 'Energy.Active.Import.Register');
			CONTINUE WHEN measurand NOT IN ('Energy.Active.Import.Register', 'Energy.Active.Export.Register', 'Power.Active.Import',
				'Power.Active.Export', 'SoC', 'Energy.Active.Import.Interval', 'Energy.Active.Export.Interval');
			value := (sample->'value')::numeric;
			CONTINUE WHEN value NOT BETWEEN -1e15 AND 1e15; -- no such meter
			IF measurand = 'SoC' THEN
				IF soc_at IS NULL OR sampled >= soc_at THEN
					soc_at := sampled;
					soc := value;
				END IF;
				CONTINUE;
			END IF;
			-- The whole flow at the outlet; single phases and other places are not the energy delivered.
			CONTINUE WHEN sample ? 'phase' OR sample->>'location' <> 'Outlet';
			unit := sample->'unitOfMeasure';
			IF unit IS NOT NULL THEN
				value := core.in_base_unit(value, unit);
				CONTINUE WHEN value IS NULL;
			END IF;
			CASE measurand
			WHEN 'Energy.Active.Import.Register' THEN
				IF import_from IS NULL OR sampled < import_from THEN
					import_from := sampled;
					import_from_wh := value;
				END IF;
				IF import_to IS NULL OR sampled >= import_to THEN
					import_to := sampled;
					import_to_wh := value;
				END IF;
			WHEN 'Energy.Active.Export.Register' THEN
				IF export_from IS NULL OR sampled < export_from THEN
					export_from := sampled;
					export_from_wh := value;
				END IF;
				IF export_to IS NULL OR sampled >= export_to THEN
					export_to := sampled;
					export_to_wh := value;
				END IF;
			WHEN 'Power.Active.Import' THEN
				power_in := value;
			WHEN 'Power.Active.Export' THEN
				power_out := value;
			WHEN 'Energy.Active.Import.Interval' THEN
				IF kind <> 'Ended' OR sample->>'context' = 'Transaction.End' THEN
					import_sum := coalesce(import_sum, 0) + value;
				END IF;
				IF kind = 'Ended' THEN
					import_all := coalesce(import_all, 0) + value;
				END IF;
			WHEN 'Energy.Active.Export.Interval' THEN
				IF kind <> 'Ended' OR sample->>'context' = 'Transaction.End' THEN
					export_sum := coalesce(export_sum, 0) + value;
				END IF;
				IF kind = 'Ended' THEN
					export_all := coalesce(export_all, 0) + value;
				END IF;
			END CASE;
		END LOOP;
		IF (power_in IS NOT NULL OR power_out IS NOT NULL) AND (power_at IS NULL OR sampled >= power_at) THEN
			power_at := sampled;
			power_w := coalesce(power_out, 0) - coalesce(power_in, 0);
		END IF;
	END LOOP;

	-- In order (the seqNo is higher than any stored) the update comes first, and the event cannot be there yet.  Otherwise
	-- the event is stored first, which tells a repeat, and then merged.
	LOOP
		UPDATE core.transaction x SET
			event_count = x.event_count + 1,
			max_seq = greatest(x.max_seq, seq),
			first_event_at = least(x.first_event_at, happened),
			last_event_at = greatest(x.last_event_at, happened),
			charging_state_seq = CASE WHEN charging IS NULL THEN x.charging_state_seq ELSE greatest(x.charging_state_seq, seq) END,
			charging_state = CASE WHEN charging IS NULL OR seq < x.charging_state_seq THEN x.charging_state ELSE charging END,
			import_first = least(x.import_first, CASE WHEN import_from IS NOT NULL THEN ROW(import_from, seq, import_from_wh)::core.reading END),
			import_last = greatest(x.import_last, CASE WHEN import_to IS NOT NULL THEN ROW(import_to, seq, import_to_wh)::core.reading END),
			export_first = least(x.export_first, CASE WHEN export_from IS NOT NULL THEN ROW(export_from, seq, export_from_wh)::core.reading END),
			export_last = greatest(x.export_last, CASE WHEN export_to IS NOT NULL THEN ROW(export_to, seq, export_to_wh)::core.reading END),
			power_last = greatest(x.power_last, CASE WHEN power_at IS NOT NULL THEN ROW(power_at, seq, power_w)::core.reading END),
			soc_last = greatest(x.soc_last, CASE WHEN soc_at IS NOT NULL THEN ROW(soc_at, seq, soc)::core.reading END)
		WHERE x.station_id = station AND x.transaction_id = ocpp_id AND (stored OR x.max_seq < seq)
		RETURNING x.id, x.state INTO tx, state;
		EXIT WHEN stored;
		IF tx IS NOT NULL THEN
			INSERT INTO core.transaction_event (transaction_id, seq_no, event_type, event_at, received_at, connection_id, answer, payload)
			VALUES (tx, seq, kind, happened, received, connection, reply, request);
			EXIT;
		END IF;
		INSERT INTO core.transaction (station_id, transaction_id, min_seq, max_seq, first_event_at, last_event_at)
		SELECT station, ocpp_id, seq, seq, happened, happened
		WHERE NOT EXISTS (SELECT FROM core.transaction x WHERE x.station_id = station AND x.transaction_id = ocpp_id)
		ON CONFLICT (station_id, transaction_id) DO NOTHING;
		INSERT INTO core.transaction_event (transaction_id, seq_no, event_type, event_at, received_at, connection_id, answer, payload)
		SELECT x.id, seq, kind, happened, received, connection, reply, request
		FROM core.transaction x WHERE x.station_id = station AND x.transaction_id = ocpp_id
		ON CONFLICT (transaction_id, seq_no) DO NOTHING;
		IF NOT FOUND THEN
			RETURN core.transaction_event_again(station, connection, received, request, kind, happened, reply);
		END IF;
		stored := true;
	END LOOP;

	-- What only few events carry, or change: each column of the update above costs every event a microsecond.
	IF import_sum IS NOT NULL OR export_sum IS NOT NULL OR import_all IS NOT NULL OR export_all IS NOT NULL THEN
		UPDATE core.transaction x SET
			import_interval_wh = CASE WHEN import_sum IS NULL THEN x.import_interval_wh ELSE coalesce(x.import_interval_wh, 0) + import_sum END,
			export_interval_wh = CASE WHEN export_sum IS NULL THEN x.export_interval_wh ELSE coalesce(x.export_interval_wh, 0) + export_sum END,
			import_ended_wh = CASE WHEN import_all IS NULL THEN x.import_ended_wh ELSE coalesce(x.import_ended_wh, 0) + import_all END,
			export_ended_wh = CASE WHEN export_all IS NULL THEN x.export_ended_wh ELSE coalesce(x.export_ended_wh, 0) + export_all END
		WHERE x.id = tx;
	END IF;
	IF kind <> 'Updated' OR stored OR said_offline OR shown IS NOT NULL OR evse IS NOT NULL OR info ? 'remoteStartId'
		OR request ? 'reservationId' THEN
		UPDATE core.transaction x SET
			min_seq = least(x.min_seq, seq),
			offline = x.offline OR said_offline,
			started_seq = CASE WHEN kind = 'Started' THEN least(x.started_seq, seq) ELSE x.started_seq END,
			started_event_at = CASE WHEN kind = 'Started' AND seq <= coalesce(x.started_seq, seq) THEN happened ELSE x.started_event_at END,
			state = CASE WHEN kind = 'Ended' THEN 'ended' ELSE x.state END,
			ended_seq = CASE WHEN kind = 'Ended' THEN greatest(x.ended_seq, seq) ELSE x.ended_seq END,
			ended_at = CASE WHEN kind = 'Ended' AND seq >= coalesce(x.ended_seq, seq) THEN happened ELSE x.ended_at END,
			stop_reason = CASE WHEN kind = 'Ended' AND seq >= coalesce(x.ended_seq, seq)
				THEN coalesce(info->>'stoppedReason', 'Local') ELSE x.stop_reason END,
			evse_seq = CASE WHEN evse IS NULL THEN x.evse_seq ELSE least(x.evse_seq, seq) END,
			evse_no = CASE WHEN evse IS NULL OR seq > x.evse_seq THEN x.evse_no ELSE (evse->'id')::int END,
			connector_seq = CASE WHEN evse->'connectorId' IS NULL THEN x.connector_seq ELSE least(x.connector_seq, seq) END,
			connector_no = CASE WHEN evse->'connectorId' IS NULL OR seq > x.connector_seq THEN x.connector_no
				ELSE (evse->'connectorId')::int END,
			token_seq = CASE WHEN shown IS NULL THEN x.token_seq ELSE least(x.token_seq, seq) END,
			token = CASE WHEN shown IS NULL OR seq > x.token_seq THEN x.token ELSE request #>> '{idToken,idToken}' END,
			token_type = CASE WHEN shown IS NULL OR seq > x.token_seq THEN x.token_type ELSE shown->>'type' END,
			token_status = CASE WHEN shown IS NULL OR seq > x.token_seq THEN x.token_status ELSE verdict->>'status' END,
			remote_start_seq = CASE WHEN info ? 'remoteStartId' THEN least(x.remote_start_seq, seq) ELSE x.remote_start_seq END,
			remote_start_id = CASE WHEN NOT info ? 'remoteStartId' OR seq > x.remote_start_seq THEN x.remote_start_id
				ELSE (info->'remoteStartId')::int END,
			reservation_seq = CASE WHEN request ? 'reservationId' THEN least(x.reservation_seq, seq) ELSE x.reservation_seq END,
			reservation_id = CASE WHEN NOT request ? 'reservationId' OR seq > x.reservation_seq THEN x.reservation_id
				ELSE (request->'reservationId')::int END
		WHERE x.id = tx
		RETURNING x.state INTO state;
		IF shown IS NOT NULL THEN
			PERFORM core.authorization_log(station, connection, received, 'TransactionEvent', shown, verdict->>'status', ocpp_id, reply);
		END IF;
	END IF;
	IF state <> 'open' THEN
		PERFORM core.transaction_review(tx, received, NOT said_offline);
	END IF;
	RETURN coalesce(reply, '{}');
END
$$;
COMMENT ON FUNCTION core.take_transaction_event IS 'TransactionEvent: stores the event once and merges it into its transaction';
