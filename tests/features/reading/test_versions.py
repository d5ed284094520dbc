"""Earlier texts of a page are kept as versions, and passages are followed from one to the next."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bench.anchoring import RIGHT, RIGHTLY_LOST, WRONG, outcome
from bench.judged.page_pairs import page_pairs
from kb.features.reading.anchor_task import anchor_until_stopped, anchor_waiting
from kb.features.reading.anchoring import Anchor, AnchorState
from kb.features.reading.passage_anchors import anchored_passages, anchors_in_version, annotation_facts
from kb.features.reading.records import MOST_VERSIONS, PassageState, Versions, VersionsReading
from kb.features.reading.tables import version_contents
from kb.model.items.item import Item
from kb.model.items.selectors import TextPosition
from kb.model.web_pages.text_layout import TextLayout
from kb.services.core.library import Library
from kb.services.files.file_quotas import file_quota
from kb.store.database.clock import timestamp_now
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library

GROUP = a_group("lectures")
FIRST = "Le budget\nLe conseil a voté le budget de la ville.\nLa piscine rouvrira en mars, après deux ans de travaux."
SECOND = FIRST.replace("en mars, après deux ans", "en avril, après trois ans")
THIRD = "Le budget\nLe conseil a voté le budget de la ville."
QUOTE = "La piscine rouvrira en mars, après deux ans de travaux."


@pytest.fixture
def library() -> Iterator[Library]:
    item = an_item("Budget", id="lu", group=GROUP, annotations=(
        an_annotation(id="piscine", quote=QUOTE),
        an_annotation(id="vote", quote="Le conseil a voté le budget"),
        an_annotation(id="ailleurs", quote="Une phrase qui n’est nulle part dans ce texte."),
        an_annotation(id="avis", quote=None, body="À lire."),
    ))  # fmt: skip
    with closing(a_library(item, an_item("Autre", id="autre", group=GROUP), groups=(GROUP,))) as filled:
        yield filled


def put(library: Library, text: str, item_id: str = "lu", layout: TextLayout | None = None) -> None:
    with library.store.write() as writing:
        writing.page_texts.put(item_id, text, layout)


def item_of(library: Library, item_id: str = "lu") -> Item:
    with library.store.read() as reading:
        return reading.items.any_of([item_id])[item_id]


def states(library: Library) -> dict[str, object]:
    return {part_id: facts["anchored"] for part_id, facts in annotation_facts(library, item_of(library)).items()}


def numbers(library: Library, item_id: str = "lu") -> list[int]:
    with library.store.read() as reading:
        return [version.number for version in VersionsReading(reading.connection).versions(item_id)]


def contents(library: Library) -> int:
    with library.store.read() as reading:
        return int(reading.connection.execute(select(func.count()).select_from(version_contents)).scalar_one())


def test_a_replaced_text_is_kept_as_a_version(library: Library) -> None:
    layout = TextLayout("1pp")
    put(library, FIRST, layout=layout)
    assert numbers(library) == [1]
    put(library, FIRST)
    put(library, SECOND)
    assert numbers(library) == [1, 2]
    with library.store.read() as reading:
        kept = VersionsReading(reading.connection).text("lu", 1)
        assert kept is not None
        assert (kept.text, kept.layout) == (FIRST, layout)
        assert VersionsReading(reading.connection).text("lu", 2) is None
        assert VersionsReading(reading.connection).text("autre", 1) is None


def test_equal_texts_are_stored_once_and_counted_in_the_quota(library: Library) -> None:
    for item_id in ("lu", "autre"):
        for text in (FIRST, SECOND, FIRST, SECOND):
            put(library, text, item_id)
    assert numbers(library) == numbers(library, "autre") == [1, 2, 3, 4]
    assert contents(library) == 2
    with library.store.read() as reading:
        sizes = [version.size for version in VersionsReading(reading.connection).versions("lu")]
        assert file_quota(library, reading, item_of(library).group_id).used == 2 * sum(sizes)
    assert all(0 < size < len(FIRST) * 2 for size in sizes[:-1])


def test_the_oldest_version_goes_unless_a_lost_passage_needs_it(library: Library) -> None:
    put(library, FIRST)
    put(library, THIRD)
    anchor_waiting(library)
    for number in range(MOST_VERSIONS + 5):
        put(library, f"{THIRD}\nLigne {number}.")
    kept = numbers(library)
    assert len(kept) == MOST_VERSIONS + 1
    assert (kept[0], kept[1], kept[-1]) == (1, 8, MOST_VERSIONS + 7)
    assert contents(library) == MOST_VERSIONS


def test_passages_are_followed_through_versions(library: Library) -> None:
    put(library, FIRST)
    assert states(library) == {"piscine": "exact", "vote": "exact", "ailleurs": "lost"}
    put(library, SECOND)
    for _ in range(2):
        assert states(library) == {"piscine": "moved", "vote": "exact", "ailleurs": "lost"}
        anchor_waiting(library)
    with library.store.read() as reading:
        places = anchored_passages(reading, item_of(library)).anchors
    assert (places["piscine"].found_in, places["piscine"].changed_in) == (2, 2)
    assert (places["vote"].found_in, places["vote"].changed_in) == (2, None)
    assert (places["ailleurs"].found_in, places["ailleurs"].changed_in) == (None, None)
    assert SECOND[places["piscine"].begins : places["piscine"].ends] == SECOND.rpartition("\n")[2]
    put(library, THIRD)
    anchor_waiting(library)
    assert states(library) == {"piscine": "lost", "vote": "exact", "ailleurs": "lost"}
    put(library, f"{THIRD}\nUne ligne de plus.")
    anchor_waiting(library)
    with library.store.read() as reading:
        places = anchored_passages(reading, item_of(library)).anchors
        changed = VersionsReading(reading.connection).changed_of_group(item_of(library).group_id, 0, 10)
    assert (places["piscine"].state, places["piscine"].found_in, places["piscine"].changed_in) == ("lost", 2, 3)
    assert [place.annotation_id for place in changed] == ["piscine"]
    put(library, FIRST)
    anchor_waiting(library)
    assert states(library) == {"piscine": "exact", "vote": "exact", "ailleurs": "lost"}
    with library.store.read() as reading:
        assert VersionsReading(reading.connection).count_changed_of_group(item_of(library).group_id) == 0


def test_a_lost_passage_stands_in_the_version_it_was_made_on(library: Library) -> None:
    put(library, FIRST)
    put(library, THIRD)
    with library.store.read() as reading:
        found = anchors_in_version(reading, item_of(library), 1)
        assert FIRST[found["piscine"].start : found["piscine"].end] == QUOTE
        assert found.keys() == {"piscine", "vote"}
        assert anchors_in_version(reading, item_of(library), 2).keys() == {"vote"}
        assert anchors_in_version(reading, item_of(library), 7) == {}


def test_a_passage_names_the_version_that_it_was_marked_in(library: Library) -> None:
    put(library, FIRST)
    put(library, THIRD)
    item, start = item_of(library), FIRST.index("deux ans")
    position = TextPosition(start, start + 8, 1).selectors
    added = an_annotation(id="duree", quote="deux ans", selectors=position, prefix="après ", suffix=" de travaux")
    with library.store.write() as writing:
        writing.items.update([replace(item, annotations=(*item.annotations, added))])
    assert states(library)["duree"] == "lost"
    with library.store.read() as reading:
        place = anchored_passages(reading, item_of(library)).anchors["duree"]
    assert (place.found_in, place.begins) == (1, start)


def test_a_passage_of_a_version_that_was_there_has_not_changed_in_it(library: Library) -> None:
    put(library, FIRST)
    # As the pages of a PDF give it: their lines are cut elsewhere than those of the text.
    quote = "La piscine rouv rira en mars, après deux ans de tra vaux."
    parts = [
        an_annotation(id=id_, quote=quote, added=added)
        for id_, added in (("avant", "2014-11-07T09:12:00Z"), ("apres", timestamp_now()))
    ]
    item = replace(item_of(library), annotations=tuple(parts))
    with library.store.read() as reading:
        places = anchored_passages(reading, item).anchors
    assert {id_: (place.state, place.changed_in) for id_, place in places.items()} == {
        "avant": ("moved", 1),
        "apres": ("moved", None),
    }


def test_another_quote_is_looked_for_anew(library: Library) -> None:
    put(library, FIRST)
    anchor_waiting(library)
    item = item_of(library)
    parts = tuple(replace(part, quote="La piscine") if part.id == "vote" else part for part in item.annotations)
    with library.store.write() as writing:
        writing.items.update([replace(item, annotations=parts)])
    with library.store.read() as reading:
        assert VersionsReading(reading.connection).waiting(9) == ("lu",)
        assert anchored_passages(reading, item_of(library)).anchors["vote"].begins == FIRST.index("La piscine")


def test_the_versions_of_a_deleted_text_go(library: Library) -> None:
    for text in (FIRST, SECOND, ""):
        put(library, text)
    assert numbers(library) == []
    assert contents(library) == 0
    put(library, FIRST)
    assert numbers(library) == [1]


def test_the_versions_of_an_erased_item_go_and_those_of_the_trash_stay(library: Library) -> None:
    put(library, FIRST)
    put(library, SECOND)
    anchor_waiting(library)
    with library.store.write() as writing:
        writing.items.remove(["lu"])
    assert contents(library) == 1
    with library.store.write() as writing:
        # No undo and no trash holds it.
        library.store.purge_features(writing)
    assert contents(library) == 0
    with library.store.read() as reading:
        assert VersionsReading(reading.connection).anchors("lu") == {}


def test_versions_follow_a_text_to_the_item_that_its_item_is_merged_into(library: Library) -> None:
    put(library, FIRST)
    put(library, SECOND)
    with library.store.write() as writing:
        writing.item_merges.move_references(["lu"], "autre", {})
    assert numbers(library, "autre") == [1, 2]
    put(library, FIRST, "lu")
    put(library, THIRD, "lu")
    with library.store.write() as writing:
        writing.item_merges.move_references(["lu"], "autre", {})
    assert numbers(library, "autre") == [1, 2]


def test_an_item_in_the_trash_leaves_the_queue(library: Library) -> None:
    put(library, FIRST)
    with library.store.write() as writing:
        writing.items.remove(["lu"])
        Versions(writing.connection).queue(["lu"])
    anchor_waiting(library)
    with library.store.read() as reading:
        assert VersionsReading(reading.connection).waiting(9) == ()


def test_a_text_without_passages_waits_for_nothing(library: Library) -> None:
    put(library, FIRST, "autre")
    with library.store.read() as reading:
        assert VersionsReading(reading.connection).waiting(9) == ()
    assert annotation_facts(library, item_of(library, "autre")) == {}


def test_passages_of_changed_pages_are_found_as_the_bench_finds_them(library: Library) -> None:
    """One pair of pages of each kind of `bench/anchoring.py`, through the database."""
    outcomes = []
    for pair in page_pairs(1, seed=5):
        passages = tuple(
            an_annotation(id=f"p{number}", quote=pair.old[one.start : one.end], selectors=position.selectors)
            for number, one in enumerate(pair.passages)
            if (position := TextPosition(one.start, one.end))
        )
        put(library, "")
        put(library, pair.old)
        with library.store.write() as writing:
            writing.items.update([replace(item_of(library), annotations=passages)])
        anchor_waiting(library)
        put(library, pair.new)
        with library.store.read() as reading:
            placed = anchored_passages(reading, item_of(library)).anchors
        for number, one in enumerate(pair.passages):
            place = placed[f"p{number}"]
            found = Anchor(place.begins or 0, place.ends or 0, AnchorState.EXACT) if place.state != "lost" else None
            outcomes.append(outcome(one, found))
    assert outcomes.count(WRONG) == 0
    assert outcomes.count(RIGHT) + outcomes.count(RIGHTLY_LOST) >= 0.98 * len(outcomes)


def test_a_text_that_another_item_has_as_a_version_stays(library: Library) -> None:
    for item_id in ("lu", "autre"):
        put(library, FIRST, item_id)
        put(library, SECOND, item_id)
    assert contents(library) == 1
    put(library, "", "lu")
    assert contents(library) == 1
    assert numbers(library, "autre") == [1, 2]
    put(library, "", "autre")
    assert contents(library) == 0


def test_the_task_anchors_what_changes(library: Library) -> None:
    stop = threading.Event()
    task = threading.Thread(target=anchor_until_stopped, args=(library, stop))
    task.start()
    try:
        for text, state in ((FIRST, PassageState.EXACT), (SECOND, PassageState.MOVED), (THIRD, PassageState.LOST)):
            put(library, text)
            for _ in range(1_200):
                with library.store.read() as reading:
                    place = VersionsReading(reading.connection).anchors("lu").get("piscine")
                if place is not None and place.state is state:
                    break
                stop.wait(0.05)
            else:
                pytest.fail(f"not anchored: {state}")
    finally:
        stop.set()
        library.store.wake_listeners()
        task.join()
