-- What a transaction comes to, derived from its row.  The planner inlines them.
--
-- With RETURN the bodies are bound when they are created: the views that use them work for a role that cannot look into core.

CREATE OR REPLACE FUNCTION core.energy_wh(first core.reading, last core.reading, interval_wh numeric, ended_wh numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN greatest(CASE WHEN first < last THEN (last).value - (first).value ELSE greatest(interval_wh, ended_wh) END, 0);
COMMENT ON FUNCTION core.energy_wh IS 'Energy from the first and last register, or else from interval samples; never negative';

CREATE OR REPLACE FUNCTION core.energy_charged_wh(t core.transaction) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN core.energy_wh(t.import_first, t.import_last, t.import_interval_wh, t.import_ended_wh);
COMMENT ON FUNCTION core.energy_charged_wh IS 'Energy into the vehicle';

CREATE OR REPLACE FUNCTION core.energy_discharged_wh(t core.transaction) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN core.energy_wh(t.export_first, t.export_last, t.export_interval_wh, t.export_ended_wh);
COMMENT ON FUNCTION core.energy_discharged_wh IS 'Energy out of the vehicle';

-- Started, Ended, and every seqNo between.  Without events outside that range counting is enough.
CREATE OR REPLACE FUNCTION core.is_complete(t core.transaction) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce(t.ended_seq > t.started_seq
		AND t.event_count - t.outside_count = t.ended_seq::bigint - t.started_seq + 1, false);
COMMENT ON FUNCTION core.is_complete IS 'True when no event of the transaction is missing';

GRANT EXECUTE ON FUNCTION core.energy_wh, core.energy_charged_wh, core.energy_discharged_wh, core.is_complete TO v2g_report;
