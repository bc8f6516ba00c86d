"""Migrations, and the store while PostgreSQL is killed under it: programs against databases."""

import os
import pathlib
import random
import subprocess
import threading
import time

from harness import (BUILD, BUILD_ASAN, ROOT, Cluster, Failure, check, check_equal, main_guard,
                     wait_until)

COUNT = 20000
KILLS = 12


def probe_path():
    """With sanitizers where that is built."""
    for build in (BUILD_ASAN, BUILD):
        path = pathlib.Path(build) / "tests" / "integration" / "store" / "store_probe"
        if path.exists():
            return path
    raise Failure("store_probe is not built")


def environment():
    return dict(os.environ, ASAN_OPTIONS="abort_on_error=1:detect_leaks=1")


def migrate_start(uri, files):
    return subprocess.Popen([probe_path(), "migrate", uri, files], text=True, env=environment(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def migrate(uri, files):
    """The result in a word, and the log."""
    with migrate_start(uri, files) as process:
        output, log = process.communicate(timeout=120)
        check_equal(process.returncode, 0, f"exit code\n{log}\n")
    return output.strip(), log


class Database:
    def __init__(self, cluster):
        self.cluster = cluster
        self.name = cluster.create_database()
        self.uri = cluster.uri(self.name)

    def rows(self, statement, parameters=None):
        return self.cluster.sql(self.name, statement, parameters)

    def value(self, statement):
        return self.cluster.value(self.name, statement)


# Migrations.

def test_migrate_fresh_and_repeated(cluster):
    """The embedded files apply to an empty database; the second time nothing is done."""
    db = Database(cluster)
    check_equal(migrate(db.uri, "embedded")[0], "ok", "first run")
    versions = db.rows("SELECT version, applied_at FROM core.schema_version ORDER BY 1")
    files = sorted((ROOT / "sql" / "migrations").glob("*.sql"))
    check_equal([v for v, _ in versions], [int(f.name.split("_")[0]) for f in files], "versions")
    routines = db.rows("SELECT hash, applied_at FROM core.schema_routines")
    check_equal(len(routines), 1, "rows of schema_routines")

    result, log = migrate(db.uri, "embedded")
    check_equal(result, "ok", "second run")
    check("APPLIED" not in log and "REPLACED" not in log, f"something was done again:\n{log}")
    check_equal(db.rows("SELECT hash, applied_at FROM core.schema_routines"), routines, "routines")


def test_migrate_embedded_is_exact(cluster):
    """What awk made of the files is what is in them: functions agree with those psql makes."""
    ours, theirs = Database(cluster), Database(cluster)
    check_equal(migrate(ours.uri, "embedded")[0], "ok", "result")
    host, port, user = cluster.sql("postgres", "SELECT split_part(current_setting("
                                   "'unix_socket_directories'), ',', 1), current_setting('port'), current_user")[0]
    subprocess.run([ROOT / "sql" / "apply.sh"], check=True,
                   env=dict(os.environ, PGHOST=host, PGPORT=port, PGUSER=user, PGDATABASE=theirs.name))
    digest = ("SELECT n.nspname || '.' || p.proname, md5(string_agg(pg_get_functiondef(p.oid), '' ORDER BY p.oid::regprocedure::text))"
              " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
              " WHERE n.nspname IN ('core', 'api', 'report') AND p.prokind = 'f' GROUP BY 1 ORDER BY 1")
    differing = set(ours.rows(digest)) ^ set(theirs.rows(digest))
    check_equal(sorted({name for name, _ in differing}), [], "functions that differ")


def test_migrate_two_at_once(cluster):
    """Programs that start together: one does it, the other finds it done."""
    db = Database(cluster)
    both = [migrate_start(db.uri, "two") for _ in range(3)]
    logs = []
    for process in both:
        with process:
            output, log = process.communicate(timeout=120)
        check_equal(output.strip(), "ok", f"result\n{log}\n")
        logs.append(log)
    check_equal(sum(log.count("MIGRATION_APPLIED") for log in logs), 2, "migrations applied")
    check_equal(sum(log.count("ROUTINES_REPLACED") for log in logs), 1, "times routines were made")
    check_equal(db.value("SELECT count(*) FROM first"), 1, "rows of the migration")


def test_migrate_step_by_step(cluster):
    """A newer program brings what is missing, and makes the routines again after a migration."""
    db = Database(cluster)
    check_equal(migrate(db.uri, "one")[0], "ok", "first program")
    result, log = migrate(db.uri, "two")
    check_equal(result, "ok", "second program")
    check_equal(log.count("MIGRATION_APPLIED"), 1, "migrations applied")
    check("ROUTINES_REPLACED" in log, "routines were left alone")


def test_migrate_too_new(cluster):
    """A database of a newer program is left as it is."""
    db = Database(cluster)
    check_equal(migrate(db.uri, "two")[0], "ok", "newer program")
    before = db.rows("SELECT hash, applied_at FROM core.schema_routines")
    result, log = migrate(db.uri, "changed")
    check_equal(result, "too-new", "older program")
    check("MIGRATION_DATABASE_TOO_NEW database=2 program=1" in log, log)
    check_equal(db.rows("SELECT hash, applied_at FROM core.schema_routines"), before, "routines")


def test_migrate_broken(cluster):
    """A migration that fails leaves nothing of itself; those before it stay; the line is told."""
    db = Database(cluster)
    result, log = migrate(db.uri, "broken")
    check_equal(result, "failed", "result")
    check("MIGRATION_REFUSED file=migrations/0002_broken.sql line=3" in log, log)
    check_equal(db.rows("SELECT version FROM core.schema_version"), [(1,)], "versions")
    check_equal(db.value("SELECT to_regclass('second')"), None, "its table")
    check_equal(migrate(db.uri, "two")[0], "ok", "corrected program")


def test_migrate_commit_inside(cluster):
    """A file that ends the transaction is refused, and not recorded."""
    db = Database(cluster)
    check_equal(migrate(db.uri, "commits")[0], "failed", "result")
    check_equal(db.rows("SELECT version FROM core.schema_version"), [(1,)], "versions")


def test_migrate_routines(cluster):
    """Changed routines are made again, all or none."""
    db = Database(cluster)
    check_equal(migrate(db.uri, "one")[0], "ok", "first program")
    check_equal(db.value("SELECT f FROM v"), 1, "view")
    check_equal(migrate(db.uri, "changed")[0], "ok", "changed program")
    check_equal(db.value("SELECT f FROM v"), 2, "view")
    check_equal(migrate(db.uri, "half")[0], "failed", "program with a broken view")
    check_equal(db.value("SELECT f FROM v"), 2, "view after the failure")


def test_migrate_waits_for_a_lock(cluster):
    """A table in use for a moment is waited for."""
    db = Database(cluster)
    check_equal(migrate(db.uri, "one")[0], "ok", "first program")
    with cluster.connect(db.name) as busy:
        busy.execute("BEGIN")
        busy.execute("LOCK TABLE first IN ACCESS SHARE MODE")
        process = migrate_start(db.uri, "two")
        time.sleep(0.5)
        check(process.poll() is None, "it did not wait")
        busy.execute("COMMIT")
    with process:
        check_equal(process.communicate(timeout=60)[0].strip(), "ok", "result")


def test_migrate_unreachable(cluster):
    """No server, no database, a server that goes away meanwhile: come again later."""
    del cluster
    with Cluster() as own:
        db = Database(own)
        check_equal(migrate(own.uri("nothing"), "one")[0], "unreachable", "unknown database")
        process = migrate_start(db.uri, "one")
        wait_until(lambda: own.sql("postgres", "SELECT 1 FROM pg_stat_activity"
                                   " WHERE application_name = 'v2g-csms migrate' AND query LIKE '%pg_sleep%'"),
                   "the migration did not begin", interval=0.01)
        own.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'v2g-csms migrate'")
        with process:
            check_equal(process.communicate(timeout=60)[0].strip(), "unreachable", "terminated")
        check_equal(migrate(db.uri, "one")[0], "ok", "once more")
        own.stop()
        check_equal(migrate(db.uri, "one")[0], "unreachable", "stopped server")


def test_call(cluster):
    """One statement from the command line: rows, NULL, parameters, refusal."""
    db = Database(cluster)
    def call(*arguments):
        return subprocess.run([probe_path(), "call", db.uri, *arguments], text=True,
                              capture_output=True, env=environment(), check=False)
    check_equal(call("SELECT $1, $2, NULL", "a", "'; DROP").stdout, "a\t'; DROP\tNULL\n", "row")
    refused = call("SELECT nothing")
    check_equal(refused.returncode, 1, "exit code")
    check("STATEMENT_REFUSED" in refused.stderr, refused.stderr)


# The store under fire.

class Run:
    """store_probe with work to do; lines are gathered as they come."""

    def __init__(self, uri, count):
        self.process = subprocess.Popen([probe_path(), "run", uri, str(count)], text=True, env=environment(),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = []
        self.log = []
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.log))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def progress(self):
        return len(self.lines)

    def wait(self, timeout=120):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure("it hangs\n" + "\n".join(self.lines[-5:] + self.log[-20:])) from None
        for reader in self.readers:
            reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        check_equal(code, 0, "exit code\n" + "\n".join(self.log[-20:]) + "\n")


def terminate(cluster):
    cluster.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'v2g-csms store'")


def crash_backend(cluster):
    """One backend killed: the server takes all of them down and recovers."""
    pids = cluster.sql("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name = 'v2g-csms store'")
    for (pid,) in pids:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    wait_until(lambda: answers(cluster), "the server did not recover")


def answers(cluster):
    try:
        return cluster.sql("postgres", "SELECT 1")
    except Exception:  # pylint: disable=broad-except
        return None


def crash_server(cluster):
    cluster.kill()
    cluster.start()


def restart(cluster):
    cluster.restart()


def under_fire(own, blow, kills):
    """Blows at moments of chance; then every operation was told once, and is in the table."""
    db = Database(own)
    db.rows("CREATE TABLE probe (id int PRIMARY KEY)")
    chance = random.Random(blow.__name__)
    run = Run(db.uri, COUNT)
    for _ in range(kills):
        goal = run.progress() + 1 + chance.randrange(COUNT // (2 * kills))
        wait_until(lambda goal=goal: run.progress() >= goal or run.process.poll() is not None,
                   f"no progress: {run.lines[-3:]} {run.log[-5:]}", interval=0.001)
        if run.process.poll() is None:
            blow(own)
    run.wait()
    done = [line for line in run.lines if line.startswith("done ")]
    check_equal(sorted(int(line.split()[1]) for line in done), list(range(COUNT)), "operations told")
    check(all(line.endswith(" committed") for line in done), "some were not committed")
    check_equal([int(line.split()[1]) for line in done], list(range(COUNT)), "order of the callbacks")
    check_equal(db.value("SELECT count(*) FROM probe"), COUNT, "rows")
    losses = sum(" DATABASE_DOWN " in line for line in run.log)
    check(losses >= kills // 2, f"only {losses} connections were lost")


def main(results):
    with Cluster.shared() as cluster:
        results.run([function for name, function in globals().items()
                     if name.startswith(("test_migrate", "test_call"))], cluster)
    with Cluster() as own:
        for blow, kills in ((terminate, KILLS), (crash_backend, KILLS // 3), (crash_server, KILLS // 3),
                            (restart, KILLS // 3)):
            with results.case(f"store_under_{blow.__name__}"):
                under_fire(own, blow, kills)


main_guard("integration/store", main)
