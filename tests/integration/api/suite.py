"""The HTTP API: every route, every role, bad input, hostile clients, commands and waiting."""

import concurrent.futures
import json
import pathlib
import secrets
import socket
import ssl
import subprocess
import threading
import time
import uuid

import jsonschema

from harness import (BUILD_ASAN, PASSWORD, Certificates, Cluster, Csms, Failure, check, check_equal,
                     main_guard, wait_until)
from support import Description, Raw, Station, cpu_seconds, elapsed, error_of, expect, request

ROLES = ["viewer", "utility", "operator", "admin"]

# Method, path, least role, body: what a role that may gets through with, or is told why not.
ROUTES = [
    ("GET", "/", None, None),
    ("GET", "/healthz", None, None),
    ("GET", "/readyz", None, None),
    ("GET", "/openapi.json", None, None),
    ("GET", "/metrics", None, None),  # this is a loopback client
    ("GET", "/api/v1/stations", "viewer", None),
    ("POST", "/api/v1/stations", "operator", {"id": "bad id"}),
    ("GET", "/api/v1/stations/{station}", "viewer", None),
    ("PATCH", "/api/v1/stations/{station}", "operator", {"nothing": 1}),
    ("DELETE", "/api/v1/stations/{station}", "admin", None),
    ("PUT", "/api/v1/stations/{station}/password", "operator", {"password": "short"}),
    ("POST", "/api/v1/stations/{station}/block", "operator", None),
    ("POST", "/api/v1/stations/{station}/unblock", "operator", None),
    ("GET", "/api/v1/stations/{station}/device-model", "viewer", None),
    ("GET", "/api/v1/stations/{station}/status-history", "viewer", None),
    ("GET", "/api/v1/stations/{station}/transactions", "viewer", None),
    ("GET", "/api/v1/stations/{station}/commands", "viewer", None),
    ("POST", "/api/v1/stations/{station}/commands/{action}", "operator", {}),
    ("GET", "/api/v1/commands/{id}", "viewer", None),
    ("GET", "/api/v1/transactions", "viewer", None),
    ("GET", "/api/v1/transactions/{station}/{transaction}", "viewer", None),
    ("GET", "/api/v1/id-tokens", "viewer", None),
    ("GET", "/api/v1/id-tokens/{type}/{token}", "viewer", None),
    ("PUT", "/api/v1/id-tokens/{type}/{token}", "operator", {"status": "none"}),
    ("DELETE", "/api/v1/id-tokens/{type}/{token}", "operator", None),
    ("GET", "/api/v1/tokens", "admin", None),
    ("POST", "/api/v1/tokens", "admin", {"name": "", "role": "none"}),
    ("DELETE", "/api/v1/tokens/{id}", "admin", None),
]


class Context:
    def __init__(self, csms):
        self.csms = csms
        self.tokens = {role: csms.create_token(role) for role in ROLES}
        self.description = Description(csms)

    def api(self, method, path, body=None, role="operator", **options):
        return self.csms.http(method, "/api/v1" + path, body, token=self.tokens[role], **options)

    def station(self, **settings):
        """A new station's id, made through the API."""
        name = f"CP-{secrets.token_hex(4)}"
        expect(self.api("POST", "/stations", {"id": name, "securityProfile": 1, "password": PASSWORD}
                        | settings), 201)
        return name


# ---- routes and roles ----

def test_openapi_is_sound(c):
    """Each route is in it and nothing else; every reference resolves; every schema is one."""
    described = {(method, path) for method, path, _ in c.description.operations()}
    check_equal(described, {(method, path) for method, path, _, _ in ROUTES}, "routes described")
    check_equal(c.description.document["openapi"], "3.1.0", "version")
    for reference in c.description.references():
        c.description.resolve(reference)
    for schema in c.description.document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = [o["operationId"] for methods in c.description.paths.values() for o in methods.values()]
    check_equal(len(ids), len(set(ids)), "operation ids that differ")
    for method, path, operation in c.description.operations():
        named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        check_equal(named, {s[1:-1] for s in path.split("/") if s.startswith("{")}, f"parameters of {path}")


def test_openapi_describes_commands(c):
    """Every call of ours has its payload described as the decoder takes it."""
    path = "/api/v1/stations/{station}/commands/"
    for action, good, bad in (("Reset", {"type": "Immediate"}, {"type": "Now"}),
                              ("ClearCache", {}, {"more": 1}),
                              ("GetVariables", {"getVariableData": [{"component": {"name": "a"},
                                                                     "variable": {"name": "b"}}]},
                               {"getVariableData": []})):
        operation = c.description.paths[path + action]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        name = schema.rsplit("/", 1)[1]
        c.description.validate(good, name)
        try:
            c.description.validate(bad, name)
        except Failure:
            continue
        raise Failure(f"{name} accepts {bad}")
    check(path + "BootNotification" not in c.description.paths, "BootNotification is described as a command")


def fill(path, station):
    return (path.replace("{station}", station).replace("{action}", "NoSuchAction")
            .replace("{type}", "Central").replace("{token}", "no-such-token").replace("{transaction}", "none")
            .replace("{id}", "0"))


def test_roles_matrix(c):
    """Each route lets in exactly the roles from its least one on; nobody without a token."""
    # Routes that would change a station must not find one.
    for method, path, least, body in ROUTES:
        where = fill(path, "no-such-station")
        anonymous = c.csms.http(method, where, body)
        if least is None:
            check_equal(anonymous.status, 200, f"{method} {path} without a token")
        else:
            expect(anonymous, 401, "Unauthorised")
            check_equal(anonymous.headers["WWW-Authenticate"][:6], "Bearer", "challenge")
        for role in ROLES:
            status = c.csms.http(method, where, body, token=c.tokens[role]).status
            may = least is None or ROLES.index(role) >= ROLES.index(least)
            check((status not in (401, 403)) if may else status == 403,
                  f"{method} {path} as {role}: {status}")


def test_tokens_refused(c):
    for word in ("Bearer wrong", "Bearer " + "x" * 5000, "Basic YTpi", "Bearer", c.tokens["admin"],
                 f"Bearer {c.tokens['admin']}x", f"Bearer {c.tokens['admin'][:-1]}",
                 "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ."):
        expect(c.csms.http("GET", "/api/v1/stations", headers={"Authorization": word}), 401, "Unauthorised")
    # The name of the scheme is case-insensitive (RFC 9110, 11.1).
    check_equal(c.csms.http("GET", "/api/v1/stations",
                            headers={"Authorization": f"bEARER {c.tokens['viewer']}"}).status, 200, "status")
    check(c.csms.logged("API_UNAUTHORISED", address="127.0.0.1"), "no API_UNAUTHORISED in the log")
    check(c.csms.logged("API_FORBIDDEN", address="127.0.0.1"), "no API_FORBIDDEN in the log")


