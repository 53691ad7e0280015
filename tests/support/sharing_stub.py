"""A small Delta Sharing server in Python that does right, except where it is told to do wrong.

It is there to show that the conformance suite can fail: each fault of FAULTS is one thing that a
server might do wrong. Without faults it follows the protocol. Standard library only.

    with SharingStub(faults={"paging-repeats"}) as stub:
        stub.url, stub.token
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import re
import socketserver
import threading
import time
import urllib.parse

from sharing_faults import FAULTS

TOKEN = "stub-token-7d41c9"
KEY = b"stub key of file links"
VERSION = 3
TABLES = [("retail", "sales", "orders"), ("retail", "sales", "returns"), ("retail", "stock", "items"),
          ("other", "default", "t"), ("other", "default", "u"),
          ("other", "more", "v")]
FILES = [b"PAR1" + bytes([n]) * (40 + n) + b"PAR1" for n in range(3)]
SCHEMA = {"type": "struct", "fields": [
    {"name": "id", "type": "long", "nullable": True, "metadata": {"comment": "a\u2028b"}},
    {"name": "day", "type": "date", "nullable": True, "metadata": {}}]}
NAMED = re.compile(r"^/shares/(?P<share>[^/]+)(?:/schemas/(?P<schema>[^/]+)(?:/tables/(?P<table>[^/]+))?)?$")


class Refused(Exception):
    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message


def not_found():
    return Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such share, schema or table")


def bad(message):
    return Refused(400, "INVALID_PARAMETER_VALUE", message)


def seal(text: str) -> str:
    mac = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()[:16]
    return base64.urlsafe_b64encode(f"{mac}{text}".encode()).decode().rstrip("=")


def unseal(token: str) -> str:
    try:
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError as error:
        raise bad("no such page token") from error
    if seal(plain[16:]) != token:
        raise bad("no such page token")
    return plain[16:]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together: else the other side waits for the body

    def faulty(self, name: str) -> bool:
        assert name in FAULTS, name
        return name in self.server.faults

    def log_message(self, *_):
        pass

    # --- what goes out

    def send(self, status, body: bytes = b"", headers=(), content_type=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.faulty("closes-connections"):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value, status=200, headers=()):
        kind = "text/html" if self.faulty("lists-as-html") and status == 200 else "application/json; charset=utf-8"
        self.send(status, json.dumps(value).encode(), headers, kind)

    def refuse(self, error: Refused):
        message = error.message
        if self.faulty("location-in-errors"):
            message += ": s3://bucket/lake/orders/_delta_log"
        headers = [("WWW-Authenticate", "Bearer")] if error.status == 401 else []
        if error.status == 401 and self.faulty("no-challenge"):
            headers = []
        if self.faulty("errors-as-text") or (error.status == 401 and self.faulty("401-as-text")):
            return self.send(error.status, message.encode(), headers, "text/plain")
        return self.send_json({"errorCode": error.code, "message": message}, error.status, headers)

    # --- what comes in

    def handle_any(self):
        try:
            length = int(self.headers.get("Content-Length") or 0)
            self.body = self.rfile.read(length)
            if length > 1 << 20 and not self.faulty("500-on-large-bodies"):
                raise Refused(413, "TOO_LARGE", "the body is too large")
            if length > 1 << 20:
                raise Refused(500, "INTERNAL_ERROR", "")
            self.route()
        except Refused as error:
            self.refuse(error)
        except RecursionError:
            self.refuse(bad("nested too deep"))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

    def do_TRACE(self):
        if self.faulty("trace"):
            return self.send(200, str(self.headers).encode(), content_type="message/http")
        return self.refuse(Refused(405, "METHOD_NOT_ALLOWED", "no"))

    def authorize(self, query):
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if self.faulty("any-token") and scheme:
            return
        if self.faulty("basic-passes") and scheme == "Basic":
            return
        if self.faulty("no-token-needed"):
            return
        if self.faulty("token-in-url") and query.get("access_token") == TOKEN:
            return
        good = scheme == "Bearer" if self.faulty("scheme-case-matters") else scheme.lower() == "bearer"
        if not good or token.strip() != TOKEN:
            if self.faulty("names-told") and "/tables/" in self.path:
                found = any(f"/{t[2]}/" in self.path for t in TABLES)
                raise Refused(403 if found else 404, "X", "x")
            raise Refused(401, "UNAUTHENTICATED", "who are you?")

    def route(self):
        path, _, raw = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(raw, keep_blank_values=True))
        if path.startswith("/files/"):
            return self.get_file(path, query)
        if self.faulty("query-without-token") and path.endswith("/query"):
            pass
        else:
            self.authorize(query)
        if not path.startswith("/delta-sharing/"):
            raise Refused(404, "NOT_FOUND", "no such path")
        path = path[len("/delta-sharing"):]
        if self.command in ("PUT", "DELETE", "PATCH"):
            if self.faulty("deletes"):
                return self.send_json({})
            raise Refused(405, "METHOD_NOT_ALLOWED", "no")
        if path == "/shares" and self.command == "GET":
            return self.list("/shares", [{"name": s} for s in sorted({t[0] for t in TABLES})], query)
        return self.route_named(path, query)

    def find(self, names: dict) -> list:
        found = TABLES
        for i, part in enumerate(("share", "schema", "table")):
            name = names.get(part)
            if name is None:
                continue
            if self.faulty("case-matters"):
                found = [t for t in found if t[i] == name]
            else:
                found = [t for t in found if t[i].lower() == name.lower()]
        if not found:
            if self.faulty("500-on-unknown"):
                raise Refused(500, "INTERNAL_ERROR", "")
            if self.faulty("403-on-unknown"):
                raise Refused(403, "FORBIDDEN", "no")
            raise not_found()
        return found

    def route_named(self, path, query):
        last = path.rsplit("/", 1)[1]
        base = path[: -len(last) - 1]
        operation = {"schemas": self.schemas, "all-tables": self.all_tables, "tables": self.tables,
                     "version": self.version, "metadata": self.metadata, "query": self.query,
                     "changes": self.changes}.get(last)
        matched = NAMED.match(base) if operation else NAMED.match(path)
        if not matched and self.faulty("unknown-paths-pass"):
            return self.send_json({})
        if not matched:
            raise Refused(404, "NOT_FOUND", "no such path")
        names = {k: urllib.parse.unquote(v) for k, v in matched.groupdict().items() if v is not None}
        if any(c in v for v in names.values() for c in "\r\n") and self.faulty("header-injection"):
            return self.send(200, b"{}", [("X-Sluice-Injected", "1")], "application/json")
        if any("passwd" in v for v in names.values()) and self.faulty("traversal"):
            return self.send(200, b"root:x:0:0:root:/root:/bin/bash\n", (), "text/plain")
        if any(len(v) > 255 for v in names.values()) and self.faulty("500-on-long-names"):
            raise Refused(500, "INTERNAL_ERROR", "")
        found = self.find(names)
        if operation is None:
            return self.share_or_head(found, names)
        if (operation == self.query) != (self.command == "POST"):
            if not (self.faulty("query-by-get") and operation == self.query):
                raise Refused(405, "METHOD_NOT_ALLOWED", "no")
            self.body = b"{}"
        return operation(found, query)

    # --- lists

    def list(self, kind, items, query):
        token = query.get("pageToken", "")
        limit = query.get("maxResults", "500")
        if not re.fullmatch(r"\d{1,10}", limit) and not self.faulty("bad-numbers-pass"):
            raise bad("maxResults is no number")
        if limit == "2147483647" and self.faulty("500-on-largest-number"):
            raise Refused(500, "INTERNAL_ERROR", "")
        limit = int(limit) if limit.isdigit() else 500
        begin = 0
        if token:
            bound = "any" if self.faulty("tokens-fit-all") else kind
            if self.faulty("bad-tokens-pass"):
                try:
                    begin = int(unseal(token).rsplit(" ", 1)[1])
                except Refused:
                    begin = 0
            else:
                where, begin = unseal(token).rsplit(" ", 1)
                if where not in (kind, bound, "any"):
                    raise bad("the token is of another list")
                begin = int(begin)
        if self.faulty("paging-repeats") and begin:
            begin -= 1
        if self.faulty("zero-gives-all") and limit == 0:
            limit = 500
        end = begin + limit
        if self.faulty("paging-repeats") and token:
            end += 1
        if self.faulty("paging-loses") and token:
            begin += 1
        answer = {"items": items[begin:end]}
        if self.faulty("max-results-ignored"):
            answer = {"items": items}
        elif end < len(items):
            answer["nextPageToken"] = seal(f"{'any' if self.faulty('tokens-fit-all') else kind} {end}")
        if self.faulty("paging-never-ends"):
            answer["nextPageToken"] = seal(f"{kind} 0")
        if self.faulty("items-without-names"):
            answer["items"] = [{k: v for k, v in i.items() if k != "name"} for i in answer["items"]]
        if self.faulty("items-without-share"):
            answer["items"] = [{k: v for k, v in i.items() if k != "share"} for i in answer["items"]]
        self.send_json(answer)

    def share_or_head(self, found, names):
        if "schema" not in names:
            if self.command != "GET":
                raise Refused(405, "METHOD_NOT_ALLOWED", "no")
            share = {"name": found[0][0]}
            return self.send_json(share if self.faulty("share-unwrapped") else {"share": share})
        if "table" not in names or self.command != "HEAD":
            raise Refused(404, "NOT_FOUND", "no such path")
        return self.version(found, {})

    def schemas(self, found, query):
        names = sorted({(t[0], t[1]) for t in found})
        self.list(self.path.split("?")[0], [{"name": c, "share": s} for s, c in names], query)

    def table_item(self, t):
        item = {"name": t[2], "schema": t[1], "share": t[0],
                "id": hashlib.md5("/".join(t).encode()).hexdigest()}
        if self.faulty("ids-change"):
            self.server.counter += 1
            item["id"] = str(self.server.counter)
        if self.faulty("unknown-access-mode"):
            item["accessModes"] = ["ftp"]
        if self.faulty("names-with-spaces"):
            item["name"] = t[2] + " x"
        return item

    def tables(self, found, query):
        self.list(self.path.split("?")[0], [self.table_item(t) for t in sorted(found)], query)

    def all_tables(self, found, query):
        items = [self.table_item(t) for t in sorted(found)]
        if self.faulty("all-tables-incomplete"):
            items = items[:1]
        self.list(self.path.split("?")[0], items, query)

    # --- tables

    def head(self):
        if self.faulty("no-version-header"):
            return []
        name = "Table-Version" if self.faulty("wrong-version-header") else "Delta-Table-Version"
        return [(name, "three" if self.faulty("version-no-number") else str(VERSION))]

    def version(self, found, query):
        start = query.get("startingTimestamp")
        if start is not None and not self.faulty("bad-timestamps-pass"):
            self.check_timestamp(start)
            if start > "2900":
                raise bad("no version is that late")
        self.send(200, b"{}" if self.faulty("version-with-body") else b"", self.head())

    @staticmethod
    def check_timestamp(text):
        try:
            time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
        except ValueError as error:
            raise bad("no timestamp") from error

    def capabilities(self):
        given = {}
        text = self.headers.get("delta-sharing-capabilities") or ""
        if not self.faulty("capabilities-case-matters"):
            text = text.lower()
        for part in text.split(";"):
            key, _, value = part.partition("=")
            given[key.strip()] = value.split(",")
        if self.faulty("unknown-capabilities-refused") and "sluicenosuchkey" in given:
            raise bad("unknown capability")
        return given

    def delta_wanted(self, given):
        if self.faulty("always-delta"):
            return True
        if self.faulty("no-delta"):
            return False
        formats = given.get("responseformat", ["parquet"])
        return "delta" in formats and "parquet" not in formats

    def head_lines(self, delta):
        metadata = {"id": "5e1f", "format": {"provider": "parquet"}, "schemaString": json.dumps(SCHEMA),
                    "partitionColumns": ["day"]}
        if self.faulty("raw-line-separators"):
            metadata["schemaString"] = json.dumps(SCHEMA, ensure_ascii=False)
        if self.faulty("no-partition-columns"):
            del metadata["partitionColumns"]
        if self.faulty("unknown-partition-column"):
            metadata["partitionColumns"] = ["nosuch"]
        if self.faulty("broken-schema"):
            metadata["schemaString"] = "{}"
        if self.faulty("configuration-no-texts"):
            metadata["configuration"] = {"a": 1}
        if self.faulty("query-has-other-metadata") and self.path.endswith("query"):
            metadata["id"] = "other"
        protocol = {"minReaderVersion": "1" if self.faulty("protocol-as-text") else 1}
        if delta:
            protocol = {"deltaProtocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
            if self.faulty("delta-protocol-incomplete"):
                protocol = {"deltaProtocol": {}}
            metadata = {"deltaMetadata": metadata}
        lines = [{"protocol": protocol}, {"metaData": metadata}]
        if self.faulty("no-protocol-line"):
            lines = lines[1:]
        if self.faulty("lines-reversed"):
            lines.reverse()
        return lines

    def send_lines(self, lines, given, delta, extra=()):
        headers = self.head() + list(extra)
        told = ["responseformat=delta"] if delta else []
        if self.faulty("format-not-told"):
            told = []
        if self.faulty("told-in-upper-case"):
            told = [t.upper() for t in told]
        if given.get("includeendstreamaction") == ["true"] and not self.faulty("no-end-offered"):
            told.append("includeendstreamaction=true")
            if not self.faulty("promised-end-missing"):
                end = {"minUrlExpirationTimestamp": self.expires() - (0 if not self.faulty("end-too-late") else -999)}
                if self.faulty("end-not-last"):
                    lines.insert(len(lines) - 1, {"endStreamAction": end})
                else:
                    lines.append({"endStreamAction": end})
        elif self.faulty("end-unasked"):
            lines.append({"endStreamAction": {}})
        if self.faulty("end-promised-unasked"):
            told.append("includeendstreamaction=true")
        if told:
            headers.append(("delta-sharing-capabilities", ";".join(told)))
        raw = self.faulty("raw-line-separators")
        body = "".join(json.dumps(line, ensure_ascii=not raw) + "\n" for line in lines)
        if self.faulty("lines-as-array"):
            body = json.dumps(lines)
        if self.faulty("extra-metadata-line") and self.path.endswith("metadata"):
            body += '{"metaData": {}}\n'
        kind = "application/json" if self.faulty("lines-as-json") else "application/x-ndjson; charset=utf-8"
        if self.faulty("gzip-not-told") and "gzip" in self.headers.get("Accept-Encoding", ""):
            import gzip
            return self.send(200, gzip.compress(body.encode()), headers, kind)
        return self.send(200, body.encode(), headers, kind)

    def metadata(self, found, query):
        version = query.get("version")
        if version is not None and not self.faulty("bad-versions-pass"):
            if not re.fullmatch(r"\d{1,18}", version) or int(version) > VERSION:
                raise bad("no such version")
        if version is not None and "timestamp" in query and not self.faulty("version-and-timestamp"):
            raise bad("one of the two")
        given = self.capabilities()
        delta = self.delta_wanted(given)
        self.send_lines(self.head_lines(delta), given, delta)

    def changes(self, found, query):
        raise bad("no change feed here")

    @staticmethod
    def number(body, name, signed=False):
        value = body.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value >= 1 << 63 or (value < 0 and not signed):
            raise bad(f"{name} is no number that fits")
        return value

    def parse_body(self):
        if not self.body:
            if self.faulty("500-on-no-body"):
                raise Refused(500, "INTERNAL_ERROR", "")
            return {}
        if self.headers.get("Content-Type") is None and self.faulty("content-type-needed"):
            raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "say what it is")
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            if self.faulty("500-on-bad-json") or (isinstance(error, RecursionError) and self.faulty("500-on-deep-json")):
                raise Refused(500, "INTERNAL_ERROR", "") from error
            raise Refused(400, "MALFORMED_REQUEST", "no JSON") from error
        if not isinstance(body, dict):
            if self.faulty("no-object-passes"):
                return {}
            raise Refused(400, "MALFORMED_REQUEST", "no object")
        known = {"predicateHints", "jsonPredicateHints", "limitHint", "version", "timestamp", "startingVersion",
                 "endingVersion", "maxFiles", "pageToken"}
        if self.faulty("unknown-fields-refused") and set(body) - known:
            raise bad("unknown field")
        return body

    def check_body(self, body):
        if self.faulty("wrong-types-pass"):
            return
        try:
            self.number(body, "limitHint")
            for name in ("version", "startingVersion"):
                value = self.number(body, name)
                if value is not None and value > VERSION:
                    raise bad("no such version")
        except Refused:
            if self.faulty("negative-versions-pass") and -1 in body.values():
                return
            if self.faulty("500-on-large-numbers") and max(map(abs, filter(
                    lambda v: isinstance(v, (int, float)), body.values())), default=0) > 1 << 62:
                raise Refused(500, "INTERNAL_ERROR", "") from None
            raise
        if len(body.get("jsonPredicateHints", "")) > 100_000 and self.faulty("500-on-deep-predicate"):
            raise Refused(500, "INTERNAL_ERROR", "")
        hints = body.get("predicateHints", [])
        if not isinstance(hints, list):
            raise bad("predicateHints is no array")
        if self.faulty("odd-hints-refused") and "no SQL" in str(hints):
            raise bad("cannot read the hint")
        if "pageToken" in body:
            raise bad("no such page token")
        if "timestamp" in body and not self.faulty("bad-timestamps-pass"):
            self.check_timestamp(body["timestamp"])
            raise bad("no history here")

    def expires(self):
        return int((time.time() + (-60 if self.faulty("urls-expired") else 3600)) * 1000)

    def file_url(self, n):
        sign = hmac.new(KEY, str(n).encode(), hashlib.sha256).hexdigest()
        url = f"http://{self.headers['Host']}/files/{n}.parquet?"
        key = "signature" if self.faulty("urls-not-presigned") else "X-Databricks-Signature"
        url += f"{key}={sign}"
        return url + (f"&token={TOKEN}" if self.faulty("token-in-file-urls") else "")

    def query(self, found, query):
        body = self.parse_body()
        self.check_body(body)
        given = self.capabilities()
        delta = self.delta_wanted(given)
        scheme = (self.headers.get("fileidhash") or "").lower()
        extra = []
        if scheme:
            if scheme not in ("parquet", "delta") and not self.faulty("any-hash-passes"):
                raise bad("no such scheme")
            extra = [("fileidhash", self.headers["fileidhash"] if self.faulty("hash-echo-as-sent") else scheme)]
        lines = self.head_lines(delta)
        for n, data in enumerate(FILES):
            lines.append({"file": self.file_line(n, data, delta, scheme)})
        self.send_lines(lines, given, delta, extra)

    def file_line(self, n, data, delta, scheme):
        self.server.counter += 1
        ident = hashlib.sha256(f"{scheme}{n}".encode()).hexdigest()[:32]
        if self.faulty("file-ids-change"):
            ident += str(self.server.counter)
        if self.faulty("file-ids-equal"):
            ident = "same"
        if self.faulty("file-ids-are-paths"):
            ident = f"day=2024-01-0{n + 1}/part-{n}.parquet"
        own = {"partitionValues": {"day": "2024-01-01"}, "size": len(data) + (1 if self.faulty("wrong-size") else 0),
               "stats": "{" if self.faulty("broken-stats") else '{"numRecords": 1}'}
        if self.faulty("no-partition-values"):
            del own["partitionValues"]
        line = {"id": ident, "expirationTimestamp": self.expires()}
        if delta:
            own |= {"path": self.file_url(n), "modificationTime": 1}
            if not self.faulty("delta-add-incomplete"):
                own["dataChange"] = True
            return line | {"deltaSingleAction": {"add": own}}
        return line | own | {"url": self.file_url(n)}

    # --- the bytes

    def get_file(self, path, query):
        if path == "/files/" and self.faulty("folders-listed"):
            return self.send(200, b"0.parquet\n", content_type="text/plain")
        matched = re.fullmatch(r"/files/(\d)\.parquet", path)
        if not matched:
            raise not_found()
        if self.faulty("urls-need-token"):
            self.authorize(query)
        n = int(matched[1])
        sign = hmac.new(KEY, str(n).encode(), hashlib.sha256).hexdigest()
        given = query.get("X-Databricks-Signature") or query.get("signature")
        if given != sign and not self.faulty("unsigned-urls"):
            raise Refused(403, "FORBIDDEN", "no")
        return self.send_bytes(FILES[n])

    def send_bytes(self, data):
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "")
        if not wanted or self.faulty("no-ranges") or (not wanted[1] and self.faulty("no-tails")):
            return self.send(200, data, content_type="application/octet-stream")
        begin, end = wanted[1], wanted[2]
        first = int(begin) if begin else max(0, len(data) - int(end))
        last = min(int(end), len(data) - 1) if begin and end else len(data) - 1
        return self.send(206, data[first:last + 1], [("Content-Range", f"bytes {first}-{last}/{len(data)}")])


class SharingStub:
    def __init__(self, faults=()):
        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.faults = frozenset(faults)
        self.server.counter = 0
        self.token = TOKEN
        self.url = f"http://127.0.0.1:{self.server.server_port}/delta-sharing"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
