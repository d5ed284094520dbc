"""The API of Pinboard, version 1 (pinboard.in/api): GET for everything, XML by default, JSON on request."""

from typing import TYPE_CHECKING

from kb.feature import Feature

if TYPE_CHECKING:
    from kb.web.http.context import FeatureWeb


def _web() -> "FeatureWeb":
    from kb.features.pinboard.routes import PINBOARD_WEB

    return PINBOARD_WEB


FEATURE = Feature("pinboard", web=_web)
