"""HTTPS with certificates of our own making, through the official client in both formats."""
import json
import os
import socket
import ssl
import subprocess
import sys

import pytest
import requests

import made_tables
from conftest import TOKEN

HEADERS = {"Authorization": "Bearer " + TOKEN}


def openssl(*words, folder):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A CA, a leaf for 127.0.0.1 and localhost, and its key also under a password."""
    folder = tmp_path_factory.mktemp("tls")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test CA",
            "-addext", "keyUsage=critical,keyCertSign", "-keyout", "ca.key", "-out", "ca.pem",
            folder=folder)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "leaf.key",
            "-out", "leaf.csr", folder=folder)
    (folder / "leaf.ext").write_text("basicConstraints=CA:FALSE\n"
                                     "subjectAltName=IP:127.0.0.1,DNS:localhost\n"
                                     "extendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", "leaf.ext", "-out", "leaf.pem", folder=folder)
    (folder / "password").write_text("correct horse\n")
    openssl("rsa", "-aes256", "-in", "leaf.key", "-passout", "pass:correct horse", "-out", "locked.key",
            folder=folder)
    return folder


def tls_yaml(certificates, key="leaf.key", more=""):
    return (f'ssl:\n  selfSigned: false\n  certificateFile: "{certificates}/leaf.pem"\n'
            f'  certificateKeyFile: "{certificates}/{key}"\n{more}')


READ = """
import json, sys, delta_sharing
frames = [delta_sharing.load_as_pandas(sys.argv[1] + "#s.d.t", use_delta_format=f) for f in (True, False)]
print(json.dumps([sorted(f["id"].tolist()) for f in frames]))
"""


def test_official_client_in_both_formats(serve, tmp_path, certificates):
    root = made_tables.real(tmp_path / "t")
    server = serve({"s": {"d": {"t": root}}}, tls_yaml(certificates), https=True)
    ca = str(certificates / "ca.pem")
    run = subprocess.run([sys.executable, "-c", READ, server.profile], capture_output=True, text=True,
                         timeout=120, env={**os.environ, "REQUESTS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca})
    assert run.returncode == 0, run.stderr[-3000:]
    assert json.loads(run.stdout) == [list(range(12))] * 2


def test_links_are_https_and_ranges_work(serve, tmp_path, certificates):
    root = made_tables.real(tmp_path / "t", commits=1)
    server = serve({"s": {"d": {"t": root}}}, tls_yaml(certificates), https=True)
    ca = str(certificates / "ca.pem")
    answer = requests.post(server.url + "/shares/s/schemas/d/tables/t/query", json={}, headers=HEADERS,
                           verify=ca, timeout=30)
    link = json.loads(answer.text.split("\n")[2])["file"]["url"]
    assert link.startswith(server.origin + "/")
    whole = next(root.glob("*.parquet")).read_bytes()
    assert requests.get(link, verify=ca, timeout=30).content == whole
    part = requests.get(link, verify=ca, timeout=30, headers={"Range": "bytes=-8"})
    assert (part.status_code, part.content) == (206, whole[-8:])


def test_key_under_a_password(serve, tmp_path, certificates):
    extra = tls_yaml(certificates, "locked.key", f'  certificatePasswordFile: "{certificates}/password"\n')
    server = serve({"s": {}}, extra, https=True)
    answer = requests.get(server.url + "/shares", headers=HEADERS, timeout=30,
                          verify=str(certificates / "ca.pem"))
    assert answer.json()["items"][0]["name"] == "s"


def test_self_signed(serve):
    server = serve({"s": {}}, "ssl:\n  selfSigned: true\n", https=True)
    answer = requests.get(server.url + "/shares", headers=HEADERS, timeout=30, verify=False)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(server.url + "/shares", headers=HEADERS, timeout=30)


def test_key_that_does_not_fit(serve, tmp_path, certificates):
    from sluice_server import StartFailed
    with pytest.raises(StartFailed, match="exit code [1-9]"):
        serve({"s": {}}, tls_yaml(certificates, "ca.key"), https=True)


def test_only_sound_tls(serve, certificates):
    """No TLS below 1.2; plain text on the port gets nothing; a broken hello harms nobody."""
    server = serve({"s": {}}, tls_yaml(certificates), https=True)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(peer)
    for first in (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 200):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
            peer.sendall(first)
            peer.settimeout(20)
            try:
                assert b" 200 " not in peer.recv(1000)
            except ConnectionError:
                pass
    assert requests.get(server.origin + "/health", verify=str(certificates / "ca.pem"),
                        timeout=20).status_code == 200
