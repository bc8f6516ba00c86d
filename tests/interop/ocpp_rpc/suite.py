"""A station made of ocpp-rpc, the npm package, in strict mode: its schemas judge every message of ours."""

import contextlib

from harness import Certificates, Cluster, Csms, main_guard
from rpc_client import Client
from scenario import Scenario


def run(results):
    certificates = Certificates()
    with Cluster.shared() as cluster, Csms(cluster, certificates=certificates) as csms, \
            contextlib.closing(Client()) as client:
        Scenario(results, csms, client).run()


main_guard("ocpp_rpc", run)
