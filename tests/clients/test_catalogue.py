"""tests/data/README.md lists the tables as they are."""
import pytest

import catalogue
from outside_tables import TABLES


@pytest.mark.parametrize("title", catalogue.SECTIONS)
def test_the_catalogue_is_up_to_date(title):
    if title == "From outside" and not TABLES.is_dir():
        pytest.skip("no tables from outside")
    words, table = catalogue.SECTIONS[title]
    section = f"## {title}\n\n{words}\n\n{table()}\n"
    assert section in catalogue.FILE.read_text(encoding="utf-8"), (
        "run: tests/clients/conformance_table.py --catalogue")


def test_the_catalogue_has_no_other_sections():
    written = catalogue.FILE.read_text(encoding="utf-8")
    assert written.startswith(catalogue.HEAD)
    assert [line[3:] for line in written.split("\n") if line.startswith("## ")] == list(catalogue.SECTIONS)
