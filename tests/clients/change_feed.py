"""Change feeds, read by DuckDB: from the lines of an answer to /changes in delta format, and from the log itself,
which is what such an answer is held against where nobody else knows the rows.

Delta PROTOCOL.md, "Reader Requirements for AddCDCFile": where a version has cdc files, they are its changes;
else the rows of added files are inserts and those of removed files deletes. A file that is removed and
added in one version got another deletion vector: the rows that only one of the two deletes have changed.
"""
import collections
import dataclasses
import json
import pathlib
import urllib.parse
import uuid

import numpy as np
import pyarrow as pa

import delta_log
import deletion_vectors
from duckdb_reader import Table, quoted, read_files

# The time of a commit is left out: test_accept.py looks at it.
KINDS = {"_change_type": "VARCHAR", "_commit_version": "BIGINT"}
FROM_DICT = {name: "p." + quoted("/" + name) for name in KINDS}
FROM_FILE = {**FROM_DICT, "_change_type": 'f."_change_type"'}


@dataclasses.dataclass
class Change:
    version: int
    kind: str  # add, remove or cdc
    file: str  # what names the same file in an add and a remove
    action: dict  # whose path can be read


def ranges(root) -> list[tuple[int, int]]:
    """The longest runs of versions whose changes are recorded: in each of them the property is set."""
    found = []
    for version in delta_log.commits(root):
        configuration = delta_log.state(root, version).metadata.get("configuration") or {}
        if configuration.get("delta.enableChangeDataFeed") == "true":
            if found and found[-1][1] == version - 1:
                found[-1][1] = version
            else:
                found.append([version, version])
    return [tuple(r) for r in found]


def of_lines(con, lines: list[dict]) -> pa.Table:
    """The rows of an answer of the server, as the newest of its metadata have the columns: with
    includeHistoricalMetadata the first are those of the first version, and later ones stand among the files."""
    metadata = max((line["metaData"] for line in lines if "metaData" in line), key=lambda m: m.get("version", -1))
    table = Table(lines[0]["protocol"]["deltaProtocol"], metadata["deltaMetadata"])
    changes = []
    for line in lines[2:]:
        if file := line.get("file"):
            ((kind, action),) = file["deltaSingleAction"].items()
            changes.append(Change(file["version"], kind, file["id"], action))
    return _rows(con, table, changes, deletion_vectors.fetch)


def of_log(con, root, start: int, end: int) -> pa.Table:
    """The rows as the log and the files say."""
    state = delta_log.state(root, end)
    changes = list(changes_of_log(root, start, end))
    return _rows(con, Table(state.protocol, state.metadata), changes, lambda path: pathlib.Path(path).read_bytes())


def of_delta_rs(root, start: int, end: int) -> pa.Table | None:
    """The rows as delta-rs reads them; None where it cannot."""
    import deltalake
    try:
        reader = deltalake.DeltaTable(str(root)).load_cdf(starting_version=start, ending_version=end)
        return pa.table(reader.read_all()).drop_columns(["_commit_timestamp"])
    except Exception as error:  # whatever it cannot do is no fault of ours
        print(f"delta-rs cannot read the changes of {root}: {error}")
        return None


def missing_files(root, start: int, end: int) -> list[str]:
    """Files with changes that are not on this disk."""
    paths = [c.action["path"] for c in changes_of_log(root, start, end)]
    return [p for p in paths if not pathlib.Path(p).is_file()]


def changes_of_log(root, start: int, end: int):
    for version in range(start, end + 1):
        path = delta_log.commit(root, version)
        actions = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
        kinds = ("cdc",) if any("cdc" in a for a in actions) else ("add", "remove")
        for action in actions:
            for kind in kinds:
                if kind in action and (kind == "cdc" or action[kind].get("dataChange")):
                    yield Change(version, kind, action[kind]["path"], _on_disk(root, action[kind]))


def _on_disk(root, action: dict) -> dict:
    found = {**action, "path": str(pathlib.Path(root) / urllib.parse.unquote(action["path"]))}
    vector = action.get("deletionVector")
    if vector and vector["storageType"] == "u":
        prefix, name = vector["pathOrInlineDv"][:-20], vector["pathOrInlineDv"][-20:]
        name = uuid.UUID(bytes=deletion_vectors.unz85(name))
        found["deletionVector"] = {**vector, "storageType": "p", "pathOrInlineDv": str(
            pathlib.Path(root) / prefix / f"deletion_vector_{name}.bin")}
    return found


def _rows(con, table, changes, fetch) -> pa.Table:
    pairs = collections.defaultdict(dict)
    for change in changes:
        if change.kind != "cdc":
            pairs[change.version, change.file][change.kind] = change.action
    changed = [f for (version, _), pair in pairs.items() for f in _of_pair(version, pair, fetch)]
    recorded = [{**c.action, "_change_type": "", "_commit_version": c.version} for c in changes if c.kind == "cdc"]
    parts = [read_files(con, table, files, extra)
             for files, extra in ((changed, FROM_DICT), (recorded, FROM_FILE)) if files]
    return pa.concat_tables(parts) if parts else table.no_rows(con, KINDS)


def _of_pair(version: int, pair: dict, fetch) -> list[dict]:
    """What an add and a remove of one file in one version change, or one of them alone."""
    gone = {kind: deletion_vectors.rows(action["deletionVector"], fetch) if action.get("deletionVector")
            else np.empty(0, np.int64) for kind, action in pair.items()}
    found = []
    for kind, other, what in (("add", "remove", "insert"), ("remove", "add", "delete")):
        if kind not in pair:
            continue
        file = {**pair[kind], "partitionValues": pair[kind].get("partitionValues") or {},
                "_change_type": what, "_commit_version": version}
        found.append({**file, "deleted": gone[kind]} if other not in pair else
                     {**file, "only": np.setdiff1d(gone[other], gone[kind])})
    return found
