"""The type of a feature: what one folder of `kb.features` adds to the site.

Features know the core, and the core knows none of them: `kb.site` hands their parts to it. A feature that is off has no
address, task or help. Its tables and its part of each transaction stay, so that switching it on rebuilds nothing and
the erasure of a person is complete.
"""

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kb.services.background.background_tasks import BackgroundTask
    from kb.store import FeatureStore
    from kb.web.http.context import FeatureWeb


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: its package, and the modules of the package that have its parts: `WEB`, `STORE` and `TASKS`.

    They are imported when they are asked for, since a command needs few of them. Tasks run in the background process of
    the machine that leads.
    """

    package: str
    web_module: str = ""
    store_module: str = ""
    tasks_module: str = ""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.package.rpartition(".")[2]

    @property
    def web(self) -> "FeatureWeb | None":
        web: FeatureWeb | None = self._part(self.web_module, "WEB")
        return web and replace(web, name=self.name)

    @property
    def store(self) -> "FeatureStore | None":
        store: FeatureStore | None = self._part(self.store_module, "STORE")
        return store and replace(store, name=self.name)

    @property
    def tasks(self) -> "tuple[BackgroundTask, ...]":
        return self._part(self.tasks_module, "TASKS") or ()

    def _part(self, module: str, constant: str) -> Any:
        return getattr(import_module(f"{self.package}.{module}"), constant) if module else None
