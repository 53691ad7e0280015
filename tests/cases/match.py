"""Compares an answer's text with the expected one, and captures what varies.

A line that is JSON is compared as JSON, so that spaces and the order of keys do not matter:
  "*"          any value                     "abc*"   a string that begins so (glob, anywhere)
  "<int>" "<uuid>" "<string>"                a value of that kind
  "{{name}}"   any value, remembered; inside a longer string a piece of it
  "...": 0     in an object: other keys may be there too
  "..."        in an array: any further elements
Any other line is a glob. A line "..." alone stands for any number of lines.
"""
from __future__ import annotations

import json
import re

KINDS = {
    "<int>": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "<string>": lambda v: isinstance(v, str) and v != "",
    "<uuid>": lambda v: isinstance(v, str) and re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", v) is not None,
}
CAPTURE = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}")


class Mismatch(Exception):
    pass


def text(pattern: str, actual: str, captures: dict, where: str = "text"):
    """Glob with captures; raises Mismatch. A name captured before must have the same value."""
    parts, names, at = [], [], 0
    for token in re.finditer(r"\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}|\*", pattern):
        parts.append(re.escape(pattern[at:token.start()]))
        if token.group(1):
            names.append(token.group(1))
            parts.append("(.*?)")
        else:
            parts.append(".*?")
        at = token.end()
    parts.append(re.escape(pattern[at:]))
    found = re.fullmatch("".join(parts), actual, re.DOTALL)
    if not found:
        raise Mismatch(f"{where}: expected {pattern!r}\n{' ' * len(where)}       got {actual!r}")
    for name, value in zip(names, found.groups()):
        remember(name, value, captures, where)


def remember(name: str, value, captures: dict, where: str):
    if name in captures and captures[name] != value:
        raise Mismatch(f"{where}: {{{{{name}}}}} was {captures[name]!r}, now {value!r}")
    captures[name] = value


def value(pattern, actual, captures: dict, where: str = "$"):
    if isinstance(pattern, str):
        if pattern == "*":
            return
        if pattern in KINDS:
            if not KINDS[pattern](actual):
                raise Mismatch(f"{where}: expected {pattern}, got {actual!r}")
            return
        whole = CAPTURE.fullmatch(pattern)
        if whole:
            return remember(whole.group(1), actual, captures, where)
        if not isinstance(actual, str):
            raise Mismatch(f"{where}: expected the string {pattern!r}, got {actual!r}")
        return text(pattern, actual, captures, where)
    if isinstance(pattern, dict):
        return _object(pattern, actual, captures, where)
    if isinstance(pattern, list):
        return _array(pattern, actual, captures, where)
    if type(pattern) is not type(actual) or pattern != actual:
        raise Mismatch(f"{where}: expected {pattern!r}, got {actual!r}")


def _object(pattern, actual, captures, where):
    if not isinstance(actual, dict):
        raise Mismatch(f"{where}: expected an object, got {actual!r}")
    named = {k for k in pattern if k != "..."}
    missing = sorted(named - actual.keys())
    extra = sorted(actual.keys() - named)
    if missing:
        raise Mismatch(f"{where}: no {missing} in {actual!r}")
    if extra and "..." not in pattern:
        raise Mismatch(f"{where}: unexpected {extra} in {actual!r}")
    for key in pattern:
        if key != "...":
            value(pattern[key], actual[key], captures, f"{where}.{key}")


def _array(pattern, actual, captures, where):
    if not isinstance(actual, list):
        raise Mismatch(f"{where}: expected an array, got {actual!r}")
    is_open = bool(pattern) and pattern[-1] == "..."
    wanted = pattern[:-1] if is_open else pattern
    if len(actual) < len(wanted) or (len(actual) > len(wanted) and not is_open):
        raise Mismatch(f"{where}: {len(actual)} elements, expected {len(wanted)}: {actual!r}")
    for i, item in enumerate(wanted):
        value(item, actual[i], captures, f"{where}[{i}]")


def _as_json(line: str):
    try:
        return True, json.loads(line)
    except ValueError:
        return False, None


def line(pattern: str, actual: str, captures: dict, where: str):
    is_json, wanted = _as_json(pattern) if pattern[:1] in '{["' and "{{" != pattern[:2] else (False, 0)
    if not is_json:
        return text(pattern, actual, captures, where)
    ok, got = _as_json(actual)
    if not ok:
        raise Mismatch(f"{where}: expected JSON {pattern}\n{' ' * len(where)}       got {actual!r}")
    value(wanted, got, captures, where + " $")


def lines(patterns: list[str], actual: str, captures: dict):
    """All lines of a body. A multi-line JSON pattern may be written as one value over several lines."""
    joined_ok, joined = _as_json("\n".join(patterns)) if len(patterns) > 1 else (False, None)
    if joined_ok:
        ok, got = _as_json(actual)
        if not ok:
            raise Mismatch(f"body: expected one JSON value, got {actual!r}")
        return value(joined, got, captures)
    got_lines = actual.split("\n")
    if got_lines and got_lines[-1] == "":
        got_lines.pop()
    if patterns == ["*"]:
        return
    _match_from(patterns, 0, got_lines, 0, captures)


def _match_from(patterns, p, got, g, captures):
    while p < len(patterns):
        if patterns[p] == "...":
            for skip in range(g, len(got) + 1):
                trial = dict(captures)
                try:
                    _match_from(patterns, p + 1, got, skip, trial)
                except Mismatch:
                    if skip == len(got):
                        raise
                    continue
                captures.update(trial)
                return
        if g >= len(got):
            raise Mismatch(f"body line {g + 1}: missing; expected {patterns[p]}")
        line(patterns[p], got[g], captures, f"body line {g + 1}")
        p, g = p + 1, g + 1
    if g < len(got):
        raise Mismatch(f"body line {g + 1}: unexpected: {got[g][:300]!r}")
