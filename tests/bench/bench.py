"""bench.py - what the central system does in a second, and what it needs, beside floors.

A floor is the least that any such program must spend, measured in the same run, with the same load
generator and, where there is one, the same database cluster (durability on):

    echo    answers every call at once: WebSocket and event loop alone
    insert  answers when a row with the text of the message is committed

Loads are closed: each station sends its next call when the last is answered.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time

from harness import (BUILD, PASSWORD, Certificates, Cluster, Csms, Failure, Process, Results, check,
                     free_port, scrypt_hash, wait_until)

BENCH = BUILD / "tests" / "bench"
PREFIX = "B"
# What a station's limits would forbid; and nothing else happens on the machine's behalf meanwhile.
SETTINGS = {
    "ocpp.max_frames_per_second": "100000",
    "ocpp.max_handshakes_per_address": "100000",
    "ocpp.max_handshakes": "100000",
    "ocpp.max_connections": "20000",
    "ocpp.heartbeat_interval": "1h",
    "log.level": "warn",
}
PG_SETTINGS = "shared_buffers = 256MB\nmax_wal_size = 4GB\ncheckpoint_timeout = 30min\n"
TICKS = os.sysconf("SC_CLK_TCK")


class Floor(Process):
    """floor_echo or floor_insert on a free port."""

    def __init__(self, name, database=None):
        port = free_port()
        self.url = f"ws://127.0.0.1:{port}/ocpp"
        command = [BENCH / name, "--listen", f"127.0.0.1:{port}"]
        super().__init__(name, command + (["--database", database] if database else []))

    def start(self):
        super().start()
        time.sleep(0.3)
        check(self.is_running(), f"{self.name} has ended\n{self.log_tail()}")
        return self


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def postgres_cpu(cluster):
    """Of the postmaster and all its children, those that have ended included."""
    main = (cluster.folder / "data" / "postmaster.pid").read_text().split()[0]
    fields = pathlib.Path(f"/proc/{main}/stat").read_text().rsplit(")", 1)[1].split()
    total = sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICKS
    for child in pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split():
        with contextlib.suppress(OSError):
            total += cpu_seconds(child)
    return total


def rss_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) << 10


def sim_command(url, stations, load, *arguments):
    return [BUILD / "tests" / "sim" / "evse-sim", "--url", url, "--stations", str(stations),
            "--prefix", PREFIX, "--password", PASSWORD, "--load", load, "--json", *arguments]


def summary(text):
    """The generator's line of JSON among what it prints."""
    line = next((line for line in text.splitlines() if line.startswith("{")), None)
    check(line is not None, f"no summary of the load generator in: {text[-500:]}")
    return json.loads(line)


def drive(url, stations, load, seconds):
    """One closed loop; the generator's summary."""
    command = sim_command(url, stations, load, "--duration", str(seconds), "--warmup", "1")
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
    result = summary(done.stdout)
    failures = {key: result[key] for key in ("errors", "timeouts", "lost_connections", "strays")
                if result[key]}
    check(not failures, f"{load} with {stations} stations: {failures} {done.stderr[:500]}")
    check(result["answers"] > 0, f"{load} with {stations} stations: no answer")
    return result


def add_stations(csms, count, profile=1):
    """Straight into the database; one hash for all, of the cost that the central system would use."""
    csms.sql("""
        INSERT INTO core.station (name, security_profile, password_hash, password_set_at)
        SELECT %s || i, %s, %s, now() FROM generate_series(1, %s) i""",
             (PREFIX, profile, scrypt_hash(PASSWORD, cost=10), count))


@contextlib.contextmanager
def central_system(cluster, stations, profile=1, certificates=None, **settings):
    """A v2g-csms with a database of its own that knows its stations before it starts to serve them."""
    csms = Csms(cluster, certificates=certificates, settings=SETTINGS | settings)
    with csms:
        add_stations(csms, stations, profile)
        # Read by a fresh process, all are known when it is ready.
        csms.restart()
        csms.sql("ANALYZE core.station")
        yield csms


