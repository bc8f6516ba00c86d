-- BootNotification (B01 to B03).

CREATE OR REPLACE FUNCTION core.take_boot_notification(station bigint, connection bigint, received timestamptz, request jsonb, interval_s int)
RETURNS TABLE (status text, answer text)
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	s core.station;
	facts jsonb := request->'chargingStation';
	inventory text := concat_ws('|', facts->>'vendorName', facts->>'model', coalesce(facts->>'serialNumber', ''),
		coalesce(facts->>'firmwareVersion', ''));
	repeated boolean;
	wanted boolean;
	asked uuid;
	t record;
BEGIN
	SELECT b.status, b.answer INTO status, answer FROM core.boot b WHERE b.station_id = station AND b.received_at = received;
	IF FOUND THEN
		RETURN NEXT;
		RETURN;
	END IF;
	SELECT * INTO s FROM core.station WHERE id = station FOR NO KEY UPDATE;
	status := s.registration;
	answer := json_build_object('currentTime', core.rfc3339(received), 'interval', interval_s, 'status', status)::text;
	-- A station that waits as Pending, or missed our answer, says the same again: no further boot.
	repeated := EXISTS (SELECT FROM core.boot b WHERE b.station_id = station AND b.connection_id = connection AND b.payload = request
		AND b.status = status);
	-- First contact, or another firmware or hardware than last time (B07.FR.14), or we do not know whether the last request
	-- arrived.  Pending allows it (B02.FR.01).
	wanted := status <> 'Rejected' AND (s.inventory_key IS DISTINCT FROM inventory
		OR coalesce((SELECT c.state FROM core.command c WHERE c.station_id = station AND c.origin = 'boot' ORDER BY c.position DESC LIMIT 1)
			IN ('expired', 'timed_out', 'uncertain'), false));
	INSERT INTO core.boot (station_id, connection_id, received_at, reason, status, repeated, payload, answer)
	VALUES (station, connection, received, request->>'reason', status, repeated, request, answer);
	UPDATE core.station SET boot_status = status, last_boot_at = received, boot_reason = request->>'reason',
		vendor = facts->>'vendorName', model = facts->>'model', serial_number = facts->>'serialNumber',
		firmware_version = facts->>'firmwareVersion', iccid = facts #>> '{modem,iccid}', imsi = facts #>> '{modem,imsi}',
		inventory_key = CASE WHEN wanted THEN inventory ELSE inventory_key END, next_request_id = next_request_id + wanted::int
	WHERE id = station;
	IF wanted THEN
		asked := core.command_queue(station, 'GetBaseReport',
			jsonb_build_object('requestId', s.next_request_id, 'reportBase', 'FullInventory'), 'boot', received, interval '1 hour');
		PERFORM core.report_expect(station, s.next_request_id, 'GetBaseReport FullInventory', asked, received);
	END IF;
	-- A reboot may have lost transactions: ask about each that is open (E14).  A boot message that we triggered is no reboot.
	IF status = 'Accepted' AND NOT repeated AND request->>'reason' <> 'Triggered' THEN
		FOR t IN
			SELECT x.id, x.transaction_id FROM core.transaction x
			WHERE x.station_id = station AND NOT x.settled AND x.state = 'open' AND NOT EXISTS (SELECT FROM core.command c
				WHERE c.station_id = station AND c.state IN ('queued', 'sent') AND c.transaction_id = x.id)
			ORDER BY x.id
		LOOP
			PERFORM core.command_queue(station, 'GetTransactionStatus', jsonb_build_object('transactionId', t.transaction_id), 'reconcile',
				received, interval '1 hour', t.id);
		END LOOP;
	END IF;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION core.take_boot_notification IS 'BootNotification: status to apply, and the response';
