-- 0001_core: schemas, roles, and the tables of the central system.
--
-- Conventions.  Times are timestamptz, to the microsecond.  Where a station states a time, both are
-- kept: event_at (the station's clock) and received_at (ours).  Keys are bigint identity, except where the
-- natural key is the row.  Closed sets of words are text with a CHECK.  Values that come from
-- stations are bounded by the OCPP schemas before they arrive here.  Power and energy in
-- payloads stand as OCPP has them (charging is positive); columns named power_w follow the sign of the system: positive from the
-- vehicle to the grid.

CREATE SCHEMA IF NOT EXISTS core;
CREATE SCHEMA IF NOT EXISTS api;
CREATE SCHEMA IF NOT EXISTS report;
COMMENT ON SCHEMA core IS 'Tables, and the functions that station messages and commands go through';
COMMENT ON SCHEMA api IS 'Functions behind the HTTP API: api.f(caller, p) returns (status, body)';
COMMENT ON SCHEMA report IS 'Read-only views for analysts (role v2g_report)';

-- Roles belong to the whole cluster: another database may have made it, perhaps at this very moment.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'v2g_report') THEN
		CREATE ROLE v2g_report NOLOGIN;
	END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL;
END
$$;
GRANT USAGE ON SCHEMA report TO v2g_report;
ALTER DEFAULT PRIVILEGES IN SCHEMA report GRANT SELECT ON TABLES TO v2g_report;
REVOKE ALL ON SCHEMA core, api FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA core REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA api REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The program that applies these files has made its table first.
DO $$
DECLARE
	col name;
BEGIN
	IF to_regclass('core.schema_version') IS NOT NULL THEN
		COMMENT ON TABLE core.schema_version IS 'Migrations applied; kept by the program';
		FOR col IN SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('core.schema_version') AND attnum > 0 LOOP
			EXECUTE format('COMMENT ON COLUMN core.schema_version.%I IS %L', col, CASE col WHEN 'version' THEN 'Number of the migration'
				WHEN 'applied_at' THEN 'When it was applied' ELSE 'For the program' END);
		END LOOP;
	END IF;
END
$$;

---- Nodes -----------------------------------------------------------------------------------------

CREATE TABLE core.node (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE CHECK (name <> ''),
	version text NOT NULL,
	started_at timestamptz NOT NULL,
	seen_at timestamptz NOT NULL
);
COMMENT ON TABLE core.node IS 'A v2g-csms process, known by its name';
COMMENT ON COLUMN core.node.id IS 'Key';
COMMENT ON COLUMN core.node.name IS 'Configured name; a restart keeps it';
COMMENT ON COLUMN core.node.version IS 'Version of the program that runs now';
COMMENT ON COLUMN core.node.started_at IS 'Start of the current run';
COMMENT ON COLUMN core.node.seen_at IS 'Last sign of life of the current run';

CREATE TABLE core.node_run (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	node_id bigint NOT NULL REFERENCES core.node,
	version text NOT NULL,
	started_at timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	UNIQUE (node_id, started_at)
) WITH (fillfactor = 70);
COMMENT ON TABLE core.node_run IS 'Each run of a node; what no run covers is time in which we could not observe anything';
COMMENT ON COLUMN core.node_run.id IS 'Key';
COMMENT ON COLUMN core.node_run.node_id IS 'The node';
COMMENT ON COLUMN core.node_run.version IS 'Version of the program';
COMMENT ON COLUMN core.node_run.started_at IS 'Start of the run';
COMMENT ON COLUMN core.node_run.seen_at IS 'Last sign of life of the run; its end once a later run exists';

---- Stations --------------------------------------------------------------------------------------

