-- Sampled values of energy and power in Wh and W, exactly.  NULL: no such unit, or beyond reason.
CREATE OR REPLACE FUNCTION core.in_base_unit(value numeric, unit jsonb) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	name text := unit->>'unit';
	exponent int := (unit->'multiplier')::int;
BEGIN
	IF name NOT IN ('Wh', 'W') THEN
		IF name IN ('MWh', 'MW') THEN
			value := value * 1000000;
		ELSIF lower(name) IN ('kwh', 'kw') THEN
			value := value * 1000;
		ELSIF lower(name) NOT IN ('wh', 'w') THEN
			RETURN NULL;
		END IF;
	END IF;
	IF exponent IS NOT NULL AND exponent <> 0 THEN
		IF exponent NOT BETWEEN -12 AND 12 THEN
			RETURN NULL;
		END IF;
		value := value * ('1e' || exponent)::numeric;
	END IF;
	RETURN value;
END
$$;
COMMENT ON FUNCTION core.in_base_unit IS 'A sample of energy or power in Wh or W';
