"""The units in deploy/: systemd accepts them, and the program does all its work under their restrictions."""

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.factories.backup import LINES
from tests.functional.server.test_cli_serve import until
from tests.support.postgres import free_port
from tests.support.systemd_machine import ROOT, Machine

DEPLOY = ROOT / "deploy"
UNITS = ("florilege.service", "florilege-backup.service", "florilege-backup.timer")
HIGHEST_EXPOSURE = {"florilege.service": 1.2, "florilege-backup.service": 1.5}

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with commands that exist here, because `systemd-analyze verify` requires them."""
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        text = re.sub(r"^(ExecStart=)(/opt/florilege/bin/kb|restic)\b", r"\1/bin/true", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@needs_systemd
def test_systemd_finds_no_fault_in_the_units(units: Path) -> None:
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(units / name for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@needs_systemd
@pytest.mark.parametrize("name", HIGHEST_EXPOSURE)
def test_a_service_is_exposed_no_more_than_promised(units: Path, name: str) -> None:
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", units / name],
        capture_output=True,
        text=True,
        check=True,
    )

    exposure = re.search(r"exposure level for \S+: ([\d.]+)", result.stdout)
    assert exposure, result.stdout
    assert float(exposure[1]) <= HIGHEST_EXPOSURE[name]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A systemd with the units and a user, installed as docs/operating.md says."""
    started = Machine(tmp_path_factory.mktemp("machine"))
    try:
        started.__enter__()
    except Machine.Refused as error:
        pytest.skip(str(error))
    try:
        started.run("useradd --system --home-dir /var/lib/florilege --shell /usr/sbin/nologin florilege")
        for name in UNITS:
            started.write(f"/etc/systemd/system/{name}", (DEPLOY / name).read_text(encoding="utf-8"))
        settings = (DEPLOY / "environment.example").read_text(encoding="utf-8")
        started.write("/etc/florilege/environment", f"{settings}\nKB_LANGUAGE=en\n")
        started.write("/usr/local/bin/kb", (DEPLOY / "kb-of-the-service").read_text(encoding="utf-8"))
        started.run("chmod 700 /etc/florilege; chmod 755 /usr/local/bin/kb")
        yield started
    finally:
        started.__exit__()


@pytest.fixture(scope="module")
def site(machine: Machine) -> str:
    """The address of the running service."""
    port = free_port()
    start = f"[Service]\nExecStart=\nExecStart=/opt/florilege/bin/kb serve --host 127.0.0.1 --port {port}\n"
    machine.write("/etc/systemd/system/florilege.service.d/port.conf", start)
    machine.run("systemctl daemon-reload; systemctl start florilege")
    address = f"http://127.0.0.1:{port}"
    until(lambda: is_ready(address), 60)
    return address


