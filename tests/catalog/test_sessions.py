"""Browsers sign in with a token, and are out as soon as that is over."""
from __future__ import annotations

import json

import pytest
from catalog_server import SLUICE
from databricks.sdk.service.iam import Patch, PatchOp
from databricks.sdk.service.sharing import IpAccessList
from providing import UC, assert_refused

SESSION = f"{SLUICE}/session"
PORTAL = {"X-Sluice-Portal": "1"}
SHARES = f"{UC}/shares"
OUT = (401, "UNAUTHENTICATED")


class Browser:
    """Keeps the cookie, and sends what the portal's pages send."""

    def __init__(self, server):
        self.server, self.secret = server, None

    def ask(self, method, path, *, headers=None, secret=None, **options):
        sent = dict(PORTAL if headers is None else headers)
        secret = secret or self.secret
        if secret:
            sent["Cookie"] = f"sluice_session={secret}"
        return self.server.ask(method, path, token="", headers=sent, **options)

    def sign_in(self, token, **options):
        answer = self.ask("POST", SESSION, json={"token": token}, **options)
        if answer.status_code == 200:
            self.secret = answer.cookies["sluice_session"]
        return answer

    def who(self, **options):
        return self.ask("GET", SESSION, **options)

    def assert_out(self, **options):
        assert_refused(self.who(**options), *OUT)
        assert_refused(self.ask("GET", SHARES, **options), *OUT)


@pytest.fixture
def browser(standing) -> Browser:
    return Browser(standing.server)


@pytest.fixture
def ada(standing, fresh):
    """(her token, her name)"""
    name = f"{fresh('ada')}@example.org"
    standing.w.users.create(user_name=name)
    return standing.pat(name), name


def test_an_administrator_signs_in_and_out(standing, browser):
    answer = browser.sign_in(standing.server.admin_token)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["principal_type"] == "user" and told["name"] == "admin" and told["is_metastore_admin"] is True
    assert told["token_expires_at"] is None and told["expires_at"] > 0
    cookie = answer.headers["Set-Cookie"]
    for word in ("; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43"):
        assert word in cookie, cookie
    assert "Domain" not in cookie and "Secure" not in cookie, "plain http"
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.who().json() == told
    assert browser.ask("GET", SHARES).status_code == 200
    assert browser.ask("POST", SHARES, json={"name": "made_in_a_browser"}).json()["created_by"] == "admin"

    out = browser.ask("DELETE", SESSION)
    assert out.status_code == 200 and out.json() == {} and "Max-Age=0" in out.headers["Set-Cookie"]
    browser.assert_out()
    assert browser.ask("DELETE", SESSION).status_code == 200, "as often as one likes"


def test_behind_https_the_cookie_is_for_https(standing, browser):
    origin = f"https://127.0.0.1:{standing.server.port}"
    answer = browser.ask("POST", SESSION, json={"token": standing.server.admin_token}, headers={"Origin": origin})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sluice_session=") and cookie.endswith("; Secure"), cookie
    assert "; Path=/;" in cookie and "Domain" not in cookie
    secret = cookie.split(";")[0]
    assert standing.server.ask("GET", SHARES, token="", headers={**PORTAL, "Cookie": secret}).status_code == 200


def test_a_recipient_reads_what_it_was_granted(standing, browser, fresh):
    standing.share(share := fresh("share"))
    reader = standing.reader(name := fresh("reader"), share)
    told = browser.sign_in(reader.token).json()
    assert told["principal_type"] == "recipient" and told["name"] == name and told["is_metastore_admin"] is False
    assert told["token_expires_at"] > told["expires_at"]
    listed = browser.ask("GET", "/delta-sharing/shares")
    assert [s["name"] for s in listed.json()["items"]] == [share]
    assert_refused(browser.ask("GET", SHARES), *OUT)


def test_a_user_is_no_recipient(browser, ada):
    browser.sign_in(ada[0])
    assert browser.who().json()["name"] == ada[1]
    assert browser.ask("GET", "/delta-sharing/shares").status_code == 401


def test_the_cookie_counts_beside_the_header_only(browser, ada):
    browser.sign_in(ada[0])
    for headers in ({}, {"X-Sluice-Portal": "0"}, {"X-Sluice-Portal": "true"},
                    {**PORTAL, "Authorization": "Bearer x"}, {**PORTAL, "Authorization": ""}):
        browser.assert_out(headers=headers)
    assert browser.ask("POST", SHARES, headers={}, json={"name": "forged"}).status_code == 401
    assert browser.ask("DELETE", SESSION, headers={}).status_code == 200
    assert browser.who().status_code == 200, "nobody is signed out by a link"


def test_forged_cookies_are_nobody(browser, ada):
    browser.sign_in(ada[0])
    secret = browser.secret
    for forged in ("A" * 43, secret[:-1], secret + "A", secret.swapcase(), ada[0], "x", "%00", '"' + secret + '"'):
        browser.assert_out(secret=forged)


def test_wrong_tokens_are_refused_in_one_sentence(standing, browser, ada):
    server = standing.server
    right, _ = ada
    revoked = standing.pat(ada[1])
    made = server.ask("GET", "/api/2.0/token/list", token=revoked).json()["token_infos"]
    newest = max(made, key=lambda t: t["creation_time"])["token_id"]
    server.ask("POST", "/api/2.0/token/delete", json={"token_id": newest}, token=right)
    seen = set()
    for wrong in (revoked, right + "x", right[:-1], "x", "slu_" + "A" * 43):
        answer = browser.sign_in(wrong)
        assert_refused(answer, *OUT)
        assert "Set-Cookie" not in answer.headers
        assert wrong == "x" or wrong not in answer.text
        seen.add(answer.json()["message"])
    assert len(seen) == 1, seen
    assert_refused(browser.ask("POST", SESSION, json={}), 400, "INVALID_PARAMETER_VALUE")
    assert_refused(browser.ask("POST", SESSION, data="{"), 400, "MALFORMED_REQUEST")


