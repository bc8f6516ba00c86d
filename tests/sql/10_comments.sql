-- Every table, column, view, function and type is described.
SELECT t.is(:'name' || '/tables', (SELECT string_agg(c.oid::regclass::text, ' ') FROM pg_class c
	WHERE relnamespace IN ('core'::regnamespace, 'report'::regnamespace, 'api'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm')
		AND obj_description(c.oid, 'pg_class') IS NULL), NULL);
SELECT t.is(:'name' || '/columns', (SELECT string_agg(attrelid::regclass || '.' || attname, ' ') FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
	WHERE relnamespace IN ('core'::regnamespace, 'report'::regnamespace, 'api'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'c')
		AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL), NULL);
SELECT t.is(:'name' || '/functions', (SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc
	WHERE pronamespace IN ('core'::regnamespace, 'api'::regnamespace) AND obj_description(oid, 'pg_proc') IS NULL), NULL);
SELECT t.is(:'name' || '/times-have-a-zone', (SELECT string_agg(attrelid::regclass || '.' || attname, ' ') FROM pg_attribute a
	JOIN pg_class c ON c.oid = attrelid WHERE relnamespace IN ('core'::regnamespace, 'report'::regnamespace)
		AND attnum > 0 AND atttypid = 'timestamp'::regtype), NULL);
SELECT t.is(:'name' || '/functions-closed-to-public', (SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p
	WHERE pronamespace IN ('core'::regnamespace, 'api'::regnamespace)
		AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)
		AND has_schema_privilege('public', pronamespace, 'USAGE')), NULL);
