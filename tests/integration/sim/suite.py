"""The simulator against a real central system: behaviours, scripts, commands, load; the truth and the database."""

import collections
import json
import subprocess
import time

from harness import (BUILD_ASAN, Certificates, Cluster, Csms, check, check_equal, evse_sim, main_guard, scratch,
                     wait_until)

# A visit with energy in both directions, a lost network, and a power cut.
VISIT = """
boot
plug
authorize DRIVER-1
start
charge 7400 for 3s
expect state Charging
expect power 7400
discharge 5000 for 3s
expect power -5000
offline 4s
charge 6000 for 2s
sample
suspend
expect online no within 5s
online within 30s
drain
duplicate
reboot continue
expect online no within 5s
boot within 30s
charge 3000 for 2s
stop Local
drain within 30s
unplug
expect status Available
"""

# What a station is asked, and which status it must answer; None: there is none, or it does not matter.
COMMANDS = [
    ("GetVariables", {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"},
                                           "variable": {"name": "HeartbeatInterval"}}]}, None),
    ("SetVariables", {"setVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "attributeValue": "77",
                                           "variable": {"name": "HeartbeatInterval"}}]}, None),
    ("GetBaseReport", {"requestId": 1001, "reportBase": "FullInventory"}, "Accepted"),
    ("GetReport", {"requestId": 1002, "componentVariable": [{"component": {"name": "SecurityCtrlr"}}]}, "Accepted"),
    ("GetReport", {"requestId": 1003, "componentCriteria": ["Problem"]}, "EmptyResultSet"),
    ("SetNetworkProfile", {"configurationSlot": 1, "connectionData": {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "ws://127.0.0.1:9/ocpp",
        "messageTimeout": 30, "securityProfile": 1, "ocppInterface": "Wired0"}}, "Accepted"),
    ("ClearCache", {}, "Accepted"),
    ("SendLocalList", {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [
        {"idToken": {"idToken": "A1", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}]}, "Accepted"),
    ("SendLocalList", {"versionNumber": 1, "updateType": "Differential"}, "VersionMismatch"),
    ("GetLocalListVersion", {}, None),
    ("ReserveNow", {"id": 5, "expiryDateTime": "2099-01-01T00:00:00Z", "evseId": 2,
                    "idToken": {"idToken": "A1", "type": "ISO14443"}}, "Accepted"),
    ("CancelReservation", {"reservationId": 5}, "Accepted"),
    ("CancelReservation", {"reservationId": 5}, "Rejected"),
    ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 2}}, "Accepted"),
    ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 2}}, "Accepted"),
    ("UnlockConnector", {"evseId": 2, "connectorId": 1}, "Unlocked"),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 1}}, "Accepted"),
    ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}, "Accepted"),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}, "Accepted"),
    ("GetTransactionStatus", {"transactionId": "unknown"}, None),
    ("RequestStopTransaction", {"transactionId": "unknown"}, "Rejected"),
    ("SetChargingProfile", {"evseId": 0, "chargingProfile": {
        "id": 3, "stackLevel": 1, "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": [{
            "id": 1, "startSchedule": "2024-01-01T00:00:00Z", "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9000.0}]}]}}, "Accepted"),
    ("GetChargingProfiles", {"requestId": 1004, "chargingProfile": {}}, "Accepted"),
    ("GetCompositeSchedule", {"duration": 600, "evseId": 1}, "Accepted"),
    ("ClearChargingProfile", {"chargingProfileId": 3}, "Accepted"),
    ("ClearChargingProfile", {"chargingProfileId": 3}, "Unknown"),
    ("GetLog", {"logType": "DiagnosticsLog", "requestId": 1005, "log": {"remoteLocation": "http://127.0.0.1:9/log"}},
     "Accepted"),
    ("PublishFirmware", {"location": "http://127.0.0.1:9/fw", "checksum": "abc", "requestId": 1006}, "Accepted"),
    ("UnpublishFirmware", {"checksum": "zzz"}, "NoFirmware"),
    ("InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": "no certificate"}, "Rejected"),
    ("GetInstalledCertificateIds", {}, "NotFound"),
    ("DeleteCertificate", {"certificateHashData": {"hashAlgorithm": "SHA256", "issuerNameHash": "a",
                                                   "issuerKeyHash": "b", "serialNumber": "1"}}, "NotFound"),
    ("CertificateSigned", {"certificateChain": "no certificate"}, "Rejected"),
    ("SetMonitoringBase", {"monitoringBase": "All"}, "Accepted"),
    ("SetMonitoringLevel", {"severity": 9}, "Accepted"),
    ("SetVariableMonitoring", {"setMonitoringData": [
        {"value": 1.0, "type": "UpperThreshold", "severity": 3, "variable": {"name": "Power"},
         "component": {"name": "EVSE", "evse": {"id": 1}}}]}, None),
    ("GetMonitoringReport", {"requestId": 1007}, "Accepted"),
    ("ClearVariableMonitoring", {"id": [1, 99]}, None),
    ("CustomerInformation", {"requestId": 1008, "report": True, "clear": False, "customerIdentifier": "C1"},
     "Accepted"),
    ("SetDisplayMessage", {"message": {"id": 3, "priority": "NormalCycle",
                                       "message": {"format": "UTF8", "content": "hello"}}}, "Accepted"),
    ("GetDisplayMessages", {"requestId": 1009}, "Accepted"),
    ("ClearDisplayMessage", {"id": 3}, "Accepted"),
    ("CostUpdated", {"totalCost": 1.25, "transactionId": "unknown"}, None),
    ("DataTransfer", {"vendorId": "nobody"}, "UnknownVendorId"),
    ("UpdateFirmware", {"requestId": 1010, "firmware": {"location": "http://127.0.0.1:9/fail-download",
                                                        "retrieveDateTime": "2024-01-01T00:00:00Z"}}, "Accepted"),
]


# prefix: stations, security profile
STATIONS = {"P1-": (4, 1), "P2-": (4, 2), "P3-": (4, 3), "VISIT-": (3, 1), "BAD-": (10, 1), "CMD-": (1, 1),
            "LOAD-": (50, 1)}


class Fleet:
    """A run of the simulator, with its truth."""

    def __init__(self, csms, *arguments, asan=False, **options):
        folder = scratch("fleet")
        self.truth_path = folder / "truth.jsonl"
        self.script = folder / "script.txt"
        self.csms = csms
        self.process = evse_sim(csms, arguments=["--truth", self.truth_path, "--check", *arguments], asan=asan,
                                **options)

    def run(self, timeout=90):
        """To its end; what it printed."""
        done = subprocess.run(self.process.argv, capture_output=True, text=True, timeout=timeout, check=False)
        check_equal(done.returncode, 0, f"exit code\n{done.stdout[-1500:]}{done.stderr[-1500:]}\ncode")
        return done.stdout

    def truth(self):
        if not self.truth_path.exists():
            return []
        return [json.loads(line) for line in self.truth_path.read_text().splitlines(True) if line.endswith("\n")]

    def told(self, what):
        return [line for line in self.truth() if line["what"] == what]


def sequence_numbers(lines):
    numbers = collections.defaultdict(set)
    for line in lines:
        numbers[line["transaction"]].add(line["seqNo"])
    return numbers


def stored(csms, prefix):
    """transaction -> {seqNo: payload} of the stations with that prefix."""
    events = collections.defaultdict(dict)
    for transaction, seq_no, payload in csms.sql("""
            SELECT t.transaction_id, e.seq_no, e.payload FROM core.transaction_event e
            JOIN core.transaction t ON t.id = e.transaction_id JOIN core.station s ON s.id = t.station_id
            WHERE s.name LIKE %s""", (prefix + "%",)):
        events[transaction][seq_no] = payload
    return events


def check_truth(fleet, prefix):
    """What was acknowledged is stored, what is stored has happened, and nothing was given up."""
    made = {**sequence_numbers(fleet.told("event"))}
    acknowledged = sequence_numbers(fleet.told("acknowledged"))
    events = stored(fleet.csms, prefix)
    check(acknowledged, "no event was acknowledged")
    check_equal(fleet.told("LOST"), [], "lost events")
    for transaction, numbers in acknowledged.items():
        missing = numbers - set(events[transaction])
        check(not missing, f"acknowledged but not stored: {transaction} {sorted(missing)}")
    for transaction, numbers in events.items():
        invented = set(numbers) - made.get(transaction, set())
        check(not invented, f"stored but never made: {transaction} {sorted(invented)}")
    return events


def registers(payload):
    """Import and export register of an event."""
    values = {sample.get("measurand"): sample["value"] for sample in payload["meterValue"][0]["sampledValue"]}
    return (float(values["Energy.Active.Import.Register"]), float(values["Energy.Active.Export.Register"]))


def test_profiles(csms, asan):
    """All three security profiles: the fleet boots, drivers come, nothing is refused."""
    for profile in (1, 2, 3):
        prefix = f"P{profile}-"
        fleet = Fleet(csms, "--behaviour", "demo", "--evses", "2", "--time-scale", "5", "--duration", "8", "--strict",
                      stations=4, prefix=prefix, profile=profile, asan=asan)
        fleet.run()
        check(fleet.told("transaction-ended"), f"no transaction has ended on profile {profile}")
        check_truth(fleet, prefix)


def test_visit(csms, asan):
    """A scripted visit: every event arrives once, in spite of all, with the energy that really flowed."""
    fleet = Fleet(csms, "--strict", "--sample", "1", stations=3, prefix="VISIT-", asan=asan)
    fleet.script.write_text(VISIT)
    fleet.process.argv += ["--behaviour", str(fleet.script)]
    fleet.run()
    events = check_truth(fleet, "VISIT-")
    made = fleet.told("event")
    check_equal(sum(map(len, events.values())), len(made), "events stored")
    for line in made:
        payload = events[line["transaction"]][line["seqNo"]]
        check_equal(registers(payload), (line["importWh"], line["exportWh"]), f"registers of {line}")
        check_equal(bool(payload.get("offline")), line["offline"], f"offline of {line}")
    check(any(line["offline"] for line in made), "no event was made offline")
    ends = {line["transaction"]: line for line in fleet.told("transaction-ended")}
    for start in fleet.told("transaction-started"):
        check(ends[start["transaction"]]["exportWh"] > start["exportWh"], "nothing was discharged")


def test_misfortune(csms, asan):
    """Lost networks, power cuts and bad manners: what is acknowledged is stored all the same."""
    fleet = Fleet(csms, "--behaviour", "transactions", "--duration", "15", "--flap", "4", "--crash", "8",
                  "--crash-fate", "continue", "--rude", "--slow", stations=10, prefix="BAD-", asan=asan)
    fleet.run()
    check(len(fleet.told("disconnected")) > 10, "no network was lost")
    check(fleet.told("reboot"), "no power was lost")
    check_truth(fleet, "BAD-")


def command(csms, action, payload):
    """As the API shows it when it is finished."""
    answer = csms.api("POST", f"/stations/CMD-1/commands/{action}?wait=20", payload, timeout=30)
    check(answer.status in (200, 202), f"{action}: {answer.status} {answer.body[:300]!r}")
    return answer.json()


def answer_status(finished):
    return (finished.get("response") or {}).get("status")


def test_commands(csms, asan):
    """Every command that a central system may send is answered, and has effects."""
    fleet = Fleet(csms, "--behaviour", "idle", "--evses", "2", "--sample", "1", prefix="CMD-", asan=asan)
    with fleet.process:
        wait_until(lambda: csms.value("SELECT boot_status FROM core.station WHERE name = 'CMD-1'") == "Accepted",
                   "station is not accepted")
        for action, payload, wanted in COMMANDS:
            finished = command(csms, action, payload)
            check_equal(finished["state"], "answered", f"{action} {payload}: {finished}\nstate")
            if wanted is not None:
                check_equal(answer_status(finished), wanted, f"{action} {payload}: {finished}\nstatus")
        remote_transaction(csms, fleet)
        change_password(csms, fleet)
        command(csms, "Reset", {"type": "Immediate"})
        wait_until(lambda: len(fleet.told("booted")) == 2, "no boot after the reset")
    check(not fleet.told("command-refused"), f"refused: {fleet.told('command-refused')}")


def change_password(csms, fleet):
    """The station comes back with the new password (A01)."""
    before = len(fleet.told("connected"))
    command(csms, "SetVariables", {"setVariableData": [{
        "component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"},
        "attributeValue": "another-password-1"}]})
    wait_until(lambda: len(fleet.told("connected")) > before, "no connection with the new password")
    check_equal(fleet.told("connect-failed"), [], "refused connections")


def remote_transaction(csms, fleet):
    """A remote start, a profile that discharges, a remote stop."""
    command(csms, "RequestStartTransaction", {
        "remoteStartId": 77, "evseId": 1, "idToken": {"idToken": "DRIVER-1", "type": "ISO14443"}})
    wait_until(lambda: fleet.told("transaction-started"), "no transaction after the remote start")
    transaction = fleet.told("transaction-started")[-1]
    check_equal(transaction["remoteStartId"], 77, "remoteStartId")
    wait_until(lambda: any(line["powerW"] > 0 for line in fleet.told("event")), "nothing is charged")
    finished = command(csms, "SetChargingProfile", {"evseId": 1, "chargingProfile": {
        "id": 9, "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "transactionId": transaction["transaction"], "chargingSchedule": [{
            "id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": -5000.0}]}]}})
    check_equal(answer_status(finished), "Accepted", f"{finished}\nstatus of the profile")
    wait_until(lambda: any(line["powerW"] == -5000 for line in fleet.told("event")), "nothing is discharged")
    command(csms, "RequestStopTransaction", {"transactionId": transaction["transaction"]})
    wait_until(lambda: fleet.told("transaction-ended"), "no end after the remote stop")


