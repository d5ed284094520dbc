"""Reports of activity: what was saved, annotated, commented and opened in a group, or on the site."""

from typing import TYPE_CHECKING

from kb.feature import Feature

if TYPE_CHECKING:
    from kb.web.http.context import FeatureWeb


def _web() -> "FeatureWeb":
    from kb.features.reports.routes import REPORTS_WEB

    return REPORTS_WEB


FEATURE = Feature("reports", web=_web)
