"""The whole site: the core, and the features that are installed, which it gets from here alone.

The database has the tables of every installed feature. What users meet is that of the features that are on: all of
them, unless `KB_FEATURES` says otherwise.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import kb.settings
import kb.store
from kb.feature import Feature
from kb.features import FEATURES, features_on, settings_classes
from kb.services.background.background_tasks import BackgroundTask
from kb.services.core import library as core_library
from kb.services.core.library import Library, MessageKind
from kb.settings import Settings
from kb.store import FeatureStore, Store

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from kb.web.http.context import FeatureWeb


def settings_from_environment(environ: Mapping[str, str] | None = None, /, **options: str | None) -> Settings:
    """As `kb.settings.settings_from_environment`, with the settings of all features."""
    return kb.settings.settings_from_environment(environ, settings_classes(), **options)


@cache
def feature_stores() -> tuple[FeatureStore, ...]:
    """The stores of all installed features, on or off."""
    return tuple(store for feature in FEATURES if (store := feature.store))


def migrate(url: str) -> None:
    """As `kb.store.migrate`, with the tables of all features."""
    kb.store.migrate(url, feature_stores())


def drop_feature(url: str, name: str) -> None:
    """Drop the tables of a feature that is not installed, after a copy of the database. Raises Invalid, Unavailable."""
    kb.store.drop_feature(url, feature_stores(), name)


def open_store(url: str) -> Store:
    """As `kb.store.open_store`, with the tables of all features."""
    return kb.store.open_store(url, feature_stores())


def open_library(settings: Settings, index_values: Path | None = None) -> Library:
    """As `kb.services.core.library.open_library`, with the tables of all features, and the embedder of one of those
    that are on, and the kinds of messages of these.
    """
    library = core_library.open_library(settings, feature_stores(), index_values)
    features = features_on(settings.features)
    embedders = (feature.embedder(settings) for feature in features)
    return replace(
        library, embedder=next(filter(None, embedders), None), message_kinds=partial(_message_kinds, features)
    )


@cache
def _message_kinds(features: tuple[Feature, ...]) -> Mapping[str, MessageKind]:
    return {kind.name: kind for feature in features for kind in feature.message_kinds}


def create_app(library: Library) -> "Starlette":
    """As `kb.web.app.create_app`, with the features that the settings switch on."""
    from kb.web import app  # noqa: PLC0415 - imports slowly, and few processes need it

    return app.create_app(library, feature_webs(features_on(library.settings.features)))


def import_application(settings: Settings) -> None:
    """Import all that `open_library` and `create_app` import, so that workers which are forked later share it."""
    from kb.web import app  # noqa: F401, PLC0415 - imports slowly, and few processes need it

    kb.store.import_driver(settings.store_url)
    feature_stores()
    feature_webs(features_on(settings.features))


def feature_tasks(settings: Settings) -> tuple[BackgroundTask, ...]:
    """The background tasks of the features that are on."""
    return tuple(task for feature in features_on(settings.features) for task in feature.tasks)


def all_routes() -> "tuple[Route, ...]":
    """Every route, with those of all features, for tests that walk them."""
    from kb.web.routes import ROUTES  # noqa: PLC0415 - imports slowly, and few processes need it

    return (*ROUTES, *(route for web in feature_webs(FEATURES) for route in web.routes))


@cache
def feature_webs(features: tuple[Feature, ...]) -> "tuple[FeatureWeb, ...]":
    """What these features add to the pages."""
    return tuple(web for feature in features if (web := feature.web))
