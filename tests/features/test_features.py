"""Every feature can be switched off, and deleted: the rest of the site goes on."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from subprocess import DEVNULL, PIPE
from zipfile import ZipFile

import pytest
from sqlalchemy import Column, ForeignKey, Table, Text, inspect

import kb.features
import kb.store as store_package
from kb.errors import Invalid, Unavailable
from kb.feature import Feature
from kb.features import FEATURES, features_on
from kb.model.people.group import Role
from kb.services.accounts.personal_data_export import write_own_personal_data
from kb.services.core.library import Library
from kb.site import feature_stores, feature_tasks, open_library, open_store
from kb.store import FeatureStore, GroupChanged, ItemsChanged, ItemsErased, ItemsMerged, PersonErased
from kb.store.tables.table_columns import metadata
from kb.store.transaction_events import Event
from tests.conftest import Kb
from tests.factories.group import as_
from tests.factories.items import a_group, a_user, an_item, rolled_back
from tests.factories.library import a_library
from tests.support import serve_without_features
from tests.support.browser_sessions import an_account, browsers_of
from tests.support.databases import is_on_server
from tests.support.feature_trees import make_tree_without
from tests.support.forked_commands import ForkedCommand

NAMES = [feature.name for feature in FEATURES]
PAGES = ["/", "/search?q=guichet", "/g/lectures", "/items/i1"]
SPOKEN = [
    "/",
    "/admin",
    "/g/lectures",
    "/items/i1",
    "/robots.txt",
    "/api/v1/openapi.json",
    "/aide/importer",
    "/aide/garder",
]


def test_every_folder_is_a_feature_of_its_name() -> None:
    folders = [path.name for path in Path(kb.features.__file__).parent.iterdir() if (path / "__init__.py").exists()]
    assert sorted(folders) == NAMES == sorted(NAMES)


ANEW = """
import sys

for name in [*sys.modules]:
    if name.partition(".")[0] in {"kb", "index", "tests"}:
        del sys.modules[name]
