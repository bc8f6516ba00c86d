"""Misfortune: see run."""

import collections
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

from fleet import Caller, Fleet, Tough, check_commands, check_fleet
from harness import Cluster, Csms, check, check_equal, main_guard, wait_until
from peer import BOOT, Peer, Wire, command_state, enrol, event, now

ROUNDS = int(os.environ.get("V2G_FAULTS_ROUNDS", "50"))
SEED = int(os.environ.get("V2G_FAULTS_SEED", random.randrange(1 << 30)))


def connection(csms, name):
    """The newest row of core.connection of the station: (open?, age of proof at close, reason, proof)."""
    return csms.sql("""SELECT c.closed_at IS NULL, c.closed_at, c.close_reason, c.last_proof_at
        FROM core.connection c JOIN core.station s ON s.id = c.station_id WHERE s.name = %s ORDER BY c.id""",
                    (name,))


# ---- killed at any moment ----

def test_killed_under_load(cluster):
    chance = random.Random(SEED)
    csms = Csms(cluster)
    with csms, Fleet(csms) as fleet, Tough(csms, "TOUGH-1") as one, Tough(csms, "TOUGH-2") as two, \
            Caller(csms, fleet.names + ["TOUGH-1", "TOUGH-2"], SEED) as caller:
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(0.0, 1.2))
            csms.kill()
            csms.start(ready=False)
            if chance.random() < 0.8:  # otherwise it may be killed while it starts
                csms.wait_ready()
        csms.wait_ready()
        caller.over.set()
        caller.join(10)
        fleet.drain()
        states = check_commands(csms, fleet, [one, two])
        fleet.stop()
        acknowledged = check_fleet(fleet)
        check(caller.posted > ROUNDS, f"only {caller.posted} commands got through the API")
        check(len(one.ids) > 0, "the peer got no command")
        check(acknowledged > 10 * ROUNDS, f"only {acknowledged} events were acknowledged")
        print(f"# {ROUNDS} kills, {acknowledged} events acknowledged, commands {dict(states)}", flush=True)


# ---- the database goes away ----

def watch_refusals(csms, name, into, over):
    """Statuses of handshakes while it is not over."""
    while not over.wait(0.25):
        with Wire(csms, name) as wire:
            into.append((time.monotonic(), wire.status))


def test_database_restarts(_):
    """Three nodes go through one outage of 10 s: patient, impatient, and one that is started meanwhile."""
    with Cluster() as cluster:
        patient = Csms(cluster, node="patient")
        impatient = Csms(cluster, node="impatient", settings={"database.outage_limit": "3s"})
        with patient, impatient, Fleet(patient) as fleet1, Fleet(impatient) as fleet2, \
                Tough(patient, "TOUGH-1") as tough1, Tough(impatient, "TOUGH-1") as tough2, \
                Caller(patient, fleet1.names + ["TOUGH-1"], SEED) as caller1, \
                Caller(impatient, fleet2.names + ["TOUGH-1"], SEED) as caller2:
            enrol(impatient, ["PROBE"])
            time.sleep(3)
            late = Csms(cluster, database=cluster.create_database(), node="late")
            seen, over = [], threading.Event()
            connected = patient.metrics()["v2g_stations_connected"]
            cluster.kill()
            went = time.monotonic()
            watcher = threading.Thread(target=watch_refusals, args=(impatient, "PROBE", seen, over))
            watcher.start()
            late.start(ready=False)
            time.sleep(8)
            check(not late.is_ready(), "a node without a database is ready")
            check(late.is_running(), f"a node without a database has ended\n{late.log_tail()}")
            check(not patient.is_ready() and not impatient.is_ready(), "/readyz says 200 without a database")
            still = patient.metrics()["v2g_stations_connected"]
            gone = impatient.metrics()["v2g_stations_connected"]
            time.sleep(max(0.0, went + 10 - time.monotonic()))
            over.set()
            watcher.join()
            cluster.start()
            check(still >= connected - 1, f"the patient node had {connected} stations, then {still}")
            check_equal(gone, 0, "stations of the impatient node")
            statuses = {status for at, status in seen if at > went + 1}
            check_equal(statuses, {503}, "statuses of handshakes during the outage")
            late.wait_ready()
            late.stop()
            for csms in (patient, impatient):
                csms.wait_ready()
            time.sleep(3)  # some load after it
            for fleet, caller, tough in ((fleet1, caller1, tough1), (fleet2, caller2, tough2)):
                caller.over.set()
                caller.join(10)
                fleet.drain()
                check_commands(fleet.csms, fleet, [tough])
                fleet.stop()
                check_fleet(fleet)


