"""V2 checkpoints of tables that tests made: what delta-rs does not write. After Delta PROTOCOL.md, "V2 Spec"."""
import json
import pathlib
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

import delta_log
import made_tables

TEXTS = pa.map_(pa.string(), pa.string())
ADD = pa.struct([("path", pa.string()), ("partitionValues", TEXTS), ("size", pa.int64()),
                 ("modificationTime", pa.int64()), ("dataChange", pa.bool_()), ("stats", pa.string())])
TOP = pa.schema([
    ("protocol", pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32()),
                            ("readerFeatures", pa.list_(pa.string())),
                            ("writerFeatures", pa.list_(pa.string()))])),
    ("metaData", pa.struct([("id", pa.string()), ("format", pa.struct([("provider", pa.string()),
                                                                     ("options", TEXTS)])),
                            ("schemaString", pa.string()), ("partitionColumns", pa.list_(pa.string())),
                            ("configuration", TEXTS), ("createdTime", pa.int64())])),
    ("checkpointMetadata", pa.struct([("version", pa.int64()), ("tags", TEXTS)])),
    ("sidecar", pa.struct([("path", pa.string()), ("sizeInBytes", pa.int64()),
                           ("modificationTime", pa.int64()), ("tags", TEXTS)])),
    ("add", ADD)])
KINDS = ("classic", "parquet", "json")


def _rows(actions, schema):
    names = {f.name for f in schema}
    return pa.Table.from_pylist([{k: _as_arrow(v) for k, v in a.items() if k in names} for a in actions], schema)


def _as_arrow(value):
    """Maps as pairs: all dictionaries that no struct of TOP is."""
    return {k: (list(v.items()) if k in ("partitionValues", "configuration", "tags", "options")
                and isinstance(v, dict) else _as_arrow(v) if isinstance(v, dict) else v)
            for k, v in value.items()}


def write(root, version: int, kind: str, sidecars: int = 2) -> pathlib.Path:
    """A checkpoint of `version`; without sidecars it holds the files itself. Its top file."""
    log = pathlib.Path(root) / "_delta_log"
    state = delta_log.state(root, version)
    metadata = {k: state.metadata.get(k) for k in ("id", "schemaString", "partitionColumns",
                                                   "configuration", "createdTime")}
    metadata["format"] = {"provider": "parquet", "options": {}}
    actions = [{"checkpointMetadata": {"version": version}}, {"metaData": metadata},
               {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7,
                             "readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"]}}]
    adds = [{"add": {k: v for k, v in a.items() if k in ADD.names}} for a in state.files.values()]
    if not sidecars:
        actions += adds
    (log / "_sidecars").mkdir(exist_ok=True)
    for i in range(sidecars):
        path = log / "_sidecars" / f"{uuid.uuid4()}.parquet"
        pq.write_table(_rows(adds[i::sidecars], pa.schema([("add", ADD)])), path)
        actions.append({"sidecar": {"path": path.name, "sizeInBytes": path.stat().st_size,
                                    "modificationTime": int(path.stat().st_mtime * 1000)}})
    name = {"classic": "parquet"}.get(kind, f"{uuid.uuid4()}.{kind}")
    top = log / f"{version:020}.checkpoint.{name}"
    if kind == "json":
        top.write_text("".join(json.dumps(a) + "\n" for a in actions))
    else:
        pq.write_table(_rows(actions, TOP), top)
    return top


def clean_up(root, version: int):
    """Removes the commits that a checkpoint of `version` covers, and points at it."""
    for old in range(version + 1):
        made_tables.commit_path(root, old).unlink()
    (pathlib.Path(root) / "_delta_log" / "_last_checkpoint").write_text(json.dumps({"version": version}))
