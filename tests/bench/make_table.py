#!/usr/bin/env python3
"""Makes Delta tables of any size for benchmarks; their data files do not exist. Needs pyarrow and numpy.

A table has --files files at its last version. Its log: a checkpoint at version 10 of the kind
--checkpoint, and --commits JSON commits behind it, which add --adds files each and remove --removes of
the oldest. A million files take some seconds and a few hundred MiB.

examples:
  make_table.py /tmp/t --files 300000                     one classic checkpoint, five commits behind it
  make_table.py /tmp/t --files 300000 --names hashed      a day's files stand anywhere in the order of paths
  make_table.py /tmp/t --files 1000000 --partitions day=365,region=4,bucket:integer=8
  make_table.py /tmp/t --checkpoint v2-json --parts 8     a V2 manifest of JSON, eight sidecars
  make_table.py /tmp/t --checkpoint parts --parts 4 --row-group-size 10000
  make_table.py /tmp/t --checkpoint none --commits 9999   nothing but commits
  make_table.py /tmp/t --commits 1000 --adds 3 --removes 2 --deletion-vectors 0.1
  make_table.py /tmp/t --stats-columns 32 --stats-bytes 2000
  make_table.py /tmp/t --real-bytes 268435456             one real file of random bytes, and nothing else
"""
from __future__ import annotations

import argparse
import json
import os
import pathlib

import made_checkpoint
from made_files import FIRST_TIME, Files, column

CHECKPOINT_VERSION = 10
COMMIT_FILES = 100_000  # of a first commit without a checkpoint: larger ones are for no reader to like


def schema_string(files: Files) -> str:
    fields = [column(k) for k in range(files.stats_columns)]
    fields += [(name, kind) for name, kind, _ in files.partitions]
    return json.dumps({"type": "struct", "fields": [
        {"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in fields]})


def protocol(options) -> dict:
    features = ["deletionVectors"] if options.deletion_vectors else []
    features += ["v2Checkpoint"] if options.checkpoint.startswith("v2") else []
    if not features:
        return {"minReaderVersion": 1, "minWriterVersion": 2}
    return {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}


def metadata(files: Files, options) -> dict:
    configuration = {"delta.enableDeletionVectors": "true"} if options.deletion_vectors else {}
    if options.change_feed:
        configuration["delta.enableChangeDataFeed"] = "true"
    if options.checkpoint.startswith("v2"):
        configuration["delta.checkpointPolicy"] = "v2"
    return {"id": "b2b4f3a0-0000-4000-8000-000000000001", "format": {"provider": "parquet", "options": {}},
            "schemaString": schema_string(files), "partitionColumns": [name for name, _, _ in files.partitions],
            "configuration": configuration, "createdTime": FIRST_TIME}


def write_commit(log: pathlib.Path, version: int, actions: list[dict]):
    at = FIRST_TIME + version * 60_000
    path = log / f".{version:020}.json.tmp"  # a commit is there whole or not at all
    with open(path, "w") as out:
        for action in [{"commitInfo": {"timestamp": at, "operation": "WRITE"}}, *actions]:
            out.write(json.dumps(action, separators=(",", ":")) + "\n")
    os.utime(path, (at / 1000, at / 1000))
    path.rename(log / f"{version:020}.json")


def remove(add: dict) -> dict:
    kept = {k: add[k] for k in ("path", "partitionValues", "size", "deletionVector") if k in add}
    return {**kept, "deletionTimestamp": FIRST_TIME, "dataChange": True, "extendedFileMetadata": True}


def write_commits(log: pathlib.Path, first_version: int, start: int, files: Files, options):
    """The commits behind the checkpoint, which holds the files 0 .. start - 1."""
    for c in range(options.commits):
        add, gone = start + c * options.adds, c * options.removes
        actions = [{"add": a} for a in files.actions(add, add + options.adds)]
        actions += [{"remove": remove(a)} for a in files.actions(gone, gone + options.removes)]
        write_commit(log, first_version + c, actions)


def write_real_file(root: pathlib.Path, head: list[dict], options):
    files = Files(1, stats_columns=options.stats_columns)
    action = files.actions(0, 1)[0]
    target = root / action["path"]
    target.parent.mkdir(parents=True)
    with open(target, "wb") as out:
        for _ in range(max(1, options.real_bytes >> 20)):
            out.write(os.urandom(1 << 20))
    action["size"] = target.stat().st_size
    write_commit(root / "_delta_log", 0, head + [{"add": action}])


def make(folder, options) -> pathlib.Path:
    root = pathlib.Path(folder)
    log = root / "_delta_log"
    log.mkdir(parents=True)
    if not options.real_bytes and options.adds:
        options.commits = min(options.commits, options.files // options.adds)
    gone = options.commits * options.removes
    files = Files(options.files + gone, partitions=options.partitions, names=options.names,
                  stats_columns=options.stats_columns, stats_bytes=options.stats_bytes,
                  deletion_vectors=options.deletion_vectors)
    head = [{"protocol": protocol(options)}, {"metaData": metadata(files, options)}]
    if options.real_bytes:
        write_real_file(root, head, options)
        return root
    start = files.total - options.commits * options.adds
    if gone > start:
        raise SystemExit("make_table: the commits remove more than the checkpoint holds")
    first_version = CHECKPOINT_VERSION + 1
    if options.checkpoint == "none":
        first_version = max(1, -(-start // COMMIT_FILES))
        for v in range(first_version):
            adds = files.actions(v * COMMIT_FILES, min(start, (v + 1) * COMMIT_FILES))
            write_commit(log, v, ([] if v else head) + [{"add": a} for a in adds])
    else:
        write_commit(log, CHECKPOINT_VERSION, [])
        made_checkpoint.write(log, CHECKPOINT_VERSION, files, range(start), head, options)
    write_commits(log, first_version, start, files, options)
    return root


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder")
    p.add_argument("--files", type=int, default=1000, help="live files at the last version (1000)")
    p.add_argument("--partitions", default="day:date=365",
                   help="none, or NAME[:date|string|integer]=COUNT,... (day:date=365)")
    p.add_argument("--names", choices=("clustered", "hashed"), default="clustered",
                   help="paths below their partition's folder, or below random prefixes")
    p.add_argument("--stats-columns", type=int, default=8)
    p.add_argument("--stats-bytes", type=int, default=0, help="about so long; left out: as it comes, 395 for 8 columns")
    p.add_argument("--deletion-vectors", type=float, default=0.0, help="share of the files that have one (0 .. 1)")
    p.add_argument("--checkpoint", choices=("classic", "parts", "v2-parquet", "v2-json", "none"), default="classic")
    p.add_argument("--parts", type=int, default=4, help="parts or sidecars of the checkpoint (4)")
    p.add_argument("--row-group-size", type=int, default=50_000)
    p.add_argument("--commits", type=int, default=5, help="behind the checkpoint (5)")
    p.add_argument("--adds", type=int, default=1, help="files that each of them adds (1)")
    p.add_argument("--removes", type=int, default=0, help="files that each of them removes (0)")
    p.add_argument("--change-feed", action="store_true", help="delta.enableChangeDataFeed is set")
    p.add_argument("--real-bytes", type=int, default=0)
    return p


def made(folder, *words) -> pathlib.Path:
    """make() with the words of the command line."""
    return make(folder, parser().parse_args([str(folder), *map(str, words)]))


if __name__ == "__main__":
    chosen = parser().parse_args()
    print(make(chosen.folder, chosen))
