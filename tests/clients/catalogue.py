"""tests/data/README.md: all Delta tables of the project's tests, described from their logs (table_facts.py), and the
tests that use them, found in the sources. Written by conformance_table.py.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import feature_tables
import made_tables
import outside_tables
import table_facts
from outside_tables import ALL, ROOT

sys.path.append(str(ROOT / "tests/bench"))
import make_table  # noqa: E402

FILE = ROOT / "tests/data/README.md"
CASES = ROOT / "tests/cases/tables"
WIDEST = 160  # characters of a table's columns that are shown

HEAD = """# The tables of the tests

<!-- Made by `make conformance` (tests/clients/conformance_table.py --catalogue); a test compares the two. -->

The Delta tables that tests and benchmarks read, as their logs describe them. (Unit tests in C++ write what they
need themselves.) The protocol is reader/writer version and the features; versions are those that can be named.
[docs/conformance.md](../../docs/conformance.md) says which of those from outside prove which feature.

"""


def text() -> str:
    return HEAD + "".join(f"## {title}\n\n{words}\n\n{table()}\n" for title, (words, table) in SECTIONS.items())


def _row(*cells) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |\n"


def _table(roots: dict[str, pathlib.Path], users) -> str:
    lines = _row("table", "columns", "protocol", "versions", "features", "used by") + "|---|---|---|---|---|---|\n"
    for name, root in roots.items():
        facts = table_facts.of(root)
        columns = facts.columns if len(facts.columns) <= WIDEST else facts.columns[:WIDEST] + " …"
        lines += _row(name, _code(columns), facts.protocol, facts.versions, ", ".join(facts.listed(*_SHOWN)),
                      ", ".join(users(name, root)))
    return lines


# Protocol and columns have a place of their own.
_SHOWN = ("Log", "Actions", "Changes over versions", "Partitions", "Data files")


def _code(words: str) -> str:
    return f"`{words}`" if words else ""


# ---- who uses what: looked up in the sources ----

def _sources() -> dict[str, str]:
    files = [*sorted((ROOT / "src").rglob("*_test.cc")), *sorted((ROOT / "tests").rglob("*.py")),
             *sorted((ROOT / "tests/cases").glob("*.test")), *sorted((ROOT / "tests/cases").glob("*.setup"))]
    return {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in files}


SOURCES = _sources()


def _mention(pattern: str) -> list[str]:
    return [pathlib.Path(name).name for name, source in SOURCES.items() if re.search(pattern, source)]


def _users_of_outside(name, root) -> list[str]:
    schema, _ = name.split(".")
    every = ["test_conformance.py"] + (["test_accept.py"] if schema == "spark" else [])
    parts = root.relative_to(outside_tables.SHARED).parts[1:]
    folder = re.escape(parts[0] if schema == "spark" else parts[1])
    lead = "spark-tables" if schema == "spark" else schema
    named = _mention(rf"\b{lead}/{folder}(?![\w-])|\b{re.escape(name)}(?![\w-])")
    return [*every, *(n for n in named if n not in (*every, "outside_tables.py"))]


def _users_of_case(name, _) -> list[str]:
    return _mention(rf"(?m)^@table \S+ {name}$|tables/{name}\b")


def _users_of_made(name, _) -> list[str]:
    if name in feature_tables.TABLES:
        return _mention(r"feature_tables\.TABLES\[")
    return _mention(rf"made_tables\.{name}\((?!top)")


# ---- the tables, by where they come from ----

def _outside() -> str:
    return _table(ALL, _users_of_outside)


def _cases() -> str:
    return _table({p.name: p for p in sorted(CASES.iterdir()) if (p / "_delta_log").is_dir()}, _users_of_case)


def _made() -> str:
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        roots = {"real": made_tables.real(top / "real"), "wide": made_tables.wide(top / "wide", 3)}
        roots |= {name: feature_tables.made(name, top / name) for name in feature_tables.TABLES}
        return _table(roots, _users_of_made)


def _bench() -> str:
    """Small ones of the same make."""
    kinds = {"t100, t1000, t10k, t100k, t300k, t1m": ["--files", 100], "hashed": ["--files", 100, "--names", "hashed"],
             "real": ["--real-bytes", 1000], "t10k_commits": ["--files", 20, "--commits", 19, "--checkpoint", "none"]}
    with tempfile.TemporaryDirectory() as folder:
        roots = {name: make_table.made(pathlib.Path(folder) / str(i), *words)
                 for i, (name, words) in enumerate(kinds.items())}
        return _table(roots, lambda name, _: ["run.py", "s3_bench.py"] if name[:2] == "t1" else ["run.py"])


def _demo() -> str:
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(os.environ.get("SLUICE_DEMO_DIR", folder))
        if not top.is_dir() or not any(top.iterdir()):
            binary = os.environ.get("SLUICE_BINARY", ROOT / "build/release/sluice")
            subprocess.run([str(binary), "demo", "--once", "--dir", f"{folder}/demo", "--port", "0"], check=True,
                           capture_output=True, timeout=300)
            top = pathlib.Path(folder) / "demo/tables"
        return _table({p.name: p for p in sorted(top.iterdir()) if (p / "_delta_log").is_dir()},
                      lambda *_: ["test_demo_tables.py", "test_demo.py"])


SECTIONS = {
    "From outside": ("""\
In `../shared/delta-tables` (golden, kernel) and `../shared/spark-tables` (spark), beside the repository; each has a
README there. Tests read them in place, and skip, saying so, where they are absent. `test_golden.py` reads all of
golden and kernel.""", _outside),
    "Text cases": ("""\
In [tests/cases/tables](../cases/tables), written by its `make.py`; a case names them by `@table`.""", _cases),
    "Made by client tests": ("""\
By functions of [made_tables.py](../clients/made_tables.py), of the sizes and with the damage that a test needs, and
of [feature_tables.py](../clients/feature_tables.py), for features that no table from outside has.""", _made),
    "Benchmarks": ("""\
Made by [make_table.py](../bench/make_table.py); here small ones of the same make. Their data files do not exist,
but for `real`.""", _bench),
    "The demo": ("""\
What `sluice demo` writes: [test_demo_tables.py](../clients/test_demo_tables.py) reads them with delta-rs.""", _demo),
}
