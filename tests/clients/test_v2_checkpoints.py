"""Tables whose commits were cleaned up behind a V2 checkpoint: it alone leads to their files."""
import pytest

import made_tables
import v2_checkpoints
from asking import call, file_lines, healthy, ids, shares
from v2_checkpoints import KINDS


def cleaned_up(root, kind, sidecars):
    """Five commits of four rows, the checkpoint at version 3."""
    made_tables.real(root, commits=5)
    top = v2_checkpoints.write(root, 3, kind, sidecars)
    v2_checkpoints.clean_up(root, 3)
    return top


@pytest.mark.parametrize("sidecars", [0, 1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_files(serve, lake, kind, sidecars):
    cleaned_up(lake / "t", kind, sidecars)
    server = serve(shares(t=lake / "t"))
    assert ids(server) == list(range(20))
    assert ids(server, delta=False) == list(range(20))
    at = file_lines(call(server, "t", body={"version": 3}))
    assert len(at) == 4
    answer = call(server, "t", body={"version": 2})
    assert answer.status_code == 400 and "[3, 4]" in answer.text, answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_sidecar(serve, lake, kind):
    root = lake / "t"
    cleaned_up(root, kind, 2)
    sidecar = next((root / "_delta_log" / "_sidecars").iterdir())
    away = sidecar.rename(root / "away")
    server = serve(shares(t=root))
    answer = call(server, "t")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errorCode"] == "TABLE_CORRUPT", answer.text
    assert "a file of the table's checkpoint is missing" in answer.json()["message"]
    lake.assert_hidden(answer.text)
    assert sidecar.name not in answer.text
    healthy(server)
    away.rename(sidecar)
    assert ids(server) == list(range(20))
    sidecar.write_bytes(sidecar.read_bytes()[:-1])
    server = serve(shares(t=root))
    answer = call(server, "t")
    assert answer.status_code == 422 and "another size" in answer.text, answer.text
    lake.assert_hidden(answer.text)


def test_another_checkpoint_stands_in(serve, lake):
    root = lake / "t"
    cleaned_up(root, "classic", 1)  # read before those that a UUID names
    sidecar = next((root / "_delta_log" / "_sidecars").iterdir())
    v2_checkpoints.write(root, 3, "json", 2)
    sidecar.unlink()
    server = serve(shares(t=root))
    assert ids(server) == list(range(20))
