"""Who hears of what: the inbox, mail and webhooks, with a real web server and a real mail server at the other
end; and requests and their answers."""
from __future__ import annotations

import json
import threading

import pytest
from databricks.sdk.service.settings import Config, EmailConfig, GenericWebhookConfig, SlackConfig

from audit_log import logged
from catalog_server import SLUICE, CatalogServer
from conftest import BINARY
from providing import HOUR_MS, Provider, assert_refused, eventually, now_ms, refused
from sinks import MailSink, Webhooks, verify

DESTINATIONS = "/api/2.0/notification-destinations"
SUBSCRIPTIONS = f"{SLUICE}/notification-subscriptions"
ALLOWED = "notify:\n  allowPrivateTargets: true\n  tablePollSeconds: 1\n"


@pytest.fixture
def hooks():
    with Webhooks() as sink:
        yield sink


@pytest.fixture
def start(tmp_path):
    """start(settings): a server with these settings; all end with the test."""
    servers = []

    def starting(settings=ALLOWED) -> Provider:
        folder = tmp_path / str(len(servers))
        lake = folder / "lake"
        lake.mkdir(parents=True)
        settings = f"version: 1\nshares: []\n{settings}" if settings else ""
        server = CatalogServer(BINARY, folder, local_roots=[lake], settings=settings)
        servers.append(server.start())
        return Provider(server, lake)

    yield starting
    for server in servers:
        server.stop()


