#!/usr/bin/env python3
"""Writes docs/conformance.md from a run of test_conformance.py, and tests/data/README.md, the catalogue of
all test tables. `make conformance` does both; tests hold the files against what they should be.

    conformance_table.py              run the tests, write docs/conformance.md and the catalogue
    conformance_table.py --catalogue  write the catalogue alone
"""
import argparse
import collections
import dataclasses
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import outside_tables  # noqa: E402
import table_facts  # noqa: E402
from lake import WHERE  # noqa: E402
from outside_tables import ALL, CHECKPOINTED, REFUSED, ROOT, UNREAD, WITH_ROWS  # noqa: E402

DOCUMENT = ROOT / "docs/conformance.md"
READERS = {"client": "official client", "duckdb": "DuckDB"}
PLACES = {"local": "disk", "s3": "S3"}
NAMES_SHOWN = 12
REMARKS = {"Log": "A table that has all its commits is read without its checkpoints: for these see "
                  "[Checkpoints](#checkpoints).\n\n"}


@dataclasses.dataclass
class Proof:
    """What a run has shown."""
    reads: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(set))
    judges: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(dict))
    refusals: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(dict))
    skips: dict = dataclasses.field(default_factory=dict)
    checkpoints: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(set))
    feeds: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(set))
    feed_judges: dict = dataclasses.field(default_factory=dict)

    def at(self, place):
        return ProofAt(self, place)

    def missing(self) -> list[str]:
        """What a whole run would have shown and this one did not."""
        places = set(WHERE)
        reads = [f"{t} by {r}" for t in WITH_ROWS for r in READERS
                 if self.reads[t, r] != places and (t, r) not in self.skips]
        refused = [t for t in REFUSED if self.refusals[t].keys() != places]
        feeds = [f"changes of {f} by {r}" for f in outside_tables.feeds() for r in READERS
                 if self.feeds[f, r] != places]
        checkpoints = [t for t in CHECKPOINTED if self.checkpoints[t] != places]
        return reads + refused + checkpoints + feeds + [t for t in UNREAD if (t, "duckdb") not in self.skips]


@dataclasses.dataclass
class ProofAt:
    """The proof, for the tests in one place."""
    proof: Proof
    place: str

    def read(self, table, reader, version=None, judge=None):
        self.proof.reads[table, reader].add(self.place)
        if judge:
            self.proof.judges[table][version] = judge

    def refused(self, table, answer):
        said = answer.json()
        self.proof.refusals[table][self.place] = (answer.status_code, said["errorCode"], said["message"])

    def checkpoint(self, table):
        self.proof.checkpoints[table].add(self.place)

    def feed(self, table, reader, start, end, judge=None):
        self.proof.feeds[(table, start, end), reader].add(self.place)
        if judge:
            self.proof.feed_judges[table, start, end] = judge

    def skipped(self, table, reader, reason):
        self.proof.skips[table, reader] = reason


PROOF = Proof()  # of this process


def row(*cells) -> str:
    return "| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |\n"


def head(*cells) -> str:
    return row(*cells) + "|" + "---|" * len(cells) + "\n"


def names(tables) -> str:
    shown, more = sorted(tables)[:NAMES_SHOWN], len(tables) - NAMES_SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _reads(proof, tables, reader, place) -> str:
    """How many of the tables that have rows and are read at all were read."""
    done = sum(place in proof.reads[t, reader] for t in tables)
    return f"{done}" if done == len(tables) else f"{done} of {len(tables)}"


def document(proof: Proof) -> str:
    facts = {t: table_facts.of(root) for t, root in ALL.items()}
    return (_intro(proof) + _features(proof, facts) + _checkpoints(proof, facts) + _refused(proof) +
            _unread(proof) + _feeds(proof) + _tables(proof))


def _intro(proof) -> str:
    whole = [t for t in WITH_ROWS if all(proof.reads[t, r] == set(WHERE) for r in READERS)]
    versions = sum(len(v) for v in proof.judges.values())
    return f"""# Conformance: tables that others wrote

<!-- Made by `make conformance` from a run of tests/clients/test_conformance.py; a test compares the two. -->

{len(ALL)} Delta tables that were written elsewhere, by Spark, the Delta kernels, delta-rs and older writers, are
served from disk and from an S3 store. Each is read row by row by two readers that share no code:

- the **official Python client**, unmodified, in delta format, in parquet format where the table allows it, and
  as it chooses by itself;
- **DuckDB**, from the URLs in the answer. Deletion vectors, column mapping, partition values and casts are
  applied by a reader of the tests' own, written from the Delta protocol.

The rows must be those that Spark read from the table, or that come with the collection; where there are
neither, those that delta-rs reads; where it cannot, both readers must agree.

**{len(whole)} are read in full by both readers in both places**, at {versions} versions;
{len(set(WITH_ROWS) - set(whole))} by one of them alone; {len(REFUSED)} are refused, as they must be;
of {len(UNREAD)} only the log is there.

"""


