"""Short concurrent edits with random kills; `bench/storms/edit_storm.py` runs longer. Its checker is tested with
errors.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.storms.edit_log import Broken, Log, Moved, Worded, Write, fields_of
from kb.model.items.annotation import Reply
from kb.model.items.item import Item
from tests.factories.items import an_annotation, an_item
from tests.functional.storms.storm_size import TIMES

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 8 * TIMES


@pytest.mark.storm
@pytest.mark.timeout(600 * TIMES)
def test_eight_programs_change_the_same_items_and_lose_nothing() -> None:
    storm = subprocess.run(
        [sys.executable, "bench/storms/edit_storm.py", "--rounds", str(ROUNDS), "--kills", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    assert f"8 programs, {ROUNDS} rounds each" in storm.stdout
    assert "The index and the database agree." in storm.stdout
    assert storm.stdout.endswith("Nothing acknowledged was lost, and nobody wrote over what they had not read.\n")


OTHER = an_annotation("Un passage.", id="a", body="mot", replies=[Reply("r", None, None, "réponse")])
ITEM = an_item("Trois", id="un", source="Deux", annotations=[OTHER])


def acknowledged() -> Log:
    """The acknowledged writes: an item was saved, then got a source, then a title by a user who had read that
    version.
    """
    log, state = Log(), fields_of(ITEM)
    state_sent = {**state, "title": "Un", "source": "Un"}
    sourced = {**state_sent, "source": "Deux"}
    log.writes["un"] = [
        Write(1, 2, True, 10, {}, None, state_sent),
        Write(3, 4, True, 12, {"source": "Deux"}, None, sourced),
        Write(5, 6, True, 15, {"title": "Trois"}, None, state, 12),
    ]
    log.words["a"] = [Worded(1, 2, True, "un", None, "mot")]
    log.words["r"] = [Worded(3, 4, True, "un", "a", "réponse")]
    return log


def test_an_item_equal_to_its_acknowledged_write_passes() -> None:
    acknowledged().check({"un": ITEM}, {}, {})


Falsify = Callable[[Log], object]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, "lost"),
        (replace(ITEM, title="Un"), "title is 'Un'"),
        (replace(ITEM, source=None), "source is None"),
        (replace(ITEM, tags=("autre",)), "tags is"),
        (replace(ITEM, annotations=()), "words a are lost"),
        (replace(ITEM, annotations=(replace(OTHER, body="autre"),)), "says 'autre'"),
        (replace(ITEM, annotations=(replace(OTHER, replies=()),)), "words r are lost"),
    ],
)
def test_a_lost_write_is_detected(stored: Item | None, expected: str) -> None:
    with pytest.raises(Broken, match=expected):
        acknowledged().check({"un": stored} if stored else {}, {}, {})


@pytest.mark.parametrize(
    ("falsify", "expected"),
    [
        (lambda log: log.refused.append((5, 5)), "called stale"),
        (lambda log: log.writes["un"].append(replace(log.writes["un"][2], look=False)), "given twice"),
        (lambda log: log.writes["un"].append(Write(7, 8, True, 9, after=fields_of(ITEM))), "came after"),
        (lambda log: log.writes["un"].append(replace(log.writes["un"][2], version=13, matched=None)), "overwritten"),
        (lambda log: log.writes["un"].pop(1), "source is 'Deux'"),
        (lambda log: log.moves["un"].append(Moved(7, 8, True)), "un is there"),
        (lambda log: log.words["a"].append(Worded(7, 8, True, "un", None, None)), "says 'mot'"),
    ],
)  # fmt: skip
def test_a_value_that_was_never_acknowledged_is_detected(falsify: Falsify, expected: str) -> None:
    log = acknowledged()
    falsify(log)
    with pytest.raises(Broken, match=expected):
        log.check({"un": ITEM}, {}, {})


def test_an_unacknowledged_edit_may_be_done_or_not() -> None:
    log = acknowledged()
    log.writes["un"].append(Write(7, 8, None, sets={"title": "Quatre"}))
    log.words["a"].append(Worded(7, 8, None, "un", None, "autre"))
    for title, body in (("Trois", "mot"), ("Quatre", "autre")):
        log.check({"un": replace(ITEM, title=title, annotations=(replace(OTHER, body=body),))}, {}, {})
