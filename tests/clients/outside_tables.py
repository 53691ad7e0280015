"""The tables from outside (Spark, kernels, Hive), and what is to become of each of them.

A table in none of the lists below must be read in full, by every reader and in every place. One in a list
must be as the list says, so that nothing is skipped in silence and a feature that arrives takes its names
out of here. docs/conformance.md is made of these lists and of the run (conformance_table.py).
"""
import functools
import json
import os
import pathlib

import deltalake
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

import change_feed
import delta_log

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("SLUICE_SHARED", ROOT.parent / "shared")).resolve()
TABLES = SHARED / "delta-tables"
SPARK = SHARED / "spark-tables"

# Broken or unreadable for good: (status, errorCode, words in the message).
REFUSED = {
    "golden.deltalog-invalid-protocol-version": (400, "UNSUPPORTED_OPERATION", "99"),
    "golden.deltalog-state-reconstruction-from-checkpoint-missing-metadata": (422, "TABLE_CORRUPT", "metaData"),
    "golden.deltalog-state-reconstruction-without-metadata": (422, "TABLE_CORRUPT", "metaData"),
    "golden.deltalog-state-reconstruction-without-protocol": (422, "TABLE_CORRUPT", "protocol"),
    "golden.deltalog-commit-info": (422, "TABLE_CORRUPT", "schema"),  # made for other readers' tests
    "golden.update-deleted-directory": (422, "TABLE_CORRUPT", "schema"),  # likewise
    "golden.no-delta-log-folder": ("4..", "RESOURCE_DOES_NOT_EXIST", ""),
    "golden.versions-not-contiguous": (422, "TABLE_CORRUPT", ""),
    # Its log has no metaData; that its files lie outside of the table is not even looked at.
    "golden.data-reader-absolute-paths-escaped-chars": (422, "TABLE_CORRUPT", "metaData"),
    # Made for the reading of checksums alone: it has no files, its checksum tells of ten.
    "kernel.crc-full": (422, "TABLE_CORRUPT", "checksum"),
    "kernel.table-with-geo": (400, "UNSUPPORTED_OPERATION", "geospatial"),
}

# The data files are not in the collection: what the log says is checked, rows cannot be.
LOG_ONLY = {"golden." + n for n in (
    "checkpoint", "delete-re-add-same-file-different-transactions", "log-replay-special-characters-b")} | {
    "kernel.app-txn-with-last-updated", "kernel.with_checkpoint_no_last_checkpoint"}

# What the official client 1.4.2 itself cannot read in a format, whatever the server.
CLIENT_LIMITS = {
    "kernel.void-column": {"*": "it does not know the type void"},
}

# Change feeds that it cannot read in delta format.
CLIENT_FEED_LIMITS = {
    ("kernel.table-with-cdf", 3, 4): "its kernel wants the same schema at the start and the end of a feed",
}

# Columns whose expected values depend on the zone of the writer's machine, as the collection says.
ZONE_DEPENDENT = {"golden.data-reader-partition-values": {"as_timestamp"}}


def find_tables() -> dict[str, pathlib.Path]:
    """{"golden.name": folder} for every table from outside, broken ones too."""
    found = {}
    for schema in ("golden", "kernel") if TABLES.is_dir() else ():
        for top in sorted((TABLES / schema).iterdir()):
            logs = sorted(p.parent for p in top.rglob("_delta_log") if p.is_dir())
            if not logs:  # a table without a log, to be refused
                found[f"{schema}.{top.name}"] = top / "delta"
            for root in logs:
                words = [w for w in root.relative_to(top).parts if w != "delta"]
                found[f"{schema}." + "-".join([top.name, *words]).replace(".", "_")] = root
    for root in sorted(SPARK.iterdir()) if SPARK.is_dir() else ():
        if (root / "_delta_log").is_dir():
            found[f"spark.{root.name}"] = root
    return found


