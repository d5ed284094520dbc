"""What portals harvest: the items that everyone may read, with OAI-PMH, SRU and unAPI."""

from typing import TYPE_CHECKING

from kb.errors import translatable
from kb.feature import Feature

if TYPE_CHECKING:
    from kb.services.background.background_tasks import BackgroundTask
    from kb.store import FeatureStore
    from kb.web.http.context import FeatureWeb


def _store() -> "FeatureStore":
    from kb.features.harvest.records import date_all_records, fill_records, record_events
    from kb.features.harvest.tables import harvest_records
    from kb.store import FeatureStore

    return FeatureStore(
        "harvest", (harvest_records,), fill=fill_records, before_commit=record_events, restored=date_all_records
    )


def _tasks() -> "tuple[BackgroundTask, ...]":
    from kb.features.harvest.visibility_changes import record_visibility_changes_until_stopped
    from kb.services.background.background_tasks import BackgroundTask

    label = translatable("dates of harvested records")
    return (BackgroundTask("harvest-dates", label, record_visibility_changes_until_stopped),)


def _web() -> "FeatureWeb":
    from kb.features.harvest.pages import HARVEST_WEB

    return HARVEST_WEB


FEATURE = Feature("harvest", store=_store, tasks=_tasks, web=_web)
