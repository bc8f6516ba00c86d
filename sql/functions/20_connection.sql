-- Nodes and connections.  A connection's id is the epoch: who holds an older one holds nothing.

-- What was under way on connections that are gone: nobody will know whether it arrived.
CREATE OR REPLACE FUNCTION core.commands_uncertain(connections bigint[], at timestamptz) RETURNS void
LANGUAGE sql AS $$
	WITH lost AS (
		UPDATE core.command SET state = 'uncertain', done_at = at, payload = core.without_secrets(action, payload)
		WHERE state = 'sent' AND connection_id = ANY (connections) RETURNING id)
	SELECT pg_notify('v2g_command_done', id::text) FROM lost
$$;
COMMENT ON FUNCTION core.commands_uncertain IS 'Commands sent on these connections can no longer be answered';

CREATE OR REPLACE FUNCTION core.node_start(name text, version text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	node bigint;
	lost bigint[];
BEGIN
	INSERT INTO core.node (name, version, started_at, seen_at) VALUES (node_start.name, node_start.version, at, at)
	ON CONFLICT (name) DO UPDATE SET version = EXCLUDED.version, started_at = EXCLUDED.started_at, seen_at = EXCLUDED.seen_at
	RETURNING id INTO node;
	INSERT INTO core.node_run (node_id, version, started_at, seen_at) VALUES (node, node_start.version, at, at)
	ON CONFLICT (node_id, started_at) DO NOTHING;
	WITH closed AS (
		UPDATE core.connection SET closed_at = last_proof_at, close_reason = 'node restarted'
		WHERE node_id = node AND closed_at IS NULL AND opened_at < at RETURNING id)
	SELECT array_agg(id) INTO lost FROM closed;
	PERFORM core.commands_uncertain(lost, at);
	RETURN node;
END
$$;
COMMENT ON FUNCTION core.node_start IS 'A node has started: ends what its previous run held';

CREATE OR REPLACE FUNCTION core.connection_open(station bigint, node bigint, remote text, profile int, protocol text, certificate text,
	at timestamptz, opening uuid)
RETURNS TABLE (connection_id bigint, boot_status text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	opened bigint;
	older bigint;
BEGIN
	-- One at a time per station; a deleted station fails at the foreign key.
	PERFORM FROM core.station WHERE id = connection_open.station FOR NO KEY UPDATE;
	SELECT id INTO opened FROM core.connection WHERE key = opening;
	IF opened IS NULL THEN
		UPDATE core.connection SET closed_at = greatest(at, last_proof_at), close_reason = 'replaced'
		WHERE station_id = station AND closed_at IS NULL RETURNING id INTO older;
		IF older IS NOT NULL THEN
			PERFORM core.commands_uncertain(ARRAY[older], at);
		END IF;
		INSERT INTO core.connection (station_id, node_id, key, opened_at, last_proof_at, remote_address, security_profile, subprotocol,
			certificate_subject)
		VALUES (station, node, opening, at, at, remote::inet, profile, protocol, certificate)
		RETURNING id INTO opened;
		PERFORM pg_notify('v2g_connection', station || ' ' || opened);
	END IF;
	RETURN QUERY SELECT opened, boot_status FROM core.station WHERE id = connection_open.station;
END
$$;
COMMENT ON FUNCTION core.connection_open IS 'A station has connected: replaces its older connection, wherever that is';

CREATE OR REPLACE FUNCTION core.connection_close(connection bigint, last_proof timestamptz, at timestamptz, reason text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE core.connection SET closed_at = at, close_reason = reason, last_proof_at = greatest(last_proof_at, last_proof)
	WHERE id = connection_close.connection AND closed_at IS NULL;
	IF FOUND THEN
		PERFORM core.commands_uncertain(ARRAY[connection], at);
	END IF;
END
$$;
COMMENT ON FUNCTION core.connection_close IS 'A connection has ended; does nothing if that was known';

CREATE OR REPLACE FUNCTION core.connections_seen(node bigint, at timestamptz, ids bigint[], proofs timestamptz[]) RETURNS void
LANGUAGE sql AS $$
	UPDATE core.connection SET last_proof_at = proof
	FROM unnest(ids, proofs) AS seen (seen_id, proof)
	WHERE id = seen_id AND closed_at IS NULL AND last_proof_at < proof;
	UPDATE core.node_run SET seen_at = greatest(seen_at, at)
	WHERE node_id = connections_seen.node
		AND started_at = (SELECT n.started_at FROM core.node n WHERE n.id = connections_seen.node);
	UPDATE core.node SET seen_at = greatest(seen_at, at) WHERE id = connections_seen.node;
$$;
COMMENT ON FUNCTION core.connections_seen IS 'Proofs of life of connections, and of the node that reports them';
