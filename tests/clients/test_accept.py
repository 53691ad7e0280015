"""The acceptance suite from outside, unmodified and whole, over a copy of its tables: on the disk, and
in S3."""
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from conftest import BINARY, SHARED, Server, profile, yaml_config
from lake import WHERE

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module", params=WHERE)
def outcomes(request, tmp_path_factory):
    """{test name: "passed" | "failed: why" | "skipped: why"} of the whole suite."""
    folder = tmp_path_factory.mktemp("accept")
    tables = folder / "spark-tables"
    shutil.copytree(SHARED / "spark-tables", tables)
    subprocess.run(["chmod", "-R", "u+w", str(tables)], check=True)
    subprocess.run([sys.executable, str(tables / "set_mtimes.py"), str(tables)], check=True)
    where, extra = tables, ""
    if request.param == "s3":
        store = request.getfixturevalue("s3")
        where, extra = store.put_table(tables, "accept"), "storage:\n" + store.yaml("accept", "s3://accept")
    names = sorted(p.name for p in tables.iterdir() if p.is_dir() and not p.name.startswith("_"))
    config = yaml_config({"fixtures": {"default": {
        n: {"location": f"{where}/{n}", "historyShared": True} for n in names}}}, extra=extra)
    with Server(BINARY, config, folder) as server:
        report = folder / "report.xml"
        environment = {**os.environ, "SLUICE_PROFILE": profile(server, folder),
                       "SLUICE_FIXTURES": str(tables), "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             f"--junitxml={report}", str(SHARED / "accept")],
            env=environment, cwd=folder, capture_output=True, text=True, timeout=1500)
        assert report.exists(), run.stdout[-3000:] + run.stderr[-3000:]
        assert server.alive(), server.stderr()[-3000:]
    return _read(report)


def _read(report: pathlib.Path) -> dict[str, str]:
    found = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        name = case.get("classname", "").split(".")[-1] + "::" + case.get("name", "")
        result = "passed"
        for child in case:
            if child.tag in ("failure", "error"):
                result = "failed: " + (child.get("message") or "")[:300]
            elif child.tag == "skipped":
                result = "skipped: " + (child.get("message") or "")[:200]
        found[name] = result
    return found


def test_nothing_fails(outcomes):
    failed = {n: r for n, r in outcomes.items() if r.startswith("failed")}
    assert not failed, f"{len(failed)} fail:\n" + "\n".join(f"{n}  {r}" for n, r in sorted(failed.items()))


def test_most_of_the_suite_ran(outcomes):
    passed = sum(r == "passed" for r in outcomes.values())
    skipped = sum(r.startswith("skipped") for r in outcomes.values())
    print(f"accept: {passed} passed, {skipped} skipped, {len(outcomes)} in all")
    assert passed >= 100
