"""What a Delta Sharing server may do wrong about tables, for altering_proxy: each fault with the checks of the suite that
have to find it. A fault is made anew for each run."""
import json

WRAPPERS = ("file", "add", "cdf", "remove")
REFUSED = b'{"errorCode":"RESOURCE_DOES_NOT_EXIST","message":"no such query"}'


def wrapper(line) -> str | None:
    return next((name for name in WRAPPERS if name in line), None)


def fields(line) -> dict:
    """The file's own fields, in either format."""
    told = line[wrapper(line)]
    return next(iter(told["deltaSingleAction"].values())) if "deltaSingleAction" in told else told


def of_answer(change):
    """Alters an answer."""
    return lambda: lambda ex: change(ex) if ex.answered else None


def of_request(change):
    return lambda: lambda ex: None if ex.answered else change(ex)


def of_lines(change):
    """change(lines, exchange) gives the lines that are sent in place of a good answer's."""
    def alter(ex):
        if lines := ex.lines:
            ex.say(change(lines, ex))
    return of_answer(alter)


def of_files(change):
    def alter(lines, _):
        for line in lines:
            if wrapper(line):
                change(line)
        return lines
    return of_lines(alter)


def of_head(change):
    """change(protocol, metadata), without what wraps them in delta format."""
    def alter(lines, _):
        protocol = next((line["protocol"] for line in lines if "protocol" in line), None)
        metadata = next((line["metaData"] for line in lines if "metaData" in line), None)
        if protocol and metadata:
            change(protocol.get("deltaProtocol", protocol), metadata.get("deltaMetadata", metadata))
        return lines
    return of_lines(alter)


def without_file(keep):
    """keep(files) are the files that are left."""
    def alter(lines, ex):
        files = [line for line in lines if wrapper(line)]
        kept = keep(files)
        return [line for line in lines if not wrapper(line) or line in kept]
    return alter


lose_last = of_lines(without_file(lambda files: files[:-1]))


def at_once_but_one():
    """A server that does not know asynchronous queries, and loses the last file of each answer."""
    lose = lose_last()

    def alter(ex):
        capabilities = ex.headers.get("delta-sharing-capabilities", "")
        if not ex.answered and "asyncquery" in capabilities:
            ex.headers["delta-sharing-capabilities"] = ";".join(
                c for c in capabilities.split(";") if not c.startswith("asyncquery"))
        return lose(ex)
    return alter


def for_hints(names, keep):
    def alter(lines, ex):
        return without_file(keep)(lines, ex) if any(name in ex.asked for name in names) else lines
    return of_lines(alter)


def later_version(ex):
    if version := ex.answer_headers.get("delta-table-version"):
        ex.answer_headers["delta-table-version"] = str(int(version) + 1)


def broken(ex):
    if 400 <= ex.status < 500:
        ex.status = 500


def without_parameters(*names):
    def alter(ex):
        ex.query = "&".join(p for p in ex.query.split("&") if p.split("=")[0] not in names)
        if ex.asked:
            ex.ask({name: value for name, value in ex.asked.items() if name not in names})
    return of_request(alter)


def as_parquet():
    """Tells every table in parquet format, whatever its features."""
    def alter(ex):
        if not ex.answered and ex.operation == "query":
            ex.headers["delta-sharing-capabilities"] = (
                "responseformat=delta;readerfeatures=deletionvectors,columnmapping,timestampntz")
        if not (ex.answered and ex.lines):
            return
        told = []
        for line in ex.lines:
            if "protocol" in line:
                told.append({"protocol": {"minReaderVersion": 1}})
            elif "metaData" in line:
                told.append({"metaData": line["metaData"]["deltaMetadata"]})
            elif wrapper(line):
                add = fields(line)
                told.append({"file": {"id": line["file"]["id"], "url": add["path"], "size": add["size"],
                                      "partitionValues": add["partitionValues"]}})
        ex.say(told)
    return alter


def no_features(protocol, metadata):
    protocol["minReaderVersion"] = 1
    protocol.pop("readerFeatures", None)
    metadata["configuration"] = {}


def other_columns(_, metadata):
    metadata["schemaString"] = metadata["schemaString"].replace('"id"', '"no"').replace("integer", "long")


