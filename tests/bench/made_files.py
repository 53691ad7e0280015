"""The files of a made table, as Arrow columns: which paths, partitions and statistics file i has.

All is a function of i, so that a remove names the file that was added, and any range can be made
alone. Paths and values have the randomness of real ones (a UUID in each name, values that no other
file has): what they take in memory is not made small by repetition.
"""
from __future__ import annotations

import datetime
import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

COLUMNS = [("id", "long"), ("amount", "double"), ("units", "integer"), ("price", "double"),
           ("buyer", "string"), ("city", "string"), ("time", "timestamp"), ("rank", "integer")]
FIRST_DAY = datetime.date(2024, 1, 1)
FIRST_TIME = 1704067200000  # that day, in milliseconds
ROWS = 1000  # of each file: the ids of file i are i * ROWS and the ROWS - 1 behind it
TEXTS = pa.map_(pa.string(), pa.string())
VECTOR = pa.struct([("storageType", pa.string()), ("pathOrInlineDv", pa.string()), ("offset", pa.int32()),
                    ("sizeInBytes", pa.int32()), ("cardinality", pa.int64())])
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def column(k: int) -> tuple[str, str]:
    """Name and type of the k-th column: the eight above, again and again with a number behind."""
    name, kind = COLUMNS[k % len(COLUMNS)]
    return f"{name}{k // len(COLUMNS) or ''}", kind


