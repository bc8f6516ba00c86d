-- Statuses, events, reports, and the messages that are only stored.
BEGIN;
SELECT station AS s, connection AS c FROM t.station('CS1') \gset
CREATE FUNCTION pg_temp.status(s bigint, received text, happened text, status text) RETURNS text LANGUAGE sql AS $$
	SELECT core.take_status_notification(s, 1, received::timestamptz, jsonb_build_object('evseId', 1, 'connectorId', 2, 'connectorStatus', status, 'timestamp', happened))
$$;
CREATE FUNCTION pg_temp.present() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(status || ' ' || core.rfc3339(status_at), ', ') FROM core.connector $$;
SELECT t.is(:'name' || '/status/answer', pg_temp.status(:s, '2026-03-01T10:00:10Z', '2026-03-01T10:00:09Z', 'Available'), '{}');
SELECT t.is(:'name' || '/status/present', pg_temp.present(), 'Available 2026-03-01T10:00:09.000Z');
SELECT pg_temp.status(:s, '2026-03-01T10:00:20Z', '2026-03-01T10:00:19Z', 'Occupied');
SELECT pg_temp.status(:s, '2026-03-01T10:00:21Z', '2026-03-01T10:00:09Z', 'Available');
SELECT t.is(:'name' || '/status/repeat', (SELECT (pg_temp.present(), count(*)) FROM core.connector_status), ('Occupied 2026-03-01T10:00:19.000Z'::text, 2::bigint));
SELECT pg_temp.status(:s, '2026-03-01T10:00:22Z', '2026-03-01T10:00:15Z', 'Faulted');
SELECT t.is(:'name' || '/status/late', (SELECT (pg_temp.present(), count(*)) FROM core.connector_status), ('Occupied 2026-03-01T10:00:19.000Z'::text, 3::bigint));
-- A clock in the future must not hold the status for ever, nor one that is not set.
SELECT pg_temp.status(:s, '2026-03-01T10:00:30Z', '2036-03-01T10:00:00Z', 'Reserved');
SELECT t.is(:'name' || '/status/clock-ahead', pg_temp.present(), 'Reserved 2026-03-01T10:00:30.000Z');
SELECT pg_temp.status(:s, '2026-03-01T10:00:40Z', '1970-01-01T00:00:05Z', 'Unavailable');
SELECT t.is(:'name' || '/status/clock-not-set', pg_temp.present(), 'Unavailable 2026-03-01T10:00:40.000Z');
SELECT core.take_status_notification(:s, 1, '2026-03-01T10:00:50Z', '{"evseId": 0, "connectorId": 0, "connectorStatus": "Available", "timestamp": "2026-03-01T10:00:50Z"}');
SELECT core.take_status_notification(:s, 1, '2026-03-01T10:00:50Z', '{"evseId": -1, "connectorId": 3, "connectorStatus": "Available", "timestamp": "2026-03-01T10:00:50Z"}');
SELECT t.is(:'name' || '/status/no-connector', (SELECT count(*) FROM core.connector), 1::bigint);
SELECT t.is(:'name' || '/status/until', (SELECT string_agg(status || '-' || coalesce(core.rfc3339(until), ''), ' ' ORDER BY since) FROM report.connector_status WHERE evse_no = 1),
	'Available-2026-03-01T10:00:15.000Z Faulted-2026-03-01T10:00:19.000Z Occupied-2026-03-01T10:00:30.000Z Reserved-2026-03-01T10:00:40.000Z Unavailable-');

SELECT core.take_notify_event(:s, :c, '2026-03-01T10:01:00Z', x) AS event FROM (VALUES (jsonb '{"generatedAt": "2026-03-01T10:01:00Z", "seqNo": 0, "eventData": [
	{"eventId": 1, "timestamp": "2026-03-01T10:00:59Z", "trigger": "Delta", "actualValue": "Available", "eventNotificationType": "HardWiredNotification",
	 "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}, "variable": {"name": "AvailabilityState"}},
	{"eventId": 2, "timestamp": "2026-03-01T10:00:59Z", "trigger": "Alerting", "actualValue": "81.5", "cleared": true, "techCode": "E7", "transactionId": "T1",
	 "eventNotificationType": "CustomMonitor", "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Temperature", "instance": "Outlet"}}]}')) AS v (x) \gset
