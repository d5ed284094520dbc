"""The tables of digests, and what they do with the events of a transaction."""

from typing import Any

from sqlalchemy import Connection

from kb.features.digests.records.digest_records import (
    CONFIRM_DAYS,
    DIGEST_TABLES,
    Digests,
    delete_erased_people,
    delete_waiting,
    personal_digest_data,
    remember_confirmations,
)
from kb.features.digests.records.follow_records import FOLLOW_TABLES, personal_follow_data
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_in


def _purge(connection: Connection) -> None:
    Digests(connection).remove_requests_before(timestamp_in(days=-CONFIRM_DAYS))


def _personal_data(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    return personal_follow_data(connection, user_id) + personal_digest_data(connection, user_id)


STORE = FeatureStore(
    (*FOLLOW_TABLES, *DIGEST_TABLES),
    migrations=(remember_confirmations,),
    before_commit=delete_erased_people,
    restored=delete_waiting,
    personal_data=_personal_data,
    purge=_purge,
)
