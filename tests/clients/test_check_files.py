"""`sluice check --files`: a table whose files are as its log says, and each way that they are not."""
import json
import os
import shutil
import struct
import subprocess
import zlib

import pytest

import delta_log
import made_tables
from conftest import BINARY, SHARED
from sluice_server import clean_environment, yaml_config

# A name in a descriptor, and the file that it means: the protocol's own example.
NAME = "ab^-aqEH.-t@S}K{vb[*k^"
VECTORS = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"


@pytest.fixture
def check(lake, tmp_path):
    """check(root, ..., words=["--files"]): the exit code, and what was printed for people and programs."""
    def run(*roots, words=("--files",)):
        lake.settle()
        tables = {f"t{i}": root for i, root in enumerate(roots)}
        config = tmp_path / "sluice.yaml"
        config.write_text(yaml_config(lake.located({"s": {"d": tables}}), token="t",
                                      extra=lake.yaml()).replace("{port}", "8080"))
        runs = [subprocess.run([BINARY, "check", "--config", config, *words, *more], text=True, timeout=60,
                               capture_output=True, env=clean_environment(tmp_path)) for more in ([], ["--json"])]
        assert runs[0].returncode == runs[1].returncode, [r.stderr for r in runs]
        return runs[0].returncode, runs[0].stdout, json.loads(runs[1].stdout)
    return run


def found(result, code=1, table=0):
    """What was found in the files of a table; every fault is in both outputs."""
    exit_code, text, report = result
    assert exit_code == code and report["good"] == (code == 0), text
    checked = report["tables"][table]["checkedFiles"]
    for fault in checked["firstFaults"]:
        assert f"  {fault['path']}: {fault['fault']}\n" in text
    return checked


def data_files(root):
    return sorted(root.glob("*.parquet"))


def bitmap(rows) -> bytes:
    """Rows below 2^16 as a RoaringBitmapArray of one array."""
    return (struct.pack("<IQIII", 1681511377, 1, 0, 12346, 1) + struct.pack("<HHI", 0, len(rows) - 1, 16) +
            b"".join(struct.pack("<H", row) for row in rows))


def with_vectors(root, *vectors, records=10):
    """A table of files with `records` rows, each of which lost the rows of one vector."""
    root.mkdir(parents=True)
    features = ["deletionVectors"]
    actions = [{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
                             "writerFeatures": features}}, made_tables.head()[1]]
    bytes_ = b"\x01"
    for i, rows in enumerate(vectors):
        vector = bitmap(rows)
        (root / f"part-{i}.parquet").write_bytes(b"x" * 50)
        actions.append({"add": {
            "path": f"part-{i}.parquet", "partitionValues": {}, "size": 50, "modificationTime": 1,
            "dataChange": True, "stats": json.dumps({"numRecords": records}),
            "deletionVector": {"storageType": "u", "pathOrInlineDv": NAME, "offset": len(bytes_),
                               "sizeInBytes": len(vector), "cardinality": len(rows)}}})
        bytes_ += struct.pack(">I", len(vector)) + vector + struct.pack(">I", zlib.crc32(vector))
    (root / VECTORS).parent.mkdir()
    (root / VECTORS).write_bytes(bytes_)
    write_log(root, actions)
    return root


def write_log(root, actions):
    (root / "_delta_log").mkdir(exist_ok=True)
    made_tables.commit_path(root, 0).write_text("".join(json.dumps(a) + "\n" for a in actions))


def change_descriptor(root, number, **fields):
    log = made_tables.commit_path(root, 0)
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    actions[2 + number]["add"]["deletionVector"].update(fields)
    write_log(root, actions)


def test_good_tables(check, lake):
    plain = made_tables.real(lake / "plain")
    vectors = with_vectors(lake / "vectors", [0, 5, 9], [3], [1, 2])
    result = check(plain, vectors)
    assert found(result, 0, 0) == {"dataFiles": 3, "deletionVectors": 0, "deletionVectorFiles": 0,
                                   "deletedRows": 0, "faults": 0, "firstFaults": []}
    assert found(result, 0, 1) == {"dataFiles": 3, "deletionVectors": 3, "deletionVectorFiles": 1,
                                   "deletedRows": 6, "faults": 0, "firstFaults": []}
    assert "6 data files, 3 deletion vectors of 6 deleted rows" in result[1]


