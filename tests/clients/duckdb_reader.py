"""Rows of a shared table, read by DuckDB from the URLs of an answer in delta format.

DuckDB fetches ranges of the files by HTTP (its extension httpfs); what Delta puts on top of Parquet is
done here as the Delta protocol says, independently of the server and of other clients: column mapping by
name and by field id, at every depth, partition values, deletion vectors, casts of widened types,
columns that a file lacks. Variants come as their Parquet structure, bytes as they are.
"""
import collections
import dataclasses
import importlib.util
import json
import pathlib

import duckdb
import pyarrow as pa

import deletion_vectors

# What this reader announces, and no more: a protocol with another reader feature is not read.
FEATURES = ("deletionVectors", "columnMapping", "timestampNtz", "typeWidening", "variantType",
            "v2Checkpoint", "vacuumProtocolCheck")
CAPABILITIES = "responseformat=delta;readerfeatures=" + ",".join(FEATURES).lower()

TYPES = {"long": "BIGINT", "integer": "INTEGER", "short": "SMALLINT", "byte": "TINYINT", "float": "FLOAT",
         "double": "DOUBLE", "boolean": "BOOLEAN", "string": "VARCHAR", "binary": "BLOB", "date": "DATE",
         "timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP", "void": "INTEGER",
         "variant": 'STRUCT("metadata" BLOB, "value" BLOB)'}


def connect(folder) -> duckdb.DuckDBPyConnection:
    """A database that reads URLs; its extension, from the package on this machine, is put into `folder`."""
    package = importlib.util.find_spec("duckdb_extension_httpfs")
    files = sorted(pathlib.Path(package.origin).parent.rglob("httpfs.duckdb_extension"))
    con = duckdb.connect(config={"extension_directory": str(folder), "threads": 2,
                                 "autoinstall_known_extensions": False})
    con.execute(f"INSTALL '{files[0]}'")
    con.execute("LOAD httpfs; SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return con


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def sql_type(kind) -> str:
    """DuckDB's type for a type of a Delta schema."""
    if isinstance(kind, str):
        return TYPES[kind] if kind in TYPES else kind.upper()  # decimal(p,s)
    if kind["type"] == "array":
        return sql_type(kind["elementType"]) + "[]"
    if kind["type"] == "map":
        return f"MAP({sql_type(kind['keyType'])}, {sql_type(kind['valueType'])})"
    return "STRUCT(" + ", ".join(f"{quoted(f['name'])} {sql_type(f['type'])}" for f in kind["fields"]) + ")"


@dataclasses.dataclass(frozen=True)
class Node:
    """A column of a Parquet file, or a part of one."""
    name: str
    field_id: int | None
    kind: str | None  # DuckDB's type, of a part without children
    repeated: bool
    children: tuple

    @property
    def element(self):
        """Of a list: in three levels as the format demands, or in two as old writers had it."""
        (inner,) = self.children
        wrapped = inner.repeated and len(inner.children) == 1 and inner.name not in ("array", self.name + "_tuple")
        return inner.children[0] if wrapped else inner

    @property
    def entry(self):
        return self.children[0].children


def trees(con, urls: list[str]) -> dict[str, tuple]:
    """{url: columns} from the footers."""
    rows = con.execute("SELECT file_name, name, duckdb_type, num_children, field_id, repetition_type "
                       "FROM parquet_schema(?)", [urls]).fetchall()
    flat = collections.defaultdict(collections.deque)
    for url, *row in rows:
        flat[url].append(row)
    return {url: _node(nodes).children for url, nodes in flat.items()}


def _node(nodes) -> Node:
    name, kind, count, field_id, repetition = nodes.popleft()
    return Node(name, field_id, kind, repetition == "REPEATED", tuple(_node(nodes) for _ in range(count or 0)))


class Table:
    """What an answer in delta format says of a version: its schema, and how files hold its columns."""

    def __init__(self, protocol: dict, metadata: dict):
        unknown = set(protocol.get("readerFeatures") or ()) - set(FEATURES)
        assert not unknown, f"reader features {unknown}"
        self.fields = json.loads(metadata["schemaString"])["fields"]
        self.partitions = list(metadata["partitionColumns"])
        self.mapping = (metadata.get("configuration") or {}).get("delta.columnMapping.mode", "none")

    def physical(self, field) -> str:
        return field["name"] if self.mapping == "none" else field["metadata"]["delta.columnMapping.physicalName"]

    def find(self, field, nodes):
        if self.mapping == "id":
            wanted = field["metadata"]["delta.columnMapping.id"]
            return next((n for n in nodes if n.field_id == wanted), None)
        return next((n for n in nodes if n.name == self.physical(field)), None)

    def value(self, source: str, kind, node: Node | None, depth=0) -> str:
        """SQL for what `source`, a column of a file, is as a value of the schema's type."""
        if node is None or kind == "void":
            return f"CAST(NULL AS {sql_type(kind)})"
        if isinstance(kind, str):
            plain = f"decode({source})" if kind == "string" and node.kind == "BLOB" else source
            return f"CAST({plain} AS {sql_type(kind)})"
        x = f"x{depth}"
        if kind["type"] == "struct":
            parts = ", ".join(
                f"{quoted(f['name'])} := " + self.part(source, f, node.children, depth) for f in kind["fields"])
            return f"CASE WHEN {source} IS NULL THEN NULL ELSE struct_pack({parts}) END"
        if kind["type"] == "array":
            return f"list_transform({source}, lambda {x}: " \
                   f"{self.value(x, kind['elementType'], node.element, depth + 1)})"
        key, item = node.entry
        return f"map_from_entries(list_transform(map_entries({source}), lambda {x}: struct_pack(" \
               f"key := {self.value(x + '.key', kind['keyType'], key, depth + 1)}, " \
               f"value := {self.value(x + '.value', kind['valueType'], item, depth + 1)})))"

    def part(self, source, field, nodes, depth):
        node = self.find(field, nodes)
        return self.value(node and f"struct_extract({source}, {text(node.name)})", field["type"], node, depth)

    def column(self, field, nodes) -> str:
        if field["name"] in self.partitions:
            return self.partition(field)
        node = self.find(field, nodes)
        return self.value(node and "f." + quoted(node.name), field["type"], node)

    def partition(self, field) -> str:
        """Delta PROTOCOL.md, "Partition Value Serialization": text; empty is null."""
        value = f"nullif(p.{quoted(self.physical(field))}, '')"
        return f"encode({value})" if field["type"] == "binary" else f"CAST({value} AS {sql_type(field['type'])})"

    def no_rows(self, con, extra=None) -> pa.Table:
        kinds = {f["name"]: sql_type(f["type"]) for f in self.fields} | (extra or {})
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in kinds.items())
        return con.execute(f"SELECT {columns} WHERE false").to_arrow_table()


