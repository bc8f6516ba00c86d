"""fleet.py - a simulated fleet under load, and whether what it saw is what the database holds."""

import collections
import json
import random
import threading
import time

from harness import Failure, check, check_equal, evse_sim, scratch, wait_until
from peer import BOOT, Peer, enrol

STATIONS = 10


class Fleet:
    """evse-sim: one transaction after the other on each station; comes again quickly after a loss."""

    def __init__(self, csms, stations=STATIONS, sample=0.1, call_timeout=30):
        self.csms = csms
        self.names = [f"SIM-{i + 1}" for i in range(stations)]
        self.truth_path = scratch("truth") / "truth.jsonl"
        enrol(csms, self.names)
        self.program = evse_sim(csms, stations, arguments=[
            "--behaviour", "transactions", "--truth", str(self.truth_path), "--report", "1",
            "--updates", "8", "--sample", str(sample), "--call-timeout", str(call_timeout),
            "--backoff", "0.1", "--backoff-range", "0.2", "--backoff-repeats", "1"])

    def __enter__(self):
        self.program.start()
        wait_until(lambda: self.events("acknowledged"), "the fleet does not get events acknowledged")
        return self

    def __exit__(self, *_):
        self.program.kill()

    def truth(self):
        """Whole lines only: the last may be on its way."""
        text = self.truth_path.read_text() if self.truth_path.exists() else ""
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def events(self, what):
        return {(line["station"], line["transaction"], line["seqNo"]): line
                for line in self.truth() if line["what"] == what}

    def drain(self, timeout=40):
        """Waits until all that has been made by now is acknowledged."""
        time.sleep(1.2)  # the file is written once a second
        made = set(self.events("event"))
        wait_until(lambda: made <= set(self.events("acknowledged")),
                   "events of the fleet are not acknowledged", timeout, interval=0.5)

    def stop(self):
        self.program.stop()


def check_fleet(fleet):
    """Each acknowledged event is there once, none was refused, and transactions add up."""
    csms = fleet.csms
    truth = fleet.truth()
    kinds = collections.Counter(line["what"] for line in truth)
    for what in ("LOST", "refused", "bad-answer", "transaction-lost"):
        check_equal(kinds[what], 0, f"number of '{what}' in the truth file")
    made, acknowledged = fleet.events("event"), fleet.events("acknowledged")
    check(acknowledged, "no event was acknowledged")
    rows = csms.sql("""SELECT s.name, t.transaction_id, e.seq_no, e.event_type, count(*)
        FROM core.transaction_event e JOIN core.transaction t ON t.id = e.transaction_id
        JOIN core.station s ON s.id = t.station_id WHERE s.name LIKE 'SIM-%%' GROUP BY 1, 2, 3, 4""", ())
    stored = {(row[0], row[1], row[2]): row[3:] for row in rows}
    check_equal(len(stored), len(rows), "number of keys of stored events")
    missing = sorted(set(acknowledged) - set(stored))
    check(not missing, f"{len(missing)} acknowledged events are not stored, as {missing[:3]}")
    alien = sorted(set(stored) - set(made))
    check(not alien, f"{len(alien)} events are stored that nobody made, as {alien[:3]}")
    wrong = [key for key, (kind, count) in stored.items() if count != 1 or kind != made[key]["type"]]
    check(not wrong, f"stored twice or otherwise than made: {wrong[:3]}")
    check_equal(csms.value("SELECT count(*) FROM core.transaction_conflict"), 0, "conflicts")
    _check_transactions(csms, made, stored)
    return len(acknowledged)


def _check_transactions(csms, made, stored):
    seqs, ended = collections.defaultdict(set), set()
    for station, transaction, seq in stored:
        seqs[station, transaction].add(seq)
        if made[station, transaction, seq]["type"] == "Ended":
            ended.add((station, transaction))
    rows = csms.sql("""SELECT s.name, t.transaction_id, t.event_count, t.min_seq, t.max_seq, t.state,
        t.conflicts, t.outside_count FROM core.transaction t JOIN core.station s ON s.id = t.station_id
        WHERE s.name LIKE 'SIM-%%'""", ())
    check_equal({row[:2] for row in rows}, set(seqs), "transactions")
    for name, transaction, count, low, high, state, conflicts, outside in rows:
        key = name, transaction
        check_equal((count, low, high, conflicts, outside),
                    (len(seqs[key]), 0, max(seqs[key]), 0, 0), f"count, seqNos of {key}")
        check_equal(count, high + 1, f"events up to the last of {key}")
        check_equal(state, "ended" if key in ended else "open", f"state of {key}")


