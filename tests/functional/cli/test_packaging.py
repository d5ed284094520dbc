"""The content of the wheel and of the source archive, and its installation in bare environments.

The oldest supported Python and pip are tested in each run, as far as they are there; `scripts/test-installations` tests
all of INSTALLATIONS and DEBIANS.
"""

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import httpx2
import pytest

from kb.press_review.review_formats import PRESS_REVIEW_FORMATS
from tests.factories.documents import a_docx, a_pdf
from tests.support.debian import DebianRoot, NoDebian
from tests.support.thoroughness import EVERY_INSTALLATION

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = [
    "kb/py.typed",
    "index/py.typed",
    "index/analysis/lemmas.table",
    "kb/language/fr.words",
    "kb/language/en.words",
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


OLDEST = "the Python and pip of Debian 12"
INSTALLATIONS = {
    OLDEST: ("3.11", "pip==23.0.1"),
    "Python 3.11": ("3.11", "pip==23.2.1"),
    "Python 3.11 with the newest pip": ("3.11", "pip"),
    "Python 3.13": ("3.13", "pip"),
}
"""The Python and the pip of each environment that is made on this machine, the oldest first."""
DEBIANS = {"Debian 12": "bookworm", "Debian 13": "trixie"}
"""Suites of Debian, each installed into a folder of its own."""
ARTICLE = (
    "<!DOCTYPE html><html lang='fr'><head><title>{title}</title></head><body><article><h1>{title}</h1>"
    + "<p>Les agents de médiation numérique seront formés cet automne dans toutes les bibliothèques du département, a"
    " annoncé la présidente mardi devant l’assemblée : {word}.</p>" * 3 + "</article></body></html>"
)
SEVERAL = "import json, sys; from kb.cli.main_command import run; sys.exit(any(map(run, json.loads(sys.argv[1]))))"
"""A program that runs several commands of `kb`: each of them would start for a second."""
DEADLINE = 300.0
"""Seconds for an event: far more than a busy machine needs."""


def python_of(version):
    """The path of a Python of this version; None without one."""
    for name in (f"python{version}", f"/usr/bin/python{version}"):
        path = shutil.which(name)
        if (
            path is not None
            and subprocess.run([path, "-c", "import venv"], capture_output=True, check=False).returncode == 0
        ):
            return path
    return None


@pytest.fixture(scope="module", params=[*INSTALLATIONS, *DEBIANS] if EVERY_INSTALLATION else [OLDEST])
def installed(request, built, tmp_path_factory):
    """The folder with the commands of a bare environment that has the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    if request.param in DEBIANS:
        return installed_in_debian(DEBIANS[request.param], folder, built[0])
    version, pip = INSTALLATIONS[request.param]
    python = python_of(version)
    if python is None and EVERY_INSTALLATION:
        pytest.skip(f"Python {version} is not on this machine")
    if python is None:
        # The pip of Debian 12 runs on no newer Python.
        python, pip = sys.executable, "pip"
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    inside = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "pip", "--python", inside, "install", "-q", pip], check=True, env=PATIENT)
    install(inside, built[0])
    return folder / "bin"


def install(python, wheel):
    # Python compiles what it imports: pip would compile everything, which takes a third of the installation.
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-compile", wheel], check=True, env=PATIENT)


def installed_in_debian(suite, folder, wheel):
    """The folder with commands that run in a Debian made from its packages, of which pip and venv are."""
    try:
        debian = DebianRoot(suite, folder / "root")
    except NoDebian as error:
        pytest.skip(str(error))
    commands = folder / "bin"
    commands.mkdir()
    make = debian.add_command(commands / "python3", "/usr/bin/python3")
    subprocess.run([make, "-m", "venv", "/opt/florilege"], check=True)
    for name in ("python", "kb", "florilege"):
        debian.add_command(commands / name, f"/opt/florilege/bin/{name}")
    install(commands / "python", wheel)
    return commands


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


def test_the_tables_of_words_are_made_once_for_all_and_used(built, installed, empty_folder):
    with tarfile.open(built[1]) as archive:
        assert not [name for name in archive.getnames() if name.endswith(("lemmas.table", ".words"))]
    code = (
        "import sys, index.analysis as a; from kb.language.word_lists import has_dictionary_word as has; "
        "assert has('fr', 'maison') and has('en', 'house') and not has('fr', 'house'); "
        "print(a.__file__, a.analyze('nouvelles', 'fr')[0].term, 'simplemma' in sys.modules)"
    )
    place, term, made_again = answer(empty_folder, installed / "python", "-P", "-c", code).split()

    assert "site-packages" in place
    assert (term, made_again) == ("nouveau", "False")


@pytest.mark.parametrize("command", [("kb",), ("python", "-m", "kb"), ("python", "-P", "-m", "kb")], ids=" ".join)
def test_the_current_directory_is_never_imported_from(installed, empty_folder, command):
    assert answer(empty_folder, installed / command[0], *command[1:], "--help").startswith("Usage: kb ")


def test_an_installation_has_both_commands(installed, empty_folder):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["scripts"]) == {"kb", "florilege"}
    for name in project["scripts"]:
        assert answer(empty_folder, installed / name, "--version").startswith("florilege, version ")


@pytest.mark.skipif(not EVERY_INSTALLATION, reason="scripts/test-installations installs by pipx too.")
@pytest.mark.skipif(shutil.which("pipx") is None, reason="pipx is not installed")
def test_pipx_installs_the_wheel_with_both_commands(built, tmp_path):
    places = {"PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    # Without compiling the libraries, which takes longer than the rest and is not tried here.
    install = ["pipx", "install", "--pip-args=--no-compile", built[0]]
    subprocess.run(install, env={**PATIENT, **places}, check=True, capture_output=True)

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {path.name for path in (tmp_path / "bin").iterdir()} == set(project["scripts"]) == {"kb", "florilege"}
    for name in project["scripts"]:
        output = subprocess.run([tmp_path / "bin" / name, "--version"], capture_output=True, text=True, check=True)
        assert output.stdout.startswith("florilege, version ")


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


class _Gazette(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(ARTICLE.format(title="La gazette", word="ornithorynque").encode())

    def log_message(self, *_given):
        pass


@pytest.fixture
def gazette():
    """The address of a page of another site."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Gazette) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/article"
        server.shutdown()


def found(client, word):
    """The titles that a search for a word finds, as soon as it finds any."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if items := client.get("/api/v1/search", params={"q": word}).raise_for_status().json()["items"]:
            return [item["title"] for item in items]
        time.sleep(0.2)
    raise AssertionError(word)


def test_whatever_is_saved_is_read_searched_reviewed_and_restored(installed, empty_folder, gazette):
    kb = installed / "kb"
    variables = {**clean_environment(), "KB_DATA": str(empty_folder / "data"), "KB_FETCH_LOOPBACK": "allow"}

    def run(*command, program=(kb,), **changes):
        result = subprocess.run(
            [*program, *command],
            cwd=empty_folder,
            env=variables | changes,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def run_several(*commands, **changes):
        return run(json.dumps(commands), program=(installed / "python", "-P", "-c", SEVERAL), **changes)

    (empty_folder / "signets.jsonl").write_text('{"title": "Le héron cendré"}\n', encoding="utf-8")
    token = run_several(
        ("user", "add", "claire", "--name", "Claire Aubert"),
        ("group", "add", "lectures", "--name", "Lectures communes"),
        ("group", "member", "lectures", "claire", "--role", "member"),
        ("import", "signets.jsonl", "--group", "lectures"),
        ("token", "add", "claire", "--scope", "write", "--group", "lectures"),
    ).split()[-1]
    server = subprocess.Popen(
        [kb, "serve", "--port", "0"], cwd=empty_folder, env=variables, stdout=subprocess.PIPE, text=True
    )
    try:
        address = re.search(r"http://[^\s/]+", server.stdout.readline())[0]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=address, headers=headers, timeout=DEADLINE) as client:
            page = ARTICLE.format(title="Page envoyée", word="bouquetin")
            sent = client.post("/api/v1/capture", data={"url": "https://a.example/p"}, files={"file": ("p.html", page)})
            assert sent.status_code == 201, sent.text
            for name, content in (("a.pdf", a_pdf()), ("a.docx", a_docx())):
                answer = client.post("/api/v1/items", data={"group": "lectures"}, files={"file": (name, content)})
                assert answer.status_code == 201, answer.text
            answer = client.post("/api/v1/items", json={"group": "lectures", "url": gazette, "title": "À lire"})
            assert answer.status_code == 201, answer.text
            words = ("bouquetin", "mouettes", "canards", "ornithorynque", "héron")
            titles = {word: found(client, word) for word in words}
            for form in PRESS_REVIEW_FORMATS:
                review = client.get("/review", params={"q": "héron", "format": form})
                assert review.status_code == 200, review.text
                assert review.content
    finally:
        server.terminate()
        server.communicate(timeout=DEADLINE)
    run("backup", "sauvegarde.zip")
    elsewhere = {"KB_DATA": str(empty_folder / "ailleurs")}
    run("restore", "sauvegarde.zip", **elsewhere)
    answers = run_several(*(("search", word, "--json") for word in words), **elsewhere)
    for word, line in zip(words, answers.splitlines(), strict=True):
        assert [item["title"] for item in json.loads(line)["items"]] == titles[word]
