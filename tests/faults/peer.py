"""peer.py - stations made of a few lines: one that behaves (Peer), and bare bytes on a socket (Wire)."""

import base64
import json
import os
import socket
import struct
import threading
import time
import uuid

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness import PASSWORD, Failure, check, check_equal

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}


def enrol(csms, names, **options):
    """Stations, and an API token, that the running node knows of when this returns: notifications tell it."""
    csms.token  # pylint: disable=pointless-statement
    csms.add_stations(names, **options)
    time.sleep(0.5)


def command_state(csms, station, action, payload):
    """Sends a command through the API and waits for its end; the state it ends in."""
    answer = csms.api("POST", f"/stations/{station}/commands/{action}?wait=20", payload, timeout=30)
    check(answer.status in (200, 202), f"{action}: {answer.status} {answer.body[:300]!r}")
    return answer.json()["state"]


def basic(name, password=PASSWORD):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def now(offset=0.0):
    at = time.time() + offset
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"


def event(kind, transaction, seq, **more):
    """The payload of a TransactionEvent."""
    trigger = {"Started": "CablePluggedIn", "Updated": "MeterValuePeriodic", "Ended": "EVDeparted"}
    return {"eventType": kind, "timestamp": now(), "triggerReason": trigger[kind], "seqNo": seq,
            "transactionInfo": {"transactionId": transaction}} | more


class Peer:
    """A station: calls, and a thread that reads and answers what comes.

    answers: {action: payload, None (no answer) or function(payload)}
    """

    def __init__(self, csms, name, password=PASSWORD, boot=BOOT, answers=None, **options):
        self.answers = answers or {}
        self.commands = []  # (message id, action, payload), as they came
        self.stray = []
        self._waiting = {}
        self._news = threading.Condition()
        self.ended = False
        self.ws = connect(csms.ocpp_url(name), subprotocols=["ocpp2.0.1"], compression=None,
                          additional_headers={"Authorization": basic(name, password)},
                          open_timeout=20, ping_interval=None, **options)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        if boot is not None:
            check_equal(self.call("BootNotification", boot)["status"], "Accepted", "boot status")

    def _read(self):
        try:
            for text in self.ws:
                self._take(json.loads(text))
        except (ConnectionClosed, OSError):
            pass
        with self._news:
            self.ended = True
            self._news.notify_all()

    def _take(self, frame):
        if frame[0] == 2:
            _, message, action, payload = frame
            self.commands.append((message, action, payload))
            answer = self.answers.get(action, {"status": "Accepted"})
            if callable(answer):
                answer = answer(payload)
            if answer is not None:
                self.ws.send(json.dumps([3, message, answer]))
        with self._news:
            if frame[0] != 2:
                if frame[1] in self._waiting:
                    self._waiting[frame[1]] = frame
                else:
                    self.stray.append(frame)
            self._news.notify_all()

    def send(self, text):
        self.ws.send(text)

    def exchange(self, action, payload, timeout=30, message=None):
        """The whole answer: [3, ...] or [4, ...].  payload: an object, or JSON text."""
        message = message or str(uuid.uuid4())
        text = payload if isinstance(payload, str) else json.dumps(payload)
        with self._news:
            self._waiting[message] = None
        self.ws.send(f'[2,"{message}","{action}",{text}]')
        deadline = time.monotonic() + timeout
        with self._news:
            while self._waiting[message] is None:
                left = deadline - time.monotonic()
                check(left > 0, f"{action} was not answered within {timeout} s")
                check(not self.ended, f"the connection ended before {action} was answered")
                self._news.wait(left)
            return self._waiting.pop(message)

    def call(self, action, payload, timeout=30):
        answer = self.exchange(action, payload, timeout)
        check_equal(answer[0], 3, f"type of the answer to {action} ({answer})")
        return answer[2]

    def got(self, action):
        return [payload for _, name, payload in list(self.commands) if name == action]

    def close_code(self, timeout=15):
        """With which code the central system has closed; fails while it has not."""
        self.thread.join(timeout)
        check(not self.thread.is_alive(), f"the connection is still open after {timeout} s")
        received = self.ws.protocol.close_rcvd
        return received.code if received else None

    def close(self):
        self.ws.close()
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Wire:
    """A WebSocket client that sends whatever it is told to, and answers nothing by itself."""

    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, csms, name, password=PASSWORD, extensions=None, source=None, receive_buffer=None,
                 timeout=20):
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", csms.ports["plain"]))
        self.received = b""
        lines = [f"GET /ocpp/{name} HTTP/1.1", "Host: test", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: ocpp2.0.1",
                 "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        if password is not None:
            lines.append("Authorization: " + basic(name, password))
        if extensions:
            lines.append("Sec-WebSocket-Extensions: " + extensions)
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.head = self._read_head()
        self.status = int(self.head.split(" ", 2)[1]) if self.head else None

    def _read_head(self):
        while b"\r\n\r\n" not in self.received:
            if not self._more():
                return ""
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return False
        self.received += data
        return bool(data)

    def send(self, data):
        """False: the other side has hung up."""
        try:
            self.socket.sendall(data)
            return True
        except ConnectionError:
            return False

    @staticmethod
    def frame(opcode, payload=b"", final=True, compressed=False, length=None):
        """One masked frame; `length` lies about the payload's."""
        size = len(payload) if length is None else length
        head = bytes([(0x80 if final else 0) | (0x40 if compressed else 0) | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", size)
        return head + b"\0\0\0\0" + payload  # a mask of zeros

    def text(self, text):
        return self.send(self.frame(self.TEXT, text.encode() if isinstance(text, str) else text))

    def next(self):
        """(opcode, payload) of the next frame; None at the end."""
        while True:
            data = self.received
            if len(data) >= 2:
                size, at = data[1] & 127, 2
                if size == 126 and len(data) >= 4:
                    size, at = struct.unpack(">H", data[2:4])[0], 4
                elif size == 127 and len(data) >= 10:
                    size, at = struct.unpack(">Q", data[2:10])[0], 10
                elif size > 125:
                    size = 1 << 60
                if len(data) >= at + size:
                    self.received = data[at + size:]
                    return data[0] & 15, data[at:at + size]
            if not self._more():
                return None

    def close_code(self, timeout=15):
        """The code of the close frame; None when the connection ended without one."""
        self.socket.settimeout(timeout)
        try:
            while (frame := self.next()) is not None:
                if frame[0] == self.CLOSE:
                    return struct.unpack(">H", frame[1][:2])[0]
        except TimeoutError:
            raise Failure(f"the connection is still open after {timeout} s") from None
        return None

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
