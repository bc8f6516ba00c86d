CREATE SCHEMA api;
COMMENT ON SCHEMA api IS 'Functions behind the HTTP API: api.f(caller, p) returns (status, body)';
CREATE SCHEMA core;
COMMENT ON SCHEMA core IS 'Tables, and the functions that station messages and commands go through';
CREATE SCHEMA report;
COMMENT ON SCHEMA report IS 'Read-only views for analysts (role v2g_report)';
CREATE TYPE core.reading AS (
	at timestamp with time zone,
	seq_no integer,
	value numeric
);
COMMENT ON TYPE core.reading IS 'A sampled value; sorts by time, then by the seqNo of the event that carried it';
COMMENT ON COLUMN core.reading.at IS 'Time of the sample, by the station''s clock';
COMMENT ON COLUMN core.reading.seq_no IS 'seqNo of the event';
COMMENT ON COLUMN core.reading.value IS 'Value in the base unit';
CREATE FUNCTION api.api_token_create(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.api_token_create(caller bigint, p jsonb) IS 'Makes a token of this API';
CREATE TABLE core.api_token (
    id bigint NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by bigint,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_token_hash_check CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT api_token_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64))),
    CONSTRAINT api_token_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'operator'::text, 'utility'::text, 'viewer'::text])))
);
COMMENT ON TABLE core.api_token IS 'Bearer tokens of the HTTP API';
COMMENT ON COLUMN core.api_token.id IS 'Key';
COMMENT ON COLUMN core.api_token.name IS 'Who or what uses it; unique among those in force';
COMMENT ON COLUMN core.api_token.role IS 'What it may';
COMMENT ON COLUMN core.api_token.hash IS 'SHA-256 of the token, hexadecimal; the token itself is shown once and not kept';
COMMENT ON COLUMN core.api_token.created_at IS 'When it was made';
COMMENT ON COLUMN core.api_token.created_by IS 'Token that made it; NULL: the command line';
COMMENT ON COLUMN core.api_token.expires_at IS 'From then on it is refused; NULL: never';
COMMENT ON COLUMN core.api_token.revoked_at IS 'When it was revoked';
CREATE FUNCTION api.api_token_json(t core.api_token) RETURNS jsonb
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.api_token_json(t core.api_token) IS 'A token of this API as it shows it';
CREATE FUNCTION api.api_token_list(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.api_token_list(caller bigint, p jsonb) IS 'Tokens of this API, also those revoked';
CREATE FUNCTION api.api_token_revoke(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.api_token_revoke(caller bigint, p jsonb) IS 'Revokes a token of this API';
CREATE FUNCTION api.audit(caller bigint, action text, subject text, before jsonb, after jsonb) RETURNS void
    LANGUAGE sql
COMMENT ON FUNCTION api.audit(caller bigint, action text, subject text, before jsonb, after jsonb) IS 'Notes who changed what';
CREATE FUNCTION api."check"(given jsonb, rules jsonb, path text DEFAULT '$'::text) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api."check"(given jsonb, rules jsonb, path text) IS 'Checks a body against rules: one row (the answer) when it breaks one';
CREATE FUNCTION api.check_page(query jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.check_page(query jsonb) IS 'Checks the query of a list: one row (the answer) when it is not right';
CREATE FUNCTION api.command_get(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.command_get(caller bigint, p jsonb) IS 'A command and what became of it';
CREATE TABLE core.command (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "position" bigint NOT NULL,
    station_id bigint NOT NULL,
    action text NOT NULL,
    payload json NOT NULL,
    origin text NOT NULL,
    token_id bigint,
    idempotency_key text,
    request_hash text,
    secret_hash text,
    transaction_id bigint,
    state text DEFAULT 'queued'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    claim uuid,
    connection_id bigint,
    sent_at timestamp with time zone,
    done_at timestamp with time zone,
    response jsonb,
    error_code text,
    error_description text,
    error_details jsonb,
    CONSTRAINT command_check CHECK (((state = ANY (ARRAY['queued'::text, 'sent'::text])) = (done_at IS NULL))),
    CONSTRAINT command_check1 CHECK (((connection_id IS NULL) = (state = ANY (ARRAY['queued'::text, 'expired'::text])))),
    CONSTRAINT command_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'answered'::text, 'failed'::text, 'timed_out'::text, 'uncertain'::text, 'expired'::text])))
)
WITH (fillfactor='80');
COMMENT ON TABLE core.command IS 'Ledger of calls to stations; none lives in memory only';
COMMENT ON COLUMN core.command.id IS 'Key, and the OCPP message id of the call';
COMMENT ON COLUMN core.command."position" IS 'Order of submission';
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
CREATE FUNCTION api.command_json(c core.command) RETURNS jsonb
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.command_json(c core.command) IS 'A command as the API shows it, without secrets';
CREATE FUNCTION api.command_list(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.command_list(caller bigint, p jsonb) IS 'Commands to a station, the latest first';
CREATE FUNCTION api.device_model(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.device_model(caller bigint, p jsonb) IS 'Components and variables a station has told';
CREATE FUNCTION api.fault(http integer, code text, field text, message text) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE sql IMMUTABLE
COMMENT ON FUNCTION api.fault(http integer, code text, field text, message text) IS 'An error as an answer';
CREATE FUNCTION api.id_token_delete(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.id_token_delete(caller bigint, p jsonb) IS 'Forgets a driver''s token';
CREATE FUNCTION api.id_token_find(p jsonb) RETURNS bigint
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.id_token_find(p jsonb) IS 'core.id_token.id of the token in the path';
CREATE FUNCTION api.id_token_get(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.id_token_get(caller bigint, p jsonb) IS 'One driver''s token';
CREATE TABLE core.id_token (
    id bigint NOT NULL,
    token text NOT NULL,
    type text NOT NULL,
    status text DEFAULT 'Accepted'::text NOT NULL,
    group_token text,
    group_type text,
    master boolean DEFAULT false NOT NULL,
    expires_at timestamp with time zone,
    cache_expires_at timestamp with time zone,
    evse_ids integer[],
    charging_priority integer,
    language1 text,
    language2 text,
    personal_message jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT id_token_charging_priority_check CHECK (((charging_priority >= '-9'::integer) AND (charging_priority <= 9))),
    CONSTRAINT id_token_check CHECK (((group_token IS NULL) = (group_type IS NULL))),
    CONSTRAINT id_token_check1 CHECK (((group_token IS NOT NULL) OR (NOT master))),
    CONSTRAINT id_token_evse_ids_check CHECK ((cardinality(evse_ids) > 0)),
    CONSTRAINT id_token_group_token_check CHECK (((length(group_token) >= 1) AND (length(group_token) <= 36))),
    CONSTRAINT id_token_group_type_check CHECK ((group_type = ANY (ARRAY['Central'::text, 'eMAID'::text, 'ISO14443'::text, 'ISO15693'::text, 'KeyCode'::text, 'Local'::text, 'MacAddress'::text]))),
    CONSTRAINT id_token_language1_check CHECK ((length(language1) <= 8)),
    CONSTRAINT id_token_language2_check CHECK ((length(language2) <= 8)),
    CONSTRAINT id_token_status_check CHECK ((status = ANY (ARRAY['Accepted'::text, 'Blocked'::text, 'ConcurrentTx'::text, 'Expired'::text, 'Invalid'::text, 'NoCredit'::text, 'NotAllowedTypeEVSE'::text, 'NotAtThisLocation'::text, 'NotAtThisTime'::text, 'Unknown'::text]))),
    CONSTRAINT id_token_token_check CHECK (((length(token) >= 1) AND (length(token) <= 36))),
    CONSTRAINT id_token_type_check CHECK ((type = ANY (ARRAY['Central'::text, 'eMAID'::text, 'ISO14443'::text, 'ISO15693'::text, 'KeyCode'::text, 'Local'::text, 'MacAddress'::text])))
);
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
CREATE FUNCTION api.id_token_json(t core.id_token) RETURNS jsonb
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.id_token_json(t core.id_token) IS 'A driver''s token as the API shows it';
CREATE FUNCTION api.id_token_list(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.id_token_list(caller bigint, p jsonb) IS 'Drivers'' tokens, in order of creation';
CREATE FUNCTION api.id_token_put(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.id_token_put(caller bigint, p jsonb) IS 'Creates or replaces a driver''s token';
CREATE FUNCTION api.no_station(p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE sql IMMUTABLE
COMMENT ON FUNCTION api.no_station(p jsonb) IS '404 for a station';
CREATE FUNCTION api.page(cursors text[], items jsonb[], size integer) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
COMMENT ON FUNCTION api.page(cursors text[], items jsonb[], size integer) IS 'Body of a list';
CREATE FUNCTION api.page_limit(p jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE
COMMENT ON FUNCTION api.page_limit(p jsonb) IS 'How many elements a list answers with';
CREATE FUNCTION api.path_station(p jsonb) RETURNS bigint
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.path_station(p jsonb) IS 'core.station.id of the station in the path';
CREATE FUNCTION api.station_block(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE sql
COMMENT ON FUNCTION api.station_block(caller bigint, p jsonb) IS 'Refuses a station''s connections';
CREATE FUNCTION api.station_create(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.station_create(caller bigint, p jsonb) IS 'Lets a station in from now on';
CREATE FUNCTION api.station_delete(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.station_delete(caller bigint, p jsonb) IS 'Forgets a station that never had a transaction';
CREATE FUNCTION api.station_get(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.station_get(caller bigint, p jsonb) IS 'One station';
CREATE TABLE core.station (
    id bigint NOT NULL,
    name text NOT NULL,
    security_profile integer DEFAULT 2 NOT NULL,
    password_hash text,
    password_set_at timestamp with time zone,
    certificate_cn text,
    blocked boolean DEFAULT false NOT NULL,
    blocked_reason text,
    registration text DEFAULT 'Accepted'::text NOT NULL,
    compression boolean DEFAULT true NOT NULL,
    boot_status text,
    last_boot_at timestamp with time zone,
    boot_reason text,
    vendor text,
    model text,
    serial_number text,
    firmware_version text,
    iccid text,
    imsi text,
    inventory_key text,
    next_request_id integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT station_boot_status_check CHECK ((boot_status = ANY (ARRAY['Accepted'::text, 'Pending'::text, 'Rejected'::text]))),
    CONSTRAINT station_certificate_cn_check CHECK ((certificate_cn <> ''::text)),
    CONSTRAINT station_name_check CHECK ((name ~ '^[a-zA-Z0-9*_=+|@.-]{1,48}$'::text)),
    CONSTRAINT station_registration_check CHECK ((registration = ANY (ARRAY['Accepted'::text, 'Pending'::text, 'Rejected'::text]))),
    CONSTRAINT station_security_profile_check CHECK (((security_profile >= 1) AND (security_profile <= 3)))
)
WITH (fillfactor='80');
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
CREATE FUNCTION api.station_json(s core.station) RETURNS jsonb
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.station_json(s core.station) IS 'A station as the API shows it';
CREATE FUNCTION api.station_list(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.station_list(caller bigint, p jsonb) IS 'Stations by name';
CREATE FUNCTION api.station_password(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.station_password(caller bigint, p jsonb) IS 'Sets the Basic password a station comes with';
CREATE FUNCTION api.station_rules() RETURNS jsonb
    LANGUAGE sql IMMUTABLE
COMMENT ON FUNCTION api.station_rules() IS 'Members of a station that can be set';
CREATE FUNCTION api.station_set_blocked(caller bigint, p jsonb, block boolean, action text) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.station_set_blocked(caller bigint, p jsonb, block boolean, action text) IS 'Blocks a station or lets it in again';
CREATE FUNCTION api.station_unblock(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE sql
COMMENT ON FUNCTION api.station_unblock(caller bigint, p jsonb) IS 'Lets a blocked station in again';
CREATE FUNCTION api.station_update(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql
COMMENT ON FUNCTION api.station_update(caller bigint, p jsonb) IS 'Changes a station''s settings';
CREATE FUNCTION api.status_history(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.status_history(caller bigint, p jsonb) IS 'Statuses of a station''s connectors, the latest first';
CREATE FUNCTION api."time"(text text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api."time"(text text) IS 'A time of RFC 3339, or NULL';
CREATE FUNCTION api.transaction_get(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.transaction_get(caller bigint, p jsonb) IS 'A transaction with its (latest 5000) events and meter values';
CREATE TABLE core.transaction (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    transaction_id text NOT NULL COLLATE pg_catalog."C",
    event_count integer DEFAULT 0 NOT NULL,
    min_seq integer NOT NULL,
    max_seq integer NOT NULL,
    outside_count integer DEFAULT 0 NOT NULL,
    conflicts integer DEFAULT 0 NOT NULL,
    offline boolean DEFAULT false NOT NULL,
    first_event_at timestamp with time zone NOT NULL,
    last_event_at timestamp with time zone NOT NULL,
    started_seq integer,
    started_event_at timestamp with time zone,
    ended_seq integer,
    ended_at timestamp with time zone,
    stop_reason text,
    evse_seq integer,
    evse_no integer,
    connector_seq integer,
    connector_no integer,
    token_seq integer,
    token text,
    token_type text,
    token_status text,
    remote_start_seq integer,
    remote_start_id integer,
    reservation_seq integer,
    reservation_id integer,
    charging_state_seq integer,
    charging_state text,
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
    state text DEFAULT 'open'::text NOT NULL,
    abandoned_at timestamp with time zone,
    abandoned_reason text,
    settled boolean DEFAULT false NOT NULL,
    settled_ended integer DEFAULT 0 NOT NULL,
    settled_charged_wh numeric DEFAULT 0 NOT NULL,
    settled_discharged_wh numeric DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');
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
CREATE FUNCTION api.transaction_json(t core.transaction) RETURNS jsonb
    LANGUAGE sql STABLE
COMMENT ON FUNCTION api.transaction_json(t core.transaction) IS 'A transaction as the API shows it';
CREATE FUNCTION api.transaction_list(caller bigint, p jsonb) RETURNS TABLE(status integer, body jsonb)
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.transaction_list(caller bigint, p jsonb) IS 'Transactions, the latest first';
CREATE FUNCTION api.value_fault(value jsonb, rule jsonb, OUT status integer, OUT message text) RETURNS record
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION api.value_fault(value jsonb, rule jsonb, OUT status integer, OUT message text) IS 'What is wrong with a value, by its rule';
CREATE FUNCTION core.api_token_notify() RETURNS trigger
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.api_token_notify() IS 'Trigger: tells the nodes to read the API tokens again';
CREATE FUNCTION core.api_tokens() RETURNS TABLE(id bigint, hash text, role text, name text, expires_at timestamp with time zone)
    LANGUAGE sql STABLE
COMMENT ON FUNCTION core.api_tokens() IS 'API tokens in force';
CREATE FUNCTION core.authorization_log(station bigint, connection bigint, received timestamp with time zone, origin text, shown jsonb, status text, ocpp_transaction text, answer text) RETURNS void
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.authorization_log(station bigint, connection bigint, received timestamp with time zone, origin text, shown jsonb, status text, ocpp_transaction text, answer text) IS 'Notes that a token was shown, and the answer';
CREATE FUNCTION core.command_apply(c core.command) RETURNS void
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.command_apply(c core.command) IS 'What the outcome of a command means for other tables';
CREATE FUNCTION core.command_claim(station bigint, connection bigint, at timestamp with time zone, allowed text[], ticket uuid) RETURNS TABLE(id uuid, action text, payload text)
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.command_claim(station bigint, connection bigint, at timestamp with time zone, allowed text[], ticket uuid) IS 'Takes the oldest queued command for sending on this connection; none while another is out on it';
CREATE FUNCTION core.command_error(command uuid, connection bigint, at timestamp with time zone, code text, description text, details jsonb) RETURNS boolean
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.command_error(command uuid, connection bigint, at timestamp with time zone, code text, description text, details jsonb) IS 'The station has answered with a CALLERROR; false: nobody waits for it (any more)';
CREATE FUNCTION core.command_expire(at timestamp with time zone, of_station bigint DEFAULT NULL::bigint) RETURNS bigint
    LANGUAGE sql
COMMENT ON FUNCTION core.command_expire(at timestamp with time zone, of_station bigint) IS 'Ends queued commands (of a station, or all) whose time is over; returns how many';
CREATE FUNCTION core.command_queue(station bigint, action text, payload jsonb, origin text, at timestamp with time zone, ttl interval, transaction bigint DEFAULT NULL::bigint) RETURNS uuid
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.command_queue(station bigint, action text, payload jsonb, origin text, at timestamp with time zone, ttl interval, transaction bigint) IS 'A command of the system itself';
CREATE FUNCTION core.command_result(command uuid, connection bigint, at timestamp with time zone, answer jsonb) RETURNS boolean
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.command_result(command uuid, connection bigint, at timestamp with time zone, answer jsonb) IS 'The station has answered with a CALLRESULT; false: nobody waits for it (any more)';
CREATE FUNCTION core.command_submit(station_name text, action text, payload text, origin text, token bigint, idempotency text, hash text, ttl interval, at timestamp with time zone, secret text) RETURNS TABLE(outcome text, id uuid)
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.command_submit(station_name text, action text, payload text, origin text, token bigint, idempotency text, hash text, ttl interval, at timestamp with time zone, secret text) IS 'A command of the API: created, repeated (same key, same request), conflict (same key, another request), or no station';
CREATE FUNCTION core.command_timeout(command uuid, connection bigint, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.command_timeout(command uuid, connection bigint, at timestamp with time zone) IS 'No answer has come in time; false: one had, or the connection is gone';
CREATE FUNCTION core.commands_uncertain(connections bigint[], at timestamp with time zone) RETURNS void
    LANGUAGE sql
COMMENT ON FUNCTION core.commands_uncertain(connections bigint[], at timestamp with time zone) IS 'Commands sent on these connections can no longer be answered';
CREATE FUNCTION core.connection_close(connection bigint, last_proof timestamp with time zone, at timestamp with time zone, reason text) RETURNS void
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.connection_close(connection bigint, last_proof timestamp with time zone, at timestamp with time zone, reason text) IS 'A connection has ended; does nothing if that was known';
CREATE FUNCTION core.connection_open(station bigint, node bigint, remote text, profile integer, protocol text, certificate text, at timestamp with time zone, opening uuid) RETURNS TABLE(connection_id bigint, boot_status text)
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.connection_open(station bigint, node bigint, remote text, profile integer, protocol text, certificate text, at timestamp with time zone, opening uuid) IS 'A station has connected: replaces its older connection, wherever that is';
CREATE FUNCTION core.connections_seen(node bigint, at timestamp with time zone, ids bigint[], proofs timestamp with time zone[]) RETURNS void
    LANGUAGE sql
COMMENT ON FUNCTION core.connections_seen(node bigint, at timestamp with time zone, ids bigint[], proofs timestamp with time zone[]) IS 'Proofs of life of connections, and of the node that reports them';
CREATE FUNCTION core.connector_told(station bigint, connection bigint, received timestamp with time zone, evse_id integer, connector_id integer, said text, happened timestamp with time zone, origin text) RETURNS void
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.connector_told(station bigint, connection bigint, received timestamp with time zone, evse_id integer, connector_id integer, said text, happened timestamp with time zone, origin text) IS 'A connector''s status: history always, present status unless a newer one is known';
CREATE FUNCTION core.directory() RETURNS TABLE(id bigint, name text, security_profile integer, password_hash text, certificate_cn text, blocked boolean, boot_status text, registration text, compression boolean)
    LANGUAGE sql STABLE
COMMENT ON FUNCTION core.directory() IS 'All stations, as the handshake needs them';
CREATE FUNCTION core.directory_one(station_name text) RETURNS TABLE(id bigint, name text, security_profile integer, password_hash text, certificate_cn text, blocked boolean, boot_status text, registration text, compression boolean)
    LANGUAGE sql STABLE
COMMENT ON FUNCTION core.directory_one(station_name text) IS 'One station, as the handshake needs it; no row: unknown';
CREATE FUNCTION core.effective_at(event_at timestamp with time zone, received_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.effective_at(event_at timestamp with time zone, received_at timestamp with time zone) IS 'Time to order by: the station''s, unless it is not set or lies in our future';
CREATE FUNCTION core.energy_wh(first core.reading, last core.reading, interval_wh numeric, ended_wh numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.energy_wh(first core.reading, last core.reading, interval_wh numeric, ended_wh numeric) IS 'Energy from the first and last register, or else from interval samples; never negative';
CREATE FUNCTION core.energy_charged_wh(t core.transaction) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.energy_charged_wh(t core.transaction) IS 'Energy into the vehicle';
CREATE FUNCTION core.energy_discharged_wh(t core.transaction) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.energy_discharged_wh(t core.transaction) IS 'Energy out of the vehicle';
CREATE FUNCTION core.housekeeping(at timestamp with time zone, retention interval) RETURNS TABLE(partitions_made integer, partitions_dropped integer, commands_expired bigint, transactions_settled bigint)
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.housekeeping(at timestamp with time zone, retention interval) IS 'Partitions of the raw log ahead and away, commands expired, transactions settled; no row: another node is at it';
CREATE FUNCTION core.id_token_info(shown jsonb, at timestamp with time zone, starting boolean, evse integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE
COMMENT ON FUNCTION core.id_token_info(shown jsonb, at timestamp with time zone, starting boolean, evse integer) IS 'idTokenInfo for a token shown now';
CREATE FUNCTION core.in_base_unit(value numeric, unit jsonb) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.in_base_unit(value numeric, unit jsonb) IS 'A sample of energy or power in Wh or W';
CREATE FUNCTION core.instant_odd(text text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
COMMENT ON FUNCTION core.instant_odd(text text) IS 'Any RFC 3339 spelling to an instant; slower than core.instant';
CREATE FUNCTION core.instant(text text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
COMMENT ON FUNCTION core.instant(text text) IS 'RFC 3339 text of a station to an instant';
CREATE FUNCTION core.is_complete(t core.transaction) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.is_complete(t core.transaction) IS 'True when no event of the transaction is missing';
CREATE FUNCTION core.message_partition(day date) RETURNS boolean
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.message_partition(day date) IS 'Makes the partition of the raw log for a day; false: it was there';
CREATE FUNCTION core.messages_log(received timestamp with time zone[], stations bigint[], connections bigint[], directions text[], frames text[]) RETURNS void
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.messages_log(received timestamp with time zone[], stations bigint[], connections bigint[], directions text[], frames text[]) IS 'Frames for the raw log, many at once';
CREATE FUNCTION core.node_start(name text, version text, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.node_start(name text, version text, at timestamp with time zone) IS 'A node has started: ends what its previous run held';
CREATE FUNCTION core.report_data(request jsonb) RETURNS TABLE(component text, component_instance text, evse_no integer, connector_no integer, variable text, variable_instance text, attributes jsonb, characteristics jsonb)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.report_data(request jsonb) IS 'The elements of reportData as rows';
CREATE FUNCTION core.report_expect(station bigint, request integer, kind text, command uuid, at timestamp with time zone) RETURNS void
    LANGUAGE sql
COMMENT ON FUNCTION core.report_expect(station bigint, request integer, kind text, command uuid, at timestamp with time zone) IS 'Registers a report request';
CREATE FUNCTION core.rfc3339(at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
COMMENT ON FUNCTION core.rfc3339(at timestamp with time zone) IS 'RFC 3339 text in UTC with milliseconds';
CREATE FUNCTION core.security_event_found(station bigint, connection bigint, received timestamp with time zone, kind text, info text) RETURNS void
    LANGUAGE sql
COMMENT ON FUNCTION core.security_event_found(station bigint, connection bigint, received timestamp with time zone, kind text, info text) IS 'Something suspicious that we found ourselves';
CREATE FUNCTION core.station_notify() RETURNS trigger
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.station_notify() IS 'Trigger: tells the nodes which station to read again';
CREATE FUNCTION core.take_authorize(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.take_authorize(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'Authorize (C01)';
CREATE FUNCTION core.take_boot_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb, interval_s integer) RETURNS TABLE(status text, answer text)
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.take_boot_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb, interval_s integer) IS 'BootNotification: status to apply, and the response';
CREATE FUNCTION core.take_data_transfer(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE sql
COMMENT ON FUNCTION core.take_data_transfer(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'DataTransfer from a station (P02)';
CREATE FUNCTION core.take_firmware_status_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE sql
COMMENT ON FUNCTION core.take_firmware_status_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'FirmwareStatusNotification (L01)';
CREATE FUNCTION core.take_log_status_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE sql
COMMENT ON FUNCTION core.take_log_status_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'LogStatusNotification (N01)';
CREATE FUNCTION core.take_meter_values(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE sql
COMMENT ON FUNCTION core.take_meter_values(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'MeterValues (J01)';
CREATE FUNCTION core.take_notify_event(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.take_notify_event(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'NotifyEvent (N07)';
CREATE FUNCTION core.take_notify_report(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.take_notify_report(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'NotifyReport (B07, B08): parts may come in any order, and twice';
CREATE FUNCTION core.take_security_event_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE sql
COMMENT ON FUNCTION core.take_security_event_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'SecurityEventNotification (A04)';
CREATE FUNCTION core.take_status_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.take_status_notification(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'StatusNotification (G01)';
CREATE FUNCTION core.take_transaction_event(station bigint, connection bigint, received timestamp with time zone, request jsonb) RETURNS text
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.take_transaction_event(station bigint, connection bigint, received timestamp with time zone, request jsonb) IS 'TransactionEvent: stores the event once and merges it into its transaction';
CREATE FUNCTION core.transaction_abandon(transaction bigint, at timestamp with time zone, reason text) RETURNS void
    LANGUAGE sql
COMMENT ON FUNCTION core.transaction_abandon(transaction bigint, at timestamp with time zone, reason text) IS 'Closes an open transaction that will get no Ended';
CREATE FUNCTION core.transaction_event_again(station bigint, connection bigint, received timestamp with time zone, request jsonb, kind text, happened timestamp with time zone, fresh text) RETURNS text
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.transaction_event_again(station bigint, connection bigint, received timestamp with time zone, request jsonb, kind text, happened timestamp with time zone, fresh text) IS 'Answers an event whose seqNo is already stored';
CREATE FUNCTION core.transaction_review(tx bigint, received timestamp with time zone, live boolean) RETURNS void
    LANGUAGE plpgsql
COMMENT ON FUNCTION core.transaction_review(tx bigint, received timestamp with time zone, live boolean) IS 'After an event of a transaction that is not open';
CREATE FUNCTION core.transactions_settle() RETURNS bigint
    LANGUAGE sql
COMMENT ON FUNCTION core.transactions_settle() IS 'Adds ended transactions to core.session_total; returns how many';
CREATE FUNCTION core.variables_told(station bigint, source text, items jsonb, at timestamp with time zone) RETURNS void
    LANGUAGE sql
COMMENT ON FUNCTION core.variables_told(station bigint, source text, items jsonb, at timestamp with time zone) IS 'Stores values of the device model from answers to GetVariables and SetVariables';
CREATE FUNCTION core.without_secrets(action text, payload json) RETURNS json
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
COMMENT ON FUNCTION core.without_secrets(action text, payload json) IS 'A request with the passwords in it replaced by ***';
ALTER TABLE core.api_token ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.api_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    token_id bigint,
    action text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb
);
COMMENT ON TABLE core.audit IS 'Who changed what; appended only';
COMMENT ON COLUMN core.audit.id IS 'Key';
COMMENT ON COLUMN core.audit.at IS 'When';
COMMENT ON COLUMN core.audit.token_id IS 'core.api_token.id of the caller; NULL: the system itself';
COMMENT ON COLUMN core.audit.action IS 'API function';
COMMENT ON COLUMN core.audit.subject IS 'What it was done to';
COMMENT ON COLUMN core.audit.before IS 'State before, without secrets';
COMMENT ON COLUMN core.audit.after IS 'State after, without secrets';
ALTER TABLE core.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.authorization_attempt (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint,
    received_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    token text NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    transaction_id text,
    answer text NOT NULL,
    CONSTRAINT authorization_attempt_source_check CHECK ((source = ANY (ARRAY['Authorize'::text, 'TransactionEvent'::text])))
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
ALTER TABLE core.authorization_attempt ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.authorization_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.boot (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,
    repeated boolean NOT NULL,
    payload jsonb NOT NULL,
    answer text NOT NULL,
    CONSTRAINT boot_status_check CHECK ((status = ANY (ARRAY['Accepted'::text, 'Pending'::text, 'Rejected'::text])))
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
ALTER TABLE core.boot ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.boot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE core.command ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.command_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.connection (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    node_id bigint NOT NULL,
    key uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    last_proof_at timestamp with time zone NOT NULL,
    close_reason text,
    remote_address inet,
    security_profile integer NOT NULL,
    subprotocol text NOT NULL,
    certificate_subject text,
    CONSTRAINT connection_check CHECK (((closed_at IS NULL) = (close_reason IS NULL))),
    CONSTRAINT connection_security_profile_check CHECK (((security_profile >= 1) AND (security_profile <= 3)))
)
WITH (fillfactor='70');
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
ALTER TABLE core.connection ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.connection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.connector (
    station_id bigint NOT NULL,
    evse_no integer NOT NULL,
    connector_no integer NOT NULL,
    status text NOT NULL,
    status_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT connector_connector_no_check CHECK ((connector_no > 0)),
    CONSTRAINT connector_status_check CHECK ((status = ANY (ARRAY['Available'::text, 'Occupied'::text, 'Reserved'::text, 'Unavailable'::text, 'Faulted'::text])))
)
WITH (fillfactor='80');
COMMENT ON TABLE core.connector IS 'Connectors and their present status';
COMMENT ON COLUMN core.connector.station_id IS 'The station';
COMMENT ON COLUMN core.connector.evse_no IS 'EVSE id, from 1';
COMMENT ON COLUMN core.connector.connector_no IS 'Connector id within the EVSE, from 1';
COMMENT ON COLUMN core.connector.status IS 'ConnectorStatusEnumType';
COMMENT ON COLUMN core.connector.status_at IS 'Since when: the station''s time, never later than received_at';
COMMENT ON COLUMN core.connector.received_at IS 'When the message with this status came';
CREATE TABLE core.connector_status (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    evse_no integer NOT NULL,
    connector_no integer NOT NULL,
    status text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    connection_id bigint,
    source text NOT NULL,
    CONSTRAINT connector_status_source_check CHECK ((source = ANY (ARRAY['StatusNotification'::text, 'NotifyEvent'::text])))
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
ALTER TABLE core.connector_status ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.connector_status_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.data_transfer (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    vendor_id text NOT NULL,
    message_id text,
    data jsonb,
    status text NOT NULL
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
ALTER TABLE core.data_transfer ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.data_transfer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.device_characteristic (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    component text NOT NULL,
    component_instance text DEFAULT ''::text NOT NULL,
    evse_no integer DEFAULT 0 NOT NULL,
    connector_no integer DEFAULT 0 NOT NULL,
    variable text NOT NULL,
    variable_instance text DEFAULT ''::text NOT NULL,
    data_type text NOT NULL,
    unit text,
    min_limit numeric,
    max_limit numeric,
    values_list text,
    supports_monitoring boolean NOT NULL,
    received_at timestamp with time zone NOT NULL
);
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
ALTER TABLE core.device_characteristic ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.device_characteristic_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.device_variable (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    component text NOT NULL,
    component_instance text DEFAULT ''::text NOT NULL,
    evse_no integer DEFAULT 0 NOT NULL,
    connector_no integer DEFAULT 0 NOT NULL,
    variable text NOT NULL,
    variable_instance text DEFAULT ''::text NOT NULL,
    attribute text NOT NULL,
    value text,
    mutability text,
    persistent boolean,
    constant boolean,
    received_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    CONSTRAINT device_variable_attribute_check CHECK ((attribute = ANY (ARRAY['Actual'::text, 'Target'::text, 'MinSet'::text, 'MaxSet'::text]))),
    CONSTRAINT device_variable_mutability_check CHECK ((mutability = ANY (ARRAY['ReadOnly'::text, 'WriteOnly'::text, 'ReadWrite'::text]))),
    CONSTRAINT device_variable_source_check CHECK ((source = ANY (ARRAY['NotifyReport'::text, 'GetVariables'::text, 'SetVariables'::text])))
);
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
ALTER TABLE core.device_variable ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.device_variable_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.event (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint,
    received_at timestamp with time zone NOT NULL,
    generated_at timestamp with time zone NOT NULL,
    event_at timestamp with time zone NOT NULL,
    event_no integer NOT NULL,
    trigger text NOT NULL,
    kind text NOT NULL,
    component text NOT NULL,
    component_instance text,
    evse_no integer,
    connector_no integer,
    variable text NOT NULL,
    variable_instance text,
    value text NOT NULL,
    cleared boolean DEFAULT false NOT NULL,
    transaction_id text,
    data jsonb NOT NULL,
    digest uuid NOT NULL
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
ALTER TABLE core.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.evse (
    station_id bigint NOT NULL,
    evse_no integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT evse_evse_no_check CHECK ((evse_no > 0))
);
COMMENT ON TABLE core.evse IS 'EVSEs a station has told of';
COMMENT ON COLUMN core.evse.station_id IS 'The station';
COMMENT ON COLUMN core.evse.evse_no IS 'EVSE id, from 1';
COMMENT ON COLUMN core.evse.created_at IS 'When it was first told of';
CREATE TABLE core.firmware_status (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    request_id integer
);
COMMENT ON TABLE core.firmware_status IS 'FirmwareStatusNotification (L01)';
COMMENT ON COLUMN core.firmware_status.id IS 'Key';
COMMENT ON COLUMN core.firmware_status.station_id IS 'The station';
COMMENT ON COLUMN core.firmware_status.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.firmware_status.received_at IS 'When it came';
COMMENT ON COLUMN core.firmware_status.status IS 'FirmwareStatusEnumType';
COMMENT ON COLUMN core.firmware_status.request_id IS 'requestId of the UpdateFirmware it is about';
ALTER TABLE core.firmware_status ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.firmware_status_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE core.id_token ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.id_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.log_status (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    request_id integer
);
COMMENT ON TABLE core.log_status IS 'LogStatusNotification (N01)';
COMMENT ON COLUMN core.log_status.id IS 'Key';
COMMENT ON COLUMN core.log_status.station_id IS 'The station';
COMMENT ON COLUMN core.log_status.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.log_status.received_at IS 'When it came';
COMMENT ON COLUMN core.log_status.status IS 'UploadLogStatusEnumType';
COMMENT ON COLUMN core.log_status.request_id IS 'requestId of the GetLog it is about';
ALTER TABLE core.log_status ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.log_status_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.message (
    received_at timestamp with time zone NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint,
    direction text NOT NULL,
    frame text NOT NULL,
    CONSTRAINT message_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text])))
)
PARTITION BY RANGE (received_at);
COMMENT ON TABLE core.message IS 'Raw log of frames, a partition per day; best effort and not a source of any other row';
COMMENT ON COLUMN core.message.received_at IS 'When it came, or was sent';
COMMENT ON COLUMN core.message.station_id IS 'The station';
COMMENT ON COLUMN core.message.connection_id IS 'The connection';
COMMENT ON COLUMN core.message.direction IS 'in: from the station; out: to it';
COMMENT ON COLUMN core.message.frame IS 'The frame as it was';
CREATE TABLE core.message_default (
    received_at timestamp with time zone NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint,
    direction text NOT NULL,
    frame text NOT NULL,
    CONSTRAINT message_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text])))
);
COMMENT ON TABLE core.message_default IS 'Frames of days that had no partition yet; core.housekeeping moves them';
COMMENT ON COLUMN core.message_default.received_at IS 'See core.message';
COMMENT ON COLUMN core.message_default.station_id IS 'See core.message';
COMMENT ON COLUMN core.message_default.connection_id IS 'See core.message';
COMMENT ON COLUMN core.message_default.direction IS 'See core.message';
COMMENT ON COLUMN core.message_default.frame IS 'See core.message';
CREATE TABLE core.meter_report (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    evse_no integer NOT NULL,
    sampled_at timestamp with time zone NOT NULL,
    meter_value jsonb NOT NULL,
    digest uuid NOT NULL
);
COMMENT ON TABLE core.meter_report IS 'Each MeterValues message: samples outside transactions (J01)';
COMMENT ON COLUMN core.meter_report.id IS 'Key';
COMMENT ON COLUMN core.meter_report.station_id IS 'The station';
COMMENT ON COLUMN core.meter_report.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.meter_report.received_at IS 'When it came';
COMMENT ON COLUMN core.meter_report.evse_no IS 'EVSE id; 0: the main meter of the station';
COMMENT ON COLUMN core.meter_report.sampled_at IS 'Time of the first sample';
COMMENT ON COLUMN core.meter_report.meter_value IS 'meterValue as received (charging positive)';
COMMENT ON COLUMN core.meter_report.digest IS 'MD5 of the content: a repeat has the same';
ALTER TABLE core.meter_report ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.meter_report_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.node (
    id bigint NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT node_name_check CHECK ((name <> ''::text))
);
COMMENT ON TABLE core.node IS 'A v2g-csms process, known by its name';
COMMENT ON COLUMN core.node.id IS 'Key';
COMMENT ON COLUMN core.node.name IS 'Configured name; a restart keeps it';
COMMENT ON COLUMN core.node.version IS 'Version of the program that runs now';
COMMENT ON COLUMN core.node.started_at IS 'Start of the current run';
COMMENT ON COLUMN core.node.seen_at IS 'Last sign of life of the current run';
ALTER TABLE core.node ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.node_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.node_run (
    id bigint NOT NULL,
    node_id bigint NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');
COMMENT ON TABLE core.node_run IS 'Each run of a node; what no run covers is time in which we could not observe anything';
COMMENT ON COLUMN core.node_run.id IS 'Key';
COMMENT ON COLUMN core.node_run.node_id IS 'The node';
COMMENT ON COLUMN core.node_run.version IS 'Version of the program';
COMMENT ON COLUMN core.node_run.started_at IS 'Start of the run';
COMMENT ON COLUMN core.node_run.seen_at IS 'Last sign of life of the run; its end once a later run exists';
ALTER TABLE core.node_run ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.node_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.report_request (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    request_id integer NOT NULL,
    kind text NOT NULL,
    command_id uuid,
    asked_at timestamp with time zone NOT NULL,
    refused text,
    parts int8multirange DEFAULT '{}'::int8multirange NOT NULL,
    last_seq integer,
    last_received_at timestamp with time zone,
    complete boolean GENERATED ALWAYS AS (COALESCE((parts @> int8range((0)::bigint, ((last_seq)::bigint + 1))), false)) STORED NOT NULL,
    gaps int8multirange GENERATED ALWAYS AS ((int8multirange(int8range((0)::bigint, COALESCE(GREATEST(upper(parts), ((last_seq)::bigint + 1)), (0)::bigint))) - parts)) STORED NOT NULL,
    CONSTRAINT report_request_last_seq_check CHECK ((last_seq >= 0))
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
ALTER TABLE core.report_request ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.report_request_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.schema_version (
    version integer NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE core.schema_version IS 'Migrations applied; kept by the program';
COMMENT ON COLUMN core.schema_version.version IS 'Number of the migration';
COMMENT ON COLUMN core.schema_version.applied_at IS 'When it was applied';
CREATE TABLE core.security_event (
    id bigint NOT NULL,
    station_id bigint NOT NULL,
    connection_id bigint,
    received_at timestamp with time zone NOT NULL,
    event_at timestamp with time zone NOT NULL,
    origin text NOT NULL,
    type text NOT NULL,
    tech_info text,
    digest uuid NOT NULL,
    CONSTRAINT security_event_origin_check CHECK ((origin = ANY (ARRAY['station'::text, 'csms'::text])))
);
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
ALTER TABLE core.security_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.security_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.session_total (
    one boolean DEFAULT true NOT NULL,
    ended bigint DEFAULT 0 NOT NULL,
    charged_wh numeric DEFAULT 0 NOT NULL,
    discharged_wh numeric DEFAULT 0 NOT NULL,
    CONSTRAINT session_total_one_check CHECK (one)
);
COMMENT ON TABLE core.session_total IS 'Sum over settled transactions, so that the fleet''s figures need not add up all history';
COMMENT ON COLUMN core.session_total.one IS 'There is one row';
COMMENT ON COLUMN core.session_total.ended IS 'Sum of settled_ended';
COMMENT ON COLUMN core.session_total.charged_wh IS 'Sum of settled_charged_wh';
COMMENT ON COLUMN core.session_total.discharged_wh IS 'Sum of settled_discharged_wh';
ALTER TABLE core.station ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.station_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.transaction_conflict (
    id bigint NOT NULL,
    transaction_id bigint NOT NULL,
    seq_no integer NOT NULL,
    event_type text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    connection_id bigint NOT NULL,
    answer text NOT NULL,
    payload jsonb NOT NULL
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
ALTER TABLE core.transaction_conflict ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.transaction_conflict_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.transaction_event (
    transaction_id bigint NOT NULL,
    seq_no integer NOT NULL,
    event_type text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    connection_id bigint NOT NULL,
    answer text,
    payload jsonb NOT NULL
);
COMMENT ON TABLE core.transaction_event IS 'Each TransactionEvent, once';
COMMENT ON COLUMN core.transaction_event.transaction_id IS 'core.transaction.id';
COMMENT ON COLUMN core.transaction_event.seq_no IS 'seqNo';
COMMENT ON COLUMN core.transaction_event.event_type IS 'Started, Updated or Ended';
COMMENT ON COLUMN core.transaction_event.event_at IS 'Time stated by the station';
COMMENT ON COLUMN core.transaction_event.received_at IS 'When it came';
COMMENT ON COLUMN core.transaction_event.connection_id IS 'Connection it came on';
COMMENT ON COLUMN core.transaction_event.answer IS 'The response, as sent; NULL: {}';
COMMENT ON COLUMN core.transaction_event.payload IS 'The request as received, meter values included (charging positive); a KeyCode is replaced by ***';
ALTER TABLE core.transaction ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.transaction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW report.boot AS
 SELECT b.id AS boot_id,
    b.station_id,
    s.name AS station,
    b.received_at,
    b.reason,
    b.status,
    b.repeated,
    (b.payload #>> '{chargingStation,firmwareVersion}'::text[]) AS firmware_version
   FROM (core.boot b
     JOIN core.station s ON ((s.id = b.station_id)));
COMMENT ON VIEW report.boot IS 'Boots of stations';
COMMENT ON COLUMN report.boot.boot_id IS 'Key';
COMMENT ON COLUMN report.boot.station_id IS 'Station';
COMMENT ON COLUMN report.boot.station IS 'OCPP identity';
COMMENT ON COLUMN report.boot.received_at IS 'When it was told';
COMMENT ON COLUMN report.boot.reason IS 'Why it booted';
COMMENT ON COLUMN report.boot.status IS 'Answer given';
COMMENT ON COLUMN report.boot.repeated IS 'True: told again, no further boot';
COMMENT ON COLUMN report.boot.firmware_version IS 'Firmware version';
CREATE VIEW report.command AS
 SELECT c.id AS command_id,
    c.station_id,
    s.name AS station,
    c.action,
    c.origin,
    a.name AS caller,
    c.state,
    c.created_at,
    c.sent_at,
    c.done_at,
    (c.done_at - c.sent_at) AS latency,
    (c.response ->> 'status'::text) AS response_status,
    c.error_code,
    c.error_description
   FROM ((core.command c
     JOIN core.station s ON ((s.id = c.station_id)))
     LEFT JOIN core.api_token a ON ((a.id = c.token_id)));
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
CREATE VIEW report.connection AS
 SELECT c.id AS connection_id,
    c.station_id,
    s.name AS station,
    n.name AS node,
    c.opened_at,
    c.closed_at,
    c.last_proof_at,
    c.close_reason,
    host(c.remote_address) AS remote_address,
    c.security_profile,
    c.subprotocol
   FROM ((core.connection c
     JOIN core.station s ON ((s.id = c.station_id)))
     JOIN core.node n ON ((n.id = c.node_id)));
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
CREATE VIEW report.connector_status AS
 SELECT h.id AS status_id,
    h.station_id,
    s.name AS station,
    h.evse_no,
    h.connector_no,
    h.status,
    h.effective_at AS since,
    lead(h.effective_at) OVER (PARTITION BY h.station_id, h.evse_no, h.connector_no ORDER BY h.effective_at, h.id) AS until,
    h.event_at,
    h.received_at,
    h.source
   FROM (core.connector_status h
     JOIN core.station s ON ((s.id = h.station_id)));
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
CREATE VIEW report.device_variable AS
 SELECT v.station_id,
    s.name AS station,
    v.component,
    NULLIF(v.component_instance, ''::text) AS component_instance,
    NULLIF(v.evse_no, 0) AS evse_no,
    NULLIF(v.connector_no, 0) AS connector_no,
    v.variable,
    NULLIF(v.variable_instance, ''::text) AS variable_instance,
    v.attribute,
    v.value,
    v.mutability,
    v.received_at
   FROM (core.device_variable v
     JOIN core.station s ON ((s.id = v.station_id)));
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
CREATE VIEW report.event AS
 SELECT e.id AS event_id,
    e.station_id,
    s.name AS station,
    e.event_at,
    e.received_at,
    e.component,
    e.component_instance,
    e.evse_no,
    e.connector_no,
    e.variable,
    e.variable_instance,
    e.value,
    e.cleared,
    e.trigger,
    e.kind,
    e.transaction_id,
    (e.data ->> 'techCode'::text) AS tech_code,
    (e.data ->> 'techInfo'::text) AS tech_info
   FROM (core.event e
     JOIN core.station s ON ((s.id = e.station_id)));
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
CREATE VIEW report.fleet_now AS
 SELECT ( SELECT count(*) AS count
           FROM core.connection
          WHERE (connection.closed_at IS NULL)) AS stations_online,
    ( SELECT count(*) AS count
           FROM core.station) AS stations_total,
    fresh.active AS sessions_active,
    (total.ended + fresh.ended) AS sessions_ended,
    (total.charged_wh + fresh.charged_wh) AS energy_charged_wh,
    (total.discharged_wh + fresh.discharged_wh) AS energy_discharged_wh
   FROM core.session_total total,
    ( SELECT count(*) FILTER (WHERE (t.state = 'open'::text)) AS active,
            COALESCE(sum((((t.state = 'ended'::text))::integer - t.settled_ended)), (0)::bigint) AS ended,
            COALESCE(sum((core.energy_charged_wh(t.*) - t.settled_charged_wh)), (0)::numeric) AS charged_wh,
            COALESCE(sum((core.energy_discharged_wh(t.*) - t.settled_discharged_wh)), (0)::numeric) AS discharged_wh
           FROM core.transaction t
          WHERE (NOT t.settled)) fresh;
COMMENT ON VIEW report.fleet_now IS 'The fleet in one row; cheap enough to be asked each second';
COMMENT ON COLUMN report.fleet_now.stations_online IS 'Stations with an open connection';
COMMENT ON COLUMN report.fleet_now.stations_total IS 'Stations known';
COMMENT ON COLUMN report.fleet_now.sessions_active IS 'Sessions under way';
COMMENT ON COLUMN report.fleet_now.sessions_ended IS 'Sessions ended, ever';
COMMENT ON COLUMN report.fleet_now.energy_charged_wh IS 'Energy into vehicles, ever, sessions under way included, Wh';
COMMENT ON COLUMN report.fleet_now.energy_discharged_wh IS 'Energy out of vehicles, ever, sessions under way included, Wh';
CREATE VIEW report.meter_value AS
 SELECT m.station_id,
    s.name AS station,
    m.session_id,
    m.evse_no,
    core.instant((element.value ->> 'timestamp'::text)) AS sampled_at,
    m.received_at,
    COALESCE((sample.value ->> 'measurand'::text), 'Energy.Active.Import.Register'::text) AS measurand,
    COALESCE((sample.value ->> 'context'::text), 'Sample.Periodic'::text) AS context,
    (sample.value ->> 'phase'::text) AS phase,
    COALESCE((sample.value ->> 'location'::text), 'Outlet'::text) AS location,
    ((sample.value -> 'value'::text))::numeric AS value,
    COALESCE((sample.value #>> '{unitOfMeasure,unit}'::text[]), 'Wh'::text) AS unit,
    COALESCE(((sample.value #> '{unitOfMeasure,multiplier}'::text[]))::integer, 0) AS multiplier
   FROM (((( SELECT t.station_id,
            t.id AS session_id,
            t.evse_no,
            e.received_at,
            (e.payload -> 'meterValue'::text) AS list
           FROM (core.transaction_event e
             JOIN core.transaction t ON ((t.id = e.transaction_id)))
          WHERE (e.payload ? 'meterValue'::text)
        UNION ALL
         SELECT r.station_id,
            NULL::bigint,
            r.evse_no,
            r.received_at,
            r.meter_value
           FROM core.meter_report r) m
     JOIN core.station s ON ((s.id = m.station_id)))
     CROSS JOIN LATERAL jsonb_array_elements(m.list) element(value))
     CROSS JOIN LATERAL jsonb_array_elements((element.value -> 'sampledValue'::text)) sample(value));
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
CREATE VIEW report.security_event AS
 SELECT e.id AS event_id,
    e.station_id,
    s.name AS station,
    e.origin,
    e.type,
    e.tech_info,
    e.event_at,
    e.received_at
   FROM (core.security_event e
     JOIN core.station s ON ((s.id = e.station_id)));
COMMENT ON VIEW report.security_event IS 'Security events, told by stations or found by the central system';
COMMENT ON COLUMN report.security_event.event_id IS 'Key';
COMMENT ON COLUMN report.security_event.station_id IS 'Station';
COMMENT ON COLUMN report.security_event.station IS 'OCPP identity';
COMMENT ON COLUMN report.security_event.origin IS 'station or csms';
COMMENT ON COLUMN report.security_event.type IS 'Type';
COMMENT ON COLUMN report.security_event.tech_info IS 'Details';
COMMENT ON COLUMN report.security_event.event_at IS 'When it happened';
COMMENT ON COLUMN report.security_event.received_at IS 'When it was told';
CREATE VIEW report.session AS
 SELECT t.id AS session_id,
    t.station_id,
    s.name AS station,
    t.transaction_id,
    t.evse_no,
    t.connector_no,
    t.state,
    COALESCE(t.started_event_at, t.first_event_at) AS started_at,
    t.ended_at,
    (COALESCE(t.ended_at, t.last_event_at) - COALESCE(t.started_event_at, t.first_event_at)) AS duration,
    core.energy_charged_wh(t.*) AS energy_charged_wh,
    core.energy_discharged_wh(t.*) AS energy_discharged_wh,
        CASE
            WHEN ((t.import_first < t.import_last) OR (t.export_first < t.export_last)) THEN 'register'::text
            WHEN (COALESCE(t.import_interval_wh, t.import_ended_wh, t.export_interval_wh, t.export_ended_wh) IS NOT NULL) THEN 'interval'::text
            ELSE NULL::text
        END AS energy_source,
    COALESCE((((t.import_last).value < (t.import_first).value) OR ((t.export_last).value < (t.export_first).value)), false) AS energy_doubtful,
    t.stop_reason,
    t.abandoned_at,
    t.abandoned_reason,
    t.charging_state,
    t.last_event_at,
    (t.power_last).value AS power_w,
    (t.power_last).at AS power_at,
    (t.soc_last).value AS soc_percent,
    (t.soc_last).at AS soc_at,
    t.token AS id_token,
    t.token_type AS id_token_type,
    t.token_status AS id_token_status,
    t.remote_start_id,
    t.reservation_id,
    t.offline,
    core.is_complete(t.*) AS complete,
    t.event_count,
    t.conflicts
   FROM (core.transaction t
     JOIN core.station s ON ((s.id = t.station_id)));
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
CREATE VIEW report.station AS
 SELECT s.id AS station_id,
    s.name AS station,
    s.created_at,
    s.security_profile,
    s.registration,
    s.blocked,
    s.blocked_reason,
    s.boot_status,
    s.last_boot_at,
    s.boot_reason,
    s.vendor,
    s.model,
    s.serial_number,
    s.firmware_version,
    ((c.id IS NOT NULL) AND (c.closed_at IS NULL)) AS online,
    c.opened_at AS connected_at,
    c.closed_at AS disconnected_at,
    c.close_reason AS disconnect_reason,
    c.last_proof_at,
    host(c.remote_address) AS remote_address,
    ( SELECT count(*) AS count
           FROM core.evse e
          WHERE (e.station_id = s.id)) AS evses,
    ( SELECT count(*) AS count
           FROM core.connector k
          WHERE (k.station_id = s.id)) AS connectors
   FROM (core.station s
     LEFT JOIN LATERAL ( SELECT x.id,
            x.station_id,
            x.node_id,
            x.key,
            x.opened_at,
            x.closed_at,
            x.last_proof_at,
            x.close_reason,
            x.remote_address,
            x.security_profile,
            x.subprotocol,
            x.certificate_subject
           FROM core.connection x
          WHERE (x.station_id = s.id)
          ORDER BY x.opened_at DESC, x.id DESC
         LIMIT 1) c ON (true));
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
ALTER TABLE ONLY core.message ATTACH PARTITION core.message_default DEFAULT;
ALTER TABLE ONLY core.api_token
    ADD CONSTRAINT api_token_hash_key UNIQUE (hash);
ALTER TABLE ONLY core.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.authorization_attempt
    ADD CONSTRAINT authorization_attempt_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.authorization_attempt
    ADD CONSTRAINT authorization_attempt_station_id_received_at_source_key UNIQUE (station_id, received_at, source);
ALTER TABLE ONLY core.boot
    ADD CONSTRAINT boot_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.boot
    ADD CONSTRAINT boot_station_id_received_at_key UNIQUE (station_id, received_at);
ALTER TABLE ONLY core.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.command
    ADD CONSTRAINT command_position_key UNIQUE ("position");
ALTER TABLE ONLY core.connection
    ADD CONSTRAINT connection_key_key UNIQUE (key);
ALTER TABLE ONLY core.connection
    ADD CONSTRAINT connection_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.connector
    ADD CONSTRAINT connector_pkey PRIMARY KEY (station_id, evse_no, connector_no);
ALTER TABLE ONLY core.connector_status
    ADD CONSTRAINT connector_status_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.connector_status
    ADD CONSTRAINT connector_status_station_id_evse_no_connector_no_event_at_s_key UNIQUE (station_id, evse_no, connector_no, event_at, status);
ALTER TABLE ONLY core.data_transfer
    ADD CONSTRAINT data_transfer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.data_transfer
    ADD CONSTRAINT data_transfer_station_id_received_at_key UNIQUE (station_id, received_at);
ALTER TABLE ONLY core.device_characteristic
    ADD CONSTRAINT device_characteristic_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.device_variable
    ADD CONSTRAINT device_variable_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.event
    ADD CONSTRAINT event_station_id_event_at_digest_key UNIQUE (station_id, event_at, digest);
ALTER TABLE ONLY core.evse
    ADD CONSTRAINT evse_pkey PRIMARY KEY (station_id, evse_no);
ALTER TABLE ONLY core.firmware_status
    ADD CONSTRAINT firmware_status_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.firmware_status
    ADD CONSTRAINT firmware_status_station_id_received_at_key UNIQUE (station_id, received_at);
ALTER TABLE ONLY core.id_token
    ADD CONSTRAINT id_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.log_status
    ADD CONSTRAINT log_status_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.log_status
    ADD CONSTRAINT log_status_station_id_received_at_key UNIQUE (station_id, received_at);
ALTER TABLE ONLY core.meter_report
    ADD CONSTRAINT meter_report_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.meter_report
    ADD CONSTRAINT meter_report_station_id_sampled_at_digest_key UNIQUE (station_id, sampled_at, digest);
ALTER TABLE ONLY core.node
    ADD CONSTRAINT node_name_key UNIQUE (name);
ALTER TABLE ONLY core.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.node_run
    ADD CONSTRAINT node_run_node_id_started_at_key UNIQUE (node_id, started_at);
ALTER TABLE ONLY core.node_run
    ADD CONSTRAINT node_run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.report_request
    ADD CONSTRAINT report_request_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.report_request
    ADD CONSTRAINT report_request_station_id_request_id_key UNIQUE (station_id, request_id);
ALTER TABLE ONLY core.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY core.security_event
    ADD CONSTRAINT security_event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.security_event
    ADD CONSTRAINT security_event_station_id_event_at_digest_key UNIQUE (station_id, event_at, digest);
ALTER TABLE ONLY core.session_total
    ADD CONSTRAINT session_total_pkey PRIMARY KEY (one);
ALTER TABLE ONLY core.station
    ADD CONSTRAINT station_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.transaction_conflict
    ADD CONSTRAINT transaction_conflict_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.transaction_conflict
    ADD CONSTRAINT transaction_conflict_transaction_id_seq_no_event_type_event_key UNIQUE (transaction_id, seq_no, event_type, event_at);
ALTER TABLE ONLY core.transaction_event
    ADD CONSTRAINT transaction_event_pkey PRIMARY KEY (transaction_id, seq_no);
ALTER TABLE ONLY core.transaction
    ADD CONSTRAINT transaction_pkey PRIMARY KEY (id);
ALTER TABLE ONLY core.transaction
    ADD CONSTRAINT transaction_station_id_transaction_id_key UNIQUE (station_id, transaction_id);
CREATE UNIQUE INDEX api_token_name_key ON core.api_token USING btree (lower(name)) WHERE (revoked_at IS NULL);
CREATE INDEX audit_at ON core.audit USING btree (at);
CREATE UNIQUE INDEX command_claim_key ON core.command USING btree (claim) WHERE (claim IS NOT NULL);
CREATE UNIQUE INDEX command_idempotency_key ON core.command USING btree (COALESCE(token_id, (0)::bigint), idempotency_key) WHERE (idempotency_key IS NOT NULL);
CREATE INDEX command_queued ON core.command USING btree (station_id, "position") WHERE (state = 'queued'::text);
CREATE UNIQUE INDEX command_sent_key ON core.command USING btree (connection_id) WHERE (state = 'sent'::text);
CREATE INDEX command_station ON core.command USING btree (station_id, "position");
CREATE UNIQUE INDEX connection_open_key ON core.connection USING btree (station_id) WHERE (closed_at IS NULL);
CREATE INDEX connection_station ON core.connection USING btree (station_id, opened_at);
CREATE UNIQUE INDEX device_characteristic_key ON core.device_characteristic USING btree (station_id, lower(component), lower(component_instance), evse_no, connector_no, lower(variable), lower(variable_instance));
CREATE UNIQUE INDEX device_variable_key ON core.device_variable USING btree (station_id, lower(component), lower(component_instance), evse_no, connector_no, lower(variable), lower(variable_instance), attribute);
CREATE UNIQUE INDEX id_token_key ON core.id_token USING btree (lower(token), type);
CREATE INDEX message_received ON ONLY core.message USING brin (received_at);
CREATE INDEX message_default_received_at_idx ON core.message_default USING brin (received_at);
CREATE INDEX message_station ON ONLY core.message USING btree (station_id, received_at);
CREATE INDEX message_default_station_id_received_at_idx ON core.message_default USING btree (station_id, received_at);
CREATE INDEX meter_report_received ON core.meter_report USING brin (received_at);
CREATE INDEX security_event_received ON core.security_event USING btree (received_at);
CREATE UNIQUE INDEX station_name_key ON core.station USING btree (lower(name));
CREATE INDEX transaction_event_received ON core.transaction_event USING brin (received_at);
CREATE INDEX transaction_first_event ON core.transaction USING btree (first_event_at);
CREATE INDEX transaction_unsettled ON core.transaction USING btree (station_id) WHERE (NOT settled);
ALTER INDEX core.message_received ATTACH PARTITION core.message_default_received_at_idx;
ALTER INDEX core.message_station ATTACH PARTITION core.message_default_station_id_received_at_idx;
CREATE TRIGGER api_token_notify AFTER INSERT OR DELETE OR UPDATE ON core.api_token FOR EACH STATEMENT EXECUTE FUNCTION core.api_token_notify();
CREATE TRIGGER station_notify AFTER INSERT OR DELETE OR UPDATE ON core.station FOR EACH ROW EXECUTE FUNCTION core.station_notify();
ALTER TABLE ONLY core.api_token
    ADD CONSTRAINT api_token_created_by_fkey FOREIGN KEY (created_by) REFERENCES core.api_token(id);
ALTER TABLE ONLY core.authorization_attempt
    ADD CONSTRAINT authorization_attempt_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.boot
    ADD CONSTRAINT boot_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.command
    ADD CONSTRAINT command_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.command
    ADD CONSTRAINT command_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES core.transaction(id);
ALTER TABLE ONLY core.connection
    ADD CONSTRAINT connection_node_id_fkey FOREIGN KEY (node_id) REFERENCES core.node(id);
ALTER TABLE ONLY core.connection
    ADD CONSTRAINT connection_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.connector
    ADD CONSTRAINT connector_station_id_evse_no_fkey FOREIGN KEY (station_id, evse_no) REFERENCES core.evse(station_id, evse_no) ON DELETE CASCADE;
ALTER TABLE ONLY core.connector_status
    ADD CONSTRAINT connector_status_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.data_transfer
    ADD CONSTRAINT data_transfer_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.device_characteristic
    ADD CONSTRAINT device_characteristic_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.device_variable
    ADD CONSTRAINT device_variable_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.event
    ADD CONSTRAINT event_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.evse
    ADD CONSTRAINT evse_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.firmware_status
    ADD CONSTRAINT firmware_status_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.log_status
    ADD CONSTRAINT log_status_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.meter_report
    ADD CONSTRAINT meter_report_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.node_run
    ADD CONSTRAINT node_run_node_id_fkey FOREIGN KEY (node_id) REFERENCES core.node(id);
ALTER TABLE ONLY core.report_request
    ADD CONSTRAINT report_request_command_id_fkey FOREIGN KEY (command_id) REFERENCES core.command(id) ON DELETE SET NULL;
ALTER TABLE ONLY core.report_request
    ADD CONSTRAINT report_request_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.security_event
    ADD CONSTRAINT security_event_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.transaction_conflict
    ADD CONSTRAINT transaction_conflict_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES core.transaction(id) ON DELETE CASCADE;
ALTER TABLE ONLY core.transaction
    ADD CONSTRAINT transaction_station_id_fkey FOREIGN KEY (station_id) REFERENCES core.station(id);
GRANT USAGE ON SCHEMA report TO v2g_report;
GRANT ALL ON FUNCTION core.energy_wh(first core.reading, last core.reading, interval_wh numeric, ended_wh numeric) TO v2g_report;
GRANT ALL ON FUNCTION core.energy_charged_wh(t core.transaction) TO v2g_report;
GRANT ALL ON FUNCTION core.energy_discharged_wh(t core.transaction) TO v2g_report;
GRANT ALL ON FUNCTION core.instant_odd(text text) TO v2g_report;
GRANT ALL ON FUNCTION core.instant(text text) TO v2g_report;
GRANT ALL ON FUNCTION core.is_complete(t core.transaction) TO v2g_report;
GRANT SELECT ON TABLE report.boot TO v2g_report;
GRANT SELECT ON TABLE report.command TO v2g_report;
GRANT SELECT ON TABLE report.connection TO v2g_report;
GRANT SELECT ON TABLE report.connector_status TO v2g_report;
GRANT SELECT ON TABLE report.device_variable TO v2g_report;
GRANT SELECT ON TABLE report.event TO v2g_report;
GRANT SELECT ON TABLE report.fleet_now TO v2g_report;
GRANT SELECT ON TABLE report.meter_value TO v2g_report;
GRANT SELECT ON TABLE report.security_event TO v2g_report;
GRANT SELECT ON TABLE report.session TO v2g_report;
GRANT SELECT ON TABLE report.station TO v2g_report;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA report GRANT SELECT ON TABLES  TO v2g_report;
