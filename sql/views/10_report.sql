-- Views for analysts (role v2g_report).  They run with the rights of their owner; nothing here can write.
-- A change that CREATE OR REPLACE VIEW refuses (a column dropped or moved) needs a DROP VIEW in a migration.

CREATE OR REPLACE VIEW report.station AS
SELECT s.id AS station_id, s.name AS station, s.created_at, s.security_profile, s.registration, s.blocked, s.blocked_reason,
	s.boot_status, s.last_boot_at, s.boot_reason, s.vendor, s.model, s.serial_number, s.firmware_version,
	c.id IS NOT NULL AND c.closed_at IS NULL AS online, c.opened_at AS connected_at, c.closed_at AS disconnected_at,
	c.close_reason AS disconnect_reason, c.last_proof_at, host(c.remote_address) AS remote_address,
	(SELECT count(*) FROM core.evse e WHERE e.station_id = s.id) AS evses,
	(SELECT count(*) FROM core.connector k WHERE k.station_id = s.id) AS connectors
FROM core.station s LEFT JOIN LATERAL (
	SELECT * FROM core.connection x WHERE x.station_id = s.id ORDER BY x.opened_at DESC, x.id DESC LIMIT 1) c ON true;
COMMENT ON VIEW report.station IS 'Stations: settings, last boot, and the latest connection';
COMMENT ON COLUMN report.station.station_id IS 'Key of the station in every view';
COMMENT ON COLUMN report.station.station IS 'OCPP identity';
COMMENT ON COLUMN report.station.created_at IS 'When it was created here';
COMMENT ON COLUMN report.station.security_profile IS 'Lowest security profile it may use';
COMMENT ON COLUMN report.station.registration IS 'Answer its next boot gets';
COMMENT ON COLUMN report.station.blocked IS 'Refused by an operator';
COMMENT ON COLUMN report.station.blocked_reason IS 'Why';
COMMENT ON COLUMN report.station.boot_status IS 'Last boot answer';
COMMENT ON COLUMN report.station.last_boot_at IS 'When it last booted';
COMMENT ON COLUMN report.station.boot_reason IS 'Why, by its own account';
COMMENT ON COLUMN report.station.vendor IS 'Vendor';
COMMENT ON COLUMN report.station.model IS 'Model';
COMMENT ON COLUMN report.station.serial_number IS 'Serial number';
COMMENT ON COLUMN report.station.firmware_version IS 'Firmware version';
COMMENT ON COLUMN report.station.online IS 'A connection is open';
COMMENT ON COLUMN report.station.connected_at IS 'Start of the latest connection';
COMMENT ON COLUMN report.station.disconnected_at IS 'When its end was noticed; NULL: open';
COMMENT ON COLUMN report.station.disconnect_reason IS 'Why it ended';
COMMENT ON COLUMN report.station.last_proof_at IS 'Last proof of life on it';
COMMENT ON COLUMN report.station.remote_address IS 'Its peer address';
COMMENT ON COLUMN report.station.evses IS 'EVSEs it has told of';
COMMENT ON COLUMN report.station.connectors IS 'Connectors it has told of';

CREATE OR REPLACE VIEW report.connection AS
SELECT c.id AS connection_id, c.station_id, s.name AS station, n.name AS node, c.opened_at, c.closed_at, c.last_proof_at, c.close_reason,
	host(c.remote_address) AS remote_address, c.security_profile, c.subprotocol
FROM core.connection c JOIN core.station s ON s.id = c.station_id JOIN core.node n ON n.id = c.node_id;
COMMENT ON VIEW report.connection IS 'Each connection of a station';
COMMENT ON COLUMN report.connection.connection_id IS 'Key';
COMMENT ON COLUMN report.connection.station_id IS 'Station';
COMMENT ON COLUMN report.connection.station IS 'OCPP identity';
COMMENT ON COLUMN report.connection.node IS 'Node that held it';
COMMENT ON COLUMN report.connection.opened_at IS 'Start';
COMMENT ON COLUMN report.connection.closed_at IS 'When its end was noticed; NULL: open';
COMMENT ON COLUMN report.connection.last_proof_at IS 'Last proof of life: until then the station was reachable';
COMMENT ON COLUMN report.connection.close_reason IS 'Why it ended';
COMMENT ON COLUMN report.connection.remote_address IS 'Peer address';
COMMENT ON COLUMN report.connection.security_profile IS 'Security profile in use';
COMMENT ON COLUMN report.connection.subprotocol IS 'OCPP version';