ALL = find_tables()
READABLE = sorted(set(ALL) - set(REFUSED))
WITH_ROWS = [t for t in READABLE if t not in LOG_ONLY]
CHECKPOINTED = [t for t in WITH_ROWS if delta_log.without_commits(ALL[t])]
UNREAD = dict.fromkeys(LOG_ONLY, "its data files are not in the collection: its log alone is checked")


def client_limit(table, how) -> str | None:
    """Why the official client cannot read the table in a format."""
    limits = CLIENT_LIMITS.get(table, {})
    return limits.get(how) or limits.get("*")


def versions(table) -> list[int]:
    """The versions to read: all that Spark's rows are there for; else the newest, and the three oldest of
    those whose files are there."""
    root = ALL[table]
    every = delta_log.versions(root)
    if table.startswith("spark."):
        return [v for v in every if _spark_rows(table, v).exists() or v == every[-1]]
    old = [v for v in every[:-1][:3] if not delta_log.state(root, v).missing_files(root)]
    return [*old, every[-1]]


def _spark_rows(table, version) -> pathlib.Path:
    name = "expected" if version is None else f"v{version}"
    return SPARK / "_expected" / table.split(".")[1] / f"{name}.parquet"


def expected_rows(table, version=None):
    """From the collection, else as delta-rs reads the table; None when it can't."""
    return judged(table, version)[1]


@functools.lru_cache(maxsize=2)  # a table's tests follow one another, and some are large
def judged(table, version=None):
    """(who says so, the rows a version has); (None, None) when nobody knows."""
    root = ALL[table]
    if version == delta_log.versions(root)[-1]:
        version = None
    if table.startswith("spark.") and _spark_rows(table, version).exists():
        return "Spark", _plain(pq.read_table(_spark_rows(table, version)))
    folder = root.parent / "expected"
    if version is None and root.name == "delta" and folder.is_dir():
        files = sorted(str(p) for p in folder.rglob("*.parquet"))
        rows = pa.dataset.dataset(files, format="parquet").to_table()
        return "the collection", rows.drop_columns(list(ZONE_DEPENDENT.get(table, ())))
    try:
        table_there = deltalake.DeltaTable(str(root), version=version)
        found = deltalake.QueryBuilder().register("t", table_there).execute("SELECT * FROM t").read_all()
        return "delta-rs", _plain(pa.table(found)).drop_columns(list(ZONE_DEPENDENT.get(table, ())))
    except Exception as error:  # whatever delta-rs cannot do is no fault of ours
        print(f"delta-rs cannot read {table}: {error}")
        return None, None


@functools.lru_cache(maxsize=1)
def _feeds() -> dict[tuple, list]:
    """{(table, first version, last version): files of it that are not there}, for all change feeds."""
    found = {}
    for table in READABLE:
        expected = SPARK / "_expected" / table.split(".")[1] / "expected.json"
        wanted = change_feed.ranges(ALL[table])
        if table.startswith("spark.") and wanted:
            last = wanted[-1][1]
            wanted += [(f["start"], last if f["end"] is None else f["end"])
                       for f in json.loads(expected.read_text(encoding="utf-8"))["cdf"]]
        for start, end in sorted(set(wanted)):
            found[table, start, end] = change_feed.missing_files(ALL[table], start, end)
    return found


def feeds() -> list[tuple]:
    """(table, first version, last version) of every change feed that can be read."""
    return [feed for feed, missing in _feeds().items() if not missing]


def feeds_without_files() -> list[tuple]:
    return [feed for feed, missing in _feeds().items() if missing]


def _plain(rows: pa.Table) -> pa.Table:
    return rows.cast(pa.schema([pa.field(f.name, _plain_type(f.type)) for f in rows.schema]))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """Without what is only a matter of how Arrow keeps values: dictionaries and views."""
    t = pa.types
    if t.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if t.is_struct(kind):
        return pa.struct([pa.field(f.name, _plain_type(f.type)) for f in kind])
    if t.is_map(kind):
        return pa.map_(_plain_type(kind.key_type), _plain_type(kind.item_type))
    if t.is_list(kind) or t.is_large_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return pa.string() if t.is_string_view(kind) else pa.binary() if t.is_binary_view(kind) else kind
