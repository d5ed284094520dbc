"""The REST API of linkding (linkding.link), as its documentation of version 1.44 says."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes")
