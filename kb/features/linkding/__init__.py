"""The REST API of linkding (linkding.link), as its documentation of version 1.44 says."""

from typing import TYPE_CHECKING

from kb.feature import Feature

if TYPE_CHECKING:
    from kb.web.http.context import FeatureWeb


def _web() -> "FeatureWeb":
    from kb.features.linkding.routes import LINKDING_WEB

    return LINKDING_WEB


FEATURE = Feature("linkding", web=_web)
