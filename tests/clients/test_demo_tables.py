"""delta-rs reads what `sluice demo` writes: every table, every version, schema, rows, statistics.

SLUICE_DEMO_DIR names the folder of the demo's tables.
"""

import datetime
import json
import os
import pathlib

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

deltalake = pytest.importorskip("deltalake")

DEMO = pathlib.Path(os.environ.get("SLUICE_DEMO_DIR", "sluice-demo"))
VERSIONS = {"customers": 2, "products": 1, "orders": 14, "events": 7}
CHECKPOINT = 10
REGIONS = ["Africa", "Asia Pacific", "Europe", "Middle East", "North America", "South America"]
ARROW_TYPES = {
    "long": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}

pytestmark = pytest.mark.skipif(not DEMO.is_dir(), reason=f"no demo tables in {DEMO}")


def table(name, version=None):
    return deltalake.DeltaTable(str(DEMO / name), version=version)


def rows_of(name, version=None):
    return table(name, version).to_pyarrow_table()


def arrow_type(delta_type):
    if delta_type.startswith("decimal"):
        precision, scale = delta_type[len("decimal(") : -1].split(",")
        return pa.decimal128(int(precision), int(scale))
    return ARROW_TYPES[delta_type]


def actions(name, version):
    path = DEMO / name / "_delta_log" / f"{version:020}.json"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_there_are_about_a_million_rows():
    assert 900_000 < sum(rows_of(name).num_rows for name in VERSIONS) < 1_100_000


@pytest.mark.parametrize("name", VERSIONS)
def test_latest_version(name):
    assert table(name).version() == VERSIONS[name] - 1


@pytest.mark.parametrize("name", VERSIONS)
def test_columns_have_the_types_of_the_schema(name):
    schema = json.loads(table(name).schema().to_json())
    rows = rows_of(name)
    assert rows.schema.names == [field["name"] for field in schema["fields"]]
    for field in schema["fields"]:
        assert rows.schema.field(field["name"]).type == arrow_type(field["type"]), field


@pytest.mark.parametrize("name", VERSIONS)
def test_types_in_the_files_need_no_cast(name):
    """Spark is stricter than delta-rs: what lies in the file must already be the schema's type."""
    schema = {f["name"]: f["type"] for f in json.loads(table(name).schema().to_json())["fields"]}
    for path in sorted((DEMO / name).rglob("part-*.parquet")):
        for field in pq.read_schema(path):
            assert field.type == arrow_type(schema[field.name]), (path, field)
            if schema[field.name] == "timestamp":
                column = pq.ParquetFile(path).schema.names.index(field.name)
                logical = json.loads(pq.ParquetFile(path).schema.column(column).logical_type.to_json())
                assert logical["isAdjustedToUTC"] and logical["timeUnit"] == "microseconds"


@pytest.mark.parametrize(
    "name, version", [(name, version) for name, count in VERSIONS.items() for version in range(count)]
)
def test_every_version_has_the_rows_its_log_says(name, version):
    live = {}
    for number in range(version + 1):
        for action in actions(name, number):
            if "remove" in action:
                del live[action["remove"]["path"]]
            if "add" in action:
                live[action["add"]["path"]] = json.loads(action["add"]["stats"])["numRecords"]
    assert rows_of(name, version).num_rows == sum(live.values())
    assert len(table(name, version).file_uris()) == len(live)


@pytest.mark.parametrize("name", VERSIONS)
def test_statistics_are_those_of_the_files(name):
    latest = table(name)
    types = {f["name"]: f["type"] for f in json.loads(latest.schema().to_json())["fields"]}
    flat = pa.table(latest.get_add_actions(flatten=True)).to_pylist()
    assert flat
    for action in flat[:20]:
        rows = pq.ParquetFile(DEMO / name / action["path"].replace("%20", " ")).read()
        assert action["num_records"] == rows.num_rows
        assert action["size_bytes"] == (DEMO / name / action["path"].replace("%20", " ")).stat().st_size
        for column in rows.column_names:
            assert action[f"null_count.{column}"] == rows[column].null_count, column
            if types[column] == "boolean":
                continue
            low, high = pc.min_max(rows[column]).as_py().values()
            assert action[f"min.{column}"] == low, column
            assert action[f"max.{column}"] == high, column


def test_orders_are_partitioned_by_region_and_month():
    orders = table("orders")
    assert orders.metadata().partition_columns == ["region", "order_month"]
    rows = orders.to_pyarrow_table()
    assert sorted(pc.unique(rows["region"]).to_pylist()) == REGIONS
    assert len(pc.unique(rows["order_month"])) == 24
    assert rows["region"].null_count == 0
    # What is in a partition belongs there.
    months = pc.strftime(rows["ordered_at"], format="%Y-%m-01")
    assert pc.all(pc.equal(months, pc.strftime(rows["order_month"], format="%Y-%m-%d"))).as_py()


