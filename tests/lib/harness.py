"""harness.py - what the Python test suites stand on: a database, the programs, results.

    from harness import Certificates, Cluster, Csms, Results

    results = Results("faults")
    with Cluster() as cluster, Csms(cluster) as csms:
        csms.add_station("CP-1", password="0123456789abcdef")
        with results.case("station can boot"):
            ...
    sys.exit(results.exit_code())

Standard library and psycopg (from tests/lib/python-env) only.  A suite is started by tests/run, or by hand
with a built tree; what is not in the environment is then made up.
"""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIB = ROOT / "tests" / "lib"
BUILD = pathlib.Path(os.environ.get("V2G_BUILD", ROOT / "build"))
BUILD_ASAN = pathlib.Path(os.environ.get("V2G_BUILD_ASAN", ROOT / "build-asan"))

# At least 16 characters, as security profiles 1 and 2 demand (A00.FR.205).
PASSWORD = "station-password-1"
# Orderly stops and starts are quick; this is what a loaded machine may add.
PATIENCE = 30


class Failure(AssertionError):
    """A test has found something that is not as it should be."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_equal(actual, expected, what="value"):
    if actual != expected:
        raise Failure(f"{what} is {actual!r}, expected {expected!r}")


def wait_until(condition, message, timeout=PATIENCE, interval=0.05):
    """Returns the first true value of condition(); fails with the message after the timeout."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"after {timeout} s: {message}")
        time.sleep(interval)


def _place(error):
    """File and line of the suite, not of the helper that found the fault."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((f for f in reversed(frames) if f.filename != __file__), frames[-1])
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"


class Results:
    """Prints the lines that tests/run counts."""

    def __init__(self, suite):
        self.suite = suite
        self.passed = 0
        self.failed = 0

    def ok(self, name, remark=""):
        self.passed += 1
        print(f"ok {self.suite}/{name} {remark}".rstrip(), flush=True)

    def not_ok(self, name, why):
        self.failed += 1
        first, *rest = str(why).splitlines() or [""]
        print(f"not ok {self.suite}/{name} {first}".rstrip(), flush=True)
        for line in rest:
            print("    " + line, flush=True)

    def skip(self, name, reason):
        print(f"skip {self.suite}/{name} {reason}", flush=True)

    @contextlib.contextmanager
    def case(self, name):
        """One test: it passes when the body ends without an exception."""
        try:
            yield
        except Exception as error:  # pylint: disable=broad-except
            text = str(error) if isinstance(error, Failure) else traceback.format_exc()
            self.not_ok(name, f"{text.rstrip()}\nat {_place(error)}")
        else:
            self.ok(name)

    def run(self, functions, *arguments):
        """Runs test functions, each a case named after it without its "test_"."""
        for function in functions:
            with self.case(function.__name__.removeprefix("test_")):
                function(*arguments)

    def exit_code(self):
        return 0 if self.failed == 0 and self.passed > 0 else 1


def free_port():
    """Below the range the kernel takes for outgoing connections: see ports.sh."""
    for _ in range(200):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failure("no free port found")


_scratch = None


def scratch(name):
    """A fresh folder that tests/run removes; by hand, it goes when the program ends."""
    global _scratch
    base = os.environ.get("V2G_TMP")
    if base is None:
        if _scratch is None:
            _scratch = tempfile.TemporaryDirectory(prefix="v2g-test-")
            os.chmod(_scratch.name, 0o711)
        base = _scratch.name
    folder = pathlib.Path(tempfile.mkdtemp(prefix=name + "-", dir=base))
    # A cluster's account must be able to pass through.
    folder.chmod(0o711)
    return folder


def scrypt_hash(password, cost=11):
    """A station's password as core.station.password_hash holds it (csms/password.h)."""
    def text(raw):
        return base64.b64encode(raw).decode().rstrip("=")
    salt = secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=1 << cost, r=8, p=1, dklen=32,
                         maxmem=256 << 20)
    return f"$scrypt$ln={cost},r=8,p=1${text(salt)}${text(key)}"