def signing_request(csms):
    """The CSR of the last SignCertificate, from the raw log; None: it has not come."""
    frame = csms.value("""SELECT frame FROM core.message WHERE direction = 'in'
        AND frame LIKE '%"SignCertificate"%' ORDER BY received_at DESC LIMIT 1""")
    return json.loads(frame)[3]["csr"] if frame else None


def test_certificate(csms, asan):
    """A station of profile 3 asks for a new certificate, gets one, and comes back with it (A02)."""
    csms.certificates.issue("CERT-1")
    csms.add_station("CERT-1", profile=3)
    fleet = Fleet(csms, "--behaviour", "idle", "--backoff", "0.2", prefix="CERT-", profile=3, asan=asan)
    with fleet.process:
        wait_until(lambda: fleet.told("booted"), "station is not accepted")
        csms.command("CERT-1", "TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"})
        request = wait_until(lambda: signing_request(csms), "no SignCertificate")
        signed = subprocess.run(
            ["openssl", "x509", "-req", "-CA", csms.certificates.ca, "-CAkey", csms.certificates.path("ca.key"),
             "-set_serial", "4711", "-days", "10"], input=request, capture_output=True, text=True, check=True)
        time.sleep(1)  # its time begins in whole seconds
        finished = csms.command("CERT-1", "CertificateSigned", {"certificateChain": signed.stdout})
        check_equal(answer_status(finished), "Accepted", "status of the certificate")
        wait_until(lambda: len(fleet.told("connected")) == 2, "no connection with the new certificate")
        check_equal(fleet.told("connect-failed"), [], "refused connections")


