"""Tables made by the tests: real ones through delta-rs, and large ones whose files do not exist."""
import json
import pathlib

import deltalake
import pyarrow as pa

SCHEMA = json.dumps({"type": "struct", "fields": [
    {"name": "id", "type": "long", "nullable": True, "metadata": {}}]})


def real(root, commits=3, rows=4, **properties) -> pathlib.Path:
    """`commits` appends of `rows` rows, ids counted on."""
    for i in range(commits):
        ids = pa.array(range(i * rows, (i + 1) * rows), pa.int64())
        deltalake.write_deltalake(str(root), pa.table({"id": ids}), mode="append", configuration=properties)
    return pathlib.Path(root)


def head(name="made"):
    return [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {"id": name, "format": {"provider": "parquet", "options": {}},
                          "schemaString": SCHEMA, "partitionColumns": [], "configuration": {}}}]


def wide(root, files: int) -> pathlib.Path:
    """One commit that names `files` files; none of them is there."""
    log = pathlib.Path(root) / "_delta_log"
    log.mkdir(parents=True)
    with open(log / f"{0:020}.json", "w") as out:
        for action in head():
            out.write(json.dumps(action) + "\n")
        for i in range(files):
            stats = json.dumps({"numRecords": 100, "minValues": {"id": i}, "maxValues": {"id": i + 99},
                                "nullCount": {"id": 0}})
            out.write(json.dumps({"add": {
                "path": f"part-{i:06}.parquet", "partitionValues": {}, "size": 1000 + i,
                "modificationTime": 1735689600000, "dataChange": True, "stats": stats}}) + "\n")
    return pathlib.Path(root)


def commit_path(root, version: int) -> pathlib.Path:
    return pathlib.Path(root) / "_delta_log" / f"{version:020}.json"
