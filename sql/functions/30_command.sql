-- The ledger of calls to stations.
--
-- queued -> sent -> answered | failed | timed_out | uncertain; queued -> expired.  A command is committed as sent before
-- its first byte leaves, so it is never sent twice.

CREATE OR REPLACE FUNCTION core.command_queue(station bigint, action text, payload jsonb, origin text, at timestamptz, ttl interval,
	transaction bigint DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	made uuid;
BEGIN
	INSERT INTO core.command (station_id, action, payload, origin, transaction_id, created_at, expires_at)
	VALUES (station, action, payload::json, origin, transaction, at, at + ttl) RETURNING id INTO made;
	PERFORM pg_notify('v2g_command', station::text);
	RETURN made;
END
$$;
COMMENT ON FUNCTION core.command_queue IS 'A command of the system itself';

-- A report that will come in parts under a requestId.  The same requestId asked for again starts anew.
CREATE OR REPLACE FUNCTION core.report_expect(station bigint, request int, kind text, command uuid, at timestamptz) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO core.report_request (station_id, request_id, kind, command_id, asked_at) VALUES (station, request, kind, command, at)
	ON CONFLICT (station_id, request_id) DO UPDATE SET kind = EXCLUDED.kind, command_id = EXCLUDED.command_id,
		asked_at = EXCLUDED.asked_at, refused = NULL, parts = '{}', last_seq = NULL, last_received_at = NULL;
	-- Keep clear of ids that others choose, as long as they leave room.
	UPDATE core.station SET next_request_id = request + 1
	WHERE id = report_expect.station AND request >= next_request_id AND request < 1000000000;
$$;
COMMENT ON FUNCTION core.report_expect IS 'Registers a report request';

CREATE OR REPLACE FUNCTION core.command_submit(station_name text, action text, payload text, origin text, token bigint,
	idempotency text, hash text, ttl interval, at timestamptz, secret text)
RETURNS TABLE (outcome text, id uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	station bigint := (SELECT s.id FROM core.station s WHERE lower(s.name) = lower(station_name));
	earlier text;
	request jsonb;
BEGIN
	IF station IS NULL THEN
		outcome := 'no station';
		RETURN NEXT;
		RETURN;
	END IF;
	INSERT INTO core.command AS c (station_id, action, payload, origin, token_id, idempotency_key, request_hash, secret_hash, created_at,
		expires_at)
	VALUES (station, action, payload::json, origin, token, idempotency, hash, secret, at, at + ttl)
	ON CONFLICT (coalesce(token_id, 0), idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
	RETURNING c.id INTO id;
	IF id IS NULL THEN
		SELECT c.id, c.request_hash INTO id, earlier FROM core.command c
		WHERE coalesce(c.token_id, 0) = coalesce(token, 0) AND c.idempotency_key = idempotency;
		outcome := CASE WHEN earlier IS NOT DISTINCT FROM hash THEN 'repeated' ELSE 'conflict' END;
		RETURN NEXT;
		RETURN;
	END IF;
	request := payload::jsonb;
	IF action IN ('GetBaseReport', 'GetReport') AND request ? 'requestId' THEN
		PERFORM core.report_expect(station, (request->'requestId')::int, concat_ws(' ', action, request->>'reportBase'), id, at);
	END IF;
	PERFORM pg_notify('v2g_command', station::text);
	outcome := 'created';
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION core.command_submit IS 'A command of the API: created, repeated (same key, same request), conflict (same key, another request), or no station';

CREATE OR REPLACE FUNCTION core.command_expire(at timestamptz, of_station bigint DEFAULT NULL) RETURNS bigint
LANGUAGE sql AS $$
	WITH late AS (
		UPDATE core.command SET state = 'expired', done_at = at, payload = core.without_secrets(action, payload)
		WHERE state = 'queued' AND expires_at <= at AND (of_station IS NULL OR station_id = of_station) RETURNING id),
	told AS (SELECT id, pg_notify('v2g_command_done', id::text) FROM late),
	refused AS (UPDATE core.report_request SET refused = 'expired' WHERE command_id IN (SELECT id FROM told) RETURNING 1)
	SELECT count(*) FROM told
$$;
COMMENT ON FUNCTION core.command_expire IS 'Ends queued commands (of a station, or all) whose time is over; returns how many';

CREATE OR REPLACE FUNCTION core.command_claim(station bigint, connection bigint, at timestamptz, allowed text[], ticket uuid)
RETURNS TABLE (id uuid, action text, payload text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT id, action, payload::text FROM core.command WHERE claim = ticket;
	IF FOUND THEN
		RETURN;
	END IF;
	-- Holds off a replacement of this connection until we have committed.
	PERFORM FROM core.connection WHERE id = command_claim.connection AND station_id = station AND closed_at IS NULL FOR NO KEY UPDATE;
	IF NOT FOUND OR EXISTS (SELECT FROM core.command WHERE connection_id = connection AND state = 'sent') THEN
		RETURN;
	END IF;
	PERFORM FROM core.command WHERE station_id = station AND state = 'queued' AND expires_at <= at;
	IF FOUND THEN
		PERFORM core.command_expire(at, station);
	END IF;
	RETURN QUERY
	UPDATE core.command SET state = 'sent', sent_at = at, connection_id = connection, claim = ticket
	WHERE id = (
		SELECT id FROM core.command
		WHERE station_id = station AND state = 'queued' AND (allowed IS NULL OR action = ANY (allowed))
		ORDER BY position LIMIT 1 FOR UPDATE)
	RETURNING id, action, payload::text;
END
$$;
COMMENT ON FUNCTION core.command_claim IS 'Takes the oldest queued command for sending on this connection; none while another is out on it';

-- A GetTransactionStatus has told that the station does not know the transaction any more (E14).
CREATE OR REPLACE FUNCTION core.transaction_abandon(transaction bigint, at timestamptz, reason text) RETURNS void
LANGUAGE sql AS $$
	UPDATE core.transaction SET state = 'abandoned', abandoned_at = at, abandoned_reason = reason, settled = false
	WHERE id = transaction_abandon.transaction AND state = 'open'
$$;
COMMENT ON FUNCTION core.transaction_abandon IS 'Closes an open transaction that will get no Ended';

-- Values told by GetVariables, or accepted by SetVariables: (request, response) pairs by component, variable and attribute.
CREATE OR REPLACE FUNCTION core.variables_told(station bigint, source text, items jsonb, at timestamptz) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO core.device_variable AS d (station_id, component, component_instance, evse_no, connector_no, variable, variable_instance,
		attribute, value, received_at, source)
	SELECT DISTINCT ON (lower(item #>> '{component,name}'), lower(coalesce(item #>> '{component,instance}', '')),
			item #> '{component,evse}', lower(item #>> '{variable,name}'), lower(coalesce(item #>> '{variable,instance}', '')),
			coalesce(item->>'attributeType', 'Actual'))
		station, item #>> '{component,name}', coalesce(item #>> '{component,instance}', ''),
		coalesce((item #> '{component,evse,id}')::int, 0), coalesce((item #> '{component,evse,connectorId}')::int, 0),
		item #>> '{variable,name}', coalesce(item #>> '{variable,instance}', ''),
		coalesce(item->>'attributeType', 'Actual'), item->>'attributeValue', at, source
	FROM jsonb_array_elements(items) AS item
	WHERE item->>'attributeStatus' = 'Accepted' AND item ? 'attributeValue'
		AND lower(item #>> '{variable,name}') <> 'basicauthpassword'
	ON CONFLICT (station_id, lower(component), lower(component_instance), evse_no, connector_no, lower(variable), lower(variable_instance),
		attribute)
	DO UPDATE SET value = EXCLUDED.value, received_at = EXCLUDED.received_at, source = EXCLUDED.source
	WHERE d.received_at <= EXCLUDED.received_at
$$;
COMMENT ON FUNCTION core.variables_told IS 'Stores values of the device model from answers to GetVariables and SetVariables';

-- What the answer to a command means for other tables.
CREATE OR REPLACE FUNCTION core.command_apply(c core.command) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	request jsonb := c.payload::jsonb;
	verdict text := coalesce(c.error_code, c.response->>'status');
	t bigint;
BEGIN
	CASE c.action
	WHEN 'GetBaseReport', 'GetReport' THEN
		IF verdict <> 'Accepted' THEN
			UPDATE core.report_request SET refused = verdict WHERE command_id = c.id;
		END IF;
	WHEN 'GetTransactionStatus' THEN
		t := coalesce(c.transaction_id, (SELECT x.id FROM core.transaction x
			WHERE x.station_id = c.station_id AND x.transaction_id = request->>'transactionId'));
		IF c.response->'ongoingIndicator' = 'false' AND c.response->'messagesInQueue' = 'false' THEN
			PERFORM core.transaction_abandon(t, c.done_at, 'not ongoing, nothing queued');
		ELSIF c.origin = 'reconcile' AND c.error_code IN ('NotSupported', 'NotImplemented') THEN
			PERFORM core.transaction_abandon(t, c.done_at, c.error_code);
		END IF;
	WHEN 'GetVariables' THEN
		PERFORM core.variables_told(c.station_id, 'GetVariables', c.response->'getVariableResult', c.done_at);
	WHEN 'SetVariables' THEN
		IF c.response IS NOT NULL THEN
			-- The response does not repeat the values: put them in from the request.
			PERFORM core.variables_told(c.station_id, 'SetVariables', (
				SELECT jsonb_agg(r || jsonb_build_object('attributeValue', q->'attributeValue'))
				FROM jsonb_array_elements(c.response->'setVariableResult') r
				JOIN jsonb_array_elements(request->'setVariableData') q ON q->'component' = r->'component' AND q->'variable' = r->'variable'
					AND coalesce(q->>'attributeType', 'Actual') = coalesce(r->>'attributeType', 'Actual')), c.done_at);
			-- A01.FR.03: accepted, the old password is gone; A01.FR.04: anything else, it stays.
			IF c.secret_hash IS NOT NULL AND EXISTS (SELECT FROM jsonb_array_elements(c.response->'setVariableResult') r
				WHERE lower(r #>> '{variable,name}') = 'basicauthpassword' AND r->>'attributeStatus' = 'Accepted') THEN
				UPDATE core.station SET password_hash = c.secret_hash, password_set_at = c.done_at WHERE id = c.station_id;
			END IF;
		END IF;
	ELSE
		NULL;
	END CASE;
END
$$;
COMMENT ON FUNCTION core.command_apply IS 'What the outcome of a command means for other tables';

CREATE OR REPLACE FUNCTION core.command_result(command uuid, connection bigint, at timestamptz, answer jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	c core.command;
BEGIN
	SELECT * INTO c FROM core.command c0 WHERE c0.id = command AND c0.connection_id = connection AND c0.state = 'sent' FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	c.done_at := at;
	c.response := answer;
	UPDATE core.command SET state = 'answered', done_at = at, response = answer, payload = core.without_secrets(action, payload)
	WHERE id = c.id;
	PERFORM core.command_apply(c);
	PERFORM pg_notify('v2g_command_done', command::text);
	RETURN true;
END
$$;
COMMENT ON FUNCTION core.command_result IS 'The station has answered with a CALLRESULT; false: nobody waits for it (any more)';

CREATE OR REPLACE FUNCTION core.command_error(command uuid, connection bigint, at timestamptz, code text, description text, details jsonb)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	c core.command;
BEGIN
	SELECT * INTO c FROM core.command c0 WHERE c0.id = command AND c0.connection_id = connection AND c0.state = 'sent' FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	c.done_at := at;
	c.error_code := code;
	UPDATE core.command SET state = 'failed', done_at = at, error_code = code, error_description = description, error_details = details,
		payload = core.without_secrets(action, payload)
	WHERE id = c.id;
	PERFORM core.command_apply(c);
	PERFORM pg_notify('v2g_command_done', command::text);
	RETURN true;
END
$$;
COMMENT ON FUNCTION core.command_error IS 'The station has answered with a CALLERROR; false: nobody waits for it (any more)';

CREATE OR REPLACE FUNCTION core.command_timeout(command uuid, connection bigint, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE core.command SET state = 'timed_out', done_at = at, payload = core.without_secrets(action, payload)
	WHERE id = command_timeout.command AND connection_id = connection AND state = 'sent';
	IF FOUND THEN
		PERFORM pg_notify('v2g_command_done', command::text);
	END IF;
	RETURN FOUND;
END
$$;
COMMENT ON FUNCTION core.command_timeout IS 'No answer has come in time; false: one had, or the connection is gone';
