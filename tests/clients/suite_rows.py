"""The rows of the tables of `sluice conformance make-tables`, said once more and in another language, so that the
suite cannot be wrong about its own tables."""
import datetime as dt
import decimal

import pyarrow as pa

UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
ROWS = pa.schema({"id": pa.int64(), "name": pa.string()})


def rows(schema: pa.Schema, values) -> pa.Table:
    columns = list(zip(*values)) or [[] for _ in schema]
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, schema)], schema)


def ids(*ranges) -> list[tuple]:
    """(first, last, word) ...: an id and what it is called."""
    return [(i, f"{word} {i}") for first, last, word in ranges for i in range(first, last + 1)]


def plain() -> pa.Table:
    schema = pa.schema({
        "id": pa.int64(), "flag": pa.bool_(), "tiny": pa.int8(), "small": pa.int16(), "number": pa.int32(),
        "big": pa.int64(), "ratio": pa.float32(), "precise": pa.float64(), "price": pa.decimal128(10, 2),
        "wide": pa.decimal128(38, 18), "name": pa.string(), "raw": pa.binary(), "day": pa.date32(),
        "moment": pa.timestamp("us", "UTC")})
    cents, fine = decimal.Decimal("0.01"), decimal.Decimal("1e-18")
    far = decimal.Context(prec=40)
    inf, nan = float("inf"), float("nan")

    def at(text):
        return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)

    values = [(i, i % 2 == 0, i, i * 100, i * 1000, i * 10**9, i / 4, i / 8, i * decimal.Decimal("1.25"),
               (i * decimal.Decimal("0.001")).quantize(fine), f"name {i}", b"raw %d" % i,
               dt.date(2024, 1, 1) + dt.timedelta(days=i),
               EPOCH + dt.timedelta(microseconds=1704067200000000 + i * 3600000001)) for i in range(1, 101)]
    wide = decimal.Decimal("99999999999999999999.999999999999999999")
    odd = [
        (101, True, -128, -32768, -2**31, -2**63, -3.4028235e38, -1.7976931348623157e308, "-99999999.99", far.minus(wide), "",
         b"", dt.date(1600, 1, 1), at("1900-01-01")),
        (102, False, 127, 32767, 2**31 - 1, 2**63 - 1, 3.4028235e38, 1.7976931348623157e308, "99999999.99", wide,
         "ünïcödé · 漢字 · עברית · 🦆", b"\x00\xff\x80\x0a", dt.date(9999, 12, 31),
         at("9999-12-31 23:59:59.999999")),
        (103, True, 0, 0, 0, 0, nan, nan, "0.01", fine, "line\nfeed\ttab", b"x", dt.date(1970, 1, 1), EPOCH),
        (104, True, 1, 1, 1, 1, inf, inf, "-0.01", -fine, 'quote " back\\slash \' %20 {x} </b>', b"x",
         dt.date(1969, 12, 31), at("1969-12-31 23:59:59.999999")),
        (105, False, -1, -1, -1, -1, -inf, -inf, "0", 0, "null", b"null", dt.date(2024, 2, 29),
         at("2024-02-29 12:34:56.789012")),
        (106, False, 7, 7, 7, 2**53 + 1, 1.17549435e-38, 2.2250738585072014e-308, "12345678.90",
         decimal.Decimal("1234567890.123456789012345678"), "long " * 200, b"b" * 1000, dt.date(2038, 1, 19),
         at("2038-01-19 03:14:08"))]
    values += [row[:8] + (decimal.Decimal(row[8]).quantize(cents), decimal.Decimal(row[9]).quantize(fine, context=far))
               + row[10:] for row in odd]
    return rows(schema, values + [(i,) + (None,) * 13 for i in range(107, 110)])


def nested() -> pa.Table:
    schema = pa.schema({
        "id": pa.int64(), "point": pa.struct({"x": pa.int32(), "label": pa.string()}),
        "numbers": pa.list_(pa.int32()), "words": pa.map_(pa.string(), pa.int64()),
        "steps": pa.list_(pa.struct({"at": pa.date32()}))})
    return rows(schema, [
        (1, {"x": 1, "label": "one"}, [1, 2, 3], [("a", 1), ("b", 2)], [{"at": dt.date(2024, 1, 1)}]),
        (2, {"x": None, "label": None}, [None, 2], [("c", None)], [{"at": None}, None]),
        (3, None, None, None, None),
        (4, {"x": -4, "label": ""}, [], [], [])])


