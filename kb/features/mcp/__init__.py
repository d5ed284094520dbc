"""Assistants: the site as a server of the Model Context Protocol."""

from typing import TYPE_CHECKING

from kb.feature import Feature

if TYPE_CHECKING:
    from kb.web.http.context import FeatureWeb


def _web() -> "FeatureWeb":
    from kb.features.mcp.endpoint import MCP_WEB

    return MCP_WEB


FEATURE = Feature("mcp", web=_web)
