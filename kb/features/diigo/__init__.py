"""The API of Diigo, version 2 (diigo.com/api_dev), for scripts that were written for it."""

from typing import TYPE_CHECKING

from kb.feature import Feature

if TYPE_CHECKING:
    from kb.web.http.context import FeatureWeb


def _web() -> "FeatureWeb":
    from kb.features.diigo.routes import DIIGO_WEB

    return DIIGO_WEB


FEATURE = Feature("diigo", web=_web)