sys.path.insert(0, "")
"""
"""A forked process imports the program from its folder, and has the libraries of others already."""


@pytest.mark.parametrize("name", [*NAMES, "all"])
def test_the_program_works_without_the_folder_of_a_feature(name: str, tmp_path: Path) -> None:
    names = NAMES if name == "all" else [name]
    make_tree_without(names, tree := tmp_path / "tree")
    gone = sorted({route.path for feature in FEATURES if feature.name in names for route in routes_of(feature)})
    program = ANEW + Path(serve_without_features.__file__).read_text(encoding="utf-8")
    arguments, variables = [str(tmp_path / "data"), *PAGES, *gone], {"PATH": os.environ["PATH"]}
    with ForkedCommand(
        arguments, program=program, cwd=tree, env=variables, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, text=True
    ) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1]) == {**dict.fromkeys(PAGES, 200), **dict.fromkeys(gone, 404)}


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with closing(
        a_library(an_item("Le guichet", id="i1", group=a_group("lectures")), groups=(a_group("lectures"),))
    ) as filled:
        an_account(filled, "claire", administrator=True)
        with filled.store.write() as writing:
            claire = writing.users.by_logins(["claire"])["claire"]
            writing.groups.set_role(claire.id, a_group("lectures").id, Role.OWNER)
        yield filled


@pytest.fixture(scope="module")
def spoken(library: Library) -> list[str]:
    """The pages that name features, with all of them on."""
    browser = browsers_of(library, ["claire"])["claire"]
    return [browser.get(path).text for path in SPOKEN]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_feature_that_is_off_has_no_address_and_no_trace(
    feature: Feature, library: Library, spoken: list[str]
) -> None:
    settings = replace(library.settings, features=f"all,-{feature.name}")
    off = browsers_of(replace(library, settings=settings), ["claire"])["claire"]
    paths = {route.path for route in routes_of(feature)}
    for route in routes_of(feature):
        for method in route.methods or ():
            answer = off.request(method, route.path.replace("{", "").replace("}", ""))
            assert answer.status_code == 404, route.path
    # What of an address no page of the core has, and the line of the administration.
    parts = [path.split("/") for path in paths]
    own = {part[1] for part in parts} - {"g", "group", "rss", "admin", "api", "items", "lists", "static"} or {
        part[-1] for part in parts
    }
    trace = re.compile("|".join([rf"\({feature.name}\)", *(rf"/{part}(?![\w-])" for part in own)]))
    assert any(trace.search(text) for text in spoken)
    for path in SPOKEN:
        answer = off.get(path)
        assert answer.status_code == 200
        assert not trace.search(answer.text), path
    assert not {task.name for task in feature_tasks(settings)} & tasks_of(feature)
    assert tasks_of(feature) <= {task.name for task in feature_tasks(library.settings)}


def test_the_setting_takes_names_away_or_names_those_that_are_on(kb: Kb) -> None:
    everything, *others = FEATURES
    assert features_on("all") == features_on("") == FEATURES
    assert features_on(f"all,-{everything.name}") == features_on(f"-{everything.name}") == tuple(others)
    assert features_on(everything.name) == (everything,)
    with pytest.raises(Invalid, match="moissons"):
        features_on("all, -moissons")
    refused = kb("--features", "moissons", "search", "eau")
    assert refused.code == 2
    assert "«\u202fmoissons\u202f»" in refused.err
    assert NAMES[0] in refused.err


class Noted:
    """A feature that notes the events of each transaction, with a table that names people."""

    def __init__(self, *, migrations: int = 0) -> None:
        self.events: list[list[Event]] = []
        known = metadata.tables.get("carnet")
        column = Column("user_id", Text, ForeignKey("users.id"), primary_key=True)
        self.table = known if known is not None else Table("carnet", metadata, column)
        self.changed = 0
        self.store = FeatureStore(
            (self.table,),
            migrations=(self._change,) * migrations,
            before_commit=lambda _, events: self.events.append(list(events)),
            personal_data=lambda _, user_id: [{"note": f"de {user_id}"}],
            name="carnet",
        )

    def _change(self, _connection: object) -> None:
        self.changed += 1


@pytest.fixture
def noted() -> Iterator[Noted]:
    feature = Noted()
    yield feature
    metadata.remove(feature.table)


def test_each_transaction_gives_its_events_once_and_a_savepoint_that_fails_none(noted: Noted) -> None:
    group, claire = a_group("lectures"), a_user("claire")
    with closing(store_package.open_store("sqlite:///:memory:", (*feature_stores(), noted.store))) as store:
        with store.write() as writing:
            writing.groups.add(group)
            writing.users.add([claire])
            writing.items.add([an_item(id=name, order=order, group=group) for order, name in enumerate("abc", 1)])
            writing.items.count_view("a")
            with rolled_back(store.joined(writing)) as inner:
                inner.items.remove(["b"])
        with store.write() as writing:
            writing.item_merges.move_references(["a"], "b", {})
            writing.items.remove(["a"])
            writing.groups.update(closed := replace(group, name="Autre"))
        with store.write() as writing:
            writing.erasure.library(group.id)
            writing.erasure.person(claire, None)
        with rolled_back(store) as writing:
            writing.items.remove(["b"])
    assert noted.events == [
        [ItemsChanged(("a", "b", "c"))],
        [ItemsMerged(("a",), "b"), ItemsChanged(("a",)), GroupChanged(group, closed)],
        [ItemsChanged(("b", "c")), ItemsErased(("b", "c")), PersonErased(claire.id)],
    ]


def test_the_export_of_personal_data_has_the_rows_of_a_feature(noted: Noted, library: Library) -> None:
    claire, file = as_(library, "claire"), BytesIO()
    store = replace(library.store, features=(*library.store.features, noted.store))
    write_own_personal_data(replace(library, store=store), claire, file)
    with ZipFile(file) as archive:
        assert json.loads(archive.read("account.json"))["carnet"] == [{"note": f"de {claire.user_id}"}]


def test_the_tables_of_a_feature_are_made_upgraded_and_refused_if_they_are_newer(noted: Noted, tmp_path: Path) -> None:
    url, later = f"sqlite:///{tmp_path / 'kb.sqlite'}", Noted(migrations=2)
    store_package.migrate(url, ())
    with pytest.raises(Unavailable, match="kb migrate"):
        store_package.open_store(url, (noted.store,))
    store_package.migrate(url, (noted.store,))
    store_package.open_store(url, (noted.store,)).close()
    with pytest.raises(Unavailable, match="kb migrate"):
        store_package.open_store(url, (later.store,))
    store_package.migrate(url, (later.store,))
    assert later.changed == 2
    store_package.migrate(url, (later.store,))
    assert later.changed == 2
    for act in (store_package.open_store, store_package.migrate):
        with pytest.raises(Unavailable, match="newer"):
            act(url, (noted.store,))


def test_the_tables_of_a_removed_feature_are_named_stop_erasure_and_can_be_dropped(
    noted: Noted, kb: Kb, tmp_path: Path
) -> None:
    url = kb.settings.store_url
    assert kb("migrate").code == 0
    store_package.migrate(url, (*feature_stores(), noted.store))
    with closing(store_package.open_store(url, (*feature_stores(), noted.store))) as store, store.write() as writing:
        writing.users.add([a_user("claire")])
    metadata.remove(noted.table)
    with closing(open_library(kb.settings)) as library:
        an_account(library, "paul", administrator=True)
        overview = browsers_of(library, ["paul"])["paul"].get("/admin").text
    assert "«\u202fcarnet\u202f»" in overview
    assert "kb migrate --drop carnet" in overview
    told = kb("migrate")
    assert "«\u202fcarnet\u202f»" in told.err
    erased = kb("person", "forget", "claire", "--yes")
    assert erased.code == 1
    assert "«\u202fcarnet\u202f»" in erased.err
    # A file is copied whole, a server's database table by table.
    backed_up = kb("backup", tmp_path / "sauvegarde.zip")
    assert backed_up.code == (1 if is_on_server() else 0), backed_up.err
    assert ("«\u202fcarnet\u202f»" in backed_up.err) == is_on_server()
    assert kb("migrate", "--drop", "harvest").code == 2
    dropped = kb("migrate", "--drop", "carnet")
    assert dropped.code == 0
    assert "carnet" not in dropped.err
    with closing(open_store(url)) as store, store.read() as reading:
        assert "carnet" not in inspect(reading.connection).get_table_names()
        assert store.removed_features(reading) == ()
    assert kb("person", "forget", "claire", "--yes").code == 0


def routes_of(feature: Feature) -> tuple:
    return feature.web.routes if feature.web else ()


def tasks_of(feature: Feature) -> set[str]:
    return {task.name for task in feature.tasks}