def test_load(csms, asan):
    """The load generator ends without errors, and says what it has measured."""
    for kind, arguments in (("boot", []), ("heartbeat", ["--rate", "500"]), ("transaction", []),
                            ("transaction", ["--rate", "500"]), ("idle", [])):
        fleet = Fleet(csms, "--load", kind, "--duration", "2", "--warmup", "0.5", "--json", "--strict", *arguments,
                      stations=50, prefix="LOAD-", asan=asan)
        result = json.loads(fleet.run())
        check_equal((result["load"], result["accepted"]), (kind, 50), "stations accepted")
        check_equal((result["errors"], result["timeouts"], result["lost_connections"]), (0, 0, 0), "errors")
        if kind in ("heartbeat", "transaction"):
            check(result["answers"] > 0 and result["latency_us"]["p99"] >= result["latency_us"]["p50"] > 0,
                  f"no figures: {result}")
        if arguments:
            check(abs(result["rate"] - 500) < 50, f"{result['rate']} calls per second instead of 500")


def register(csms):
    """All at the beginning: the nodes hear of new stations a moment later."""
    for prefix, (count, profile) in STATIONS.items():
        names = [f"{prefix}{n}" for n in range(1, count + 1)]
        csms.add_stations(names, profile=profile)
        if profile == 3:
            csms.certificates.issue(*names)
    answer = csms.api("PUT", "/id-tokens/ISO14443/DRIVER-1", {"status": "Accepted"})
    check(answer.status < 300, f"token: {answer.status} {answer.body[:300]!r}")


def main(results):
    asan = (BUILD_ASAN / "tests" / "sim" / "evse-sim").exists()
    settings = {"ocpp.settle_time": "0"}
    with Cluster.shared() as cluster, Csms(cluster, certificates=Certificates(), settings=settings) as csms:
        register(csms)
        results.run([test_profiles, test_visit, test_misfortune, test_commands, test_certificate, test_load],
                    csms, asan)


main_guard("sim", main)
