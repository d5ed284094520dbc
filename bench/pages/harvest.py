"""The cost of an OAI-PMH harvest of a large database: `KB_DATA=… python bench/pages/harvest.py [parts]`.

Prints the processor time of the first part of a list and of the next ones, without a network, for all records and for
the largest group and its most frequent tag; then the cost of closing and opening that group. It changes the database:
the group's records get new dates.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import process_time
from typing import TypeVar

from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS
from kb.features.harvest.harvest_sets import tag_spec
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import group_views
from kb.services.tags.tags import tag_counts
from kb.site import create_app, open_library, settings_from_environment

T = TypeVar("T")


def timed(act: Callable[[], T]) -> tuple[T, float]:
    """The result of an action, and its milliseconds of processor time."""
    begun = process_time()
    return act(), 1000 * (process_time() - begun)


def measure_list(client: TestClient, name: str, query: str, parts: int) -> None:
    """Print the cost of the parts of a list."""
    times, length = list[float](), 0
    for _ in range(parts):
        answer, cost = timed(lambda: client.get(f"/oai?{query}"))  # noqa: B023 - called at once
        times.append(cost)
        length = max(length, len(answer.content))
        token = re.search(r"<resumptionToken[^>]*>([^<\s]+)<", answer.text)
        if token is None:
            break
        query = f"verb={query.partition('verb=')[2].partition('&')[0]}&resumptionToken={token[1]}"
    rest = f"then {median(times[1:]):.0f} ms" if times[1:] else "no other"
    print(f"{name}: first part {times[0]:.0f} ms, {rest}, {length:,} bytes at most")


def measure_closing(library: Library, slug: str) -> None:
    """Print the cost of closing a group to the public and opening it again: the change, and the background work."""
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
    assert group is not None

    def change(visible: Visibility) -> None:
        with library.store.write() as writing:
            writing.groups.update(replace(group, visible=visible))

    for visible in (Visibility.MEMBERS, Visibility.EVERYONE):
        costs = [timed(lambda: change(visible))[1]]  # noqa: B023 - called at once
        while _is_waiting(library):
            costs.append(timed(lambda: _record_next_items(library))[1])
        print(
            f"{slug}, visible to {visible}: {costs[0]:.0f} ms, then {len(costs) - 1} transactions of"
            f" {max(costs[1:], default=0):.0f} ms at most, together {sum(costs[1:]):.0f} ms"
        )


def _is_waiting(library: Library) -> bool:
    with library.store.read() as reading:
        return reading.harvest_records.has_waiting_group()


def _record_next_items(library: Library) -> None:
    with library.store.write() as writing:
        writing.harvest_records.record_next_items()


def main(parts: int) -> None:
    library = open_library(replace(settings_from_environment(), rate_read=0))
    group = max(group_views(library, ANONYMOUS), key=lambda view: view.items).group
    spec = tag_spec(group, tag_counts(library, ANONYMOUS, group.slug)[0].label)
    with TestClient(create_app(library)) as client:
        for verb, prefix in (("ListIdentifiers", "oai_dc"), ("ListRecords", "oai_dc"), ("ListRecords", "marcxml")):
            measure_list(client, f"{verb}, {prefix}", f"verb={verb}&metadataPrefix={prefix}", parts)
        for name in (group.slug, spec):
            measure_list(client, f"set {name}", f"verb=ListRecords&metadataPrefix=oai_dc&set={name}", parts)
    measure_closing(library, group.slug)
    library.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