def _features(proof, facts) -> str:
    """Which table proves what."""
    holders = collections.defaultdict(list)
    for table, found in facts.items():
        for feature in found.features:
            holders[feature].append(table)
    text = ("## Features\n\nFound in the tables' logs. Numbers are tables: read, of those that are to be read "
            "at all.\n\n")
    columns = [(r, p) for r in READERS for p in WHERE]
    for group in table_facts.GROUPS:
        text += f"### {group}\n\n" + REMARKS.get(group, "") + head("feature", *(f"{READERS[r]}, {PLACES[p]}" for r, p in columns),
                                          "refused", "tables")
        for (_, what), tables in sorted((k, v) for k, v in holders.items() if k[0] == group):
            wanted = [t for t in tables if t in WITH_ROWS]
            refused = sum(t in proof.refusals for t in tables)
            text += row(what, *(_reads(proof, wanted, r, p) for r, p in columns), refused or "",
                        names(tables))
        text += "\n"
    return text


def _checkpoints(proof, facts) -> str:
    text = ("## Checkpoints\n\nWhere all commits are there, a table can be read without a look at its checkpoints. "
            "So here are\nthose with a checkpoint once more, without the commits that it makes needless, read by "
            "DuckDB.\n\n") + head("table", "checkpoint", "read")
    for table in CHECKPOINTED:
        kinds = [what for what in facts[table].listed("Log") if "checkpoint" in what]
        text += row(table, ", ".join(kinds), _places(proof.checkpoints[table]))
    return text + "\n"


def _refused(proof) -> str:
    text = "## Refused\n\nBy every operation that would read them, and in both places alike.\n\n" + \
        head("table", "status", "error code", "message")
    for table in sorted(REFUSED):
        text += row(table, *_answer(proof, table))
    return text + "\n"


def _answer(proof, table):
    (answer,) = set(proof.refusals[table].values())
    return answer


def _unread(proof) -> str:
    text = "## Not read, and why\n\n" + head("table", "reader", "reason")
    for (table, reader), reason in sorted(proof.skips.items()):
        text += row(table, READERS[reader], reason)
    for (table, start, end), reason in sorted(outside_tables.CLIENT_FEED_LIMITS.items()):
        text += row(table, READERS["client"], f"changes of {start}–{end} in delta format: {reason}")
    for table, columns in sorted(outside_tables.ZONE_DEPENDENT.items()):
        text += row(table, "both", f"the column {', '.join(sorted(columns))} is not compared: its expected values "
                                   "depend on the zone of the writer's machine")
    return text + "\n"


def _feeds(proof) -> str:
    text = "## Change feeds\n\n"
    text += head("table", "versions", *READERS.values(), "whose rows they must be")
    for feed in outside_tables.feeds():
        text += row(feed[0], f"{feed[1]}–{feed[2]}", *(_places(proof.feeds[feed, r]) for r in READERS),
                    proof.feed_judges[feed])
    for table, start, end in outside_tables.feeds_without_files():
        text += row(table, f"{start}–{end}", "-", "-", "not read: its files are not in the collection")
    return text + "\n"


def _places(places) -> str:
    return ", ".join(PLACES[p] for p in WHERE if p in places) or "-"


def _tables(proof) -> str:
    text = "## Tables\n\n" + head("table", *READERS.values(), "versions that DuckDB read", "whose rows they must be")
    for table in WITH_ROWS:
        judges = proof.judges[table]
        text += row(table, *(_places(proof.reads[table, r]) for r in READERS), _ranges(judges),
                    ", ".join(sorted(set(judges.values()))))
    return text


def _ranges(numbers) -> str:
    found = []
    for n in sorted(numbers):
        if found and found[-1][1] == n - 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in found)


def run() -> int:
    """The tests, in this process, with the document written instead of compared."""
    import pytest
    return pytest.main(["-q", "-p", "no:cacheprovider", "--write-conformance",
                        *(str(HERE / f"test_{name}.py") for name in ("conformance", "change_feed_tables"))])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", action="store_true", help="write the catalogue alone")
    options = parser.parse_args()
    import catalogue
    catalogue.FILE.parent.mkdir(exist_ok=True)
    catalogue.FILE.write_text(catalogue.text(), encoding="utf-8")
    return 0 if options.catalogue else run()


if __name__ == "__main__":
    sys.exit(main())
