#!/usr/bin/env python3
"""Makes Delta tables for benchmarks; their data files do not exist unless asked for. Needs pyarrow.

    make_table.py FOLDER --files 300000 [--partitions 365] [--stats-columns 8] [--commits 5]
                  [--checkpoint classic|parts|none] [--real-bytes N]

The log: a checkpoint at version 10 and `--commits` JSON commits of one file each behind it (or all
files in JSON commits with --checkpoint none). Partitioned by date over `--partitions` days; statistics
(numRecords, minValues, maxValues, nullCount) for 8 columns are about 400 bytes of JSON a file.
With --real-bytes one real file of that size, of random bytes, is the table's only file.
"""
import argparse
import datetime
import json
import os
import pathlib

COLUMNS = [("id", "long"), ("amount", "double"), ("quantity", "integer"), ("price", "double"),
           ("customer", "string"), ("city", "string"), ("created", "timestamp"), ("flag", "integer")]
FIRST_DAY = datetime.date(2024, 1, 1)
FIRST_TIME = 1704067200000


def schema_string(stats_columns: int) -> str:
    names = (COLUMNS * (stats_columns // len(COLUMNS) + 1))[:stats_columns]
    fields = [(f"{n}{i // 8 or ''}", t) for i, (n, t) in enumerate(names)] + [("day", "date")]
    return json.dumps({"type": "struct", "fields": [
        {"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in fields]})


def stats(i: int, columns: int) -> str:
    low, high, nulls = {}, {}, {}
    for k in range(columns):
        name, kind = COLUMNS[k % 8]
        name = f"{name}{k // 8 or ''}"
        nulls[name] = i % 7
        if kind == "string":
            low[name], high[name] = f"a{i % 1000:04}", f"z{i % 1000:04}"
        elif kind == "timestamp":
            low[name], high[name] = "2024-01-01T00:00:00.000Z", "2024-12-31T23:59:59.000Z"
        elif kind == "double":
            low[name], high[name] = i * 0.5, i * 0.5 + 999.5
        else:
            low[name], high[name] = i * 1000, i * 1000 + 999
    return json.dumps({"numRecords": 1000, "minValues": low, "maxValues": high, "nullCount": nulls},
                      separators=(",", ":"))


def day(i: int, partitions: int) -> str:
    return (FIRST_DAY + datetime.timedelta(days=i % partitions)).isoformat()


def add(i: int, options) -> dict:
    on = day(i, options.partitions)
    return {"path": f"day={on}/part-{i:08}-4d1f7c52-9f0e-4c5e-8a43-3b5f2c1d{i % 10000:04}.c000.snappy.parquet",
            "partitionValues": {"day": on}, "size": 1_000_000 + i, "modificationTime": FIRST_TIME + i,
            "dataChange": True, "stats": stats(i, options.stats_columns)}


def metadata(options) -> dict:
    return {"id": "b2b4f3a0-0000-4000-8000-000000000001", "format": {"provider": "parquet", "options": {}},
            "schemaString": schema_string(options.stats_columns), "partitionColumns": ["day"],
            "configuration": {}, "createdTime": FIRST_TIME}


PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 2}


def write_checkpoint(log: pathlib.Path, version: int, count: int, options):
    import pyarrow as pa
    import pyarrow.parquet as pq
    text = pa.map_(pa.string(), pa.string())
    adds = [add(i, options) for i in range(count)]
    lead = 2  # rows of protocol and metadata
    none = [None] * lead
    columns = {
        "path": pa.array(none + [a["path"] for a in adds], pa.string()),
        "partitionValues": pa.array(none + [[("day", a["partitionValues"]["day"])] for a in adds], text),
        "size": pa.array(none + [a["size"] for a in adds], pa.int64()),
        "modificationTime": pa.array(none + [a["modificationTime"] for a in adds], pa.int64()),
        "dataChange": pa.array(none + [True] * count, pa.bool_()),
        "stats": pa.array(none + [a["stats"] for a in adds], pa.string()),
    }
    is_head = pa.array([True] * lead + [False] * count)
    add_column = pa.StructArray.from_arrays(list(columns.values()), names=list(columns), mask=is_head)
    head = pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])
    meta = pa.struct([("id", pa.string()),
                      ("format", pa.struct([("provider", pa.string()), ("options", text)])),
                      ("schemaString", pa.string()), ("partitionColumns", pa.list_(pa.string())),
                      ("configuration", text), ("createdTime", pa.int64())])
    described = metadata(options)
    described["format"] = {"provider": "parquet", "options": []}
    described["configuration"] = []
    remove = pa.struct([("path", pa.string()), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_())])
    rest = [None] * count
    table = pa.table({
        "protocol": pa.array([PROTOCOL, None] + rest, head),
        "metaData": pa.array([None, described] + rest, meta),
        "add": add_column,
        "remove": pa.array([None] * (count + lead), remove)})
    parts = 4 if options.checkpoint == "parts" else 1
    step = -(-table.num_rows // parts)
    for p in range(parts):
        name = f"{version:020}.checkpoint.parquet" if parts == 1 else (
            f"{version:020}.checkpoint.{p + 1:010}.{parts:010}.parquet")
        pq.write_table(table.slice(p * step, step), log / name, compression="snappy",
                       row_group_size=50_000)
    hint = {"version": version, "size": table.num_rows, **({"parts": parts} if parts > 1 else {})}
    (log / "_last_checkpoint").write_text(json.dumps(hint) + "\n")


def write_commit(log: pathlib.Path, version: int, actions: list[dict]):
    at = FIRST_TIME + version * 60_000
    with open(log / f"{version:020}.json", "w") as out:
        for action in [{"commitInfo": {"timestamp": at, "operation": "WRITE"}}, *actions]:
            out.write(json.dumps(action, separators=(",", ":")) + "\n")
    os.utime(log / f"{version:020}.json", (at / 1000, at / 1000))


def make(folder, options) -> pathlib.Path:
    root = pathlib.Path(folder)
    log = root / "_delta_log"
    log.mkdir(parents=True)
    head = [{"protocol": PROTOCOL}, {"metaData": metadata(options)}]
    if options.real_bytes:
        action = add(0, options)
        target = root / action["path"]
        target.parent.mkdir(parents=True)
        with open(target, "wb") as out:
            for _ in range(options.real_bytes >> 20):
                out.write(os.urandom(1 << 20))
        action["size"] = target.stat().st_size
        write_commit(log, 0, head + [{"add": action}])
        return root
    behind = min(options.commits, options.files)
    count = options.files - behind
    first = 11
    if options.checkpoint == "none":
        write_commit(log, 0, head + [{"add": add(i, options)} for i in range(count)])
        first = 1
    else:
        write_commit(log, 10, [])
        write_checkpoint(log, 10, count, options)
    for i in range(behind):
        write_commit(log, first + i, [{"add": add(count + i, options)}])
    return root


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("folder")
    p.add_argument("--files", type=int, default=1000)
    p.add_argument("--partitions", type=int, default=365)
    p.add_argument("--stats-columns", type=int, default=8)
    p.add_argument("--commits", type=int, default=5)
    p.add_argument("--checkpoint", choices=("classic", "parts", "none"), default="classic")
    p.add_argument("--real-bytes", type=int, default=0)
    return p


if __name__ == "__main__":
    chosen = parser().parse_args()
    print(make(chosen.folder, chosen))
