"""What goes wrong outside: tables that vanish or break while they are served, clients that leave."""
import os
import resource
import shutil
import socket

import deltalake
import pytest
import requests

import made_tables
from asking import HEADERS, call, file_lines, healthy, ids, shares, until
from conftest import TOKEN


def refused(answer, status, code, lake):
    assert answer.status_code == status, answer.text
    assert answer.json()["errorCode"] == code, answer.text
    lake.assert_hidden(answer.text)
    return answer


def test_directory_gone_and_back(serve, lake):
    root = made_tables.real(lake / "t")
    server = serve(shares(t=root))
    assert ids(server) == list(range(12))
    away = root.rename(lake / "away")
    for operation in ("query", "metadata", "version"):
        answer = call(server, "t", operation)
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.json()["errorCode"] == "RESOURCE_DOES_NOT_EXIST", answer.text
        lake.assert_hidden(answer.text)
    away.rename(root)
    assert ids(server) == list(range(12))


def test_log_emptied(serve, lake):
    root = made_tables.real(lake / "t")
    server = serve(shares(t=root))
    assert call(server, "t").status_code == 200
    shutil.rmtree(root / "_delta_log")
    (root / "_delta_log").mkdir()
    assert 400 <= call(server, "t").status_code < 500


def test_table_replaced(serve, lake):
    """Another table at the same place is read as what it is, though versions and names agree."""
    root = made_tables.real(lake / "t", commits=2)
    server = serve(shares(t=root))
    assert ids(server) == list(range(8))
    shutil.rmtree(root)
    made_tables.real(root, commits=2, rows=7)
    assert ids(server) == list(range(14))


def test_commit_cut_in_the_middle_then_whole(serve, lake):
    root = made_tables.real(lake / "t")
    server = serve(shares(t=root))
    assert len(file_lines(call(server, "t"))) == 3
    last = made_tables.commit_path(root, 2)
    whole = last.read_bytes()
    last.write_bytes(whole[: len(whole) // 2])
    refused(call(server, "t"), 422, "TABLE_CORRUPT", lake)
    last.write_bytes(whole)
    assert len(file_lines(call(server, "t"))) == 3


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "other parquet"])
def test_corrupt_checkpoint(serve, lake, damage):
    root = made_tables.real(lake / "t")
    deltalake.DeltaTable(str(root)).create_checkpoint()
    for version in (0, 1):  # the checkpoint is the only way to them
        made_tables.commit_path(root, version).unlink()
    checkpoint = root / "_delta_log" / f"{2:020}.checkpoint.parquet"
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes({
        "truncated": whole[:-100], "empty": b"", "garbage": b"PAR1" + bytes(range(256)) * 8 + b"PAR1",
        "other parquet": next(root.glob("*.parquet")).read_bytes()}[damage])
    server = serve(shares(t=root))
    refused(call(server, "t"), 422, "TABLE_CORRUPT", lake)
    healthy(server)
    checkpoint.write_bytes(whole)
    assert ids(server) == list(range(12))


def test_last_checkpoint_is_only_a_hint(serve, lake):
    root = made_tables.real(lake / "t")
    deltalake.DeltaTable(str(root)).create_checkpoint()
    hint = root / "_delta_log" / "_last_checkpoint"
    for text in ("", "{", '{"version": 99, "size": 1}', '{"version": -1}', '{"version": "x"}', "\0" * 50):
        hint.write_text(text)
        server = serve(shares(t=root))
        assert ids(server) == list(range(12)), text
        server.kill()


@pytest.mark.parametrize("where", ["commit", "checkpoint", "log"])
@pytest.mark.local_only("it has no folders")
def test_a_folder_in_place_of_a_file(serve, lake, where):
    """Stands for "cannot be read" also where tests run as root."""
    root = made_tables.real(lake / "t")
    if where == "checkpoint":
        deltalake.DeltaTable(str(root)).create_checkpoint()
        made_tables.commit_path(root, 0).unlink()
        target = root / "_delta_log" / f"{2:020}.checkpoint.parquet"
    else:
        target = made_tables.commit_path(root, 1) if where == "commit" else root / "_delta_log"
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    if where == "log":
        target.write_text("not a folder")
    else:
        target.mkdir()
    server = serve(shares(t=root))
    answer = call(server, "t")
    assert 400 <= answer.status_code < 500, answer.text
    lake.assert_hidden(answer.text)
    healthy(server)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.local_only("it has no file modes; a store that denies is in test_s3.py")
def test_unreadable_commit(serve, lake):
    root = made_tables.real(lake / "t")
    made_tables.commit_path(root, 1).chmod(0)
    server = serve(shares(t=root))
    answer = call(server, "t")
    assert answer.status_code == 422, answer.text


@pytest.mark.local_only("its links lead to the store, not to the server")
def test_data_file_that_is_a_folder_or_gone(serve, lake):
    root = made_tables.real(lake / "t", commits=2)
    server = serve(shares(t=root))
    links = [f["url"] for f in file_lines(call(server, "t"))]
    paths = sorted(root.glob("*.parquet"))
    paths[0].unlink()
    paths[0].mkdir()
    paths[1].unlink()
    for link in links:
        answer = requests.get(link, timeout=10)
        assert 400 <= answer.status_code < 500, answer.text
        lake.assert_hidden(answer.text)
    healthy(server)


