"""Our signatures against botocore's, byte for byte, for a few thousand random requests and links.

env  SLUICE_S3_SIGN          the program of tests/support/s3_sign.cc
     SLUICE_BOTOCORE_PYTHON  a Python with tests/support/botocore.txt; tools/setup.sh makes it
"""
import datetime
import hashlib
import json
import os
import pathlib
import random
import string
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SIGN = os.environ.get("SLUICE_S3_SIGN", str(ROOT / "build/dev/tests/s3_sign"))
BOTOCORE = os.environ.get("SLUICE_BOTOCORE_PYTHON", str(ROOT / ".deps/botocore/bin/python"))

SEED = 20130524
PLAIN = string.ascii_letters + string.digits + "-_.~"
PIECES = ["part-0", "day=2025-01-01", " ", "  ", "%", "%20", "%2F", "+", "#", "?", "&", "=", "/", "//", "~",
          "é", "数据", "🜁", "e\u0301", ":", ";", ",", "'", "\"", "\\", "(", ")", "!", "*", "$", "@", "[", "]",
          "{", "}", "|", "^", "`", "<", ">", ".", "..", "./", "\t", "\n", "\x01", "\x7f", "\u2028"]
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-3", "us-gov-west-1", "cn-north-1", "auto", "de", "a b/c"]
HOSTS = ["examplebucket.s3.amazonaws.com", "s3.eu-central-1.amazonaws.com", "127.0.0.1:9000", "[::1]:9000",
         "minio.example.com:9443", "b.c-d.s3.dualstack.us-west-2.amazonaws.com"]


def name(r):
    kind = r.randrange(10)
    if kind < 3:
        return "".join(r.choices(PLAIN, k=r.randint(1, 60)))
    text = "".join(r.choice([r.choice(PIECES), "".join(r.choices(PLAIN, k=r.randint(1, 8)))])
                   for _ in range(r.randint(1, 24)))
    if kind < 9:
        return text
    while len(text.encode()) < 1000:  # as long as a key of S3 can be, nearly
        text += r.choice(PIECES + list(PLAIN))
    return text


def moment(r):
    """Milliseconds; a third of them close to a day's border."""
    day = datetime.date(2000, 1, 1) + datetime.timedelta(days=r.randrange(37 * 365))
    if r.randrange(8) == 0:
        day = r.choice([datetime.date(2024, 2, 29), datetime.date(2000, 2, 29), datetime.date(1999, 12, 31),
                        datetime.date(2025, 1, 1), datetime.date(2038, 1, 19), datetime.date(2100, 3, 1)])
    ms = r.choice([0, 1, 999, 1000, 86_399_000, 86_399_999, *(r.randrange(86_400_000) for _ in range(12))])
    return (day - datetime.date(1970, 1, 1)).days * 86_400_000 + ms


def common(r):
    host = r.choice(HOSTS)
    return {"id": r.choice(["AKIAIOSFODNN7EXAMPLE", "minio", "".join(r.choices(PLAIN + "/+=:", k=20))]),
            "secret": "".join(r.choices(string.printable.strip() + " éß漢", k=r.randint(1, 100))),
            "token": r.choice(["", "", "".join(r.choices(PLAIN + "+/=%&", k=r.randint(1, 1200)))]),
            "region": r.choice(REGIONS), "time_ms": moment(r), "origin": r.choice(["https://", "http://"]) + host,
            "host": host, "folder": r.choice(["", "bucket/", "lake/t a/", "lake//ü/"]), "key": name(r)}


def request(r):
    body = r.choice(["", "", "text", "ü" * r.randint(1, 99)])
    signed = r.randrange(4) > 0
    headers = r.sample([["Range", f"bytes={r.randrange(99)}-"], ["If-Match", '"a-1"'], ["If-None-Match", "*"],
                        ["x-amz-storage-class", "STANDARD"], ["Content-Type", "  text/plain;   a=b  "],
                        ["X-Amz-Meta-B", "2"], ["x-amz-meta-a", "1,2"], ["x-amz-meta-aa", ""]], k=r.randint(0, 4))
    if r.randrange(6) == 0:
        headers += [["X-Amz-Meta-Twice", "b  b"], ["x-amz-meta-twice", " a"]]
    return common(r) | {
        "method": r.choice(["GET", "HEAD", "PUT", "DELETE", "POST"]), "headers": headers, "body": body,
        "body_hash": hashlib.sha256(body.encode()).hexdigest() if signed else "UNSIGNED-PAYLOAD",
        "query": [[name(r), r.choice(["", name(r)])] for _ in range(r.choice([0, 0, 1, 2, 5]))]
                 + r.choice([[], [["list-type", "2"], ["prefix", "a/b c/"], ["delimiter", "/"]],
                             [["p", "2"], ["p", "10"], ["p", "1"]]])}


def link(r):
    return common(r) | {"lifetime": r.choice([1, 60, 900, 3600, 86_400, 604_800, r.randint(1, 604_800)])}


def run(command, cases):
    text = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers


def compare(cases):
    for program in (SIGN, BOTOCORE):
        assert pathlib.Path(program).exists(), f"{program} is not there: see the head of this file"
    theirs = run([BOTOCORE, str(ROOT / "tests/support/botocore_sign.py")], cases)
    ours = run([SIGN], cases)
    return [(case, mine, other) for case, mine, other in zip(cases, ours, theirs)]


def test_links_are_those_of_botocore():
    r = random.Random(SEED)
    for case, ours, theirs in compare([link(r) for _ in range(3000)]):
        assert ours["url"] == theirs["url"], case


def test_requests_are_signed_as_by_botocore():
    r = random.Random(SEED + 1)
    for case, ours, theirs in compare([request(r) for _ in range(3000)]):
        assert (ours["path"], ours["query"]) == (theirs["path"], theirs["query"]), case
        # Names are sent in any case; everything that is sent is compared, Authorization included.
        mine, others = (sorted([n.lower(), v] for n, v in answer["headers"]) for answer in (ours, theirs))
        assert mine == others, case


@pytest.mark.parametrize("field", ["secret", "token", "region", "key", "time_ms", "lifetime"])
def test_every_field_counts(field):
    """That a case which differs in one field gives another link: the comparison above can fail."""
    case = link(random.Random(7)) | {"token": "t", "time_ms": 0, "lifetime": 60}
    other = case | {field: case[field] + (1000 if field == "time_ms" else 1 if field == "lifetime" else "x")}
    first, second = run([SIGN], [case, other])
    assert first["url"].split("X-Amz-Signature=")[1] != second["url"].split("X-Amz-Signature=")[1]
