"""The right of quotation: what the owners of a group let pass on of each source."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes", store_module="records")
