-- Secrets in requests to stations.

-- The payload with passwords replaced, however JSON spells them: SetVariables of BasicAuthPassword (A01.FR.09), and the
-- credentials inside SetNetworkProfile.
CREATE OR REPLACE FUNCTION core.without_secrets(action text, payload json) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	p jsonb;
	path text[];
BEGIN
	IF action = 'SetVariables' AND payload::jsonb::text ~* 'basicauthpassword' THEN
		RETURN jsonb_set(payload::jsonb, '{setVariableData}', (
			SELECT jsonb_agg(CASE WHEN lower(item #>> '{variable,name}') = 'basicauthpassword'
				THEN jsonb_set(item, '{attributeValue}', '"***"') ELSE item END ORDER BY n)
			FROM jsonb_array_elements(payload::jsonb->'setVariableData') WITH ORDINALITY AS i (item, n)));
	ELSIF action = 'SetNetworkProfile' THEN
		p := payload::jsonb;
		FOREACH path SLICE 1 IN ARRAY '{{connectionData,vpn,password},{connectionData,vpn,key},{connectionData,apn,apnPassword}}'::text[] LOOP
			IF p #> path IS NOT NULL THEN
				p := jsonb_set(p, path, '"***"');
			END IF;
		END LOOP;
		RETURN p;
	END IF;
	RETURN payload;
END
$$;
COMMENT ON FUNCTION core.without_secrets IS 'A request with the passwords in it replaced by ***';