def open_query(server, table, body=b"{}"):
    server.settle()
    peer = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    peer.sendall(f"POST /delta-sharing/shares/s/schemas/d/tables/{table}/query HTTP/1.1\r\nHost: x\r\n"
                 f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return peer


def test_client_gone_in_mid_stream(serve, lake):
    server = serve(shares(wide=made_tables.wide(lake / "wide", 50_000)))
    assert call(server, "wide", "version").status_code == 200
    before = server.open_fds()
    for i in range(100):
        peer = open_query(server, "wide")
        assert peer.recv(1000).startswith(b"HTTP/1.1 200")
        if i % 2:  # some leave with a reset
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()
    assert until(lambda: server.open_fds() <= before + 4), f"{server.open_fds()} files open, {before} before"
    healthy(server)
    assert len(file_lines(call(server, "wide"))) == 50_000


@pytest.mark.local_only("its links lead to the store, not to the server")
def test_client_gone_in_mid_file(serve, lake):
    import pyarrow as pa
    root = lake / "big"
    noise = pa.table({"b": pa.array([os.urandom(1 << 20) for _ in range(40)])})
    deltalake.write_deltalake(str(root), noise)
    server = serve(shares(big=root))
    link = file_lines(call(server, "big"))[0]["url"]
    before = server.open_fds()
    for _ in range(20):
        with requests.get(link, stream=True, timeout=30) as answer:
            assert answer.raw.read(1000)
    assert until(lambda: server.open_fds() <= before + 2), f"{server.open_fds()} files open, {before} before"
    healthy(server)


def test_memory_does_not_grow_with_slow_readers(serve, lake):
    server = serve(shares(wide=made_tables.wide(lake / "wide", 50_000)))
    assert call(server, "wide").status_code == 200
    before = server.memory_kib()
    peers = [open_query(server, "wide") for _ in range(100)]
    for peer in peers:
        assert peer.recv(100).startswith(b"HTTP/1.1 200")
    assert until(lambda: requests.get(server.origin + "/health", timeout=10).status_code == 200)
    grown = server.memory_kib() - before
    print(f"100 readers that stopped: {grown} KiB more")
    assert grown < 100 * 1024  # 1 MiB each; one whole answer is above 20 MB
    for peer in peers:
        peer.close()
    healthy(server)


def test_ten_thousand_idle_connections(serve, tmp_path):
    count = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 200:
        pytest.skip(f"at most {hard} open files on this machine")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
    try:
        server = serve(shares(t=made_tables.real(tmp_path / "t")))
        before = server.memory_kib()
        peers = []
        for i in range(count):
            peers.append(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            if i % 2:  # half of them have begun a request
                peers[-1].sendall(b"GET /health HTTP/1.1\r\nHo")
        assert until(lambda: server.open_fds() >= count), server.open_fds()
        healthy(server)
        assert len(file_lines(call(server, "t"))) == 3
        print(f"{count} idle connections: {(server.memory_kib() - before) // 1024} MiB more, "
              f"{(server.memory_kib() - before) * 1024 // count} bytes each")
        for peer in peers:
            peer.close()
        assert until(lambda: server.open_fds() < 200), server.open_fds()
        healthy(server)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def unchunked(answer: bytes) -> bytes:
    """The body of a chunked answer."""
    at, parts = answer.index(b"\r\n\r\n") + 4, []
    while at < len(answer):
        end = answer.index(b"\r\n", at)
        if (length := int(answer[at:end], 16)) == 0:
            break
        parts.append(answer[end + 2:end + 2 + length])
        at = end + 2 + length + 2
    return b"".join(parts)


def test_sigterm_while_a_slow_client_reads(serve, lake):
    server = serve(shares(wide=made_tables.wide(lake / "wide", 100_000)))
    assert call(server, "wide", "version").status_code == 200
    peer = open_query(server, "wide")
    received = [peer.recv(1000)]
    assert received[0].startswith(b"HTTP/1.1 200")
    server.process.terminate()
    assert until(lambda: not can_connect(server.port)), "it still accepts"
    assert server.alive(), "it did not wait for the answer"
    while chunk := peer.recv(1 << 20):
        received.append(chunk)
    text = b"".join(received)
    assert text.endswith(b"0\r\n\r\n"), "the answer was cut"
    assert unchunked(text).count(b'{"file"') == 100_000
    assert server.process.wait(20) == 0, server.stderr()[-2000:]


def test_sigterm_while_a_client_does_not_read(serve, tmp_path):
    server = serve(shares(wide=made_tables.wide(tmp_path / "wide", 100_000)))
    peer = open_query(server, "wide")
    assert peer.recv(1000).startswith(b"HTTP/1.1 200")
    server.process.terminate()
    assert server.process.wait(45) == 0, server.stderr()[-2000:]
    peer.close()


def test_sigterm_with_idle_connections_is_quick(serve, tmp_path):
    server = serve(shares(t=made_tables.real(tmp_path / "t")))
    peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    healthy(server)
    server.process.terminate()
    assert server.process.wait(10) == 0, server.stderr()[-2000:]
    for peer in peers:
        peer.close()


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


def test_killed_and_started_again(serve, lake):
    root = made_tables.real(lake / "t")
    server = serve(shares(t=root))
    listed = requests.get(server.url + "/shares/s/all-tables", headers=HEADERS, timeout=10).json()
    assert ids(server) == list(range(12))
    server.kill()
    server.start()  # the same port, at once
    assert requests.get(server.url + "/shares/s/all-tables", headers=HEADERS, timeout=10).json() == listed
    assert ids(server) == list(range(12))
    assert server.stop() == 0


def test_port_in_use(serve, tmp_path):
    server = serve({"s": {}})
    from conftest import BINARY, Server
    from sluice_server import StartFailed
    folder = tmp_path / "second"
    folder.mkdir()
    second = Server(BINARY, server.config_template, folder)
    second.port = server.port
    second.spawn()
    assert second.process.wait(20) not in (0, None)
    assert str(server.port) in second.stderr()
    healthy(server)
    assert StartFailed
