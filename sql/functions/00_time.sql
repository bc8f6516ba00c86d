-- Time as text, both ways.

-- RFC 3339, UTC, milliseconds: what stations get (B01, part 4).
CREATE OR REPLACE FUNCTION core.rfc3339(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
COMMENT ON FUNCTION core.rfc3339 IS 'RFC 3339 text in UTC with milliseconds';

-- Every spelling of RFC 3339 that the decoder lets through, also those that the cast refuses: a fraction after second
-- 60, offsets beyond 16 hours, and fractions of any length.  Digits beyond microseconds are cut.
CREATE OR REPLACE FUNCTION core.instant_odd(text text) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
	m text[] := regexp_match(text, '^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d{1,6})?\d*(?:[Zz]|([+-])(\d\d):?(\d\d)?)$');
BEGIN
	IF m IS NULL THEN
		RETURN text::timestamptz;
	END IF;
	RETURN ((m[1] || ' ' || m[2])::timestamp
		+ make_interval(secs => (m[3] || coalesce(m[4], ''))::float8)
		- coalesce((m[5] || '1')::int * make_interval(hours => m[6]::int, mins => coalesce(m[7], '0')::int), interval '0'))
		AT TIME ZONE 'UTC';
END
$$;
COMMENT ON FUNCTION core.instant_odd IS 'Any RFC 3339 spelling to an instant; slower than core.instant';

-- Inlined where it is called; the plain spelling costs one cast.  (RETURN: see 65_session.sql.)
CREATE OR REPLACE FUNCTION core.instant(text text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN octet_length(text) <= 27 AND right(text, 1) IN ('Z', 'z') AND strpos(text, ':60.') = 0
		THEN text::timestamptz ELSE core.instant_odd(text) END;
GRANT EXECUTE ON FUNCTION core.instant, core.instant_odd TO v2g_report;
COMMENT ON FUNCTION core.instant IS 'RFC 3339 text of a station to an instant';

-- Order of a station's own times with ours: a clock that is not set (1970, 2000) or runs ahead is not believed.
CREATE OR REPLACE FUNCTION core.effective_at(event_at timestamptz, received_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN event_at < timestamptz '2015-01-01 00:00:00+00' THEN received_at ELSE least(event_at, received_at) END
$$;
COMMENT ON FUNCTION core.effective_at IS 'Time to order by: the station''s, unless it is not set or lies in our future';
