"""The type of a feature: what one folder of `kb.features` adds to the site.

Features know the core, and the core knows none of them: `kb.site` hands their parts to it. A feature that is off has no
address, task or help. Its tables and its part of each transaction stay, so that switching it on rebuilds nothing and
the erasure of a person is complete.
"""

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from kb.search.embedder import Embedder
    from kb.services.background.background_tasks import BackgroundTask
    from kb.services.core.library import Library, MessageKind
    from kb.settings import Settings
    from kb.store import FeatureStore
    from kb.translation import Translator
    from kb.web.http.context import FeatureWeb


@dataclass(frozen=True, slots=True)
class FeatureCommand:
    """A command of `kb`: its name; the module of the feature and the object there, joined by a point; its help, which
    `kb --help` shows without importing the module.
    """

    name: str
    path: str
    help: str


class CommandRun(Protocol):
    """What a command of a feature gets (`click.pass_obj`): see `kb.cli.console.CommandSession`."""

    settings: "Settings"
    translator: "Translator"

    def library(self) -> "AbstractContextManager[Library]": ...


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: its package, and the modules of the package that have its parts: `SETTINGS`, `WEB`, `STORE`, `TASKS`,
    `EMBEDDER` and `MESSAGE_KINDS`.

    They are imported when they are asked for, since a command needs few of them. Every command reads the settings:
    their module imports only `kb.settings`. Tasks run in the background process of the machine that leads.
    """

    package: str
    web_module: str = ""
    store_module: str = ""
    tasks_module: str = ""
    settings_module: str = ""
    embedder_module: str = ""
    messages_module: str = ""
    commands: tuple[FeatureCommand, ...] = ()

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
    def settings(self) -> type | None:
        """The class of its settings: see `kb.settings.settings`."""
        part: type | None = self._part(self.settings_module, "SETTINGS")
        return part

    def embedder(self, settings: "Settings") -> "Embedder | None":
        """The embedder of questions that these settings give; None for none."""
        make = self._part(self.embedder_module, "EMBEDDER")
        made: Embedder | None = make and make(settings)
        return made

    @property
    def tasks(self) -> "tuple[BackgroundTask, ...]":
        return self._part(self.tasks_module, "TASKS") or ()

    @property
    def message_kinds(self) -> "tuple[MessageKind, ...]":
        """The kinds of its e-mail messages: see `kb.services.email.outbox`."""
        return self._part(self.messages_module, "MESSAGE_KINDS") or ()

    def _part(self, module: str, constant: str) -> Any:
        return getattr(import_module(f"{self.package}.{module}"), constant) if module else None
