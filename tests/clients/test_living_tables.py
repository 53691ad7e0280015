"""Tables that live: Spark and delta-rs write, a server shares, and after each commit the official client
reads the rows that the writer itself reads; a poller misses nothing and sees nothing twice.

env  SLUICE_LIVING_COMMITS  commits while a poller follows, for each writer; default 6
"""
import os

import deltalake
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pytest

import delta_log
from asking import call, shares
from compare import assert_same_rows
from lake import Lake
from living import Living, Poller, RustTable, SparkTable, read_changes, read_with_client

COMMITS = int(os.environ.get("SLUICE_LIVING_COMMITS", "6"))


VECTORS = "'delta.enableDeletionVectors' = 'true'"
NO_VECTORS = "'delta.enableDeletionVectors' = 'false'"
FEED = "'delta.enableChangeDataFeed' = 'true'"


@pytest.fixture
def here(tmp_path):
    return Lake(tmp_path / "tables")


def living(spark, serve, where, columns, *properties, form="", formats=("delta",)):
    """A new, shared table "t" of Spark. `form` is what stands behind the columns."""
    table = SparkTable(spark, where / "t")
    table.sql(f"create table {{t}} ({columns}) using delta {form} tblproperties ({', '.join(properties)})")
    result = Living(table, serve(shares(t=where / "t")), formats=formats)
    result.check("create")
    return result


def fill(first, last, values="id % 3, 'x' || id"):
    return f"insert into {{t}} select id, {values} from range({first}, {last})"


# ---- rows change ----

