"""messages.py - what stations and central system say in these suites."""

TOKEN = {"idToken": "INTEROP-1", "type": "ISO14443"}
COMPONENT = {"name": "OCPPCommCtrlr"}
EVSE = {"name": "EVSE", "evse": {"id": 1}}
INTERVAL = {"name": "HeartbeatInterval"}
HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "a1" * 32, "issuerKeyHash": "b2" * 32,
          "serialNumber": "3039"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
ACCEPTED = {"status": "Accepted"}
LATER = "2035-01-02T03:04:05Z"

PERIODS = [{"startPeriod": 0, "limit": 11000.5, "numberPhases": 3}, {"startPeriod": 600, "limit": 0}]
PROFILE = {
    "id": 7, "stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute", "validTo": LATER,
    "chargingSchedule": [{"id": 1, "startSchedule": "2030-01-02T03:04:05Z", "duration": 3600,
                          "chargingRateUnit": "W", "chargingSchedulePeriod": PERIODS}]}

# Every request a central system may send in OCPP 2.0.1: (request, answer of the station).
COMMANDS = {
    "CancelReservation": ({"reservationId": 3}, ACCEPTED),
    "CertificateSigned": ({"certificateChain": PEM, "certificateType": "ChargingStationCertificate"},
                          {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidCertificate"}}),
    "ChangeAvailability": ({"operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 1}},
                           {"status": "Scheduled"}),
    "ClearCache": ({}, ACCEPTED),
    "ClearChargingProfile": ({"chargingProfileId": 7}, {"status": "Unknown"}),
    "ClearDisplayMessage": ({"id": 9}, {"status": "Unknown"}),
    "ClearVariableMonitoring": ({"id": [1, 2]}, {"clearMonitoringResult": [
        {"status": "Accepted", "id": 1}, {"status": "NotFound", "id": 2}]}),
    "CostUpdated": ({"totalCost": 12.345, "transactionId": "none"}, {}),
    "CustomerInformation": ({"requestId": 1, "report": True, "clear": False, "idToken": TOKEN}, ACCEPTED),
    "DataTransfer": ({"vendorId": "org.example", "messageId": "ping",
                      "data": {"text": "ä€😀 \"\\/", "list": [1, 2.5, None, True]}},
                     {"status": "Accepted", "data": {"reply": ["ж", 0.1]}}),
    "DeleteCertificate": ({"certificateHashData": HASHES}, {"status": "NotFound"}),
    "GetBaseReport": ({"requestId": 900, "reportBase": "SummaryInventory"}, {"status": "NotSupported"}),
    "GetChargingProfiles": ({"requestId": 2, "evseId": 1, "chargingProfile": {
        "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}}, {"status": "NoProfiles"}),
    "GetCompositeSchedule": ({"duration": 600, "evseId": 1, "chargingRateUnit": "W"}, {
        "status": "Accepted", "schedule": {
            "evseId": 1, "duration": 600, "scheduleStart": "2030-01-02T03:04:05Z",
            "chargingRateUnit": "W", "chargingSchedulePeriod": PERIODS}}),
    "GetDisplayMessages": ({"requestId": 3, "id": [9], "priority": "AlwaysFront"}, ACCEPTED),
    "GetInstalledCertificateIds": ({"certificateType": ["CSMSRootCertificate"]}, {
        "status": "Accepted", "certificateHashDataChain": [
            {"certificateType": "CSMSRootCertificate", "certificateHashData": HASHES}]}),
    "GetLocalListVersion": ({}, {"versionNumber": 4}),
    "GetLog": ({"logType": "DiagnosticsLog", "requestId": 4, "retries": 1, "retryInterval": 10, "log": {
        "remoteLocation": "https://logs.example/upload", "oldestTimestamp": "2020-01-02T03:04:05Z"}},
               {"status": "Accepted", "filename": "log.tar"}),
    "GetMonitoringReport": ({"requestId": 5, "monitoringCriteria": ["ThresholdMonitoring"],
                             "componentVariable": [{"component": COMPONENT, "variable": INTERVAL}]},
                            {"status": "EmptyResultSet"}),
    "GetReport": ({"requestId": 901, "componentCriteria": ["Active", "Problem"],
                   "componentVariable": [{"component": EVSE}]}, {"status": "EmptyResultSet"}),
    "GetTransactionStatus": ({}, {"messagesInQueue": False}),
    "GetVariables": ({"getVariableData": [{"component": COMPONENT, "variable": INTERVAL}],
                      "customData": {"vendorId": "org.example", "note": {"deep": [1]}}},
                     {"getVariableResult": [{"attributeStatus": "Accepted", "attributeType": "Actual",
                                             "attributeValue": "300", "component": COMPONENT,
                                             "variable": INTERVAL}]}),
    "InstallCertificate": ({"certificateType": "CSMSRootCertificate", "certificate": PEM}, ACCEPTED),
    "PublishFirmware": ({"location": "https://fw.example/1", "checksum": "0" * 32, "requestId": 6}, ACCEPTED),
    "RequestStartTransaction": ({"idToken": TOKEN, "remoteStartId": 8, "evseId": 1,
                                 "chargingProfile": PROFILE | {"chargingProfilePurpose": "TxProfile"}},
                                {"status": "Accepted", "transactionId": "remote-1"}),
    "RequestStopTransaction": ({"transactionId": "remote-1"}, {"status": "Rejected"}),
    "ReserveNow": ({"id": 3, "expiryDateTime": LATER, "idToken": TOKEN, "evseId": 1,
                    "connectorType": "cCCS2"}, {"status": "Occupied"}),
    "Reset": ({"type": "OnIdle"}, {"status": "Scheduled"}),
    "SendLocalList": ({"versionNumber": 4, "updateType": "Full", "localAuthorizationList": [
        {"idToken": TOKEN, "idTokenInfo": {"status": "Accepted", "language1": "de",
                                           "personalMessage": {"format": "UTF8", "content": "Grüß Gott"}}}]},
                      ACCEPTED),
    "SetChargingProfile": ({"evseId": 1, "chargingProfile": PROFILE}, ACCEPTED),
    "SetDisplayMessage": ({"message": {"id": 9, "priority": "NormalCycle", "endDateTime": LATER,
                                       "message": {"format": "ASCII", "content": "Hello", "language": "en"}}},
                          ACCEPTED),
    "SetMonitoringBase": ({"monitoringBase": "FactoryDefault"}, ACCEPTED),
    "SetMonitoringLevel": ({"severity": 5}, ACCEPTED),
    "SetNetworkProfile": ({"configurationSlot": 1, "connectionData": {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://csms.example/ocpp",
        "messageTimeout": 30, "securityProfile": 2, "ocppInterface": "Wired0"}}, ACCEPTED),
    "SetVariableMonitoring": ({"setMonitoringData": [
        {"value": 1.5, "type": "UpperThreshold", "severity": 4, "component": EVSE,
         "variable": {"name": "Power"}}]},
                              {"setMonitoringResult": [
                                  {"id": 1, "status": "Accepted", "type": "UpperThreshold", "severity": 4,
                                   "component": EVSE, "variable": {"name": "Power"}}]}),
    "SetVariables": ({"setVariableData": [{"attributeValue": "60", "component": COMPONENT,
                                           "variable": INTERVAL}]},
                     {"setVariableResult": [{"attributeStatus": "Accepted", "component": COMPONENT,
                                             "variable": INTERVAL}]}),
    "TriggerMessage": ({"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
                       {"status": "NotImplemented"}),
    "UnlockConnector": ({"evseId": 1, "connectorId": 1}, {"status": "Unlocked"}),
    "UnpublishFirmware": ({"checksum": "0" * 32}, {"status": "NoFirmware"}),
    "UpdateFirmware": ({"requestId": 7, "retries": 2, "firmware": {
        "location": "https://fw.example/2", "retrieveDateTime": LATER, "signature": "c2ln",
        "signingCertificate": PEM}}, ACCEPTED),
}

# For security profiles 2 and 3.
SOME_COMMANDS = ["DataTransfer", "GetVariables", "Reset", "SendLocalList", "SetChargingProfile"]

BOOT = {"reason": "PowerUp", "chargingStation": {
    "model": "Interop", "vendorName": "Example", "serialNumber": "1", "firmwareVersion": "1.0"}}


def report(request_id, seq, more, variable, value):
    """One part of a NotifyReport with one variable of EVSE 1."""
    return {"requestId": request_id, "seqNo": seq, "tbc": more, "generatedAt": LATER, "reportData": [
        {"component": EVSE, "variable": {"name": variable},
         "variableAttribute": [{"value": value, "mutability": "ReadOnly"}],
         "variableCharacteristics": {"dataType": "decimal", "unit": "W", "maxLimit": 22000.5,
                                     "supportsMonitoring": True}}]}


def samples(at, charged, discharged, unit=None, context="Sample.Periodic"):
    """A meterValue with both registers."""
    def one(measurand, value):
        sample = {"value": value, "measurand": measurand, "context": context}
        return sample | ({"unitOfMeasure": {"unit": unit}} if unit else {})
    return [{"timestamp": at, "sampledValue": [one("Energy.Active.Import.Register", charged),
                                               one("Energy.Active.Export.Register", discharged)]}]


def set_password(password, name="BasicAuthPassword"):
    """SetVariables of the station's password: (request, answer, answer of a station that will not)."""
    about = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}}
    return ({"setVariableData": [about | {"attributeValue": password}]},
            {"setVariableResult": [about | {"attributeStatus": "Accepted"}]},
            {"setVariableResult": [about | {"attributeStatus": "Rejected"}]})
