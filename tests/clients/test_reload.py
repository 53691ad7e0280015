"""The configuration file changes while the server runs: what takes effect, how soon, and what must not."""
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import threading
import time

import requests

import made_tables
from conftest import BINARY, TOKEN
from sluice_server import Server, yaml_config

HEADERS = {"Authorization": "Bearer " + TOKEN}
# What the server promises is a second; the rest is for a busy machine.
PATIENCE = 5.0


def within(seconds, question, what):
    """Asks until the answer is true; returns how long that took."""
    began = time.monotonic()
    while not question():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.01)
    return time.monotonic() - began


def config_path(server) -> pathlib.Path:
    return server.folder / "sluice.yaml"


def rewrite(server, text):
    """As an editor does it: a new file takes the place of the old."""
    fresh = server.folder / "sluice.yaml.new"
    fresh.write_text(server.expand(text))
    os.replace(fresh, config_path(server))


def table_status(server, name, headers=HEADERS) -> int:
    return requests.get(f"{server.url}/shares/s/schemas/d/tables/{name}/version", headers=headers,
                        timeout=20).status_code


def reloads(server, result) -> int:
    for line in requests.get(server.origin + "/metrics", timeout=20).text.splitlines():
        if line.startswith("sluice_config_reloads_total") and f'result="{result}"' in line:
            return int(float(line.rsplit(" ", 1)[1]))
    return 0


def shares(tmp_path, *names):
    return {"s": {"d": {name: tmp_path / "t" for name in names}}}


def test_a_new_table_is_there_within_a_second(serve, tmp_path):
    made_tables.real(tmp_path / "t")
    server = serve(shares(tmp_path, "one"))
    assert (table_status(server, "one"), table_status(server, "two")) == (200, 404)
    rewrite(server, yaml_config(shares(tmp_path, "one", "two")))
    took = within(PATIENCE, lambda: table_status(server, "two") == 200, server.stderr())
    print(f"in effect after {took:.2f} s")
    # Written in place, and one goes.
    config_path(server).write_text(server.expand(yaml_config(shares(tmp_path, "two"))))
    within(PATIENCE, lambda: table_status(server, "one") == 404, server.stderr())
    assert table_status(server, "two") == 200
    assert reloads(server, "refused") == 0


def test_a_broken_file_is_told_by_line_and_changes_nothing(serve, tmp_path):
    made_tables.real(tmp_path / "t")
    server = serve(shares(tmp_path, "one"))
    good = yaml_config(shares(tmp_path, "one"))
    rewrite(server, good + "prot: 80\nworkers: many\n")
    within(PATIENCE, lambda: reloads(server, "refused") == 1, server.stderr())
    line = good.count("\n") + 1
    told = server.stderr()
    assert f"{config_path(server)}:{line}: unknown key 'prot'; did you mean 'port'?" in told
    assert f"{config_path(server)}:{line + 1}: 'workers' must be a whole number" in told
    assert "stays" in told
    assert table_status(server, "one") == 200
    # Gone is no configuration, either; and the next good one is taken.
    config_path(server).unlink()
    within(PATIENCE, lambda: "cannot be read: No such file" in server.stderr(), server.stderr())
    assert table_status(server, "one") == 200
    rewrite(server, yaml_config(shares(tmp_path, "two")))
    within(PATIENCE, lambda: table_status(server, "two") == 200, server.stderr())
    assert TOKEN not in server.stderr()


def test_an_old_token_is_refused_once_the_new_one_counts(serve, tmp_path):
    made_tables.real(tmp_path / "t")
    server = serve(shares(tmp_path, "one"))
    answer = requests.post(server.url + "/shares/s/schemas/d/tables/one/query", json={}, headers=HEADERS,
                           timeout=20)
    link = json.loads(answer.text.split("\n")[2])["file"]["url"]
    assert requests.get(link, timeout=20).status_code == 200
    rewrite(server, yaml_config(shares(tmp_path, "one"), token="another-token-77"))
    new = {"Authorization": "Bearer another-token-77"}
    within(PATIENCE, lambda: table_status(server, "one", new) == 200, server.stderr())
    # No request was sent between: not one with the old token is answered after one with the new.
    assert table_status(server, "one") == 401
    assert requests.get(link, timeout=20).status_code == 403
    assert "another-token-77" not in server.stderr()