def other_city(line):
    values = fields(line)["partitionValues"]
    if values.get("city") == "Paris":
        values["city"] = "Rome"


def false_statistics(line):
    if "stats" in fields(line):
        stats = json.loads(fields(line)["stats"])
        stats["numRecords"] += 1
        fields(line)["stats"] = json.dumps(stats)


def without(*names):
    def alter(line):
        for name in names:
            fields(line).pop(name, None)
            line[wrapper(line)].pop(name, None)
    return of_files(alter)


def other_id(line):
    if "remove" in line:
        line["remove"]["id"] += "x"


def a_file(lines, _):
    return lines + [{"file": {"id": "x", "url": "http://127.0.0.1:1/x", "size": 1, "partitionValues": {}}}]


def after_refresh(lines, ex):
    return without_file(lambda files: files[:-1])(lines, ex) if "refreshToken" in ex.asked else lines


def content_type(ex):
    if ex.lines:
        ex.answer_headers["content-type"] = "text/html"


class OfferingAll:
    """Asynchronous queries and a directory, on top of a server that has neither; or a wrong imitation of them."""

    def __init__(self, wrong=""):
        self.wrong, self.queries, self.polls = wrong, {}, {}

    def __call__(self, ex):
        if ex.answered:
            return self.offer(ex) if ex.operation == "metadata" else self.lose(ex)
        if ex.operation == "query" and "asyncquery=true" in ex.headers.get("delta-sharing-capabilities", ""):
            return self.submit(ex)
        if ex.path.rsplit("/", 2)[-2] == "queries":
            return self.poll(ex)
        if ex.operation == "temporary-table-credentials":
            secrets = {"accessKeyId": "a", "secretAccessKey": "s", "sessionToken": "t"}
            if self.wrong == "credentials":
                del secrets["sessionToken"]
            ex.reply(200, json.dumps({"credentials": {"location": "s3://bucket/t", "awsTempCredentials": secrets,
                                                      "expirationTime": 4102444800000}}).encode())
        return None

    def submit(self, ex):
        key = ex.asked["idempotencyKey"] + (str(len(self.queries)) if self.wrong == "key" else "")
        name = f"query-{key}"
        self.queries[name] = {k: v for k, v in ex.asked.items() if k != "idempotencyKey"}
        self.status(ex, name)
        ex.answer_headers["delta-sharing-capabilities"] = "asyncquery=true"

    @staticmethod
    def status(ex, name):
        line = {"queryStatus": {"queryId": name, "status": "pending"}}
        ex.reply(200, json.dumps(line).encode() + b"\n", "application/x-ndjson; charset=utf-8")

    def poll(self, ex):
        name = ex.operation
        if name not in self.queries and self.wrong != "unknown":
            return ex.reply(404, REFUSED)
        self.polls[name] = self.polls.get(name, 0) + 1
        if self.polls[name] == 1 and name in self.queries:
            return self.status(ex, name)
        ex.path = ex.path.rsplit("/", 2)[0] + "/query"
        return ex.ask(self.queries.get(name, {}) | ex.asked)

    def lose(self, ex):
        if self.wrong == "rows" and ex.operation == "query" and ex.lines:
            ex.say(without_file(lambda files: files[:-1])(ex.lines, ex))

    def offer(self, ex):
        if not ex.lines:
            return
        lines = ex.lines
        lines[1]["metaData"] |= {"accessModes": ["url", "nfs" if self.wrong == "modes" else "dir"],
                                 "location": "s3://bucket/t"}
        ex.say(lines)


def offering_all(wrong=""):
    return OfferingAll(wrong)


