"""Commands, settings, hooks and packages are documented."""

import json
import re
import runpy
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import click
import pytest

from kb.features import settings_classes
from kb.model.search_request import PARAMETERS
from kb.settings import Settings, settings_of
from tests.support.cli_commands import commands_of_kb

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def text_of(*names):
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def sections():
    """The section of each command, by name."""
    parts = text_of("docs/commands.md").split("\n## `")[1:]
    return {re.match(r"kb(?: [a-z]+)+", part)[0]: part for part in parts}


@pytest.mark.parametrize(("name", "command"), [(f"kb {name}", command) for name, command in commands_of_kb().items()])
def test_every_command_and_option_is_documented(name, command):
    described = sections()[name]

    for option in (param for param in command.params if isinstance(param, click.Option)):
        assert any(f"{spelling}" in described for spelling in option.opts), option.opts


SETTINGS = [setting for owner in (Settings, *settings_classes()) for setting in settings_of(owner)]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda command: command.name)
def test_every_setting_is_documented_with_its_option_and_default(setting):
    lines = text_of("docs/configuration.md").splitlines()
    (line,) = (line for line in lines if line.startswith(f"| `{setting.variable}` | `{setting.option}` | "))

    if setting.default:
        assert line.split(" | ")[2] == f"`{setting.default}`"


def test_no_other_setting_is_documented():
    named = re.findall(r"(?m)^\| `(KB_\w+)` \| `--", text_of("docs/configuration.md"))

    assert sorted(named) == sorted(setting.variable for setting in SETTINGS)


def test_every_parameter_of_a_search_is_documented():
    section = text_of("docs/search.md").split("\n## Parameters of an address\n")[1].split("\n## ")[0]
    named = {name for line in re.findall(r"(?m)^\| (`.*?) \|", section) for name in re.findall(r"`(\w+)`", line)}

    assert named == set(PARAMETERS)


def test_the_points_of_reliability_are_numbered_in_order():
    numbers = [int(number) for number in re.findall(r"(?m)^(\d+)\. ", text_of("docs/reliability.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_every_dependency_has_its_licence():
    project = tomllib.loads(text_of("pyproject.toml"))
    by_npm = {
        **json.loads(text_of("tests/browser/package.json"))["devDependencies"],
        **json.loads(text_of("tests/audit/package.json"))["dependencies"],
        **json.loads(text_of("tests/oidc/package.json"))["devDependencies"],
        **json.loads(text_of("tests/mcp/package.json"))["devDependencies"],
    }
    requirements = [
        *project["project"]["dependencies"],
        *chain.from_iterable(project["project"]["optional-dependencies"].values()),
        *chain.from_iterable(project["dependency-groups"].values()),
        *project["build-system"]["requires"],
        *by_npm,
    ]

    page = text_of("docs/third-party.md")

    for requirement in requirements:
        name = re.match(r"[@A-Za-z0-9_/-]+", requirement)[0]
        assert f"[{name}]" in page, name


def test_every_decision_is_listed():
    index = text_of("docs/decisions/README.md")

    for page in sorted(DOCS.glob("decisions/0*.md")):
        assert f"({page.name})" in index
        assert {"**Context.**", "**Decision.**", "**Consequences.**"} <= set(
            re.findall(r"\*\*\w+\.\*\*", page.read_text(encoding="utf-8"))
        ), page.name


def test_every_link_between_documents_leads_somewhere():
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_line_that_runs_the_site_says_its_options_and_installs_nothing():
    told = subprocess.run(
        ["sh", "scripts/run", "--help"], cwd=ROOT, capture_output=True, check=True, text=True, timeout=60
    )
    assert "--port 8001" in told.stdout
    assert "--port 8001" in text_of("README.md")


def test_continuous_integration_runs_the_second_line_of_the_readme():
    lines = re.findall(r"(?m)^```sh\n(.*)\n```$", text_of("README.md"))

    assert lines[:2] == ["scripts/run", "scripts/test"]
    assert text_of(".ci/run").rstrip().endswith("exec scripts/test")


def test_the_licence_is_the_one_that_the_package_names():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]

    assert project["license"] == "EUPL-1.2"
    assert text_of("LICENSE").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\n")


def test_no_file_is_longer_than_500_lines():
    kinds = (".py", ".js", ".html", ".css")
    rooms = [
        path for name in ("kb", "index", "templates", "tests", "bench", "scripts") for path in (ROOT / name).rglob("*")
    ]
    sources = [path for path in rooms if path.suffix in kinds and "node_modules" not in path.parts]
    assert len(sources) > 400
    long = {str(path.relative_to(ROOT)) for path in sources if path.read_text("utf-8").count("\n") > 500}
    # A saved page of another site, and what others publish and the program ships.
    assert {name for name in long if "corpus" not in name and "hypothesis/client/build" not in name} == set()


def test_every_test_that_security_names_is_there():
    named = set(re.findall(r"\btest_\w+\.py", text_of("docs/security.md")))

    assert len(named) > 20
    assert named <= {page.name for page in (ROOT / "tests").rglob("test_*.py")}


def test_the_list_of_modules_is_what_the_docstrings_say():
    written = runpy.run_path(str(ROOT / "scripts" / "list-modules"))["pages"]()
    texts = {path: path.read_text(encoding="utf-8") for path in (DOCS / "modules").glob("*.md")}
    assert texts == written, "scripts/list-modules writes it"
