"""An S3-compatible server for tests: SeaweedFS, in a folder and on ports of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.support.postgres import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "clef", "AWS_SECRET_ACCESS_KEY": "secret-de-la-clef"}
BUCKET = "fichiers"
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port")


@contextmanager
def an_s3_server(folder: Path) -> Iterator[str]:
    """A server with the bucket BUCKET, whose keys are KEYS: the value of KB_FILES_URL for it."""
    credentials = {"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [{"name": "kb", "credentials": [credentials], "actions": actions}]}))
    ports = {name: free_port() for port in _PORTS for name in (port, f"{port}.grpc")}
    command = [
        *(str(Path(sys.executable).parent / "weed"), "server", "-s3", "-s3.autoCreateBucket", f"-s3.config={config}"),
        *(f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=20", "-master.volumeSizeLimitMB=64"),
        # Else it reports statistics to its makers, and listens on two ports that another server may have.
        *("-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    url = f"s3://{BUCKET}/florilege?endpoint=http://127.0.0.1:{ports['s3.port']}"
    log = folder / "log"
    with log.open("wb") as written, subprocess.Popen(command, stdout=written, stderr=written, cwd=folder) as server:
        try:
            _wait_for(url, server, log)
            yield url
        finally:
            # Kill it: its data is not needed, and it would take half a minute to stop.
            server.kill()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    store = S3Store(
        BUCKET,
        config={
            "endpoint": url.partition("endpoint=")[2],
            "access_key_id": KEYS["AWS_ACCESS_KEY_ID"],
            "secret_access_key": KEYS["AWS_SECRET_ACCESS_KEY"],
            "region": "us-east-1",
        },
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    for _ in range(600):
        try:
            obstore.put(store, "ready", b"yes")
        except BaseError:
            assert server.poll() is None, log.read_text(errors="replace")
            sleep(0.1)
        else:
            obstore.delete(store, "ready")
            return
    raise RuntimeError(log.read_text(errors="replace"))
