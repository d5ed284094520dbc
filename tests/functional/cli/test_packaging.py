"""The content of the wheel and of the source archive, and an installation in a fresh environment."""

import json
import os
import re
import subprocess
import sys
import tarfile
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = [
    "kb/py.typed",
    "index/py.typed",
    "index/analysis/lemmas.table",
    "kb/templates/base.html",
    "kb/texts/accessibilite.fr.md",
    "kb/locale/fr/LC_MESSAGES/kb.mo",
    "kb/store/maintenance/migrations/env.py",
]
# These would be imported instead of our modules if the current directory were on the path first.
TRAP = "raise SystemExit('the trap was imported')\n"
# A package registry may respond slowly.
PATIENT = {**os.environ, "PIP_RETRIES": "10", "PIP_DEFAULT_TIMEOUT": "60"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A source archive, and a wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        text=True,
        env=PATIENT,
    )
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """A fresh environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", built[0]], check=True, env=PATIENT)
    return folder / "bin"


@pytest.fixture
def empty_folder(tmp_path):
    """An empty directory with files that must not be imported."""
    for name in ("index.py", "numpy.py", "sqlalchemy.py"):
        (tmp_path / name).write_text(TRAP, encoding="utf-8")
    return tmp_path


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "PYTHON"))}


def answer(folder, *command):
    result = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_wheel_holds_two_packages_and_all_that_they_need(built):
    names = zipfile.ZipFile(built[0]).namelist()

    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"kb", "index"}
    assert set(SHIPPED) <= set(names)
    for pattern in (r"kb/static/.+\.css", r"kb/samples/.+\.jsonl", r"kb/store/maintenance/migrations/versions/.+\.py"):
        assert any(re.fullmatch(pattern, name) for name in names), pattern
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]


def test_the_wheel_holds_every_file_of_the_packages_in_the_checkout(built):
    names = set(zipfile.ZipFile(built[0]).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "kb", "index", "templates"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")

    for name in filter(None, tracked):
        shipped = f"kb/{name}" if name.startswith("templates/") else name
        assert shipped in names or not (ROOT / name).exists(), name


def test_the_source_archive_holds_what_is_needed_to_build_and_test(built):
    with tarfile.open(built[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    for name in ("pyproject.toml", "hatch_build.py", "LICENSE", "README.md", "CHANGELOG.md", "templates/base.html"):
        assert name in names
    for name in (
        ".ci/run",
        "scripts/check",
        "tests/conftest.py",
        "bench/storms/crash_storm.py",
        "docs/commands.md",
        "kb/store/maintenance/migrations/env.py",
    ):
        assert name in names


def test_the_table_of_lemmas_is_made_once_for_all_and_used(built, installed, empty_folder):
    with tarfile.open(built[1]) as archive:
        assert not [name for name in archive.getnames() if name.endswith("lemmas.table")]
    code = (
        "import sys, index.analysis as a; "
        "print(a.__file__, a.analyze('nouvelles', 'fr')[0].term, 'simplemma' in sys.modules)"
    )
    place, term, made_again = answer(empty_folder, installed / "python", "-P", "-c", code).split()

    assert "site-packages" in place
    assert (term, made_again) == ("nouveau", "False")


@pytest.mark.parametrize("command", [("kb",), ("python", "-m", "kb"), ("python", "-P", "-m", "kb")], ids=" ".join)
def test_the_current_directory_is_never_imported_from(installed, empty_folder, command):
    assert answer(empty_folder, installed / command[0], *command[1:], "--help").startswith("Usage: kb ")


def test_the_sample_library_is_searched_and_served_from_an_empty_directory(installed, empty_folder):
    answer(empty_folder, installed / "kb", "demo", "--no-serve")
    results = json.loads(answer(empty_folder, installed / "kb", "search", "agent", "--json"))
    assert results["total"] > 0

    with subprocess.Popen(
        [installed / "kb", "demo", "--port", "0"],
        cwd=empty_folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            address = re.search(r"http://\S+", server.stdout.readline())[0]
            page = _page(f"{address}/search?q=agent")
        finally:
            server.terminate()
    assert "<mark>" in page
    assert 'lang="fr"' in page
    assert "Résultats" in page or "résultat" in page
    assert server.returncode == 0


def _page(address):
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=20) as response:
                return response.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(address)