def test_a_missing_and_a_truncated_file(check, lake):
    root = made_tables.real(lake / "t")
    gone, cut, _ = data_files(root)
    size = cut.stat().st_size
    gone.unlink()
    os.truncate(cut, size - 1)
    assert check(root, words=())[0] == 0, "without --files nobody asks for them"
    checked = found(check(root))
    assert checked["faults"] == 2 and checked["dataFiles"] == 3
    assert {(f["path"], f["fault"]) for f in checked["firstFaults"]} == {
        (gone.name, "is missing"), (cut.name, f"has {size - 1} bytes; the log says {size}")}


def test_only_the_first_faults_are_named(check, lake):
    root = made_tables.wide(lake / "wide", 143)
    result = check(root)
    checked = found(result)
    assert checked["faults"] == 143 and len(checked["firstFaults"]) == 20
    assert [f["path"] for f in checked["firstFaults"]] == [f"part-{i:06}.parquet" for i in range(20)]
    assert "  and 123 more\n" in result[1]


def only_fault(checked, number):
    assert checked["faults"] == 1, checked
    (fault,) = checked["firstFaults"]
    assert fault["path"] == f"part-{number}.parquet" and VECTORS in fault["fault"]
    return fault["fault"]


def test_a_flipped_bit(check, lake):
    root = with_vectors(lake / "t", [0, 5, 9], [3, 4])
    file = root / VECTORS
    bytes_ = bytearray(file.read_bytes())
    bytes_[-6] ^= 4  # in the last row of the second vector
    file.write_bytes(bytes_)
    checked = found(check(root))
    assert "its checksum does not match" in only_fault(checked, 1) and checked["deletedRows"] == 3


def test_a_truncated_and_a_missing_file_of_vectors(check, lake):
    root = with_vectors(lake / "t", [0, 5, 9], [3, 4])
    file = root / VECTORS
    file.write_bytes(file.read_bytes()[:-1])
    assert "its file is too short" in only_fault(found(check(root)), 1)
    file.unlink()
    checked = found(check(root))
    assert [f["fault"] for f in checked["firstFaults"]] == [
        f"{VECTORS}: the file of its deletion vector is missing"] * 2


@pytest.mark.parametrize("cardinality", [0, 2, 4, 11])
def test_a_wrong_cardinality(check, lake, cardinality):
    root = with_vectors(lake / "t", [0, 5, 9], [3])
    change_descriptor(root, 0, cardinality=cardinality)
    assert "another number of rows than the log says" in only_fault(found(check(root)), 0)


def test_more_rows_than_the_file_has(check, lake):
    root = with_vectors(lake / "t", [0, 5, 9], [3], records=9)
    assert "names rows that the file does not have" in only_fault(found(check(root)), 0)


@pytest.mark.skipif(not (SHARED / "spark-tables").is_dir(), reason=f"no tables from outside at {SHARED}")
def test_a_table_of_spark(check, lake):
    root = shutil.copytree(SHARED / "spark-tables" / "dv", lake / "dv")
    vectors = [v for add in delta_log.state(root).files.values() if (v := add.get("deletionVector"))]
    checked = found(check(root), 0)
    assert checked["deletionVectors"] == len(vectors) > 0
    assert checked["deletedRows"] == sum(v["cardinality"] for v in vectors) > 0
    for file in root.glob("*.bin"):
        bytes_ = bytearray(file.read_bytes())
        for i in range(1, len(bytes_)):
            bytes_[i] ^= 0x10
        file.write_bytes(bytes_)
    checked = found(check(root))
    assert checked["faults"] == 1 and "different sizes" in checked["firstFaults"][0]["fault"]


def test_a_terminal_sees_how_far_it_is(lake, tmp_path, check):
    root = with_vectors(lake / "t", [1], [2])
    assert check(root, root)[0] == 0  # writes the configuration
    master, slave = os.openpty()
    with open(master, "rb", buffering=0) as terminal:
        run = subprocess.run([BINARY, "check", "--config", tmp_path / "sluice.yaml", "--files"], stderr=slave,
                             stdout=subprocess.DEVNULL, timeout=60, env=clean_environment(tmp_path))
        os.close(slave)
        seen = terminal.read(100_000).decode()
    assert run.returncode == 0
    assert "reading 1 of 2: s.d.t0, data files: 2 of 2" in seen and "reading 2 of 2: s.d.t1" in seen
    assert seen.count("data files: 2 of 2") == 1, "a table that is shared twice is looked at once"
    assert "files of deletion vectors: 0 of 1" in seen and seen.endswith("\r\x1b[K")
