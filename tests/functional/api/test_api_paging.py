"""The pages of a listing together contain each item and each passage once, whatever their dates."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.search_request import Sort, View
from kb.site import create_app
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import MEMORY, add_items, an_empty_library

dates = st.sampled_from([None, None, "1925-01-01", "2024-05-01", "2024-05-01T00:00:00Z", "2024-05-01T00:00:00.000001Z"])


@st.composite
def many_items(draw: st.DrawFn) -> list[Item]:
    return [
        an_item(
            draw(st.sampled_from(["Un fil", "un fil", "Fil é"])), id=f"i{number}", order=number + 1, added=draw(dates),
            updated=draw(dates), views=draw(st.integers(0, 1)), language="fr",
            annotations=[an_annotation("Un passage", id=f"a{number}-{place}", added=draw(dates), updated=draw(dates))
                         for place in range(draw(st.integers(0, 3)))],
        )
        for number in range(draw(st.integers(2, 6)))
    ]  # fmt: skip


@settings(max_examples=6)
@given(many_items(), st.integers(1, 4), st.booleans(), st.sampled_from(["", "fil OU passage"]), st.data())
def test_each_comes_once(items: list[Item], per_page: int, is_in_memory: bool, q: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        engine = MEMORY if is_in_memory else f"whoosh:{Path(folder) / 'index'}"
        with closing(an_empty_library(index_url=engine)) as library:
            cut = data.draw(st.integers(0, len(items)))
            add_items(library, *items[:cut], groups=[a_group()])
            catch_up(library)
            add_items(library, *items[cut:])
            catch_up(library)
            client = TestClient(create_app(library))
            passages = sorted(annotation.id for item in items for annotation in item.annotations)
            for view, ids in ((View.ITEMS, sorted(item.id for item in items)), (View.PASSAGES, passages)):
                for sort in Sort:
                    ids_found: list[str] = []
                    for page in range(1, -(-len(ids) // per_page) + 2):
                        params = {"view": view, "sort": sort, "q": q, "page": page, "per_page": per_page}
                        hits = client.get("/api/v1/search", params=params).raise_for_status().json()["items"]
                        ids_found += [(hit["annotation"] if view is View.PASSAGES else hit)["id"] for hit in hits]
                    assert sorted(ids_found) == ids, (view, sort)
