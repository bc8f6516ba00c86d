"""house_client.py - stations played by the Python package `ocpp` over `websockets`."""

import asyncio
import base64
import json
import ssl
import threading

from ocpp.v201 import ChargePoint, call, call_result
from ocpp.charge_point import camel_to_snake_case
from ocpp.exceptions import OCPPError
from ocpp.messages import MessageType
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from client import CallError, Invalid, Refused, Station
from messages import COMMANDS


def with_names_of_python(kind, payload):
    """An object of the library: the names of its first level are Python's, all below stay as they are."""
    return kind(**{next(iter(camel_to_snake_case({key: None}))): value for key, value in payload.items()})


class Point(ChargePoint):
    """The library's charge point, with a handler for every action."""

    def __init__(self, station, connection):
        super().__init__(station.identity, connection)
        self.station = station
        self.last_answer = None
        # What @on would do for a method each.
        self.route_map = {action: {"_on_action": self._handler(action)} for action in COMMANDS}

    def _handler(self, action):
        def handle(**_):
            return with_names_of_python(getattr(call_result, action), self.station.answers[action])
        return handle

    async def route_message(self, raw_msg):
        frame = json.loads(raw_msg)
        if frame[0] == MessageType.Call:
            # As it came: the library hands the payload on with other names.
            self.station.calls.append((frame[2], frame[3]))
        await super().route_message(raw_msg)

    async def _send(self, message):
        frame = json.loads(message)
        if frame[0] == MessageType.CallError:
            self.station.invalid.append(f"the library refuses a command: {message}")
        await super()._send(message)

    async def _get_specific_response(self, unique_id, timeout):
        self.last_answer = await super()._get_specific_response(unique_id, timeout)
        return self.last_answer


class Client:
    """An event loop in a thread of its own; opens stations."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(40)

    def open(self, csms, identity, password=None, tls=False, certificate=None, protocols=("ocpp2.0.1",),
             compression=False, answers=None, context=None):
        headers = {}
        if password is not None:
            word = base64.b64encode(f"{identity}:{password}".encode()).decode()
            headers["Authorization"] = "Basic " + word
        if tls and context is None:
            context = ssl.create_default_context(cafile=csms.certificates.ca)
        if certificate:
            context.load_cert_chain(*certificate)
        station = HouseStation(self, identity, dict(answers or {}))
        self.run(station.connect(
            csms.ocpp_url(identity, tls=tls), ssl=context, subprotocols=list(protocols) or None,
            compression="deflate" if compression else None, additional_headers=headers, open_timeout=20,
            max_size=4 << 20))
        return station

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class HouseStation(Station):
    def __init__(self, owner, identity, answers):
        super().__init__(answers)
        self.identity = identity
        self.invalid = []
        self._owner = owner
        self._socket = self._point = self._task = None

    async def connect(self, url, **options):
        try:
            self._socket = await connect(url, **options)
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from None
        self.protocol = self._socket.subprotocol
        self.extensions = self._socket.response.headers.get("Sec-WebSocket-Extensions", "")
        self._point = Point(self, self._socket)
        self._task = asyncio.ensure_future(self._serve())

    async def _serve(self):
        try:
            await self._point.start()
        except ConnectionClosed:
            pass

    def call(self, action, payload):
        self._check_valid()
        request = with_names_of_python(getattr(call, action), payload)
        try:
            self._owner.run(self._point.call(request, suppress=False))
        except OCPPError as error:
            answer = self._point.last_answer
            if answer is not None and answer.message_type_id == MessageType.CallError:
                raise CallError(answer.error_code) from None
            raise Invalid(f"{action}: {error!r}") from None
        return self._point.last_answer.payload

    def _check_valid(self):
        if self.invalid:
            raise Invalid("; ".join(self.invalid))

    def close(self):
        self._owner.run(self._socket.close())

    def __exit__(self, kind, *_):
        self.close()
        if kind is None:
            self._check_valid()
