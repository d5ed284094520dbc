"""Harvesters written by others against `kb serve`: all records in several answers, then changed, then removed ones."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sickle import Sickle
from sickle.oaiexceptions import NoRecordsMatch

from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server

COUNT = 510
"""The number of items: three answers, and more than the transaction that closes a group gives new dates to."""
IDS = {f"i{number}" for number in range(COUNT)}


WITH_OLD_LXML = """
import sys
from lxml import etree

class Evaluator:
    def __init__(self, *given, make=etree.XPathEvaluator, **more):
        self.evaluate = make(*given, **more)

etree.XPathEvaluator = Evaluator
import oaiharvest.{0}
sys.exit(sys.modules["oaiharvest.{0}"].main())
"""
"""oai-harvest of 2013 calls a method that lxml has removed."""


def lines(numbers: range, title: str = "Titre") -> str:
    """The items of an import file; every ninth has a tag."""
    items = (
        {
            "id": f"i{number}",
            "group": {"slug": "veille", "name": "Veille", "visible": "everyone"},
            "title": f"{title} {number}",
            "url": f"https://exemple.fr/{number}",
            "tags": ["Été"] * (number % 9 == 0),
        }
        for number in numbers
    )
    closed = {"id": "clos", "group": {"slug": "clos", "name": "Clos", "visible": "members"}, "title": "Fermé"}
    return "".join(json.dumps(item) + "\n" for item in (*items, closed))


@pytest.fixture
def site(kb: Kb) -> Iterator[tuple[Kb, str]]:
    """A running site with its address."""
    assert kb("import", "-", stdin=lines(range(COUNT))).code == 0
    with Server(kb) as server:
        yield kb, f"{server.address}/oai"


def next_second() -> None:
    """Wait for the next second: harvest dates have a resolution of seconds, and a change is dated one second ahead."""
    time.sleep(2.1)


def remove(kb: Kb, slug: str) -> None:
    assert kb("group", "delete", slug).code == 0


def ids_of(records: Any) -> list[str]:
    return [record.header.identifier.rpartition(":")[2] for record in records]


def test_sickle_harvests_all_then_what_changed_then_what_is_gone(site: tuple[Kb, str]) -> None:
    kb, address = site
    sickle = Sickle(address)
    assert sickle.Identify().granularity == "YYYY-MM-DDThh:mm:ssZ"
    ids_found = ids_of(sickle.ListRecords(metadataPrefix="oai_dc"))
    assert (len(ids_found), set(ids_found)) == (COUNT, IDS)
    assert set(ids_of(sickle.ListRecords(metadataPrefix="marcxml"))) == IDS
    specs = {listset.setSpec for listset in sickle.ListSets()}
    assert specs == {"veille", "veille:tag-!c3!a9t!c3!a9"}
    tagged = ids_of(sickle.ListRecords(metadataPrefix="oai_dc", set="veille:tag-!c3!a9t!c3!a9"))
    assert sorted(tagged) == sorted(f"i{number}" for number in range(0, COUNT, 9))
    assert sickle.GetRecord(identifier=found_identifier(sickle), metadataPrefix="oai_dc").metadata["title"]

    next_second()
    began = sickle.Identify().xml.getparent().findtext("{*}responseDate")
    with pytest.raises(NoRecordsMatch):
        sickle.ListRecords(metadataPrefix="oai_dc", **{"from": began})
    assert kb("import", "-", stdin=lines(range(3, 5), "Changé")).code == 0
    changed = list(sickle.ListRecords(metadataPrefix="oai_dc", **{"from": began}))
    assert sorted(ids_of(changed)) == ["i3", "i4"]

    next_second()
    began = sickle.Identify().xml.getparent().findtext("{*}responseDate")
    remove(kb, "veille")
    # The background process writes the last records during this harvest, so they appear in the next one.
    during = list(sickle.ListRecords(metadataPrefix="oai_dc"))
    assert all(record.header.deleted for record in during)
    deleted, until = list[Any](), time.monotonic() + 60
    while set(ids_of(deleted)) != IDS and time.monotonic() < until:
        deleted = list(sickle.ListRecords(metadataPrefix="oai_dc", **{"from": began}))
    assert set(ids_of(deleted)) == IDS
    every = list(sickle.ListRecords(metadataPrefix="oai_dc"))
    assert set(ids_of(every)) == IDS
    assert all(record.header.deleted for record in (*deleted, *every))
    with pytest.raises(NoRecordsMatch):
        sickle.ListRecords(metadataPrefix="oai_dc", set="veille")


def found_identifier(sickle: Any) -> str:
    return str(next(iter(sickle.ListIdentifiers(metadataPrefix="oai_dc"))).identifier)


def test_oai_harvest_keeps_a_folder_as_the_site_is(site: tuple[Kb, str], tmp_path: Path) -> None:
    kb, address = site
    folder, register = tmp_path / "moisson", tmp_path / "register.sqlite"
    folder.mkdir()

    def run(module: str, *arguments: object) -> None:
        # The program prompts for values that were not given.
        result = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", WITH_OLD_LXML.format(module), *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            input="\n" * 9,
        )
        assert result.returncode == 0, result.stderr

    def harvest() -> set[str]:
        run("harvest", "--db", register, "site")
        return {path.name.removesuffix(".oai_dc.xml").rpartition(":")[2] for path in folder.iterdir()}

    run("registry", "-d", register, "add", "-p", "oai_dc", "-d", folder, "site", address)
    assert harvest() == IDS
    before = {path: path.read_text() for path in folder.iterdir()}
    next_second()
    assert kb("import", "-", stdin=lines(range(3, 5), "Changé")).code == 0
    assert harvest() == IDS
    after = {path: path.read_text() for path in folder.iterdir()}
    assert len([path for path, text in after.items() if text != before[path]]) == 2
    next_second()
    remove(kb, "veille")
    assert harvest() == set()
