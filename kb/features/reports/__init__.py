"""Reports of activity: what was saved, annotated, commented and opened in a group, or on the site."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes")