# ---- order does not matter ----

COLUMNS_OF_CHANCE = {"id", "transaction_id", "settled", "settled_ended", "settled_charged_wh",
                     "settled_discharged_wh"}


def sample(at, wh):
    return [{"timestamp": at, "sampledValue": [
        {"value": wh, "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": "Wh"}},
        {"value": wh / 10, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}]}]


def story(transaction, start):
    """Five events, each with something a later one must not undo."""
    at = [now(start - time.time() + i * 10) for i in range(5)]
    evse = {"id": 1, "connectorId": 1}

    def one(i, kind, **more):
        made = event(kind, transaction, i, meterValue=sample(at[i], 1000 + 100 * i), **more)
        made["timestamp"] = at[i]
        return made
    events = [one(0, "Started", evse=evse), one(1, "Updated"), one(2, "Updated", evse=evse),
              one(3, "Updated"), one(4, "Ended")]
    for i, state in enumerate(["EVConnected", "Charging", "SuspendedEV", "Charging", "Idle"]):
        events[i]["transactionInfo"]["chargingState"] = state
    events[4]["transactionInfo"]["stoppedReason"] = "EVDisconnected"
    return events


def rows_of(csms, transactions):
    """{transaction id: what its rows say, without what is by chance}."""
    result = {}
    for name, row, events in csms.sql("""
            SELECT t.transaction_id, row_to_json(t), (SELECT json_agg(json_build_array(e.seq_no,
                e.event_type, e.event_at, e.payload #- '{transactionInfo,transactionId}') ORDER BY e.seq_no)
                FROM core.transaction_event e WHERE e.transaction_id = t.id)
            FROM core.transaction t WHERE t.transaction_id = ANY (%s)""", (list(transactions),)):
        kept = {key: value for key, value in row.items() if key not in COLUMNS_OF_CHANCE}
        result[name] = kept, events
    return result


def test_any_order_and_repeats(cluster):
    """All 120 orders of five events, one of them repeated: the rows of the right order."""
    chance = random.Random(SEED)
    start = time.time() - 3600
    orders = list(itertools.permutations(range(5)))
    with Csms(cluster, settings={"ocpp.max_frames_per_second": 10000}) as csms:
        enrol(csms, ["ORDER"])
        with Peer(csms, "ORDER") as peer:
            for n, order in enumerate(orders):
                events = story(f"T-{n}", start)
                sent = list(order)
                sent.insert(chance.randrange(1, 6), chance.choice(order))
                for i in sent:
                    peer.call("TransactionEvent", events[i])
        rows = rows_of(csms, [f"T-{n}" for n in range(len(orders))])
        check_equal(len(rows), len(orders), "transactions")
        expected, expected_events = rows["T-0"]
        check_equal((expected["event_count"], expected["state"], expected["charging_state"]),
                    (5, "ended", "Idle"), "the right order's row")
        for n, order in enumerate(orders):
            row, events = rows[f"T-{n}"]
            different = {key: (row[key], expected[key]) for key in row if row[key] != expected[key]}
            check(not different, f"order {order}: (got, expected) {different}")
            check_equal(events, expected_events, f"events of order {order}")


# ---- one message that the database refuses ----

def test_poison(cluster):
    with Csms(cluster) as csms, Fleet(csms) as fleet:
        enrol(csms, ["GUILTY", "GOOD"])
        answers = collections.Counter()
        with Peer(csms, "GUILTY") as guilty, Peer(csms, "GOOD") as good:
            for n in range(30):
                poison = json.dumps(event("Started", f"P-{n}", 0, customData={"vendorId": "x", "n": 0}))
                poison = poison.replace('"n": 0', '"n": 1e200000')
                answers[guilty.exchange("TransactionEvent", poison)[0]] += 1
                good.call("TransactionEvent", event("Updated", "G-1", n + 1))
            check_equal(answers, {4: 30}, "types of answers to poison")
            guilty.call("TransactionEvent", event("Started", "P-GOOD", 0))
        refused = csms.metrics()["v2g_store_refused_total"]
        fleet.drain()
        fleet.stop()
        check_fleet(fleet)
        check_equal(csms.value("SELECT event_count FROM core.transaction WHERE transaction_id = 'G-1'"), 30,
                    "events of the good station")
        check_equal(csms.value("SELECT count(*) FROM core.transaction WHERE transaction_id ~ '^P-[0-9]'"), 0,
                    "transactions of poison")
        print(f"# refused by the database: {refused:.0f} of 30", flush=True)