def test_not_found_and_not_allowed(c):
    for path in ("/nope", "/api", "/api/v1", "/api/v1/stations/", "/api/v1/stations/a/b/c", "/API/v1/stations",
                 "/healthz/x"):
        check(c.csms.http("GET", path, token=c.tokens["admin"]).status in (400, 404), path)
    answer = expect(c.csms.http("DELETE", "/api/v1/stations", token=c.tokens["admin"]), 405, "MethodNotAllowed")
    check_equal(answer.headers["Allow"], "GET, HEAD, POST", "Allow")
    expect(c.csms.http("OPTIONS", "/api/v1/stations", token=c.tokens["admin"]), 405)
    expect(c.csms.http("BREW", "/healthz"), 405)


def test_head(c):
    answer = c.csms.http("HEAD", "/healthz")
    check_equal((answer.status, answer.body), (200, b""), "HEAD")
    check_equal(int(answer.headers["Content-Length"]), len(c.csms.http("GET", "/healthz").body), "length")


def test_headers(c):
    answer = c.csms.http("GET", "/api/v1/stations", token=c.tokens["viewer"])
    check_equal(answer.headers["X-Content-Type-Options"], "nosniff", "header")
    check_equal(answer.headers["Cache-Control"], "no-store", "header")
    check_equal(answer.headers["Content-Type"], "application/json", "header")
    page = c.csms.http("GET", "/")
    check("default-src 'none'" in page.headers["Content-Security-Policy"], "page without policy")


# ---- stations ----

def test_station_life(c):
    name = c.station()
    shown = expect(c.api("GET", f"/stations/{name}", role="viewer"), 200).json()
    c.description.check_all_described(shown, "Station")
    check_equal((shown["id"], shown["hasPassword"], shown["online"], shown["securityProfile"]),
                (name, True, False, 1), "station")
    check("password" not in json.dumps(shown).lower().replace("haspassword", "").replace("passwordsetat", ""),
          "a password in the answer")
    expect(c.api("POST", "/stations", {"id": name.lower()}), 409, "Exists")
    changed = expect(c.api("PATCH", f"/stations/{name.lower()}", {"securityProfile": 3, "compression": False}), 200)
    check_equal((changed.json()["securityProfile"], changed.json()["compression"]), (3, False), "changed")
    expect(c.api("DELETE", f"/stations/{name}", role="admin"), 204)
    expect(c.api("GET", f"/stations/{name}"), 404, "NotFound")
    expect(c.api("DELETE", f"/stations/{name}", role="admin"), 404, "NotFound")


def test_station_list_pages(c):
    made = sorted((c.station() for _ in range(5)), key=str.lower)
    seen, after = [], None
    while True:
        query = "?limit=2" + (f"&after={after}" if after else "")
        page = expect(c.api("GET", "/stations" + query), 200).json()
        c.description.validate(page, "StationList")
        check(len(page["items"]) <= 2, "page too long")
        seen += [s["id"] for s in page["items"]]
        after = page["next"]
        if after is None:
            break
    check_equal([s for s in seen if s in made], made, "stations in pages")
    check_equal(len(seen), len(set(seen)), "stations without repeats")


def test_station_names(c):
    """All characters an identity may hold survive the path; the rest is refused with the reason."""
    name = "a+b|c=d@e.f*g_h-" + secrets.token_hex(3)
    expect(c.api("POST", "/stations", {"id": name}), 201)
    for path in ("a+b%7Cc=d@e.f*g_h-" + name[-6:], "a%2Bb%7Cc%3Dd%40e%2Ef%2Ag%5Fh%2D" + name[-6:]):
        check_equal(expect(c.api("GET", "/stations/" + path), 200).json()["id"], name, "id")
    for bad in ("", "a b", "a/b", "a:b", "ä", "x" * 49, "<script>", "a\nb", "a'; DROP TABLE core.station; --"):
        answer = c.api("POST", "/stations", {"id": bad})
        check(answer.status in (400, 422), f"{bad!r}: {answer.status}")
        check_equal(error_of(answer)["field"], "$.id", "field")


def test_password_is_used_at_once(c):
    """When the answer is there, the new password holds and the old one does not."""
    name = c.station()
    for word in ("another-password-2", "äöüäöüäöüäöüäöü€", "x" * 40):
        expect(c.api("PUT", f"/stations/{name}/password", {"password": word}), 204)
        with Station(c.csms, name, password=word):
            pass
        try:
            Station(c.csms, name)
        except Exception:  # the old password; the library has a class for each status
            continue
        raise Failure("the old password still holds")


def test_password_rules(c):
    name = c.station()
    for bad in ("x" * 15, "x" * 41, "", "with\u0001control-char", None, 5, ["x" * 20]):
        expect(c.api("PUT", f"/stations/{name}/password", {"password": bad}), 400, "BadPassword", "$.password")
        expect(c.api("POST", "/stations", {"id": name + "x", "password": bad}), 400, "BadPassword", "$.password")
    expect(c.api("PUT", f"/stations/{name}/password", {}), 400, "BadPassword")
    expect(c.api("PUT", f"/stations/{name}/password", {"password": "x" * 20, "passwordHash": "y"}), 400, "BadBody")
    expect(c.api("POST", "/stations", {"id": name + "x", "passwordHash": "y"}), 400, "BadBody")
    expect(c.api("PUT", f"/stations/{name}/password", {"password": "x" * 20, "more": 1}), 400, "BadBody", "$.more")
    expect(c.api("PUT", "/stations/no-such/password", {"password": "x" * 20}), 404)