def test_partition_filter_reads_one_folder():
    orders = table("orders")
    one_folder = [("region", "=", "North America"), ("order_month", "=", "2024-03-01")]
    assert len(orders.file_uris(file_pruning_predicate=one_folder)) == 1
    rows = orders.to_pyarrow_table(
        filters=[("region", "=", "North America"), ("order_month", "=", datetime.date(2024, 3, 1))]
    )
    everything = orders.to_pyarrow_table()
    month = pc.strftime(everything["order_month"], format="%Y-%m-%d")
    wanted = pc.and_(pc.equal(everything["region"], "North America"), pc.equal(month, "2024-03-01"))
    assert rows.num_rows == everything.filter(wanted).num_rows > 0


def test_correction_replaces_one_month_of_two_regions():
    before, after = rows_of("orders", CHECKPOINT - 1), rows_of("orders", CHECKPOINT)
    changed = [a for a in actions("orders", CHECKPOINT) if "add" in a or "remove" in a]
    assert sorted(next(iter(a)) for a in changed) == ["add", "add", "remove", "remove"]

    def cancelled(rows):
        wanted = pc.and_(
            pc.equal(rows["status"], "cancelled"),
            pc.equal(pc.strftime(rows["order_month"], format="%Y-%m-%d"), "2024-06-01"),
        )
        return rows.filter(pc.and_(wanted, pc.equal(rows["region"], "Europe"))).num_rows

    assert cancelled(before) > 0
    assert cancelled(after) == 0
    assert before.num_rows - after.num_rows > 100


def test_checkpoint_alone_gives_the_same_table(tmp_path):
    """Without the commits before it, the checkpoint is what is read."""
    log = tmp_path / "orders" / "_delta_log"
    log.mkdir(parents=True)
    for path in (DEMO / "orders").iterdir():
        if path.name != "_delta_log":
            (tmp_path / "orders" / path.name).symlink_to(path.resolve())
    for path in (DEMO / "orders" / "_delta_log").iterdir():
        if path.name >= f"{CHECKPOINT:020}.checkpoint":
            (log / path.name).write_bytes(path.read_bytes())
    from_checkpoint = deltalake.DeltaTable(str(tmp_path / "orders"))
    with_commits = table("orders")
    assert from_checkpoint.version() == with_commits.version()
    assert from_checkpoint.metadata().id == with_commits.metadata().id
    assert from_checkpoint.schema().to_json() == with_commits.schema().to_json()
    names = [sorted(pathlib.Path(uri).name for uri in t.file_uris()) for t in (from_checkpoint, with_commits)]
    assert names[0] == names[1]
    by_path = [
        {row["path"]: row for row in pa.table(t.get_add_actions(flatten=True)).to_pylist()}
        for t in (from_checkpoint, with_commits)
    ]
    assert by_path[0] == by_path[1]


def test_customers_and_products_of_orders_exist():
    orders = rows_of("orders")
    for name in ("customer", "product"):
        known = set(rows_of(f"{name}s")[f"{name}_id"].to_pylist())
        assert set(pc.unique(orders[f"{name}_id"]).to_pylist()) <= known


def test_totals_are_right():
    rows = rows_of("orders").slice(0, 5000).to_pylist()
    for row in rows:
        exact = row["quantity"] * row["unit_price"] * (1 - (row["discount"] or 0))
        assert abs(exact - row["total"]) <= 0.005, row
        assert (row["shipped_at"] is None) == (row["status"] == "cancelled")


def test_nullable_columns_have_both_kinds_of_values():
    for name, columns in {
        "customers": ["email", "phone", "birth_date", "loyalty_tier"],
        "products": ["weight_kg"],
        "orders": ["discount", "coupon_code", "shipped_at"],
        "events": ["customer_id", "product_id", "referrer", "duration_ms", "cart_value"],
    }.items():
        rows = rows_of(name)
        for column in columns:
            assert 0 < rows[column].null_count < rows.num_rows, (name, column)


def test_ids_are_unique():
    for name, column in {
        "customers": "customer_id",
        "products": "product_id",
        "orders": "order_id",
        "events": "event_id",
    }.items():
        ids = rows_of(name)[column]
        assert len(pc.unique(ids)) == len(ids)


def test_events_begin_empty_and_only_grow():
    assert rows_of("events", 0).num_rows == 0
    counts = [rows_of("events", version).num_rows for version in range(VERSIONS["events"])]
    assert counts == sorted(set(counts))
    assert not any("remove" in a for v in range(VERSIONS["events"]) for a in actions("events", v))
