"""The image in deploy/, and the compose files as podman-compose reads them.

`scripts/test-installations` builds the image and runs it by Podman; the gate reads how it is built.
"""

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.factories.backup import LINES
from tests.functional.server.test_cli_serve import until
from tests.support.containers import Podman, limits
from tests.support.debian import AUTHORITIES, NoDebian, make_debian
from tests.support.thoroughness import EVERY_INSTALLATION

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(900)]

BUILT = pytest.mark.skipif(not EVERY_INSTALLATION, reason="scripts/test-installations builds the image.")
HARDENED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--cgroups=disabled")


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    started = Podman(tmp_path_factory.mktemp("podman"))
    try:
        started.__enter__()
    except Podman.Refused as error:
        pytest.skip(str(error))
    try:
        yield started
    finally:
        started.__exit__()


@pytest.fixture(scope="module")
def image(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, on a Debian base image that is built here instead of the one in the registry."""
    folder = tmp_path_factory.mktemp("base")
    archive = folder / "debian.tar"
    try:
        # With the packages that the image installs, so that one download is enough.
        make_debian("trixie", archive, "python3-venv,ca-certificates")
    except NoDebian as error:
        pytest.skip(str(error))
    podman("import", archive, "localhost/base")
    trusted: tuple[str, ...] = ()
    if AUTHORITIES.exists():
        # This machine may trust a certificate authority of its own.
        (folder / "pip.conf").write_text("[global]\ncert = /run/authorities.crt\nretries = 10\n")
        trusted = (f"--volume={folder}/pip.conf:/etc/pip.conf:ro", f"--volume={AUTHORITIES}:/run/authorities.crt:ro")
    options = (
        "--isolation=chroot",
        "--network=host",
        "--format=docker",
        "--layers=false",
        "--build-arg=BASE=localhost/base",
    )
    build_options = ("--file", ROOT / "deploy" / "Containerfile", "--tag", "localhost/florilege", ROOT)
    podman("build", *options, *limits(), *trusted, *build_options)
    return "localhost/florilege"


def start(podman: Podman, image: str, name: str) -> None:
    """Run without a network and with a read-only file system."""
    run_options = ("--name", name, "--network=none", "--volume=data:/var/lib/florilege", "--env=KB_LANGUAGE=en")
    podman("run", "--detach", *run_options, *HARDENED, *limits(), image)
    until(lambda: podman("healthcheck", "run", name, check=False).returncode == 0, 90)


def test_the_containerfile_copies_what_is_there_and_says_how_the_image_is_run() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    steps = [line.partition(" ")[::2] for line in text.splitlines() if line and not line.startswith("#")]
    last = [words for name, words in steps if name == "FROM"]
    copied = [words.split()[:-1] for name, words in steps if name == "COPY" and not words.startswith("--from=build")]
    assert len(last) == 2
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
    # What the wheel is made from.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    targets = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*targets["packages"], *targets["force-include"], "pyproject.toml", "hatch_build.py", "README.md"}
    assert needed <= {name for names in copied for name in names}
    said = dict(steps[[name for name, _ in steps].index("USER") :])
    assert said["USER"] == "florilege"
    assert said["VOLUME"] == "/var/lib/florilege"
    assert said["EXPOSE"] == "8000"
    assert "KB_DATA=/var/lib/florilege" in dict(steps)["ENV"]
    assert "--uid 10001" in text
    assert json.loads(said["ENTRYPOINT"]) + json.loads(said["CMD"])[:1] == ["kb", "serve"]
    assert "/readyz" in text.partition("HEALTHCHECK")[2].splitlines()[0]


@BUILT
def test_the_image_says_how_it_is_run(podman: Podman, image: str) -> None:
    (image_facts,) = json.loads(podman("image", "inspect", image).stdout)

    assert image_facts["Config"]["User"] == "florilege"
    assert list(image_facts["Config"]["Volumes"]) == ["/var/lib/florilege"]
    assert list(image_facts["Config"]["ExposedPorts"]) == ["8000/tcp"]
    assert "/readyz" in image_facts["Healthcheck"]["Test"][-1]
    kept_files = podman(
        "run", "--rm", "--network=none", *HARDENED, *limits(), "--entrypoint=sh", image, "-c", "ls /opt; id -u"
    )
    assert kept_files.stdout.split() == ["florilege", "10001"]


SANDBOX = """
from kb.extraction.extraction_process import HTML, extract_in_subprocess
from kb.sandbox.linux_restrictions import refuse_processes_and_sockets

page = b"<title>Lu dans un bac</title>"
print(extract_in_subprocess(HTML, page, seconds=20, memory=1 << 30, charset="utf-8", address="http://a.example/")["title"])
print(refuse_processes_and_sockets())
"""


@BUILT
def test_a_container_works_with_its_volume_alone_and_the_next_one_has_its_data(podman: Podman, image: str) -> None:
    start(podman, image, "first")
    podman("exec", "--interactive", "first", "kb", "import", "-", stdin=LINES)
    before = podman("exec", "first", "kb", "export").stdout
    assert before.count("\n") == 3
    refused = podman("exec", "first", "sh", "-c", "touch /etc/x || touch /opt/x || touch /usr/x", check=False)
    assert refused.returncode != 0
    sandboxed = podman("exec", "first", "/opt/florilege/bin/python", "-c", SANDBOX)
    assert sandboxed.stdout.splitlines() == ["Lu dans un bac", "True"]
    podman("exec", "first", "kb", "backup", "/var/lib/florilege/florilege.zip")
    podman("stop", "--time", "30", "first")
    (stopped,) = json.loads(podman("container", "inspect", "first").stdout)
    assert stopped["State"]["ExitCode"] == 0
    podman("rm", "first")

    start(podman, image, "second")
    assert podman("exec", "second", "kb", "export").stdout == before
    podman("exec", "second", "kb", "restore", "--replace", "/var/lib/florilege/florilege.zip")
    assert podman("exec", "second", "kb", "export").stdout == before
    podman("rm", "--force", "second")


@pytest.mark.skipif(shutil.which("podman-compose") is None, reason="podman-compose is not installed")
@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_a_compose_file_publishes_the_proxy_alone(name: str) -> None:
    def read(**variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["podman-compose", "--file", name, "config"],
            cwd=ROOT / "deploy",
            env={"PATH": os.environ["PATH"], **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    output = read(SITE="florilege.example.org", POSTGRES_PASSWORD="secret")
    assert output.returncode == 0, output.stderr
    assert "KB_BASE_URL: https://florilege.example.org" in output.stdout
    assert "FLORILEGE_SITE: florilege.example.org" in output.stdout
    assert output.stdout.count("ports:") == 1
    assert output.stdout.count("read_only: true") == 2
    assert read(POSTGRES_PASSWORD="secret").returncode != 0


FAKE_PODMAN = """#!/bin/sh
[ "$1" = --version ] && echo podman version 5.4.2
for argument; do printf '%s\\0' "$argument"; done >>"$CALLS"
printf '\\n\\0' >>"$CALLS"
"""
FAKE_CHECK = """#!/bin/sh
for argument; do printf '%s\\0' "$argument"; done >"$CALLS"
"""


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.skipif(shutil.which("podman-compose") is None, reason="podman-compose is not installed")
@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_the_checks_of_a_compose_file_are_run_as_they_are_written(name: str, tmp_path: Path) -> None:
    """Podman runs the option as `/bin/sh -c option`, and podman-compose joins the parts of a list wrongly."""
    podman, calls = program(tmp_path / "podman", FAKE_PODMAN), tmp_path / "calls"
    environment = {"PATH": os.environ["PATH"], "CALLS": str(calls), "SITE": "a.example", "POSTGRES_PASSWORD": "secret"}
    up = ["podman-compose", "--podman-path", podman, "--file", name, "up", "--detach", "--no-build"]
    subprocess.run(up, cwd=ROOT / "deploy", env=environment, capture_output=True, timeout=60, check=True)
    started = [call.split("\0") for call in calls.read_text().split("\n\0") if "\0--healthcheck-command\0" in call]
    checks = {}
    for arguments in started:
        check = arguments[arguments.index("--healthcheck-command") + 1]
        for program_name in ("python3", "pg_isready"):
            program(tmp_path / program_name, FAKE_CHECK)
        environment["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
        subprocess.run(["/bin/sh", "-c", check], env=environment, check=True, timeout=30)
        service = next(argument for argument in arguments if argument.startswith("com.docker.compose.service="))
        checks[service.partition("=")[2]] = calls.read_text().rstrip("\0").split("\0")
    assert checks.pop("florilege") == [
        "-c",
        'import urllib.request as r; r.urlopen("http://127.0.0.1:8000/readyz", timeout=9)',
    ]
    if name == "compose.postgres.yaml":
        database = ["--quiet", "--host", "127.0.0.1", "--username", "kb", "--dbname", "florilege"]
        assert checks.pop("postgres") == database
    assert checks == {}