CREATE OR REPLACE VIEW report.session AS
SELECT t.id AS session_id, t.station_id, s.name AS station, t.transaction_id, t.evse_no, t.connector_no, t.state,
	coalesce(t.started_event_at, t.first_event_at) AS started_at, t.ended_at,
	coalesce(t.ended_at, t.last_event_at) - coalesce(t.started_event_at, t.first_event_at) AS duration,
	core.energy_charged_wh(t) AS energy_charged_wh, core.energy_discharged_wh(t) AS energy_discharged_wh,
	CASE WHEN t.import_first < t.import_last OR t.export_first < t.export_last THEN 'register'
		WHEN coalesce(t.import_interval_wh, t.import_ended_wh, t.export_interval_wh, t.export_ended_wh) IS NOT NULL THEN 'interval'
		END AS energy_source,
	coalesce((t.import_last).value < (t.import_first).value OR (t.export_last).value < (t.export_first).value, false) AS energy_doubtful,
	t.stop_reason, t.abandoned_at, t.abandoned_reason, t.charging_state, t.last_event_at,
	(t.power_last).value AS power_w, (t.power_last).at AS power_at, (t.soc_last).value AS soc_percent, (t.soc_last).at AS soc_at,
	t.token AS id_token, t.token_type AS id_token_type, t.token_status AS id_token_status, t.remote_start_id, t.reservation_id,
	t.offline, core.is_complete(t) AS complete, t.event_count, t.conflicts
FROM core.transaction t JOIN core.station s ON s.id = t.station_id;
COMMENT ON VIEW report.session IS 'Charging and discharging sessions: one row per transaction';
COMMENT ON COLUMN report.session.session_id IS 'Key';
COMMENT ON COLUMN report.session.station_id IS 'Station';
COMMENT ON COLUMN report.session.station IS 'OCPP identity';
COMMENT ON COLUMN report.session.transaction_id IS 'transactionId, unique within the station';
COMMENT ON COLUMN report.session.evse_no IS 'EVSE id';
COMMENT ON COLUMN report.session.connector_no IS 'Connector id';
COMMENT ON COLUMN report.session.state IS 'open, ended, or abandoned (lost over a reboot)';
COMMENT ON COLUMN report.session.started_at IS 'Start, by the station''s clock';
COMMENT ON COLUMN report.session.ended_at IS 'End, by the station''s clock; NULL: not told';
COMMENT ON COLUMN report.session.duration IS 'From the start to the end, or to the last event';
COMMENT ON COLUMN report.session.energy_charged_wh IS 'Energy from the grid into the vehicle, Wh, not negative';
COMMENT ON COLUMN report.session.energy_discharged_wh IS 'Energy from the vehicle to the grid, Wh, not negative';
COMMENT ON COLUMN report.session.energy_source IS 'register: difference of meter readings; interval: sum of interval samples; NULL: no readings';
COMMENT ON COLUMN report.session.energy_doubtful IS 'True: a register ran backwards (meter replaced?), its energy counts as 0';
COMMENT ON COLUMN report.session.stop_reason IS 'Why it ended (stoppedReason)';
COMMENT ON COLUMN report.session.abandoned_at IS 'When reconciliation gave it up';
COMMENT ON COLUMN report.session.abandoned_reason IS 'What the station said then';
COMMENT ON COLUMN report.session.charging_state IS 'Latest chargingState';
COMMENT ON COLUMN report.session.last_event_at IS 'Latest event, by the station''s clock';
COMMENT ON COLUMN report.session.power_w IS 'Latest power, W, positive from the vehicle to the grid';
COMMENT ON COLUMN report.session.power_at IS 'When it was sampled';
COMMENT ON COLUMN report.session.soc_percent IS 'Latest state of charge';
COMMENT ON COLUMN report.session.soc_at IS 'When it was sampled';
COMMENT ON COLUMN report.session.id_token IS 'Token that authorised it; *** for a PIN';
COMMENT ON COLUMN report.session.id_token_type IS 'Type of the token';
COMMENT ON COLUMN report.session.id_token_status IS 'What we answered for it';
COMMENT ON COLUMN report.session.remote_start_id IS 'remoteStartId';
COMMENT ON COLUMN report.session.reservation_id IS 'reservationId';
COMMENT ON COLUMN report.session.offline IS 'True: partly happened while the station was offline';
COMMENT ON COLUMN report.session.complete IS 'True: no event is missing';
COMMENT ON COLUMN report.session.event_count IS 'Events received';
COMMENT ON COLUMN report.session.conflicts IS 'Events set aside because their seqNo was taken';

