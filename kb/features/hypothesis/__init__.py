"""Annotations in the shape of Hypothesis' API, version 1 (h.readthedocs.io), for programs that export them."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="annotations")
