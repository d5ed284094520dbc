"""The routes of Pinboard's API: everything is a GET, also what writes."""

from functools import partial

from kb.web.clients.client_routes import client_routes
from kb.web.clients.pinboard import account, posts, tags

_read = partial(client_routes, "/pinboard")
_write = partial(client_routes, "/pinboard", read_writes=True)

PINBOARD_ROUTES = (
    *_read("/v1/posts/update", posts.get_update),
    *_write("/v1/posts/add", posts.add_post),
    *_write("/v1/posts/delete", posts.delete_post),
    *_read("/v1/posts/get", posts.get_posts),
    *_read("/v1/posts/recent", posts.get_recent),
    *_read("/v1/posts/all", posts.get_all),
    *_read("/v1/posts/dates", posts.get_dates),
    *_read("/v1/posts/suggest", posts.suggest_tags),
    *_read("/v1/tags/get", tags.get_tags),
    *_write("/v1/tags/delete", tags.delete_tag),
    *_write("/v1/tags/rename", tags.rename_tag),
    *_read("/v1/user/api_token", account.get_api_token),
    *_read("/v1/user/secret", account.get_secret),
    *_read("/v1/notes/list", account.list_notes),
)