def test_password_leaves_no_trace(c):
    secret = "plain-" + secrets.token_hex(12)
    name = c.station(password=secret)
    expect(c.api("PUT", f"/stations/{name}/password", {"password": secret}), 204)
    check(secret not in c.csms.log(), "the password is in the log")
    for table in ("core.station", "core.audit"):
        found = c.csms.value(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", (f"%{secret}%",))
        check_equal(found, 0, f"rows of {table} with the password")


def test_block_closes_and_refuses(c):
    name = c.station()
    with Station(c.csms, name) as station:
        wait_until(lambda: c.api("GET", f"/stations/{name}").json()["online"], "not online")
        answer = expect(c.api("POST", f"/stations/{name}/block", {"reason": "test"}), 200).json()
        check_equal((answer["blocked"], answer["blockedReason"]), (True, "test"), "blocked")
        station.join(10)
        check(not station.is_alive(), "the connection of a blocked station lives on")
    try:
        Station(c.csms, name)
    except Exception:
        pass
    else:
        raise Failure("a blocked station got in")
    expect(c.api("POST", f"/stations/{name}/unblock"), 200)
    with Station(c.csms, name):
        pass


def test_station_details(c):
    name = c.station()
    with Station(c.csms, name) as station:
        station.ws.send(json.dumps([2, "s", "StatusNotification", {
            "timestamp": "2024-05-06T07:08:09Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}]))
        history = wait_until(lambda: c.api("GET", f"/stations/{name}/status-history").json()["items"], "no status")
        c.description.validate({"items": history, "next": None}, "StatusHistory")
        c.description.check_all_described(history[0], "ConnectorStatus")
        check_equal((history[0]["evseId"], history[0]["status"]), (1, "Available"), "status")
        check_equal(c.api("GET", "/stations?online=true&limit=1000").json()["items"] != [], True, "online stations")
    for what, schema in (("device-model", "DeviceModel"), ("transactions", "TransactionList"),
                         ("commands", "CommandList"), ("status-history", "StatusHistory")):
        c.description.validate(expect(c.api("GET", f"/stations/{name}/{what}"), 200).json(), schema)
        expect(c.api("GET", f"/stations/no-such-station/{what}"), 404, "NotFound")


def test_transactions(c):
    name = c.station()
    with Station(c.csms, name) as station:
        for seq, kind in enumerate(("Started", "Ended")):
            station.ws.send(json.dumps([2, f"t{seq}", "TransactionEvent", {
                "eventType": kind, "timestamp": f"2024-05-06T07:0{seq}:00Z", "triggerReason": "Authorized",
                "seqNo": seq, "transactionInfo": {"transactionId": "T/1 +"}, "evse": {"id": 1}}]))
        def ended():
            items = c.api("GET", f"/stations/{name}/transactions?state=ended").json()["items"]
            return items
        item = wait_until(ended, "no transaction")[0]
    c.description.check_all_described(item, "Transaction")
    whole = expect(c.api("GET", f"/transactions/{name}/T%2F1%20+"), 200).json()
    c.description.check_all_described(whole, "TransactionWithEvents")
    check_equal([e["eventType"] for e in whole["events"]], ["Started", "Ended"], "events")
    c.description.validate(expect(c.api("GET", f"/transactions?station={name}"), 200).json(), "TransactionList")
    expect(c.api("GET", "/transactions?state=strange"), 400, "BadQuery", "state")
    expect(c.api("GET", f"/transactions/{name}/none"), 404, "NotFound")
    expect(c.api("DELETE", f"/stations/{name}", role="admin"), 409, "HasTransactions")


# ---- drivers' tokens, API tokens ----

def test_id_tokens(c):
    token = secrets.token_hex(6)
    put = expect(c.api("PUT", f"/id-tokens/ISO14443/{token}", {"status": "Blocked", "language1": "de"}), 200).json()
    c.description.check_all_described(put, "IdToken")
    got = expect(c.api("GET", f"/id-tokens/ISO14443/{token.upper()}", role="viewer"), 200).json()
    check_equal((got["idToken"], got["status"], got["language1"]), (token, "Blocked", "de"), "token")
    c.description.validate(expect(c.api("GET", "/id-tokens?limit=3"), 200).json(), "IdTokenList")
    for path, body, status in (("ISO14443/" + "x" * 37, {}, 422), ("Strange/x", {}, 422),
                               (f"ISO14443/{token}", {"status": "strange"}, 422),
                               (f"ISO14443/{token}", {"strange": 1}, 400), (f"ISO14443/{token}", {"master": 1}, 400)):
        expect(c.api("PUT", "/id-tokens/" + path, body), status)
    expect(c.api("DELETE", f"/id-tokens/ISO14443/{token}"), 204)
    expect(c.api("GET", f"/id-tokens/ISO14443/{token}"), 404, "NotFound")
    expect(c.api("DELETE", f"/id-tokens/ISO14443/{token}"), 404, "NotFound")


def test_api_tokens(c):
    """A token works from the moment it is answered, and no longer from the moment its revocation is."""
    name = "made-" + secrets.token_hex(4)
    made = expect(c.api("POST", "/tokens", {"name": name, "role": "viewer"}, role="admin"), 201).json()
    c.description.check_all_described(made, "TokenMade")
    check(made["token"].startswith("v2g_"), "token")
    check_equal(c.csms.http("GET", "/api/v1/stations", token=made["token"]).status, 200, "status with the new token")
    expect(c.csms.http("POST", "/api/v1/stations", {"id": "x"}, token=made["token"]), 403, "Forbidden")
    listed = expect(c.api("GET", "/tokens", role="admin"), 200).json()
    c.description.validate(listed, "TokenList")
    check(made["token"] not in json.dumps(listed), "the token is listed")
    check(made["token"] not in c.csms.log(), "the token is in the log")
    expect(c.api("POST", "/tokens", {"name": name, "role": "viewer"}, role="admin"), 409, "Exists")
    expect(c.api("DELETE", f"/tokens/{made['id']}", role="admin"), 204)
    expect(c.csms.http("GET", "/api/v1/stations", token=made["token"]), 401, "Unauthorised")
    expect(c.api("DELETE", f"/tokens/{made['id']}", role="admin"), 404, "NotFound")
    expect(c.api("POST", "/tokens", {"name": "x", "role": "viewer", "hash": "0" * 64}, role="admin"), 400, "BadBody")
    expect(c.api("POST", "/tokens", {"name": "x", "role": "none"}, role="admin"), 422, "BadValue")


def test_api_token_expires(c):
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    made = expect(c.api("POST", "/tokens", {"name": "e-" + secrets.token_hex(4), "role": "viewer",
                                            "expiresAt": soon}, role="admin"), 201).json()
    check_equal(c.csms.http("GET", "/api/v1/stations", token=made["token"]).status, 200, "status before")
    wait_until(lambda: c.csms.http("GET", "/api/v1/stations", token=made["token"]).status == 401, "never expired", 10)


def admin(c, *words):
    command = [c.csms.program, "admin", *words, f"--database.uri={c.csms.settings['database.uri']}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_admin_command(c):
    """Tokens without a token, and the running server knows."""
    name = "cli-" + secrets.token_hex(4)
    made = admin(c, "create-token", "--role", "viewer", "--name", name)
    check_equal(made.returncode, 0, "exit code: " + made.stderr)
    token = made.stdout.strip()
    check_equal(made.stdout, token + "\n", "standard output")
    wait_until(lambda: c.csms.http("GET", "/api/v1/stations", token=token).status == 200, "token not known")
    line = [l.split("\t") for l in admin(c, "list-tokens").stdout.splitlines() if name in l]
    check_equal((len(line), line[0][1]), (1, "viewer"), "line of list-tokens")
    check_equal(admin(c, "create-token", "--role", "viewer", "--name", name).returncode, 1, "exit code of a repeat")
    check_equal(admin(c, "create-token", "--role", "king", "--name", name + "2").returncode, 1, "exit code, bad role")
    check_equal(admin(c, "revoke-token", line[0][0]).returncode, 0, "exit code of revoke-token")
    wait_until(lambda: c.csms.http("GET", "/api/v1/stations", token=token).status == 401, "token not revoked")
    check_equal(admin(c, "revoke-token", line[0][0]).returncode, 1, "exit code of a second revocation")
    check_equal(admin(c, "migrate").returncode, 0, "exit code of migrate")
    for wrong in ((), ("dance",), ("create-token",), ("revoke-token",), ("list-tokens", "--strange")):
        check_equal(admin(c, *wrong).returncode, 2, f"exit code of admin {wrong}")


# ---- bad input ----

def test_bad_bodies(c):
    for body, field in ((b'{"id":"a","id":"b"}', "$.id"), (b'{"id":"a","\\u0069d":"b"}', "$.id"),
                        (b'{"id":NaN}', "$.id"), (b'{"id":1e400}', "$.id"), (b'{"id":Infinity}', "$.id"),
                        (b'{"id":' + b"9" * 65 + b"}", "$.id"), (b'[{"id":"a"}]', "$"), (b'"a"', "$"),
                        (b"null", "$"), (b"{", None), (b'{"id":"a"} {}', "$"), (b'{"id":"\\u0000"}', "$.id"),
                        (b'{"id":"\\ud800"}', "$.id"), (b'{"id":"\xff"}', "$.id"), (b"{'id':'a'}", None),
                        (b'{"id":' + b"[" * 40 + b"]" * 40 + b"}", None), (b'{"x":[1,{"y":1,"y":2}]}', "$.x[1].y"),
                        (b"\xef\xbb\xbf{}", None), (b'{"id":01}', None), (b'{"id":"a",}', None)):
        expect(c.api("POST", "/stations", body), 400, "BadBody", field)
    check(c.api("POST", "/stations", {"id": {"a": 1}}).status == 400, "object for a string")
    expect(c.api("POST", "/stations"), 400, "BodyMissing")


def test_content_type(c):
    for kind, status in (("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/jsonx", 415),
                         ("application/json; charset=utf-8", 400), ("APPLICATION/JSON", 400)):
        with Raw(c.csms) as raw:
            raw.send(f"POST /api/v1/stations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {c.tokens['operator']}\r\n"
                     f"Content-Type: {kind}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
            check_equal(raw.answer()[0], status, f"status for {kind}")


def test_bad_queries(c):
    for query in ("limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "limit=1%00", "x=1",
                  "Limit=1", "after=", "online=yes", "limit=%", "limit=%zz", "%6cimit=1&limit=1", "=1",
                  "after=" + "x" * 600):
        answer = c.api("GET", "/stations?" + query)
        check_equal(answer.status, 400, f"status for ?{query}")
        error_of(answer)
    for query in ("from=yesterday", "to=2024-13-01T00:00:00Z", "after=-1", "after=x"):
        expect(c.api("GET", "/transactions?" + query), 400, "BadQuery", query.split("=")[0])
    expect(c.api("GET", "/stations/x?limit=1"), 400, "BadQuery", "limit")


def test_bad_paths(c):
    for path in ("/api/v1/stations/%00", "/api/v1/stations/%ff", "/api/v1/stations/%", "/api/v1/stations/a%0d%0ab",
                 "/api/v1/../v1/stations", "/api/v1//stations", "//", "/api/v1/stations/.."):
        with Raw(c.csms) as raw:
            status = raw.send(request("GET", path, c.tokens["admin"])).answer()[0]
            check_equal(status, 400, f"status for {path}")


def test_sql_metacharacters(c):
    for text in ("'", "';--", "%27%20OR%201=1", "%22", "%5C", "%24%24", "{}", "%25s", "%F0%9F%98%80"):
        check(c.api("GET", "/stations/" + text).status in (400, 404), text)
        check(c.api("GET", f"/id-tokens/{text}/{text}").status in (400, 404), text)
    check_equal(c.api("GET", "/stations").status, 200, "status after")


def test_bad_ids(c):
    for path in ("/commands/0", "/commands/" + "0" * 36, "/commands/00000000-0000-0000-0000-000000000000",
                 "/commands/00000000-0000-0000-0000-000000000000?wait=5"):
        expect(c.api("GET", path), 404, "NotFound")
    for word in ("x", "-1", "9" * 40, "1e3"):
        expect(c.api("DELETE", "/tokens/" + word, role="admin"), 404, "NotFound")


def test_requests_that_are_none(c):
    """What is no HTTP/1.1, or could be read in two ways, is refused and the connection closed."""
    host = "Host: x\r\n"
    for text, status in (("\x16\x03\x01\x02\x00\r\n\r\n", 400), ("GET /\r\n\r\n", 505), ("GET / HTTP/3.0\r\n\r\n", 505),
                         ("GET / HTTP/1.1\r\n\r\n", 400), (f"GET / HTTP/1.1\r\n{host}{host}\r\n", 400),
                         (f"GET / HTTP/1.1\r\n{host}a b: c\r\n\r\n", 400), (f"GET / HTTP/1.1\r\n{host} folded\r\n\r\n", 400),
                         (f"POST / HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
                         (f"POST / HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n", 400),
                         (f"POST / HTTP/1.1\r\n{host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
                         (f"GET / HTTP/1.1\r\n{host}A: {'x' * 20000}\r\n\r\n", 431),
                         (f"GET / HTTP/1.1\r\n{host}" + "a: b\r\n" * 100 + "\r\n", 431),
                         (f"GET /{'x' * 20000}", 431), (f"GET / HTTP/1.1\r\n{host}Expect: x\r\n\r\n", 417)):
        with Raw(c.csms) as raw:
            answer = raw.send(text.encode("latin-1")).answer()
            check_equal(answer[0], status, f"status for {text[:60]!r}")
            check_equal(answer[1]["connection"], "close", "Connection")
            check_equal(raw.answer(), None, "a second answer")


# ---- connections ----

def test_keep_alive_and_pipelining(c):
    with Raw(c.csms) as raw:
        paths = ["/healthz", "/api/v1/stations?limit=1", "/nope", "/api/v1/stations/none"] * 25
        raw.send(b"".join(request("GET", path, c.tokens["viewer"]) for path in paths))
        check_equal([raw.answer()[0] for _ in paths], [200, 200, 404, 404] * 25, "statuses")
        body = b'{"reason":"GET / HTTP/1.1"}'
        raw.send(request("POST", "/api/v1/stations/none/block", c.tokens["operator"], body) * 3 + request("GET", "/"))
        check_equal([raw.answer()[0] for _ in range(4)], [404, 404, 404, 200], "statuses")
        raw.send(request("GET", "/healthz", headers=["Connection: close"]))
        check_equal((raw.answer()[0], raw.answer()), (200, None), "last answer")


def test_body_byte_by_byte(c):
    data = request("POST", "/api/v1/stations/none/unblock", c.tokens["operator"], b'{"reason":"slow"}')
    with Raw(c.csms) as raw:
        for i in range(len(data)):
            raw.send(data[i:i + 1])
            time.sleep(0.002)
        check_equal(raw.answer()[0], 404, "status")


def test_expect_continue(c):
    body = b'{"reason":"polite"}'
    head = request("POST", "/api/v1/stations/none/block", c.tokens["operator"], body, ["Expect: 100-continue"])
    with Raw(c.csms) as raw:
        raw.send(head[:-len(body)])
        check_equal(raw.answer()[0], 100, "status")
        check_equal(raw.send(body).answer()[0], 404, "status")
    with Raw(c.csms) as raw:  # refused before the body is sent
        raw.send(head[:-len(body)].replace(c.tokens["operator"].encode(), b"wrong"))
        check_equal(raw.answer()[0], 401, "status")


def test_large_bodies(c):
    """One megabyte is taken, a byte more is not, and is not read either."""
    limit = 1 << 20
    body = b'{"x":"' + b"y" * (limit - 8) + b'"}'
    expect(c.api("POST", "/stations", body), 400, "BadBody", "$.x")
    many = b"{" + b",".join(b'"%d":0' % i for i in range(60000)) + b"}"
    (answer, seconds) = elapsed(lambda: c.api("POST", "/stations", many))
    check_equal(answer.status, 400, "status for 60,000 members")
    check(seconds < 10, f"60,000 members took {seconds} s")
    with Raw(c.csms) as raw:
        raw.send(request("POST", "/api/v1/stations", c.tokens["operator"], b"x" * (limit + 1))[:-limit])
        answer = raw.answer()
        check_equal((answer[0], json.loads(answer[2])["error"]["code"]), (413, "BodyTooLong"), "answer")
    with Raw(c.csms) as raw:
        raw.send(request("POST", "/api/v1/stations", c.tokens["operator"], headers=["Content-Length: 999999999999"]))
        check_equal(raw.answer()[0], 413, "status")


def test_clients_that_leave(c):
    """At whatever moment a client leaves, nothing is left of it."""
    descriptors = pathlib.Path(f"/proc/{c.csms.pid}/fd")
    before = len(list(descriptors.iterdir()))
    data = request("GET", "/api/v1/stations", c.tokens["viewer"])
    for _ in range(100):
        with Raw(c.csms) as raw:
            raw.send(data * 3)
    for cut in range(1, len(data), 7):
        with Raw(c.csms) as raw:
            raw.send(data[:cut])
    post = request("POST", "/api/v1/stations", c.tokens["operator"], b'{"id":"never"}')
    for cut in range(len(post) - 14, len(post)):
        with Raw(c.csms) as raw:
            raw.send(post[:cut])
    wait_until(lambda: len(list(descriptors.iterdir())) <= before + 2, "descriptors are left over", 10)
    expect(c.api("GET", "/stations/never"), 404)
    check_equal(c.csms.http("GET", "/healthz").status, 200, "health")


def test_client_that_does_not_read(c):
    """Costs no time: others are served, the processor is idle."""
    with Raw(c.csms) as raw:
        raw.send(request("GET", "/openapi.json") * 100)
        time.sleep(0.5)
        used = cpu_seconds(c.csms)
        time.sleep(2)
        used = cpu_seconds(c.csms) - used
        check(used < 0.5, f"{used} s of processor time in 2 s")
        check_equal(c.csms.http("GET", "/healthz").status, 200, "health")
        check_equal([raw.answer()[0] for _ in range(100)], [200] * 100, "statuses")


def test_many_connections(c):
    """Past the limit those idle longest make room."""
    idle = [Raw(c.csms) for _ in range(300)]
    check_equal(c.csms.http("GET", "/healthz").status, 200, "health")
    for raw in idle:
        raw.close()


def test_parallel_requests(c):
    def one(i):
        path = ("/stations?limit=5", "/transactions", "/id-tokens", f"/stations/none-{i}")[i % 4]
        return c.api("GET", path).status
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        statuses = list(pool.map(one, range(600)))
    # Too many at a time may be told to come again; nothing else.
    check(all(s in (200, 404, 503) for s in statuses), f"statuses {sorted(set(statuses))}")
    check(statuses.count(503) < 100, f"{statuses.count(503)} of 600 refused")


# ---- commands ----

def test_command_without_wait(c):
    name = c.station()
    answer = expect(c.api("POST", f"/stations/{name}/commands/Reset", {"type": "Immediate"}), 202)
    accepted = answer.json()
    c.description.check_all_described(accepted, "CommandAccepted")
    check_equal(accepted["state"], "queued", "state")
    check_equal(answer.headers["Location"], f"/api/v1/commands/{accepted['id']}", "Location")
    shown = expect(c.csms.http("GET", answer.headers["Location"], token=c.tokens["viewer"]), 200).json()
    c.description.check_all_described(shown, "Command")
    check_equal((shown["station"], shown["action"], shown["payload"], shown["state"]),
                (name, "Reset", {"type": "Immediate"}, "queued"), "command")
    with Station(c.csms, name) as station:
        done = wait_until(lambda: next((x for x in [c.api("GET", f"/commands/{accepted['id']}").json()]
                                        if x["state"] == "answered"), None), "not answered")
        check_equal((done["response"], station.count("Reset")), ({"status": "Accepted"}, 1), "answer")
    listed = expect(c.api("GET", f"/stations/{name}/commands"), 200).json()
    check(accepted["id"] in [x["id"] for x in listed["items"]], "command not listed")


def test_command_waits(c):
    """?wait= answers when the station has, with the whole command; otherwise when the time is up."""
    name = c.station()
    with Station(c.csms, name, answers={"Reset": lambda _: time.sleep(1) or {"status": "Accepted"},
                                        "ClearCache": RuntimeError("NotSupported"),
                                        "GetLog": None}) as _:
        (answer, seconds) = elapsed(lambda: c.api("POST", f"/stations/{name}/commands/Reset?wait=20", {"type": "OnIdle"}))
        done = expect(answer, 200).json()
        c.description.check_all_described(done, "Command")
        check_equal((done["state"], done["response"]), ("answered", {"status": "Accepted"}), "command")
        check(0.9 < seconds < 15, f"answered after {seconds} s")
        failed = expect(c.api("POST", f"/stations/{name}/commands/ClearCache?wait=20"), 200).json()
        check_equal((failed["state"], failed["error"]["code"]), ("failed", "NotSupported"), "command")
        # A command that is over is answered at once.
        (again, seconds) = elapsed(lambda: c.api("GET", f"/commands/{failed['id'].upper()}?wait=20"))
        check_equal((again.json()["state"], seconds < 5), ("failed", True), "looked up")
        (late, seconds) = elapsed(lambda: c.api("POST", f"/stations/{name}/commands/GetLog?wait=1", {
            "requestId": 1, "logType": "SecurityLog", "log": {"remoteLocation": "ftp://x/y"}}))
        check_equal(expect(late, 202).json()["state"], "sent", "state")
        check(0.9 < seconds < 6, f"answered after {seconds} s")
        (late, seconds) = elapsed(lambda: c.api("GET", f"/commands/{late.json()['id']}?wait=1"))
        check_equal((expect(late, 200).json()["state"], 0.9 < seconds < 6), ("sent", True), "state")


def test_command_wait_of_many(c):
    """Fifty wait for one command; one client leaves; all others hear of its end."""
    name = c.station()
    accepted = expect(c.api("POST", f"/stations/{name}/commands/ClearCache"), 202).json()
    path = f"/commands/{accepted['id']}?wait=60"
    with Raw(c.csms) as raw:
        raw.send(request("GET", "/api/v1" + path, c.tokens["viewer"]))
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            waiting = [pool.submit(c.api, "GET", path, timeout=90) for _ in range(50)]
            time.sleep(1)
            raw.close()
            used = cpu_seconds(c.csms)
            time.sleep(1)
            check(cpu_seconds(c.csms) - used < 0.5, "waiting costs processor time")
            with Station(c.csms, name):
                states = [w.result().json()["state"] for w in waiting]
    check_equal(states, ["answered"] * 50, "states")


def test_command_waiting_client_pipelines(c):
    """What is pipelined behind a waiting request is answered after it, and costs nothing meanwhile."""
    name = c.station()
    with Raw(c.csms, timeout=30) as raw:
        raw.send(request("POST", f"/api/v1/stations/{name}/commands/ClearCache?wait=3", c.tokens["operator"])
                 + request("GET", "/healthz") * 1000)
        used = cpu_seconds(c.csms)
        time.sleep(2)
        used = cpu_seconds(c.csms) - used
        check(used < 0.5, f"{used} s of processor time in 2 s")
        check_equal([raw.answer()[0] for _ in range(1001)], [202] + [200] * 1000, "statuses")


def test_command_refused(c):
    """With the code that OCPP has for it, and where."""
    name = c.station()
    where = f"/stations/{name}/commands/"
    for action, body, status, code, field in (
            ("Reset", {"type": "Now"}, 400, "PropertyConstraintViolation", "$.type"),
            ("Reset", {}, 400, "OccurrenceConstraintViolation", "$.type"),
            ("Reset", {"type": 1}, 400, "TypeConstraintViolation", "$.type"),
            ("Reset", {"type": "Immediate", "evseId": "1"}, 400, "TypeConstraintViolation", "$.evseId"),
            ("Reset", b'{"type":"Immediate"', 400, None, None),
            ("Reset", b"[]", 400, None, None),
            ("reset", {"type": "Immediate"}, 404, "UnknownAction", "action"),
            ("BootNotification", {}, 404, "UnknownAction", "action"),
            ("Dance", {}, 404, "UnknownAction", "action")):
        answer = expect(c.api("POST", where + action, body), status, code, field)
        error_of(answer)
    check("Dance" in error_of(c.api("POST", where + "Dance", {}))["message"], "the action is not named")
    expect(c.api("POST", "/stations/no-such/commands/ClearCache"), 404, "NotFound", "station")
    for query in ("ttl=0", "ttl=x", "ttl=99999999", "wait=-1", "wait=121", "wait=9999"):
        expect(c.api("POST", where + "ClearCache?" + query), 400, "BadQuery", query.split("=")[0])
    check_equal(c.csms.value("SELECT count(*) FROM core.command c JOIN core.station s ON s.id = c.station_id"
                             " WHERE s.name = %s", (name,)), 0, "commands")


def test_data_transfer_is_ours_too(c):
    """DataTransfer goes both ways, and its data are any JSON."""
    name = c.station()
    with Station(c.csms, name, answers={"DataTransfer": lambda p: {"status": "Accepted", "data": p["data"]}}):
        data = {"a": [1, 2.50, None, "ä\u0001"], "b": {}}
        done = expect(c.api("POST", f"/stations/{name}/commands/DataTransfer?wait=20",
                            {"vendorId": "x", "data": data}), 200).json()
        check_equal(done["response"]["data"], data, "data")


def test_command_expires(c):
    name = c.station()
    accepted = expect(c.api("POST", f"/stations/{name}/commands/ClearCache?ttl=1"), 202).json()
    time.sleep(1.2)
    with Station(c.csms, name) as station:
        done = wait_until(lambda: next((x for x in [c.api("GET", f"/commands/{accepted['id']}").json()]
                                        if x["state"] == "expired"), None), "not expired")
        check_equal((done["sentAt"], station.count("ClearCache")), (None, 0), "expired command")


def test_idempotency(c):
    name, other = c.station(), c.station()
    key = {"Idempotency-Key": secrets.token_hex(8)}
    path = f"/stations/{name}/commands/Reset"
    first = expect(c.api("POST", path, {"type": "Immediate"}, headers=key), 202)
    check("Idempotent-Replayed" not in first.headers, "the first is called a repeat")
    # Spelled differently, meant the same.
    again = expect(c.api("POST", path, b'{ "type" : "Imm\\u0065diate" }', headers=key), 202)
    check_equal((again.json(), again.headers["Idempotent-Replayed"], again.headers["Location"]),
                (first.json(), "true", first.headers["Location"]), "repeat")
    for where, body in ((path, {"type": "OnIdle"}), (path, {"type": "Immediate", "evseId": 1}),
                        (path + "?ttl=60", {"type": "Immediate"}),
                        (f"/stations/{other}/commands/Reset", {"type": "Immediate"}),
                        (f"/stations/{name}/commands/ClearCache", {})):
        expect(c.api("POST", where, body, headers=key), 422, "IdempotencyKeyReused", "Idempotency-Key")
    # Another caller's keys are another's.
    expect(c.api("POST", path, {"type": "OnIdle"}, role="admin", headers=key), 202)
    # The repeat of a command that is over says what the first said; waiting, one hears how it ended.
    with Station(c.csms, name):
        wait_until(lambda: c.api("GET", f"/commands/{first.json()['id']}").json()["state"] == "answered", "not answered")
        check_equal(c.api("POST", path, {"type": "Immediate"}, headers=key).json(), first.json(), "repeat")
        done = expect(c.api("POST", path + "?wait=10", {"type": "Immediate"}, headers=key), 200)
        check_equal((done.json()["id"], done.json()["state"]), (first.json()["id"], "answered"), "repeat with wait")
    for bad in ("", "x" * 256):
        with Raw(c.csms) as raw:
            raw.send(request("POST", "/api/v1" + path, c.tokens["operator"], b'{"type":"Immediate"}',
                             ["Idempotency-Key: " + bad]))
            check_equal(raw.answer()[0], 400, f"status for a key of {len(bad)} characters")


def test_idempotency_in_parallel(c):
    """Fifty copies at once are one command, sent once."""
    name = c.station()
    key = {"Idempotency-Key": secrets.token_hex(8)}
    start = threading.Barrier(50)

    def one(_):
        start.wait()
        for _ in range(20):
            answer = c.api("POST", f"/stations/{name}/commands/Reset", {"type": "Immediate"}, headers=key)
            if answer.status != 503:
                return expect(answer, 202)
            time.sleep(0.2)
        raise Failure("503 again and again")
    with Station(c.csms, name) as station:
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(one, range(50)))
        check_equal(len({a.json()["id"] for a in answers}), 1, "different ids")
        check_equal(sum("Idempotent-Replayed" not in a.headers for a in answers), 1, "answers that are the first")
        wait_until(lambda: station.count("Reset") > 0, "not sent")
        time.sleep(1)
        check_equal(station.count("Reset"), 1, "times sent")
    check_equal(c.csms.value("SELECT count(*) FROM core.command c JOIN core.station s ON s.id = c.station_id"
                             " WHERE s.name = %s AND action = 'Reset'", (name,)), 1, "commands")


def set_password(word):
    return {"setVariableData": [{"attributeValue": word, "component": {"name": "SecurityCtrlr"},
                                 "variable": {"name": "BasicAuthPassword"}}]}


def verdict(status):
    return {"setVariableResult": [{"attributeStatus": status, "component": {"name": "SecurityCtrlr"},
                                   "variable": {"name": "BasicAuthPassword"}}]}


def test_password_by_command(c):
    """A01: accepted, the new password holds; anything else, the old one; in neither case is it kept readable."""
    name = c.station()
    secret = "new-" + secrets.token_hex(8)
    path = f"/stations/{name}/commands/SetVariables?wait=20"
    with Station(c.csms, name, answers={"SetVariables": verdict("Rejected")}):
        expect(c.api("POST", path, set_password("rejected-password")), 200)
    with Station(c.csms, name, answers={"SetVariables": verdict("Accepted")}) as station:
        done = expect(c.api("POST", path, set_password(secret), headers={"Idempotency-Key": secret[:12]}), 200).json()
        check_equal(done["state"], "answered", "state")
        check(secret not in json.dumps(done), "the password is in the answer")
        sent = station.calls[-1][1]["setVariableData"][0]["attributeValue"]
        check_equal(sent, secret, "password sent")
    with Station(c.csms, name, password=secret):
        pass
    check(secret not in c.csms.log(), "the password is in the log")
    check_equal(c.csms.value("SELECT count(*) FROM core.command t WHERE t::text LIKE %s", (f"%{secret}%",)), 0,
                "commands with the password")
    expect(c.api("POST", path, set_password("short")), 400, "BadPassword", "$.setVariableData[0].attributeValue")
    two = {"setVariableData": set_password("x" * 20)["setVariableData"] * 2}
    expect(c.api("POST", path, two), 400, "BadPassword", "$.setVariableData[1].attributeValue")


# ---- the node ----

def test_metrics(c):
    before = c.csms.metrics()
    name = c.station()
    with Station(c.csms, name):
        expect(c.api("POST", f"/stations/{name}/commands/ClearCache?wait=20"), 200)
    expect(c.csms.http("GET", "/api/v1/stations"), 401)
    after = c.csms.metrics()

    def grown(key):
        return after.get(key, 0) - before.get(key, 0)
    check(grown("v2g_api_requests_total") >= 4, "api_requests")
    check(grown("v2g_api_refused_total") == 1, "api_refused")
    check(grown('v2g_call_seconds_count{action="BootNotification"}') == 1, "boot not counted")
    check(grown('v2g_command_seconds_count{action="ClearCache"}') == 1, "command not counted")
    check_equal((after["v2g_ready"], after["v2g_store_up"]), (1, 1), "ready")
    check(after["process_resident_memory_bytes"] > 1 << 20 and after["process_open_fds"] > 5, "process")
    lines = c.csms.http("GET", "/metrics").body.decode().splitlines()
    families = [l.split()[2] for l in lines if l.startswith("# TYPE")]
    check_equal(len(families), len(set(families)), "families that differ")
    helped = [l.split()[2] for l in lines if l.startswith("# HELP")]
    check_equal(helped, families, "families with help")


def test_audit(c):
    """Who changed what is in core.audit, by token."""
    name = c.station()
    who = c.csms.value("SELECT t.name FROM core.audit a JOIN core.api_token t ON t.id = a.token_id"
                       " WHERE a.action = 'station_create' AND a.subject = %s", (name,))
    check(who, "no audit of a created station")
    check(c.csms.logged("API_REQUEST", method="POST", token=who), "no API_REQUEST in the log")


CASES = [
    test_openapi_is_sound, test_openapi_describes_commands, test_roles_matrix, test_tokens_refused,
    test_not_found_and_not_allowed, test_head, test_headers, test_station_life, test_station_list_pages,
    test_station_names, test_password_is_used_at_once, test_password_rules, test_password_leaves_no_trace,
    test_block_closes_and_refuses, test_station_details, test_transactions, test_id_tokens, test_api_tokens,
    test_api_token_expires, test_admin_command, test_bad_bodies, test_content_type, test_bad_queries, test_bad_paths,
    test_sql_metacharacters, test_bad_ids, test_requests_that_are_none, test_keep_alive_and_pipelining,
    test_body_byte_by_byte, test_expect_continue, test_large_bodies, test_clients_that_leave,
    test_client_that_does_not_read, test_many_connections, test_parallel_requests, test_command_without_wait,
    test_command_waits, test_command_wait_of_many, test_command_waiting_client_pipelines, test_command_refused,
    test_data_transfer_is_ours_too, test_command_expires, test_idempotency, test_idempotency_in_parallel,
    test_password_by_command, test_metrics, test_audit,
]


def test_database_away(cluster, csms, context):
    """503 with Retry-After, /readyz says why, /healthz stays; and all is well when it is back."""
    cluster.stop()
    answer = wait_until(lambda: next((a for a in [context.api("GET", "/stations")] if a.status == 503), None), "no 503")
    check_equal(error_of(answer)["code"], "Unavailable", "code")
    check(int(answer.headers["Retry-After"]) > 0, "Retry-After")
    ready = wait_until(lambda: next((a for a in [csms.http("GET", "/readyz")] if a.status == 503), None), "ready")
    check_equal((ready.json()["ready"], ready.json()["reasons"] != []), (False, True), "reasons")
    check_equal(csms.http("GET", "/healthz").status, 200, "health")
    check_equal(csms.http("GET", "/metrics").status, 200, "metrics")
    expect(context.csms.http("GET", "/api/v1/stations", token="wrong"), 401)
    cluster.start()
    csms.wait_ready()
    wait_until(lambda: context.api("GET", "/stations").status == 200, "not well again")


def test_stop_with_clients(csms, context):
    """Requests that wait, that are half sent and whose answers are half read do not hold up the end."""
    name = context.station()
    path = f"/api/v1/stations/{name}/commands/ClearCache?wait=60"
    clients = [Raw(csms).send(data) for data in (
        request("POST", path, context.tokens["operator"]), request("POST", path, context.tokens["operator"]),
        request("GET", "/openapi.json") * 50, b"GET / HT", b"",
        request("POST", "/api/v1/stations", context.tokens["operator"], b'{"id":"never"}')[:-5])]
    time.sleep(0.5)
    (_, seconds) = elapsed(csms.stop)
    check(seconds < 15, f"stopping took {seconds} s")
    for client in clients:
        client.close()


def test_https(cluster, asan):
    """The same over TLS, whatever protocols the client offers; nothing without TLS."""
    certificates = Certificates()
    csms = Csms(cluster, asan=asan, certificates=certificates, settings={"listen.http_tls": "yes"})
    csms.start(ready=False)
    try:
        trust = ssl.create_default_context(cafile=certificates.ca)
        trust.set_alpn_protocols(["h2", "http/1.1"])

        def client():
            try:
                return Raw(csms, tls=trust)
            except OSError:
                return None
        with wait_until(client, "not listening") as raw:
            check_equal(raw.socket.selected_alpn_protocol(), "http/1.1", "protocol")
            check_equal(raw.send(request("GET", "/healthz")).answer()[0], 200, "status")
            raw.send(request("GET", "/openapi.json") * 20)
            check_equal([raw.answer()[0] for _ in range(20)], [200] * 20, "statuses")
        token = csms.create_token("viewer")
        wait_until(lambda: https_status(csms, trust, token) == 200, "token not known")
        used = cpu_seconds(csms)
        idle = [socket.create_connection(("127.0.0.1", csms.ports["http"])) for _ in range(20)]
        waiting = Raw(csms, tls=trust).send(request("GET", f"/api/v1/commands/{uuid.uuid4()}?wait=30", token))
        time.sleep(1)
        check(cpu_seconds(csms) - used < 0.5, "idle connections cost processor time")
        for connection in (*idle, waiting):
            connection.close()
        with Raw(csms) as raw:
            check_equal(raw.send(request("GET", "/healthz")).answer(), None, "answer without TLS")
        csms.stop()
    finally:
        csms.kill()


def https_status(csms, trust, token):
    with Raw(csms, tls=trust) as raw:
        return raw.send(request("GET", "/api/v1/stations", token)).answer()[0]


def main(results):
    asan = (BUILD_ASAN / "csms" / "v2g-csms").exists()
    settings = {"log.level": "info", "security.failures_per_address": "10000", "security.failures_per_station": "10000",
                "ocpp.settle_time": "0"}
    with Cluster.shared() as cluster, Csms(cluster, asan=asan, settings=settings) as csms:
        context = Context(csms)
        for case in CASES:
            results.run([case], context)
        with results.case("stop_with_clients"):
            test_stop_with_clients(csms, context)
        with results.case("log_has_no_crash"):
            check("Sanitizer" not in csms.log(), csms.log_tail())
        with results.case("https"):
            test_https(cluster, asan)
    with results.case("database_away"), Cluster() as cluster, Csms(cluster, asan=asan) as csms:
        test_database_away(cluster, csms, Context(csms))


main_guard("api", main)
