"""An S3 store with STS for tests, at one address as MinIO has it: stands before s3proxy and keeps to the policies
of the keys that it gave out. Standard library only.

    with LendingStore(s3) as store:
        store.endpoint          # of S3 and of STS
        store.asked             # the forms of AssumeRole that came, in order
        store.decisions(key)    # [("s3:GetObject", "lake/t/x", True)]: what the holder of a key tried, and may
        store.send(keys, "GET", "/lake/t/x")    # a request signed with keys as the protocol tells them

- Signatures (version 4) of all requests are checked, with a key's session token. s3proxy's own pair is the key
  of the server under test: it may assume roles, and all else.
- What a key from STS may do is decided by the policy that came with it, by the rules of Amazon's IAM as far
  as such policies go: allowed is what one statement allows by action, resource and conditions. Whatever
  this reader of policies does not know ends the call.
- A missing object is told as missing only to who may list its key: else 403. So Amazon does it.
- Then the request is signed anew with s3proxy's pair and handed on.
"""
from __future__ import annotations

import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import re
import threading
import urllib.parse

from sluice_server import free_port

EMPTY = hashlib.sha256(b"").hexdigest()
ROLE = "arn:aws:iam::123456789012:role/sluice-readers"


# ---- signatures ----

def encoded(text, safe="") -> str:
    return urllib.parse.quote(text, safe=safe + "~")


def canonical_query(query: str) -> str:
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return "&".join(f"{k}={v}" for k, v in sorted((encoded(k), encoded(v)) for k, v in pairs))


def signature(secret, method, path, query, headers, names, payload, scope, time) -> str:
    """`path` and `query` as they are sent; `headers` by lower-case name."""
    canonical = "\n".join([
        method, encoded(urllib.parse.unquote_to_bytes(path), "/"), canonical_query(query),
        *(f"{name}:{' '.join(headers[name].split())}" for name in names), "", ";".join(names), payload])
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def signed(keys: dict, method, target, host, body=b"", headers=None) -> dict:
    """The headers of a request to S3, signed."""
    path, _, query = target.partition("?")
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{time[:8]}/us-east-1/s3/aws4_request"
    payload = hashlib.sha256(body).hexdigest()
    out = {**(headers or {}), "host": host, "x-amz-date": time, "x-amz-content-sha256": payload}
    if keys.get("sessionToken"):
        out["x-amz-security-token"] = keys["sessionToken"]
    names = sorted(name for name in out if name == "host" or name.startswith("x-amz-"))
    sum_ = signature(keys["secretAccessKey"], method, path, query, out, names, payload, scope, time)
    out["authorization"] = (f"AWS4-HMAC-SHA256 Credential={keys['accessKeyId']}/{scope}, "
                            f"SignedHeaders={';'.join(names)}, Signature={sum_}")
    return out


# ---- policies ----

def matches(pattern: str, text: str) -> bool:
    wild = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(wild, text, re.S) is not None


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def allows(policy: dict, action: str, resource: str, context: dict) -> bool:
    """`resource` without arn:aws:s3:::"""
    assert set(policy) == {"Version", "Statement"} and policy["Version"] == "2012-10-17", policy
    return any(statement_allows(s, action, resource, context) for s in listed(policy["Statement"]))


def statement_allows(statement, action, resource, context) -> bool:
    assert statement["Effect"] == "Allow" and set(statement) <= {"Effect", "Action", "Resource", "Condition"}, statement
    conditions = statement.get("Condition", {})
    assert set(conditions) <= {"StringLike"}, conditions
    return (any(matches(a, action) for a in listed(statement["Action"]))
            and any(matches(r, "arn:aws:s3:::" + resource) for r in listed(statement["Resource"]))
            # A key that the request does not have is like nothing.
            and all(key in context and any(matches(p, context[key]) for p in listed(patterns))
                    for key, patterns in conditions.get("StringLike", {}).items()))


