-- Messages that are stored and need no more.

CREATE OR REPLACE FUNCTION core.take_meter_values(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE sql AS $$
	INSERT INTO core.meter_report (station_id, connection_id, received_at, evse_no, sampled_at, meter_value, digest)
	VALUES (station, connection, received, (request->'evseId')::int, core.instant(request #>> '{meterValue,0,timestamp}'),
		request->'meterValue', md5(request::text)::uuid)
	ON CONFLICT (station_id, sampled_at, digest) DO NOTHING;
	SELECT '{}'
$$;
COMMENT ON FUNCTION core.take_meter_values IS 'MeterValues (J01)';

-- No vendor extension is implemented (P02.FR.05).
CREATE OR REPLACE FUNCTION core.take_data_transfer(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE sql AS $$
	INSERT INTO core.data_transfer (station_id, connection_id, received_at, vendor_id, message_id, data, status)
	VALUES (station, connection, received, request->>'vendorId', request->>'messageId', request->'data', 'UnknownVendorId')
	ON CONFLICT (station_id, received_at) DO NOTHING;
	SELECT '{"status": "UnknownVendorId"}'
$$;
COMMENT ON FUNCTION core.take_data_transfer IS 'DataTransfer from a station (P02)';

CREATE OR REPLACE FUNCTION core.take_firmware_status_notification(station bigint, connection bigint, received timestamptz, request jsonb)
RETURNS text
LANGUAGE sql AS $$
	INSERT INTO core.firmware_status (station_id, connection_id, received_at, status, request_id)
	VALUES (station, connection, received, request->>'status', (request->'requestId')::int)
	ON CONFLICT (station_id, received_at) DO NOTHING;
	SELECT '{}'
$$;
COMMENT ON FUNCTION core.take_firmware_status_notification IS 'FirmwareStatusNotification (L01)';

CREATE OR REPLACE FUNCTION core.take_log_status_notification(station bigint, connection bigint, received timestamptz, request jsonb) RETURNS text
LANGUAGE sql AS $$
	INSERT INTO core.log_status (station_id, connection_id, received_at, status, request_id)
	VALUES (station, connection, received, request->>'status', (request->'requestId')::int)
	ON CONFLICT (station_id, received_at) DO NOTHING;
	SELECT '{}'
$$;
COMMENT ON FUNCTION core.take_log_status_notification IS 'LogStatusNotification (N01)';

CREATE OR REPLACE FUNCTION core.messages_log(received timestamptz[], stations bigint[], connections bigint[], directions text[], frames text[])
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO core.message (received_at, station_id, connection_id, direction, frame)
	SELECT * FROM unnest(received, stations, connections, directions, frames);
END
$$;
COMMENT ON FUNCTION core.messages_log IS 'Frames for the raw log, many at once';
