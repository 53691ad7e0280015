"""Predicates on made tables (made_files.py), as clients send them: bodies of /query requests."""
from __future__ import annotations

import datetime
import json

import made_files


def _leaf(op: str, column: str, kind: str, value: str) -> dict:
    return {"op": op, "children": [{"op": "column", "name": column, "valueType": kind},
                                   {"op": "literal", "value": value, "valueType": kind}]}


def day_is(number: int) -> dict:
    """A partition: one of the days of the default table."""
    day = made_files.FIRST_DAY + datetime.timedelta(days=number)
    return _leaf("equal", "day", "date", day.isoformat())


def ids_of(first: int, last: int) -> dict:
    """Statistics: the ids of the files first .. last - 1, and of no other."""
    return {"op": "and", "children": [
        _leaf("greaterThanOrEqual", "id", "long", str(first * made_files.ROWS)),
        _leaf("lessThan", "id", "long", str(last * made_files.ROWS))]}


def body(predicate: dict, **more) -> str:
    return json.dumps({"jsonPredicateHints": json.dumps(predicate, separators=(",", ":")), **more}, separators=(",", ":"))