# ---- orderly end ----

def test_terminated_under_load(cluster):
    csms = Csms(cluster)
    with csms, Fleet(csms) as fleet:
        enrol(csms, ["GOOD"])
        with Peer(csms, "GOOD") as peer:
            began = time.monotonic()
            csms.stop(timeout=10)
            print(f"# ended in {time.monotonic() - began:.2f} s", flush=True)
            check_equal(peer.close_code(), 1001, "close code")
        rows = csms.sql("SELECT closed_at IS NULL, close_reason FROM core.connection")
        check(len(rows) > len(fleet.names), f"{len(rows)} connections")
        check_equal([row for row in rows if row[0]], [], "connections still open")
        csms.start()
        fleet.drain()
        fleet.stop()
        check_fleet(fleet)


# ---- connections ----

def test_second_connection_replaces(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["TWICE"])
        with Wire(csms, "TWICE") as old:  # it does not answer the close, so its end comes late
            old.text(json.dumps([2, "1", "BootNotification", BOOT]))
            check_equal(json.loads(old.next()[1])[0], 3, "type of the boot's answer")
            with Peer(csms, "TWICE", answers={"GetLocalListVersion": {"versionNumber": 7}}) as new:
                check_equal(old.close_code(), 1000, "close code of the replaced")
                check_equal(command_state(csms, "TWICE", "GetLocalListVersion", {}), "answered", "state")
                old.close()
                time.sleep(1)
                wait_until(lambda: len([r for r in connection(csms, "TWICE") if not r[0]]) == 1,
                           "the replaced connection's row is not closed")
                rows = connection(csms, "TWICE")
                check_equal([row[0] for row in rows], [False, True], "open?")
                check_equal(command_state(csms, "TWICE", "GetLocalListVersion", {}), "answered", "state")
                check_equal(csms.metrics()["v2g_stations_connected"], 1, "stations connected")
                new.call("Heartbeat", {})


FROZEN = """
import sys
from types import SimpleNamespace
from peer import Peer
csms = SimpleNamespace(ocpp_url=lambda name: sys.argv[1])
peer = Peer(csms, "FROZEN")
print("ready", flush=True)
sys.stdin.read()
"""


