"""Writes Delta logs by hand, action by action, as Delta PROTOCOL.md says: also what no writer at hand writes,
and much faster. The files are only named; every size and every vector's cardinality is another, so that
answers can be told apart by them.
"""
from __future__ import annotations

import json
import pathlib
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

STRINGS = pa.map_(pa.string(), pa.string())
VECTOR = pa.struct([("storageType", pa.string()), ("pathOrInlineDv", pa.string()), ("offset", pa.int32()),
                    ("sizeInBytes", pa.int32()), ("cardinality", pa.int64())])
ACTIONS = {
    "protocol": pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32()),
                           ("readerFeatures", pa.list_(pa.string())), ("writerFeatures", pa.list_(pa.string()))]),
    "metaData": pa.struct([("id", pa.string()), ("format", pa.struct([("provider", pa.string()), ("options", STRINGS)])),
                           ("schemaString", pa.string()), ("partitionColumns", pa.list_(pa.string())),
                           ("configuration", STRINGS), ("createdTime", pa.int64())]),
    "add": pa.struct([("path", pa.string()), ("partitionValues", STRINGS), ("size", pa.int64()),
                      ("modificationTime", pa.int64()), ("dataChange", pa.bool_()), ("stats", pa.string()),
                      ("deletionVector", VECTOR)]),
    "remove": pa.struct([("path", pa.string()), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_()),
                         ("deletionVector", VECTOR)]),
    "txn": pa.struct([("appId", pa.string()), ("version", pa.int64())]),
    "domainMetadata": pa.struct([("domain", pa.string()), ("configuration", pa.string()), ("removed", pa.bool_())]),
}
TOP = {"checkpointMetadata": pa.struct([("version", pa.int64())]),
       "sidecar": pa.struct([("path", pa.string()), ("sizeInBytes", pa.int64()), ("modificationTime", pa.int64())])}
MAPS = {"partitionValues", "options", "configuration"}
NOW = 1763737200000


def key(action):
    vector = action.get("deletionVector")
    return action["path"], vector and (vector["pathOrInlineDv"], vector.get("offset"))


def identity(kind, action):
    """Of two actions with the same identity the later one counts."""
    if kind in ("add", "remove"):
        return "file", *key(action)
    return kind, action.get("appId") or action.get("domain")


def _for_arrow(value):
    if isinstance(value, list):
        return [_for_arrow(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: list(v.items()) if k in MAPS and isinstance(v, dict) else _for_arrow(v) for k, v in value.items()}


def _parquet(path, actions, kinds):
    rows = [_for_arrow(action) for action in actions]
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(list(kinds.items()))), path)


class LogWriter:
    """The table at each version is in `history`: {key: add}. A commit is a list of actions."""

    def __init__(self, root, features=("deletionVectors", "v2Checkpoint")):
        self.root = pathlib.Path(root)
        self.log = self.root / "_delta_log"
        self.log.mkdir(parents=True)
        self.version, self.state, self.history, self._count = -1, {}, {}, 0
        self.columns = [("id", "long"), ("p", "string")]
        self.commit([{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": list(features),
                                   "writerFeatures": [*features, "domainMetadata"]}}, self.metadata()])

    @property
    def files(self) -> dict:
        return self.history[self.version]

    def count(self) -> int:
        self._count += 1
        return self._count

    def metadata(self):
        schema = {"type": "struct", "fields": [{"name": n, "type": t, "nullable": True, "metadata": {}}
                                               for n, t in self.columns]}
        return {"metaData": {"id": "model", "format": {"provider": "parquet", "options": {}},
                             "schemaString": json.dumps(schema), "partitionColumns": ["p"], "configuration": {},
                             "createdTime": NOW}}

    def new_file(self, partition):
        n = self.count()
        folder = f"p={partition or '__HIVE_DEFAULT_PARTITION__'}"
        return {"path": f"{folder}/part-{n:05}%20{n % 3}.parquet", "partitionValues": {"p": partition},
                "size": 1000 + n, "modificationTime": NOW + n, "dataChange": True,
                "stats": json.dumps({"numRecords": 100 + n, "minValues": {"id": n}, "maxValues": {"id": n + 99},
                                     "nullCount": {"id": 0}})}

    def new_vector(self):
        n = self.count()
        return {"storageType": "u", "pathOrInlineDv": f"ab{n:020}", "offset": n, "sizeInBytes": 40, "cardinality": n}

    def commit(self, actions):
        """Applies the actions in the order that they are written in; removes come first."""
        self.version += 1
        files = dict(self.history.get(self.version - 1, {}))
        for action in actions:
            for kind, body in action.items():
                if kind == "remove":
                    files.pop(key(body), None)
                elif kind == "add":
                    files[key(body)] = body
                if kind in ACTIONS:
                    self.state[identity(kind, body)] = action
        self.history[self.version] = files
        self._write(self.log / f"{self.version:020}.json", actions)

    def _write(self, path, actions):
        path.write_text("".join(json.dumps(a) + "\n" for a in actions), encoding="utf-8")

    # ---- what stands for many commits ----

    def compact(self, first, last):
        """The commits first..last in one file, each action's last form in it."""
        latest = {}
        for version in range(first, last + 1):
            for line in (self.log / f"{version:020}.json").read_text(encoding="utf-8").splitlines():
                action = json.loads(line)
                for kind in set(action) & set(ACTIONS):
                    latest[identity(kind, action[kind])] = action
        self._write(self.log / f"{first:020}.{last:020}.compacted.json", latest.values())

    def checkpoint(self, form, parts=1):
        """Of the newest version. form: "classic", in `parts` files, or "v2.json" or "v2.parquet", with
        `parts` sidecars; "v2.parquet" without any holds the files itself."""
        files = [a for i, a in self.state.items() if i[0] == "file"]
        others = [a for i, a in self.state.items() if i[0] != "file"]
        name = f"{self.version:020}.checkpoint"
        if form == "classic":
            self._classic(name, others + files, parts)
        else:
            self._v2(name, form, others, files, parts)

    def _classic(self, name, actions, parts):
        for part in range(parts):
            middle = f".{part + 1:010}.{parts:010}" if parts > 1 else ""
            _parquet(self.log / f"{name}{middle}.parquet", actions[part::parts], ACTIONS)
        hint = {"version": self.version, "size": len(actions), **({"parts": parts} if parts > 1 else {})}
        (self.log / "_last_checkpoint").write_text(json.dumps(hint))

    def _v2(self, name, form, others, files, parts):
        top = [{"checkpointMetadata": {"version": self.version}}, *others]
        (self.log / "_sidecars").mkdir(exist_ok=True)
        for part in range(parts):
            path = self.log / "_sidecars" / f"{uuid.uuid4()}.parquet"
            _parquet(path, files[part::parts], {k: ACTIONS[k] for k in ("add", "remove")})
            top.append({"sidecar": {"path": path.name, "sizeInBytes": path.stat().st_size, "modificationTime": NOW}})
        if parts == 0:
            top += files
        path = self.log / f"{name}.{uuid.uuid4()}.{form.removeprefix('v2.')}"
        if path.suffix == ".json":
            self._write(path, top)
        else:
            _parquet(path, top, {**ACTIONS, **TOP})

    def clean_up(self, version):
        """Takes away what is before a version that has a checkpoint."""
        for path in self.log.iterdir():
            if path.name[:20].isdigit() and int(path.name[:20]) < version:
                path.unlink()
