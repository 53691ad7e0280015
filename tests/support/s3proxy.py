"""An S3 store on 127.0.0.1 for tests and benchmarks: s3proxy over a folder. Standard library only.

    with S3Proxy(folder) as s3:
        s3.put_table("/data/t", "lake", "some/where")     # s3://lake/some/where
        s3.endpoint, s3.access_key, s3.secret_key, s3.yaml("lake", "s3://lake/")

It checks signatures (version 4), so a request that is signed wrongly fails as it would elsewhere. A
bucket is a folder below `folder`, a key a path in it: what is put there by copying is there at once.
Several may run at a time, each with its own keys and port. The process is always ended: by its id, and with
the thread that started it.

What s3proxy 4.0.0 does, as far as it decides what a test can show (all of it tried):
- Times are the file's mtime, cut to whole seconds, in lists ("...:05Z") as well as in HEAD and GET.
- ETag is no hash of the file: it is what the file's attribute user.user.content-md5 holds (16 bytes
  are shown as MD5). A file without it has no ETag at all, and If-Match on it always succeeds. The
  functions here set it, as a PUT does. The server takes a listing without ETags for broken.
- If-Match on GET with another ETag: 412. Range past the end: 416 InvalidRange. A folder is no object.
- PUT with If-None-Match: * writes only what is not there; else 412 PreconditionFailed.
- Lists (version 2) know prefix, delimiter "/", start-after, continuation-token (the last key of the
  page) and encoding-type=url; max-keys is cut to 1000. A page costs the reading of the whole folder,
  also after start-after: about 25 ms for each thousand files. The order is that of UTF-16 units, not
  of bytes: it differs from S3's for characters above U+FFFF only.
- Empty elements <StartAfter/> and <ContinuationToken/> are in each list; there is no ETag element
  for an object without one.
- Wrong secret: 403 SignatureDoesNotMatch, whose body repeats the canonical request and the key id.
  Unknown key: 403 InvalidAccessKeyId. Not signed: 403 AccessDenied. Bucket not there: 404
  NoSuchBucket (HEAD: 404 without a body). Any region is taken.
- Bucket names are held to S3's rules: a folder named "b" is no bucket.
- A file or bucket that others may read (mode o+r) is public: it is read without keys. The functions here
  take that right away; `public` gives it.
- For what was signed, the path is taken as it was sent, where S3 decodes it and encodes it again. So
  clients are let to it through tests/support/store_front.py, which does that; `backend` is its own port.
- Requests without x-amz-content-sha256 (and not pre-signed) are a 500.
- Pre-signed URLs: expiry is kept to the second (403 "Request has expired"), a week at most, any
  change is 403 SignatureDoesNotMatch.
- A session token is a 501 NotImplemented, unless `session_tokens`: then it is let through unchecked.
- `virtual_host`: the bucket is the host's first label, and path style does not work any more.
- SIGTERM takes two seconds; nothing is lost by SIGKILL, which is used here.
"""
from __future__ import annotations

import errno
import hashlib
import http.client
import os
import pathlib
import shutil
import subprocess
import time

from sluice_server import free_port
from store_front import StoreFront

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
JARS = ROOT / ".deps/s3proxy"
JVM = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms64m", "-Xmx512m"]
LOGGING = """<configuration><appender name="E" class="ch.qos.logback.core.ConsoleAppender">
<target>System.err</target><encoder><pattern>%d %level %logger{0} %msg%n</pattern></encoder></appender>
<root level="warn"><appender-ref ref="E"/></root></configuration>
"""


