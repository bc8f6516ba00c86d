-- Who may come in: what each node holds in memory, and the notices that keep it current.

CREATE OR REPLACE FUNCTION core.directory()
RETURNS TABLE (id bigint, name text, security_profile int, password_hash text, certificate_cn text, blocked boolean,
	boot_status text, registration text, compression boolean)
LANGUAGE sql STABLE AS $$
	SELECT id, name, security_profile, password_hash, coalesce(certificate_cn, name), blocked, boot_status, registration, compression
	FROM core.station
$$;
COMMENT ON FUNCTION core.directory IS 'All stations, as the handshake needs them';

CREATE OR REPLACE FUNCTION core.directory_one(station_name text)
RETURNS TABLE (id bigint, name text, security_profile int, password_hash text, certificate_cn text, blocked boolean,
	boot_status text, registration text, compression boolean)
LANGUAGE sql STABLE AS $$
	SELECT id, name, security_profile, password_hash, coalesce(certificate_cn, name), blocked, boot_status, registration, compression
	FROM core.station WHERE lower(name) = lower(station_name)
$$;
COMMENT ON FUNCTION core.directory_one IS 'One station, as the handshake needs it; no row: unknown';

CREATE OR REPLACE FUNCTION core.api_tokens()
RETURNS TABLE (id bigint, hash text, role text, name text, expires_at timestamptz)
LANGUAGE sql STABLE AS $$
	SELECT id, hash, role, name, expires_at FROM core.api_token WHERE revoked_at IS NULL
$$;
COMMENT ON FUNCTION core.api_tokens IS 'API tokens in force';

CREATE OR REPLACE FUNCTION core.station_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		PERFORM pg_notify('v2g_station', OLD.name);
	ELSIF TG_OP = 'INSERT'
		OR (OLD.name, OLD.security_profile, OLD.password_hash, OLD.certificate_cn, OLD.blocked, OLD.boot_status, OLD.registration,
			OLD.compression)
		IS DISTINCT FROM (NEW.name, NEW.security_profile, NEW.password_hash, NEW.certificate_cn, NEW.blocked, NEW.boot_status,
			NEW.registration, NEW.compression) THEN
		PERFORM pg_notify('v2g_station', NEW.name);
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION core.station_notify IS 'Trigger: tells the nodes which station to read again';
CREATE OR REPLACE TRIGGER station_notify AFTER INSERT OR UPDATE OR DELETE ON core.station
	FOR EACH ROW EXECUTE FUNCTION core.station_notify();

CREATE OR REPLACE FUNCTION core.api_token_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('v2g_token', '');
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION core.api_token_notify IS 'Trigger: tells the nodes to read the API tokens again';
CREATE OR REPLACE TRIGGER api_token_notify AFTER INSERT OR UPDATE OR DELETE ON core.api_token
	FOR EACH STATEMENT EXECUTE FUNCTION core.api_token_notify();
