"""`sluice conformance` against our own server, and its reports: all that is required, recommended and
offered is right."""
import json
import pathlib
import subprocess
import xml.etree.ElementTree

import pytest
from conftest import BINARY, ROOT, profile
from sharing_stub import SharingStub
from sluice_server import Server, yaml_config

# What a server without TLS and directories cannot show.
NOT_SHOWN = {"files.https", "lists.access-modes", "access.credentials", "async.ignored"}


def conformance(*words, timeout=300):
    return subprocess.run([str(BINARY), "conformance", *map(str, words)], capture_output=True, text=True,
                          timeout=timeout, check=False)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """The suite's own tables where the binary can make them, else those of the demo."""
    folder = tmp_path_factory.mktemp("conformance")
    made = conformance("make-tables", folder / "lake")
    if made.returncode == 0:
        tables = [p for p in sorted((folder / "lake").rglob("*")) if (p / "_delta_log").is_dir()]
        share = {"conformance": {"default": {
            t.name: {"location": t, "historyShared": True} for t in tables}}}
    else:
        demo = subprocess.run([str(BINARY), "demo", "--once", "--port", "0", "--dir", str(folder / "demo")],
                              capture_output=True, text=True, timeout=300, check=False)
        assert demo.returncode == 0, demo.stderr
        tables = sorted(p for p in (folder / "demo/tables").iterdir() if (p / "_delta_log").is_dir())
        share = {"retail": {"sales": {t.name: {"location": t, "historyShared": True} for t in tables}},
                 "zoo": {"s": {"t": {"location": tables[0]}}}}
    with Server(BINARY, yaml_config(share), folder) as server:
        yield server


def test_our_server_conforms(lake, tmp_path):
    answer = conformance("--profile", profile(lake, tmp_path), "--strict", "--json", "--token-in-url")
    report = json.loads(answer.stdout)
    failed = {c["id"]: c["failures"] for c in report["checks"] if c["verdict"] == "fail"}
    assert failed == {}
    assert answer.returncode == 0, answer.stderr
    assert report["conformant"] is True
    skipped = {c["id"] for c in report["checks"] if c["verdict"] == "skip" and
               "make-tables" not in c["skipReason"]}
    assert skipped <= NOT_SHOWN, {c["id"]: c.get("skipReason") for c in report["checks"]}


def test_reports_are_sound(tmp_path):
    html, junit = tmp_path / "r.html", tmp_path / "r.xml"
    with SharingStub({"zero-gives-all", "trace", "paging-repeats"}) as stub:
        answer = conformance(stub.url, "--token", stub.token, "--html", html, "--junit", junit)
    assert answer.returncode == 1
    assert "✗ list-shares.zero" in answer.stdout and "\x1b" not in answer.stdout
    root = xml.etree.ElementTree.parse(junit).getroot()
    cases = list(root.iter("testcase"))
    assert len(cases) == sum(int(s.get("tests")) for s in root.iter("testsuite"))
    assert len(list(root.iter("failure"))) == sum(int(s.get("failures")) for s in root.iter("testsuite")) > 0
    assert len(list(root.iter("skipped"))) == sum(int(s.get("skipped")) for s in root.iter("testsuite")) > 0
    page = html.read_text()
    assert page.startswith("<!doctype html>") and "<script" not in page and "does not conform" in page
    # Everything that was opened is closed: what is not void and has no end of its own kind.
    for tag in ("details", "table", "tr", "td", "dl", "dd", "h2", "div", "main"):
        assert page.count(f"<{tag}>") + page.count(f"<{tag} ") == page.count(f"</{tag}>"), tag
    for text in (answer.stdout, page, junit.read_text()):
        assert stub.token not in text and "X-Databricks-Signature=" not in text


def test_a_server_that_cannot_be_asked(tmp_path):
    with SharingStub() as stub:
        wrong = conformance(stub.url, "--token", "wrong", "--junit", tmp_path / "r.xml")
        elsewhere = conformance(stub.url + "x", "--token", stub.token)
    assert wrong.returncode == 2 and "401" in wrong.stderr and wrong.stdout == ""
    assert xml.etree.ElementTree.parse(tmp_path / "r.xml").getroot().find(".//error") is not None
    assert elsewhere.returncode == 2 and "endpoint" in elsewhere.stderr
    gone = conformance("http://127.0.0.1:1/x", "--token", "t")
    assert gone.returncode == 2 and "does not answer" in gone.stderr


def test_command_lines_that_cannot_be_followed(tmp_path):
    assert conformance().returncode == 2
    assert conformance("ftp://host").returncode == 2
    assert conformance("--profile", tmp_path / "none").returncode == 2
    assert conformance("http://127.0.0.1:1", "--timeout", "0").returncode == 2
    assert conformance("http://127.0.0.1:1", "--token", "t", "--html", tmp_path / "no/r.html").returncode == 2
    broken = tmp_path / "broken.share"
    broken.write_text('{"shareCredentialsVersion": 1, "endpoint": "http://h"}')
    answer = conformance("--profile", broken)
    assert answer.returncode == 2 and "bearerToken" in answer.stderr


def test_no_check_has_such_an_id():
    with SharingStub() as stub:
        answer = conformance(stub.url, "--token", stub.token, "--only", "nosuch.*")
    assert answer.returncode == 2 and "no check" in answer.stderr


def test_the_guide_lists_all_checks():
    guide = (pathlib.Path(ROOT) / "docs/guide/conformance.md").read_text()
    mark = "<!-- The rest is written by tools/list_conformance_checks.sh -->\n"
    assert guide.split(mark)[1] == conformance("--list", "--markdown").stdout, \
        "run tools/list_conformance_checks.sh"