def is_ready(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/readyz", timeout=10) as answer:
        return bool(json.load(answer)["background"] == "running")
    return False


def kb(machine: Machine, *arguments: str, stdin: str = "") -> str:
    """A command beside the service, run as docs/operating.md says."""
    return machine.run(f"/usr/local/bin/kb {' '.join(arguments)}", stdin=stdin).stdout


def property_of(machine: Machine, name: str, unit: str = "florilege") -> str:
    return machine.run(f"systemctl show --value -p {name} {unit}").stdout.strip()


def test_the_service_answers_and_takes_an_import(machine: Machine, site: str) -> None:
    kb(machine, "import", "-", stdin=LINES)

    with urllib.request.urlopen(f"{site}/api/v1/search?q=signet", timeout=30) as answer:
        assert json.load(answer)["total"] == 3
    owners = machine.run("stat -c '%U %a' /var/lib/florilege /var/lib/florilege/store.sqlite3").stdout.split("\n")
    assert owners[:2] == ["florilege 700", "florilege 600"]


ODD_SETTINGS = """\
# A comment, KB_LANGUAGE=en
KB_SITE_NAME=Veille & droit
KB_FILES_URL=s3://bucket/p?endpoint=https://s3.example.org&region=eu
KB_MAIL_URL="smtp://u:a$b@localhost"
KB_MAIL_FROM='Florilège <florilege@example.org>'
KB_SCAN_COMMAND=clamdscan --fdpass --no-summary -\x20
KB_METRICS_TOKEN=c2VjcmV0LXRva2Vu==
KB_OIDC_ACR=
KB_LOG_FORMAT=json"""


def test_a_command_gets_the_settings_that_the_service_gets(machine: Machine) -> None:
    machine.write("/etc/florilege/odd", ODD_SETTINGS)
    command = (DEPLOY / "kb-of-the-service").read_text(encoding="utf-8")
    command = command.replace("/etc/florilege/environment", "/etc/florilege/odd")
    machine.write("/usr/local/bin/odd", command.replace("/opt/florilege/bin/kb", "env"))
    unit = "[Service]\nType=oneshot\nEnvironmentFile=/etc/florilege/odd\nExecStart=env\nStandardOutput=file:/run/odd\n"
    machine.write("/etc/systemd/system/odd.service", unit)
    machine.run("systemctl daemon-reload; systemctl start odd")

    by_systemd, by_command = (
        sorted(line for line in machine.run(script).stdout.splitlines() if line.startswith("KB_"))
        for script in ("cat /run/odd", "sh /usr/local/bin/odd")
    )
    assert by_command == by_systemd
    assert len(by_command) == 8


CONFINED = """
import os, sys
from pathlib import Path
from kb.extraction.extraction_process import HTML, extract_in_subprocess
from kb.formats.skos.sandbox import read_skos_in_subprocess
from kb.sandbox.linux_restrictions import refuse_processes_and_sockets, restrict_file_access

page = b"<title>Lu dans un bac</title>"
facts = extract_in_subprocess(HTML, page, seconds=20, memory=1 << 30, charset="utf-8", address="http://a.example/")
print(facts["title"])
concepts = b"@prefix skos: <http://www.w3.org/2004/02/skos/core#> . <urn:a> a skos:Concept ; skos:prefLabel 'a'@fr ."
print(len(read_skos_in_subprocess(concepts, "u").concepts))
for place in ("/etc/florilege/environment", "/usr/x", "/etc/x", "/home/x", "/opt/florilege/x"):
    try:
        os.close(os.open(place, os.O_RDONLY if "environment" in place else os.O_WRONLY | os.O_CREAT))
    except OSError:
        print("refused")
print(restrict_file_access([]), refuse_processes_and_sockets())
"""


def test_the_sandbox_of_the_program_works_within_that_of_the_unit(machine: Machine, site: str) -> None:
    machine.write("/usr/local/lib/confined.py", CONFINED)
    unit = (DEPLOY / "florilege.service").read_text(encoding="utf-8")
    start = "ExecStart=/opt/florilege/bin/python /usr/local/lib/confined.py"
    unit = re.sub(r"^ExecStart=.*$", start, unit, flags=re.MULTILINE)
    unit = unit.replace("Type=exec", "Type=oneshot\nStandardOutput=file:/run/confined\nStandardError=inherit")
    machine.write("/etc/systemd/system/confined.service", unit.replace("Restart=on-failure", ""))
    machine.run("systemctl daemon-reload; systemctl start confined || { cat /run/confined; false; }")

    lines = machine.run("cat /run/confined").stdout.splitlines()
    assert lines == ["Lu dans un bac", "1", *["refused"] * 5, "True True"]


def test_a_service_that_was_killed_comes_back_and_one_that_is_stopped_ends_well(machine: Machine, site: str) -> None:
    first = property_of(machine, "MainPID")
    machine.run(f"kill -KILL {first}")
    until(lambda: property_of(machine, "MainPID") not in {"0", first} and is_ready(site), 60)

    machine.run("systemctl stop florilege")
    assert property_of(machine, "Result") == "success"
    assert property_of(machine, "ActiveState") == "inactive"
    machine.run("systemctl start florilege")
    until(lambda: is_ready(site), 60)


@pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
def test_the_backup_goes_elsewhere_and_comes_back_whole(machine: Machine, site: str) -> None:
    kb(machine, "import", "-", stdin=LINES)
    before = kb(machine, "export")
    settings = "RESTIC_REPOSITORY=/srv/elsewhere\nRESTIC_PASSWORD=a-long-password\n"
    machine.write("/etc/florilege/restic", settings)
    machine.run("install -d -o florilege -m 700 /srv/elsewhere")
    # A restic repository on this machine; others need the network.
    machine.write(
        "/etc/systemd/system/florilege-backup.service.d/here.conf", "[Service]\nReadWritePaths=/srv/elsewhere\n"
    )
    restic = "set -a; . /etc/florilege/restic; set +a; runuser -u florilege -- restic"
    machine.run(f"{restic} init --no-cache; systemctl daemon-reload")
    for _ in range(2):
        machine.run("systemctl start florilege-backup || { systemctl status -l --no-pager florilege-backup; false; }")
    assert property_of(machine, "Result", "florilege-backup") == "success"

    machine.run(f"{restic} check --no-cache --read-data")
    snapshots = json.loads(machine.run(f"{restic} snapshots --no-cache --json").stdout)
    assert {path for snapshot in snapshots for path in snapshot["paths"]} == {"/var/lib/florilege-backup/florilege.zip"}
    machine.run("install -d -o florilege -m 700 /srv/drill")
    machine.run(f"{restic} restore latest --no-cache --target /srv/drill")
    machine.run("cmp /srv/drill/var/lib/florilege-backup/florilege.zip /var/lib/florilege-backup/florilege.zip")
    drill = "--data /srv/drill/data"
    kb(machine, drill, "restore", "/srv/drill/var/lib/florilege-backup/florilege.zip")
    assert kb(machine, drill, "export") == before
    kb(machine, drill, "index", "check")
