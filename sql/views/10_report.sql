-- Views for analysts (role v2g_report).  They run with the rights of their owner; nothing here can write.
-- A change that CREATE OR REPLACE VIEW refuses (a column dropped or moved) needs a DROP VIEW in a migration.

CREATE OR REPLACE VIEW report.fleet_now AS
SELECT
	(SELECT count(*) FROM core.connection WHERE closed_at IS NULL) AS stations_online,
	(SELECT count(*) FROM core.station) AS stations_total,
	fresh.active AS sessions_active,
	total.ended + fresh.ended AS sessions_ended,
	total.charged_wh + fresh.charged_wh AS energy_charged_wh,
	total.discharged_wh + fresh.discharged_wh AS energy_discharged_wh
FROM core.session_total total, (
	SELECT count(*) FILTER (WHERE state = 'open') AS active,
		coalesce(sum((state = 'ended')::int - settled_ended), 0) AS ended,
		coalesce(sum(core.energy_charged_wh(t) - settled_charged_wh), 0) AS charged_wh,
		coalesce(sum(core.energy_discharged_wh(t) - settled_discharged_wh), 0) AS discharged_wh
	FROM core.transaction t WHERE NOT settled) fresh;

GRANT SELECT ON ALL TABLES IN SCHEMA report TO v2g_report;
