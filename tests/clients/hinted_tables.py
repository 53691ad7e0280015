"""Tables for questions with predicates: partitions, statistics of every quality, nulls, deletion vectors, mapped columns.

Each function writes one below `root`. Statistics are as writers have them: texts cut off behind 32 letters,
timestamps at the millisecond, no bounds where all is null or NaN was seen, parts or all of it missing.
"""
import datetime as dt
import decimal
import json
import math
import pathlib
import struct
import urllib.parse

import pyarrow as pa
import pyarrow.parquet as pq

from deletion_vectors import MAGIC, NO_RUNS, Z85
from feature_tables import field, metadata, write
from feature_tables import struct as struct_type

START = dt.datetime(2021, 3, 1, tzinfo=dt.timezone.utc)
COLUMNS = {"l": "long", "i": "integer", "x": "double", "f": "float", "s": "string", "b": "boolean", "day": "date",
           "ts": "timestamp", "m": "decimal(9,2)", "always_null": "long"}
ARROW = {"long": pa.int64(), "integer": pa.int32(), "double": pa.float64(), "float": pa.float32(), "string": pa.string(),
         "boolean": pa.bool_(), "date": pa.date32(), "timestamp": pa.timestamp("us", "UTC"),
         "decimal(9,2)": pa.decimal128(9, 2)}
PARTITIONS = {"p": "string", "d": "date", "n": "integer"}


def _value(rng, kind, middle):
    """Near a middle that each file has of its own."""
    off = rng.randint(-20, 20)
    if kind == "string":
        long = "of more letters than the bounds of a text have: " if rng.random() < 0.2 else ""
        return rng.choice(["", long]) + f"{chr(97 + middle % 26)}{off:03}" + rng.choice(["", "'", "\u00e9", "\U0001f600"])
    if kind == "boolean":
        return (middle + off // 15) % 2 == 0
    if kind == "date":
        return (START + dt.timedelta(days=middle + off)).date()
    if kind == "timestamp":
        return START + dt.timedelta(days=middle, seconds=off, microseconds=rng.randint(0, 999_999))
    if kind == "double":
        return rng.choice([middle + off / 8, middle + off / 10, -0.0 if middle % 7 == 0 else float(middle)])
    if kind == "float":
        return struct.unpack("f", struct.pack("f", middle + off / 10))[0]
    if kind.startswith("decimal"):
        return decimal.Decimal(middle * 100 + off).scaleb(-2)
    return middle * 10 + off


def _column(rng, name, kind, count, middle):
    nulls = 1.0 if name == "always_null" else rng.choice([0, 0, 0.3, 1.0 if rng.random() < 0.2 else 0.1])
    values = [None if rng.random() < nulls else _value(rng, kind, middle) for _ in range(count)]
    if kind == "double" and rng.random() < 0.1:
        values[0] = rng.choice([math.nan, math.inf])
    return values


def _bound(value, kind, is_max):
    if kind == "string" and len(value) > 32:
        return value[:32] + ("\U0010ffff" if is_max else "")
    if kind == "timestamp":
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
    if kind == "date":
        return value.isoformat()
    return float(value) if kind.startswith("decimal") else value


def _stats(rng, values: dict, physical: dict):
    """As text, or nothing."""
    quality = rng.random()
    if quality < 0.08:
        return None
    count = len(next(iter(values.values())))
    found = {"numRecords": count, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for name, kind in COLUMNS.items():
        known = [v for v in values[name] if v is not None]
        if quality < 0.2 and rng.random() < 0.3:
            continue
        found["nullCount"][physical[name]] = count - len(known)
        if not known or kind == "boolean" or any(isinstance(v, float) and not math.isfinite(v) for v in known):
            continue
        found["minValues"][physical[name]] = _bound(min(known), kind, False)
        found["maxValues"][physical[name]] = _bound(max(known), kind, True)
    return json.dumps(found)


def inline_vector(rows: list[int]) -> dict:
    """A deletion vector inside of the log: a 64-bit Roaring bitmap of one array."""
    bitmap = struct.pack("<IIHHI", NO_RUNS, 1, 0, len(rows) - 1, 16) + b"".join(struct.pack("<H", r) for r in sorted(rows))
    data = struct.pack("<IQI", MAGIC, 1, 0) + bitmap
    padded = data + bytes(-len(data) % 4)
    text = ""
    for at in range(0, len(padded), 4):
        value = int.from_bytes(padded[at:at + 4], "big")
        text += "".join(Z85[value // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return {"storageType": "i", "pathOrInlineDv": text, "sizeInBytes": len(data), "cardinality": len(rows)}


def _partition(rng):
    return {"p": rng.choice(["EU", "US", "a b%/'\u00fc", None]),
            "d": rng.choice([(START + dt.timedelta(days=rng.randint(0, 5))).date(), None]),
            "n": rng.choice([*range(-3, 12), None])}


def _text(value):
    return value if value is None or isinstance(value, str) else str(value)


def made(root, rng, files=60, mapped=False, vectors=False):
    """A table of random rows in `files` files."""
    root = pathlib.Path(root)
    root.mkdir(parents=True)
    every = {**COLUMNS, **PARTITIONS}
    physical = {name: f"col-{i}" if mapped else name for i, name in enumerate(every)}
    fields = [field(name, kind, **({"delta.columnMapping.id": i + 1, "delta.columnMapping.physicalName": physical[name]}
                                   if mapped else {})) for i, (name, kind) in enumerate(every.items())]
    features = ["columnMapping"] * mapped + ["deletionVectors"] * vectors
    protocol = {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
                             "writerFeatures": features}} if features else \
               {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
    configuration = {"delta.columnMapping.mode": "name"} if mapped else {}
    if vectors:
        configuration["delta.enableDeletionVectors"] = "true"
    actions = [protocol, metadata(struct_type(*fields), PARTITIONS, **configuration)]
    for n in range(files):
        count, middle = rng.randint(1, 12), rng.randint(-40, 40)
        values = {name: _column(rng, name, kind, count, middle) for name, kind in COLUMNS.items()}
        path = root / f"part-{n:03}.parquet"
        pq.write_table(pa.table({physical[c]: pa.array(values[c], ARROW[k]) for c, k in COLUMNS.items()}), path)
        add = {"path": urllib.parse.quote(path.name),
               "partitionValues": {physical[c]: _text(v) for c, v in _partition(rng).items()},
               "size": path.stat().st_size, "modificationTime": 1735689600000, "dataChange": True}
        if stats := _stats(rng, values, physical):
            add["stats"] = stats
        if vectors and stats and count > 1 and rng.random() < 0.3:
            add["deletionVector"] = inline_vector(rng.sample(range(count), rng.randint(1, count - 1)))
        actions.append({"add": add})
    write(root, 0, *actions)


TABLES = {"plain": {}, "mapped": {"mapped": True}, "vectors": {"vectors": True},
          "both": {"mapped": True, "vectors": True}}
