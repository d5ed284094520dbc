"""Web Annotation Protocol of the W3C (2017), for programs that annotate: containers of groups, and annotations."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes", store_module="records")
