"""Who read how much, counted from the audit log of real reads."""
from __future__ import annotations

import datetime

from catalog_server import SLUICE
from providing import assert_refused, eventually

USAGE = f"{SLUICE}/usage"


def usage(provider, token=None, **query) -> dict:
    answer = provider.server.ask("GET", USAGE, token=token, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(series: list[dict], *names: str) -> dict:
    return {tuple(s.get(n) for n in names): s["totals"] for s in series}


def test_reads_are_counted(provider):
    provider.namespace()
    for table in ("orders", "people"):
        provider.table(f"main.sales.{table}")
    provider.share("numbers", "main.sales.orders", "main.sales.people")
    acme, umbrella = provider.reader("acme", "numbers"), provider.reader("umbrella", "numbers")
    for _ in range(3):
        acme.query(provider.server, "numbers.sales.orders")
    umbrella.query(provider.server, "numbers.sales.people")
    umbrella.query(provider.server, "numbers.sales.nothing")
    umbrella.query(provider.server, "nowhere.sales.nothing")

    by_recipient = eventually(lambda: (u := usage(provider, group_by="recipient"))["totals"]["reads"] == 4 and u)
    found = counts(by_recipient["series"], "recipient")
    assert (found["acme",]["reads"], found["acme",]["files"], found["acme",]["denied"]) == (3, 3, 0)
    assert (found["umbrella",]["reads"], found["umbrella",]["denied"]) == (1, 2)
    by_table = usage(provider, group_by="table", share="numbers", bucket="hour")
    found = counts(by_table["series"], "share", "table")
    assert found["numbers", "sales.orders"]["reads"] == 3
    orders = next(s for s in by_table["series"] if s["table"] == "sales.orders")
    assert orders["last_version"] == 0 and orders["last_read_at"] > 0
    assert sum(p["counts"]["reads"] for p in orders["points"]) == 3
    assert all(p["time"] % 3_600_000 == 0 for p in orders["points"])
    assert usage(provider, recipient="ACME")["totals"]["reads"] == 3
    # The same after a restart, and nothing in other times.
    before = usage(provider, group_by="table")
    provider.server.restart()
    assert usage(provider, group_by="table") == before
    year = datetime.timedelta(days=365) // datetime.timedelta(milliseconds=1)
    assert usage(provider, start_time=year, end_time=2 * year)["series"] == []


def test_others_see_their_own(provider):
    provider.namespace()
    provider.table("main.sales.orders")
    provider.share("numbers", "main.sales.orders")
    provider.share("others", "main.sales.orders")
    reader = provider.reader("acme", "numbers", "others")
    for share in ("numbers", "others"):
        reader.query(provider.server, f"{share}.sales.orders")
    eventually(lambda: usage(provider)["totals"]["reads"] == 2)
    user, _ = provider.user("ada@example.org")
    token = provider.pat("ada@example.org")
    assert usage(provider, token)["totals"]["reads"] == 0
    provider.w.shares.update("numbers", owner="ada@example.org")
    seen = usage(provider, token, group_by="share")
    assert [s["share"] for s in seen["series"]] == ["numbers"] and seen["totals"]["reads"] == 1


def test_bad_questions(provider):
    for query in ({"bucket": "week"}, {"group_by": "colour"}, {"start_time": "x"}, {"start_time": -1},
                  {"start_time": 9_000_000_000, "end_time": 1}, {"bucket": "hour", "start_time": 0},
                  {"end_time": 9_223_372_036_854_775_807}):
        assert_refused(provider.server.ask("GET", USAGE, params=query), 400, "INVALID_PARAMETER_VALUE")


def test_findings(provider):
    provider.namespace()
    provider.table("main.sales.orders")
    provider.share("numbers", "main.sales.orders")
    reader = provider.reader("acme", "numbers")
    reader.query(provider.server, "numbers.sales.orders")
    ask = lambda: provider.server.ask("GET", f"{USAGE}/findings").json()["findings"]  # noqa: E731
    assert ask() == []
    for _ in range(12):
        reader.query(provider.server, "numbers.sales.nothing")
    [found] = eventually(lambda: [f for f in ask() if f["rule"] == "refused_often"])
    assert found["recipient"] == "acme" and found["numbers"] == {"denied": 12.0, "asked": 13.0}
    assert "12" in found["reason"] and "13" in found["reason"]
    _, _ = provider.user("ada@example.org")
    assert provider.server.ask("GET", f"{USAGE}/findings", token=provider.pat("ada@example.org")).json() == {
        "findings": []}
