-- What must be done from time to time.

-- A partition of the raw log for one day.  Frames of that day that went to the default partition move into it.
CREATE OR REPLACE FUNCTION core.message_partition(day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	name text := 'message_' || to_char(day, 'YYYYMMDD');
	low timestamptz := day::timestamp AT TIME ZONE 'UTC';
	high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
	col text;
BEGIN
	IF to_regclass('core.' || name) IS NOT NULL THEN
		RETURN false;
	END IF;
	-- Made apart and attached: that does not stop inserts into other partitions.
	EXECUTE format('CREATE TABLE core.%I (LIKE core.message INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
	EXECUTE format('COMMENT ON TABLE core.%I IS %L', name, 'Frames of ' || day || ' (UTC)');
	FOREACH col IN ARRAY '{received_at,station_id,connection_id,direction,frame}'::text[] LOOP
		EXECUTE format('COMMENT ON COLUMN core.%I.%I IS %L', name, col, 'See core.message');
	END LOOP;
	IF EXISTS (SELECT FROM core.message_default WHERE received_at >= low AND received_at < high) THEN
		LOCK TABLE core.message_default IN ACCESS EXCLUSIVE MODE;
		EXECUTE format('WITH moved AS (DELETE FROM core.message_default WHERE received_at >= %L AND received_at < %L RETURNING *)
			INSERT INTO core.%I SELECT * FROM moved', low, high, name);
	END IF;
	EXECUTE format('ALTER TABLE core.message ATTACH PARTITION core.%I FOR VALUES FROM (%L) TO (%L)', name, low, high);
	RETURN true;
END
$$;
COMMENT ON FUNCTION core.message_partition IS 'Makes the partition of the raw log for a day; false: it was there';

-- Counts what ended transactions have come to since they were last counted; a large backlog takes several calls.
CREATE OR REPLACE FUNCTION core.transactions_settle() RETURNS bigint
LANGUAGE sql AS $$
	WITH due AS (
		SELECT id, state, settled_ended, settled_charged_wh, settled_discharged_wh FROM core.transaction
		WHERE NOT settled AND state <> 'open' ORDER BY id LIMIT 20000 FOR NO KEY UPDATE SKIP LOCKED),
	done AS (
		UPDATE core.transaction t SET settled = true, settled_ended = (t.state = 'ended')::int,
			settled_charged_wh = core.energy_charged_wh(t), settled_discharged_wh = core.energy_discharged_wh(t)
		FROM due WHERE t.id = due.id
		RETURNING t.settled_ended - due.settled_ended AS ended, t.settled_charged_wh - due.settled_charged_wh AS charged,
			t.settled_discharged_wh - due.settled_discharged_wh AS discharged),
	total AS (SELECT count(*) AS n, coalesce(sum(ended), 0) AS ended, coalesce(sum(charged), 0) AS charged,
		coalesce(sum(discharged), 0) AS discharged FROM done),
	added AS (UPDATE core.session_total s SET ended = s.ended + total.ended, charged_wh = s.charged_wh + total.charged,
		discharged_wh = s.discharged_wh + total.discharged FROM total WHERE total.n > 0 RETURNING 1)
	SELECT n FROM total
$$;
COMMENT ON FUNCTION core.transactions_settle IS 'Adds ended transactions to core.session_total; returns how many';

CREATE OR REPLACE FUNCTION core.housekeeping(at timestamptz, retention interval)
RETURNS TABLE (partitions_made int, partitions_dropped int, commands_expired bigint, transactions_settled bigint)
LANGUAGE plpgsql AS $$
DECLARE
	today date := (at AT TIME ZONE 'UTC')::date;
	keep_from date := ((at - retention) AT TIME ZONE 'UTC')::date;
	day date;
	old name;
BEGIN
	-- One node at a time; another one is doing it, or will.
	IF NOT pg_try_advisory_xact_lock(hashtext('v2g.housekeeping')) THEN
		RETURN;
	END IF;
	partitions_made := 0;
	partitions_dropped := 0;
	FOR day IN
		SELECT d::date FROM generate_series(today::timestamp, today + 7, interval '1 day') AS d
		UNION SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date FROM core.message_default
			WHERE received_at >= keep_from::timestamp AT TIME ZONE 'UTC' AND received_at < at
		ORDER BY 1
	LOOP
		partitions_made := partitions_made + core.message_partition(day)::int;
	END LOOP;
	FOR old IN
		SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
		WHERE inhparent = 'core.message'::regclass AND relname ~ '^message_\d{8}$'
			AND to_date(right(relname, 8), 'YYYYMMDD') < keep_from
	LOOP
		EXECUTE format('DROP TABLE core.%I', old);
		partitions_dropped := partitions_dropped + 1;
	END LOOP;
	DELETE FROM core.message_default WHERE received_at < keep_from::timestamp AT TIME ZONE 'UTC';
	commands_expired := core.command_expire(at);
	transactions_settled := core.transactions_settle();
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION core.housekeeping IS 'Partitions of the raw log ahead and away, commands expired, transactions settled; no row: another node is at it';
