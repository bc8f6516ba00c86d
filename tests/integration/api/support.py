"""support.py - raw HTTP, a station in a few lines, and answers checked against openapi.json."""

import base64
import json
import socket
import threading
import time

import jsonschema
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness import PASSWORD, Failure, check, check_equal


class Raw:
    """Bytes in, bytes out: for what no HTTP library would send."""

    def __init__(self, csms, timeout=10, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", csms.ports["http"]), timeout=timeout)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.received = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def answer(self):
        """(status, headers, body) of the next answer; None at the end of the connection."""
        while b"\r\n\r\n" not in self.received:
            if not self._receive():
                check_equal(self.received, b"", "bytes before the end of the connection")
                return None
        head, _, rest = self.received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (l.split(":", 1) for l in lines)}
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            check(self._receive(), "the connection ended inside an answer")
            rest = self.received.partition(b"\r\n\r\n")[2]
        self.received = rest[length:]
        return int(first.split()[1]), headers, rest[:length]

    def _receive(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.received += data
        return bool(data)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(method, path, token=None, body=b"", headers=()):
    lines = [f"{method} {path} HTTP/1.1", "Host: test"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


class Station(threading.Thread):
    """Boots, then answers every call with what `answers` says: {action: payload, exception or function}."""

    def __init__(self, csms, name, password=PASSWORD, answers=None):
        super().__init__(daemon=True)
        self.answers = answers or {}
        self.calls = []
        word = base64.b64encode(f"{name}:{password}".encode()).decode()
        self.ws = connect(csms.ocpp_url(name), subprotocols=["ocpp2.0.1"], compression=None,
                          additional_headers={"Authorization": "Basic " + word}, open_timeout=20)
        self.ws.send(json.dumps([2, "boot", "BootNotification", {
            "reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}]))
        while True:  # calls may come before the answer: the central system knows this station
            frame = json.loads(self.ws.recv(timeout=20))
            if frame[1] == "boot":
                break
            self._take(frame)
        check_equal(frame[2]["status"], "Accepted", "boot status")
        self.start()

    def run(self):
        try:
            for frame in self.ws:
                self._take(json.loads(frame))
        except ConnectionClosed:
            pass

    def _take(self, frame):
        if frame[0] != 2:
            return
        _, message, action, payload = frame
        self.calls.append((action, payload))
        answer = self.answers.get(action, {"status": "Accepted"})
        if callable(answer):
            answer = answer(payload)
        if isinstance(answer, Exception):
            self.ws.send(json.dumps([4, message, str(answer), "not today", {"why": "test"}]))
        elif answer is not None:
            self.ws.send(json.dumps([3, message, answer]))

    def count(self, action):
        return sum(1 for name, _ in self.calls if name == action)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ws.close()
        self.join(10)


class Description:
    """openapi.json, and what it says of an answer."""

    def __init__(self, csms):
        self.document = csms.http("GET", "/openapi.json").json()
        self.paths = self.document["paths"]

    def schema(self, name):
        return {"$ref": f"#/components/schemas/{name}", "components": self.document["components"]}

    def validate(self, value, name):
        try:
            jsonschema.validate(value, self.schema(name), jsonschema.Draft202012Validator)
        except jsonschema.ValidationError as error:
            raise Failure(f"{name}: {error.message} at {error.json_path}") from None

    def check_all_described(self, value, name):
        """Members that the description does not mention are forgotten there, or should not be here."""
        self.validate(value, name)
        schema = self.document["components"]["schemas"][name]
        unknown = set(value) - set(schema["properties"])
        check(not unknown, f"{name}: members not described: {sorted(unknown)}")

    def operations(self):
        """(method, path, operation) of every route, commands by name left out."""
        for path, methods in self.paths.items():
            if "/commands/" in path and not path.endswith("}"):
                continue
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def references(self):
        found, open_ = set(), [self.document]
        while open_:
            node = open_.pop()
            if isinstance(node, dict):
                if "$ref" in node:
                    found.add(node["$ref"])
                open_ += node.values()
            elif isinstance(node, list):
                open_ += node
        return found

    def resolve(self, reference):
        node = self.document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        return node


def cpu_seconds(csms):
    fields = open(f"/proc/{csms.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def error_of(answer):
    """The error object of an answer, with its form checked."""
    error = answer.json()["error"]
    check(isinstance(error["code"], str) and error["code"], "error without code")
    check(isinstance(error["message"], str) and error["message"], "error without message")
    return error


def expect(answer, status, code=None, field=None):
    if answer.status != status:
        raise Failure(f"status is {answer.status}, expected {status}: {answer.body[:300]!r}")
    if code is not None:
        error = error_of(answer)
        check_equal(error["code"], code, "error code")
        if field is not None:
            check_equal(error.get("field"), field, "error field")
    return answer


def elapsed(function):
    started = time.monotonic()
    result = function()
    return result, time.monotonic() - started