FAULTS = {
    "loses the last file": (lose_last, [
        "query.rows", "query.nested-rows", "query.partition-values", "query.partition-rows", "query.checkpointed",
        "query.overwritten", "delta.rows", "delta.nested-rows", "delta.partition-rows", "delta.either",
        "mapping.rows", "timestamp-ntz.rows", "time-travel.versions", "time-travel.versions-delta",
        "time-travel.checkpoint", "file-changes.range", "file-changes.range-delta", "changes.rows",
        "changes.rows-delta", "changes.range", "changes.range-delta", "long-answer.whole", "long-answer.whole-delta",
        "paging.files", "paging.files-delta"]),
    "knows no asynchronous queries, and loses a file": (at_once_but_one, ["async.ignored"]),
    "sends another content type": (of_answer(content_type), ["query.headers"]),
    "tells a later version": (of_answer(later_version), [
        "query.headers", "version.latest", "version.since", "time-travel.versions", "time-travel.metadata",
        "time-travel.metadata-timestamp", "file-changes.range", "paging.version", "links.refresh"]),
    "tells other columns": (of_head(other_columns), ["query.metadata", "query.nested-schema"]),
    "forgets the partition columns": (of_head(lambda _, m: m.update(partitionColumns=[])), [
        "query.metadata-partitions"]),
    "adds a file": (of_lines(a_file), ["query.empty-table"]),
    "changes a partition value": (of_files(other_city), [
        "query.partition-values", "query.partition-rows", "delta.partition-rows"]),
    "forgets partition values": (without("partitionValues"), ["query.partition-values", "delta.lines"]),
    "sends false statistics": (of_files(false_statistics), ["stats.true"]),
    "sends no statistics": (without("stats"), ["stats.sent"]),
    "forgets deletion vectors": (without("deletionVector"), ["vectors.rows", "vectors.ids"]),
    "gives vectors no ids": (without("deletionVectorFileId"), ["vectors.ids"]),
    "forgets features": (of_head(no_features), ["vectors.features", "mapping.features", "timestamp-ntz.features"]),
    "knows parquet format only": (lambda: as_parquet(), [
        "vectors.old-clients", "vectors.delta-needed", "mapping.old-clients", "mapping.delta-needed"]),
    "breaks where it should refuse": (of_answer(broken), [
        "time-travel.beyond", "time-travel.cleaned-up", "time-travel.no-history", "time-travel.before-first",
        "time-travel.query-both", "changes.no-start", "changes.start-beyond", "changes.end-first",
        "changes.not-enabled", "paging.bad-token", "links.bad-refresh-token", "access.no-credentials"]),
    "passes over versions": (without_parameters("version"), [
        "time-travel.versions", "time-travel.versions-delta", "time-travel.beyond", "time-travel.cleaned-up",
        "time-travel.metadata", "paging.version"]),
    "passes over times": (without_parameters("timestamp"), [
        "time-travel.timestamps", "time-travel.timestamps-delta", "time-travel.metadata-timestamp",
        "time-travel.before-first", "time-travel.query-both"]),
    "passes over startingTimestamp": (without_parameters("startingTimestamp"), ["version.since",
                                                                                "changes.timestamps"]),
    "passes over the end of a range": (without_parameters("endingVersion", "endingTimestamp"), [
        "changes.range", "changes.range-delta", "changes.timestamps", "changes.end-first"]),
    "tells changes without a time": (without("timestamp"), ["changes.fields", "file-changes.range"]),
    "gives removed files other ids": (of_files(other_id), ["file-changes.ids"]),
    "loses added files": (of_lines(without_file(lambda files: [f for f in files if "add" not in f])), [
        "file-changes.rows", "changes.rows"]),
    "leaves out files that match": (for_hints(("predicateHints", "jsonPredicateHints"), lambda files: files[-1:]), [
        "hints.sql-partitions", "hints.json-partitions", "hints.sql-columns", "hints.json-columns", "hints.odd-sql",
        "hints.odd-json"]),
    "passes over hints": (without_parameters("predicateHints", "jsonPredicateHints"), ["hints.prune-partitions"]),
    "takes a limit for one of files": (for_hints(("limitHint",), lambda files: files[:1]), [
        "limit.rows", "limit.after-predicate"]),
    "begins again with each page": (without_parameters("pageToken"), [
        "paging.files", "paging.files-delta", "paging.version", "paging.bad-token"]),
    "loses a file when links are asked for again": (of_lines(after_refresh), ["links.refresh"]),
    "offers an access mode that nobody knows": (lambda: offering_all("modes"), ["access.modes"]),
    "gives half of a directory's credentials": (lambda: offering_all("credentials"), ["access.credentials"]),
    "computes one key twice": (lambda: offering_all("key"), ["async.same-key"]),
    "knows every asynchronous query": (lambda: offering_all("unknown"), ["async.unknown"]),
    "loses a file of asynchronous queries": (lambda: offering_all("rows"), ["async.rows", "async.pages"]),
}
