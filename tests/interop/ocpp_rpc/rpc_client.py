"""rpc_client.py - stations played by ocpp-rpc: see station.js."""

import itertools
import json
import pathlib
import queue
import subprocess
import threading

from client import CallError, Invalid, Refused, Station
from harness import Failure

SCRIPT = pathlib.Path(__file__).resolve().parent / "station.js"


class Client:
    """The node process; opens stations."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self._waiting = {}
        self._stations = {}
        # pylint: disable-next=consider-using-with
        self._process = subprocess.Popen(["node", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            message = json.loads(line)
            if "n" in message:
                self._waiting.pop(message["n"]).put(message)
                continue
            station = self._stations[message["station"]]
            if message["event"] == "call":
                station.calls.append((message["action"], message["payload"]))
            else:
                station.invalid.append(message["why"])

    def order(self, operation, **arguments):
        number = next(self._numbers)
        answer = self._waiting[number] = queue.Queue()
        self._process.stdin.write(json.dumps(dict(arguments, n=number, op=operation)) + "\n")
        self._process.stdin.flush()
        try:
            message = answer.get(timeout=40)
        except queue.Empty:
            raise Failure(f"{operation}: no answer of station.js") from None
        if "error" not in message:
            return message["value"]
        error = message["error"]
        if isinstance(error.get("status"), int):
            raise Refused(error["status"])
        if error.get("code"):
            raise CallError(error["code"])
        raise Failure(f"{operation}: {error['message']}")

    def open(self, csms, identity, password=None, tls=False, certificate=None, protocols=("ocpp2.0.1",),
             compression=False, answers=None):
        number = next(self._numbers)
        station = self._stations[number] = RpcStation(self, number, dict(answers or {}))
        agreed = self.order(
            "open", station=number, endpoint=csms.ocpp_url(tls=tls), identity=identity, password=password,
            protocols=list(protocols), compression=compression, answers=station.answers,
            ca=csms.certificates.ca if tls else None,
            certificate=certificate[0] if certificate else None, key=certificate[1] if certificate else None)
        station.protocol, station.extensions = agreed["protocol"], agreed["extensions"]
        return station

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)


class RpcStation(Station):
    def __init__(self, owner, number, answers):
        super().__init__(answers)
        self.invalid = []
        self._owner = owner
        self._number = number

    def call(self, action, payload):
        self._check_valid()
        try:
            return self._owner.order("call", station=self._number, action=action, payload=payload)
        finally:
            self._check_valid()

    def answer_with(self, **answers):
        self.answers.update(answers)
        self._owner.order("answers", station=self._number, answers=self.answers)

    def _check_valid(self):
        if self.invalid:
            raise Invalid("; ".join(self.invalid))

    def close(self):
        self._owner.order("close", station=self._number)

    def __exit__(self, kind, *_):
        self.close()
        if kind is None:
            self._check_valid()
