-- Checks and answers that the API's functions share.
--
-- Every function of this schema is api.f(caller, p): caller is core.api_token.id, or NULL for the system itself; p is
-- {"path": {...}, "query": {...}, "body": ...}.  It returns exactly one row (status, body).  Errors are
-- {"error": {"code", "message", "field"}}: 400 what does not have the form, 422 what has it and is refused, 404 what is not there,
-- 409 what is in the way.

CREATE OR REPLACE FUNCTION api.fault(http int, code text, field text, message text) RETURNS TABLE (status int, body jsonb)
LANGUAGE sql IMMUTABLE AS $$
	SELECT http, jsonb_build_object('error', jsonb_build_object('code', code, 'message', message, 'field', field))
$$;
COMMENT ON FUNCTION api.fault IS 'An error as an answer';

-- NULL when the text is no time of RFC 3339, or none that fits.
CREATE OR REPLACE FUNCTION api.time(text text) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF text ~ '^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$' THEN
		RETURN core.instant(text);
	END IF;
	RETURN NULL;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION api.time IS 'A time of RFC 3339, or NULL';

-- What is wrong with one value; NULL: nothing.  See api.check.
CREATE OR REPLACE FUNCTION api.value_fault(value jsonb, rule jsonb, OUT status int, OUT message text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	kind text := rule->>'type';
	given text := jsonb_typeof(value);
	word text := value #>> '{}';
	low numeric := (rule->>'min')::numeric;
	high numeric := (rule->>'max')::numeric;
	size numeric;
BEGIN
	IF given = 'null' AND (rule->'null')::boolean THEN
		RETURN;
	END IF;
	status := 400;
	IF given <> (CASE kind WHEN 'integer' THEN 'number' WHEN 'time' THEN 'string' ELSE kind END)
		OR kind = 'integer' AND value::numeric <> trunc(value::numeric) THEN
		message := format('is %s, not %s', given, kind);
		RETURN;
	END IF;
	status := 422;
	size := CASE kind WHEN 'integer' THEN value::numeric WHEN 'string' THEN length(word) WHEN 'array' THEN jsonb_array_length(value) END;
	IF size < low OR size > high THEN
		message := format('has to be %s to %s%s', low, high, CASE kind WHEN 'string' THEN ' characters' WHEN 'array' THEN ' elements' ELSE '' END);
	ELSIF kind = 'time' AND api.time(word) IS NULL THEN
		message := 'is not a time of RFC 3339';
	ELSIF rule ? 'one of' AND NOT rule->'one of' @> value THEN
		message := 'is not one of ' || (SELECT string_agg(x, ', ') FROM jsonb_array_elements_text(rule->'one of') x);
	ELSIF rule ? 'like' AND word !~ (rule->>'like') THEN
		message := rule->>'message';
	ELSE
		status := NULL;
	END IF;
END
$$;
COMMENT ON FUNCTION api.value_fault IS 'What is wrong with a value, by its rule';

-- One row when what is given is not an object with these members, else none.  A rule has "type" (string, integer, boolean, object,
-- array, time) and may have "required", "null" (allowed), "min" and "max" (value, characters or elements), "one of", "like"
-- with "message", and for an object "members", for an array "elements".
CREATE OR REPLACE FUNCTION api.check(given jsonb, rules jsonb, path text DEFAULT '$') RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE
	name text;
	value jsonb;
	rule jsonb;
	wrong record;
BEGIN
	IF given IS NULL OR jsonb_typeof(given) <> 'object' THEN
		RETURN QUERY SELECT * FROM api.fault(400, 'BadBody', path, path || ' has to be an object');
		RETURN;
	END IF;
	FOR name, value IN SELECT * FROM jsonb_each(given) LOOP
		rule := rules->name;
		IF rule IS NULL THEN
			RETURN QUERY SELECT * FROM api.fault(400, 'BadBody', path || '.' || left(name, 64), 'There is no such member');
			RETURN;
		END IF;
		SELECT * INTO wrong FROM api.value_fault(value, rule);
		IF wrong.status IS NOT NULL THEN
			RETURN QUERY SELECT * FROM api.fault(wrong.status, CASE wrong.status WHEN 400 THEN 'BadBody' ELSE 'BadValue' END,
				path || '.' || name, name || ' ' || wrong.message);
			RETURN;
		END IF;
		IF rule ? 'members' AND jsonb_typeof(value) = 'object' THEN
			RETURN QUERY SELECT * FROM api.check(value, rule->'members', path || '.' || name);
			IF FOUND THEN
				RETURN;
			END IF;
		END IF;
		IF rule ? 'elements' AND jsonb_typeof(value) = 'array' THEN
			FOR i IN 0 .. jsonb_array_length(value) - 1 LOOP
				SELECT * INTO wrong FROM api.value_fault(value->i, rule->'elements');
				IF wrong.status IS NOT NULL THEN
					RETURN QUERY SELECT * FROM api.fault(wrong.status, CASE wrong.status WHEN 400 THEN 'BadBody' ELSE 'BadValue' END,
						format('%s.%s[%s]', path, name, i), format('%s[%s] %s', name, i, wrong.message));
					RETURN;
				END IF;
			END LOOP;
		END IF;
	END LOOP;
	FOR name, rule IN SELECT * FROM jsonb_each(rules) LOOP
		IF (rule->'required')::boolean AND NOT given ? name THEN
			RETURN QUERY SELECT * FROM api.fault(400, 'BadBody', path || '.' || name, name || ' is missing');
			RETURN;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION api.check IS 'Checks a body against rules: one row (the answer) when it breaks one';

-- The query parameters limit, after (a number), from, to.
CREATE OR REPLACE FUNCTION api.check_page(query jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	name text;
BEGIN
	IF query->>'limit' !~ '^[0-9]{1,4}$' OR (query->>'limit')::int NOT BETWEEN 1 AND 1000 THEN
		RETURN QUERY SELECT * FROM api.fault(400, 'BadQuery', 'limit', 'limit has to be 1 to 1000');
		RETURN;
	END IF;
	IF query->>'after' !~ '^[0-9]{1,18}$' THEN
		RETURN QUERY SELECT * FROM api.fault(400, 'BadQuery', 'after', 'after has to be the next of an answer');
		RETURN;
	END IF;
	FOREACH name IN ARRAY '{from,to}'::text[] LOOP
		IF query ? name AND api.time(query->>name) IS NULL THEN
			RETURN QUERY SELECT * FROM api.fault(400, 'BadQuery', name, name || ' is not a time of RFC 3339');
			RETURN;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION api.check_page IS 'Checks the query of a list: one row (the answer) when it is not right';

CREATE OR REPLACE FUNCTION api.page_limit(p jsonb) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce((p #>> '{query,limit}')::int, 100)
$$;
COMMENT ON FUNCTION api.page_limit IS 'How many elements a list answers with';

-- `items` has one more than `size` when there is a next page.
CREATE OR REPLACE FUNCTION api.page(cursors text[], items jsonb[], size int) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('items', coalesce(to_jsonb(items[1:size]), '[]'),
		'next', CASE WHEN cardinality(items) > size THEN cursors[size] END)
$$;
COMMENT ON FUNCTION api.page IS 'Body of a list';

CREATE OR REPLACE FUNCTION api.audit(caller bigint, action text, subject text, before jsonb, after jsonb) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO core.audit (token_id, action, subject, before, after) VALUES (caller, action, subject, before, after)
$$;
COMMENT ON FUNCTION api.audit IS 'Notes who changed what';

-- The station that the path names; NULL: there is none.
CREATE OR REPLACE FUNCTION api.path_station(p jsonb) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT id FROM core.station WHERE lower(name) = lower(p #>> '{path,station}')
$$;
COMMENT ON FUNCTION api.path_station IS 'core.station.id of the station in the path';

CREATE OR REPLACE FUNCTION api.no_station(p jsonb) RETURNS TABLE (status int, body jsonb)
LANGUAGE sql IMMUTABLE AS $$
	SELECT * FROM api.fault(404, 'NotFound', 'station', 'There is no station ' || coalesce(left(p #>> '{path,station}', 64), ''))
$$;
COMMENT ON FUNCTION api.no_station IS '404 for a station';
