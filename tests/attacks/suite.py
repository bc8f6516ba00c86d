"""Hostile clients at the stations' door: see run."""

import contextlib
import json
import pathlib
import random
import select
import socket
import ssl
import statistics
import sys
import threading
import time
import zlib

from harness import (PASSWORD, Certificates, Cluster, Csms, check, check_equal, main_guard, wait_until)
from peer import BOOT, Peer, Wire, basic, enrol, event

WRONG = "wrong-password-000"


def resident(csms):
    """Most bytes of memory that v2g-csms has had so far: a peak between two looks counts."""
    text = pathlib.Path(f"/proc/{csms.pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024


@contextlib.contextmanager
def bystander(csms, name="GOOD"):
    """Another station, which must not feel anything: it is asked all the while, and at the end."""
    enrol(csms, [name])
    over, worst, failures = threading.Event(), [0.0], []

    def beat():
        while not over.wait(0.1):
            began = time.monotonic()
            try:
                peer.call("Heartbeat", {}, timeout=10)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(str(error))
                return
            worst[0] = max(worst[0], time.monotonic() - began)

    with Peer(csms, name) as peer:
        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield peer
        finally:
            over.set()
            thread.join(15)
        check(not failures, f"the other station: {failures}")
        check(worst[0] < 3, f"the other station waited {worst[0]:.1f} s for an answer")
        peer.call("Heartbeat", {})


def created(csms):
    """Whatever a refused handshake must not leave behind."""
    return csms.sql("""SELECT (SELECT count(*) FROM core.station), (SELECT count(*) FROM core.connection),
        (SELECT count(*) FROM core.message), (SELECT count(*) FROM core.boot)""")


def status_of(csms, name, password=PASSWORD, **options):
    with Wire(csms, name, password, **options) as wire:
        return wire.status


# ---- 1: credentials ----

def test_credentials(cluster):
    # The cost is that of the harness's hashes: an unknown id is given the cost of new passwords.
    lenient = {"security.failures_per_address": 100000, "security.failures_per_station": 100000,
               "security.password_cost": 11}
    for hide in ("no", "yes"):
        with Csms(cluster, settings=lenient | {"security.hide_unknown": hide}) as csms:
            enrol(csms, ["KNOWN", "OTHER"])
            before = created(csms)
            check_equal(status_of(csms, "KNOWN", None), 401, "status without credentials")
            check_equal(status_of(csms, "KNOWN", WRONG), 401, "status with a wrong password")
            check_equal(status_of(csms, "KNOWN", ""), 401, "status with an empty password")
            check_equal(status_of(csms, "UNKNOWN"), 401 if hide == "yes" else 404, "status of an unknown id")
            check_equal(as_other(csms, "KNOWN", basic("OTHER")), 401, "status with another's credentials")
            times = {"KNOWN": [], "UNKNOWN": []}
            for _ in range(40):
                for name, into in times.items():
                    began = time.perf_counter()
                    status_of(csms, name, WRONG)
                    into.append(time.perf_counter() - began)
            known, unknown = (statistics.median(times[name]) for name in ("KNOWN", "UNKNOWN"))
            print(f"# wrong password {known * 1000:.1f} ms, unknown id {unknown * 1000:.1f} ms", flush=True)
            check(0.5 < known / unknown < 2, f"a wrong password takes {known}, an unknown id {unknown}")
            time.sleep(0.5)
            check_equal(created(csms), before, "rows before and after")
            check_equal(status_of(csms, "KNOWN"), 101, "status with the right password")


def as_other(csms, name, authorization):
    with socket.create_connection(("127.0.0.1", csms.ports["plain"]), timeout=20) as s:
        s.sendall((f"GET /ocpp/{name} HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                   f"Sec-WebSocket-Protocol: ocpp2.0.1\r\nAuthorization: {authorization}\r\n\r\n").encode())
        return int(s.recv(4096).split(b" ")[1])


def tls_status(csms, certificates, name, client=None, authorization=None):
    """Status of a handshake over TLS; the name of the exception when TLS itself refuses."""
    context = ssl.create_default_context(cafile=certificates.ca)
    if client:
        context.load_cert_chain(*client)
    lines = [f"GET /ocpp/{name} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
             "Sec-WebSocket-Protocol: ocpp2.0.1"]
    if authorization:
        lines.append("Authorization: " + authorization)
    try:
        with socket.create_connection(("127.0.0.1", csms.ports["tls"]), timeout=20) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as s:
            s.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = s.recv(4096)
            return int(answer.split(b" ")[1]) if answer else "closed"
    except (ssl.SSLError, ConnectionError):
        return "refused"


def test_certificates(cluster):
    certificates = Certificates(stations=["CERT-A", "CERT-B"])
    certificates.issue("CERT-OLD", days=0)
    certificates.issue("CERT-ALIEN", ca="other")
    with Csms(cluster, certificates=certificates) as csms:
        enrol(csms, ["CERT-A", "CERT-B", "CERT-OLD", "CERT-ALIEN"], profile=3)
        before = created(csms)

        def status(name, client=None, authorization=None):
            client = certificates.client(client) if client else None
            return tls_status(csms, certificates, name, client, authorization)
        check_equal(status("CERT-A", "CERT-B"), 401, "status with the certificate of another station")
        check_equal(status("CERT-A"), 401, "status with no certificate")
        check_equal(status("CERT-A", None, basic("CERT-A")), 401, "status with a password instead")
        check_equal(status("CERT-A", "CERT-B", basic("CERT-A")), 401, "status with both, one of another")
        check_equal(status_of(csms, "CERT-A"), 401, "status without TLS")
        check_equal(status("UNKNOWN", "CERT-B"), 404, "status of an unknown id with a certificate")
        for client in ("CERT-OLD", "CERT-ALIEN"):
            check(status(client, client) in ("refused", "closed", 401), f"{client} was let in")
        time.sleep(0.5)
        check_equal(created(csms), before, "rows before and after")
        check_equal(status("CERT-A", "CERT-A"), 101, "status with its own certificate")


# ---- 2: guessing ----

def guess(csms, name, count, source):
    statuses = {}
    for n in range(count):
        status = status_of(csms, name, f"guessed-password-{n}", source=source(n))
        statuses[status] = statuses.get(status, 0) + 1
    return statuses


def test_guessing(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["ONE", "MANY"])
        statuses = guess(csms, "ONE", 1000, lambda n: "127.0.1.1")
        check(statuses.get(429, 0) > 900, f"from one address: {statuses}")
        check(set(statuses) <= {401, 429, 503}, f"from one address: {statuses}")
        began = time.monotonic()
        wait_until(lambda: status_of(csms, "ONE", source="127.0.9.1") == 101,
                   "the real station does not get in while it is guessed at", timeout=5, interval=0.5)
        print(f"# one address: {statuses}; the station was in after {time.monotonic() - began:.1f} s",
              flush=True)
        # 40 addresses, 25 times each.
        statuses = guess(csms, "MANY", 1000, lambda n: f"127.0.2.{n % 40 + 1}")
        check(statuses.get(429, 0) > 900, f"from many addresses: {statuses}")
        began = time.monotonic()
        wait_until(lambda: status_of(csms, "MANY", source="127.0.9.2") == 101,
                   "the real station does not get in while it is guessed at", timeout=5, interval=0.5)
        print(f"# many addresses: {statuses}; the station was in after {time.monotonic() - began:.1f} s",
              flush=True)
        check_equal(status_of(csms, "MANY", "guessed", source="127.0.2.1"), 429, "status of one more guess")
        # Who was right before is never throttled, even behind the same address as the guesser.
        check_equal(status_of(csms, "ONE", source="127.0.1.1"), 101, "status of a known password")


# ---- 3: a second connection with valid credentials ----

def test_two_sessions(cluster):
    """Command after command, while the station connects again and again: each answered by whom it was sent to."""
    with Csms(cluster) as csms:
        enrol(csms, ["TWINS"])
        over, peers, highest = threading.Event(), [], [0]

        def answers(number):
            return {"GetLocalListVersion": lambda _: (time.sleep(0.05), {"versionNumber": number})[1]}

        def post():
            while not over.wait(0.07):
                csms.api("POST", "/stations/TWINS/commands/GetLocalListVersion?ttl=60", {})
                highest[0] = max(highest[0], csms.metrics()["v2g_stations_connected"])
        with Peer(csms, "TWINS", answers=answers(0)) as first:
            peers.append(first)
            poster = threading.Thread(target=post)
            poster.start()
            for number in range(1, 20):
                time.sleep(0.3)
                peers.append(Peer(csms, "TWINS", boot=None, answers=answers(number)))
            time.sleep(1)
            over.set()
            poster.join()
            for peer in peers[:-1]:
                check_equal(peer.close_code(), 1000, "close code of a replaced connection")
            wait_until(lambda: not csms.value("SELECT count(*) FROM core.command WHERE state IN ('queued', 'sent')"),
                       "commands are stuck")
            got = {}
            for number, peer in enumerate(peers):
                for message, _, _ in peer.commands:
                    check(message not in got, f"command {message} was sent to two sessions")
                    got[message] = number
            answered = csms.sql("SELECT id::text, (response->>'versionNumber')::int FROM core.command "
                                "WHERE state = 'answered' AND action = 'GetLocalListVersion'")
            check(len(answered) > 20, f"only {len(answered)} commands were answered")
            wrong = [(i, number, got.get(i)) for i, number in answered if got.get(i) != number]
            check(not wrong, f"answered by another session than it was sent to: {wrong}")
            check(len(set(got.values())) > 10, f"only {len(set(got.values()))} sessions got commands")
            open_rows = csms.value("SELECT count(*) FROM core.connection WHERE closed_at IS NULL")
            check_equal(open_rows, 1, "open rows of core.connection")
            overlaps = csms.sql("""SELECT a.id, b.id FROM core.connection a JOIN core.connection b
                ON a.id < b.id AND a.station_id = b.station_id AND a.closed_at IS NULL""")
            check_equal(overlaps, [], "rows open although a later one exists")
            check(highest[0] <= 2, f"{highest[0]} sockets of one station at once")
            peers[-1].close()


# ---- 4: ids of another station ----

def everything_of(csms, name):
    """All rows that belong to the station, as text, but for what a live connection moves."""
    return csms.sql("""
        SELECT 'transaction', row_to_json(t)::text FROM core.transaction t WHERE station_id = s.id
        UNION ALL SELECT 'event', row_to_json(e)::text FROM core.transaction_event e
            JOIN core.transaction t ON t.id = e.transaction_id WHERE t.station_id = s.id
        UNION ALL SELECT 'evse', row_to_json(x)::text FROM core.evse x WHERE station_id = s.id
        UNION ALL SELECT 'connector', row_to_json(x)::text FROM core.connector x WHERE station_id = s.id
        UNION ALL SELECT 'report', row_to_json(x)::text FROM core.report_request x WHERE station_id = s.id
        UNION ALL SELECT 'device', row_to_json(x)::text FROM core.device_variable x WHERE station_id = s.id
        UNION ALL SELECT 'command', row_to_json(x)::text FROM core.command x WHERE station_id = s.id
        ORDER BY 1, 2""".replace("s.id", "(SELECT id FROM core.station WHERE name = %(name)s)"),
                    {"name": name})


REPORT = {"requestId": 0, "generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "tbc": False, "reportData": [
    {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"},
     "variableAttribute": [{"value": "666"}]}]}


def test_ids_of_another(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["ALICE", "BOB"])
        status = {"evseId": 1, "connectorId": 1, "timestamp": "2026-01-01T00:00:00Z",
                  "connectorStatus": "Available"}
        with Peer(csms, "BOB") as bob, Peer(csms, "ALICE") as alice:
            bob.call("TransactionEvent", event("Started", "BOBS", 0, evse={"id": 1, "connectorId": 1}))
            bob.call("StatusNotification", status)
            done = csms.api("POST", "/stations/BOB/commands/GetBaseReport?wait=20",
                            {"requestId": 4711, "reportBase": "ConfigurationInventory"})
            check(done.status in (200, 202), f"GetBaseReport: {done.status} {done.body}")
            time.sleep(1.5)  # what follows Bob's boot is over
            asked = csms.sql("""SELECT request_id FROM core.report_request r JOIN core.station s
                ON s.id = r.station_id WHERE s.name = 'BOB'""")
            mine = {row[0] for row in csms.sql("""SELECT request_id FROM core.report_request r
                JOIN core.station s ON s.id = r.station_id WHERE s.name = 'ALICE'""")}
            check(asked, "no report was asked of BOB")
            foreign = max(row[0] for row in asked)
            check(foreign not in mine, "the request id is not Bob's alone")
            before = everything_of(csms, "BOB")
            alice.exchange("TransactionEvent", event("Updated", "BOBS", 1))
            alice.exchange("TransactionEvent", event("Ended", "BOBS", 2, evse={"id": 1, "connectorId": 1}))
            alice.exchange("StatusNotification", status | {"connectorStatus": "Faulted"})
            alice.exchange("NotifyReport", REPORT | {"requestId": foreign})
            alice.exchange("NotifyEvent", {"generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "eventData": [{
                "eventId": 1, "timestamp": "2026-01-01T00:00:00Z", "trigger": "Alerting",
                "actualValue": "x", "eventNotificationType": "CustomMonitor", "transactionId": "BOBS",
                "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Problem"}}]})
            alice.exchange("MeterValues", {"evseId": 1, "meterValue": [
                {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": 1e9}]}]})
            time.sleep(0.5)
            check_equal(everything_of(csms, "BOB"), before, "Bob's rows")
            found = csms.sql("""SELECT e.origin FROM core.security_event e JOIN core.station s
                ON s.id = e.station_id WHERE s.name = 'ALICE' AND e.type = 'UnknownReportRequest'""")
            check_equal(found, [("csms",)], "security events of the unknown report request")
            check_equal(csms.value("SELECT count(*) FROM core.device_variable WHERE value = '666'"), 0,
                        "variables of the report nobody asked for")
            check_equal(csms.sql("""SELECT s.name, t.event_count FROM core.transaction t JOIN core.station s
                ON s.id = t.station_id WHERE t.transaction_id = 'BOBS' ORDER BY 1"""),
                        [("ALICE", 2), ("BOB", 1)], "transactions of that name")


# ---- 5: answers nobody asked for ----

def strays(csms):
    return csms.metrics()["v2g_results_stray_total"]


def test_forged_answers(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["FORGER", "VICTIM"])
        held = {"GetLocalListVersion": None}
        with Peer(csms, "FORGER", answers=held) as forger, Peer(csms, "VICTIM", answers=held) as victim:
            for name in ("FORGER", "VICTIM"):
                answer = csms.api("POST", f"/stations/{name}/commands/GetLocalListVersion", {})
                check_equal(answer.status, 202, "status of the command")
            wait_until(lambda: forger.got("GetLocalListVersion") and victim.got("GetLocalListVersion"),
                       "the commands do not arrive")
            own, others = ([m for m, action, _ in peer.commands if action == "GetLocalListVersion"][0]
                           for peer in (forger, victim))
            before = strays(csms)
            guessed = [others, "00000000-0000-4000-8000-000000000000", "", own[:-1], own.upper() + "x"]
            for message in guessed:
                forger.send(json.dumps([3, message, {"versionNumber": 666}]))
            forger.send(json.dumps([4, others, "GenericError", "", {}]))
            forger.call("Heartbeat", {})
            counted = strays(csms) - before
            check(4 <= counted <= 6, f"{counted} of 6 forged answers were counted")
            check_equal(csms.sql("SELECT state FROM core.command WHERE action = 'GetLocalListVersion'"),
                        [("sent",), ("sent",)], "states after forged answers")
            forger.send(json.dumps([3, own, {"versionNumber": 1}]))
            wait_until(lambda: csms.value("SELECT state FROM core.command WHERE id::text = %s", (own,)) == "answered",
                       "the right answer is not taken")
            before = strays(csms)
            for _ in range(3):
                forger.send(json.dumps([3, own, {"versionNumber": 2}]))
            forger.call("Heartbeat", {})
            check_equal(strays(csms) - before, 3, "replayed answers that were counted")
            check_equal(csms.value("SELECT response->>'versionNumber' FROM core.command WHERE id::text = %s",
                                   (own,)), "1", "answer on record")
            victim.send(json.dumps([3, others, {"versionNumber": 3}]))
            wait_until(lambda: csms.value("SELECT response->>'versionNumber' FROM core.command WHERE id::text = %s",
                                          (others,)) == "3", "the victim's answer is not taken")
            # The same message id twice: the second is answered as the first, and stored once.
            started = event("Started", "REPLAY", 0)
            for _ in range(2):
                check_equal(forger.exchange("TransactionEvent", started, message="same-id")[0], 3, "answer")
            check_equal(csms.value("SELECT event_count FROM core.transaction WHERE transaction_id = 'REPLAY'"), 1,
                        "events")


# ---- 6: bombs ----

def bomb_length(wire):
    wire.send(Wire.frame(Wire.TEXT, b"[2,", length=1 << 30) + b"x" * (2 << 20))


def bomb_fragments(wire):
    wire.send(Wire.frame(Wire.TEXT, b"[", final=False))
    piece = Wire.frame(0, b" ", final=False)
    for _ in range(1000):
        if select.select([wire.socket], [], [], 0.005)[0] or not wire.send(piece * 100):
            return  # it has an opinion


def bomb_string(wire):
    wire.text(b'[2,"1","Heartbeat",{"x":"' + b"y" * (10 << 20) + b'"}]')


def bomb_utf8(wire):
    wire.text(b'[2,"1","Heartbeat",{"x":"\xc3\x28"}]')


def bomb_utf8_late(wire):
    wire.send(Wire.frame(Wire.TEXT, b'[2,"1","Heartbeat",{"x":"\xc3', final=False) + Wire.frame(0, b'"}]'))


def bomb_binary(wire):
    wire.send(Wire.frame(Wire.BINARY, b"\0" * 100))


def bomb_deflated(wire):
    check("permessage-deflate" in wire.head, "compression was not agreed")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b'[2,"1","Heartbeat",{"x":"' + b"\0" * (200 << 20))
    packed += packer.flush(zlib.Z_SYNC_FLUSH)
    wire.send(Wire.frame(Wire.TEXT, packed[:-4], compressed=True))


def bomb_reserved_opcode(wire):
    wire.send(Wire.frame(3, b"hello"))


# (bomb, extension, codes that are right; None: the socket was just closed)
BOMBS = [
    (bomb_length, None, {1009}),
    (bomb_fragments, None, {1008, 1009}),
    (bomb_string, None, {1009}),
    (bomb_utf8, None, {1007}),
    (bomb_utf8_late, None, {1007}),
    (bomb_binary, None, {1003}),
    (bomb_deflated, "permessage-deflate", {1009}),
    (bomb_reserved_opcode, None, {1002, None}),
]


def test_bombs(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["BOMBER"])
        with bystander(csms):
            with Peer(csms, "BOMBER", boot=None):
                pass  # no boot: no commands come in between
            before = resident(csms)
            failures = []
            for bomb, extension, codes in BOMBS:
                with Wire(csms, "BOMBER", extensions=extension) as wire:
                    check_equal(wire.status, 101, "status of the handshake")
                    bomb(wire)
                    try:
                        code = wire.close_code()
                    except AssertionError as error:
                        code = str(error)
                growth = resident(csms) - before
                print(f"# {bomb.__name__}: close {code}, memory {growth / 1e6:+.1f} MB", flush=True)
                if code not in codes:
                    failures.append(f"{bomb.__name__}: close code {code}, expected {codes}")
                if growth > 16 << 20:
                    failures.append(f"{bomb.__name__}: memory has grown by {growth} bytes")
            check(not failures, "; ".join(failures))


def test_long_messages_are_no_flood(cluster):
    """As long as is allowed, compressed or not: these come in many pieces, and are still few messages."""
    with Csms(cluster) as csms:
        enrol(csms, ["REPORTER"])
        for extension in ("permessage-deflate", None):
            with Wire(csms, "REPORTER", extensions=extension) as wire:
                wire.text(json.dumps([2, "boot", "BootNotification", BOOT]))
                for n in range(6):
                    text = json.dumps([2, f"m{n}", "DataTransfer", {"vendorId": "x", "data": "z" * 900000}])
                    if extension:
                        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
                        packed = packer.compress(text.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
                        wire.send(Wire.frame(Wire.TEXT, packed[:-4], compressed=True))
                    else:
                        wire.text(text)
                left, unpacker = {f"m{n}" for n in range(6)}, zlib.decompressobj(-15)
                while left:
                    frame = wire.next()
                    check(frame and frame[0] == Wire.TEXT, f"{extension}: {frame} instead of an answer")
                    answer = frame[1]
                    if not answer.startswith(b"["):
                        answer = unpacker.decompress(answer + b"\0\0\xff\xff")
                    answer = json.loads(answer)
                    if answer[0] == 3:
                        left.discard(answer[1])


def test_deep_json(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["DEEP"])
        with bystander(csms), Peer(csms, "DEEP") as peer:
            before = resident(csms)
            for left, right in (("[", "]"), ('{"a":', "}")):
                inner = left * 10000 + ("1" if left != "[" else "") + right * 10000
                peer.send(f'[2,"deep","Heartbeat",{{"customData":{{"vendorId":"x","d":{inner}}}}}]')
                peer.send(inner)
            peer.call("Heartbeat", {})
            check(any(frame[0] == 4 for frame in peer.stray), f"deep JSON got no CALLERROR: {peer.stray}")
            check(resident(csms) - before < 16 << 20, "memory has grown")
            check(csms.metrics()["v2g_frames_bad_total"] >= 2, "bad frames were not counted")


def test_bad_frames_end(cluster):
    with Csms(cluster) as csms:
        enrol(csms, ["BABBLER"])
        with bystander(csms), Peer(csms, "BABBLER") as peer:
            with contextlib.suppress(Exception):
                for _ in range(50):  # ocpp.max_bad_frames; a client that goes on would lose the close frame
                    peer.send("nonsense")
            check_equal(peer.close_code(), 1008, "close code")


# ---- 7: those who never finish ----

def dropped(sockets, timeout):
    """How many the other side has closed by then."""
    deadline = time.monotonic() + timeout
    left = list(sockets)
    while left and time.monotonic() < deadline:
        still = []
        for s in left:
            try:
                s.setblocking(False)
                if s.recv(4096):
                    still.append(s)
            except BlockingIOError:
                still.append(s)
            except OSError:
                pass
        left = still
        time.sleep(0.2)
    return len(sockets) - len(left)


def test_slow_handshakes(cluster):
    certificates = Certificates()
    settings = {"ocpp.handshake_timeout": "3s"}
    with Csms(cluster, certificates=certificates, settings=settings) as csms:
        enrol(csms, ["LATE"])
        with bystander(csms):
            sockets = []
            for n in range(50):
                s = socket.create_connection(("127.0.0.1", csms.ports["plain"]))
                s.sendall(b"GET /ocpp/LATE HTTP/1.1\r\nHost: x\r\n")
                sockets.append(s)
            for _ in range(50):
                sockets.append(half_tls(csms, certificates))
            over = threading.Event()

            def drip():
                while not over.wait(0.5):
                    for s in sockets[:50]:
                        with contextlib.suppress(OSError):
                            s.send(b"X-A: b\r\n")
            dripper = threading.Thread(target=drip)
            dripper.start()
            check_equal(status_of(csms, "LATE"), 101, "status of a handshake meanwhile")
            time.sleep(6)
            over.set()
            dripper.join()
            check_equal(dropped(sockets, 4), len(sockets), "sockets dropped")
            for s in sockets:
                s.close()
            wait_until(lambda: csms.metrics()["v2g_sockets"] == 1, "sockets remain counted", timeout=10)


def half_tls(csms, certificates):
    """A ClientHello, and no more."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=certificates.ca)
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    s = socket.create_connection(("127.0.0.1", csms.ports["tls"]))
    s.sendall(outgoing.read()[:random.choice([1, 50, 100000])])
    return s


def idle(csms, source):
    s = socket.socket()
    s.bind((source, 0))
    s.connect(("127.0.0.1", csms.ports["plain"]))
    return s


def test_idle_sockets(cluster):
    """5,000 that say nothing, from 5 addresses: as many are kept as the settings say, and not for long."""
    settings = {"ocpp.handshake_timeout": "4s", "ocpp.max_handshakes": 2000,
                "ocpp.max_handshakes_per_address": 300}
    with Csms(cluster, settings=settings) as csms:
        enrol(csms, ["LATE"])
        with bystander(csms):
            before, sockets, highest = resident(csms), [], 0
            try:
                for n in range(5000):
                    sockets.append(idle(csms, f"127.0.3.{n % 5 + 1}"))
                    if n % 1000 == 999:
                        highest = max(highest, csms.metrics()["v2g_sockets"])
                check_equal(status_of(csms, "LATE", source="127.0.9.1"), 101,
                            "status of a handshake meanwhile")
                check(1000 < highest <= 1501, f"{highest} sockets at once")
                refused = csms.metrics()["v2g_sockets_refused_total"]
                check(refused >= 1000, f"{refused} sockets were refused")
                check_equal(dropped(sockets, 12), len(sockets), "sockets dropped")
                growth = resident(csms) - before
                print(f"# {highest:.0f} at once, {refused:.0f} refused, memory {growth / 1e6:+.1f} MB",
                      flush=True)
                check(growth < 64 << 20, f"memory has grown by {growth} bytes")
                # From many addresses the limit is that of all together.
                more = [idle(csms, f"127.0.4.{n % 50 + 1}") for n in range(2500)]
                sockets += more
                wait_until(lambda: csms.metrics()["v2g_sockets_refused_total"] >= refused + 499,
                           "sockets beyond max_handshakes are not refused", timeout=5)
                check(csms.metrics()["v2g_sockets"] <= 2001, "more sockets than max_handshakes")
                check_equal(dropped(more, 12), len(more), "sockets dropped")
                check_equal(status_of(csms, "LATE", source="127.0.9.1"), 101, "status of a handshake after it")
            finally:
                for s in sockets:
                    s.close()
            wait_until(lambda: csms.metrics()["v2g_sockets"] == 1, "sockets remain counted", timeout=10)


TESTS = [test_credentials, test_certificates, test_guessing, test_two_sessions, test_ids_of_another,
         test_forged_answers, test_bombs, test_long_messages_are_no_flood, test_deep_json,
         test_bad_frames_end, test_slow_handshakes, test_idle_sockets]


def suite(results):
    wanted = sys.argv[1:]
    tests = [test for test in TESTS if not wanted or test.__name__.removeprefix("test_") in wanted]
    with Cluster.shared() as cluster:
        for test in tests:
            began = time.monotonic()
            results.run([test], cluster)
            print(f"# {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(results.exit_code())


main_guard("attacks", suite)
