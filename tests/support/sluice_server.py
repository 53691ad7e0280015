"""Starts and stops the real binary for tests and benchmarks. Standard library only.

    with Server(binary, config_text, folder) as server:
        server.url, server.pid, server.port

The port is free when it is chosen and is part of the configuration: "{port}" in the text is
replaced, as are "{dir}" (the folder) and "{token}". The process is always ended, by its own id.
"""
from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

TOKEN = "test-token-5f1c0a7e9b"


def free_port() -> int:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# What would lead a server elsewhere: keys and endpoints of clouds, proxies, certificates, folders.
ELSEWHERE = ("AWS_", "SSL_CERT_", "CURL_", "REQUESTS_CA_BUNDLE", "XDG_", "HTTP_PROXY", "HTTPS_PROXY",
             "ALL_PROXY", "NO_PROXY")


def clean_environment(home) -> dict[str, str]:
    """This process's environment without such variables; home and the caches are below `home`."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(ELSEWHERE)}
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(pathlib.Path(home) / "cache")}


class StartFailed(Exception):
    pass


class Server:
    """`env` comes on top of clean_environment(folder)."""

    def __init__(self, binary, config, folder, *, flags=(), token=TOKEN, env=None, https=False,
                 endpoint="/delta-sharing", start_timeout=30.0):
        self.binary = os.path.abspath(binary)
        self.folder = pathlib.Path(folder)
        self.token = token
        self.flags = list(flags)
        self.env = {**clean_environment(self.folder), **(env or {})}
        self.https = https
        self.endpoint = endpoint
        self.start_timeout = start_timeout
        self.config_template = config
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.stderr_path = self.folder / "server.stderr"
        self.stdout_path = self.folder / "server.stdout"

    # Replaces {dir}, {port} and {token}; other braces are left alone.
    def expand(self, text: str) -> str:
        for key, value in (("dir", self.folder), ("port", self.port), ("token", self.token)):
            text = text.replace("{" + key + "}", str(value))
        return text

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def origin(self) -> str:
        return f"{'https' if self.https else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + self.endpoint

    def spawn(self):
        """Starts the process without waiting for it to answer."""
        config = self.folder / "sluice.yaml"
        config.write_text(self.expand(self.config_template))
        config.chmod(0o600)
        command = [self.binary, "serve", "--config", str(config)] + [self.expand(f) for f in self.flags]
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=err, env=self.env,
                                            start_new_session=True)
        return self

    def start(self):
        self.spawn()
        deadline = time.monotonic() + self.start_timeout
        while not self._accepts():
            if self.process.poll() is not None:
                raise StartFailed(f"exit code {self.process.returncode}: {self.stderr()[-2000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise StartFailed(f"no answer within {self.start_timeout} s: {self.stderr()[-2000:]}")
            time.sleep(0.005)
        return self

    # The port is open. For plain HTTP, /health answers too.
    def _accepts(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            if not self.https:
                urllib.request.urlopen(self.origin + "/health", timeout=5).read()
            return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout: float = 35.0) -> int:
        """SIGTERM; returns the exit code. A process that outlives `timeout` is killed: -9."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stderr(self) -> str:
        return self.stderr_path.read_text(errors="replace") if self.stderr_path.exists() else ""

    def stdout(self) -> str:
        return self.stdout_path.read_text(errors="replace") if self.stdout_path.exists() else ""

    # Figures of the process, from /proc.
    def open_fds(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory_kib(self, field: str = "VmRSS") -> int:
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0

    def cpu_seconds(self) -> float:
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.stop(10) == -9:
            self.kill()


def yaml_config(shares: dict, *, token: str | None = "{token}", host: str = "127.0.0.1",
                extra: str = "") -> str:
    """A configuration in the reference server's form.

    `shares`: {share: {schema: {table: location or dict of keys}}}. `extra` is YAML for the top level.
    """
    lines = ["version: 1", "shares:"]
    for share, schemas in shares.items():
        lines += [f'- name: "{share}"', "  schemas:" if schemas else "  schemas: []"]
        for schema, tables in schemas.items():
            lines += [f'  - name: "{schema}"', "    tables:" if tables else "    tables: []"]
            for table, what in tables.items():
                keys = {"location": str(what)} if not isinstance(what, dict) else what
                lines.append(f'    - name: "{table}"')
                for key, value in keys.items():
                    text = str(value).lower() if isinstance(value, bool) else (
                        str(value) if isinstance(value, int) else '"' + str(value) + '"')
                    lines.append(f"      {key}: {text}")
    if token is not None:
        lines += ["authorization:", f'  bearerToken: "{token}"']
    lines += [f'host: "{host}"', "port: {port}", 'endpoint: "/delta-sharing"']
    return "\n".join(lines) + "\n" + extra
