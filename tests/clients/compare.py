"""Compares a pandas frame, or Arrow rows, with Arrow rows as multisets, tolerant only of what pandas itself loses:
null against NaN, integers that nulls made floating, and the unit of a time.
"""
import collections
import datetime as dt
import decimal
import math

import numpy as np
import pandas as pd
import pyarrow as pa

EPOCH = dt.datetime(1970, 1, 1)


def _micros(value):
    if isinstance(value, (pd.Timestamp, np.datetime64)):
        stamp = pd.Timestamp(value)
        stamp = stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp
        return int(stamp.as_unit("us").asm8.astype("int64"))
    if value.tzinfo:
        value = value.astimezone(dt.timezone.utc).replace(tzinfo=None)
    span = value - EPOCH
    return (span.days * 86400 + span.seconds) * 10**6 + span.microseconds


def _number(value):
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def _is_null(value):
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    return (isinstance(value, (float, np.floating)) and math.isnan(value)) or (
        isinstance(value, np.datetime64) and np.isnat(value))


def _sorted_map(kind):
    key, item = canonizer(kind.key_type), canonizer(kind.item_type)

    def canon(value):
        pairs = value.items() if isinstance(value, dict) else [
            (e["key"], e["value"]) if isinstance(e, dict) else tuple(e) for e in value]
        return tuple(sorted(((key(k), item(v)) for k, v in pairs), key=repr))
    return canon


def _date(value):
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    return (value.date() if isinstance(value, dt.datetime) else value).isoformat()


def _decimal(kind):
    unit, context = decimal.Decimal(1).scaleb(-kind.scale), decimal.Context(prec=76)

    def canon(value):
        number = value if isinstance(value, decimal.Decimal) else decimal.Decimal(str(value))
        return number.quantize(unit, context=context)
    return canon


def _sound(kind: pa.DataType):
    t = pa.types
    if t.is_map(kind):
        return _sorted_map(kind)
    if t.is_struct(kind):
        fields = [(f.name, canonizer(f.type)) for f in kind]
        return lambda value: tuple((name, canon(value.get(name))) for name, canon in fields)
    if t.is_list(kind) or t.is_large_list(kind):
        element = canonizer(kind.value_type)
        return lambda value: tuple(element(v) for v in list(value))
    if t.is_timestamp(kind):
        return _micros
    if t.is_date(kind):
        return _date
    if t.is_decimal(kind):
        return _decimal(kind)
    if t.is_boolean(kind):
        return bool
    if t.is_binary(kind) or t.is_large_binary(kind):
        return bytes
    if t.is_float32(kind):
        return lambda value: _number(float(np.float32(value)))
    if t.is_floating(kind) or t.is_integer(kind):
        return _number
    if t.is_null(kind):
        return lambda _: None
    return lambda value: value


def canonizer(kind: pa.DataType):
    """What gives a cell of Arrow type `kind` its hashable form."""
    sound = _sound(kind)
    return lambda value: None if _is_null(value) else sound(value)


def _cells_of_frame(frame, field):
    cells = frame[field.name].array if pa.types.is_timestamp(field.type) else frame[field.name].tolist()
    return list(map(canonizer(field.type), cells))


def _cells_of_table(column, field):
    if pa.types.is_timestamp(field.type):
        unit = pa.timestamp("us", tz=field.type.tz)
        return column.cast(unit, safe=False).cast(pa.int64()).to_pylist()
    return list(map(canonizer(field.type), column.to_pylist()))


def rows_of_frame(frame, schema: pa.Schema) -> collections.Counter:
    cells = [_cells_of_frame(frame, f) for f in schema]
    return collections.Counter(zip(*cells)) if cells else collections.Counter()


def _rounded_by_pandas(rows, table: pa.Table) -> pa.Table:
    """The table with the integers that pandas made floating, for the nulls among them, floating too."""
    if isinstance(rows, pa.Table):
        return table
    return table.cast(pa.schema([
        pa.field(f.name, pa.float64())
        if pa.types.is_integer(f.type) and pd.api.types.is_float_dtype(rows[f.name]) else f
        for f in table.schema]), safe=False)


_last: list = [None, None]  # a large table is compared several times in a row


def rows_of_table(table: pa.Table, schema: pa.Schema) -> collections.Counter:
    if _last[0] is not table:
        _last[:] = [table, _count(table, schema)]
    return _last[1]


def _count(table: pa.Table, schema: pa.Schema) -> collections.Counter:
    cells = [_cells_of_table(table[f.name], f) for f in schema]
    return collections.Counter(zip(*cells)) if cells else collections.Counter()


def _plainly_same(rows, table: pa.Table) -> bool:
    """True: Arrow itself finds the same rows. False: it does not, or cannot tell (maps, NaN)."""
    names = table.schema.names
    order = [(name, "ascending") for name in names]
    try:
        got = (rows.select(names).cast(table.schema) if isinstance(rows, pa.Table) else
               pa.Table.from_pandas(rows[names], table.schema, preserve_index=False))
        return len(rows) == table.num_rows and got.sort_by(order).equals(table.sort_by(order))
    except (pa.ArrowException, TypeError, ValueError):
        return False


def assert_same_rows(rows, table: pa.Table, what: str, subset=False):
    """`rows`, a pandas frame or an Arrow table, has the table's columns in any order and the same rows (or
    some of them)."""
    names = list(rows.schema.names if isinstance(rows, pa.Table) else rows.columns)
    assert sorted(names) == sorted(table.schema.names), (
        f"{what}: columns {sorted(names)}, expected {sorted(table.schema.names)}")
    if not subset and _plainly_same(rows, table):
        return
    if table.schema != (rounded := _rounded_by_pandas(rows, table)).schema:
        table = rounded
    got = _count(rows, table.schema) if isinstance(rows, pa.Table) else rows_of_frame(rows, table.schema)
    expected = rows_of_table(table, table.schema)
    extra, missing = got - expected, expected - got
    assert not extra, f"{what}: {sum(extra.values())} rows too many, e.g. {list(extra)[:2]}; " \
                      f"missing {sum(missing.values())}, e.g. {list(missing)[:2]}"
    assert subset or not missing, f"{what}: {sum(missing.values())} rows missing, e.g. {list(missing)[:2]}"
