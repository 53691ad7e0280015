"""Signs what it reads with botocore: the same lines in and out as s3_sign.cc.

Runs under a Python of its own (tests/support/botocore.txt), since botocore wants an older python-dateutil than
the one that the other client tests are pinned to.
"""
import datetime
import json
import sys
import types

import botocore.auth
import botocore.utils
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
UNSIGNED = types.SimpleNamespace(s3={"payload_signing_enabled": False})


def encoded_path(case):
    return "/" + botocore.utils.percent_encode(case["folder"] + case["key"], safe="/~")


def sign(case):
    credentials = Credentials(case["id"], case["secret"], case["token"] or None)
    now = EPOCH + datetime.timedelta(milliseconds=case["time_ms"])
    botocore.auth.get_current_datetime = lambda: now
    path = encoded_path(case)
    if "lifetime" in case:
        request = AWSRequest(method="GET", url=case["origin"] + path)
        botocore.auth.S3SigV4QueryAuth(credentials, "s3", case["region"],
                                       expires=case["lifetime"]).add_auth(request)
        return {"url": request.url}
    request = AWSRequest(method=case["method"], url=case["origin"] + path,
                         data=case["body"].encode(), params=[tuple(p) for p in case["query"]])
    for name, value in case["headers"]:
        request.headers[name] = value
    if case["body_hash"] == "UNSIGNED-PAYLOAD":
        request.context["client_config"] = UNSIGNED
    auth = botocore.auth.S3SigV4Auth(credentials, "s3", case["region"])
    auth.add_auth(request)
    return {"path": path, "query": auth.canonical_query_string(request),
            "headers": list(request.headers.items())}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(sign(json.loads(line))))
