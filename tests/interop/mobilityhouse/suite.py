"""A station made of the Python packages `ocpp` and `websockets`; versions and suites of TLS."""

import contextlib
import logging
import socket
import ssl
import warnings

from websockets.exceptions import InvalidMessage

from harness import Certificates, Cluster, Csms, Failure, check, check_equal, main_guard
from house_client import Client
from scenario import Scenario

# A00.FR.318
SUITES = {"ECDHE-ECDSA-AES128-GCM-SHA256": "ec", "ECDHE-ECDSA-AES256-GCM-SHA384": "ec",
          "AES128-GCM-SHA256": "rsa", "AES256-GCM-SHA384": "rsa"}


def context_of(csms, version, ciphers=None):
    context = ssl.create_default_context(cafile=csms.certificates.ca)
    context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def hello(csms, context):
    """(version, suite) of a handshake with the OCPP port."""
    with socket.create_connection(("127.0.0.1", csms.ports["tls"]), timeout=10) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as secure:
        return secure.version(), secure.cipher()[0]


def test_suites(scenario):
    """Each suite that OCPP demands, with a whole station behind it."""
    for suite in SUITES:
        with scenario.results.case(f"tls/{suite}"):
            context = context_of(scenario.csms, ssl.TLSVersion.TLSv1_2, suite)
            check_equal(hello(scenario.csms, context), ("TLSv1.2", suite), "handshake")
            with scenario.station(profile=2, context=context) as (_, station):
                check("currentTime" in station.call("Heartbeat", {}), "Heartbeat without currentTime")


def test_versions(scenario):
    """TLS 1.3 is taken; 1.1 and 1.0 are refused by the server, not by the client."""
    with scenario.results.case("tls/1.3"):
        check_equal(hello(scenario.csms, context_of(scenario.csms, ssl.TLSVersion.TLSv1_3))[0], "TLSv1.3", "version")
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with scenario.results.case(f"tls/{version.name}"):
            try:
                agreed = hello(scenario.csms, context_of(scenario.csms, version, "ALL:@SECLEVEL=0"))
            except ssl.SSLError as error:
                check("ALERT_PROTOCOL_VERSION" in str(error.reason), f"refused with {error}")
            else:
                raise Failure(f"agreed on {agreed}")


def test_strangers(scenario):
    """A client certificate of another authority, and one that has expired, do not get in."""
    certificates = scenario.csms.certificates
    for kind, options in (("stranger", {"ca": "other"}), ("expired", {"days": 0})):
        with scenario.results.case(f"tls/{kind}"):
            name = scenario.add(3)
            certificates.issue(name, **options)
            try:
                station = scenario.open(name, 3)
            except ssl.SSLCertVerificationError as error:
                raise Failure(f"the client refused: {error}") from None
            except (ssl.SSLError, ConnectionError, InvalidMessage):
                pass  # the alert, or the end of the connection, whichever the client sees first
            else:
                station.close()
                raise Failure("the handshake was accepted")


def run(results):
    certificates = Certificates()
    with Cluster.shared() as cluster, Csms(cluster, certificates=certificates) as csms, \
            contextlib.closing(Client()) as client:
        logging.disable(logging.CRITICAL)  # the libraries tell what they raise
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions of TLS are what is tested
        scenario = Scenario(results, csms, client)
        scenario.run()
        for test in (test_suites, test_versions, test_strangers):
            test(scenario)


main_guard("mobilityhouse", run)
