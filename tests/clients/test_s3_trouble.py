"""S3 stores that refuse, are not there, or go away: what recipients see, and what nobody may see."""
import json
import subprocess
import threading
import time

import delta_sharing
import pytest
import requests

import made_tables
from asking import call, file_lines, healthy, ids, metric, shares, until
from s3proxy import S3Proxy
from sluice_server import clean_environment

SECRET = "the/secret/that+nobody+must+see/0123456789"
KEY = "AKIAIOHIDDENKEY00003"


@pytest.fixture
def store(tmp_path):
    """A store of the test's own, to be stopped; with the table s3://hidden-bucket/t."""
    with S3Proxy(tmp_path / "store", access_key=KEY, secret_key=SECRET) as store:
        root = made_tables.real(tmp_path / "made")
        store.put_table(root, "hidden-bucket", "t")
        yield store


def rules(*entries) -> str:
    return "storage:\n" + "".join(entries)


def hidden(store, *more):
    return [SECRET, KEY, "hidden-bucket", store.host, str(store.port), "X-Amz-", *more]


def denied(answer, store, *more):
    assert answer.status_code == 422, answer.text
    error = answer.json()
    assert error["errorCode"] == "STORAGE_ACCESS_DENIED", answer.text
    assert "not allowed" in error["message"] and "share provider" in error["message"], error
    for word in hidden(store, *more):
        assert word not in answer.text and word not in str(answer.headers), word


WRONG = {
    "secret": ({"secretAccessKey": "wrong/secret+0000000000000000000000000"}, "t", "SignatureDoesNotMatch"),
    "key": ({"accessKeyId": "AKIAIONOBODYSKEY0009"}, "t", "InvalidAccessKeyId"),
    "no keys": ({"accessKeyId": None, "secretAccessKey": None, "credentials": "anonymous"}, "t", "AccessDenied"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("operation", ["query", "metadata", "version"])
def test_a_store_that_refuses(serve, store, wrong, operation):
    keys, place, word = WRONG[wrong]
    server = serve(shares(t=f"s3://hidden-bucket/{place}"), rules(store.yaml("lake", "s3://hidden-bucket", **keys)))
    denied(call(server, "t", operation), store, *(str(k) for k in keys.values()))
    assert word in server.stderr(), "the log does not say what the store said"
    assert "wrong/secret" not in server.stderr() and SECRET not in server.stderr()


def test_a_bucket_that_is_not_there(serve, store):
    server = serve(shares(t="s3://no-such-bucket/t"), rules(store.yaml("lake", "s3://no-such-bucket")))
    denied(call(server, "t"), store, "no-such-bucket")
    assert "NoSuchBucket" in server.stderr()


def test_a_refusal_ends_quickly_for_the_official_client(serve, store):
    """A 422 is not repeated: the client says it at once."""
    entry = store.yaml("lake", "s3://hidden-bucket", secretAccessKey="wrong/secret+00000000000000000000000")
    server = serve(shares(t="s3://hidden-bucket/t"), rules(entry))
    began = time.monotonic()
    with pytest.raises(requests.HTTPError, match="422"):
        delta_sharing.load_as_pandas(f"{server.profile}#s.d.t")
    assert time.monotonic() - began < 20


def test_a_table_that_is_not_there(serve, store):
    server = serve(shares(t="s3://hidden-bucket/none"), rules(store.yaml("lake", "s3://hidden-bucket")))
    answer = call(server, "t")
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "RESOURCE_DOES_NOT_EXIST"), answer.text
    assert not [w for w in hidden(store) if w in answer.text]


LIMITS = ("storeConnectTimeoutMs: 500\nstoreAttemptTimeoutMs: 1000\nstoreRetryWindowMs: 1000\n"
          "storeTimeoutMs: 3000\n")


def test_a_store_that_goes_away_and_comes_back(serve, store):
    server = serve(shares(t="s3://hidden-bucket/t"), rules(store.yaml("lake", "s3://hidden-bucket")) + LIMITS)
    assert ids(server) == list(range(12))
    store.stop()
    for _ in range(4):
        began = time.monotonic()
        answer = call(server, "t")
        assert answer.status_code == 503, answer.text
        assert time.monotonic() - began < 5, "longer than the limits allow"
        assert not [w for w in hidden(store) if w in answer.text], answer.text
    healthy(server)  # what needs no store goes on
    assert requests.get(server.url + "/shares", headers={"Authorization": "Bearer " + server.token},
                        timeout=10).status_code == 200
    assert metric(server, "sluice_store_failures_total", store="lake") > 0
    store.start()  # on the same port
    assert until(lambda: call(server, "t").status_code == 200, 15), "the store is back, the table is not"
    assert ids(server) == list(range(12))


def test_one_store_down_leaves_the_other_alone(serve, store, s3, tmp_path):
    location = s3.put_table(made_tables.real(tmp_path / "well"), "stays-up", "t")
    server = serve(shares(down="s3://hidden-bucket/t", up=location),
                   rules(store.yaml("down", "s3://hidden-bucket"), s3.yaml("up", "s3://stays-up")) + LIMITS)
    store.stop()
    stop = threading.Event()

    def insist():
        while not stop.is_set():
            call(server, "down")

    threads = [threading.Thread(target=insist) for _ in range(16)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            began = time.monotonic()
            assert call(server, "up").status_code == 200
            assert time.monotonic() - began < 5
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    healthy(server)


def test_keys_are_shown_nowhere(serve, store):
    """Not in a log, not in metrics, not in an answer, not by `sluice check`; links bear the key's id,
    as they must, and the log does not bear links."""
    good = store.yaml("good", "s3://hidden-bucket")
    bad = store.yaml("bad", "s3://hidden-bucket/bad", secretAccessKey="bad/" + SECRET)
    gone = store.yaml("gone", "s3://hidden-other", endpoint="http://127.0.0.1:9")
    server = serve(shares(t="s3://hidden-bucket/t", bad="s3://hidden-bucket/bad/t", gone="s3://hidden-other/t",
                          none="s3://hidden-bucket/none"), rules(good, bad, gone) + LIMITS + "logLevel: debug\n")
    answers = [call(server, name, operation) for name in ("t", "bad", "gone", "none")
               for operation in ("query", "metadata", "version")]
    links = [f["url"] for f in file_lines(answers[0])]
    assert links and all(requests.get(link, timeout=10).status_code == 200 for link in links)
    signatures = [link.partition("X-Amz-Signature=")[2][:64] for link in links]
    run = subprocess.run([server.binary, "check", "--config", str(server.folder / "sluice.yaml")],
                         capture_output=True, text=True, timeout=60, env=clean_environment(server.folder))
    metrics = requests.get(server.origin + "/metrics", timeout=10).text
    server.stop()
    places = {"stderr": server.stderr(), "access log": server.stdout(), "metrics": metrics,
              "check": run.stdout + run.stderr,
              "errors": json.dumps([[a.text, dict(a.headers)] for a in answers if a.status_code != 200])}
    assert 'store="good"' in metrics and places["stderr"] and places["access log"] and places["check"]
    for place, text in places.items():
        for word in [SECRET, SECRET.replace("/", "%2F").replace("+", "%2B"), KEY, "AWS4-HMAC-SHA256",
                     "Signature=", *signatures]:
            assert word not in text, f"{word!r} in {place}: {text[max(0, text.find(word) - 300):][:700]}"
    for word in ("hidden-bucket", "hidden-other", str(store.port)):
        assert word not in metrics and word not in places["errors"], word