class Bench:
    def __init__(self, options, results):
        self.options = options
        self.results = results
        self.cluster = None

    def report(self, name, figure, unit, remark=""):
        """A figure of zero would be a benchmark that measures nothing."""
        text = f"{figure:.3g}" if figure < 100 else f"{figure:.0f}"
        if figure > 0:
            self.results.ok(name, f"{text} {unit} {remark}".rstrip())
        else:
            self.results.not_ok(name, f"{text} {unit}")

    # Cases

    def decode(self):
        text = subprocess.run([BENCH / "bench_decode"], check=True, capture_output=True, text=True,
                              timeout=120).stdout
        ours, floor = (float(x) for x in re.search(r"decode (\d+) ns, json-c parse (\d+) ns",
                                                   text).groups())
        self.report("decode", ours, "ns", f"json-c {floor:.0f} ns, {floor / ours:.1f} times that")

    def alternate(self, runners):
        """Several rounds of all, so that a busy moment hits each alike; {name: [summaries]}."""
        measured = {name: [] for name in runners}
        for _ in range(self.options.rounds):
            for name, runner in runners.items():
                measured[name].append(runner())
        return measured

    def heartbeats(self):
        most = max(self.options.fleets)
        with central_system(self.cluster, most) as csms, Floor("floor_echo") as echo:
            for stations in self.options.fleets:
                def run(url, process, stations=stations):
                    before = cpu_seconds(process.pid)
                    result = drive(url, stations, "heartbeat", self.options.seconds)
                    # The generator's warm-up costs the server too.
                    span = 1 + self.options.seconds
                    result["cpu_us"] = ((cpu_seconds(process.pid) - before) * 1e6
                                        / (result["rate"] * span))
                    return result
                measured = self.alternate({
                    "ours": lambda run=run: run(csms.ocpp_url(), csms),
                    "echo": lambda run=run: run(echo.url, echo)})
                ours, floor = (median(measured[name], "rate") for name in ("ours", "echo"))
                self.report(f"heartbeats-{stations}", ours, "/s",
                            f"floor echo {floor:.0f}/s, ratio {ours / floor:.2f}; CPU "
                            f"{median(measured['ours'], 'cpu_us'):.1f} us beside "
                            f"{median(measured['echo'], 'cpu_us'):.1f} us")

    def transaction_round(self, url, process, stations):
        """Per message: CPU of the server and of PostgreSQL, warm-up included in time and messages."""
        before = cpu_seconds(process.pid), postgres_cpu(self.cluster)
        result = drive(url, stations, "transaction", self.options.seconds)
        messages = result["rate"] * (1 + self.options.seconds)
        result["cpu_us"] = (cpu_seconds(process.pid) - before[0]) * 1e6 / messages
        result["pg_us"] = (postgres_cpu(self.cluster) - before[1]) * 1e6 / messages
        for name in ("p50", "p95", "p99"):
            result[name] = result["latency_us"][name] / 1e3
        return result

    def transactions(self):
        most = max(self.options.fleets)
        floor_db = self.cluster.create_database("floor")
        with contextlib.ExitStack() as stack:
            csms = stack.enter_context(central_system(self.cluster, most))
            quiet = stack.enter_context(
                central_system(self.cluster, most, **{"database.log_messages": "no"}))
            echo = stack.enter_context(Floor("floor_echo"))
            insert = stack.enter_context(Floor("floor_insert", self.cluster.uri(floor_db)))
            targets = {"ours": (csms.ocpp_url(), csms), "no log": (quiet.ocpp_url(), quiet),
                       "echo": (echo.url, echo), "insert": (insert.url, insert)}
            for stations in self.options.fleets:
                self.report_transactions(stations, self.alternate({
                    name: lambda t=target, n=stations: self.transaction_round(*t, n)
                    for name, target in targets.items()}))
            stored = csms.value("SELECT count(*) FROM core.transaction_event")
            self.report("transactions-stored", stored, "events in the database")

    def report_transactions(self, stations, measured):
        def figures(name):
            m = measured[name]
            return (f"p50 {median(m, 'p50'):.1f} p95 {median(m, 'p95'):.1f} "
                    f"p99 {median(m, 'p99'):.1f} ms, CPU {median(m, 'cpu_us'):.1f} us, "
                    f"PostgreSQL {median(m, 'pg_us'):.1f} us")
        ours, quiet, echo, insert = (median(measured[name], "rate")
                                     for name in ("ours", "no log", "echo", "insert"))
        name = f"transactions-{stations}"
        self.report(name, ours, "/s", f"ratio to insert {ours / insert:.2f}, to echo "
                    f"{ours / echo:.2f}; {figures('ours')}")
        self.report(f"{name}-without-message-log", quiet, "/s", figures("no log"))
        self.report(f"{name}-floor-insert", insert, "/s", figures("insert"))
        self.report(f"{name}-floor-echo", echo, "/s", figures("echo"))

    def connect_all(self, process, url, stations, *arguments):
        """All connect and boot at once, then idle: (seconds till the last, bytes each, failures)."""
        before = rss_bytes(process.pid)
        with Process("evse-sim", sim_command(url, stations, "idle", "--duration", "0",
                                             *arguments)) as sim:
            wait_until(lambda: "stations accepted" in sim.log(), "not all stations are accepted", 250)
            time.sleep(2)
            each = (rss_bytes(process.pid) - before) / stations
        result = summary(sim.log())
        return result["all_accepted_s"], each, result["failed_connects"]

    def storm(self, name, stations, profile):
        certificates = Certificates() if profile > 1 else None
        with central_system(self.cluster, stations, profile, certificates) as csms:
            arguments = ["--profile", str(profile)]
            if profile > 1:
                arguments += ["--ca", certificates.ca]
            url = csms.ocpp_url(tls=profile > 1)
            first, each, refused = self.connect_all(csms, url, stations, *arguments)
            wait_until(lambda: csms.metrics().get("v2g_stations_connected", 0) == 0, "stations stay")
            again, _, refused_again = self.connect_all(csms, url, stations, *arguments)
        with Floor("floor_echo") as echo:
            floor, floor_each, _ = self.connect_all(echo, echo.url, stations)
        plain = "" if profile == 1 else " (without TLS)"
        self.report(f"{name}-first", stations / first, "stations/s",
                    f"{stations} accepted after {first:.2f} s, {refused} told to come later; floor "
                    f"echo{plain} {floor:.2f} s, ratio {floor / first:.2f}")
        self.report(f"{name}-again", stations / again, "stations/s",
                    f"{stations} accepted after {again:.2f} s, passwords known, {refused_again} told "
                    f"to come later; ratio {floor / again:.2f}")
        self.report(f"{name}-memory", each / 1024, "KiB each",
                    f"floor echo{plain} {floor_each / 1024:.1f} KiB")

    def storm_plain(self):
        self.storm("storm-plain", self.options.plain, 1)

    def storm_tls(self):
        self.storm("storm-tls", self.options.tls, 2)

    def run(self, cases):
        with Cluster(settings=PG_SETTINGS) as self.cluster:
            for case in cases:
                try:
                    getattr(self, case.replace("-", "_"))()
                except Failure as failure:
                    self.results.not_ok(case, failure)


def median(results, key):
    return statistics.median(result[key] for result in results)


CASES = ["decode", "heartbeats", "transactions", "storm-plain", "storm-tls"]


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    options = parser.parse_args()
    unknown = set(options.cases) - set(CASES)
    if unknown:
        parser.error(f"no case {', '.join(sorted(unknown))}")
    options.fleets, options.plain, options.tls = [50, 200], 5000, 2000
    if options.smoke:
        options.seconds, options.rounds = 1, 1
        options.fleets, options.plain, options.tls = [20], 200, 50
    return options


def main():
    options = parse_options()
    # The storms need two descriptors a station, in two processes.
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    results = Results("bench")
    print(f"# {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {options.rounds} rounds of "
          f"{options.seconds} s, medians", flush=True)
    Bench(options, results).run(options.cases or CASES)
    sys.exit(results.exit_code())


if __name__ == "__main__":
    main()
