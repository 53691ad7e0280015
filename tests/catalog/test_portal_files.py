"""What browsers get at the root: the portal. A binary without it is for the unit tests of its room."""
from __future__ import annotations

import json
import re

import pytest
from catalog_server import UC

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "identity"}


def get(provider, path, method="GET", **headers):
    return provider.server.ask(method, path, token="", headers={**PAGE, **headers})


@pytest.fixture(scope="module")
def portal(standing):
    """A server whose binary has the portal, as `make build` makes it."""
    assert get(standing, "/").status_code == 200, "the binary was built without the portal: make build"
    return standing


def test_every_answer_says_what_a_browser_may_do(standing):
    for path in ("/", "/shares/retail", "/gone.js"):
        headers = get(standing, path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';"), path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_what_is_not_the_portals_stays_as_it_is(standing):
    for path in ("/api", "/api/x", f"{UC}/nothing", "/delta-sharing", "/delta-sharing/x", "/api/2.1/opensharing/x"):
        answer = get(standing, path)
        assert answer.status_code == 401 and answer.headers["Content-Type"].startswith("application/json"), path
    assert get(standing, "/activate/" + "A" * 43).status_code == 404
    assert get(standing, "/activate").status_code != 200
    assert get(standing, "/health").json()["status"] == "ok"
    assert get(standing, "/metrics").status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert get(standing, "/shares", method).status_code == 401, method


def test_no_path_leads_anywhere_else(standing):
    for path in ("//evil.example.org", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/assets/..%2findex",
                 "/%00", "/%", "/\\evil.example.org", "/index.html/..%2f", "/.git/config", "/assets/", "/?next=//evil"):
        answer = get(standing, path)
        assert answer.status_code in (200, 404), path
        assert "Location" not in answer.headers and "root:" not in answer.text, path


def test_it_is_not_on_record(standing):
    get(standing, "/not-on-record")
    events = standing.server.run("audit", "export").stdout.splitlines()
    assert not [e for e in events if json.loads(e)["action_name"] == "getPortalFile"]
    assert not [e for e in events if "not-on-record" in e]


@pytest.mark.parametrize("provider", ["version: 1\nportal: {enabled: false}\n"], indirect=True)
def test_it_can_be_switched_off(provider):
    assert get(provider, "/").status_code == 401
    assert get(provider, "/shares/retail").status_code == 401


def test_pages_are_the_index(portal):
    index = get(portal, "/")
    assert index.headers["Content-Type"] == "text/html; charset=utf-8"
    assert index.headers["Cache-Control"] == "no-cache" and index.headers["Vary"] == "Accept-Encoding"
    for path in ("/index.html", "/shares", "/shares/retail/tables", "/anything/at/all/"):
        assert get(portal, path).text == index.text, path
    assert get(portal, "/shares", Accept="application/json").status_code == 404
    assert get(portal, "/assets/gone-1a2b3c.js").status_code == 404
    head = get(portal, "/", "HEAD")
    assert head.status_code == 200 and int(head.headers["Content-Length"]) == len(index.content)
    again = get(portal, "/", **{"If-None-Match": index.headers["ETag"]})
    assert again.status_code == 304 and not again.content


def test_what_the_index_needs_is_there_for_a_year(portal):
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', get(portal, "/").text)
    assert assets, "the page has a program"
    for path in assets:
        plain = get(portal, path)
        assert plain.status_code == 200 and plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        packed = get(portal, path, **{"Accept-Encoding": "gzip"})
        assert packed.content == plain.content, "requests unpacks it"
        if packed.headers.get("Content-Encoding") == "gzip":
            assert int(packed.headers["Content-Length"]) < len(plain.content)