CREATE OR REPLACE VIEW report.connector_status AS
SELECT h.id AS status_id, h.station_id, s.name AS station, h.evse_no, h.connector_no, h.status, h.effective_at AS since,
	lead(h.effective_at) OVER (PARTITION BY h.station_id, h.evse_no, h.connector_no ORDER BY h.effective_at, h.id) AS until,
	h.event_at, h.received_at, h.source
FROM core.connector_status h JOIN core.station s ON s.id = h.station_id;
COMMENT ON VIEW report.connector_status IS 'History of connector statuses, each with its end';
COMMENT ON COLUMN report.connector_status.status_id IS 'Key';
COMMENT ON COLUMN report.connector_status.station_id IS 'Station';
COMMENT ON COLUMN report.connector_status.station IS 'OCPP identity';
COMMENT ON COLUMN report.connector_status.evse_no IS 'EVSE id';
COMMENT ON COLUMN report.connector_status.connector_no IS 'Connector id';
COMMENT ON COLUMN report.connector_status.status IS 'Available, Occupied, Reserved, Unavailable or Faulted';
COMMENT ON COLUMN report.connector_status.since IS 'Start';
COMMENT ON COLUMN report.connector_status.until IS 'Start of the next status; NULL: still so';
COMMENT ON COLUMN report.connector_status.event_at IS 'Time stated by the station';
COMMENT ON COLUMN report.connector_status.received_at IS 'When it was told';
COMMENT ON COLUMN report.connector_status.source IS 'Message it was told in';