CREATE TABLE core.station (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL CHECK (name ~ '^[a-zA-Z0-9*_=+|@.-]{1,48}$'),
	security_profile int NOT NULL DEFAULT 2 CHECK (security_profile BETWEEN 1 AND 3),
	password_hash text,
	password_set_at timestamptz,
	certificate_cn text CHECK (certificate_cn <> ''),
	blocked boolean NOT NULL DEFAULT false,
	blocked_reason text,
	registration text NOT NULL DEFAULT 'Accepted' CHECK (registration IN ('Accepted', 'Pending', 'Rejected')),
	compression boolean NOT NULL DEFAULT true,
	boot_status text CHECK (boot_status IN ('Accepted', 'Pending', 'Rejected')),
	last_boot_at timestamptz,
	boot_reason text,
	vendor text,
	model text,
	serial_number text,
	firmware_version text,
	iccid text,
	imsi text,
	inventory_key text,
	next_request_id int NOT NULL DEFAULT 1,
	created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX station_name_key ON core.station (lower(name));
COMMENT ON TABLE core.station IS 'A charging station that may connect';
COMMENT ON COLUMN core.station.id IS 'Key';
COMMENT ON COLUMN core.station.name IS 'OCPP identity: identifierString without ":", unique without regard to case';
COMMENT ON COLUMN core.station.security_profile IS 'Lowest security profile the station may connect with (A05.FR.07)';
COMMENT ON COLUMN core.station.password_hash IS 'Salted hash of the Basic password (A01.FR.08); NULL: none set';
COMMENT ON COLUMN core.station.password_set_at IS 'When password_hash was last changed';
COMMENT ON COLUMN core.station.certificate_cn IS 'Common name expected in the client certificate; NULL: the name';
COMMENT ON COLUMN core.station.blocked IS 'True: connections are refused';
COMMENT ON COLUMN core.station.blocked_reason IS 'Why an operator blocked it';
COMMENT ON COLUMN core.station.registration IS 'Answer that the next BootNotification gets (B01 to B03)';
COMMENT ON COLUMN core.station.compression IS 'False: permessage-deflate is not offered to this station';
COMMENT ON COLUMN core.station.boot_status IS 'Last boot answer given; NULL: never booted here';
COMMENT ON COLUMN core.station.last_boot_at IS 'When the last BootNotification came';
COMMENT ON COLUMN core.station.boot_reason IS 'Reason given in the last BootNotification';
COMMENT ON COLUMN core.station.vendor IS 'vendorName of the last BootNotification';
COMMENT ON COLUMN core.station.model IS 'model of the last BootNotification';
COMMENT ON COLUMN core.station.serial_number IS 'serialNumber of the last BootNotification';
COMMENT ON COLUMN core.station.firmware_version IS 'firmwareVersion of the last BootNotification';
COMMENT ON COLUMN core.station.iccid IS 'SIM card, of the last BootNotification';
COMMENT ON COLUMN core.station.imsi IS 'Subscriber identity, of the last BootNotification';
COMMENT ON COLUMN core.station.inventory_key IS 'Vendor, model, serial number and firmware for which a full inventory was last asked (B07.FR.14)';
COMMENT ON COLUMN core.station.next_request_id IS 'Next requestId we give to a report request of this station';
COMMENT ON COLUMN core.station.created_at IS 'When an operator created it';

CREATE TABLE core.connection (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	node_id bigint NOT NULL REFERENCES core.node,
	key uuid NOT NULL UNIQUE,
	opened_at timestamptz NOT NULL,
	closed_at timestamptz,
	last_proof_at timestamptz NOT NULL,
	close_reason text,
	remote_address inet,
	security_profile int NOT NULL CHECK (security_profile BETWEEN 1 AND 3),
	subprotocol text NOT NULL,
	certificate_subject text,
	CHECK ((closed_at IS NULL) = (close_reason IS NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX connection_open_key ON core.connection (station_id) WHERE closed_at IS NULL;
CREATE INDEX connection_station ON core.connection (station_id, opened_at);
COMMENT ON TABLE core.connection IS 'Each WebSocket of a station; its id is the epoch that fences the owner';
COMMENT ON COLUMN core.connection.id IS 'Key: rises with each connection';
COMMENT ON COLUMN core.connection.station_id IS 'The station';
COMMENT ON COLUMN core.connection.node_id IS 'The node that holds the socket';
COMMENT ON COLUMN core.connection.key IS 'Chosen by the node: opening twice with one key is one connection';
COMMENT ON COLUMN core.connection.opened_at IS 'When the handshake was accepted';
COMMENT ON COLUMN core.connection.closed_at IS 'When its end became known; NULL: open';
COMMENT ON COLUMN core.connection.last_proof_at IS 'Last proof of life (any frame or pong): reachability ends here, not at closed_at';
COMMENT ON COLUMN core.connection.close_reason IS 'Why it ended';
COMMENT ON COLUMN core.connection.remote_address IS 'Address of the peer';
COMMENT ON COLUMN core.connection.security_profile IS 'Security profile in use';
COMMENT ON COLUMN core.connection.subprotocol IS 'Negotiated WebSocket subprotocol';
COMMENT ON COLUMN core.connection.certificate_subject IS 'Subject of the client certificate (profile 3)';

CREATE TABLE core.boot (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint NOT NULL,
	received_at timestamptz NOT NULL,
	reason text NOT NULL,
	status text NOT NULL CHECK (status IN ('Accepted', 'Pending', 'Rejected')),
	repeated boolean NOT NULL,
	payload jsonb NOT NULL,
	answer text NOT NULL,
	UNIQUE (station_id, received_at)
);
COMMENT ON TABLE core.boot IS 'Each BootNotification and its answer';
COMMENT ON COLUMN core.boot.id IS 'Key';
COMMENT ON COLUMN core.boot.station_id IS 'The station';
COMMENT ON COLUMN core.boot.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.boot.received_at IS 'When it came';
COMMENT ON COLUMN core.boot.reason IS 'BootReasonEnumType';
COMMENT ON COLUMN core.boot.status IS 'Answer given';
COMMENT ON COLUMN core.boot.repeated IS 'True: the same message had come on the same connection, so this is no further boot';
COMMENT ON COLUMN core.boot.payload IS 'The request';
COMMENT ON COLUMN core.boot.answer IS 'The response, as sent';

CREATE TABLE core.evse (
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	evse_no int NOT NULL CHECK (evse_no > 0),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (station_id, evse_no)
);
COMMENT ON TABLE core.evse IS 'EVSEs a station has told of';
COMMENT ON COLUMN core.evse.station_id IS 'The station';
COMMENT ON COLUMN core.evse.evse_no IS 'EVSE id, from 1';
COMMENT ON COLUMN core.evse.created_at IS 'When it was first told of';

CREATE TABLE core.connector (
	station_id bigint NOT NULL,
	evse_no int NOT NULL,
	connector_no int NOT NULL CHECK (connector_no > 0),
	status text NOT NULL CHECK (status IN ('Available', 'Occupied', 'Reserved', 'Unavailable', 'Faulted')),
	status_at timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	PRIMARY KEY (station_id, evse_no, connector_no),
	FOREIGN KEY (station_id, evse_no) REFERENCES core.evse ON DELETE CASCADE
) WITH (fillfactor = 80);
COMMENT ON TABLE core.connector IS 'Connectors and their present status';
COMMENT ON COLUMN core.connector.station_id IS 'The station';
COMMENT ON COLUMN core.connector.evse_no IS 'EVSE id, from 1';
COMMENT ON COLUMN core.connector.connector_no IS 'Connector id within the EVSE, from 1';
COMMENT ON COLUMN core.connector.status IS 'ConnectorStatusEnumType';
COMMENT ON COLUMN core.connector.status_at IS 'Since when: the station''s time, never later than received_at';
COMMENT ON COLUMN core.connector.received_at IS 'When the message with this status came';

CREATE TABLE core.connector_status (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	evse_no int NOT NULL,
	connector_no int NOT NULL,
	status text NOT NULL,
	event_at timestamptz NOT NULL,
	effective_at timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	connection_id bigint,
	source text NOT NULL CHECK (source IN ('StatusNotification', 'NotifyEvent')),
	UNIQUE (station_id, evse_no, connector_no, event_at, status)
);
COMMENT ON TABLE core.connector_status IS 'History of connector statuses; the unique key makes a repeat do nothing';
COMMENT ON COLUMN core.connector_status.id IS 'Key';
COMMENT ON COLUMN core.connector_status.station_id IS 'The station';
COMMENT ON COLUMN core.connector_status.evse_no IS 'EVSE id';
COMMENT ON COLUMN core.connector_status.connector_no IS 'Connector id within the EVSE';
COMMENT ON COLUMN core.connector_status.status IS 'Status as received';
COMMENT ON COLUMN core.connector_status.event_at IS 'Time stated by the station';
COMMENT ON COLUMN core.connector_status.effective_at IS 'event_at, or received_at if the station''s clock was ahead or not set';
COMMENT ON COLUMN core.connector_status.received_at IS 'When the message came';
COMMENT ON COLUMN core.connector_status.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.connector_status.source IS 'Message that carried it (G01, G05)';

CREATE TABLE core.event (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint,
	received_at timestamptz NOT NULL,
	generated_at timestamptz NOT NULL,
	event_at timestamptz NOT NULL,
	event_no int NOT NULL,
	trigger text NOT NULL,
	kind text NOT NULL,
	component text NOT NULL,
	component_instance text,
	evse_no int,
	connector_no int,
	variable text NOT NULL,
	variable_instance text,
	value text NOT NULL,
	cleared boolean NOT NULL DEFAULT false,
	transaction_id text,
	data jsonb NOT NULL,
	digest uuid NOT NULL,
	UNIQUE (station_id, event_at, digest)
);
COMMENT ON TABLE core.event IS 'Each element of eventData of NotifyEvent (N07)';
COMMENT ON COLUMN core.event.id IS 'Key';
COMMENT ON COLUMN core.event.station_id IS 'The station';
COMMENT ON COLUMN core.event.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.event.received_at IS 'When the message came';
COMMENT ON COLUMN core.event.generated_at IS 'When the station made the message, by its clock';
COMMENT ON COLUMN core.event.event_at IS 'When the event happened, by the station''s clock';
COMMENT ON COLUMN core.event.event_no IS 'eventId';
COMMENT ON COLUMN core.event.trigger IS 'Alerting, Delta or Periodic';
COMMENT ON COLUMN core.event.kind IS 'eventNotificationType';
COMMENT ON COLUMN core.event.component IS 'Component name';
COMMENT ON COLUMN core.event.component_instance IS 'Component instance';
COMMENT ON COLUMN core.event.evse_no IS 'EVSE id of the component';
COMMENT ON COLUMN core.event.connector_no IS 'Connector id of the component';
COMMENT ON COLUMN core.event.variable IS 'Variable name';
COMMENT ON COLUMN core.event.variable_instance IS 'Variable instance';
COMMENT ON COLUMN core.event.value IS 'actualValue';
COMMENT ON COLUMN core.event.cleared IS 'True: the monitored condition is over';
COMMENT ON COLUMN core.event.transaction_id IS 'OCPP transactionId, if the event belongs to one';
COMMENT ON COLUMN core.event.data IS 'The whole element as received';
COMMENT ON COLUMN core.event.digest IS 'MD5 of element, seqNo and generatedAt: a repeat has the same';

CREATE TABLE core.security_event (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint,
	received_at timestamptz NOT NULL,
	event_at timestamptz NOT NULL,
	origin text NOT NULL CHECK (origin IN ('station', 'csms')),
	type text NOT NULL,
	tech_info text,
	digest uuid NOT NULL,
	UNIQUE (station_id, event_at, digest)
);
CREATE INDEX security_event_received ON core.security_event (received_at);
COMMENT ON TABLE core.security_event IS 'SecurityEventNotification (A04), and what we ourselves found suspicious';
COMMENT ON COLUMN core.security_event.id IS 'Key';
COMMENT ON COLUMN core.security_event.station_id IS 'The station';
COMMENT ON COLUMN core.security_event.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.security_event.received_at IS 'When the message came';
COMMENT ON COLUMN core.security_event.event_at IS 'When it happened, by the clock of the origin';
COMMENT ON COLUMN core.security_event.origin IS 'station: reported; csms: found by us';
COMMENT ON COLUMN core.security_event.type IS 'Event type; free text, vendors add their own';
COMMENT ON COLUMN core.security_event.tech_info IS 'Details';
COMMENT ON COLUMN core.security_event.digest IS 'MD5 of the content: a repeat has the same';

---- Authorization ---------------------------------------------------------------------------------

CREATE TABLE core.id_token (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	token text NOT NULL CHECK (length(token) BETWEEN 1 AND 36),
	type text NOT NULL CHECK (type IN ('Central', 'eMAID', 'ISO14443', 'ISO15693', 'KeyCode', 'Local', 'MacAddress')),
	status text NOT NULL DEFAULT 'Accepted' CHECK (status IN ('Accepted', 'Blocked', 'ConcurrentTx', 'Expired', 'Invalid', 'NoCredit',
		'NotAllowedTypeEVSE', 'NotAtThisLocation', 'NotAtThisTime', 'Unknown')),
	group_token text CHECK (length(group_token) BETWEEN 1 AND 36),
	group_type text CHECK (group_type IN ('Central', 'eMAID', 'ISO14443', 'ISO15693', 'KeyCode', 'Local', 'MacAddress')),
	master boolean NOT NULL DEFAULT false,
	expires_at timestamptz,
	cache_expires_at timestamptz,
	evse_ids int[] CHECK (cardinality(evse_ids) > 0),
	charging_priority int CHECK (charging_priority BETWEEN -9 AND 9),
	language1 text CHECK (length(language1) <= 8),
	language2 text CHECK (length(language2) <= 8),
	personal_message jsonb,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CHECK ((group_token IS NULL) = (group_type IS NULL)),
	CHECK (group_token IS NOT NULL OR NOT master)
);
CREATE UNIQUE INDEX id_token_key ON core.id_token (lower(token), type);
COMMENT ON TABLE core.id_token IS 'Identifiers of drivers, and what they may';
COMMENT ON COLUMN core.id_token.id IS 'Key';
COMMENT ON COLUMN core.id_token.token IS 'idToken; compared without regard to case';
COMMENT ON COLUMN core.id_token.type IS 'IdTokenEnumType; NoAuthorization needs no row';
COMMENT ON COLUMN core.id_token.status IS 'AuthorizationStatusEnumType to answer while not expired';
COMMENT ON COLUMN core.id_token.group_token IS 'groupIdToken: tokens of one group may stop each other''s transactions (C09)';
COMMENT ON COLUMN core.id_token.group_type IS 'Type of group_token';
COMMENT ON COLUMN core.id_token.master IS 'The group is the master pass group: may stop, may not start (C16.FR.03)';
COMMENT ON COLUMN core.id_token.expires_at IS 'From then on the answer is Expired; NULL: never';
COMMENT ON COLUMN core.id_token.cache_expires_at IS 'cacheExpiryDateTime of the answer; NULL: expires_at';
COMMENT ON COLUMN core.id_token.evse_ids IS 'EVSE ids it is good for; NULL: all';
COMMENT ON COLUMN core.id_token.charging_priority IS 'chargingPriority of the answer, -9 to 9';
COMMENT ON COLUMN core.id_token.language1 IS 'Preferred language';
COMMENT ON COLUMN core.id_token.language2 IS 'Second language';
COMMENT ON COLUMN core.id_token.personal_message IS 'MessageContentType shown to the driver';
COMMENT ON COLUMN core.id_token.created_at IS 'When it was created';
COMMENT ON COLUMN core.id_token.updated_at IS 'When it was last changed';

CREATE TABLE core.authorization_attempt (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint,
	received_at timestamptz NOT NULL,
	source text NOT NULL CHECK (source IN ('Authorize', 'TransactionEvent')),
	token text NOT NULL,
	type text NOT NULL,
	status text NOT NULL,
	transaction_id text,
	answer text NOT NULL,
	UNIQUE (station_id, received_at, source)
);
COMMENT ON TABLE core.authorization_attempt IS 'Each time a token was shown, and the answer';
COMMENT ON COLUMN core.authorization_attempt.id IS 'Key';
COMMENT ON COLUMN core.authorization_attempt.station_id IS 'The station';
COMMENT ON COLUMN core.authorization_attempt.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.authorization_attempt.received_at IS 'When the message came';
COMMENT ON COLUMN core.authorization_attempt.source IS 'Message that carried the token';
COMMENT ON COLUMN core.authorization_attempt.token IS 'The token as shown; *** for type KeyCode (C04.FR.04)';
COMMENT ON COLUMN core.authorization_attempt.type IS 'IdTokenEnumType as shown';
COMMENT ON COLUMN core.authorization_attempt.status IS 'Status answered';
COMMENT ON COLUMN core.authorization_attempt.transaction_id IS 'OCPP transactionId (TransactionEvent only)';
COMMENT ON COLUMN core.authorization_attempt.answer IS 'The response, as sent';

---- Transactions ----------------------------------------------------------------------------------

-- Readings compare by time, then by seqNo, so that the first and the last of a transaction are the least
-- and the greatest, in whatever order they arrive.
CREATE TYPE core.reading AS (at timestamptz, seq_no int, value numeric);
COMMENT ON TYPE core.reading IS 'A sampled value; sorts by time, then by the seqNo of the event that carried it';
COMMENT ON COLUMN core.reading.at IS 'Time of the sample, by the station''s clock';
COMMENT ON COLUMN core.reading.seq_no IS 'seqNo of the event';
COMMENT ON COLUMN core.reading.value IS 'Value in the base unit';

-- core.transaction and core.transaction_event are written thousands of times a second, by core.take_transaction_event and
-- nothing else.  They have no CHECK constraints, no generated columns and no foreign key between them: PostgreSQL
-- parses and sets up each of these anew for every statement, which together would double the cost of an event.  What can
-- be derived (energy, completeness, start) is derived in report.session.
CREATE TABLE core.transaction (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station,
	transaction_id text COLLATE "C" NOT NULL,
	-- The set of events
	event_count int NOT NULL DEFAULT 0,
	min_seq int NOT NULL,
	max_seq int NOT NULL,
	outside_count int NOT NULL DEFAULT 0,
	conflicts int NOT NULL DEFAULT 0,
	offline boolean NOT NULL DEFAULT false,
	first_event_at timestamptz NOT NULL,
	last_event_at timestamptz NOT NULL,
	-- What Started and Ended say
	started_seq int,
	started_event_at timestamptz,
	ended_seq int,
	ended_at timestamptz,
	stop_reason text,
	-- What one event or another carries: that with the lowest seqNo counts
	evse_seq int,
	evse_no int,
	connector_seq int,
	connector_no int,
	token_seq int,
	token text,
	token_type text,
	token_status text,
	remote_start_seq int,
	remote_start_id int,
	reservation_seq int,
	reservation_id int,
	-- The highest seqNo counts
	charging_state_seq int,
	charging_state text,
	-- Readings
	import_first core.reading,
	import_last core.reading,
	export_first core.reading,
	export_last core.reading,
	import_interval_wh numeric,
	export_interval_wh numeric,
	import_ended_wh numeric,
	export_ended_wh numeric,
	power_last core.reading,
	soc_last core.reading,
	-- open until Ended has come, or a reboot has lost it
	state text NOT NULL DEFAULT 'open',
	abandoned_at timestamptz,
	abandoned_reason text,
	-- Counted in core.session_total
	settled boolean NOT NULL DEFAULT false,
	settled_ended int NOT NULL DEFAULT 0,
	settled_charged_wh numeric NOT NULL DEFAULT 0,
	settled_discharged_wh numeric NOT NULL DEFAULT 0,
	UNIQUE (station_id, transaction_id)
) WITH (fillfactor = 50);
CREATE INDEX transaction_unsettled ON core.transaction (station_id) WHERE NOT settled;
CREATE INDEX transaction_first_event ON core.transaction (first_event_at);
COMMENT ON TABLE core.transaction IS 'A transaction: a function of the set of its events, whatever the order in which they arrive (E01 to E15)';
COMMENT ON COLUMN core.transaction.id IS 'Key';
COMMENT ON COLUMN core.transaction.station_id IS 'The station';
COMMENT ON COLUMN core.transaction.transaction_id IS 'transactionId, chosen by the station (E01.FR.08)';
COMMENT ON COLUMN core.transaction.event_count IS 'Events stored';
COMMENT ON COLUMN core.transaction.min_seq IS 'Lowest seqNo stored';
COMMENT ON COLUMN core.transaction.max_seq IS 'Highest seqNo stored';
COMMENT ON COLUMN core.transaction.outside_count IS 'Events whose seqNo lies before Started or after Ended; 0 for a sane station';
COMMENT ON COLUMN core.transaction.conflicts IS 'Events that came under a seqNo already taken by a different one (core.transaction_conflict)';
COMMENT ON COLUMN core.transaction.offline IS 'True: at least one event happened while the station was offline';
COMMENT ON COLUMN core.transaction.first_event_at IS 'Earliest time stated by an event';
COMMENT ON COLUMN core.transaction.last_event_at IS 'Latest time stated by an event';
COMMENT ON COLUMN core.transaction.started_seq IS 'seqNo of Started; NULL: it has not come';
COMMENT ON COLUMN core.transaction.started_event_at IS 'Time stated by Started';
COMMENT ON COLUMN core.transaction.ended_seq IS 'seqNo of Ended; NULL: it has not come';
COMMENT ON COLUMN core.transaction.ended_at IS 'Time stated by Ended';
COMMENT ON COLUMN core.transaction.stop_reason IS 'stoppedReason of Ended; Local if left out, as the protocol has it';
COMMENT ON COLUMN core.transaction.evse_seq IS 'seqNo of the first event with evse';
COMMENT ON COLUMN core.transaction.evse_no IS 'EVSE id';
COMMENT ON COLUMN core.transaction.connector_seq IS 'seqNo of the first event with a connector';
COMMENT ON COLUMN core.transaction.connector_no IS 'Connector id';
COMMENT ON COLUMN core.transaction.token_seq IS 'seqNo of the first event with idToken';
COMMENT ON COLUMN core.transaction.token IS 'idToken; *** for type KeyCode';
COMMENT ON COLUMN core.transaction.token_type IS 'Type of the token';
COMMENT ON COLUMN core.transaction.token_status IS 'What we answered for it';
COMMENT ON COLUMN core.transaction.remote_start_seq IS 'seqNo of the first event with remoteStartId';
COMMENT ON COLUMN core.transaction.remote_start_id IS 'remoteStartId: ties it to RequestStartTransaction (F01)';
COMMENT ON COLUMN core.transaction.reservation_seq IS 'seqNo of the first event with reservationId';
COMMENT ON COLUMN core.transaction.reservation_id IS 'reservationId: the reservation it used up';
COMMENT ON COLUMN core.transaction.charging_state_seq IS 'seqNo of the last event with chargingState';
COMMENT ON COLUMN core.transaction.charging_state IS 'ChargingStateEnumType of that event';
COMMENT ON COLUMN core.transaction.import_first IS 'First Energy.Active.Import.Register at the outlet, all phases, Wh';
COMMENT ON COLUMN core.transaction.import_last IS 'Last Energy.Active.Import.Register, Wh';
COMMENT ON COLUMN core.transaction.export_first IS 'First Energy.Active.Export.Register, Wh';
COMMENT ON COLUMN core.transaction.export_last IS 'Last Energy.Active.Export.Register, Wh';
COMMENT ON COLUMN core.transaction.import_interval_wh IS 'Sum of Energy.Active.Import.Interval as sampled during the transaction and at its end';
COMMENT ON COLUMN core.transaction.export_interval_wh IS 'Sum of Energy.Active.Export.Interval as sampled during the transaction and at its end';
COMMENT ON COLUMN core.transaction.import_ended_wh IS 'Sum of Energy.Active.Import.Interval in Ended, which may repeat the whole transaction';
COMMENT ON COLUMN core.transaction.export_ended_wh IS 'Sum of Energy.Active.Export.Interval in Ended, which may repeat the whole transaction';
COMMENT ON COLUMN core.transaction.power_last IS 'Latest Power.Active sample, W, positive from the vehicle to the grid';
COMMENT ON COLUMN core.transaction.soc_last IS 'Latest SoC sample, percent';
COMMENT ON COLUMN core.transaction.state IS 'open; ended: Ended has come; abandoned: reconciled after a reboot';
COMMENT ON COLUMN core.transaction.abandoned_at IS 'When reconciliation found that the station no longer knows it (E14)';
COMMENT ON COLUMN core.transaction.abandoned_reason IS 'What the station said';
COMMENT ON COLUMN core.transaction.settled IS 'True: what follows is what it really comes to; false: an event came since, or never settled';
COMMENT ON COLUMN core.transaction.settled_ended IS '1 once counted as ended in core.session_total';
COMMENT ON COLUMN core.transaction.settled_charged_wh IS 'Energy counted in core.session_total';
COMMENT ON COLUMN core.transaction.settled_discharged_wh IS 'Energy counted in core.session_total';

CREATE TABLE core.transaction_event (
	transaction_id bigint NOT NULL,
	seq_no int NOT NULL,
	event_type text NOT NULL,
	event_at timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	connection_id bigint NOT NULL,
	answer text,
	payload jsonb NOT NULL,
	PRIMARY KEY (transaction_id, seq_no)
);
CREATE INDEX transaction_event_received ON core.transaction_event USING brin (received_at);
COMMENT ON TABLE core.transaction_event IS 'Each TransactionEvent, once';
COMMENT ON COLUMN core.transaction_event.transaction_id IS 'core.transaction.id';
COMMENT ON COLUMN core.transaction_event.seq_no IS 'seqNo';
COMMENT ON COLUMN core.transaction_event.event_type IS 'Started, Updated or Ended';
COMMENT ON COLUMN core.transaction_event.event_at IS 'Time stated by the station';
COMMENT ON COLUMN core.transaction_event.received_at IS 'When it came';
COMMENT ON COLUMN core.transaction_event.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.transaction_event.answer IS 'The response, as sent; NULL: {}';
COMMENT ON COLUMN core.transaction_event.payload IS 'The request as received, meter values included (charging positive); a KeyCode is replaced by ***';

CREATE TABLE core.transaction_conflict (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	transaction_id bigint NOT NULL REFERENCES core.transaction ON DELETE CASCADE,
	seq_no int NOT NULL,
	event_type text NOT NULL,
	event_at timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	connection_id bigint NOT NULL,
	answer text NOT NULL,
	payload jsonb NOT NULL,
	UNIQUE (transaction_id, seq_no, event_type, event_at)
);
COMMENT ON TABLE core.transaction_conflict IS 'Events whose seqNo was already taken by a different event: the station has used a transactionId again';
COMMENT ON COLUMN core.transaction_conflict.id IS 'Key';
COMMENT ON COLUMN core.transaction_conflict.transaction_id IS 'core.transaction.id';
COMMENT ON COLUMN core.transaction_conflict.seq_no IS 'seqNo';
COMMENT ON COLUMN core.transaction_conflict.event_type IS 'Started, Updated or Ended';
COMMENT ON COLUMN core.transaction_conflict.event_at IS 'Time stated by the station';
COMMENT ON COLUMN core.transaction_conflict.received_at IS 'When it came';
COMMENT ON COLUMN core.transaction_conflict.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.transaction_conflict.answer IS 'The response, as sent';
COMMENT ON COLUMN core.transaction_conflict.payload IS 'The request as received; a KeyCode is replaced by ***';

CREATE TABLE core.session_total (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	ended bigint NOT NULL DEFAULT 0,
	charged_wh numeric NOT NULL DEFAULT 0,
	discharged_wh numeric NOT NULL DEFAULT 0
);
INSERT INTO core.session_total DEFAULT VALUES;
COMMENT ON TABLE core.session_total IS 'Sum over settled transactions, so that the fleet''s figures need not add up all history';
COMMENT ON COLUMN core.session_total.one IS 'There is one row';
COMMENT ON COLUMN core.session_total.ended IS 'Sum of settled_ended';
COMMENT ON COLUMN core.session_total.charged_wh IS 'Sum of settled_charged_wh';
COMMENT ON COLUMN core.session_total.discharged_wh IS 'Sum of settled_discharged_wh';

CREATE TABLE core.meter_report (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint NOT NULL,
	received_at timestamptz NOT NULL,
	evse_no int NOT NULL,
	sampled_at timestamptz NOT NULL,
	meter_value jsonb NOT NULL,
	digest uuid NOT NULL,
	UNIQUE (station_id, sampled_at, digest)
);
CREATE INDEX meter_report_received ON core.meter_report USING brin (received_at);
COMMENT ON TABLE core.meter_report IS 'Each MeterValues message: samples outside transactions (J01)';
COMMENT ON COLUMN core.meter_report.id IS 'Key';
COMMENT ON COLUMN core.meter_report.station_id IS 'The station';
COMMENT ON COLUMN core.meter_report.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.meter_report.received_at IS 'When it came';
COMMENT ON COLUMN core.meter_report.evse_no IS 'EVSE id; 0: the main meter of the station';
COMMENT ON COLUMN core.meter_report.sampled_at IS 'Time of the first sample';
COMMENT ON COLUMN core.meter_report.meter_value IS 'meterValue as received (charging positive)';
COMMENT ON COLUMN core.meter_report.digest IS 'MD5 of the content: a repeat has the same';

---- Device model ----------------------------------------------------------------------------------

CREATE TABLE core.device_variable (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	component text NOT NULL,
	component_instance text NOT NULL DEFAULT '',
	evse_no int NOT NULL DEFAULT 0,
	connector_no int NOT NULL DEFAULT 0,
	variable text NOT NULL,
	variable_instance text NOT NULL DEFAULT '',
	attribute text NOT NULL CHECK (attribute IN ('Actual', 'Target', 'MinSet', 'MaxSet')),
	value text,
	mutability text CHECK (mutability IN ('ReadOnly', 'WriteOnly', 'ReadWrite')),
	persistent boolean,
	constant boolean,
	received_at timestamptz NOT NULL,
	source text NOT NULL CHECK (source IN ('NotifyReport', 'GetVariables', 'SetVariables'))
);
CREATE UNIQUE INDEX device_variable_key ON core.device_variable (station_id, lower(component), lower(component_instance),
	evse_no, connector_no, lower(variable), lower(variable_instance), attribute);
COMMENT ON TABLE core.device_variable IS 'Device model: one row per attribute of a variable of a component';
COMMENT ON COLUMN core.device_variable.id IS 'Key';
COMMENT ON COLUMN core.device_variable.station_id IS 'The station';
COMMENT ON COLUMN core.device_variable.component IS 'Component name; compared without regard to case, like the other names';
COMMENT ON COLUMN core.device_variable.component_instance IS 'Component instance; empty: none';
COMMENT ON COLUMN core.device_variable.evse_no IS 'EVSE id of the component; 0: none';
COMMENT ON COLUMN core.device_variable.connector_no IS 'Connector id of the component; 0: none';
COMMENT ON COLUMN core.device_variable.variable IS 'Variable name';
COMMENT ON COLUMN core.device_variable.variable_instance IS 'Variable instance; empty: none';
COMMENT ON COLUMN core.device_variable.attribute IS 'Attribute type';
COMMENT ON COLUMN core.device_variable.value IS 'Value last told; NULL: unset';
COMMENT ON COLUMN core.device_variable.mutability IS 'ReadOnly, WriteOnly or ReadWrite; NULL: not told';
COMMENT ON COLUMN core.device_variable.persistent IS 'Kept over a reboot; NULL: not told';
COMMENT ON COLUMN core.device_variable.constant IS 'Never changes; NULL: not told';
COMMENT ON COLUMN core.device_variable.received_at IS 'When the value was told';
COMMENT ON COLUMN core.device_variable.source IS 'Message it was told in';

CREATE TABLE core.device_characteristic (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	component text NOT NULL,
	component_instance text NOT NULL DEFAULT '',
	evse_no int NOT NULL DEFAULT 0,
	connector_no int NOT NULL DEFAULT 0,
	variable text NOT NULL,
	variable_instance text NOT NULL DEFAULT '',
	data_type text NOT NULL,
	unit text,
	min_limit numeric,
	max_limit numeric,
	values_list text,
	supports_monitoring boolean NOT NULL,
	received_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX device_characteristic_key ON core.device_characteristic (station_id, lower(component), lower(component_instance),
	evse_no, connector_no, lower(variable), lower(variable_instance));
COMMENT ON TABLE core.device_characteristic IS 'Device model: characteristics of a variable of a component';
COMMENT ON COLUMN core.device_characteristic.id IS 'Key';
COMMENT ON COLUMN core.device_characteristic.station_id IS 'The station';
COMMENT ON COLUMN core.device_characteristic.component IS 'Component name';
COMMENT ON COLUMN core.device_characteristic.component_instance IS 'Component instance; empty: none';
COMMENT ON COLUMN core.device_characteristic.evse_no IS 'EVSE id of the component; 0: none';
COMMENT ON COLUMN core.device_characteristic.connector_no IS 'Connector id of the component; 0: none';
COMMENT ON COLUMN core.device_characteristic.variable IS 'Variable name';
COMMENT ON COLUMN core.device_characteristic.variable_instance IS 'Variable instance; empty: none';
COMMENT ON COLUMN core.device_characteristic.data_type IS 'DataEnumType';
COMMENT ON COLUMN core.device_characteristic.unit IS 'Unit of the value';
COMMENT ON COLUMN core.device_characteristic.min_limit IS 'Least value';
COMMENT ON COLUMN core.device_characteristic.max_limit IS 'Greatest value, or length of a string or list';
COMMENT ON COLUMN core.device_characteristic.values_list IS 'Allowed values, separated by commas';
COMMENT ON COLUMN core.device_characteristic.supports_monitoring IS 'Monitors can be set on it';
COMMENT ON COLUMN core.device_characteristic.received_at IS 'When it was told';

---- Commands and the API --------------------------------------------------------------------------

CREATE TABLE core.api_token (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
	role text NOT NULL CHECK (role IN ('admin', 'operator', 'utility', 'viewer')),
	hash text NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by bigint REFERENCES core.api_token,
	expires_at timestamptz,
	revoked_at timestamptz
);
CREATE UNIQUE INDEX api_token_name_key ON core.api_token (lower(name)) WHERE revoked_at IS NULL;
COMMENT ON TABLE core.api_token IS 'Bearer tokens of the HTTP API';
COMMENT ON COLUMN core.api_token.id IS 'Key';
COMMENT ON COLUMN core.api_token.name IS 'Who or what uses it; unique among those in force';
COMMENT ON COLUMN core.api_token.role IS 'What it may';
COMMENT ON COLUMN core.api_token.hash IS 'SHA-256 of the token, hexadecimal; the token itself is shown once and not kept';
COMMENT ON COLUMN core.api_token.created_at IS 'When it was made';
COMMENT ON COLUMN core.api_token.created_by IS 'Token that made it; NULL: the command line';
COMMENT ON COLUMN core.api_token.expires_at IS 'From then on it is refused; NULL: never';
COMMENT ON COLUMN core.api_token.revoked_at IS 'When it was revoked';

CREATE TABLE core.audit (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT now(),
	token_id bigint,
	action text NOT NULL,
	subject text NOT NULL,
	before jsonb,
	after jsonb
);
CREATE INDEX audit_at ON core.audit (at);
COMMENT ON TABLE core.audit IS 'Who changed what; appended only';
COMMENT ON COLUMN core.audit.id IS 'Key';
COMMENT ON COLUMN core.audit.at IS 'When';
COMMENT ON COLUMN core.audit.token_id IS 'core.api_token.id of the caller; NULL: the system itself';
COMMENT ON COLUMN core.audit.action IS 'API function';
COMMENT ON COLUMN core.audit.subject IS 'What it was done to';
COMMENT ON COLUMN core.audit.before IS 'State before, without secrets';
COMMENT ON COLUMN core.audit.after IS 'State after, without secrets';

CREATE TABLE core.command (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	action text NOT NULL,
	payload json NOT NULL,
	origin text NOT NULL,
	token_id bigint,
	idempotency_key text,
	request_hash text,
	secret_hash text,
	transaction_id bigint REFERENCES core.transaction,
	state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'answered', 'failed', 'timed_out', 'uncertain', 'expired')),
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	claim uuid,
	connection_id bigint,
	sent_at timestamptz,
	done_at timestamptz,
	response jsonb,
	error_code text,
	error_description text,
	error_details jsonb,
	CHECK ((state IN ('queued', 'sent')) = (done_at IS NULL)),
	CHECK ((connection_id IS NULL) = (state IN ('queued', 'expired')))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX command_idempotency_key ON core.command (coalesce(token_id, 0), idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX command_claim_key ON core.command (claim) WHERE claim IS NOT NULL;
CREATE UNIQUE INDEX command_sent_key ON core.command (connection_id) WHERE state = 'sent';
CREATE INDEX command_queued ON core.command (station_id, position) WHERE state = 'queued';
CREATE INDEX command_station ON core.command (station_id, position);
COMMENT ON TABLE core.command IS 'Ledger of calls to stations; none lives in memory only';
COMMENT ON COLUMN core.command.id IS 'Key, and the OCPP message id of the call';
COMMENT ON COLUMN core.command.position IS 'Order of submission';
COMMENT ON COLUMN core.command.station_id IS 'The station';
COMMENT ON COLUMN core.command.action IS 'OCPP action';
COMMENT ON COLUMN core.command.payload IS 'The request as submitted; secrets are replaced by *** once the outcome is known';
COMMENT ON COLUMN core.command.origin IS 'Who wants it: api, boot, reconcile, ...';
COMMENT ON COLUMN core.command.token_id IS 'core.api_token.id of the caller; NULL: the system itself';
COMMENT ON COLUMN core.command.idempotency_key IS 'Chosen by the caller: a repeat is the same command';
COMMENT ON COLUMN core.command.request_hash IS 'Hash of the request, to tell a repeat from another request under the same key';
COMMENT ON COLUMN core.command.secret_hash IS 'Salted hash of the password that it sets';
COMMENT ON COLUMN core.command.transaction_id IS 'core.transaction.id that it asks about (origin reconcile)';
COMMENT ON COLUMN core.command.state IS 'queued, sent, then answered, failed (CALLERROR), timed_out, or uncertain (the connection went); expired: never sent';
COMMENT ON COLUMN core.command.created_at IS 'When it was submitted';
COMMENT ON COLUMN core.command.expires_at IS 'It is not sent after this';
COMMENT ON COLUMN core.command.claim IS 'Chosen by the node: claiming twice with one claim is one claim';
COMMENT ON COLUMN core.command.connection_id IS 'Connection it was sent on';
COMMENT ON COLUMN core.command.sent_at IS 'When it was claimed for sending';
COMMENT ON COLUMN core.command.done_at IS 'When the final state was reached';
COMMENT ON COLUMN core.command.response IS 'Payload of the CALLRESULT';
COMMENT ON COLUMN core.command.error_code IS 'Code of the CALLERROR';
COMMENT ON COLUMN core.command.error_description IS 'Description of the CALLERROR';
COMMENT ON COLUMN core.command.error_details IS 'Details of the CALLERROR';

CREATE TABLE core.report_request (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	request_id int NOT NULL,
	kind text NOT NULL,
	command_id uuid REFERENCES core.command ON DELETE SET NULL,
	asked_at timestamptz NOT NULL,
	refused text,
	parts int8multirange NOT NULL DEFAULT '{}',
	last_seq int CHECK (last_seq >= 0),
	last_received_at timestamptz,
	complete boolean NOT NULL GENERATED ALWAYS AS (coalesce(parts @> int8range(0, last_seq::bigint + 1), false)) STORED,
	gaps int8multirange NOT NULL GENERATED ALWAYS AS
		(int8multirange(int8range(0, coalesce(greatest(upper(parts), last_seq::bigint + 1), 0))) - parts) STORED,
	UNIQUE (station_id, request_id)
);
COMMENT ON TABLE core.report_request IS 'Reports asked of a station, and which parts have come (B07, B08)';
COMMENT ON COLUMN core.report_request.id IS 'Key';
COMMENT ON COLUMN core.report_request.station_id IS 'The station';
COMMENT ON COLUMN core.report_request.request_id IS 'requestId';
COMMENT ON COLUMN core.report_request.kind IS 'Action that asks for it, with the report base if any';
COMMENT ON COLUMN core.report_request.command_id IS 'core.command.id that asks for it';
COMMENT ON COLUMN core.report_request.asked_at IS 'When it was asked for';
COMMENT ON COLUMN core.report_request.refused IS 'Status or error with which the station refused; NULL: it did not';
COMMENT ON COLUMN core.report_request.parts IS 'seqNos received';
COMMENT ON COLUMN core.report_request.last_seq IS 'seqNo of the part that said it was the last';
COMMENT ON COLUMN core.report_request.last_received_at IS 'When the latest part came';
COMMENT ON COLUMN core.report_request.complete IS 'True: every part from 0 to the last has come';
COMMENT ON COLUMN core.report_request.gaps IS 'seqNos missing below the highest known';

---- Other messages --------------------------------------------------------------------------------

CREATE TABLE core.data_transfer (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint NOT NULL,
	received_at timestamptz NOT NULL,
	vendor_id text NOT NULL,
	message_id text,
	data jsonb,
	status text NOT NULL,
	UNIQUE (station_id, received_at)
);
COMMENT ON TABLE core.data_transfer IS 'DataTransfer from stations (P02)';
COMMENT ON COLUMN core.data_transfer.id IS 'Key';
COMMENT ON COLUMN core.data_transfer.station_id IS 'The station';
COMMENT ON COLUMN core.data_transfer.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.data_transfer.received_at IS 'When it came';
COMMENT ON COLUMN core.data_transfer.vendor_id IS 'vendorId';
COMMENT ON COLUMN core.data_transfer.message_id IS 'messageId';
COMMENT ON COLUMN core.data_transfer.data IS 'data';
COMMENT ON COLUMN core.data_transfer.status IS 'Status answered';

CREATE TABLE core.firmware_status (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint NOT NULL,
	received_at timestamptz NOT NULL,
	status text NOT NULL,
	request_id int,
	UNIQUE (station_id, received_at)
);
COMMENT ON TABLE core.firmware_status IS 'FirmwareStatusNotification (L01)';
COMMENT ON COLUMN core.firmware_status.id IS 'Key';
COMMENT ON COLUMN core.firmware_status.station_id IS 'The station';
COMMENT ON COLUMN core.firmware_status.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.firmware_status.received_at IS 'When it came';
COMMENT ON COLUMN core.firmware_status.status IS 'FirmwareStatusEnumType';
COMMENT ON COLUMN core.firmware_status.request_id IS 'requestId of the UpdateFirmware it is about';

CREATE TABLE core.log_status (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	station_id bigint NOT NULL REFERENCES core.station ON DELETE CASCADE,
	connection_id bigint NOT NULL,
	received_at timestamptz NOT NULL,
	status text NOT NULL,
	request_id int,
	UNIQUE (station_id, received_at)
);
COMMENT ON TABLE core.log_status IS 'LogStatusNotification (N01)';
COMMENT ON COLUMN core.log_status.id IS 'Key';
COMMENT ON COLUMN core.log_status.station_id IS 'The station';
COMMENT ON COLUMN core.log_status.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.log_status.received_at IS 'When it came';
COMMENT ON COLUMN core.log_status.status IS 'UploadLogStatusEnumType';
COMMENT ON COLUMN core.log_status.request_id IS 'requestId of the GetLog it is about';

CREATE TABLE core.message (
	received_at timestamptz NOT NULL,
	station_id bigint NOT NULL,
	connection_id bigint,
	direction text NOT NULL CHECK (direction IN ('in', 'out')),
	frame text NOT NULL
) PARTITION BY RANGE (received_at);
CREATE INDEX message_received ON core.message USING brin (received_at);
CREATE INDEX message_station ON core.message (station_id, received_at);
CREATE TABLE core.message_default PARTITION OF core.message DEFAULT;
COMMENT ON TABLE core.message IS 'Raw log of frames, a partition per day; best effort and not a source of any other row';
COMMENT ON COLUMN core.message.received_at IS 'When it came, or was sent';
COMMENT ON COLUMN core.message.station_id IS 'The station';
COMMENT ON COLUMN core.message.connection_id IS 'The connection';
COMMENT ON COLUMN core.message.direction IS 'in: from the station; out: to it';
COMMENT ON COLUMN core.message.frame IS 'The frame as it was';
COMMENT ON TABLE core.message_default IS 'Frames of days that had no partition yet; core.housekeeping moves them';
COMMENT ON COLUMN core.message_default.received_at IS 'See core.message';
COMMENT ON COLUMN core.message_default.station_id IS 'See core.message';
COMMENT ON COLUMN core.message_default.connection_id IS 'See core.message';
COMMENT ON COLUMN core.message_default.direction IS 'See core.message';
COMMENT ON COLUMN core.message_default.frame IS 'See core.message';
