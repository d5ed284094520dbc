"""Annotations in the shape of Hypothesis' API, version 1 (h.readthedocs.io), for programs that export them."""

from typing import TYPE_CHECKING

from kb.feature import Feature

if TYPE_CHECKING:
    from kb.web.http.context import FeatureWeb


def _web() -> "FeatureWeb":
    from kb.features.hypothesis.routes import HYPOTHESIS_WEB

    return HYPOTHESIS_WEB


FEATURE = Feature("hypothesis", web=_web)
