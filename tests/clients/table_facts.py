"""What a Delta table holds that a reader must know, found in its log: nothing here is typed by hand for a
table. Broken tables have facts too. Used by conformance_table.py.
"""
import collections
import dataclasses
import json
import pathlib
import re

import pyarrow as pa
import pyarrow.parquet as pq

# In the order in which documents show them.
GROUPS = ("Protocol", "Log", "Actions", "Changes over versions", "Columns", "Partitions", "Data files",
          "Table properties")

KINDS = [(re.compile(p), kind) for p, kind in (
    (r"\d{20}\.json", "commit"), (r"\d{20}\.crc", "checksum"), (r"\d{20}\.\d{20}\.compacted\.json", "compacted"),
    (r"\d{20}\.checkpoint\.parquet", "classic"), (r"\d{20}\.checkpoint\.\d{10}\.\d{10}\.parquet", "part"),
    (r"\d{20}\.checkpoint\.[0-9a-f-]{36}\.json", "V2 JSON"),
    (r"\d{20}\.checkpoint\.[0-9a-f-]{36}\.parquet", "V2 Parquet"), ("_last_checkpoint", "hint"))]
LABELS = {"checksum": "version checksums (`.crc`)", "compacted": "compacted commits",
          "classic": "checkpoint in one file", "part": "checkpoint in parts",
          "V2 JSON": "V2 checkpoint in JSON", "V2 Parquet": "V2 checkpoint in Parquet"}
VECTORS = {"i": "in the log", "u": "in a file beside the data", "p": "in a file named by its full path"}


@dataclasses.dataclass
class Facts:
    columns: str = ""
    protocol: str = ""
    versions: str = ""
    features: set = dataclasses.field(default_factory=set)  # (group, what)

    def add(self, group, what, condition=True):
        if condition:
            self.features.add((group, what))

    def listed(self, *groups) -> list[str]:
        return [what for group in groups for what in sorted(w for g, w in self.features if g == group)]


def of(root) -> Facts:
    facts, log = Facts(), pathlib.Path(root) / "_delta_log"
    if not log.is_dir():
        facts.add("Log", "no log at all")
        return facts
    files = collections.defaultdict(list)
    for path in sorted(log.iterdir()):
        kind = next((kind for pattern, kind in KINDS if pattern.fullmatch(path.name)), None)
        files[kind].append(path)
    _log(facts, files)
    commits = [_read_json(facts, path) for path in files["commit"]]
    for kind in ("classic", "part", "V2 JSON", "V2 Parquet"):
        for path in files[kind]:
            _actions(facts, _checkpoint(facts, path, kind))
    for actions in commits:
        _actions(facts, actions)
    _changes(facts, commits)
    _newest(facts, root, files, commits)
    return facts


def _log(facts, files):
    for kind, label in LABELS.items():
        facts.add("Log", label, files[kind])
    points = files["classic"] + files["part"] + files["V2 JSON"] + files["V2 Parquet"]
    facts.add("Log", "checkpoint without `_last_checkpoint`", points and not files["hint"])
    for hint in files["hint"]:
        try:
            json.loads(hint.read_text(encoding="utf-8"))
        except ValueError:
            facts.add("Log", "`_last_checkpoint` that is no JSON")
    numbers = [int(path.name[:20]) for path in files["commit"]]
    have = sorted({*numbers, *(int(path.name[:20]) for path in points)})
    facts.add("Log", "gap in the versions", numbers and have != list(range(have[0], have[-1] + 1)))
    facts.add("Log", "commits before a checkpoint are gone", not numbers or numbers[0] > 0)
    if have:
        facts.versions = f"{have[0]}–{have[-1]}" if len(have) > 1 else str(have[0])


def _read_json(facts, path) -> list[dict]:
    found = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            found += [json.loads(line)] if line.strip() else []
        except ValueError:
            facts.add("Log", "commit that is no JSON")
    return found


def _checkpoint(facts, path, kind) -> list[dict]:
    if path.suffix == ".json":
        actions = _read_json(facts, path)
    else:
        try:
            table = pq.read_table(path)
        except pa.ArrowInvalid:
            facts.add("Log", "checkpoint that is no Parquet")
            return []
        names = [n for n in table.column_names if not isinstance(table.schema.field(n).type, str)]
        adds = table.schema.field("add").type if "add" in names else []
        fields = [f.name for f in adds]
        facts.add("Log", "statistics as columns of a checkpoint", "stats_parsed" in fields)
        facts.add("Log", "statistics only as columns of a checkpoint",
                  "stats_parsed" in fields and "stats" not in fields)
        facts.add("Log", "partition values as columns of a checkpoint", "partitionValues_parsed" in fields)
        actions = [{k: _unpaired(v) for k, v in row.items() if v is not None} for row in table.to_pylist()]
    facts.add("Log", "V2 checkpoint under a classic name",
              kind == "classic" and any("checkpointMetadata" in a for a in actions))
    facts.add("Log", "checkpoint with sidecars", any("sidecar" in a for a in actions))
    return actions


def _unpaired(value):
    """Arrow's maps come as lists of pairs."""
    if isinstance(value, dict):
        return {k: _unpaired(v) for k, v in value.items() if v is not None}
    if isinstance(value, list) and value and all(isinstance(i, tuple) for i in value):
        return dict(value)
    return value