def test_hangup_reads_again_at_once_and_the_files_that_are_named(serve, tmp_path):
    made_tables.real(tmp_path / "t")
    secret = tmp_path / "secret"
    secret.write_text("first-secret\n")
    secret.chmod(0o600)
    storage = ('storage:\n- prefix: s3://lake\n  endpoint: http://127.0.0.1:1\n  accessKeyId: AKIAEXAMPLE\n'
               f'  secretAccessKeyFile: "{secret}"\n')
    server = serve(shares(tmp_path, "one"), storage)
    os.kill(server.pid, signal.SIGHUP)
    within(PATIENCE, lambda: reloads(server, "taken") == 1, server.stderr())
    secret.write_text("two secrets\n")
    os.kill(server.pid, signal.SIGHUP)
    within(PATIENCE, lambda: reloads(server, "refused") == 1, server.stderr())
    assert "'secretAccessKeyFile'" in server.stderr()
    secret.write_text("second-secret\n")
    os.kill(server.pid, signal.SIGHUP)
    within(PATIENCE, lambda: reloads(server, "taken") == 2, server.stderr())
    assert "secret\n" not in server.stderr() and "two secrets" not in server.stderr()
    assert server.alive()


def test_a_master_key_that_cannot_be_read_changes_nothing(serve, tmp_path):
    made_tables.real(tmp_path / "t")
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    server = serve(shares(tmp_path, "one"), f'masterKeyFile: "{key}"\n')
    key.unlink()
    rewrite(server, yaml_config(shares(tmp_path, "two"), extra=f'masterKeyFile: "{key}"\n'))
    within(PATIENCE, lambda: reloads(server, "refused") == 1, server.stderr())
    assert "masterKeyFile" in server.stderr()
    assert (table_status(server, "one"), table_status(server, "two")) == (200, 404)


def test_what_waits_for_the_next_start_is_named(serve, tmp_path):
    made_tables.real(tmp_path / "t")
    server = serve(shares(tmp_path, "one"))
    rewrite(server, yaml_config(shares(tmp_path, "one", "two"), extra="workers: 3\nendpoint2: x\n"
                                ).replace("endpoint2: x\n", "ssl: {selfSigned: true}\n"))
    within(PATIENCE, lambda: table_status(server, "two") == 200, server.stderr())
    told = server.stderr()
    assert "'workers' changed: it takes effect at the next start" in told
    assert "'ssl' changed: it takes effect at the next start" in told
    assert "'port' changed" not in told


def test_a_mounted_configuration_map_is_swapped(tmp_path):
    """The file is a link to ..data/sluice.yaml, and ..data a link that is renamed over."""
    made_tables.real(tmp_path / "t")
    mount = tmp_path / "mount"
    server = Server(BINARY, "", mount)
    for number, names in enumerate([("one",), ("one", "two")]):
        folder = mount / f"..{number}"
        folder.mkdir(parents=True)
        (folder / "sluice.yaml").write_text(server.expand(yaml_config(shares(tmp_path, *names))))
    (mount / "..data").symlink_to("..0")
    (mount / "sluice.yaml").symlink_to("..data/sluice.yaml")
    # spawn() would write through the link: the text is what stands there.
    server.config_template = (mount / "sluice.yaml").read_text()
    with server:
        assert (table_status(server, "one"), table_status(server, "two")) == (200, 404)
        (mount / "..data_tmp").symlink_to("..1")
        os.replace(mount / "..data_tmp", mount / "..data")
        within(PATIENCE, lambda: table_status(server, "two") == 200, server.stderr())