def test_half_open_is_found(cluster):
    """A client that stops in the middle: TCP is fine, nobody is at home."""
    settings = {"ocpp.ping_interval": "1s", "ocpp.silence_limit": "3s"}
    with Csms(cluster, settings=settings) as csms:
        enrol(csms, ["FROZEN"])
        client = subprocess.Popen([sys.executable, "-c", FROZEN, csms.ocpp_url("FROZEN")],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            check_equal(client.stdout.readline(), "ready\n", "first line of the client")
            time.sleep(5)  # longer than the limit: pongs keep it
            check(connection(csms, "FROZEN")[0][0], "a client that answers pings was closed")
            client.send_signal(signal.SIGSTOP)
            frozen = csms.value("SELECT clock_timestamp()")
            row = wait_until(lambda: next((r for r in connection(csms, "FROZEN") if not r[0]), None),
                             "the half-open connection is not found", timeout=15)
        finally:
            client.kill()
            client.communicate()
        _, closed, reason, proof = row
        check_equal(reason, "silent", "reason")
        check(-2.5 < (proof - frozen).total_seconds() < 0.3, f"frozen at {frozen}, last proof {proof}")
        check(2.5 < (closed - proof).total_seconds() < 10, f"last proof {proof}, closed {closed}")
        check_equal(csms.metrics()["v2g_connections_silent_total"], 1, "connections found silent")


def test_transaction_survives(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["LASTING"])
        with Peer(csms, "LASTING") as peer:
            peer.call("TransactionEvent", event("Started", "L-1", 0))
            peer.call("TransactionEvent", event("Updated", "L-1", 1))
        csms.restart()
        with Peer(csms, "LASTING", boot=None) as peer:
            peer.call("TransactionEvent", event("Updated", "L-1", 2))
            peer.call("TransactionEvent", event("Ended", "L-1", 3))
        check_equal(csms.sql("SELECT event_count, min_seq, max_seq, state FROM core.transaction"),
                    [(4, 0, 3, "ended")], "rows")


def state_of(csms, transaction):
    return csms.value("SELECT state FROM core.transaction WHERE transaction_id = %s", (transaction,))


def test_reboot_is_reconciled(cluster):
    """After a boot each open transaction is asked for, and what the station does not know is over."""
    def status(payload):
        going = payload["transactionId"] == "R-GOING"
        return {"ongoingIndicator": going, "messagesInQueue": False}
    with Csms(cluster) as csms:
        enrol(csms, ["REBOOTED"])
        with Peer(csms, "REBOOTED") as peer:
            for name in ("R-GOING", "R-LOST", "R-ENDED"):
                peer.call("TransactionEvent", event("Started", name, 0))
            peer.call("TransactionEvent", event("Ended", "R-ENDED", 1))
        with Peer(csms, "REBOOTED", answers={"GetTransactionStatus": status}) as peer:
            wait_until(lambda: state_of(csms, "R-LOST") == "abandoned", "a lost transaction stays open")
            wait_until(lambda: len(peer.got("GetTransactionStatus")) == 2, "not all are asked for")
            asked = {payload["transactionId"] for payload in peer.got("GetTransactionStatus")}
            check_equal(asked, {"R-GOING", "R-LOST"}, "transactions asked for")
            time.sleep(0.5)
            check_equal(state_of(csms, "R-GOING"), "open", "state of the one that goes on")
            check_equal(state_of(csms, "R-ENDED"), "ended", "state of the one that had ended")
            peer.call("TransactionEvent", event("Ended", "R-GOING", 1))
            check_equal(state_of(csms, "R-GOING"), "ended", "state of the one that goes on, at its end")


# ---- a peer that does not read ----

def test_slow_peer(cluster):
    limit = 65536
    settings = {"ocpp.max_unsent": limit, "ocpp.max_frames_per_second": 1000000}
    with Csms(cluster, settings=settings) as csms:
        enrol(csms, ["SLOW", "GOOD"])
        beat = Wire.frame(Wire.TEXT, json.dumps([2, "x" * 36, "Heartbeat", {}]).encode())
        highest = 0
        with Wire(csms, "SLOW", receive_buffer=4096, timeout=5) as slow, Peer(csms, "GOOD") as good:
            slow.text(json.dumps([2, "1", "BootNotification", BOOT]))
            slow.next()
            payload = {"vendorId": "x", "data": "y" * 30000}
            for _ in range(20):
                check_equal(csms.api("POST", "/stations/SLOW/commands/DataTransfer", payload).status, 202,
                            "status of the command")
            for _ in range(400):
                try:
                    alive = slow.send(beat * 1000)
                except TimeoutError:
                    break
                highest = max(highest, csms.metrics()["v2g_unsent_bytes"])
                good.call("Heartbeat", {}, timeout=5)
                if not alive:
                    break
            wait_until(lambda: not [r for r in connection(csms, "SLOW") if r[0]],
                       "a station that never reads stays connected", timeout=20)
            check_equal(connection(csms, "SLOW")[-1][2], "too much unsent", "reason")
            check(highest <= limit, f"{highest} bytes were unsent, {limit} allowed")
            check_equal(csms.metrics()["v2g_unsent_bytes"], 0, "bytes unsent afterwards")
            good.call("TransactionEvent", event("Started", "S-1", 0))


TESTS = [test_any_order_and_repeats, test_poison, test_terminated_under_load, test_second_connection_replaces,
         test_half_open_is_found, test_transaction_survives, test_reboot_is_reconciled, test_slow_peer,
         test_database_restarts, test_killed_under_load]


def suite(results):
    wanted = sys.argv[1:]
    tests = [test for test in TESTS if not wanted or test.__name__.removeprefix("test_") in wanted]
    print(f"# seed {SEED}", flush=True)
    with Cluster.shared() as cluster:
        for test in tests:
            began = time.monotonic()
            results.run([test], cluster)
            print(f"# {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(results.exit_code())


main_guard("faults", suite)
