"""A station made of ocpp-rpc, the npm package, in strict mode: its schemas judge every message of ours."""

import contextlib

from harness import BUILD_ASAN, Certificates, Cluster, Csms, main_guard
from rpc_client import Client
from scenario import Scenario


def run(results):
    certificates = Certificates()
    # The sanitizers look on where they are built; the other suite takes the optimised build.
    asan = (BUILD_ASAN / "csms" / "v2g-csms").exists()
    with Cluster.shared() as cluster, Csms(cluster, certificates=certificates, asan=asan) as csms, \
            contextlib.closing(Client()) as client:
        Scenario(results, csms, client).run()


main_guard("ocpp_rpc", run)