def partitioned() -> pa.Table:
    schema = pa.schema({"id": pa.int64(), "name": pa.string(), "day": pa.date32(), "city": pa.string()})
    first, second, third, leap = (dt.date(2024, *day) for day in ((1, 1), (1, 2), (1, 3), (2, 29)))
    places = [(first, "Paris"), (first, "São Paulo"), (second, "a/b c"), (second, "100% = 1?"), (third, "x&y#z+%2F"),
              (third, 'it\'s "so"'), (leap, None), (None, "Paris"), (None, None)]
    return rows(schema, [(i, f"row {i}", *place) for n, place in enumerate(places)
                         for i in range(10 * n, 10 * n + 5)])


def stats() -> pa.Table:
    schema = pa.schema({"id": pa.int64(), "name": pa.string(), "score": pa.float64(),
                        "price": pa.decimal128(10, 2), "day": pa.date32(), "moment": pa.timestamp("us", "UTC")})
    values = [(i, f"name-{i:05}", i / 4, i * decimal.Decimal("1.25"), dt.date(2024, 1, 1) +
               dt.timedelta(days=(i - 1) // 10), EPOCH + dt.timedelta(microseconds=1704067200000001 + i * 3600000000))
              for i in range(1, 501)]
    return rows(schema, values + [(i,) + (None,) * 5 for i in range(501, 511)])


def column_mapping() -> pa.Table:
    schema = pa.schema({"id": pa.int64(), "full name": pa.string(),
                        "address": pa.struct({"street": pa.string(), "zip code": pa.string()}), "kind": pa.string()})
    return rows(schema, [(1, "Ada L.", {"street": "Main St 1", "zip code": "01234"}, "person"),
                         (2, None, None, "person"), (3, "Bob", {"street": None, "zip code": "x"}, "person"),
                         (4, "Firm", {"street": "Dock 5", "zip code": "99"}, "firm")])


def timestamp_ntz() -> pa.Table:
    return rows(pa.schema({"id": pa.int64(), "local": pa.timestamp("us")}),
                [(1, dt.datetime(2024, 3, 31, 2, 30)), (2, dt.datetime(1999, 12, 31, 23, 59, 59, 999999)), (3, None)])


def changes() -> pa.Table:
    schema = pa.schema(list(ROWS) + [pa.field("_change_type", pa.string()), pa.field("_commit_version", pa.int64())])
    found = [(*row, "insert", 1) for row in ids((1, 10, "row"))]
    for i in (3, 4):
        found += [(i, f"row {i}", "update_preimage", 2), (i, f"new {i}", "update_postimage", 2)]
    found += [(5, "row 5", "delete", 3)]
    found += [(*row, "insert", 4) for row in ids((11, 13, "row"))]
    found += [(*row, "delete", 5) for row in ids((11, 13, "row"))]
    found += [(i, f"{'new' if i == 4 else 'row'} {i}", "delete", 6) for i in (1, 4, 6, 7, 8, 9, 10)]
    found += [(3, "new 3", "update_preimage", 6), (3, "merged 3", "update_postimage", 6), (20, "row 20", "insert", 6)]
    return rows(schema, found)


# At their latest version.
TABLES = {
    "plain": plain(),
    "nested": nested(),
    "empty": rows(ROWS, []),
    "partitioned": partitioned(),
    "stats": stats(),
    "history": rows(ROWS, ids((101, 105, "row"), (111, 115, "changed"), (116, 120, "row"))),
    "cdf": rows(ROWS, [(2, "row 2"), (3, "merged 3"), (20, "row 20")]),
    "checkpointed": rows(ROWS, ids((11, 60, "row"))),
    "deletion_vectors": rows(ROWS, [r for r in ids((1, 105, "row")) if r[0] not in (1, 2, 11, 50, 56)]),
    "column_mapping": column_mapping(),
    "timestamp_ntz": timestamp_ntz(),
}
HISTORY = [ids((1, 10, "row")), ids((1, 20, "row")), ids((1, 30, "row")), ids((101, 110, "row")),
           ids((101, 105, "row")), ids((101, 105, "row"), (111, 115, "row")),
           ids((101, 105, "row"), (111, 115, "changed")),
           ids((101, 105, "row"), (111, 115, "changed"), (116, 120, "row"))]