class S3Proxy:
    def __init__(self, folder, *, access_key="AKIAIOTESTKEY0000001",
                 secret_key="wJalrTESTsecret/not+a+real+one+000000001", session_tokens=False,
                 virtual_host=None, start_timeout=60.0):
        self.folder = pathlib.Path(folder)
        self.buckets = self.folder / "buckets"
        self.access_key, self.secret_key = access_key, secret_key
        self.session_tokens, self.virtual_host = session_tokens, virtual_host
        self.start_timeout = start_timeout
        self.backend = free_port()
        self.front = StoreFront(self.backend, port=free_port())
        self.process: subprocess.Popen | None = None

    @property
    def port(self) -> int:
        return self.front.port

    @property
    def host(self) -> str:
        return f"{self.virtual_host or '127.0.0.1'}:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}"

    def yaml(self, name: str, prefix: str, **keys) -> str:
        """The entry of `storage` that leads locations below `prefix` here; `keys` replace or add."""
        entry = {"prefix": prefix, "name": name, "region": "us-east-1", "endpoint": self.endpoint,
                 "accessKeyId": self.access_key, "secretAccessKey": self.secret_key, **keys}
        lines = [f'{key}: "{value}"' for key, value in entry.items() if value is not None]
        return "- " + "\n  ".join(lines) + "\n"

    # ---- what lies there ----

    def put_object(self, bucket: str, key: str, content: bytes, modified: float | None = None):
        """Replaces the object as a PUT does: never seen half, and a new ETag."""
        path = self.buckets / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        (self.buckets / bucket).chmod(0o700)
        new = self.folder / f"put.{os.getpid()}"
        new.write_bytes(content)
        self.tag_file(new)
        if modified is not None:
            os.utime(new, (modified, modified))
        new.rename(path)

    def put_table(self, source, bucket: str, prefix: str = "") -> str:
        """Copies a folder with its times; returns its location. The store has no links: what they
        point to is copied."""
        top = self.buckets / bucket / prefix
        top.mkdir(parents=True, exist_ok=True)
        if pathlib.Path(source).is_dir():
            shutil.copytree(source, top, symlinks=False, dirs_exist_ok=True)
        self.tag(top)
        return f"s3://{bucket}/{prefix}".rstrip("/")

    def tag(self, top):
        """Gives the files below a folder their ETags; for what was written there by other hands."""
        for path in pathlib.Path(top).rglob("*"):
            if path.is_file():
                self.tag_file(path)
            else:
                path.chmod(path.stat().st_mode | 0o700)  # a copied folder may be read-only
        self.public(pathlib.Path(top).relative_to(self.buckets).parts[0], False)

    def public(self, bucket: str, yes: bool = True):
        """Whether the bucket and the objects that are in it now may be read without keys."""
        top = self.buckets / bucket
        for path in [top, *top.rglob("*")]:
            mode = path.stat().st_mode
            path.chmod(mode | 0o004 if yes else mode & ~0o004)

    def remove(self, bucket: str, prefix: str):
        shutil.rmtree(self.buckets / bucket / prefix)

    def tag_file(self, path):
        path = pathlib.Path(path)
        path.chmod(path.stat().st_mode & ~0o004 | 0o600)  # not public; attributes are for writers
        try:
            os.setxattr(path, "user.user.content-md5", hashlib.md5(path.read_bytes()).digest())
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            raise RuntimeError(f"the file system of {self.folder} has no attributes, which the S3 emulator "
                               "needs for its ETags: set TMPDIR to a folder on another one") from error

    # ---- the process ----

    def start(self):
        if not (JARS / "stamp").exists():
            raise RuntimeError(f"s3proxy is not installed in {JARS}: run tools/setup.sh")
        self.buckets.mkdir(parents=True, exist_ok=True)
        properties = {
            "s3proxy.endpoint": f"http://127.0.0.1:{self.backend}",
            "s3proxy.authorization": "aws-v4", "s3proxy.identity": self.access_key,
            "s3proxy.credential": self.secret_key, "jclouds.provider": "filesystem",
            "jclouds.filesystem.basedir": self.buckets}
        if self.session_tokens:
            properties["s3proxy.ignore-unknown-headers"] = "true"
        if self.virtual_host:
            properties["s3proxy.virtual-host"] = self.virtual_host
        config = self.folder / "s3proxy.properties"
        config.write_text("".join(f"{k}={v}\n" for k, v in properties.items()))
        logging = self.folder / "logback.xml"
        logging.write_text(LOGGING)
        command = ["setpriv", "--pdeathsig", "KILL", "java", *JVM, f"-Dlogback.configurationFile={logging}", "-cp", f"{JARS}/*",
                   "org.gaul.s3proxy.Main", "--properties", str(config)]
        environment = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "JAVA_HOME")}
        with open(self.folder / "s3proxy.log", "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment, start_new_session=True)
        deadline = time.monotonic() + self.start_timeout
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"s3proxy did not start: {self.log()[-2000:]}")
            time.sleep(0.02)
        self.front.start()
        return self

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.backend, timeout=10)
        try:
            connection.request("GET", "/", headers={"Host": self.host})
            return connection.getresponse().status == 403  # not signed
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        """Ends it at once; its port is closed. It may be started again, on the same port."""
        if self.front.running:
            self.front.stop()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        path = self.folder / "s3proxy.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