class Cluster:
    """A PostgreSQL cluster of the suite's own, which it may stop and kill (tests/lib/pg.sh)."""

    def __init__(self, folder=None, settings=""):
        self.folder = pathlib.Path(folder) if folder else scratch("pg")
        self.settings = settings
        self.base = None

    def _control(self, command):
        environment = dict(os.environ, V2G_PG_SETTINGS=self.settings)
        return subprocess.run([LIB / "pg.sh", command, self.folder], check=True, text=True,
                              stdout=subprocess.PIPE, env=environment).stdout

    def start(self):
        self._control("start")
        words = dict(w.split("=", 1) for w in shlex.split(self._control("env")))
        self.base = words["V2G_PG_URI"]
        return self

    def stop(self):
        self._control("stop")

    def kill(self):
        """What a power cut leaves: no checkpoint, no farewell to clients."""
        self._control("kill")

    def restart(self):
        self._control("restart")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    @classmethod
    def shared(cls):
        """The cluster tests/run has started: quick, but not to be stopped.  One's own without it."""
        base = os.environ.get("V2G_PG_URI")
        return _Shared(base) if base else cls()

    def uri(self, database):
        return f"{self.base}/{database}"

    def create_database(self, prefix="v2g"):
        """A new empty database; returns its name."""
        name = f"{prefix}_{secrets.token_hex(6)}"
        self.sql("postgres", f'CREATE DATABASE "{name}"')
        return name

    def connect(self, database, **options):
        """A psycopg connection in autocommit mode."""
        import psycopg
        return psycopg.connect(self.uri(database), autocommit=True, connect_timeout=10, **options)

    def sql(self, database, statement, parameters=None):
        """All rows, as tuples; [] for a statement without rows."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, database, statement, parameters=None):
        rows = self.sql(database, statement, parameters)
        return rows[0][0] if rows else None


class _Shared(Cluster):
    def __init__(self, base):  # pylint: disable=super-init-not-called
        self.base = base

    def _control(self, command):
        raise Failure(f"the shared cluster is not to be {command}ped: use Cluster()")

    def start(self):
        return self

    def __exit__(self, *_):
        pass


class Certificates:
    """Development certificates (tests/lib/make-certs)."""

    def __init__(self, folder=None, stations=()):
        self.folder = pathlib.Path(folder) if folder else scratch("certs")
        self.issue(*stations)

    def issue(self, *stations, organisation="operator", days=None, ca=None):
        """Makes clients/NAME.pem and .key; days=0: expired, ca="other": from a stranger."""
        options = ["--organisation", organisation]
        if days is not None:
            options += ["--days", str(days)]
        if ca is not None:
            options += ["--ca", ca]
        subprocess.run([LIB / "make-certs", self.folder, *options, *stations], check=True)

    def path(self, name):
        return str(self.folder / name)

    def client(self, station):
        """(certificate, key) of a station."""
        return self.path(f"clients/{station}.pem"), self.path(f"clients/{station}.key")

    @property
    def ca(self):
        return self.path("ca.pem")


class Process:
    """A program of ours: its output goes to a file, and how it ends is looked at."""

    def __init__(self, name, command):
        self.name = name
        self.argv = [str(word) for word in command]
        self.log_path = scratch(name) / "log"
        self.process = None

    def start(self):
        check(self.process is None, f"{self.name} is running")
        # abort: a report of the sanitizers is a crash, not an exit code among others.
        environment = dict(os.environ, ASAN_OPTIONS="abort_on_error=1:detect_leaks=1",
                           UBSAN_OPTIONS="print_stacktrace=1:abort_on_error=1")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment)
        return self

    def stop(self, timeout=PATIENCE):
        """SIGTERM; fails when the program does not end in order."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not stop within {timeout} s\n{self.log_tail()}") from None
        self.process = None
        if code != 0:
            raise Failure(f"{self.name} ended with {code}\n{self.log_tail()}")

    def kill(self):
        """SIGKILL, at whatever moment this is."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=25):
        return "\n".join(self.log().splitlines()[-lines:])

    def logged(self, event, **fields):
        """Lines of the log with this event and these fields."""
        wanted = [f"{key}={value}" for key, value in fields.items()]
        return [line for line in self.log().splitlines()
                if re.match(rf"\S+ \S+ {re.escape(event)}( |$)", line)
                and all(word in line for word in wanted)]

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        # The first failure is the interesting one; do not cover it with a second.
        if kind is None:
            self.stop()
        else:
            self.kill()


class Response:
    """An answer of the HTTP API."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Csms(Process):
    """A v2g-csms on free ports.  Several may share a database, each with a node name of its own.

    settings: {"ocpp.heartbeat_interval": "10s", ...}; certificates: a Certificates, to listen with TLS;
    asan: the build with sanitizers.
    """

    def __init__(self, cluster, database=None, certificates=None, settings=None, asan=False,
                 node="test", ports=None):
        self.cluster = cluster
        self.database = database or cluster.create_database()
        self.certificates = certificates
        self.ports = ports or {name: free_port() for name in ("plain", "tls", "http")}
        self.node = node
        self._token = None
        self.program = str((BUILD_ASAN if asan else BUILD) / "csms" / "v2g-csms")
        self.settings = self._default_settings() | dict(settings or {})
        arguments = [f"--{key}={value}" for key, value in self.settings.items()]
        super().__init__("v2g-csms", [self.program, *arguments])

    def _default_settings(self):
        settings = {
            "database.uri": self.cluster.uri(self.database),
            "ocpp.node": self.node,
            "listen.plain": f"127.0.0.1:{self.ports['plain']}",
            "listen.http": f"127.0.0.1:{self.ports['http']}",
        }
        if self.certificates is not None:
            settings["listen.tls"] = f"127.0.0.1:{self.ports['tls']}"
            for kind in ("rsa", "ecdsa"):
                settings[f"tls.{kind}_certificate"] = self.certificates.path(f"server-{kind}.pem")
                settings[f"tls.{kind}_key"] = self.certificates.path(f"server-{kind}.key")
            settings["tls.client_ca"] = self.certificates.ca
        return settings

    def start(self, ready=True):
        super().start()
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=PATIENCE):
        def ready():
            check(self.is_running(), f"v2g-csms has ended\n{self.log_tail()}")
            return self.is_ready()
        try:
            wait_until(ready, "v2g-csms is not ready", timeout)
        except Failure:
            self.kill()
            raise

    def is_ready(self):
        try:
            return self.http("GET", "/readyz", timeout=5).status == 200
        except OSError:
            return False

    def restart(self):
        self.stop()
        self.start()

    def ocpp_url(self, station="", tls=False):
        if tls:
            return f"wss://localhost:{self.ports['tls']}/ocpp/{station}".rstrip("/")
        return f"ws://127.0.0.1:{self.ports['plain']}/ocpp/{station}".rstrip("/")

    # The API

    def create_token(self, role="operator", name=None):
        """A new API token, made the way an administrator makes one."""
        name = name or f"test-{secrets.token_hex(4)}"
        command = [self.program, "admin", "create-token", "--role", role, "--name", name,
                   f"--database.uri={self.settings['database.uri']}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        check_equal(done.returncode, 0, f"exit code of create-token ({done.stderr.strip()})")
        token = done.stdout.strip()
        wait_until(lambda: self._knows(token), "the server does not know the new token")
        return token

    def _knows(self, token):
        """The server hears of a token by a notification; one that does not run reads it at its start."""
        try:
            return self.http("GET", "/api/v1/stations?limit=1", token=token).status != 401
        except OSError:
            return True

    @property
    def token(self):
        if self._token is None:
            self._token = self.create_token()
        return self._token

    def http(self, method, path, body=None, token=None, headers=None, timeout=PATIENCE):
        """One request; HTTP errors are answers too."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['http']}{path}",
                                         method=method)
        if body is not None:
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Response(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as answer:
            return Response(answer.code, answer.headers, answer.read())

    def api(self, method, path, body=None, **options):
        """As http(), below /api/v1 and with an operator's token."""
        return self.http(method, "/api/v1" + path, body, options.pop("token", self.token), **options)

    def command(self, station, action, payload, wait=20):
        """Sends an OCPP request to the station; the finished command, as the API shows it."""
        answer = self.api("POST", f"/stations/{station}/commands/{action}?wait={wait}", payload,
                          timeout=wait + 10)
        check(answer.status in (200, 202), f"{action}: {answer.status} {answer.body[:300]!r}")
        return answer.json()

    def metrics(self):
        """Prometheus samples: {"name{labels}": value}."""
        text = self.http("GET", "/metrics").body.decode()
        return {key: float(value) for key, value in
                (line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")}

    # The database

    def sql(self, statement, parameters=None):
        return self.cluster.sql(self.database, statement, parameters)

    def value(self, statement, parameters=None):
        return self.cluster.value(self.database, statement, parameters)

    def add_stations(self, names, password=PASSWORD, profile=1):
        """Straight into the database, all with one password; the running nodes are notified."""
        hashed = scrypt_hash(password) if password else None
        self.sql("""
            INSERT INTO core.station (name, security_profile, password_hash, password_set_at)
            SELECT unnest(%s::text[]), %s, %s, now()
            ON CONFLICT (lower(name)) DO UPDATE SET security_profile = excluded.security_profile,
                password_hash = excluded.password_hash, password_set_at = now()""",
                 (list(names), profile, hashed))

    def add_station(self, name, password=PASSWORD, profile=1):
        self.add_stations([name], password, profile)


def evse_sim(csms, stations=1, prefix="SIM-", profile=1, arguments=(), asan=False):
    """The simulated fleet against this central system; a Process, not yet started."""
    program = (BUILD_ASAN if asan else BUILD) / "tests" / "sim" / "evse-sim"
    command = [program, "--url", csms.ocpp_url(tls=profile > 1), "--stations", str(stations),
               "--prefix", prefix, "--profile", str(profile), "--password", PASSWORD]
    if profile > 1:
        command += ["--ca", csms.certificates.ca]
    if profile > 2:
        command += ["--cert-dir", csms.certificates.path("clients")]
    return Process("evse-sim", [*command, *arguments])


def main_guard(name, function):
    """For a suite's last lines: an exception outside any case is a failure too."""
    results = Results(name)
    try:
        function(results)
    except Exception as error:  # pylint: disable=broad-except
        text = str(error) if isinstance(error, Failure) else traceback.format_exc()
        results.not_ok("suite", text)
    sys.exit(results.exit_code())
