"""scenario.py - what a station and a central system do together; any Client (client.py) can play it."""

import contextlib
import decimal
import itertools
import json
import secrets
import time

from client import CallError, Refused
from harness import PASSWORD, Failure, check, check_equal, wait_until
from messages import (ACCEPTED, BOOT, COMMANDS, SOME_COMMANDS, TOKEN, report, samples, set_password)

ANSWERS = {action: answer for action, (_, answer) in COMMANDS.items()} | {"GetBaseReport": ACCEPTED}
_numbers = itertools.count(1)


def now(offset=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


class Scenario:
    """A client library, and the central system it talks to."""

    def __init__(self, results, csms, client):
        self.results = results
        self.csms = csms
        self.client = client
        # The token was made by another process; the server hears of it by a notification.
        wait_until(lambda: csms.api("GET", "/stations").status == 200, "the token is not taken")

    # Stations

    def add(self, profile=1, **settings):
        """A new station's name; made through the API."""
        name = f"IOP-{next(_numbers)}-{secrets.token_hex(3)}"
        body = {"id": name, "securityProfile": profile} | settings
        if profile < 3:
            body.setdefault("password", PASSWORD)
        else:
            body.setdefault("certificateCn", name)
            self.csms.certificates.issue(name)
        self.expect(self.csms.api("POST", "/stations", body), 201)
        return name

    def open(self, name, profile=1, **options):
        if profile < 3:
            options.setdefault("password", PASSWORD)
        else:
            options.setdefault("certificate", self.csms.certificates.client(name))
        return self.client.open(self.csms, name, tls=profile > 1, answers=ANSWERS, **options)

    @contextlib.contextmanager
    def station(self, profile=1, settings=None, **options):
        """(name, booted station) of a new one."""
        name = self.add(profile, **(settings or {}))
        with self.open(name, profile, **options) as station:
            self.boot(station)
            yield name, station

    @staticmethod
    def boot(station, status="Accepted"):
        answer = station.call("BootNotification", BOOT)
        check_equal(answer["status"], status, "boot status")
        check(answer["interval"] > 0 and answer["currentTime"].endswith("Z"), f"boot answer {answer}")

    @staticmethod
    def expect(answer, status):
        check(answer.status == status, f"status {answer.status}, expected {status}: {answer.body[:300]!r}")
        return answer

    def patch(self, name, **changes):
        self.expect(self.csms.api("PATCH", f"/stations/{name}", changes), 200)

    def send(self, name, action, request, wait=20):
        """A command through the API, when it is over or the time is."""
        answer = self.csms.api("POST", f"/stations/{name}/commands/{action}?wait={wait}", request,
                               timeout=wait + 10)
        check(answer.status in (200, 202), f"{action}: {answer.status} {answer.body[:300]!r}")
        return answer.json()

    def is_refused(self, name, statuses, **options):
        """Is the handshake answered with one of these statuses, and not upgraded?"""
        try:
            station = self.open(name, **options)
        except Refused as refusal:
            check(refusal.status in statuses, f"refused with {refusal.status}, expected {statuses}")
            return True
        station.close()
        return False

    def refused(self, name, statuses, **options):
        check(self.is_refused(name, statuses, **options), "the handshake was accepted")

    @staticmethod
    def fails(station, action, payload, code):
        try:
            answer = station.call(action, payload)
        except CallError as error:
            check_equal(error.code, code, f"error of {action}")
            return
        raise Failure(f"{action} was answered {answer}, expected {code}")

    def count(self, table, name, condition="true", parameters=()):
        return self.csms.value(
            f"SELECT count(*) FROM core.{table} t JOIN core.station s ON s.id = t.station_id "
            f"WHERE s.name = %s AND {condition}", (name, *parameters))

    # Security profiles

    def profile(self, profile):
        """All messages of a station over one security profile."""
        tag = f"profile{profile}"
        name = self.add(profile)
        with self.results.case(f"{tag}/session"), self.open(name, profile) as station:
            for step in (self.provisioning, self.inventory, self.authorisation, self.transaction,
                         self.notifications, self.not_supported, self.custom_data):
                with self.results.case(f"{tag}/{step.__name__}"):
                    step(name, station)
            check_equal(self.csms.value(
                "SELECT c.security_profile FROM core.connection c JOIN core.station s ON s.id = c.station_id "
                "WHERE s.name = %s", (name,)), profile, "profile of the connection")
            for action in COMMANDS if profile == 1 else SOME_COMMANDS:
                with self.results.case(f"{tag}/command/{action}"):
                    self.command(name, station, action)

    def provisioning(self, name, station):
        self.boot(station)
        check_equal(station.call("StatusNotification", {
            "timestamp": now(), "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}), {}, "answer")
        check("currentTime" in station.call("Heartbeat", {}), "Heartbeat without currentTime")
        row = self.csms.sql("""SELECT s.vendor, s.model, s.boot_status, k.status FROM core.station s
            JOIN core.connector k ON k.station_id = s.id WHERE s.name = %s""", (name,))
        check_equal(row, [("Example", "Interop", "Accepted", "Occupied")], "rows")

    def inventory(self, name, station):
        """The report that is asked for at first contact, its parts in the wrong order."""
        request = station.wait_call("GetBaseReport")
        check_equal(request["reportBase"], "FullInventory", "report base")
        number = request["requestId"]
        check_equal(station.call("NotifyReport", report(number, 1, False, "Power", "1500.5")), {}, "answer")
        check_equal(station.call("NotifyReport", report(number, 0, True, "Current", "6")), {}, "answer")
        rows = self.csms.sql("""SELECT v.component, v.evse_no, v.variable, v.value, v.mutability
            FROM core.device_variable v JOIN core.station s ON s.id = v.station_id
            WHERE s.name = %s ORDER BY v.variable""", (name,))
        check_equal(rows, [("EVSE", 1, "Current", "6", "ReadOnly"), ("EVSE", 1, "Power", "1500.5", "ReadOnly")],
                    "device model")
        check_equal(self.count("report_request", name, "complete"), 1, "complete reports")
        items = self.csms.api("GET", f"/stations/{name}/device-model").json()["items"]
        check("1500.5" in json.dumps(items), f"device model of the API: {items}")

    def authorisation(self, _, station):
        self.expect(self.csms.api("PUT", f"/id-tokens/{TOKEN['type']}/{TOKEN['idToken']}", {
            "status": "Accepted", "language1": "de", "chargingPriority": 3, "evseIds": [1],
            "groupIdToken": {"idToken": "GROUP", "type": "Central"},
            "personalMessage": {"format": "UTF8", "content": "Grüß Gott"}}), 200)
        info = station.call("Authorize", {"idToken": TOKEN})["idTokenInfo"]
        check_equal(info["status"], "Accepted", "status")
        check_equal(info["groupIdToken"], {"idToken": "GROUP", "type": "Central"}, "group")
        check_equal(info["personalMessage"]["content"], "Grüß Gott", "message")
        unknown = {"idToken": {"idToken": "NOBODY", "type": "ISO14443"}}
        check_equal(station.call("Authorize", unknown)["idTokenInfo"]["status"], "Unknown", "status")

    def transaction(self, name, station):
        """Registers say 1000, 1500.5, 3250.25 Wh in and 200, 200, 700.125 Wh out."""
        transaction = f"tx-{secrets.token_hex(4)}"

        def event(kind, number, trigger, at, meter, **more):
            info = {"transactionId": transaction, "chargingState": more.pop("state")}
            if kind == "Ended":
                info["stoppedReason"] = "Local"
            return station.call("TransactionEvent", {
                "eventType": kind, "timestamp": at, "triggerReason": trigger, "seqNo": number,
                "transactionInfo": info, "meterValue": meter, **more})

        start, middle, end = now(-3600), now(-1800), now(-60)
        answer = event("Started", 0, "Authorized", start, samples(start, 1000, 200, None, "Transaction.Begin"),
                       state="Charging", idToken=TOKEN, evse={"id": 1, "connectorId": 1})
        check_equal(answer["idTokenInfo"]["status"], "Accepted", "token at the start")
        event("Updated", 1, "MeterValuePeriodic", middle, samples(middle, 1.5005, 0.2, "kWh"), state="Charging")
        answer = event("Ended", 2, "StopAuthorized", end, samples(end, 3250.25, 700.125, "Wh", "Transaction.End"),
                       state="Idle", idToken=TOKEN)
        check_equal(answer["idTokenInfo"]["status"], "Accepted", "token at the end")
        rows = self.csms.sql("""SELECT state, energy_charged_wh, energy_discharged_wh, energy_source,
            energy_doubtful, stop_reason, complete, event_count, evse_no, id_token,
            extract(epoch FROM duration)::int FROM report.session WHERE station = %s AND transaction_id = %s""",
                             (name, transaction))
        check_equal(rows, [("ended", decimal.Decimal("2250.25"), decimal.Decimal("500.125"), "register", False,
                            "Local", True, 3, 1, TOKEN["idToken"], 3540)], "session")

    def notifications(self, name, station):
        check_equal(station.call("SecurityEventNotification", {
            "type": "SettingSystemTime", "timestamp": now(), "techInfo": "from NTP"}), {}, "security event")
        check_equal(self.count("security_event", name, "origin = 'station' AND type = 'SettingSystemTime'"), 1, "rows")
        answer = station.call("DataTransfer", {"vendorId": "org.nobody", "data": {"a": [1, 2.5, "ä"]}})
        check_equal(answer["status"], "UnknownVendorId", "DataTransfer")
        check_equal(self.count("data_transfer", name, "data = '{\"a\": [1, 2.5, \"ä\"]}'"), 1, "rows")
        station.call("MeterValues", {"evseId": 0, "meterValue": samples(now(), 5, 6.75)})
        check_equal(self.count("meter_report", name), 1, "meter reports")
        station.call("NotifyEvent", {"generatedAt": now(), "seqNo": 0, "eventData": [{
            "eventId": 1, "timestamp": now(1), "trigger": "Delta", "actualValue": "Faulted",
            "eventNotificationType": "HardWiredNotification", "variable": {"name": "AvailabilityState"},
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}}]})
        check_equal(self.count("event", name), 1, "events")
        check_equal(self.count("connector_status", name, "status = 'Faulted' AND source = 'NotifyEvent'"), 1, "statuses")
        station.call("LogStatusNotification", {"status": "Uploading", "requestId": 4})
        check_equal(self.count("log_status", name, "status = 'Uploading' AND request_id = 4"), 1, "log statuses")
        station.call("FirmwareStatusNotification", {"status": "Downloaded", "requestId": 7})
        check_equal(self.count("firmware_status", name, "status = 'Downloaded'"), 1, "firmware statuses")

    def not_supported(self, _, station):
        self.fails(station, "SignCertificate", {"csr": "x"}, "NotSupported")
        check("currentTime" in station.call("Heartbeat", {}), "Heartbeat without currentTime")

    def custom_data(self, _, station):
        """TC_P_03"""
        extra = {"customData": {"vendorId": "org.example", "note": {"deep": [1, "x"]}}}
        check("currentTime" in station.call("Heartbeat", extra), "Heartbeat without currentTime")
        station.call("StatusNotification", {"timestamp": now(2), "connectorStatus": "Available", "evseId": 1,
                                            "connectorId": 1} | extra)
        check_equal(station.call("Authorize", {"idToken": TOKEN | extra} | extra)["idTokenInfo"]["status"],
                    "Accepted", "status")

    def command(self, name, station, action):
        """One request of the central system: what is posted, seen, answered and kept."""
        request, answer = COMMANDS[action]
        seen = len(station.payloads(action))
        station.answer_with(**{action: answer})
        done = self.send(name, action, request)
        check_equal(done["state"], "answered", f"state ({done})")
        check_equal(station.wait_call(action, seen + 1), request, "what the station saw")
        check_equal(len(station.payloads(action)), seen + 1, "times it was sent")
        check_equal(done["response"], answer, "response of the API")
        rows = self.csms.sql("SELECT state, payload, response, error_code FROM core.command WHERE id = %s",
                             (done["id"],))
        check_equal(rows, [("answered", request, answer, None)], "row")

    def every_command(self):
        """The table has each action that the server offers."""
        paths = self.csms.http("GET", "/openapi.json").json()["paths"]
        offered = {path.rsplit("/", 1)[1] for path in paths if "/stations/" in path and "/commands/" in path}
        check_equal(offered - {"{action}"}, set(COMMANDS), "actions")

    # Connecting

    def compression(self):
        """permessage-deflate: agreed on when asked for, unless the station has it switched off."""
        text = secrets.token_hex(20000) + "ä" * 60000
        payload = {"vendorId": "org.example", "data": text}
        for wish, allowed in itertools.product((True, False), repeat=2):
            with self.station(settings={"compression": allowed}, compression=wish) as (name, station):
                check_equal("permessage-deflate" in station.extensions, wish and allowed,
                            f"deflate with wish {wish} and setting {allowed}")
                station.answer_with(DataTransfer={"status": "Accepted", "data": text})
                done = self.send(name, "DataTransfer", payload)
                check_equal(done["state"], "answered", "state")
                check(station.wait_call("DataTransfer") == payload, "the station saw another payload")
                check(done["response"]["data"] == text, "the answer has changed on its way")
                station.call("DataTransfer", payload)
                check_equal(self.count("data_transfer", name, "data = to_jsonb(%s::text)", (text,)), 1, "rows")

    def subprotocols(self):
        """TC_B_58"""
        name = self.add()
        self.refused(name, (400,), protocols=("ocpp0.1",))
        check_equal(self.count("connection", name), 0, "connections")
        for offered in (("ocpp0.1", "ocpp2.0.1"), ("ocpp2.0.1", "ocpp1.6")):
            with self.open(name, protocols=offered) as station:
                check_equal(station.protocol, "ocpp2.0.1", "protocol")
                self.boot(station)

    def refusals(self):
        """Wrong password, unknown station, blocked, too low a profile, certificate of another."""
        name = self.add()
        self.refused(name, (401,), password="not-the-password-1")
        self.refused("IOP-nobody", (404,))
        self.expect(self.csms.api("POST", f"/stations/{name}/block"), 200)
        self.refused(name, (403,))
        second = self.add(2)
        self.refused(second, (401,))
        third, other = self.add(3), self.add(3)
        self.refused(third, (401,), profile=2, password=PASSWORD)
        self.refused(third, (401,), profile=3, certificate=self.csms.certificates.client(other))

    # Registration

    def pending(self):
        """B02: a station that is Pending may be asked and configured; it may not go on by itself."""
        name = self.add()
        self.patch(name, registration="Pending")
        with self.open(name) as station:
            self.fails(station, "Heartbeat", {}, "SecurityError")  # before any boot
            self.boot(station, "Pending")
            self.fails(station, "Heartbeat", {}, "SecurityError")
            self.fails(station, "StatusNotification", {
                "timestamp": now(), "connectorStatus": "Available", "evseId": 1, "connectorId": 1}, "SecurityError")
            self.inventory(name, station)
            self.command(name, station, "GetVariables")
            station.answer_with(TriggerMessage=ACCEPTED)
            done = self.send(name, "TriggerMessage", {"requestedMessage": "Heartbeat"})
            check_equal(done["response"], ACCEPTED, "TriggerMessage")
            check("currentTime" in station.call("Heartbeat", {}), "the Heartbeat asked for")
            self.fails(station, "Heartbeat", {}, "SecurityError")
            check_equal(self.send(name, "Reset", {"type": "OnIdle"}, wait=1)["state"], "queued", "Reset")
            self.patch(name, registration="Accepted")
            self.boot(station)
            check("currentTime" in station.call("Heartbeat", {}), "Heartbeat once accepted")
            check_equal(station.wait_call("Reset"), {"type": "OnIdle"}, "Reset that was waiting")

    def rejected(self):
        """B03.FR.07: nothing but a boot, in either direction."""
        name = self.add(registration="Rejected")
        with self.open(name) as station:
            self.boot(station, "Rejected")
            self.fails(station, "Heartbeat", {}, "SecurityError")
            self.fails(station, "Authorize", {"idToken": TOKEN}, "SecurityError")
            done = self.send(name, "GetVariables", COMMANDS["GetVariables"][0], wait=1)
            check_equal(done["state"], "queued", "GetVariables")
            self.boot(station, "Rejected")
            check_equal(station.calls, [], "calls")

    # Secrets

    def password_change(self):
        """A01: the new password counts once the station has accepted it; it is kept nowhere."""
        for variable, spelling in (("BasicAuthPassword", None), ("basicauthpassword", None),
                                   ("BasicAuthPassword", b"Basic\\u0041uth\\u0050assword")):
            new = "New-" + secrets.token_hex(10)
            request, accepted, refused = set_password(new, variable)
            # Another spelling of the same JSON.
            body = json.dumps(request).encode().replace(variable.encode(), spelling or variable.encode())
            with self.station() as (name, station):
                station.answer_with(SetVariables=refused)
                check_equal(self.send(name, "SetVariables", body)["response"], refused, "response")
                check_equal(station.wait_call("SetVariables"), request, "what the station saw")
            self.refused(name, (401,), password=new)
            with self.open(name) as station:
                self.boot(station)
                station.answer_with(SetVariables=accepted)
                check_equal(self.send(name, "SetVariables", body)["response"], accepted, "response")
            wait_until(lambda: self.is_refused(name, (401,)), "the old password still works", 5)
            with self.open(name, password=new) as station:
                self.boot(station)
                check("currentTime" in station.call("Heartbeat", {}), "Heartbeat")
            self.not_kept(name, new)

    def network_secrets(self):
        """SetNetworkProfile carries the passwords of VPN and APN."""
        names = [secrets.token_hex(8) for _ in range(3)]
        request = json.loads(json.dumps(COMMANDS["SetNetworkProfile"][0]))
        request["connectionData"] |= {
            "vpn": {"server": "vpn.example", "user": "u", "password": names[0], "key": names[1], "type": "IKEv2"},
            "apn": {"apn": "internet", "apnPassword": names[2], "apnAuthentication": "CHAP"}}
        with self.station() as (name, station):
            done = self.send(name, "SetNetworkProfile", request)
            check_equal(done["state"], "answered", "state")
            check_equal(station.wait_call("SetNetworkProfile"), request, "what the station saw")
        for secret in names:
            self.not_kept(name, secret)

    def not_kept(self, name, secret):
        """The text is in no row of this station, nor in the log."""
        # The log of frames is written behind: wait for the last one of the connection.
        wait_until(lambda: self.count("message", name, "direction = 'out' AND frame LIKE '[3,%%'") > 0,
                   "no frame was logged")
        wait_until(lambda: self.count("message", name, "direction = 'in' AND frame LIKE '[3,%%'") > 0,
                   "no answer was logged")
        for table in ("command", "message", "device_variable", "boot"):
            check_equal(self.count(table, name, "t::text LIKE %s", (f"%{secret}%",)), 0, f"rows of {table}")
        check_equal(self.csms.value("SELECT count(*) FROM core.audit a WHERE a::text LIKE %s", (f"%{secret}%",)), 0,
                    "rows of audit")
        check(secret not in self.csms.log(), "the secret is in the log")
        listed = self.csms.api("GET", f"/stations/{name}/commands").body.decode()
        check(secret not in listed, "the secret is in the answer of the API")

    def run(self):
        for profile in (1, 2, 3):
            self.profile(profile)
        self.results.run([self.every_command, self.compression, self.subprotocols, self.refusals, self.pending,
                          self.rejected, self.password_change, self.network_secrets])