def inbox(provider, token=None, **query) -> dict:
    answer = provider.server.ask("GET", f"{SLUICE}/notifications", token=token, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds(provider, token=None) -> list[str]:
    return [n["kind"] for n in inbox(provider, token).get("notifications", [])]


def webhook(provider, url, *subscribed, **narrowed):
    """(destination, its secret)"""
    made = provider.server.ask("POST", DESTINATIONS, json={
        "display_name": "hook", "config": {"generic_webhook": {"url": url}}})
    assert made.status_code == 200, made.text
    subscribe(provider, made.json()["id"], *subscribed, **narrowed)
    return made.json(), made.json()["signing_secret"]


def subscribe(provider, destination, *subscribed, **narrowed):
    answer = provider.server.ask("POST", SUBSCRIPTIONS, json={
        "destination_id": destination, "kinds": list(subscribed), **narrowed})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_sdk_keeps_destinations(start):
    provider = start()
    w = provider.w.notification_destinations
    mail = w.create(display_name="ops", config=Config(email=EmailConfig(addresses=["ops@example.org"])))
    hook = w.create(display_name="hook", config=Config(generic_webhook=GenericWebhookConfig(
        url="https://hooks.example.org/x", username="ada", password="pa55-word")))
    assert mail.destination_type.value == "EMAIL" and hook.destination_type.value == "WEBHOOK"
    assert {d.display_name for d in w.list()} == {"ops", "hook"}
    seen = w.get(hook.id).config.generic_webhook
    assert (seen.url, seen.password, seen.url_set, seen.password_set) == (None, None, True, True)
    w.update(mail.id, display_name="people", config=Config(email=EmailConfig(addresses=["a@example.org"])))
    assert w.get(mail.id).config.email.addresses == ["a@example.org"]
    with refused(400, "INVALID_PARAMETER_VALUE", "type"):
        w.update(mail.id, config=Config(generic_webhook=GenericWebhookConfig(url="https://h.example.org/")))
    with refused(400, "INVALID_PARAMETER_VALUE", "Slack"):
        w.create(display_name="s", config=Config(slack=SlackConfig(url="https://hooks.slack.com/x")))
    user, _ = provider.user("ada@example.org")
    assert user.notification_destinations.get(mail.id).config is None
    with refused(403, "PERMISSION_DENIED"):
        user.notification_destinations.delete(mail.id)
    w.delete(mail.id)
    with refused(404, "RESOURCE_DOES_NOT_EXIST"):
        w.get(mail.id)
    database = (provider.server.data / "sluice.db").read_bytes()
    assert b"hooks.example.org" not in database
    record = json.dumps(list(provider.audit()))
    assert "pa55-word" not in record and "hooks.example.org" not in record
    assert "people" in record and "a@example.org" in record, "who gets messages now is told"


def test_reading_ones_inbox_is_not_on_record_but_a_refusal_is(start):
    provider = start()
    inbox(provider)
    assert provider.server.ask("GET", f"{SLUICE}/notifications", token="made-up").status_code == 401
    assert provider.server.ask("POST", f"{SLUICE}/notifications/read", json={"all": True}).status_code == 200
    about_inbox = [e for e in logged(provider) if e["action_name"] in ("listNotifications", "readNotifications")]
    assert [(e["action_name"], e["response"]["status_code"]) for e in about_inbox] == [
        ("listNotifications", 401), ("readNotifications", 200)]


def test_a_webhook_hears_of_a_grant_signed(start, hooks):
    provider = start()
    _, secret = webhook(provider, hooks.url, "access_granted", "access_revoked")
    provider.share("numbers")
    provider.recipient("acme")
    provider.grant("numbers", "acme")
    eventually(lambda: hooks.received)
    path, headers, body = hooks.received[0]
    assert path == "/hook" and headers["content-type"] == "application/json"
    verify(secret, headers, body)
    with pytest.raises(AssertionError):
        verify(secret, headers, body + b" ")
    told = json.loads(body)
    assert told["type"] == "access_granted"
    assert (told["data"]["recipient"], told["data"]["share"]) == ("acme", "numbers")
    provider.revoke("numbers", "acme")
    eventually(lambda: len(hooks.received) == 2)
    assert hooks.types() == ["access_granted", "access_revoked"]


def test_what_failed_comes_again_after_kill_9_under_the_same_id(start, hooks):
    provider = start()
    hooks.hold = threading.Event()  # taken, but never acknowledged
    _, secret = webhook(provider, hooks.url, "access_granted")
    provider.share("numbers")
    provider.recipient("acme")
    provider.grant("numbers", "acme")
    eventually(lambda: hooks.received)
    provider.server.kill()
    hooks.hold.set()
    hooks.hold = None
    hooks.answer = 500
    provider.server.start()
    eventually(lambda: len(hooks.received) >= 2)
    hooks.answer = 200
    eventually(lambda: len(hooks.received) >= 3)
    assert len(set(hooks.ids())) == 1
    for _, headers, body in hooks.received:
        verify(secret, headers, body)
    count = len(hooks.received)
    provider.server.restart()
    provider.recipient("umbrella")
    provider.grant("numbers", "umbrella")
    eventually(lambda: len(hooks.received) > count)
    assert len(hooks.received) == count + 1 and len(set(hooks.ids())) == 2


def test_what_happened_just_before_kill_9_is_told(start):
    provider = start()
    provider.share("numbers")
    reader = provider.reader("acme")
    provider.grant("numbers", "acme")
    provider.server.kill()
    provider.server.start()
    eventually(lambda: kinds(provider, reader.token))
    assert kinds(provider, reader.token) == ["access_granted"]


def test_private_addresses_and_redirects_are_not_followed(start, hooks):
    provider = start("notify:\n  tablePollSeconds: 1\n")
    for host in ("127.0.0.1", "localhost", "0x7f.1"):
        made, _ = webhook(provider, f"http://{host}:{hooks.port}/hook", "access_granted")
        answer = provider.server.ask("POST", f"{SLUICE}/notification-destinations/{made['id']}/test", json={})
        assert answer.json()["delivered"] is False
        assert "not a public one" in answer.json()["message"]
    assert hooks.received == []

    allowed = start()
    made, _ = webhook(allowed, hooks.url, "access_granted")
    test = f"{SLUICE}/notification-destinations/{made['id']}/test"
    hooks.answer = 307
    assert allowed.server.ask("POST", test, json={}).json() == {
        "delivered": False, "message": "the webhook answered 307"}
    hooks.answer = 204
    assert allowed.server.ask("POST", test, json={}).json() == {"delivered": True}
    assert [path for path, _, _ in hooks.received] == ["/hook", "/hook"]
    assert hooks.types() == ["test", "test"]


def test_mail(start):
    with MailSink() as sink:
        provider = start(f"notify:\n  smtpUrl: smtp://127.0.0.1:{sink.port}\n  from: sluice@example.org\n")
        made = provider.w.notification_destinations.create(display_name="ops", config=Config(
            email=EmailConfig(addresses=["ada@example.org", "bob@example.org"])))
        subscribe(provider, made.id, "access_granted")
        provider.share("zahlen_für_alle")
        provider.recipient("acme")
        provider.grant("zahlen_für_alle", "acme")
        sender, to, message = eventually(lambda: sink.mails)[0]
    assert (sender, to) == ("sluice@example.org", ["ada@example.org", "bob@example.org"])
    assert message["Subject"] == "Share zahlen_für_alle is open to acme"
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Recipient acme may read share zahlen_für_alle" in text
    assert "<h2>Share zahlen_für_alle is open to acme</h2>" in html


def test_a_new_version_of_a_shared_table(start, hooks):
    provider = start()
    provider.namespace()
    provider.table("main.sales.orders")
    provider.share("numbers", "main.sales.orders")
    reader = provider.reader("acme", "numbers")
    webhook(provider, hooks.url, "table_changed", "schema_changed", share="numbers")
    # The first look takes note of the version; what comes then is told.
    def changed():
        provider.append("main.sales.orders", {"id": [4]})
        return hooks.received
    eventually(changed)
    told = json.loads(hooks.received[0][2])
    assert told["type"] == "table_changed" and told["data"]["table"] == "sales.orders"
    assert "table_changed" in kinds(provider, reader.token)


def test_a_query_that_was_to_be_answered_later_and_failed(start):
    provider = start()
    provider.namespace()
    provider.table("main.sales.orders")
    provider.share("numbers", "main.sales.orders")
    reader = provider.reader("acme", "numbers")
    # Of a table that is not in memory only the newest version is known when the query is taken.
    provider.server.stop()
    log = next(provider.lake.rglob("_delta_log"))
    (log / f"{1:020}.json").write_text("no action\n")
    provider.server.start()
    answer = provider.server.ask(
        "POST", "/delta-sharing/shares/numbers/schemas/sales/tables/orders/query", token=reader.token,
        json={"idempotencyKey": "once"},
        headers={"delta-sharing-capabilities": "responseformat=parquet;asyncquery=true"})
    assert answer.status_code == 200 and answer.json()["queryStatus"]["status"] == "pending", answer.text
    eventually(lambda: "query_failed" in kinds(provider, reader.token) and "query_failed" in kinds(provider))
    told = next(n for n in inbox(provider, reader.token)["notifications"] if n["kind"] == "query_failed")
    assert "sales.orders" in told["title"] and str(provider.lake) not in json.dumps(told)


def test_the_inbox(start):
    provider = start("")
    provider.share("numbers")
    reader = provider.reader("acme")
    provider.grant_until("numbers", "acme", now_ms() + 2 * HOUR_MS)
    eventually(lambda: len(kinds(provider, reader.token)) == 2)
    assert sorted(kinds(provider, reader.token)) == ["access_granted", "grant_expiring"]
    first = inbox(provider, reader.token, max_results=1)
    rest = inbox(provider, reader.token, max_results=1, page_token=first["next_page_token"])
    one, two = first["notifications"] + rest["notifications"]
    assert one["id"] != two["id"] and first["unread_count"] == 2
    read = f"{SLUICE}/notifications/read"
    assert provider.server.ask("POST", read, token=reader.token, json={"ids": [one["id"]]}).json() == {
        "unread_count": 1}
    # The administrator, who owns recipient and share, hears of the end of the grant as well; another's entry is
    # not theirs to mark.
    assert kinds(provider) == ["grant_expiring"]
    provider.server.ask("POST", read, json={"ids": [two["id"]]})
    assert [n["id"] for n in inbox(provider, reader.token, unread="true")["notifications"]] == [two["id"]]
    assert provider.server.ask("POST", read, token=reader.token, json={"all": True}).json()["unread_count"] == 0
    assert inbox(provider, reader.token, unread="true").get("notifications", []) == []
    assert_refused(provider.server.ask("POST", read, token=reader.token, json={}), 400,
                   "INVALID_PARAMETER_VALUE")
    assert_refused(provider.server.ask("GET", f"{SLUICE}/notifications", token="nonsense"), 401, "UNAUTHENTICATED")


def test_a_recipient_asks_and_is_answered(start):
    provider = start("")
    ask = provider.server.ask
    requests = f"{SLUICE}/requests"
    provider.share("numbers")
    reader, other = provider.reader("acme"), provider.reader("umbrella")
    made = ask("POST", requests, token=reader.token, json={
        "kind": "access", "share": "numbers", "table": "sales.orders", "comment": "for the report"})
    assert made.status_code == 200, made.text
    request = made.json()
    assert request["status"] == "OPEN" and request["asked_by"] == "acme" and not request["may_answer"]
    eventually(lambda: "request_made" in kinds(provider))
    one = f"{requests}/{request['id']}"
    assert_refused(ask("GET", one, token=other.token), 404, "RESOURCE_DOES_NOT_EXIST")
    assert ask("GET", requests, token=other.token).json()["requests"] == []
    user, _ = provider.user("bob@example.org")
    assert_refused(ask("GET", one, token=provider.pat("bob@example.org")), 404, "RESOURCE_DOES_NOT_EXIST")
    [listed] = ask("GET", requests, params={"status": "OPEN"}).json()["requests"]
    assert listed["id"] == request["id"] and listed["may_answer"]
    assert_refused(ask("PATCH", one, token=reader.token, json={"status": "APPROVED"}), 403, "PERMISSION_DENIED")
    answered = ask("PATCH", one, json={"status": "APPROVED", "answer": "welcome", "grant": True})
    assert answered.status_code == 200, answered.text
    assert answered.json()["granted"] and answered.json()["answered_by"] == "admin"
    assert [s["name"] for s in reader.ask(provider.server).json()["items"]] == ["numbers"]
    seen = ask("GET", one, token=reader.token).json()
    assert seen["answer"] == "welcome" and "answered_by" not in seen
    eventually(lambda: len(kinds(provider, reader.token)) == 2)
    assert sorted(kinds(provider, reader.token)) == ["access_granted", "request_answered"]
    assert_refused(ask("PATCH", one, json={"status": "DENIED"}), 409, "RESOURCE_CONFLICT")
    provider.server.restart()
    assert ask("GET", one, token=reader.token).json() == seen
    actions = [e["action_name"] for e in provider.audit() if "equest" in e["action_name"]]
    assert actions.count("createRequest") == 1 and "updateRequest" in actions


def test_a_user_asks_for_a_privilege(start):
    provider = start("")
    ask = provider.server.ask
    schema = provider.namespace()
    _, bob = provider.user("bob@example.org")
    token = provider.pat("bob@example.org")
    wanted = {"kind": "access", "securable_type": "schema", "full_name": schema, "privileges": ["SELECT"]}
    assert_refused(ask("POST", f"{SLUICE}/requests", token=token, json=wanted), 404, "SCHEMA_DOES_NOT_EXIST")
    provider.allow("catalog", "main", "bob@example.org", "BROWSE")
    made = ask("POST", f"{SLUICE}/requests", token=token, json=wanted)
    assert made.status_code == 200, made.text
    done = ask("PATCH", f"{SLUICE}/requests/{made.json()['id']}", json={"status": "APPROVED", "grant": True})
    assert done.status_code == 200, done.text
    [assigned] = provider.w.grants.get("schema", schema).privilege_assignments
    assert assigned.principal == "bob@example.org"
