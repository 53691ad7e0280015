"""Compares a pandas frame with Arrow rows as multisets, tolerant only of what pandas itself loses:
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


def canon(value, kind: pa.DataType):
    """A hashable form of one cell of Arrow type `kind`."""
    t = pa.types
    if _is_null(value):
        return None
    if t.is_map(kind):
        pairs = value.items() if isinstance(value, dict) else [
            (e["key"], e["value"]) if isinstance(e, dict) else tuple(e) for e in value]
        return tuple(sorted(((canon(k, kind.key_type), canon(v, kind.item_type)) for k, v in pairs),
                            key=repr))
    if t.is_struct(kind):
        return tuple((f.name, canon(value.get(f.name), f.type)) for f in kind)
    if t.is_list(kind) or t.is_large_list(kind):
        return tuple(canon(v, kind.value_type) for v in list(value))
    if t.is_timestamp(kind):
        return _micros(value)
    if t.is_date(kind):
        if isinstance(value, np.datetime64):
            value = pd.Timestamp(value)
        return (value.date() if isinstance(value, dt.datetime) else value).isoformat()
    if t.is_decimal(kind):
        number = value if isinstance(value, decimal.Decimal) else decimal.Decimal(str(value))
        return str(number.quantize(decimal.Decimal(1).scaleb(-kind.scale),
                                   context=decimal.Context(prec=76)))
    if t.is_boolean(kind):
        return bool(value)
    if t.is_binary(kind) or t.is_large_binary(kind):
        return bytes(value)
    if t.is_float32(kind):
        return _number(float(np.float32(value)))
    if t.is_floating(kind) or t.is_integer(kind):
        return _number(value)
    if t.is_null(kind):
        return None
    return value


def _cells_of_frame(frame, field):
    cells = frame[field.name].array if pa.types.is_timestamp(field.type) else frame[field.name].tolist()
    return [canon(v, field.type) for v in cells]


def _cells_of_table(column, field):
    if pa.types.is_timestamp(field.type):
        unit = pa.timestamp("us", tz=field.type.tz)
        return column.cast(unit, safe=False).cast(pa.int64()).to_pylist()
    return [canon(v, field.type) for v in column.to_pylist()]


def rows_of_frame(frame, schema: pa.Schema) -> collections.Counter:
    cells = [_cells_of_frame(frame, f) for f in schema]
    return collections.Counter(zip(*cells)) if cells else collections.Counter()


def rows_of_table(table: pa.Table, schema: pa.Schema) -> collections.Counter:
    cells = [_cells_of_table(table[f.name], f) for f in schema]
    return collections.Counter(zip(*cells)) if cells else collections.Counter()


def assert_same_rows(frame, table: pa.Table, what: str, subset=False):
    """The frame has the table's columns in any order and the same rows (or some of them)."""
    assert sorted(frame.columns) == sorted(table.schema.names), (
        f"{what}: columns {sorted(frame.columns)}, expected {sorted(table.schema.names)}")
    got, expected = rows_of_frame(frame, table.schema), rows_of_table(table, table.schema)
    extra, missing = got - expected, expected - got
    assert not extra, f"{what}: {sum(extra.values())} rows too many, e.g. {list(extra)[:2]}; " \
                      f"missing {sum(missing.values())}, e.g. {list(missing)[:2]}"
    assert subset or not missing, f"{what}: {sum(missing.values())} rows missing, e.g. {list(missing)[:2]}"