def test_pages_of_other_sites_sign_nobody_in(standing, browser, ada):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
                    {"Origin": "https://evil.example.org"}):
        answer = browser.sign_in(ada[0], headers=headers)
        assert_refused(answer, 403, "PERMISSION_DENIED")
        assert "Set-Cookie" not in answer.headers
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": standing.server.origin}):
        assert browser.sign_in(ada[0], headers=headers).status_code == 200


def test_a_session_that_was_planted_is_not_taken_over(standing, browser, ada):
    attacker = Browser(standing.server)
    attacker.sign_in(ada[0])
    browser.secret = attacker.secret
    assert browser.sign_in(standing.server.admin_token).status_code == 200
    assert browser.secret != attacker.secret
    attacker.assert_out()
    assert browser.who().json()["name"] == "admin"
    browser.secret = "planted" * 6
    browser.sign_in(ada[0])
    Browser(standing.server).assert_out(secret="planted" * 6)


def test_it_dies_with_the_token(standing, browser, ada):
    browser.sign_in(ada[0])
    mine = standing.server.ask("GET", "/api/2.0/token/list", token=ada[0]).json()["token_infos"]
    standing.server.ask("POST", "/api/2.0/token/delete", json={"token_id": mine[0]["token_id"]}, token=ada[0])
    browser.assert_out()
    assert_refused(browser.sign_in(ada[0]), *OUT)


def test_it_dies_with_the_user(standing, browser, ada):
    browser.sign_in(ada[0])
    user = next(iter(standing.w.users.list(filter=f'userName eq "{ada[1]}"')))
    standing.w.users.patch(user.id, operations=[Patch(op=PatchOp.REPLACE, path="active", value="false")])
    browser.assert_out()
    assert_refused(browser.sign_in(ada[0]), *OUT)
    standing.w.users.delete(user.id)
    browser.assert_out()


def test_it_dies_with_the_rotation_and_the_recipient(standing, browser, fresh):
    standing.share(share := fresh("share"))
    reader = standing.reader(name := fresh("reader"), share)
    other = standing.reader(gone := fresh("reader"), share)
    browser.sign_in(reader.token)
    standing.w.recipients.rotate_token(name, existing_token_expire_in_seconds=0)
    browser.assert_out()
    browser.sign_in(other.token)
    standing.w.recipients.delete(gone)
    browser.assert_out()


def test_the_address_list_holds_at_each_request(standing, browser, fresh):
    standing.share(share := fresh("share"))
    reader = standing.reader(name := fresh("reader"), share)
    browser.sign_in(reader.token)
    standing.w.recipients.update(name, ip_access_list=IpAccessList(allowed_ip_addresses=["127.0.0.7"]))
    assert browser.ask("GET", "/delta-sharing/shares").status_code == 403
    assert browser.who().status_code == 403
    assert browser.ask("GET", "/delta-sharing/shares", address="127.0.0.7").status_code == 200
    assert_refused(browser.sign_in(reader.token), 403, "PERMISSION_DENIED")
    assert browser.sign_in(reader.token, address="127.0.0.7").status_code == 200


def test_a_restart_ends_nothing_and_no_secret_is_kept(provider):
    server = provider.server
    browser, other = Browser(server), Browser(server)
    token = server.admin_token
    browser.sign_in(token)
    other.sign_in(token)
    other.ask("DELETE", SESSION)
    refused = browser.sign_in("slu_wrong_token_of_somebody")
    assert refused.status_code == 401
    server.restart()
    assert browser.who().json()["name"] == "admin"
    other.assert_out()

    server.stop()
    secrets = [browser.secret, other.secret, token, "slu_wrong_token_of_somebody"]
    for file in [f for f in server.folder.rglob("*") if f.is_file() and f.name not in ("admin-token",)]:
        content = file.read_bytes()
        assert not [s for s in secrets if s.encode() in content], file
    events = [json.loads(line) for line in server.run("audit", "export").stdout.splitlines()]
    seen = [(e["action_name"], e["response"]["status_code"]) for e in events
            if e["action_name"] in ("tokenLogin", "logout")]
    assert sorted(seen) == [("logout", 200), ("tokenLogin", 200), ("tokenLogin", 200), ("tokenLogin", 401)], seen
    server.start()


@pytest.mark.parametrize("provider", ["version: 1\nportal: {sessionHours: 1}\n"], indirect=True)
def test_the_setting_says_how_long(provider):
    answer = Browser(provider.server).sign_in(provider.server.admin_token)
    assert "; Max-Age=35" in answer.headers["Set-Cookie"] or "; Max-Age=3600" in answer.headers["Set-Cookie"]


def test_guesses_come_to_an_end(provider):
    browser = Browser(provider.server)
    answers = [browser.sign_in("x", address="127.0.0.9").status_code for _ in range(400)]
    assert set(answers) == {401, 429}, "one address may not try for ever"
    assert browser.sign_in(provider.server.admin_token).status_code == 200, "others may go on"
