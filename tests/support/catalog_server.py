"""Starts the real binary with a catalog of its own (`sluice serve --data`), and speaks to it as people do.

    with CatalogServer(binary, folder, local_roots=[tables]) as server:
        server.admin            # a WorkspaceClient of the unmodified Databricks SDK
        server.client(pat)      # the same for another token
        server.ask("GET", path) # plain HTTP, where the SDK would hide what was answered

Needs databricks-sdk and requests; the server itself is started and ended as in sluice_server.py.
"""
from __future__ import annotations

import os
import pathlib
import socket
import subprocess

import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from requests.adapters import HTTPAdapter

from sluice_server import Server

UC = "/api/2.1/unity-catalog"
SCIM = "/api/2.0/preview/scim/v2"
SLUICE = "/api/2.1/sluice"
# The SDK tries again on 429, 503 and lost connections for five minutes, also while it is constructed.
PATIENCE = 5

for variable in [v for v in os.environ if v.startswith("DATABRICKS_")]:
    del os.environ[variable]


class _From(HTTPAdapter):
    """Connections that come from one address of this machine."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **options):
        super().init_poolmanager(*args, source_address=(self.address, 0), **options)


class CatalogServer(Server):
    """`local_roots`: folders that the storage credential `local` covers. `settings`: the text of a settings
    file, with {port} and so on; without it there is none."""

    def __init__(self, binary, folder, *, local_roots=(), flags=(), settings="", **options):
        super().__init__(binary, settings, folder, flags=flags, **options)
        self.data = self.folder / "data"
        self.local_roots = [str(pathlib.Path(r).resolve()) for r in local_roots]
        self._clients: dict[tuple, WorkspaceClient] = {}

    def spawn(self):
        roots = [word for root in self.local_roots for word in ("--local-root", root)]
        command = [self.binary, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}",
                   *roots, *self._settings(), *(self.expand(f) for f in self.flags)]
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=self.env, start_new_session=True)
        return self

    def _settings(self) -> list[str]:
        if not self.config_template:
            return []
        path = self.folder / "settings.yaml"
        path.write_text(self.expand(self.config_template))
        path.chmod(0o600)
        return ["--config", str(path)]

    def restart(self):
        assert self.stop() == 0, self.stderr()[-2000:]
        return self.start()

    def run(self, *words, check=True) -> subprocess.CompletedProcess:
        """Another command of the binary on the same folder: run("audit", "verify")."""
        done = subprocess.run([self.binary, *words, "--data", str(self.data)], cwd=self.folder, env=self.env,
                              capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done

    @property
    def admin_token(self) -> str:
        path = self.data / "admin-token"
        assert path.stat().st_mode & 0o777 == 0o600
        return path.read_text(encoding="ascii").strip()

    @property
    def admin(self) -> WorkspaceClient:
        return self.client(self.admin_token)

    def client(self, pat: str, patience=PATIENCE) -> WorkspaceClient:
        """The SDK with this token. The server must be up: the constructor asks it, and waits if it is not.
        `patience`: for how many seconds it tries again."""
        if (pat, patience) not in self._clients:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5):
                pass
            self._clients[pat, patience] = WorkspaceClient(config=Config(
                host=self.origin, token=pat, auth_type="pat", config_file=str(self.folder / "no.databrickscfg"),
                retry_timeout_seconds=patience, http_timeout_seconds=30))
        return self._clients[pat, patience]

    def ask(self, method, path, *, token=None, address=None, headers=None, **options) -> requests.Response:
        """One request, as it is. `token`: None is the administrator's, "" none at all. `address`: where it
        comes from, 127.0.0.x. `path` may be a whole URL."""
        with requests.Session() as session:
            session.trust_env = False
            if address is not None:
                session.mount("http://", _From(address))
            sent = dict(headers or {})
            if token != "":
                sent["Authorization"] = f"Bearer {self.admin_token if token is None else token}"
            url = path if path.startswith("http") else self.origin + path
            return session.request(method, url, headers=sent, timeout=30, allow_redirects=False, **options)
