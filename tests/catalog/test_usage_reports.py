"""Reports on usage: who read what, counted from real reads, kept and sent to a real web server and mail server."""
from __future__ import annotations

import csv
import io
import json

import pytest

from catalog_server import SLUICE
from providing import assert_refused, eventually
from sinks import MailSink, Webhooks, verify
from test_notifications import ALLOWED, DESTINATIONS, inbox, kinds, start  # noqa: F401

REPORTS = f"{SLUICE}/usage-reports"
ALL_THREE = ["recipient", "share", "table"]


@pytest.fixture
def hooks():
    with Webhooks() as sink:
        yield sink


@pytest.fixture
def mail():
    with MailSink() as sink:
        yield sink


def ask(provider, method, path="", token=None, **options) -> dict:
    answer = provider.server.ask(method, REPORTS + path, token=token, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def create(provider, token=None, **fields) -> dict:
    wanted = {"name": "monthly", "group_by": ALL_THREE, "period": "month_to_date", **fields}
    return ask(provider, "POST", token=token, json=wanted)


def run(provider, report, token=None) -> dict:
    after = ask(provider, "POST", f"/{report['id']}/run", token=token)
    assert after["last_run"]["state"] == "SUCCEEDED", after
    return after


def result(provider, report, token=None) -> dict:
    return ask(provider, "GET", f"/{report['id']}/result", token=token)


def reads(rows) -> dict:
    return {tuple(row.get(g) for g in ALL_THREE): row["reads"] for row in rows}


def destination(provider, name, config) -> dict:
    made = provider.server.ask("POST", DESTINATIONS, json={"display_name": name, "config": config})
    assert made.status_code == 200, made.text
    return made.json()


def three_partners(provider):
    """Reads of three recipients, all of them in the log; what they are as rows of a report."""
    provider.namespace()
    for table in ("orders", "people"):
        provider.table(f"main.sales.{table}")
    provider.share("numbers", "main.sales.orders", "main.sales.people")
    provider.share("more", "main.sales.orders")
    plan = {"acme": {"numbers.sales.orders": 3, "more.sales.orders": 1}, "umbrella": {"numbers.sales.people": 2},
            "nordwind": {"numbers.sales.orders": 1}}
    for name, tables in plan.items():
        reader = provider.reader(name, "numbers", "more")
        for table, times in tables.items():
            for _ in range(times):
                assert reader.query(provider.server, table).status_code == 200
    eventually(lambda: provider.server.ask("GET", f"{SLUICE}/usage").json()["totals"]["reads"] == 7)
    return {(name, table.split(".")[0], table.split(".", 1)[1]): times
            for name, tables in plan.items() for table, times in tables.items()}


def attached(message) -> list[dict]:
    [part] = message.iter_attachments()
    assert part.get_content_type() == "text/csv" and part.get_filename().endswith(".csv")
    return list(csv.DictReader(io.StringIO(part.get_content())))


def test_story_d_partners_reads_are_reported(start, hooks, mail):  # noqa: F811
    provider = start(ALLOWED + f"  smtpUrl: smtp://127.0.0.1:{mail.port}\n  from: sluice@example.org\n")
    expected = three_partners(provider)
    hook = destination(provider, "hook", {"generic_webhook": {"url": hooks.url}})
    post = destination(provider, "post", {"email": {"addresses": ["owner@example.org"]}})
    report = create(provider, destination_ids=[hook["id"], post["id"]],
                    schedule={"every": "month", "hour": 7, "time_zone": "Europe/Berlin"})
    assert report["next_run_at"] > report["created_at"] and "last_run" not in report
    assert_refused(provider.server.ask("GET", f"{REPORTS}/{report['id']}/result"), 404, "RESOURCE_DOES_NOT_EXIST")
    after = run(provider, report)
    assert after["last_run"]["row_count"] == len(expected)
    assert after["next_run_at"] == report["next_run_at"], "running it by hand moves nothing"

    found = result(provider, report)
    assert reads(found["rows"]) == expected and found["totals"]["reads"] == 7
    for row in found["rows"]:
        assert found["from"] <= row["first_read_at"] <= row["last_read_at"] < found["to"]
    acme = next(r for r in found["rows"] if r["recipient"] == "acme" and r["share"] == "numbers")
    assert acme["first_read_at"] < acme["last_read_at"], "three reads"

    eventually(lambda: hooks.received)
    _, headers, body = hooks.received[0]
    verify(hook["signing_secret"], headers, body)
    told = json.loads(body)
    assert told["type"] == "usage_report" and reads(told["data"]["rows"]) == expected
    assert told["data"]["report_id"] == report["id"]

    eventually(lambda: mail.mails)
    _, to, message = mail.mails[0]
    assert to == ["owner@example.org"] and message["Subject"].startswith("monthly: ")
    assert {tuple(r[g] for g in ALL_THREE): int(r["reads"]) for r in attached(message)} == expected
    assert "<table" in message.get_body(("html",)).get_content()
    assert "acme / numbers / sales.orders: 3 reads" in message.get_body(("plain",)).get_content()

    answer = provider.server.ask("GET", f"{REPORTS}/{report['id']}/result", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {tuple(r[g] for g in ALL_THREE): int(r["reads"]) for r in rows} == expected
    [told] = [n for n in inbox(provider)["notifications"] if n["kind"] == "usage_report"]
    assert "7 reads" in told["text"]
    # All of it is there after a kill.
    provider.server.kill()
    provider.server.start()
    assert ask(provider, "GET", f"/{report['id']}") == after and result(provider, report) == found
    assert (len(hooks.received), len(mail.mails)) == (1, 1)
    actions = {e["action_name"] for e in provider.audit()}
    assert {"createUsageReport", "runUsageReport"} <= actions


def test_narrowed_and_grouped(provider):
    three_partners(provider)
    report = create(provider, group_by=["recipient"], share="more")
    run(provider, report)
    assert [(r["recipient"], r["reads"]) for r in result(provider, report)["rows"]] == [("acme", 1)]
    changed = ask(provider, "PATCH", f"/{report['id']}", json={"share": "", "group_by": ["table"], "name": "other"})
    assert changed["group_by"] == ["share", "table"] and "share" not in changed and changed["name"] == "other"
    run(provider, report)
    assert {(r["share"], r["table"]): r["reads"] for r in result(provider, report)["rows"]} == {
        ("numbers", "sales.orders"): 4, ("numbers", "sales.people"): 2, ("more", "sales.orders"): 1}


def test_owners_see_their_own_and_are_counted_with_their_rights(provider):
    three_partners(provider)
    _, ada_user = provider.user("ada@example.org")
    ada = provider.pat("ada@example.org")
    of_root, of_ada = create(provider), create(provider, ada, name="ada's")
    assert [r["name"] for r in ask(provider, "GET", token=ada)["reports"]] == ["ada's"]
    assert {r["name"] for r in ask(provider, "GET")["reports"]} == {"ada's", "monthly"}
    page = ask(provider, "GET", params={"max_results": 1})
    rest = ask(provider, "GET", params={"max_results": 1, "page_token": page["next_page_token"]})
    assert [r["name"] for r in page["reports"] + rest["reports"]] == ["ada's", "monthly"]
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/run"), ("GET", "/result")):
        body = {"json": {}} if method in ("PATCH", "POST") else {}
        assert_refused(provider.server.ask(method, f"{REPORTS}/{of_root['id']}{path}", token=ada, **body),
                       404, "RESOURCE_DOES_NOT_EXIST")
    run(provider, of_ada, ada)
    assert result(provider, of_ada, ada)["rows"] == []
    provider.w.shares.update("more", owner="ada@example.org")
    run(provider, of_ada, ada)
    assert [r["share"] for r in result(provider, of_ada, ada)["rows"]] == ["more"]
    # Of an owner who is gone nothing is counted, and the administrators hear of it.
    provider.w.users.delete(ada_user.id)
    failed = ask(provider, "POST", f"/{of_ada['id']}/run")["last_run"]
    assert failed["state"] == "FAILED" and "does not exist" in failed["error"]
    assert "usage_report_failed" in kinds(provider)
    ask(provider, "DELETE", f"/{of_ada['id']}")
    assert_refused(provider.server.ask("GET", f"{REPORTS}/{of_ada['id']}"), 404, "RESOURCE_DOES_NOT_EXIST")


def test_pausing_and_refusals(provider):
    report = create(provider, schedule={"every": "week", "weekday": "friday"})
    assert report["schedule"] == {"every": "week", "weekday": "friday", "hour": 6, "time_zone": "UTC"}
    assert "next_run_at" not in ask(provider, "PATCH", f"/{report['id']}", json={"paused": True})
    assert ask(provider, "PATCH", f"/{report['id']}", json={"paused": False})["next_run_at"] == report["next_run_at"]
    good = {"name": "x", "group_by": ["share"]}
    for wrong, word in (
            ({"name": ""}, "name"), ({"name": "two\nlines"}, "name"), ({"name": "x" * 256}, "name"),
            ({"group_by": []}, "group_by"), ({"group_by": ["colour"]}, "group_by"), ({"period": "year"}, "period"),
            ({"schedule": {}}, "every"), ({"schedule": {"every": "day", "hour": 24}}, "hour"),
            ({"schedule": {"every": "week", "weekday": "someday"}}, "weekday"),
            ({"schedule": {"every": "day", "time_zone": "Nowhere/Land"}}, "Nowhere/Land"),
            ({"schedule": {"every": "day", "time_zone": "../../etc/passwd"}}, "time zone"),
            ({"destination_ids": [str(i) for i in range(21)]}, "destination_ids")):
        assert_refused(provider.server.ask("POST", REPORTS, json={**good, **wrong}), 400, "INVALID_PARAMETER_VALUE",
                       word)
    assert_refused(provider.server.ask("POST", REPORTS, json={"group_by": ["share"]}), 400,
                   "INVALID_PARAMETER_VALUE", "name")
    assert_refused(provider.server.ask("POST", REPORTS, json={**good, "destination_ids": ["none"]}), 404,
                   "RESOURCE_DOES_NOT_EXIST", "none")
    assert_refused(provider.server.ask("POST", REPORTS, json={**good, "share": "none"}), 404, "SHARE_DOES_NOT_EXIST")
    for _ in range(99):
        create(provider)
    assert_refused(provider.server.ask("POST", REPORTS, json=good), 400, "INVALID_PARAMETER_VALUE", "100")


def test_a_destination_that_is_deleted_leaves_the_report(provider):
    gone = destination(provider, "post", {"email": {"addresses": ["a@example.org"]}})
    report = create(provider, destination_ids=[gone["id"]])
    assert report["destination_ids"] == [gone["id"]]
    assert provider.server.ask("DELETE", f"{DESTINATIONS}/{gone['id']}").status_code == 200
    assert run(provider, report)["destination_ids"] == []