def wants(method: str, bucket: str, key: str, query: dict):
    """The action of a request, its resource, and the conditions' keys that it has."""
    prefix = {"s3:prefix": query["prefix"]} if "prefix" in query else {}
    if not bucket:
        return "s3:ListAllMyBuckets", "*", {}
    if not key:
        if method not in ("GET", "HEAD"):
            return "s3:ChangeBucket", bucket, {}
        return ("s3:GetBucketLocation" if "location" in query else "s3:ListBucket"), bucket, prefix
    actions = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "POST": "s3:PutObject",
               "DELETE": "s3:DeleteObject"}
    return actions[method], f"{bucket}/{key}", {}


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def handle_any(self):
        store = self.server.store
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path, _, query = self.path.partition("?")
        try:
            keys, service = self.check(path, query, body)
            if service == "sts":
                return self.answer(200, store.assume(keys, body))
            rest = "&".join(p for p in query.split("&") if p and not p.startswith("X-Amz-"))
            status, headers, content = store.perform(keys, self, path, rest, body)
            self.answer(status, content, headers)
        except Refused as refused:
            text = f"<Error><Code>{refused.code}</Code><Message>as the test store sees it</Message></Error>"
            if path == "/" and self.command == "POST":
                text = f"<ErrorResponse>{text}</ErrorResponse>"
            self.answer(refused.status, text.encode(), {"content-type": "application/xml"})

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def check(self, path, query, body):
        """Whose request it is, and for which service."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "X-Amz-Signature=" in query:
            return self.check_link(path, query, headers), "s3"
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\S+), ?SignedHeaders=(\S+), ?Signature=(\w+)",
                             headers.get("authorization", ""))
        if not found:
            raise Refused(403, "AccessDenied")
        key, scope, names, given = found.groups()
        keys = self.server.store.keys.get(key)
        if keys is None:
            raise Refused(403, "InvalidAccessKeyId")
        payload = headers.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
        if payload not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
            raise Refused(400, "XAmzContentSHA256Mismatch")
        right = signature(keys["secretAccessKey"], self.command, path, query, headers, names.split(";"), payload,
                          scope, headers["x-amz-date"])
        if "host" not in names.split(";") or not hmac.compare_digest(right, given):
            raise Refused(403, "SignatureDoesNotMatch")
        if headers.get("x-amz-security-token") != keys.get("sessionToken"):
            raise Refused(403, "InvalidToken")
        return keys, scope.split("/")[2]

    def check_link(self, path, query, headers):
        """Whose link it is."""
        given = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        sum_ = given.pop("X-Amz-Signature")
        key, _, scope = given["X-Amz-Credential"].partition("/")
        keys = self.server.store.keys.get(key)
        if keys is None:
            raise Refused(403, "InvalidAccessKeyId")
        right = signature(keys["secretAccessKey"], self.command, path, urllib.parse.urlencode(given), headers,
                          given["X-Amz-SignedHeaders"].split(";"), "UNSIGNED-PAYLOAD", scope, given["X-Amz-Date"])
        if not hmac.compare_digest(right, sum_):
            raise Refused(403, "SignatureDoesNotMatch")
        return keys

    def answer(self, status, content, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "content-length" not in (headers or {}):
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class LendingStore:
    def __init__(self, s3):
        self.s3 = s3
        self.own = {"accessKeyId": s3.access_key, "secretAccessKey": s3.secret_key}
        self.keys = {s3.access_key: self.own}  # by key id; those from STS have a policy
        self.asked: list[dict] = []
        self.refuse = None  # (status, code): what STS answers instead
        self.ignores_policy_for_listings = False  # as where a bucket policy lets the server's user list
        self._decisions: list[tuple] = []
        self._lock = threading.Lock()
        self.port = free_port()
        self.server = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def access(self, **keys) -> str:
        """The block directoryAccess of an entry of `storage`, as S3Proxy.yaml takes it; ends the entry."""
        entry = {"roleArn": ROLE, "stsEndpoint": self.endpoint, **keys}
        return "  directoryAccess:\n" + "".join(f'    {k}: "{v}"\n' for k, v in entry.items() if v is not None)

    # ---- STS ----

    def assume(self, caller, body) -> bytes:
        if self.refuse:
            raise Refused(*self.refuse)
        if caller is not self.own:
            raise Refused(403, "AccessDenied")
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        with self._lock:
            self.asked.append(form)
            number = len(self.asked)
            keys = {"accessKeyId": f"ASIALENT{number:012}", "secretAccessKey": f"lent/SECRET+of/{number:024}",
                    "sessionToken": f"Lent/TOKEN+of=={number:032}/=", "policy": json.loads(form["Policy"])}
            self.keys[keys["accessKeyId"]] = keys
        ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(form["DurationSeconds"]))
        return (f"<AssumeRoleResponse><AssumeRoleResult><Credentials>"
                f"<AccessKeyId>{keys['accessKeyId']}</AccessKeyId>"
                f"<SecretAccessKey>{keys['secretAccessKey']}</SecretAccessKey>"
                f"<SessionToken>{keys['sessionToken']}</SessionToken>"
                f"<Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials></AssumeRoleResult>"
                f"</AssumeRoleResponse>").encode()

    # ---- S3 ----

    def perform(self, keys, request, path, query, body):
        bucket, _, key = urllib.parse.unquote(path)[1:].partition("/")
        action, resource, context = wants(request.command, bucket, key,
                                          dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
        policy = keys.get("policy")
        allowed = (policy is None or allows(policy, action, resource, context)
                   or (action == "s3:ListBucket" and self.ignores_policy_for_listings))
        with self._lock:
            self._decisions.append((keys["accessKeyId"], action, context.get("s3:prefix", resource), allowed))
        if not allowed:
            raise Refused(403, "AccessDenied")
        status, headers, content = self.forward(request, path, query, body)
        seen = policy is None or not key or allows(policy, "s3:ListBucket", bucket, {"s3:prefix": key})
        if status == 404 and not seen:
            raise Refused(403, "AccessDenied")
        return status, headers, content

    def forward(self, request, path, query, body):
        target = encoded(urllib.parse.unquote_to_bytes(path), "/") + ("?" + canonical_query(query) if query else "")
        kept = {name.lower(): value for name, value in request.headers.items()
                if name.lower() in ("range", "if-match", "if-none-match", "content-type")}
        headers = signed(self.own, request.command, target, f"127.0.0.1:{self.s3.backend}", body, kept)
        connection = http.client.HTTPConnection("127.0.0.1", self.s3.backend, timeout=60)
        try:
            connection.request(request.command, target, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            told = {name.lower(): value for name, value in answer.getheaders()
                    if name.lower() not in ("connection", "transfer-encoding", "date", "server")}
            return answer.status, told, content
        finally:
            connection.close()

    def send(self, keys, method, target, body=b"") -> int:
        """The status of a request with these keys."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = signed(keys, method, target, f"127.0.0.1:{self.port}", body)
            connection.request(method, target, body or None, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def decisions(self, keys) -> list:
        """Since the last call."""
        with self._lock:
            mine = [d[1:] for d in self._decisions if d[0] == keys["accessKeyId"]]
            self._decisions = [d for d in self._decisions if d[0] != keys["accessKeyId"]]
        return mine

    # ---- the server ----

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), _Handler)
        self.server.daemon_threads = True
        self.server.store = self
        self.thread = threading.Thread(target=self.server.serve_forever, name="lending-store", daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
