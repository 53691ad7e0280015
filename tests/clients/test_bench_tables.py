"""The tables that benchmarks use are what they are said to be: read by the server, and by delta-rs."""
import collections
import json
import pathlib
import sys
import urllib.request

import deltalake
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
import made_files  # noqa: E402
import make_table  # noqa: E402

KINDS = {
    "classic": ["--files", 700],
    "row_groups": ["--files", 700, "--row-group-size", 100],
    "multi_part": ["--files", 700, "--checkpoint", "parts", "--parts", 3, "--row-group-size", 100],
    "v2_parquet": ["--files", 700, "--checkpoint", "v2-parquet", "--parts", 3],
    "v2_json": ["--files", 700, "--checkpoint", "v2-json", "--parts", 2],
    "commits_only": ["--files", 60, "--checkpoint", "none", "--commits", 50],
    "living": ["--files", 300, "--commits", 40, "--adds", 3, "--removes", 5],
    "unpartitioned": ["--files", 100, "--partitions", "none"],
    "three_columns": ["--files", 480, "--partitions", "day=4,region=3,bucket:integer=5"],
    "hashed": ["--files", 700, "--names", "hashed"],
    "wide": ["--files", 100, "--stats-columns", 20, "--stats-bytes", 2000],
    "without_stats": ["--files", 100, "--stats-columns", 0],
}


def made(folder, words):
    options = make_table.parser().parse_args([str(folder), *map(str, words)])
    return make_table.make(folder, options), options


def expected(options) -> dict[str, dict]:
    """By path: the actions of the files that must be live. All removes take the oldest files."""
    gone = options.commits * options.removes
    files = made_files.Files(options.files + gone, partitions=options.partitions, names=options.names,
                             stats_columns=options.stats_columns, stats_bytes=options.stats_bytes,
                             deletion_vectors=options.deletion_vectors)
    return {a["path"]: a for a in files.actions(gone, files.total)}


def answer(server, table: str, capabilities="responseformat=delta;readerfeatures=deletionvectors") -> list[dict]:
    request = urllib.request.Request(
        f"{server.url}/shares/bench/schemas/default/tables/{table}/query", data=b"{}", method="POST",
        headers={"Authorization": "Bearer " + server.token, "Content-Type": "application/json",
                 "delta-sharing-capabilities": capabilities})
    return [json.loads(line) for line in urllib.request.urlopen(request, timeout=60).read().splitlines()]


def served(lines) -> list[dict]:
    return [line["file"]["deltaSingleAction"]["add"] for line in lines if "file" in line]


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_holds_the_files_that_were_asked_for(serve, tmp_path, kind):
    root, options = made(tmp_path / "table", KINDS[kind])
    live = expected(options)
    assert len(live) == options.files

    adds = served(answer(serve({"bench": {"default": {kind: root}}}), kind))
    assert collections.Counter(a["stats"] for a in adds) == collections.Counter(a["stats"] for a in live.values())
    assert (collections.Counter(json.dumps(a["partitionValues"], sort_keys=True) for a in adds)
            == collections.Counter(json.dumps(a["partitionValues"], sort_keys=True) for a in live.values()))
    assert {a["size"] for a in adds} == {a["size"] for a in live.values()}

    table = deltalake.DeltaTable(root)
    assert {pathlib.PurePath(u).relative_to(root).as_posix() for u in table.file_uris()} == set(live)


def test_the_logs_are_of_the_kinds_that_they_are_called(tmp_path):
    def log(kind):
        root, _ = made(tmp_path / kind, KINDS[kind])
        return root / "_delta_log"
    import pyarrow.parquet as pq
    many = pq.ParquetFile(log("row_groups") / f"{10:020}.checkpoint.parquet").metadata
    assert many.num_row_groups == 1 + 7 and many.num_rows == 695 + 2
    assert len(list(log("multi_part").glob("*.checkpoint.*.0000000003.parquet"))) == 3
    manifest = log("v2_parquet")
    assert len(list(manifest.glob("*.checkpoint.*-*.parquet"))) == 1 and len(list((manifest / "_sidecars").iterdir())) == 3
    manifest = log("v2_json")
    assert len(list(manifest.glob("*.checkpoint.*-*.json"))) == 1 and len(list((manifest / "_sidecars").iterdir())) == 2
    commits = log("commits_only")
    assert len(list(commits.glob("*.json"))) == 51 and not list(commits.glob("*checkpoint*"))


def test_deletion_vectors_are_on_the_share_of_files_that_was_asked_for(serve, tmp_path):
    root, options = made(tmp_path / "table", ["--files", 2000, "--deletion-vectors", 0.2, "--commits", 10, "--removes", 3])
    live = expected(options)
    having = sum("deletionVector" in a for a in live.values())
    assert 300 < having < 500
    adds = served(answer(serve({"bench": {"default": {"t": root}}}), "t"))
    assert len(adds) == 2000 and sum("deletionVector" in a for a in adds) == having


def test_names_are_below_their_partition_or_scattered(tmp_path):
    def runs(names):  # of one day, in the order of paths
        files = made_files.Files(2000, partitions="day=20", names=names).actions(0, 2000)
        days = [a["partitionValues"]["day"] for a in sorted(files, key=lambda a: a["path"])]
        return 1 + sum(a != b for a, b in zip(days, days[1:]))
    assert runs("clustered") == 20
    assert runs("hashed") > 1500


def test_statistics_have_the_columns_and_about_the_length_that_was_asked_for():
    def mean(**options):
        texts = made_files.Files(300_000, **options).columns(150_000, 150_100)["stats"].to_pylist()
        for text in texts:
            stats = json.loads(text)
            columns = options.get("stats_columns", 8)
            assert len(stats["minValues"]) == len(stats["maxValues"]) == len(stats["nullCount"]) == columns
            for name, least in stats["minValues"].items():
                assert least <= stats["maxValues"][name]
        return sum(map(len, texts)) / len(texts)
    assert 380 <= mean() <= 420
    assert 1950 <= mean(stats_bytes=2000) <= 2050
    assert 2900 <= mean(stats_columns=32, stats_bytes=3000) <= 3100


@pytest.mark.parametrize("words", [["--partitions", "day:decimal=3"], ["--partitions", "day=0"]])
def test_a_partition_that_cannot_be_is_refused(tmp_path, words):
    with pytest.raises(ValueError):
        made(tmp_path / "table", words)
