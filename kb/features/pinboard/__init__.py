"""The API of Pinboard, version 1 (pinboard.in/api): GET for everything, XML by default, JSON on request."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes")