CREATE OR REPLACE VIEW report.meter_value AS
SELECT m.station_id, s.name AS station, m.session_id, m.evse_no, core.instant(element->>'timestamp') AS sampled_at, m.received_at,
	coalesce(sample->>'measurand', 'Energy.Active.Import.Register') AS measurand, coalesce(sample->>'context', 'Sample.Periodic') AS context,
	sample->>'phase' AS phase, coalesce(sample->>'location', 'Outlet') AS location, (sample->'value')::numeric AS value,
	coalesce(sample #>> '{unitOfMeasure,unit}', 'Wh') AS unit, coalesce((sample #> '{unitOfMeasure,multiplier}')::int, 0) AS multiplier
FROM (
	SELECT t.station_id, t.id AS session_id, t.evse_no, e.received_at, e.payload->'meterValue' AS list
	FROM core.transaction_event e JOIN core.transaction t ON t.id = e.transaction_id WHERE e.payload ? 'meterValue'
	UNION ALL
	SELECT r.station_id, NULL, r.evse_no, r.received_at, r.meter_value FROM core.meter_report r) m
JOIN core.station s ON s.id = m.station_id
CROSS JOIN LATERAL jsonb_array_elements(m.list) AS element
CROSS JOIN LATERAL jsonb_array_elements(element->'sampledValue') AS sample;
COMMENT ON VIEW report.meter_value IS 'Every sampled value, as received: OCPP''s sign (charging positive) and units; narrow by received_at first';
COMMENT ON COLUMN report.meter_value.station_id IS 'Station';
COMMENT ON COLUMN report.meter_value.station IS 'OCPP identity';
COMMENT ON COLUMN report.meter_value.session_id IS 'Session it belongs to; NULL: none';
COMMENT ON COLUMN report.meter_value.evse_no IS 'EVSE id; 0: main meter';
COMMENT ON COLUMN report.meter_value.sampled_at IS 'When, by the station''s clock';
COMMENT ON COLUMN report.meter_value.received_at IS 'When it was told';
COMMENT ON COLUMN report.meter_value.measurand IS 'What was measured';
COMMENT ON COLUMN report.meter_value.context IS 'On what occasion';
COMMENT ON COLUMN report.meter_value.phase IS 'Phase; NULL: all';
COMMENT ON COLUMN report.meter_value.location IS 'Where';
COMMENT ON COLUMN report.meter_value.value IS 'Value as received';
COMMENT ON COLUMN report.meter_value.unit IS 'Unit as received';
COMMENT ON COLUMN report.meter_value.multiplier IS 'Power of ten that the value has to be multiplied with';

CREATE OR REPLACE VIEW report.command AS
SELECT c.id AS command_id, c.station_id, s.name AS station, c.action, c.origin, a.name AS caller, c.state, c.created_at, c.sent_at, c.done_at,
	c.done_at - c.sent_at AS latency, c.response->>'status' AS response_status, c.error_code, c.error_description
FROM core.command c JOIN core.station s ON s.id = c.station_id LEFT JOIN core.api_token a ON a.id = c.token_id;
COMMENT ON VIEW report.command IS 'Calls to stations and their outcome';
COMMENT ON COLUMN report.command.command_id IS 'Key';
COMMENT ON COLUMN report.command.station_id IS 'Station';
COMMENT ON COLUMN report.command.station IS 'OCPP identity';
COMMENT ON COLUMN report.command.action IS 'OCPP action';
COMMENT ON COLUMN report.command.origin IS 'api, boot, reconcile, ...';
COMMENT ON COLUMN report.command.caller IS 'API token that submitted it';
COMMENT ON COLUMN report.command.state IS 'queued, sent, answered, failed, timed_out, uncertain or expired';
COMMENT ON COLUMN report.command.created_at IS 'When it was submitted';
COMMENT ON COLUMN report.command.sent_at IS 'When it was sent';
COMMENT ON COLUMN report.command.done_at IS 'When the outcome was known';
COMMENT ON COLUMN report.command.latency IS 'From sending to the outcome';
COMMENT ON COLUMN report.command.response_status IS 'status of the answer';
COMMENT ON COLUMN report.command.error_code IS 'Code of the error answer';
COMMENT ON COLUMN report.command.error_description IS 'Description of the error answer';

CREATE OR REPLACE VIEW report.security_event AS
SELECT e.id AS event_id, e.station_id, s.name AS station, e.origin, e.type, e.tech_info, e.event_at, e.received_at
FROM core.security_event e JOIN core.station s ON s.id = e.station_id;
COMMENT ON VIEW report.security_event IS 'Security events, told by stations or found by the central system';
COMMENT ON COLUMN report.security_event.event_id IS 'Key';
COMMENT ON COLUMN report.security_event.station_id IS 'Station';
COMMENT ON COLUMN report.security_event.station IS 'OCPP identity';
COMMENT ON COLUMN report.security_event.origin IS 'station or csms';
COMMENT ON COLUMN report.security_event.type IS 'Type';
COMMENT ON COLUMN report.security_event.tech_info IS 'Details';
COMMENT ON COLUMN report.security_event.event_at IS 'When it happened';
COMMENT ON COLUMN report.security_event.received_at IS 'When it was told';

CREATE OR REPLACE VIEW report.event AS
SELECT e.id AS event_id, e.station_id, s.name AS station, e.event_at, e.received_at, e.component, e.component_instance, e.evse_no,
	e.connector_no, e.variable, e.variable_instance, e.value, e.cleared, e.trigger, e.kind, e.transaction_id,
	e.data->>'techCode' AS tech_code, e.data->>'techInfo' AS tech_info
FROM core.event e JOIN core.station s ON s.id = e.station_id;
COMMENT ON VIEW report.event IS 'Events of the device model (NotifyEvent)';
COMMENT ON COLUMN report.event.event_id IS 'Key';
COMMENT ON COLUMN report.event.station_id IS 'Station';
COMMENT ON COLUMN report.event.station IS 'OCPP identity';
COMMENT ON COLUMN report.event.event_at IS 'When, by the station''s clock';
COMMENT ON COLUMN report.event.received_at IS 'When it was told';
COMMENT ON COLUMN report.event.component IS 'Component';
COMMENT ON COLUMN report.event.component_instance IS 'Component instance';
COMMENT ON COLUMN report.event.evse_no IS 'EVSE id';
COMMENT ON COLUMN report.event.connector_no IS 'Connector id';
COMMENT ON COLUMN report.event.variable IS 'Variable';
COMMENT ON COLUMN report.event.variable_instance IS 'Variable instance';
COMMENT ON COLUMN report.event.value IS 'Value';
COMMENT ON COLUMN report.event.cleared IS 'The condition is over';
COMMENT ON COLUMN report.event.trigger IS 'Alerting, Delta or Periodic';
COMMENT ON COLUMN report.event.kind IS 'eventNotificationType';
COMMENT ON COLUMN report.event.transaction_id IS 'transactionId it belongs to';
COMMENT ON COLUMN report.event.tech_code IS 'Technical code';
COMMENT ON COLUMN report.event.tech_info IS 'Technical details';

CREATE OR REPLACE VIEW report.boot AS
SELECT b.id AS boot_id, b.station_id, s.name AS station, b.received_at, b.reason, b.status, b.repeated,
	b.payload #>> '{chargingStation,firmwareVersion}' AS firmware_version
FROM core.boot b JOIN core.station s ON s.id = b.station_id;
COMMENT ON VIEW report.boot IS 'Boots of stations';
COMMENT ON COLUMN report.boot.boot_id IS 'Key';
COMMENT ON COLUMN report.boot.station_id IS 'Station';
COMMENT ON COLUMN report.boot.station IS 'OCPP identity';
COMMENT ON COLUMN report.boot.received_at IS 'When it was told';
COMMENT ON COLUMN report.boot.reason IS 'Why it booted';
COMMENT ON COLUMN report.boot.status IS 'Answer given';
COMMENT ON COLUMN report.boot.repeated IS 'True: told again, no further boot';
COMMENT ON COLUMN report.boot.firmware_version IS 'Firmware version';

CREATE OR REPLACE VIEW report.device_variable AS
SELECT v.station_id, s.name AS station, v.component, nullif(v.component_instance, '') AS component_instance, nullif(v.evse_no, 0) AS evse_no,
	nullif(v.connector_no, 0) AS connector_no, v.variable, nullif(v.variable_instance, '') AS variable_instance, v.attribute, v.value,
	v.mutability, v.received_at
FROM core.device_variable v JOIN core.station s ON s.id = v.station_id;
COMMENT ON VIEW report.device_variable IS 'Device model of the stations';
COMMENT ON COLUMN report.device_variable.station_id IS 'Station';
COMMENT ON COLUMN report.device_variable.station IS 'OCPP identity';
COMMENT ON COLUMN report.device_variable.component IS 'Component';
COMMENT ON COLUMN report.device_variable.component_instance IS 'Component instance';
COMMENT ON COLUMN report.device_variable.evse_no IS 'EVSE id';
COMMENT ON COLUMN report.device_variable.connector_no IS 'Connector id';
COMMENT ON COLUMN report.device_variable.variable IS 'Variable';
COMMENT ON COLUMN report.device_variable.variable_instance IS 'Variable instance';
COMMENT ON COLUMN report.device_variable.attribute IS 'Actual, Target, MinSet or MaxSet';
COMMENT ON COLUMN report.device_variable.value IS 'Value last told';
COMMENT ON COLUMN report.device_variable.mutability IS 'ReadOnly, WriteOnly or ReadWrite';
COMMENT ON COLUMN report.device_variable.received_at IS 'When it was told';

CREATE OR REPLACE VIEW report.fleet_now AS
SELECT
	(SELECT count(*) FROM core.connection WHERE closed_at IS NULL) AS stations_online,
	(SELECT count(*) FROM core.station) AS stations_total,
	fresh.active AS sessions_active,
	total.ended + fresh.ended AS sessions_ended,
	total.charged_wh + fresh.charged_wh AS energy_charged_wh,
	total.discharged_wh + fresh.discharged_wh AS energy_discharged_wh
FROM core.session_total total, (
	-- Only what housekeeping has not yet added to the total.
	SELECT count(*) FILTER (WHERE t.state = 'open') AS active,
		coalesce(sum((t.state = 'ended')::int - t.settled_ended), 0) AS ended,
		coalesce(sum(core.energy_charged_wh(t) - t.settled_charged_wh), 0) AS charged_wh,
		coalesce(sum(core.energy_discharged_wh(t) - t.settled_discharged_wh), 0) AS discharged_wh
	FROM core.transaction t WHERE NOT t.settled) fresh;
COMMENT ON VIEW report.fleet_now IS 'The fleet in one row; cheap enough to be asked each second';
COMMENT ON COLUMN report.fleet_now.stations_online IS 'Stations with an open connection';
COMMENT ON COLUMN report.fleet_now.stations_total IS 'Stations known';
COMMENT ON COLUMN report.fleet_now.sessions_active IS 'Sessions under way';
COMMENT ON COLUMN report.fleet_now.sessions_ended IS 'Sessions ended, ever';
COMMENT ON COLUMN report.fleet_now.energy_charged_wh IS 'Energy into vehicles, ever, sessions under way included, Wh';
COMMENT ON COLUMN report.fleet_now.energy_discharged_wh IS 'Energy out of vehicles, ever, sessions under way included, Wh';

GRANT SELECT ON ALL TABLES IN SCHEMA report TO v2g_report;