class Caller(threading.Thread):
    """Posts commands to all stations, for as long as it runs; failures of the API are part of the test."""

    def __init__(self, csms, names, seed, pause=0.05):
        super().__init__(daemon=True)
        self.csms, self.names, self.pause = csms, names, pause
        self.random = random.Random(seed)
        self.posted, self.failed = 0, 0
        self.over = threading.Event()
        self.token = csms.token  # made while the database is there

    def run(self):
        while not self.over.wait(self.pause):
            name = self.random.choice(self.names)
            try:
                answer = self.csms.api("POST", f"/stations/{name}/commands/GetLocalListVersion?ttl=120", {},
                                       timeout=5)
                self.posted += answer.status == 202
                self.failed += answer.status != 202
            except OSError:
                self.failed += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(10)


class Tough(threading.Thread):
    """A Peer that always comes again; keeps the ids of all commands it has ever been sent."""

    def __init__(self, csms, name):
        super().__init__(daemon=True)
        self.csms, self.name_, self.booted = csms, name, False
        self.peers = []
        self.over = threading.Event()
        enrol(csms, [name])

    def run(self):
        while not self.over.is_set():
            try:
                self._live()
            except Exception:  # pylint: disable=broad-except
                pass  # refused, cut off in the middle: that is what this is for
            self.over.wait(0.1)

    def _live(self):
        answers = {"GetLocalListVersion": {"versionNumber": 0}}
        with Peer(self.csms, self.name_, boot=None, answers=answers) as peer:
            self.peers.append(peer)
            if not self.booted:
                peer.call("BootNotification", BOOT)
                self.booted = True
            while not self.over.is_set() and not peer.ended:
                time.sleep(0.02)

    @property
    def ids(self):
        """Message ids of all commands that came, over all its connections."""
        return [message for peer in self.peers for message, _, _ in list(peer.commands)]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(15)


FINAL = {"answered", "failed", "timed_out", "uncertain", "expired"}


def check_commands(csms, fleet, toughs):
    """None sent twice, none stuck, none answered that was not received."""
    wait_until(lambda: not csms.value("SELECT count(*) FROM core.command WHERE state IN ('queued', 'sent')"),
               "commands are stuck: " + str(csms.sql("SELECT state, count(*) FROM core.command GROUP BY 1")),
               30, interval=0.5)
    rows = csms.sql("""SELECT c.id::text, s.name, c.state FROM core.command c
        JOIN core.station s ON s.id = c.station_id""")
    states = {row[0]: row[2] for row in rows}
    check(set(states.values()) <= FINAL, f"states {set(states.values())}")
    for tough in toughs:
        twice = [i for i, n in collections.Counter(tough.ids).items() if n > 1]
        check(not twice, f"{tough.name_} was sent commands twice: {twice[:3]}")
        check(set(tough.ids) <= set(states), f"{tough.name_} was sent a command that is not in the ledger")
        unsent = [i for i in tough.ids if states[i] == "expired"]
        check(not unsent, f"{tough.name_} was sent commands that are recorded as expired")
        phantom = {i for i, name, state in rows if name == tough.name_ and state == "answered"} - set(tough.ids)
        check(not phantom, f"recorded as answered by {tough.name_}, which did not get them: {phantom}")
    received = collections.Counter(line["station"] for line in fleet.truth()
                                   if line["what"] in ("command", "command-refused"))
    for name in fleet.names:
        mine = [state for _, station, state in rows if station == name]
        answered, claimed = mine.count("answered"), len(mine) - mine.count("expired")
        if not answered <= received[name] <= claimed:
            raise Failure(f"{name} received {received[name]} commands; {answered} are answered, {claimed} claimed")
    return collections.Counter(states.values())