def mixed(i: np.ndarray, salt: int) -> np.ndarray:
    """A number of 64 bits for each i that looks random (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        z = i.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt * 0x632BE5AB + 1)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def below(i: np.ndarray, salt: int, limit: int) -> np.ndarray:
    return (mixed(i, salt) % np.uint64(limit)).astype(np.int64)


def hexes(numbers: np.ndarray, digits: int = 16) -> pa.Array:
    shifts = np.arange(digits - 1, -1, -1, dtype=np.uint64) * np.uint64(4)
    letters = HEX[((numbers[:, None] >> shifts) & np.uint64(15)).astype(np.uint8)]
    offsets = np.arange(0, (len(numbers) + 1) * digits, digits, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(letters.tobytes())])


def text(numbers: np.ndarray, width: int = 0) -> pa.Array:
    digits = pc.cast(pa.array(numbers), pa.string())
    return pc.utf8_lpad(digits, width, "0") if width else digits


def joined(*parts) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def cents(numbers: np.ndarray) -> pa.Array:
    return joined(text(numbers // 100), ".", text(numbers % 100, 2))


def time(milliseconds: np.ndarray) -> pa.Array:
    return pc.strftime(pa.array(milliseconds, pa.timestamp("ms")), format="%Y-%m-%dT%H:%M:%SZ")


def partition_columns(spec: str) -> list[tuple[str, str, int]]:
    """"day:date=365,region:string=4" as (name, type, how many values); "none" as no columns."""
    if spec == "none":
        return []
    found = []
    for word in spec.split(","):
        name, count = word.rsplit("=", 1) if "=" in word else ("day", word)
        name, kind = name.split(":") if ":" in name else (name, "date" if name == "day" else "string")
        if kind not in ("date", "string", "integer") or int(count) < 1:
            raise ValueError(f"a partition column is NAME[:date|string|integer]=COUNT, not {word!r}")
        found.append((name, kind, int(count)))
    return found


class Files:
    """`total` files: all that the table ever had."""

    def __init__(self, total: int, *, partitions="day:date=365", names="clustered", stats_columns=8,
                 stats_bytes=0, deletion_vectors=0.0):
        self.total, self.names, self.stats_columns = total, names, stats_columns
        self.partitions = partition_columns(partitions)
        self.vectors = deletion_vectors
        self.pad = 0
        texts = 2 * sum(column(k)[1] == "string" for k in range(stats_columns))
        if stats_bytes and not texts:
            raise ValueError("only statistics of text can be made longer: 5 columns at least")
        if stats_bytes:
            now = len(self.stats(np.array([total // 2]))[0].as_py())
            self.pad = max(0, stats_bytes - now) // texts

    def columns(self, first: int, last: int) -> dict[str, pa.Array]:
        """The fields of `add` for the files first .. last - 1."""
        i = np.arange(first, last, dtype=np.int64)
        values = self.partition_values(i)
        made = {"path": self.paths(i, values), "partitionValues": self._maps(len(i), values),
                "size": pa.array(1_000_000 + below(i, 1, 1 << 27)),
                "modificationTime": pa.array(FIRST_TIME + i * 1000),
                "dataChange": pa.array(np.ones(len(i), bool)), "stats": self.stats(i)}
        if self.vectors:
            made["deletionVector"] = self._vectors(i)
        return made

    def actions(self, first: int, last: int) -> list[dict]:
        """The same as `add` has it in a commit."""
        made = {name: array.to_pylist() for name, array in self.columns(first, last).items()}
        rows = [dict(zip(made, row)) for row in zip(*made.values())]
        for row in rows:
            row["partitionValues"] = dict(row["partitionValues"])
            if not row.get("deletionVector", True):
                del row["deletionVector"]
        return rows

    # Files of a day were written one after the other, so that statistics follow the partitions.
    def partition_values(self, i: np.ndarray) -> list[pa.Array]:
        cells = 1
        for _, _, count in self.partitions:
            cells *= count
        cell, values = i * cells // max(1, self.total), []
        for name, kind, count in self.partitions:
            cells //= count
            at = cell // cells % count
            if kind == "date":
                values.append(pc.strftime(pa.array(FIRST_TIME // 1000 + at * 86400, pa.timestamp("s")), format="%Y-%m-%d"))
            else:
                values.append(text(at) if kind == "integer" else joined(name + "-", text(at, 3)))
        return values

    # As Spark names them; "hashed" is what it does with delta.randomizeFilePrefixes.
    def paths(self, i: np.ndarray, values: list[pa.Array]) -> pa.Array:
        one, two = mixed(i, 2), mixed(i, 3)
        name = joined("part-", text(i % 100_000, 5), "-", hexes(one >> np.uint64(32), 8), "-",
                      hexes(one >> np.uint64(16), 4), "-", hexes(one, 4), "-", hexes(two >> np.uint64(48), 4), "-",
                      hexes(two, 12), ".c000.snappy.parquet")
        if self.names == "hashed":
            return joined(hexes(mixed(i, 4), 2), "/", name)
        for (column_name, _, _), value in zip(reversed(self.partitions), reversed(values)):
            name = joined(column_name + "=", value, "/", name)
        return name

    def stats(self, i: np.ndarray) -> pa.Array:
        low, high, nulls = [], [], []
        for k in range(self.stats_columns):
            name, kind = column(k)
            lead = ("," if k else "") + json.dumps(name) + ":"
            least, most = self._range(i, k, kind)
            low += [lead, least]
            high += [lead, most]
            nulls += [lead, text(below(i, 40 + k, 10))]
        counted = f'{{"numRecords":{ROWS},"minValues":{{'
        if not self.stats_columns:
            return pa.array([f'{{"numRecords":{ROWS}}}'] * len(i))
        return joined(counted, *low, '},"maxValues":{', *high, '},"nullCount":{', *nulls, "}}")

    def _range(self, i: np.ndarray, k: int, kind: str):
        if k == 0:
            return text(i * ROWS), text(i * ROWS + ROWS - 1)
        one = below(i, 10 + k, 100_000)
        if kind == "double":
            return cents(one), cents(one + 100_000 + below(i, 100 + k, 800_000))
        if kind == "timestamp":
            return (joined('"', time(FIRST_TIME + i * 60_000), '"'),
                    joined('"', time(FIRST_TIME + i * 60_000 + 3_600_000 + one), '"'))
        if kind == "string":
            more = "x" * self.pad
            return (joined('"A', hexes(mixed(i, 10 + k), 5), more + '"'),
                    joined('"Z', hexes(mixed(i, 100 + k), 5), more + '"'))
        return text(one % 10), text(10 + one % 990)

    def _maps(self, rows: int, values: list[pa.Array]) -> pa.Array:
        width = len(self.partitions)
        offsets = pa.array(np.arange(0, rows * width + 1, width, dtype=np.int32)
                           if width else np.zeros(rows + 1, np.int32))
        keys = pa.array([name for name, _, _ in self.partitions] * rows, pa.string())
        if not width:
            return pa.MapArray.from_arrays(offsets, keys, keys)
        order = np.arange(rows * width).reshape(width, rows).T.reshape(-1)  # column by column to row by row
        return pa.MapArray.from_arrays(offsets, keys, pa.concat_arrays(values).take(pa.array(order)))

    # Many vectors lie in one file, one behind the other.
    def _vectors(self, i: np.ndarray) -> pa.Array:
        none = below(i, 5, 1_000_000) >= int(self.vectors * 1_000_000)
        return pa.StructArray.from_arrays(
            [pa.array(["u"] * len(i)), pa.array(["ab^-aqEH.-t@S}K{vb[*k^"] * len(i)),
             pa.array((1 + i % 40_000_000 * 48).astype(np.int32)), pa.array(np.full(len(i), 40, np.int32)),
             pa.array(1 + below(i, 6, 100))], fields=list(VECTOR), mask=pa.array(none))