def test_rows_come_change_and_go(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", VECTORS, form="partitioned by (p)")
    table(fill(0, 30), fill(30, 60),
          "delete from {t} where id % 7 = 3",  # vectors
          "update {t} set s = 'updated' where id % 5 = 0",
          "delete from {t} where id % 7 = 4",  # and other vectors on the same files
          """merge into {t} using (select id * 2 as id from range(40)) as m on {t}.id = m.id
             when matched and m.id % 4 = 0 then delete when matched then update set s = 'merged'
             when not matched then insert (id, p, s) values (m.id, 2, null)""",
          "delete from {t} where p = 1",  # whole files
          "insert into {t} replace where p = 0 select id, 0, 'replaced' from range(100, 105)",
          "restore {t} to version as of 5",
          "insert overwrite {t} select id, id % 2, 'new' from range(20)",
          "optimize {t}")
    assert any(a.get("deletionVector") for a in delta_log.state(table.table.root, 5).files.values())
    table.check_all()


def test_files_without_vectors_in_both_formats(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", NO_VECTORS, form="partitioned by (p)",
                   formats=("parquet", "delta"))
    table(fill(0, 20), "delete from {t} where id = 3", "update {t} set s = null where id = 4",
          "optimize {t} zorder by (id)", "insert overwrite {t} select id, id % 2, 'new' from range(5)")
    table.check_all()


def test_vacuum_takes_only_what_is_not_shown(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", VECTORS)
    table(fill(0, 20), "delete from {t} where id = 3", "update {t} set s = 'u' where id > 10")
    before = set((here / "t").glob("*.parquet"))
    table("reorg table {t} apply (purge)")
    assert not any(a.get("deletionVector") for a in delta_log.state(table.table.root).files.values())
    first = table.oldest = max(table.expected)
    table("vacuum {t} retain 0 hours", fill(20, 25))
    assert before - set((here / "t").glob("*.parquet")), "nothing was vacuumed"
    table.check_version(first)


# ---- the table changes ----

def test_the_schema_evolves(spark, serve, here):
    table = living(spark, serve, here, "id bigint, n int, s string", VECTORS)
    table("insert into {t} select id, id, 'x' from range(10)",
          "alter table {t} add columns (d double after n)",
          "insert into {t} select id, id, id / 4, 'y' from range(10, 20)",
          "alter table {t} set tblproperties ('delta.enableTypeWidening' = 'true')",
          "alter table {t} alter column n type bigint",
          "insert into {t} select id, id + 5000000000, 0.5, 'z' from range(20, 25)",
          "delete from {t} where id % 6 = 1",
          "alter table {t} set tblproperties ('delta.columnMapping.mode' = 'name')",
          "alter table {t} rename column s to words",
          "alter table {t} drop column d",
          "alter table {t} add columns (d string)",  # the old one's name, none of its values
          "insert into {t} select id, id, 'w', 'd' from range(25, 30)",
          "alter table {t} add columns (v variant)",
          "insert into {t} select id, id, 'w', 'd', parse_json('{\"a\": [' || id || ', null]}') from range(30, 33)",
          "update {t} set words = 'late' where id < 3",
          "optimize {t}")
    table.check_all()


def test_partitions_under_mapped_names(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", VECTORS,
                   "'delta.columnMapping.mode' = 'id'", form="partitioned by (p)")
    table(fill(0, 12), "alter table {t} rename column p to q", "delete from {t} where id = 5",
          "insert into {t} select id, null, 's' from range(20, 22)")
    table.check_all()


def test_clusters_and_features_of_the_log(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", VECTORS, form="cluster by (id)")
    table(fill(0, 20), fill(20, 40), "optimize {t}",
          "alter table {t} cluster by (p)", "optimize {t} full",
          "alter table {t} set tblproperties ('delta.enableRowTracking' = 'true')",
          "update {t} set s = 'tracked' where id = 7",
          "alter table {t} set tblproperties ('delta.enableInCommitTimestamps' = 'true')",
          fill(40, 45),
          f"alter table {{t}} set tblproperties ({FEED})",
          "delete from {t} where id % 10 = 0", "update {t} set s = 'fed' where id < 5")
    table.check_all()


# ---- the log changes ----

def age(root, days):
    """Spark cleans up whole days of UTC; a commit's age is its file's."""
    for path in (root / "_delta_log").iterdir():
        when = path.stat().st_mtime - days * 86400
        os.utime(path, (when, when))


def test_checkpoints_and_cleaning_up(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", VECTORS,
                   "'delta.logRetentionDuration' = 'interval 1 day'",
                   "'delta.deletedFileRetentionDuration' = 'interval 1 day'", "'delta.enableExpiredLogCleanup' = 'true'")
    table(fill(0, 10), "delete from {t} where id = 2")
    table.checkpoint()
    table(fill(10, 20), "update {t} set s = 'u' where id > 15")
    age(here / "t", 5)
    table(fill(20, 22))  # today's
    table.checkpoint()
    kept = delta_log.versions(here / "t")[0]
    assert kept > 0, "Spark cleaned up nothing"
    table.forget_before(kept)
    table.check_all()
    table(fill(22, 24))
    table.check_all()


def test_v2_checkpoints(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", VECTORS,
                   "'delta.checkpointPolicy' = 'v2'", form="partitioned by (p)")
    table(fill(0, 20), "delete from {t} where id % 4 = 1")
    table.checkpoint()
    table("update {t} set s = 'u' where id > 15", fill(20, 30))
    table.checkpoint()
    assert any((here / "t/_delta_log/_sidecars").iterdir())
    cut = max(table.expected)  # what is older goes: only the second one can be begun from
    for path in (here / "t/_delta_log").iterdir():
        if path.name[:20].isdigit() and int(path.name[:20]) < cut:
            path.unlink()
    table.forget_before(cut)
    table.check_version(cut)
    table(fill(30, 33), "delete from {t} where p = 2")
    table("alter table {t} set tblproperties ('delta.checkpointPolicy' = 'classic')")
    table.checkpoint()
    table.check_all()


# ---- another writer ----

def numbers(first, last, **more):
    ids = range(first, last)
    return pa.table({"id": pa.array(ids, pa.int64()), "p": pa.array([i % 3 for i in ids], pa.int64()),
                     **{k: pa.array([v] * len(ids)) for k, v in more.items()}})


def test_delta_rs_writes(serve, lake):
    root = lake / "t"
    deltalake.write_deltalake(str(root), numbers(0, 20), partition_by=["p"])
    table = Living(RustTable(root), serve(shares(t=root)))
    table.check("create")
    source = pa.table({"id": pa.array([1, 2, 99], pa.int64()), "p": pa.array([1, 2, 0], pa.int64())})
    table(lambda t: deltalake.write_deltalake(t, numbers(20, 40), mode="append"),
          lambda t: t.delete("id % 5 = 2"),
          lambda t: t.update(updates={"id": "id + 1000"}, predicate="p = 1"),
          lambda t: t.merge(source, "s.id = t.id", source_alias="s", target_alias="t")
          .when_matched_delete().when_not_matched_insert_all().execute(),
          lambda t: t.compact_logs(0, 3),
          lambda t: deltalake.write_deltalake(t, numbers(0, 6, s="new"), mode="append", schema_mode="merge"),
          lambda t: t.optimize.compact(),
          lambda t: t.create_checkpoint(),
          lambda t: t.restore(3),
          lambda t: deltalake.write_deltalake(t, numbers(0, 3, s="r"), mode="overwrite", predicate="p = 0 or p < 3",
                                              schema_mode="merge"),
          lambda t: t.optimize.z_order(["id"]))
    assert list((root / "_delta_log").glob("*.compacted.json"))
    table.check_all()


# ---- readers that follow ----

def commits_of_spark():
    yield fill(0, 40)
    for i in range(COMMITS):
        yield (f"update {{t}} set s = 'u{i}' where id % 11 = {i % 11}", f"delete from {{t}} where id % 13 = {i % 13}",
               fill(100 * i + 100, 100 * i + 105))[i % 3]


def versions_of(windows):
    return [v for first, last, _ in windows for v in range(first, last + 1)]


def test_a_poller_sees_each_version_once(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", VECTORS)
    expected = [table.expected[0]]

    def read(first, last):
        return {v: read_with_client(table.server, "t", v) for v in range(first, last + 1)}

    with Poller(table.server, "t", read) as seen:
        for statement in commits_of_spark():
            table.table.sql(statement)
            expected.append(table.table.rows(len(expected)))
    assert versions_of(seen.windows) == list(range(COMMITS + 2))
    for _, _, frames in seen.windows:
        for version, frame in frames.items():
            assert_same_rows(frame, expected[version], f"version {version}, while it was written")


def test_a_poller_follows_a_fast_writer(serve, here):
    root, commits = here / "t", 8 * COMMITS
    deltalake.write_deltalake(str(root), numbers(0, 1))
    server = serve(shares(t=root))

    def read(first, last):  # n + 1 rows at version n: two versions in one answer, or none, show
        return {v: sorted(read_with_client(server, "t", v, "parquet" if v % 8 == 0 else "delta")["id"])
                for v in range(first, last + 1)}

    with Poller(server, "t", read) as seen:
        for i in range(1, commits):
            deltalake.write_deltalake(str(root), numbers(i, i + 1), mode="append")
            if i % 10 == 7:
                deltalake.DeltaTable(str(root)).create_checkpoint()
    assert versions_of(seen.windows) == list(range(commits))
    assert all(ids == list(range(v + 1)) for *_, frames in seen.windows for v, ids in frames.items())


# ---- the change feed ----

def same_changes(frames, expected: pa.Table, what, form):
    """Held against what the writer says. In parquet format the client hands out the time of a commit in
    milliseconds; in delta format it makes one up from whole seconds, which is not looked at."""
    frame = pd.concat(frames, ignore_index=True)
    if form == "parquet":
        times = expected["_commit_timestamp"].cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
        at = expected.schema.get_field_index("_commit_timestamp")
        expected = expected.set_column(at, "_commit_timestamp", times)
    else:
        expected = expected.drop_columns("_commit_timestamp")
        frame = frame.drop(columns="_commit_timestamp")
    assert_same_rows(frame, expected, what)


# What can be read in parquet format: a vector cannot.
FEEDS = {"vectors": (VECTORS, ("delta",)), "files": (NO_VECTORS, ("delta", "parquet"))}


@pytest.mark.parametrize("feed", FEEDS)
def test_polled_changes_are_all_changes(spark, serve, here, feed):
    vectors, formats = FEEDS[feed]
    table = living(spark, serve, here, "id bigint, p bigint, s string", vectors, FEED)

    def read(first, last):
        return {form: read_changes(table.server, "t", first, last, form) for form in formats}

    with Poller(table.server, "t", read) as seen:
        for statement in commits_of_spark():
            table.table.sql(statement)
        table.table.sql("optimize {t}")  # changes nothing
        table.table.sql("insert overwrite {t} select id, id % 2, 'new' from range(5)")
    newest = max(delta_log.commits(table.table.root))
    assert versions_of(seen.windows) == list(range(newest + 1))
    everything = table.table.changes(0, newest)
    for form in formats:
        windows = [frames[form] for *_, frames in seen.windows]
        same_changes(windows, everything, f"{form}: the windows of the poller", form)
        same_changes([read_changes(table.server, "t", 0, newest, form)], everything, f"{form}: all at once", form)


def test_a_feed_that_begins_later(spark, serve, here):
    table = living(spark, serve, here, "id bigint, p bigint, s string", NO_VECTORS)
    table(fill(0, 20), "delete from {t} where id = 3", f"alter table {{t}} set tblproperties ({FEED})")
    begins = max(table.expected)
    table("update {t} set s = 'u' where id < 5", fill(20, 25),
          "alter table {t} set tblproperties ('delta.enableInCommitTimestamps' = 'true')",
          "delete from {t} where id % 5 = 1", "insert into {t} select id, 1, null from range(40, 42)")
    newest = max(table.expected)
    for form in ("delta", "parquet"):
        same_changes([read_changes(table.server, "t", begins, newest, form)], table.table.changes(begins, newest),
                     form, form)
    answer = call(table.server, "t", f"changes?startingVersion=0&endingVersion={newest}")
    assert 400 <= answer.status_code < 500, "the feed was off"
