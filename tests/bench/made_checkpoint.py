"""The checkpoint of a made table, of every kind that the Delta protocol has, one row group at a time."""
from __future__ import annotations

import json
import pathlib
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

from made_files import TEXTS, VECTOR, Files

LIST = pa.list_(pa.string())
ADD = [("path", pa.string()), ("partitionValues", TEXTS), ("size", pa.int64()), ("modificationTime", pa.int64()),
       ("dataChange", pa.bool_()), ("stats", pa.string())]
REMOVE = pa.struct([("path", pa.string()), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_())])
PROTOCOL = pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32()),
                      ("readerFeatures", LIST), ("writerFeatures", LIST)])
METADATA = pa.struct([("id", pa.string()), ("format", pa.struct([("provider", pa.string()), ("options", TEXTS)])),
                      ("schemaString", pa.string()), ("partitionColumns", LIST), ("configuration", TEXTS),
                      ("createdTime", pa.int64())])
MANIFEST = [("checkpointMetadata", pa.struct([("version", pa.int64())])),
            ("sidecar", pa.struct([("path", pa.string()), ("sizeInBytes", pa.int64()), ("modificationTime", pa.int64())]))]


def add_type(files: Files) -> pa.StructType:
    return pa.struct(ADD + ([("deletionVector", VECTOR)] if files.vectors else []))


def top_schema(files: Files, more=()) -> pa.Schema:
    return pa.schema([("protocol", PROTOCOL), ("metaData", METADATA), ("add", add_type(files)),
                      ("remove", REMOVE), *more])


def rows(actions: list[dict], schema: pa.Schema) -> pa.Table:
    def arrow(value):  # maps as pairs
        return {k: list(v.items()) if k in ("options", "configuration") else arrow(v) if isinstance(v, dict) else v
                for k, v in value.items()}
    return pa.Table.from_pylist([arrow(a) for a in actions], schema)


def write_parquet(path: pathlib.Path, schema: pa.Schema, lead: list[dict], files: Files, span: range, options):
    """Rows of `lead`, then an `add` for each file of the span. The file is there when it is whole."""
    growing = path.with_name(f".{path.name}.tmp")
    with pq.ParquetWriter(growing, schema, compression="snappy") as out:
        if lead:
            out.write_table(rows(lead, schema))
        for first in range(span.start, span.stop, options.row_group_size):
            columns = files.columns(first, min(span.stop, first + options.row_group_size))
            add = pa.StructArray.from_arrays(list(columns.values()), fields=list(schema.field("add").type))
            made = [add if f.name == "add" else pa.nulls(len(add), f.type) for f in schema]
            out.write_table(pa.table(made, schema=schema), row_group_size=options.row_group_size)
    growing.rename(path)


def spans(live: range, parts: int) -> list[range]:
    return [live[len(live) * p // parts:len(live) * (p + 1) // parts] for p in range(parts)]


def write_classic(log: pathlib.Path, version: int, files: Files, live: range, head: list[dict], options) -> dict:
    parts = options.parts if options.checkpoint == "parts" else 1
    for p, span in enumerate(spans(live, parts)):
        part = f"{p + 1:010}.{parts:010}." if parts > 1 else ""
        write_parquet(log / f"{version:020}.checkpoint.{part}parquet", top_schema(files), [] if p else head,
                      files, span, options)
    return {"size": len(live) + len(head), **({"parts": parts} if parts > 1 else {})}


def write_v2(log: pathlib.Path, version: int, files: Files, live: range, head: list[dict], options) -> dict:
    (log / "_sidecars").mkdir()
    actions = [{"checkpointMetadata": {"version": version}}, *head]
    for p, span in enumerate(spans(live, options.parts)):
        path = log / "_sidecars" / f"{uuid.UUID(int=p + 1)}.parquet"
        write_parquet(path, pa.schema([("add", add_type(files)), ("remove", REMOVE)]), [], files, span, options)
        facts = path.stat()
        actions.append({"sidecar": {"path": path.name, "sizeInBytes": facts.st_size,
                                    "modificationTime": int(facts.st_mtime * 1000)}})
    kind = options.checkpoint.removeprefix("v2-")
    top = log / f"{version:020}.checkpoint.{uuid.UUID(int=version)}.{kind}"
    if kind == "json":
        top.write_text("".join(json.dumps(a, separators=(",", ":")) + "\n" for a in actions))
    else:
        pq.write_table(rows(actions, top_schema(files, MANIFEST)), top, compression="snappy")
    return {"size": len(actions)}


def write(log: pathlib.Path, version: int, files: Files, live: range, head: list[dict], options):
    """A checkpoint of the files in `live`, and _last_checkpoint that points at it."""
    made = (write_v2 if options.checkpoint.startswith("v2") else write_classic)(log, version, files, live, head, options)
    hint = log / "._last_checkpoint.tmp"
    hint.write_text(json.dumps({"version": version, **made}) + "\n")
    hint.rename(log / "_last_checkpoint")
