"""Reads a Delta log the slow and simple way: what the tests hold the server's answers against.

Handles JSON commits and checkpoints under classic names (one file or parts, with or without sidecars). Written
against Delta PROTOCOL.md "Action Reconciliation", independently of the server's reader.
"""
import dataclasses
import json
import pathlib
import re
import urllib.parse

import pyarrow.parquet as pq

COMMIT = re.compile(r"(\d{20})\.json")
CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet")


@dataclasses.dataclass
class State:
    version: int
    protocol: dict
    metadata: dict
    files: dict  # (path, deletion vector id) -> add action

    @property
    def features(self):
        return set(self.protocol.get("readerFeatures") or [])

    @property
    def schema(self):
        return json.loads(self.metadata.get("schemaString") or '{"fields": []}')["fields"]

    def advanced_features(self):
        """What keeps this version from being answered in parquet format."""
        schema = self.metadata.get("schemaString") or ""
        found = []
        if any(a.get("deletionVector") for a in self.files.values()):
            found.append("deletionVectors")
        if (self.metadata.get("configuration") or {}).get("delta.columnMapping.mode", "none") != "none":
            found.append("columnMapping")
        if "timestamp_ntz" in schema:
            found.append("timestampNtz")
        return found

    @property
    def leaves_the_table(self):
        """A live file that is not below the table's folder."""
        return any(p.startswith(("/", "..")) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", p)
                   for p, _ in self.files)

    def missing_files(self, root):
        """Live files that are not on this disk."""
        return [p for p, _ in self.files if not (pathlib.Path(root) / p).is_file()]


def commits(root) -> list[int]:
    log = pathlib.Path(root) / "_delta_log"
    return sorted(int(m[1]) for f in log.iterdir() if (m := COMMIT.fullmatch(f.name)))


def commit(root, version: int) -> pathlib.Path:
    return pathlib.Path(root) / "_delta_log" / f"{version:020}.json"


def _checkpoints(root) -> dict[int, list[pathlib.Path]]:
    found: dict[tuple, list] = {}
    for f in (pathlib.Path(root) / "_delta_log").iterdir():
        if m := CHECKPOINT.fullmatch(f.name):
            found.setdefault((int(m[1]), int(m[3] or 1)), []).append(f)
    return {v: sorted(files) for (v, parts), files in sorted(found.items()) if len(files) == parts}


def versions(root) -> list[int]:
    """Versions that can be rebuilt."""
    have, points = set(commits(root)), _checkpoints(root)
    result = []
    for v in sorted(have | points.keys()):
        base = max((c for c in points if c <= v), default=-1)
        if all(i in have for i in range(base + 1, v + 1)):
            result.append(v)
    return result


def _path(action):
    """One form for all spellings of a path: decoded, and file:/x is /x."""
    return urllib.parse.unquote(re.sub("^file:/+", "/", action["path"]))


def _key(action):
    dv = action.get("deletionVector")
    if not dv:
        return _path(action), ""
    offset = dv.get("offset")
    return _path(action), dv["storageType"] + dv["pathOrInlineDv"] + (f"@{offset}" if offset is not None
                                                                       else "")


def _plain(value):
    """Arrow's maps come as lists of pairs."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        if value and all(isinstance(i, tuple) for i in value):
            return dict(value)
        return [_plain(i) for i in value]
    return value


def state(root, version: int | None = None) -> State:
    log = pathlib.Path(root) / "_delta_log"
    version = versions(root)[-1] if version is None else version
    points = _checkpoints(root)
    base = max((c for c in points if c <= version), default=-1)
    result = State(version, {}, {}, {})
    for part in points.get(base, []):
        _apply_checkpoint(result, part)
    for v in range(base + 1, version + 1):
        removed_first = [json.loads(line) for line in commit(root, v).read_text(
            encoding="utf-8").split("\n") if line.strip()]
        for action in sorted(removed_first, key=lambda a: "add" in a):
            _apply(result, action)
    return result


def _apply_checkpoint(result: State, path: pathlib.Path):
    table = pq.read_table(path)
    columns = [c for c in ("protocol", "metaData", "add", "sidecar") if c in table.column_names]
    for row in table.select(columns).to_pylist():
        if sidecar := row.pop("sidecar", None):
            _apply_checkpoint(result, path.parent / "_sidecars" / sidecar["path"])
        _apply(result, {k: _from_checkpoint(k, v) for k, v in row.items() if v is not None})


def without_commits(root) -> list[str]:
    """Names in the log of a table that its newest checkpoint makes needless: what is left when they are gone can be
    read through that checkpoint alone. Empty if there is none."""
    names = sorted(p.name for p in (pathlib.Path(root) / "_delta_log").iterdir() if p.name[:20].isdigit())
    newest = max((int(n[:20]) for n in names if ".checkpoint." in n), default=-1)
    return [n for n in names if int(n[:20]) < newest or (int(n[:20]) == newest and ".checkpoint." not in n)]


def _from_checkpoint(kind, value):
    value = _plain(value)
    for field, empty in (("partitionValues", {}), ("configuration", {}), ("partitionColumns", [])):
        if field in value and not value[field]:
            value[field] = empty
    return value


def _apply(result: State, action: dict):
    if "protocol" in action:
        result.protocol = action["protocol"]
    elif "metaData" in action:
        result.metadata = action["metaData"]
    elif "remove" in action:
        result.files.pop(_key(action["remove"]), None)
    elif "add" in action and action["add"].get("path"):
        result.files[_key(action["add"])] = action["add"]