def read_files(con, table: Table, files: list[dict], extra: dict[str, str] | None = None) -> pa.Table:
    """The rows of files, each a dict with path (a URL), partitionValues, and perhaps `deleted`: rows to
    leave out; or `only`: rows to take alone. `extra` adds columns: {name: SQL}, where p."/name" is what the file's
    dict has under that name."""
    if not files:
        return table.no_rows(con)
    nodes = trees(con, sorted({f["path"] for f in files}))
    groups = collections.defaultdict(list)
    for file in files:
        groups[nodes[file["path"]], "only" in file].append(file)
    parts = [_read_alike(con, table, tree, alike, only, extra or {}) for (tree, only), alike in groups.items()]
    return pa.concat_tables(parts)


def _read_alike(con, table, tree, files, only, extra) -> pa.Table:
    """Files with the same columns."""
    columns = [f"{table.column(f, tree)} AS {quoted(f['name'])}" for f in table.fields]
    columns += [f"{sql} AS {quoted(name)}" for name, sql in extra.items()]
    names = [table.physical(f) for f in table.fields if f["name"] in table.partitions]
    values = {"/url": pa.array([f["path"] for f in files])}
    values |= {n: pa.array([f["partitionValues"].get(n) for f in files], pa.string()) for n in names}
    values |= {"/" + n: pa.array([f[n] for f in files]) for n in extra}
    values["/n"] = pa.array(range(len(files)), pa.int64())  # a file may be there several times
    marked = [(n, int(row)) for n, f in enumerate(files) for row in f.get("only" if only else "deleted", ())]
    con.register("files", pa.table(values))
    con.register("marked", pa.table({"n": pa.array([m[0] for m in marked], pa.int64()),
                                     "row": pa.array([m[1] for m in marked], pa.int64())}))
    return con.execute(
        f"SELECT {', '.join(columns)} FROM read_parquet(?, filename = '/file', file_row_number = true, "
        f"hive_partitioning = false) AS f JOIN files AS p ON f.\"/file\" = p.\"/url\" "
        f"{'SEMI' if only else 'ANTI'} JOIN marked AS m ON p.\"/n\" = m.n AND f.file_row_number = m.row",
        [sorted({f["path"] for f in files})]).to_arrow_table()


def read(con, lines: list[dict]) -> pa.Table:
    """The rows of an answer to a query, its lines parsed."""
    table = Table(lines[0]["protocol"]["deltaProtocol"], lines[1]["metaData"]["deltaMetadata"])
    files = []
    for line in lines[2:]:
        add = line["file"]["deltaSingleAction"]["add"]
        vector = add.get("deletionVector")
        files.append({**add, "deleted": deletion_vectors.rows(vector)} if vector else add)
    return read_files(con, table, files)
