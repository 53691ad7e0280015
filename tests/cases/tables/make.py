#!/usr/bin/env python3
"""Writes the tiny Delta tables beside this file. Needs pyarrow; run only when a table changes."""
import json
import pathlib
import shutil
import urllib.parse

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
FIRST_TIME = 1735689600000  # 2025-01-01T00:00:00Z


def field(name, kind, nullable=True):
    return {"name": name, "type": kind, "nullable": nullable, "metadata": {}}


def metadata(name, fields, partitions=(), configuration=None):
    return {"metaData": {
        "id": f"delta-internal-id-of-{name}", "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}, separators=(",", ":")),
        "partitionColumns": list(partitions), "configuration": configuration or {},
        "createdTime": FIRST_TIME}}


def protocol(reader=1, writer=2, features=None, more=()):
    """`features` are those of readers, `more` those of writers alone."""
    p = {"minReaderVersion": reader, "minWriterVersion": writer}
    if features is not None:
        p["readerFeatures"] = features
        p["writerFeatures"] = [*features, *more]
    return {"protocol": p}


class Table:
    def __init__(self, name):
        self.name, self.root = name, HERE / name
        if self.root.exists():
            shutil.rmtree(self.root)
        (self.root / "_delta_log").mkdir(parents=True)

    def file(self, path, columns, stats=True):
        """Writes a Parquet file; returns its add action."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), target, compression="none", use_dictionary=False,
                       write_statistics=False, store_schema=False)
        add = {"path": urllib.parse.quote(path, safe="/=-_.~"), "partitionValues": {},
               "size": target.stat().st_size, "modificationTime": FIRST_TIME, "dataChange": True}
        if stats:
            values = {k: v for k, v in columns.items() if isinstance(v[0], int)}
            add["stats"] = json.dumps({
                "numRecords": len(next(iter(columns.values()))),
                "minValues": {k: min(v) for k, v in values.items()},
                "maxValues": {k: max(v) for k, v in values.items()},
                "nullCount": {k: 0 for k in values}}, separators=(",", ":"))
        return add

    def commit(self, version, *actions):
        at = FIRST_TIME + version * 86400000
        lines = [{"commitInfo": {"timestamp": at, "operation": "WRITE"}}, *actions]
        (self.root / "_delta_log" / f"{version:020}.json").write_text(
            "".join(json.dumps(a, separators=(",", ":"), ensure_ascii=False) + "\n" for a in lines))


    def checksum(self, version, actions, **changes):
        """Of a version of which these are the protocol, the metaData and the adds."""
        adds = [a["add"] for a in actions if "add" in a]
        told = {"txnId": None, "tableSizeBytes": sum(a["size"] for a in adds),
                "numFiles": len(adds), "numMetadata": 1, "numProtocol": 1,
                "setTransactions": [], "domainMetadata": [],
                "metadata": next(a["metaData"] for a in actions if "metaData" in a),
                "protocol": next(a["protocol"] for a in actions if "protocol" in a), **changes}
        (self.root / "_delta_log" / f"{version:020}.crc").write_text(
            json.dumps(told, separators=(",", ":")))


def add(action, **values):
    return {"add": {**action, "partitionValues": values}}


def remove(path):
    return {"remove": {"path": path, "deletionTimestamp": FIRST_TIME, "dataChange": True}}


def foreign(path):
    return {"add": {"path": path, "partitionValues": {}, "size": 11, "dataChange": True,
                    "modificationTime": FIRST_TIME}}


def orders(t):
    t.commit(0, protocol(),
             metadata("orders", [field("id", "long"), field("amount", "double"),
                                 field("region", "string")], ["region"],
                      {"delta.enableChangeDataFeed": "true"}),
             add(t.file("region=EU/a.parquet", {"id": [1, 2], "amount": [1.5, 2.5]}), region="EU"),
             add(t.file("region=US/b.parquet", {"id": [3], "amount": [3.5]}), region="US"))
    t.commit(1, add(t.file("region=EU/c.parquet", {"id": [4, 5, 6], "amount": [4.5, 5.5, 6.5]}),
                    region="EU"))
    t.commit(2, remove("region=US/b.parquet"),
             add(t.file("region=__HIVE_DEFAULT_PARTITION__/d.parquet", {"id": [7], "amount": [7.5]}),
                 region=None))
    t.commit(3, add(t.file("region=US/e.parquet", {"id": [8, 9], "amount": [8.5, 9.5]}), region="US"))


def letters(t):
    files = [add(t.file(f"part-{c}.parquet", {"n": [i, i + 10]})) for i, c in enumerate("abcde")]
    t.commit(0, protocol(), metadata("letters", [field("n", "long")]), *files)


def special(t):
    columns = {"n": [1]}
    t.commit(0, protocol(), metadata("special", [field("n", "long"), field("s", "string")], ["s"]),
             add(t.file("s=a b%/1.parquet", columns), s="a b%/ü'\""),
             add(t.file("s=line/2.parquet", columns), s="x\u2028y\u0085z"),
             add(t.file("s=none/3.parquet", columns, stats=False), s=None))


def simple(t, name, proto, extra=()):
    t.commit(0, proto, metadata(name, [field("n", "long"), *extra]),
             add(t.file("one.parquet", {"n": [1, 2]})))


def domains(t):
    """Whose log holds what is nobody's but the writer's."""
    proto = protocol(3, 7, ["vacuumProtocolCheck"], ["domainMetadata", "clustering"])
    t.commit(0, proto, metadata("domains", [field("n", "long")]),
             {"domainMetadata": {"domain": "secret.domain", "configuration": "{\"secret\":1}",
                                 "removed": False}},
             {"txn": {"appId": "secret-application", "version": 7, "lastUpdated": FIRST_TIME}},
             add(t.file("one.parquet", {"n": [1, 2]})))
    t.commit(1, {"domainMetadata": {"domain": "secret.domain", "configuration": "{\"secret\":2}",
                                    "removed": False}},
             {"domainMetadata": {"domain": "another", "configuration": "", "removed": False}})
    t.commit(2, {"domainMetadata": {"domain": "another", "configuration": "", "removed": True}},
             {"nobodyKnows": {"secret": True}})


def checksums(t, last):
    """Version 0 has a checksum, 1 one that is not complete, 2 the one that is given."""
    begin = [protocol(), metadata(t.name, [field("n", "long")]),
             add(t.file("one.parquet", {"n": [1, 2]}))]
    more = add(t.file("two.parquet", {"n": [3]}))
    t.commit(0, *begin)
    t.checksum(0, begin)
    t.commit(1)
    t.checksum(1, begin, numFiles=9, metadata=None)
    t.commit(2, more)
    t.checksum(2, [*begin, more], **last)


def checkpointed(t):
    files = {c: t.file(f"{c}.parquet", {"n": [i]}) for i, c in enumerate("abc")}
    t.commit(3, {"remove": remove("a.parquet")["remove"]}, add(t.file("d.parquet", {"n": [9]})))
    rows = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": metadata("checkpointed", [field("n", "long")])["metaData"]}]
    rows += [{"add": {**a, "partitionValues": []}} for a in files.values()]
    text = pa.map_(pa.string(), pa.string())
    schema = pa.schema([
        ("protocol", pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])),
        ("metaData", pa.struct([
            ("id", pa.string()),
            ("format", pa.struct([("provider", pa.string()), ("options", text)])),
            ("schemaString", pa.string()), ("partitionColumns", pa.list_(pa.string())),
            ("configuration", text), ("createdTime", pa.int64())])),
        ("add", pa.struct([("path", pa.string()), ("partitionValues", text), ("size", pa.int64()),
                           ("modificationTime", pa.int64()), ("dataChange", pa.bool_()),
                           ("stats", pa.string())])),
        ("remove", pa.struct([("path", pa.string()), ("deletionTimestamp", pa.int64()),
                              ("dataChange", pa.bool_())]))])
    rows[1]["metaData"]["format"]["options"] = []
    rows[1]["metaData"]["configuration"] = []
    log = t.root / "_delta_log"
    pq.write_table(pa.Table.from_pylist(rows, schema), log / f"{2:020}.checkpoint.parquet",
                   compression="zstd", store_schema=False, write_statistics=False, use_dictionary=False)
    (log / "_last_checkpoint").write_text(json.dumps({"version": 2, "size": len(rows)}) + "\n")


def main():
    for make in (orders, letters, special, checkpointed, domains):
        make(Table(make.__name__))
    t = Table("empty")
    t.commit(0, protocol(), metadata("empty", [field("n", "long")]))
    simple(Table("ntz"), "ntz", protocol(3, 7, ["timestampNtz"]), [field("at", "timestamp_ntz")])
    simple(Table("vacuum"), "vacuum", protocol(3, 7, ["vacuumProtocolCheck"]))
    simple(Table("future"), "future", protocol(3, 7, ["quantumRows"]))
    simple(Table("reader9"), "reader9", protocol(9, 9))
    # Broken ones.
    t = Table("gap")
    simple(t, "gap", protocol())
    t.commit(2, add(t.file("two.parquet", {"n": [3]})))
    t = Table("no_metadata")
    t.commit(0, protocol(), add(t.file("one.parquet", {"n": [1]})))
    t = Table("no_protocol")
    t.commit(0, metadata("no_protocol", [field("n", "long")]), add(t.file("one.parquet", {"n": [1]})))
    t = Table("broken_json")
    simple(t, "broken_json", protocol())
    (t.root / "_delta_log" / f"{1:020}.json").write_text('{"add":{"path":"two.parquet","parti')
    checksums(Table("checksums"), {})
    checksums(Table("other_checksum"), {"numFiles": 3})
    simple(Table("catalog_managed"), "catalog_managed",
           protocol(3, 7, ["catalogManaged", "vacuumProtocolCheck"], ["inCommitTimestamp"]))
    staged = HERE / "catalog_managed/_delta_log/_staged_commits"
    staged.mkdir()
    (staged / f"{1:020}.7d17ac10-5cc3-401b-bd1a-9c82dd2ea032.json").write_text("{}\n")
    simple(Table("geospatial"), "geospatial", protocol(3, 7, ["geospatial"]),
           [field("place", "geometry(OGC:CRS84)")])
    simple(Table("half_listed"), "half_listed", protocol(3, 7, [], ["deletionVectors"]))
    simple(Table("unlisted"), "unlisted", protocol(3, 7))
    simple(Table("unmapped"), "unmapped", protocol(2, 5))
    log = HERE / "unmapped/_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text().replace(
        '"configuration":{}', '"configuration":{"delta.columnMapping.mode":"name"}'))
    t = Table("orc")
    other = metadata("orc", [field("n", "long")])
    other["metaData"]["format"]["provider"] = "orc"
    t.commit(0, protocol(), other)
    one = metadata("two", [field("n", "long")])
    Table("two_protocols").commit(0, protocol(), protocol(), one)
    Table("two_metadata").commit(0, protocol(), one, one)
    domain = {"domainMetadata": {"domain": "d", "configuration": "", "removed": False}}
    Table("two_domains").commit(0, protocol(), one, domain, domain)
    t = Table("no_time")
    timed = metadata("no_time", [field("n", "long")], (), {"delta.enableInCommitTimestamps": "true"})
    t.commit(0, {"protocol": {"minReaderVersion": 1, "minWriterVersion": 7,
                              "writerFeatures": ["inCommitTimestamp"]}}, timed)
    t = Table("broken_checkpoint")
    t.commit(3)
    (t.root / "_delta_log" / f"{2:020}.checkpoint.parquet").write_text("PAR1 is not enough PAR1")
    # Files that lie elsewhere.
    t = Table("outside")
    simple(t, "outside", protocol())
    t.commit(1, foreign("../secret.parquet"))
    t = Table("outside_escaped")
    simple(t, "outside_escaped", protocol())
    t.commit(1, foreign("%2e%2e/secret.parquet"))
    t = Table("outside_absolute")
    simple(t, "outside_absolute", protocol())
    t.commit(1, foreign("file:///etc/hostname"))
    t = Table("linked")
    simple(t, "linked", protocol())
    t.commit(1, {"remove": remove("one.parquet")["remove"]}, foreign("link.parquet"))


if __name__ == "__main__":
    main()
