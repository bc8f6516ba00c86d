-- Authorization (C01 to C16).

-- idTokenInfo for a token, evaluated now.  `starting`: it is shown to start a transaction; `evse`: where, if that is known.
CREATE OR REPLACE FUNCTION core.id_token_info(shown jsonb, at timestamptz, starting boolean, evse int) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
	t core.id_token;
	verdict text;
BEGIN
	IF shown->>'type' = 'NoAuthorization' THEN
		RETURN '{"status": "Accepted"}';
	END IF;
	SELECT * INTO t FROM core.id_token WHERE lower(token) = lower(shown->>'idToken') AND type = shown->>'type';
	IF NOT FOUND THEN
		RETURN '{"status": "Unknown"}';
	END IF;
	verdict := CASE
		WHEN t.status <> 'Accepted' THEN t.status
		WHEN t.expires_at <= at THEN 'Expired'
		WHEN t.master AND starting THEN 'Invalid' -- C12.FR.09, C16.FR.03
		WHEN evse <> ALL (t.evse_ids) THEN 'NotAtThisLocation'
		ELSE 'Accepted' END;
	RETURN jsonb_strip_nulls(jsonb_build_object('status', verdict,
		'cacheExpiryDateTime', core.rfc3339(coalesce(t.cache_expires_at, t.expires_at)),
		'chargingPriority', t.charging_priority, 'language1', t.language1, 'language2', t.language2, 'evseId', to_jsonb(t.evse_ids),
		'groupIdToken', CASE WHEN t.group_token IS NOT NULL THEN jsonb_build_object('idToken', t.group_token, 'type', t.group_type) END,
		'personalMessage', t.personal_message));
END
$$;
COMMENT ON FUNCTION core.id_token_info IS 'idTokenInfo for a token shown now';

CREATE OR REPLACE FUNCTION core.authorization_log(station bigint, connection bigint, received timestamptz, origin text, shown jsonb,
	status text, ocpp_transaction text, answer text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO core.authorization_attempt (station_id, connection_id, received_at, source, token, type, status, transaction_id, answer)
	VALUES (station, connection, received, origin, CASE WHEN shown->>'type' = 'KeyCode' THEN '***' ELSE shown->>'idToken' END,
		shown->>'type', status, ocpp_transaction, answer)
	ON CONFLICT (station_id, received_at, source) DO NOTHING;
END
$$;
COMMENT ON FUNCTION core.authorization_log IS 'Notes that a token was shown, and the answer';

CREATE OR REPLACE FUNCTION core.take_authorize(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	shown jsonb := request->'idToken';
	result jsonb;
BEGIN
	SELECT a.answer::jsonb INTO result FROM core.authorization_attempt a
	WHERE a.station_id = station AND a.received_at = received AND a.source = 'Authorize';
	IF FOUND THEN
		RETURN result::text;
	END IF;
	result := jsonb_build_object('idTokenInfo', core.id_token_info(shown, received, false, NULL));
	-- Without a revocation check no contract certificate can be verified (C07.FR.17).
	IF request ?| '{certificate,iso15118CertificateHashData}' THEN
		result := '{"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertChainError"}';
	END IF;
	PERFORM core.authorization_log(station, connection, received, 'Authorize', shown, result #>> '{idTokenInfo,status}', NULL,
		result::text);
	RETURN result::text;
END
$$;
COMMENT ON FUNCTION core.take_authorize IS 'Authorize (C01)';
