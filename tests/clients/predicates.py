"""Random predicates over the rows of a table, in both languages of hints and as DuckDB's SQL.

A predicate is a tree of tuples: ("and"|"or", *trees), ("not", tree), ("null", column), ("in", column, values),
("starts", column, prefix), (comparison, column, value) and (comparison, value, column).
"""
import dataclasses
import datetime as dt
import json
import math

COMPARISONS = {"=": "equal", "<": "lessThan", "<=": "lessThanOrEqual", ">": "greaterThan", ">=": "greaterThanOrEqual"}
JSON_TYPES = {"byte": "int", "short": "int", "integer": "int", "long": "long", "float": "float", "double": "double",
              "string": "string", "boolean": "bool", "date": "date", "timestamp": "timestamp"}


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    kind: str  # the type's name in a Delta schema

    @property
    def in_json(self):
        return self.kind in JSON_TYPES


def is_asked_for(kind) -> bool:
    return isinstance(kind, str) and (kind in JSON_TYPES or kind.startswith("decimal"))


def columns_of(tree) -> set:
    if isinstance(tree, Column):
        return {tree}
    if not isinstance(tree, tuple):
        return set()
    return set().union(*map(columns_of, tree))


def says_null(tree) -> bool:
    """Whether a literal is the text "null": it may be a null that its client has written so, and nobody can tell."""
    if isinstance(tree, Column):
        return False
    if isinstance(tree, (tuple, list)):
        return any(map(says_null, tree))
    return tree == "null"


# ---- making them ----

def _near(rng, value):
    """A value like this one, often the same."""
    if rng.random() < 0.5 or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return rng.choice([value[:rng.randint(0, len(value))], value + rng.choice("az\U0010ffff"), value.swapcase()])
    if isinstance(value, dt.datetime):
        return value + dt.timedelta(microseconds=rng.choice([-86400 * 10**6, -1000, -1, 1, 999, 10**6]))
    if isinstance(value, dt.date):
        return value + dt.timedelta(days=rng.choice([-400, -1, 1, 400]))
    if isinstance(value, float):
        return value + rng.choice([-1.5, 0.25, 1000.0]) if math.isfinite(value) else value
    return value + rng.choice([-1000, -1, 1, 1000])


def _leaf(rng, columns, values):
    column = rng.choice(columns)
    pick = rng.random()
    if pick < 0.12 or not values[column]:
        return ("null", column)
    one = lambda: _near(rng, rng.choice(values[column]))  # noqa: E731
    if pick < 0.3:
        return ("in", column, [one() for _ in range(rng.randint(1, 6))])
    if pick < 0.4 and column.kind == "string":
        return ("starts", column, one()[:rng.randint(0, 3)])
    sides = (column, one())
    return (rng.choice(list(COMPARISONS)), *(sides if rng.random() < 0.7 else sides[::-1]))


def random_tree(rng, columns, values, depth=3):
    """`values`: those that each column has, to begin with."""
    if depth == 0 or rng.random() < 0.35:
        return _leaf(rng, columns, values)
    op = rng.choice(["and", "and", "or", "or", "not"])
    count = 1 if op == "not" else rng.randint(2, 3)
    return (op, *(random_tree(rng, columns, values, depth - 1) for _ in range(count)))


# ---- writing them ----

def _moment(value, precision):
    return value.astimezone(dt.timezone.utc).replace(tzinfo=None).isoformat(" ", precision)


def _literal(value, kind, duck):
    if kind == "boolean":
        return "TRUE" if value else "FALSE"
    if kind == "string":
        return "'" + value.replace("'", "''") + "'"
    if kind == "date":
        return f"DATE '{value.isoformat()}'"
    if kind == "timestamp":
        word, zone = ("TIMESTAMPTZ", "+00") if duck else ("TIMESTAMP", "Z")
        return f"{word} '{_moment(value, 'microseconds')}{zone}'"
    if kind in ("float", "double"):
        if duck or not math.isfinite(value):
            return f"CAST('{value!r}' AS DOUBLE)"
        return f"{value!r}D" if "e" not in repr(value) else repr(value)
    return f"{value:f}" if kind.startswith("decimal") else str(value)


def to_sql(tree, duck=False) -> str:
    """For the server, as Spark's dialect has it; `duck`: for DuckDB."""
    def name(column):
        quote = '"' if duck else "`"
        return quote + column.name.replace(quote, 2 * quote) + quote

    op = tree[0]
    if op == "not":
        return f"(NOT {to_sql(tree[1], duck)})"
    if op in ("and", "or"):
        return "(" + f" {op.upper()} ".join(to_sql(t, duck) for t in tree[1:]) + ")"
    if op == "null":
        return f"({name(tree[1])} IS NULL)"
    if op == "in":
        return f"({name(tree[1])} IN ({', '.join(_literal(v, tree[1].kind, duck) for v in tree[2])}))"
    if op == "starts":
        return f"({'starts_with' if duck else 'startswith'}({name(tree[1])}, {_literal(tree[2], 'string', duck)}))"
    (column,) = columns_of(tree)
    left, right = (name(t) if isinstance(t, Column) else _literal(t, column.kind, duck) for t in tree[1:])
    return f"({left} {op} {right})"


def _json_text(value, kind):
    if kind == "boolean":
        return str(value).lower()
    if kind == "timestamp":  # as the reference client does, without what is below a millisecond
        return _moment(value, "milliseconds").replace(" ", "T") + "Z"
    if kind in ("float", "double") and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return str(value)


def to_json(tree) -> str:
    def leaf(side, kind):
        if isinstance(side, Column):
            return {"op": "column", "name": side.name, "valueType": JSON_TYPES[kind]}
        return {"op": "literal", "value": _json_text(side, kind), "valueType": JSON_TYPES[kind]}

    def node(tree):
        op = tree[0]
        if op in ("and", "or", "not"):
            return {"op": op, "children": [node(t) for t in tree[1:]]}
        (column,) = columns_of(tree)
        sides = tree[1:2] + tuple(tree[2]) if op == "in" else tree[1:]
        word = {"null": "isNull", "in": "in", "starts": "startsWith"}.get(op) or COMPARISONS[op]
        return {"op": word, "children": [leaf(s, column.kind) for s in sides]}

    return json.dumps(node(tree))
