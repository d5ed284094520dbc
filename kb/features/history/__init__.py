"""The history of an item: who changed what, with the old value, which can be taken back."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes", store_module="records")
