"""What a crash of the server leaves on the disk: no token, no key, unless the operator wants it so."""
import pathlib
import resource
import signal

import pytest
import requests

import made_tables
from conftest import BINARY
from sluice_server import Server, yaml_config

# Said in the configuration, kept in memory, and the first also sent by a client.
TOKEN = "token-that-no-core-file-may-hold-51e0"
SECRET = "secret/that+no/core+file+may/hold/93c7"
STORAGE = f"""
storage:
- prefix: "s3://nowhere"
  endpoint: "http://127.0.0.1:1"
  accessKeyId: "AKIAIOCOREDUMP000001"
  secretAccessKey: "{SECRET}"
"""


def core_of_crash(folder, extra) -> bytes:
    """Lets a server that has answered end by SIGABRT; what the core file holds."""
    folder.mkdir()
    shares = {"s": {"x": {"here": str(made_tables.real(folder / "t")), "there": "s3://nowhere/t"}}}
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))
    try:
        server = Server(BINARY, yaml_config(shares, extra=STORAGE + extra), folder, token=TOKEN).start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)
    for table, status in (("here", 200), ("there", 503)):
        url = f"{server.url}/shares/s/schemas/x/tables/{table}/version"
        answer = requests.get(url, headers={"Authorization": "Bearer " + TOKEN}, timeout=60)
        assert answer.status_code == status, answer.text
    server.process.send_signal(signal.SIGABRT)
    server.process.wait(60)
    return b"".join(path.read_bytes() for path in folder.glob("core*") if path.is_file())


def test_no_secret_is_in_a_core_file(tmp_path):
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if not pattern or pattern[0] in "|/":
        pytest.skip(f"core dumps are no plain files here: {pattern}")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("no process may leave a core file here")
    allowed = core_of_crash(tmp_path / "allowed", "coreDumps: true\n")
    assert TOKEN.encode() in allowed and SECRET.encode() in allowed, "the test would see nothing"
    closed = core_of_crash(tmp_path / "closed", "")
    assert closed, "no core file was written"
    assert TOKEN.encode() not in closed and SECRET.encode() not in closed
