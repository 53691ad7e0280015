"""Tables with what no table from outside has: widened types, variants, column mapping by id at every depth. Each
function writes one below `root`, and returns the rows that it has.
"""
import datetime as dt
import decimal
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

from delta_log import commit


def field(name, kind, **metadata):
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def struct(*fields):
    return {"type": "struct", "fields": list(fields)}


def array(kind):
    return {"type": "array", "elementType": kind, "containsNull": True}


def protocol(*features):
    return {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": list(features),
                         "writerFeatures": list(features)}}


def metadata(schema, partitions=(), **configuration):
    return {"metaData": {"id": "made", "format": {"provider": "parquet", "options": {}},
                         "schemaString": json.dumps(schema), "partitionColumns": list(partitions),
                         "configuration": configuration}}


def add(root, path, rows: pa.Table, **values):
    root.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, root / path)
    return {"add": {"path": path, "partitionValues": values, "size": (root / path).stat().st_size,
                    "modificationTime": 1735689600000, "dataChange": True,
                    "stats": json.dumps({"numRecords": rows.num_rows})}}


def write(root, version, *actions):
    path = commit(root, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(a) + "\n" for a in actions))


def changed(name, before, after, path=None):
    """A column whose type was widened; `path`: the part of it that was."""
    change = {"fromType": before, "toType": after, **({"fieldPath": path} if path else {})}
    return field(name, array(after) if path else after, **{"delta.typeChanges": [change]})


def widened(root) -> pa.Table:
    """A file from before and one from after; each type as wide as it may become."""
    day, later = dt.date(2020, 2, 29), dt.datetime(2021, 3, 1, 12, 30, 0, 1)
    before = [("n", pa.int8(), "byte"), ("i", pa.int32(), "integer"), ("f", pa.float32(), "float"),
              ("x", pa.int32(), "integer"), ("c", pa.decimal128(5, 2), "decimal(5,2)"), ("d", pa.date32(), "date")]
    after = [("n", pa.int64(), "long"), ("i", pa.int64(), "long"), ("f", pa.float64(), "double"),
             ("x", pa.float64(), "double"), ("c", pa.decimal128(12, 4), "decimal(12,4)"),
             ("d", pa.timestamp("us"), "timestamp_ntz")]
    old = [-128, 2**31 - 1, 0.1, 7, decimal.Decimal("123.45"), day]
    new = [2**40, 2**63 - 1, 0.1, 7.5, decimal.Decimal("12345678.0001"), later]
    files = [pa.table({name: pa.array([value, None], kind) for (name, kind, _), value in zip(columns, values)})
             for columns, values in ((before, old), (after, new))]
    files = [f.append_column("a", pa.array([[1, None], None], pa.list_(kind)))
             for f, kind in zip(files, (pa.int32(), pa.int64()))]
    write(root, 0, protocol("typeWidening", "timestampNtz"),
          metadata(struct(*(field(n, k) for n, _, k in before), field("a", array("integer")))),
          add(root, "before.parquet", files[0]))
    columns = [changed(n, was, k) for (n, _, was), (_, _, k) in zip(before, after)]
    write(root, 1, metadata(struct(*columns, changed("a", "integer", "long", "element"))),
          add(root, "after.parquet", files[1]))
    return pa.concat_tables([files[0].cast(files[1].schema), files[1]])


def variants(root) -> pa.Table:
    """As Parquet has them: two byte strings. One is the number 5, one the text "hi", one is null."""
    kind = pa.struct([pa.field("metadata", pa.binary()), pa.field("value", pa.binary())])
    values = [{"metadata": b"\x01\x00\x00", "value": v} for v in (b"\x0c\x05", b"\x09hi")]
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "v": pa.array([*values, None], kind)})
    write(root, 0, protocol("variantType"), metadata(struct(field("id", "long"), field("v", "variant"))),
          add(root, "one.parquet", rows))
    return rows


def _mapped(name, number, kind):
    return field(name, kind, **{"delta.columnMapping.id": number,
                                "delta.columnMapping.physicalName": f"col-{number}"})


def _numbered(name, number, kind) -> pa.Field:
    return pa.field(name, kind, metadata={"PARQUET:field_id": str(number)})


def mapped_by_id(root) -> pa.Table:
    """Names in the files say nothing, and lead astray: ids alone tell the columns, at every depth. The second
    file has other names, another order, and lacks some. Its partition value is the empty text, which is null."""
    inner = struct(_mapped("x", 4, "long"), _mapped("y", 5, "string"))
    schema = struct(_mapped("id", 1, "long"), _mapped("name", 2, "string"), _mapped("s", 3, inner),
                    _mapped("list", 6, array(struct(_mapped("k", 7, "long")))),
                    _mapped("map", 8, {"type": "map", "keyType": "string", "valueContainsNull": True,
                                       "valueType": struct(_mapped("w", 9, "string"))}), _mapped("p", 10, "date"))

    def columns(names):
        n = iter(names)
        pair = pa.struct([_numbered(next(n), 4, pa.int64()), _numbered(next(n), 5, pa.string())])
        item = pa.struct([_numbered(next(n), 7, pa.int64())])
        entry = pa.struct([_numbered(next(n), 9, pa.string())])
        return [_numbered(next(n), 1, pa.int64()), _numbered(next(n), 2, pa.string()), _numbered(next(n), 3, pair),
                _numbered(next(n), 6, pa.list_(item)), _numbered(next(n), 8, pa.map_(pa.string(), entry))]

    a, b, c, d, e = columns("y x w k name id map s list".split())
    one = pa.table([pa.array([1, 2], a.type), pa.array(["one", None], b.type),
                    pa.array([{"y": 10, "x": "ten"}, None], c.type), pa.array([[{"w": 5}, {"w": None}], []], d.type),
                    pa.array([[("key", {"k": "value"})], None], e.type)], schema=pa.schema([a, b, c, d, e]))
    a, _, c, _, _ = columns("q r t u x y z o v".split())
    two = pa.table([pa.array([{"q": 20, "r": None}], c.type), pa.array([3], a.type)], schema=pa.schema([c, a]))
    write(root, 0, protocol("columnMapping"), metadata(schema, ["p"], **{
        "delta.columnMapping.mode": "id", "delta.columnMapping.maxColumnId": "10"}),
        add(root, "one.parquet", one, **{"col-10": "2024-02-29"}), add(root, "two.parquet", two, **{"col-10": ""}))
    return pa.table({
        "id": pa.array([1, 2, 3], pa.int64()), "name": ["one", None, None],
        "s": pa.array([{"x": 10, "y": "ten"}, None, {"x": 20, "y": None}],
                      pa.struct([("x", pa.int64()), ("y", pa.string())])),
        "list": pa.array([[{"k": 5}, {"k": None}], [], None], pa.list_(pa.struct([("k", pa.int64())]))),
        "map": pa.array([[("key", {"w": "value"})], None, None],
                        pa.map_(pa.string(), pa.struct([("w", pa.string())]))),
        "p": pa.array([dt.date(2024, 2, 29)] * 2 + [None], pa.date32())})


TABLES = {"widened": widened, "variants": variants, "mapped_by_id": mapped_by_id}


def made(name, root) -> pathlib.Path:
    TABLES[name](pathlib.Path(root))
    return pathlib.Path(root)
