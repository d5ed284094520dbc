"""The type of a feature: what one folder of `kb.features` adds to the site.

Features know the core, and the core knows none of them: `kb.site` hands their parts to it. A feature that is off has no
address, task or help. Its tables and its part of each transaction stay, so that switching it on rebuilds nothing and
the erasure of a person is complete.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.services.background.background_tasks import BackgroundTask
    from kb.store import FeatureStore
    from kb.web.http.context import FeatureWeb


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: the name of its folder, and functions that import its parts, since a command needs few of them.

    `tasks` run in the background process of the machine that leads.
    """

    name: str
    store: "Callable[[], FeatureStore] | None" = None
    tasks: "Callable[[], tuple[BackgroundTask, ...]] | None" = None
    web: "Callable[[], FeatureWeb] | None" = None
