"""Queries that are answered later, against the real binary: cold tables, kill -9, equal keys, limits, ends."""
import concurrent.futures
import json
import os

import pytest
import requests

import made_tables
from asking import HEADERS, call, healthy, metric, shares, until

FILES = 40_000
ASYNC = {"delta-sharing-capabilities": "responseformat=parquet;asyncquery=true"}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return made_tables.wide(tmp_path_factory.mktemp("async") / "t", FILES)


@pytest.fixture
def start(serve, tmp_path):
    """A server with a key of its own, so that what it gives out outlives it."""
    def start(root, extra=""):
        key = tmp_path / "key"
        key.write_text("k" * 32)
        key.chmod(0o600)
        return serve(shares(t=root), f'masterKeyFile: "{key}"\n' + extra)
    return start


def submit(server, key, **body):
    return call(server, "t", body={"idempotencyKey": key, **body}, extra_headers=ASYNC)


def submitted(server, key, **body) -> str:
    answer = submit(server, key, **body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["delta-sharing-capabilities"] == "asyncquery=true"
    status = json.loads(answer.text)["queryStatus"]
    assert status["status"] == "pending"
    return status["queryId"]


def poll(server, query, **body):
    return requests.post(f"{server.url}/shares/s/schemas/d/tables/t/queries/{query}", json=body, headers=HEADERS,
                         timeout=60)


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.split("\n")[:-1]]


def pending(answer) -> bool:
    return "queryStatus" in lines(answer)[0]


def answered(server, query, **body):
    """The first answer that is none of "pending"."""
    last = []
    assert until(lambda: last.append(poll(server, query, **body)) or not pending(last[-1]), 60)
    return last[-1]


def sizes(answer):
    """Of the files of an answer: each file of these tables has a size of its own."""
    return [line["file"]["size"] for line in lines(answer) if "file" in line]


def next_page(answer):
    return lines(answer)[-1].get("endStreamAction", {}).get("nextPageToken")


def crash(server):
    server.kill()
    server.start()


def test_a_cold_table_page_by_page(start, table):
    server = start(table)
    query = submitted(server, "k")
    page = answered(server, query, maxFiles=15_000)
    assert page.headers["delta-table-version"] == "0"
    all_sizes = sizes(page)
    while token := next_page(page):
        page = poll(server, query, maxFiles=15_000, pageToken=token)
        all_sizes += sizes(page)
    assert all_sizes == sizes(call(server, "t"))
    assert sorted(all_sizes) == [1000 + i for i in range(FILES)]
    healthy(server)


def test_killed_between_submission_and_poll_and_between_pages(start, table):
    server = start(table)
    query = submitted(server, "k", limitHint=100 * 25_000)
    crash(server)
    first = poll(server, query, maxFiles=10_000)
    assert pending(first), "a server that has just begun cannot have it in memory"
    page = answered(server, query, maxFiles=10_000)
    all_sizes = sizes(page)
    while token := next_page(page):
        crash(server)
        page = poll(server, query, maxFiles=10_000, pageToken=token)
        assert not pending(page), "clients do not expect to wait between pages"
        all_sizes += sizes(page)
    assert len(all_sizes) == 25_000, "the query's limit counts over the pages"
    assert all_sizes == sizes(call(server, "t"))[:25_000]
    healthy(server)


def test_equal_keys_are_one_query_and_one_load(start, table):
    server = start(table)
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        queries = set(clients.map(lambda _: submitted(server, "same"), range(8)))
        assert len(queries) == 1
        answers = list(clients.map(lambda _: sizes(answered(server, *queries, maxFiles=10)), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert metric(server, "sluice_async_queries_total") == 1
    assert metric(server, "sluice_async_query_runs_total", result="loaded") == 1
    assert metric(server, "sluice_snapshot_load_duration_seconds_count") == 1
    assert metric(server, "sluice_async_queries_waiting") == 0


def test_one_recipient_waits_with_so_many_queries(start, table):
    server = start(table, "asyncQueriesPerRecipient: 1\n")
    first = submitted(server, "k")
    refused = None
    for i in range(50):
        answer = submit(server, f"k{i}")
        if answer.status_code != 200:
            refused = refused or answer
    assert refused is not None, "the table was read faster than 50 queries came"
    assert refused.status_code == 429 and refused.headers["Retry-After"]
    assert refused.json()["errorCode"] == "RESOURCE_EXHAUSTED"
    assert sizes(answered(server, first, maxFiles=1)) == [1000]
    assert until(lambda: submit(server, "later").status_code == 200)
    healthy(server)


def test_a_query_id_has_an_end(start, table):
    server = start(table, "asyncQueryTtlMs: 1\n")
    query = submitted(server, "k")
    assert until(lambda: poll(server, query).status_code == 404)
    assert poll(server, query).json() == {"errorCode": "RESOURCE_DOES_NOT_EXIST",
                                          "message": "The queryId is unknown or has expired."}


def test_a_new_configuration_keeps_what_is_under_way_and_checks_who_may_read(start, table):
    server = start(table)
    query = submitted(server, "k")
    config = server.folder / "sluice.yaml"
    text = config.read_text()

    def rewrite(new):
        fresh = config.with_suffix(".new")
        fresh.write_text(new)
        fresh.chmod(0o600)
        os.replace(fresh, config)

    rewrite(text.replace('- name: "t"', '- name: "other"'))
    assert until(lambda: poll(server, query).status_code == 404), "the table is not shared any more"
    rewrite(text)
    assert until(lambda: poll(server, query).status_code == 200)
    assert sizes(answered(server, query, maxFiles=2)) == [1000, 1001]
    assert metric(server, "sluice_async_query_runs_total") == 1
    assert metric(server, "sluice_config_reloads_total", result="taken") >= 2
    healthy(server)


def test_a_stop_in_the_middle_of_a_load_is_clean(start, table):
    server = start(table, "asyncQueryThreads: 1\n")
    for i in range(8):
        submitted(server, f"k{i}")
    assert server.stop() == 0, server.stderr()[-2000:]