def test_no_request_fails_while_the_configuration_changes(serve, tmp_path):
    """Clients on kept connections list, query and stream through 20 changes."""
    made_tables.real(tmp_path / "t")
    made_tables.wide(tmp_path / "wide", 5000)
    tables = {"s": {"d": {"one": tmp_path / "t", "wide": tmp_path / "wide"}}}
    server = serve(tables)
    stop = threading.Event()
    failures, counts = [], [0] * 4

    def client(number):
        with requests.Session() as session:
            session.headers.update(HEADERS)
            while not stop.is_set():
                try:
                    listed = session.get(server.url + "/shares/s/all-tables", timeout=20)
                    names = {item["name"] for item in listed.json()["items"]}
                    answer = session.post(server.url + "/shares/s/schemas/d/tables/wide/query", json={},
                                          timeout=60)
                    lines = answer.text.count("\n")
                    one = session.post(server.url + "/shares/s/schemas/d/tables/one/query", json={},
                                       timeout=60)
                    link = json.loads(one.text.split("\n")[2])["file"]["url"]
                    data = requests.get(link, timeout=20)
                    if (listed.status_code, answer.status_code, lines, data.status_code) != (200, 200, 5002, 200) \
                            or not {"one", "wide"} <= names:
                        failures.append((listed.status_code, answer.status_code, lines, data.status_code))
                except (requests.RequestException, ValueError, LookupError) as error:
                    failures.append(repr(error))
                counts[number] += 1

    threads = [threading.Thread(target=client, args=(n,)) for n in range(len(counts))]
    for thread in threads:
        thread.start()
    for change in range(20):
        changed = {"s": {"d": {**tables["s"]["d"], f"new{change}": tmp_path / "t"}}}
        rewrite(server, yaml_config(changed, extra=f"preSignedUrlTimeoutSeconds: {900 + change}\n"))
        if change % 2:
            os.kill(server.pid, signal.SIGHUP)
        within(PATIENCE, lambda: table_status(server, f"new{change}") == 200, server.stderr())
    stop.set()
    for thread in threads:
        thread.join()
    print(f"{sum(counts)} rounds of requests, {reloads(server, 'taken')} changes")
    assert not failures, failures[:5]
    assert min(counts) > 0
    assert reloads(server, "taken") >= 20 and reloads(server, "refused") == 0


def test_a_renewed_certificate_is_shown_after_hangup(serve, tmp_path):
    def make(name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=" + name, "-keyout", "next.key", "-out", "next.pem"],
                       cwd=tmp_path, check=True, capture_output=True)
        os.replace(tmp_path / "next.key", tmp_path / "leaf.key")
        os.replace(tmp_path / "next.pem", tmp_path / "leaf.pem")
        return ssl.PEM_cert_to_DER_cert((tmp_path / "leaf.pem").read_text())

    def shown():
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
            with context.wrap_socket(peer) as secure:
                return secure.getpeercert(binary_form=True)

    first = make("first")
    server = serve({"s": {}}, f'ssl:\n  certificateFile: "{tmp_path}/leaf.pem"\n'
                              f'  certificateKeyFile: "{tmp_path}/leaf.key"\n', https=True)
    assert shown() == first
    second = make("second")
    os.kill(server.pid, signal.SIGHUP)
    within(PATIENCE, lambda: shown() == second, server.stderr())
    # A key that does not fit changes nothing.
    (tmp_path / "leaf.key").write_text("no key")
    os.kill(server.pid, signal.SIGHUP)
    within(PATIENCE, lambda: "what was in effect stays" in server.stderr(), server.stderr())
    assert shown() == second


def test_core_dumps_hold_no_memory_unless_allowed(serve, tmp_path):
    def kinds(server):
        return int(pathlib.Path(f"/proc/{server.pid}/coredump_filter").read_text(), 16)

    assert kinds(serve({"s": {}})) == 0
    own = int(pathlib.Path("/proc/self/coredump_filter").read_text(), 16)
    assert kinds(serve({"s": {}}, "coreDumps: true\n")) == own
