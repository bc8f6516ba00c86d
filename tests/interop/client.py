"""client.py - what the scenarios ask of a station, whichever library plays it."""

from harness import wait_until


class Refused(Exception):
    """The handshake was answered with an HTTP status."""

    def __init__(self, status):
        super().__init__(f"refused with status {status}")
        self.status = status


class CallError(Exception):
    """A call was answered with a CALLERROR."""

    def __init__(self, code):
        super().__init__(f"CALLERROR {code}")
        self.code = code


class Invalid(Exception):
    """The library finds that a message of the central system breaks OCPP."""


class Station:
    """One open connection.

    protocol, extensions: what the handshake agreed on; calls: (action, payload) of what has come;
    answers: {action: payload} for it.
    """

    def __init__(self, answers):
        self.protocol = None
        self.extensions = ""
        self.calls = []
        self.answers = answers

    def call(self, action, payload):
        """The payload of the answer; CallError, or Invalid."""
        raise NotImplementedError

    def close(self):
        raise NotImplementedError

    def answer_with(self, **answers):
        self.answers.update(answers)

    def payloads(self, action):
        return [payload for name, payload in list(self.calls) if name == action]

    def wait_call(self, action, count=1):
        """Payload of the call of this action that is the count-th."""
        wait_until(lambda: len(self.payloads(action)) >= count, f"no {action} came")
        return self.payloads(action)[count - 1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
