"""The routes of Diigo's API."""

from kb.web.clients.client_routes import client_routes
from kb.web.clients.diigo import bookmarks

DIIGO_ROUTES = client_routes(
    "/diigo",
    "/api/v2/bookmarks",
    bookmarks.get_bookmarks,
    {"POST": bookmarks.post_bookmark, "DELETE": bookmarks.delete_bookmark},
)