def _actions(facts, actions):
    for action in actions:
        for kind, body in action.items():
            if kind not in ("add", "remove", "protocol", "metaData", "commitInfo"):
                facts.add("Actions", f"`{kind}`")
            if kind == "add" and body.get("path"):
                _file(facts, body)
            if kind == "protocol":
                _protocol(facts, body)
            if kind == "metaData":
                _metadata(facts, body)
            facts.add("Actions", "`commitInfo.inCommitTimestamp`", "inCommitTimestamp" in (body or {}))


def _file(facts, add):
    facts.add("Data files", "without statistics", not (add.get("stats") or add.get("stats_parsed")))
    facts.add("Data files", "with row ids (`baseRowId`)", add.get("baseRowId") is not None)
    facts.add("Data files", "path with escaped characters", "%" in add["path"])
    facts.add("Data files", "path outside of the table", re.match(r"/|\.\.|[A-Za-z][\w+.-]*:", add["path"]))
    values = (add.get("partitionValues") or {}).values()
    facts.add("Partitions", "null partition value", any(v in (None, "") for v in values))
    if vector := add.get("deletionVector"):
        kind, prefixed = vector["storageType"], len(vector["pathOrInlineDv"]) > 20
        facts.add("Data files", "deletion vector " + VECTORS.get(kind, f"of type {kind}"))
        facts.add("Data files", "deletion vector below a random prefix", kind == "u" and prefixed)


def _protocol(facts, protocol):
    facts.add("Protocol", f"reader version {protocol.get('minReaderVersion')}")
    facts.add("Protocol", f"writer version {protocol.get('minWriterVersion')}")
    readers = protocol.get("readerFeatures") or []
    for name in readers:
        facts.add("Protocol", f"reader feature `{name}`")
    for name in set(protocol.get("writerFeatures") or []) - set(readers):
        facts.add("Protocol", f"writer feature `{name}`")


def _metadata(facts, metadata):
    configuration = metadata.get("configuration") or {}
    for name, value in configuration.items():
        told = re.fullmatch("[a-z][a-z0-9]{0,9}", value or "")  # a choice, not a number or an id
        facts.add("Table properties", f"`{name}`" + (f" = `{value}`" if told else ""))
    partitions = list(metadata.get("partitionColumns") or [])
    facts.add("Partitions", "several partition columns", len(partitions) > 1)
    mode = configuration.get("delta.columnMapping.mode", "none")
    facts.add("Columns", f"mapped by {mode}", mode != "none")
    for field in _fields(metadata):
        facts.add("Partitions", f"partitioned by {_kind(field['type'])}", field["name"] in partitions)
        _column(facts, field)


def _column(facts, field, depth=0):
    kind = field["type"]
    plain = _kind(kind)
    facts.add("Columns", plain if depth == 0 else f"{plain} inside of another type")
    facts.add("Columns", "name with unusual characters", not re.fullmatch(r"\w+", field["name"]))
    facts.add("Columns", "widened type", "delta.typeChanges" in (field.get("metadata") or {}))
    facts.add("Columns", "not null", not field.get("nullable", True))
    if isinstance(kind, dict):
        inner = kind["fields"] if kind["type"] == "struct" else [
            {"name": "x", "type": kind[k]} for k in ("elementType", "keyType", "valueType") if k in kind]
        for part in inner:
            if plain == "struct" or isinstance(part["type"], dict):
                _column(facts, part, depth + 1)


def _kind(kind) -> str:
    return kind["type"] if isinstance(kind, dict) else re.sub(r"\(.*", "", kind)


def _fields(metadata) -> list[dict]:
    try:
        return json.loads(metadata.get("schemaString") or "{}").get("fields", [])
    except ValueError:
        return []


def _changes(facts, commits):
    """What one version says otherwise than one before it."""
    seen, removed = {}, set()
    for actions in commits:
        for action in actions:
            metadata, protocol = action.get("metaData"), action.get("protocol")
            for what, now in (("the protocol changes", protocol),
                              ("the columns change", metadata and [(f["name"], f["type"]) for f in _fields(metadata)]),
                              ("the partition columns change", metadata and list(metadata.get("partitionColumns") or []))):
                if now is not None:
                    facts.add("Changes over versions", what, seen.setdefault(what, now) != now)
                    seen[what] = now
            if path := (action.get("remove") or {}).get("path"):
                facts.add("Changes over versions", "files removed")
                removed.add(path)
        added = {a["add"].get("path") for a in actions if "add" in a}
        facts.add("Changes over versions", "a removed file is added again", added & removed)


def _newest(facts, root, files, commits):
    """The protocol and the columns of the newest version, as text."""
    points = [_checkpoint(Facts(), p, "") for kind in ("classic", "part", "V2 JSON", "V2 Parquet")
              for p in files[kind][-1:]] if not any("metaData" in a for c in commits for a in c) else []
    for actions in points + commits:
        for action in actions:
            if "protocol" in action:
                p = action["protocol"]
                names = sorted({*(p.get("readerFeatures") or []), *(p.get("writerFeatures") or [])})
                facts.protocol = (f"{p.get('minReaderVersion')}/{p.get('minWriterVersion')}" +
                                  (f" ({', '.join(names)})" if names else ""))
            if "metaData" in action:
                fields = _fields(action["metaData"])
                facts.columns = ", ".join(f"{f['name']} {_shown(f['type'])}" for f in fields)


def _shown(kind) -> str:
    if not isinstance(kind, dict):
        return kind
    if kind["type"] == "struct":
        return "{" + ", ".join(f"{f['name']} {_shown(f['type'])}" for f in kind["fields"]) + "}"
    if kind["type"] == "array":
        return f"[{_shown(kind['elementType'])}]"
    return f"{_shown(kind['keyType'])} → {_shown(kind['valueType'])}"
