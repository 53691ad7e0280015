"""Tables in a bucket: a storage credential with keys, an external location, and what recipients get."""
import deltalake
import pandas as pd
import pytest
from catalog_server import UC
from s3proxy import S3Proxy


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with S3Proxy(tmp_path_factory.mktemp("s3")) as store:
        yield store


def test_a_table_in_a_bucket_is_shared_by_links_of_the_store(provider, bucket, tmp_path):
    deltalake.write_deltalake(str(tmp_path / "t"), pd.DataFrame({"n": [1, 2, 3]}))
    url = bucket.put_table(tmp_path / "t", "lake", "bronze/t").rstrip("/")
    ask = provider.server.ask
    keys = {"access_key_id": bucket.access_key, "secret_access_key": bucket.secret_key,
            "endpoint": bucket.endpoint, "region": "us-east-1", "path_style": True}
    made = ask("POST", f"{UC}/storage-credentials", json={"name": "keys", "s3_access_key": keys})
    assert made.status_code == 200 and bucket.secret_key not in made.text, made.text
    place = url[:url.rindex("/")]
    assert ask("POST", f"{UC}/external-locations",
               json={"name": "bronze", "url": place, "credential_name": "keys"}).status_code == 200
    provider.namespace()
    body = {"name": "t", "catalog_name": "main", "schema_name": "sales", "table_type": "EXTERNAL",
            "data_source_format": "DELTA", "storage_location": url}
    table = ask("POST", f"{UC}/tables", json=body)
    assert table.status_code == 200, table.text
    assert [c["name"] for c in table.json()["columns"]] == ["n"]
    provider.share("s", "main.sales.t")
    reader = provider.reader("partner", "s")
    assert sorted(reader.read("s.sales.t")["n"]) == [1, 2, 3]
    links = [f["url"] for f in reader.files(provider.server, "s.sales.t")]
    assert all(link.startswith(bucket.endpoint) for link in links), links
    # without the location nothing there can be read, from the next request on
    assert ask("DELETE", f"{UC}/external-locations/bronze?force=true").status_code == 200
    assert reader.query(provider.server, "s.sales.t").status_code in (403, 404, 422)
