"""Where the tables of a test lie: a folder that is served as it is, or as a bucket of an S3 store.

Tests write and break files in the folder. What they write has no ETag until settle(); the server is
asked after that only, as a real store never shows an object without one.
"""
from __future__ import annotations

import pathlib

from s3proxy import S3Proxy

WHERE = ("local", "s3")


class Lake:
    def __init__(self, folder, store: S3Proxy | None = None):
        self.folder, self.store = pathlib.Path(folder), store
        self._settled: dict[pathlib.Path, tuple] = {}

    def __truediv__(self, name) -> pathlib.Path:
        return self.folder / name

    @property
    def bucket(self) -> str:
        return self.folder.name

    def location(self, path) -> str:
        if self.store is None:
            return str(path)
        return f"s3://{self.bucket}/{pathlib.Path(path).relative_to(self.folder).as_posix()}"

    def located(self, shares: dict) -> dict:
        """Shares as yaml_config takes them, with paths of this lake as the server is to find them."""
        def at(what):
            if isinstance(what, dict):
                return {k: at(v) if k == "location" else v for k, v in what.items()}
            return self.location(what) if pathlib.Path(what).is_relative_to(self.folder) else what
        return {share: {schema: {name: at(what) for name, what in tables.items()}
                        for schema, tables in schemas.items()} for share, schemas in shares.items()}

    def yaml(self) -> str:
        return "" if self.store is None else "storage:\n" + self.store.yaml("lake", f"s3://{self.bucket}")

    def settle(self):
        if self.store is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # not public
        for path in self.folder.rglob("*"):
            if path.is_file():
                facts = path.stat()
                state = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
                if self._settled.get(path) != state:
                    self.store.tag_file(path)
                    self._settled[path] = state

    def assert_hidden(self, text: str):
        """Nothing of where the tables lie, and how they are reached, is in the text."""
        words = [str(self.folder)]
        if self.store is not None:
            words += [self.bucket, self.store.access_key, self.store.secret_key, self.store.host]
        for word in words:
            assert word not in text, f"{word!r} is shown: {text[:500]}"