SELECT core.take_notify_event(:s, :c, '2026-03-01T10:02:00Z', jsonb '{"generatedAt": "2026-03-01T10:01:00Z", "seqNo": 0, "eventData": [
	{"eventId": 1, "timestamp": "2026-03-01T10:00:59Z", "trigger": "Delta", "actualValue": "Available", "eventNotificationType": "HardWiredNotification",
	 "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}, "variable": {"name": "AvailabilityState"}}]}');
SELECT t.is(:'name' || '/event/stored-once', (SELECT string_agg(variable || '=' || value || ' ' || cleared, ', ' ORDER BY event_no) FROM core.event),
	'AvailabilityState=Available false, Temperature=81.5 true');
SELECT t.is(:'name' || '/event/connector', pg_temp.present(), 'Available 2026-03-01T10:00:59.000Z');

-- Reports: parts in any order and twice, gaps seen, names without regard to case.
SELECT core.command_submit('CS1', 'GetReport', '{"requestId": 5}', 'api', NULL, NULL, NULL, '1 min', '2026-03-01T10:00:00Z', NULL);
CREATE FUNCTION pg_temp.report(s bigint, id int, seq int, more boolean, value text, component text DEFAULT 'EVSE', received text DEFAULT '2026-03-01T10:03:00Z') RETURNS text LANGUAGE sql AS $$
	SELECT core.take_notify_report(s, 1, received::timestamptz, jsonb_build_object('requestId', id, 'seqNo', seq, 'tbc', more, 'generatedAt', '2026-03-01T10:03:00Z',
		'reportData', jsonb_build_array(jsonb_build_object('component', jsonb_build_object('name', component, 'evse', '{"id": 1}'::jsonb), 'variable', jsonb_build_object('name', 'V' || seq),
			'variableAttribute', jsonb_build_array(jsonb_build_object('value', value), jsonb_build_object('type', 'MaxSet', 'value', '9', 'mutability', 'ReadOnly')),
			'variableCharacteristics', '{"dataType": "decimal", "supportsMonitoring": true, "maxLimit": 32.5}'::jsonb))))
$$;
SELECT t.is(:'name' || '/report/answer', pg_temp.report(:s, 5, 3, false, 'a'), '{}');
SELECT pg_temp.report(:s, 5, 0, true, 'b');
SELECT t.is(:'name' || '/report/gaps', (SELECT (complete, gaps::text) FROM core.report_request), (false, '{[1,3)}'::text));
SELECT pg_temp.report(:s, 5, 2, true, 'c'), pg_temp.report(:s, 5, 1, true, 'd'), pg_temp.report(:s, 5, 1, true, 'd');
SELECT t.is(:'name' || '/report/complete', (SELECT (complete, gaps::text) FROM core.report_request), (true, '{}'::text));
SELECT pg_temp.report(:s, 5, 1, true, 'older', 'evse', '2026-03-01T09:00:00Z'), pg_temp.report(:s, 5, 2, true, 'newer', 'evse', '2026-03-01T11:00:00Z');
SELECT t.is(:'name' || '/report/variables', (SELECT string_agg(variable || ' ' || attribute || '=' || value, ', ' ORDER BY variable, attribute) FROM core.device_variable),
	'V0 Actual=b, V0 MaxSet=9, V1 Actual=d, V1 MaxSet=9, V2 Actual=newer, V2 MaxSet=9, V3 Actual=a, V3 MaxSet=9');
SELECT t.is(:'name' || '/report/characteristics', (SELECT count(*) || ' ' || min(max_limit) FROM core.device_characteristic), '4 32.5');
SELECT t.is(:'name' || '/report/unknown-request', pg_temp.report(:s, 6, 0, false, 'evil'), '{}');
SELECT t.is(:'name' || '/report/unknown-not-applied', (SELECT count(*) FROM core.device_variable WHERE value = 'evil'), 0::bigint);
SELECT t.is(:'name' || '/report/unknown-noted', (SELECT type || ' ' || origin FROM core.security_event), 'UnknownReportRequest csms');
SELECT t.is(:'name' || '/report/without-data', core.take_notify_report(:s, :c, now(), '{"requestId": 5, "seqNo": 4, "generatedAt": "2026-03-01T10:03:00Z"}'), '{}');

-- Stored once each, however often replayed.
SELECT core.take_security_event_notification(:s, :c, r::timestamptz, '{"type": "ResetOrReboot", "timestamp": "2026-03-01T10:00:00Z", "techInfo": "x"}'),
	core.take_log_status_notification(:s, :c, '2026-03-01T10:00:00Z', '{"status": "Uploaded", "requestId": 3}'),
	core.take_firmware_status_notification(:s, :c, '2026-03-01T10:00:00Z', '{"status": "Installed", "requestId": 4}'),
	core.take_data_transfer(:s, :c, '2026-03-01T10:00:00Z', '{"vendorId": "v", "messageId": "m", "data": [1, null]}') AS transfer,
	core.take_meter_values(:s, :c, r::timestamptz, '{"evseId": 0, "meterValue": [{"timestamp": "2026-03-01T10:00:00Z", "sampledValue": [
		{"value": 12.5, "phase": "L1", "unitOfMeasure": {"unit": "kWh", "multiplier": -1}}, {"value": -3, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}]}]}')
FROM (VALUES ('2026-03-01T10:00:00Z'), ('2026-03-01T10:00:05Z')) AS x (r) \g /dev/null
SELECT t.is(:'name' || '/stored-once/' || what, n, 1::bigint) FROM (
	SELECT 'security', count(*) FROM core.security_event WHERE origin = 'station' UNION ALL SELECT 'log', count(*) FROM core.log_status
	UNION ALL SELECT 'firmware', count(*) FROM core.firmware_status UNION ALL SELECT 'transfer', count(*) FROM core.data_transfer
	UNION ALL SELECT 'meter', count(*) FROM core.meter_report) AS x (what, n);
SELECT t.is(:'name' || '/data-transfer', core.take_data_transfer(:s, :c, now(), '{"vendorId": "v"}'), '{"status": "UnknownVendorId"}');
SELECT t.is(:'name' || '/meter-values', (SELECT string_agg(concat_ws(' ', measurand, phase, value, unit, multiplier), ', ' ORDER BY measurand) FROM report.meter_value),
	'Energy.Active.Import.Register L1 12.5 kWh -1, Power.Active.Import -3 W 0');
ROLLBACK;
