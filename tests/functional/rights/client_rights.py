"""The rights of programs written for other services; as `rights_table.py`.

Each address exists twice, below the service and below a group of it. In the second form, an unreadable group gives 404.
"""

from collections.abc import Mapping
from dataclasses import replace

from tests.functional.rights.caller_rights import Right, Row, TokenBearer

_TOKEN, _BASIC, _PARAMETER, _BEARER = list(TokenBearer)[1:]
_NEW = "url=https://exemple.fr/neuf&description=Neuf"


def _read(bearer: TokenBearer, address: str, *, shows: bool = False) -> tuple[Row, Row]:
    """A listing of what the caller may read, in all groups and in one."""
    service, _, rest = address[1:].partition("/")
    return (
        Row(address, Right.PERSON, shows=shows, bearer=bearer),
        Row(f"/{service}/{{group}}/{rest}", Right.ASK, bearer=bearer),
    )


def _of_item(bearer: TokenBearer, address: str, right: Right, fields: Mapping[str, str] = {}) -> tuple[Row, Row]:
    """An address below an item of the group, with and without the group in the address."""
    service, _, rest = address[1:].partition("/")
    return (
        Row(address, right, fields, bearer=bearer),
        Row(f"/{service}/{{group}}/{rest}", right, fields, bearer=bearer),
    )


def _saved(bearer: TokenBearer, address: str, fields: Mapping[str, str]) -> tuple[Row, Row]:
    """Saving in the caller's personal library, or in the group that the address names."""
    service, _, rest = address[1:].partition("/")
    return (
        Row(address, Right.PERSON, fields, bearer=bearer),
        Row(f"/{service}/{{group}}/{rest}", Right.CONTRIBUTE, fields, bearer=bearer),
    )


_OF_LINKDING: Mapping[tuple[str, str], tuple[Row, Row]] = {
    ("GET", "/linkding/api/bookmarks/"): _read(_TOKEN, "/linkding/api/bookmarks/", shows=True),
    ("POST", "/linkding/api/bookmarks/"): _saved(
        _TOKEN, "/linkding/api/bookmarks/", {"url": "https://exemple.fr/neuf", "title": "Neuf"}
    ),
    ("GET", "/linkding/api/bookmarks/archived/"): _read(_TOKEN, "/linkding/api/bookmarks/archived/"),
    ("GET", "/linkding/api/bookmarks/check/"): _read(_TOKEN, "/linkding/api/bookmarks/check/?url=https://exemple.fr/"),
    ("GET", "/linkding/api/bookmarks/{id}/"): _of_item(_TOKEN, "/linkding/api/bookmarks/{number}/", Right.ASK),
    ("PUT", "/linkding/api/bookmarks/{id}/"): _of_item(
        _TOKEN, "/linkding/api/bookmarks/{number}/", Right.CONTRIBUTE, {"url": "https://exemple.fr/autre"}
    ),
    ("PATCH", "/linkding/api/bookmarks/{id}/"): _of_item(
        _TOKEN, "/linkding/api/bookmarks/{number}/", Right.CONTRIBUTE, {"title": "Autre"}
    ),
    ("DELETE", "/linkding/api/bookmarks/{id}/"): _of_item(_TOKEN, "/linkding/api/bookmarks/{number}/", Right.MODERATE),
    ("POST", "/linkding/api/bookmarks/{id}/archive/"): _of_item(
        _TOKEN, "/linkding/api/bookmarks/{number}/archive/", Right.ASK
    ),
    ("POST", "/linkding/api/bookmarks/{id}/unarchive/"): _of_item(
        _TOKEN, "/linkding/api/bookmarks/{number}/unarchive/", Right.ASK
    ),
    ("GET", "/linkding/api/bookmarks/{id}/assets/"): _of_item(
        _TOKEN, "/linkding/api/bookmarks/{number}/assets/", Right.ASK
    ),
    ("GET", "/linkding/api/tags/"): _read(_TOKEN, "/linkding/api/tags/", shows=True),
    ("POST", "/linkding/api/tags/"): _saved(_TOKEN, "/linkding/api/tags/", {"name": "neuf"}),
    ("GET", "/linkding/api/tags/{id}/"): _of_item(_TOKEN, "/linkding/api/tags/{tag_number}/", Right.ASK),
    ("GET", "/linkding/api/bundles/"): _read(_TOKEN, "/linkding/api/bundles/", shows=True),
    ("GET", "/linkding/api/bundles/{id}/"): _of_item(_TOKEN, "/linkding/api/bundles/{bundle_number}/", Right.ASK),
    ("GET", "/linkding/api/user/profile/"): _read(_TOKEN, "/linkding/api/user/profile/"),
}


def _changed(address: str, right: Right, *, others: bool = False) -> tuple[Row, Row]:
    """A GET of Pinboard's API that changes the caller's personal library, or the group that the address names."""
    _, _, rest = address[1:].partition("/")
    return (
        Row(address, Right.PERSON, bearer=_PARAMETER, changes=True, others=others),
        Row(f"/pinboard/{{group}}/{rest}", right, bearer=_PARAMETER, changes=True),
    )


_OF_DIIGO_AND_PINBOARD: Mapping[tuple[str, str], tuple[Row, Row]] = {
    ("GET", "/diigo/api/v2/bookmarks"): (
        Row("/diigo/api/v2/bookmarks?user=owner", Right.PERSON, shows=True, bearer=_BASIC),
        Row("/diigo/{group}/api/v2/bookmarks?user=owner", Right.ASK, bearer=_BASIC),
    ),
    ("POST", "/diigo/api/v2/bookmarks"): _saved(
        _BASIC, "/diigo/api/v2/bookmarks", {"url": "https://exemple.fr/neuf", "title": "Neuf"}
    ),
    ("DELETE", "/diigo/api/v2/bookmarks"): (
        # No personal library has this item.
        Row("/diigo/api/v2/bookmarks?url=https://exemple.fr/{group}", Right.PERSON, bearer=_BASIC, others=True),
        Row("/diigo/{group}/api/v2/bookmarks?url=https://exemple.fr/{group}", Right.MODERATE, bearer=_BASIC),
    ),
    **{
        ("GET", f"/pinboard/v1/{path}"): _read(_PARAMETER, f"/pinboard/v1/{path}")
        for path in (
            "posts/update",
            "posts/recent",
            "posts/all",
            "posts/dates",
            "tags/get",
            "user/api_token",
            "notes/list",
        )
    },
    ("GET", "/pinboard/v1/posts/get"): _read(_PARAMETER, "/pinboard/v1/posts/get?url=https://exemple.fr/{group}"),
    # Suggestions are for users who may save.
    ("GET", "/pinboard/v1/posts/suggest"): (
        Row("/pinboard/v1/posts/suggest?url=https://exemple.fr/", Right.PERSON, bearer=_PARAMETER),
        Row("/pinboard/{group}/v1/posts/suggest?url=https://exemple.fr/", Right.CONTRIBUTE, bearer=_PARAMETER),
    ),
    ("GET", "/pinboard/v1/user/secret"): (
        Row("/pinboard/v1/user/secret", Right.PERSON, bearer=_PARAMETER, others=True),
        Row("/pinboard/{group}/v1/user/secret", Right.ASK, bearer=_PARAMETER, others=True),
    ),
    ("GET", "/pinboard/v1/posts/add"): _changed(f"/pinboard/v1/posts/add?{_NEW}", Right.CONTRIBUTE),
    ("GET", "/pinboard/v1/posts/delete"): _changed(
        "/pinboard/v1/posts/delete?url=https://exemple.fr/{group}", Right.MODERATE
    ),
    ("GET", "/pinboard/v1/tags/delete"): _changed("/pinboard/v1/tags/delete?tag={tag}", Right.MODERATE, others=True),
    ("GET", "/pinboard/v1/tags/rename"): _changed(
        "/pinboard/v1/tags/rename?old={tag}&new=neuf", Right.MODERATE, others=True
    ),
}


def _below_group(path: str) -> str:
    service, _, rest = path[1:].partition("/")
    return f"/{service}/{{group}}/{rest}"


_WRITTEN = {"uri": "https://exemple.fr/{group}", "group": "{group}", "text": "Neuf"}
_PART = "/hypothesis/api/annotations/{annotation}"
_OF_HYPOTHESIS: Mapping[tuple[str, str], Row] = {
    ("GET", "/hypothesis/api/"): Row("/hypothesis/api/", Right.ANYONE, bearer=_BEARER),
    ("GET", "/hypothesis/api/links"): Row("/hypothesis/api/links", Right.ANYONE, bearer=_BEARER),
    ("GET", "/hypothesis/api/search"): Row("/hypothesis/api/search", Right.ANYONE, shows=True, bearer=_BEARER),
    ("POST", "/hypothesis/api/annotations"): Row(
        "/hypothesis/api/annotations", Right.CONTRIBUTE, _WRITTEN, bearer=_BEARER
    ),
    ("GET", "/hypothesis/api/annotations/{id}"): Row(_PART, Right.READ, bearer=_BEARER),
    # The owner wrote it: no other user may change its text, and moderators may remove it.
    ("PATCH", "/hypothesis/api/annotations/{id}"): Row(_PART, Right.OWN, {"text": "Neuf"}, bearer=_BEARER),
    ("DELETE", "/hypothesis/api/annotations/{id}"): Row(_PART, Right.MODERATE, bearer=_BEARER),
    ("PUT", "/hypothesis/api/annotations/{id}/flag"): Row(f"{_PART}/flag", Right.ASK, bearer=_BEARER),
    ("PUT", "/hypothesis/api/annotations/{id}/hide"): Row(f"{_PART}/hide", Right.MODERATE, bearer=_BEARER),
    # Nothing is hidden on the site of the walk.
    ("DELETE", "/hypothesis/api/annotations/{id}/hide"): Row(
        f"{_PART}/hide", Right.PERSON, bearer=_BEARER, others=True
    ),
    ("GET", "/hypothesis/api/groups"): Row("/hypothesis/api/groups", Right.ANYONE, shows=True, bearer=_BEARER),
    ("GET", "/hypothesis/api/groups/{id}"): Row("/hypothesis/api/groups/{group}", Right.READ, bearer=_BEARER),
    ("GET", "/hypothesis/api/profile"): Row("/hypothesis/api/profile", Right.ANYONE, bearer=_BEARER),
    ("PATCH", "/hypothesis/api/profile"): Row("/hypothesis/api/profile", Right.PERSON, bearer=_BEARER),
    ("GET", "/hypothesis/api/profile/groups"): Row("/hypothesis/api/profile/groups", Right.ANYONE, bearer=_BEARER),
    ("POST", "/hypothesis/api/token"): Row("/hypothesis/api/token", Right.ANYONE, bearer=_BEARER),
    ("POST", "/hypothesis/api/token/revoke"): Row("/hypothesis/api/token/revoke", Right.ANYONE, bearer=_BEARER),
}
_OF_HYPOTHESIS_WITH_OPTIONS: Mapping[tuple[str, str], Row] = {
    **_OF_HYPOTHESIS,
    **{("OPTIONS", path): Row(row.address, Right.ANYONE, bearer=_BEARER) for (_, path), row in _OF_HYPOTHESIS.items()},
}

_ANNOTATION = {
    "@context": "http://www.w3.org/ns/anno.jsonld",
    "type": "Annotation",
    "bodyValue": "Neuf",
    "target": "https://exemple.fr/{group}",
}
_W3C_ANNOTATIONS = {
    "/w3c/groups/{group}/{id}": "/w3c/groups/{group}/{annotation}",
    "/w3c/annotations/{id}": "/w3c/annotations/{annotation}",
}
_OF_W3C: Mapping[tuple[str, str], Row] = {
    ("GET", "/w3c/groups/{group}/"): Row("/w3c/groups/{group}/?page=0", Right.READ, bearer=_BEARER),
    ("POST", "/w3c/groups/{group}/"): Row("/w3c/groups/{group}/", Right.CONTRIBUTE, _ANNOTATION, bearer=_BEARER),
    ("OPTIONS", "/w3c/groups/{group}/"): Row("/w3c/groups/{group}/", Right.ANYONE, bearer=_BEARER),
    **{("GET", path): Row(address, Right.READ, bearer=_BEARER) for path, address in _W3C_ANNOTATIONS.items()},
    # The owner wrote it: no other user may change its text, and moderators may remove it.
    **{
        ("PUT", path): Row(address, Right.OWN, _ANNOTATION, bearer=_BEARER)
        for path, address in _W3C_ANNOTATIONS.items()
    },
    **{("DELETE", path): Row(address, Right.MODERATE, bearer=_BEARER) for path, address in _W3C_ANNOTATIONS.items()},
    **{("OPTIONS", path): Row(address, Right.ANYONE, bearer=_BEARER) for path, address in _W3C_ANNOTATIONS.items()},
}

_CLIENT_PAGES = {
    "/hypothesis": "/hypothesis",
    "/hypothesis/authorize": "/hypothesis/authorize",
    "/hypothesis/client/app.html": "/hypothesis/client/app.html",
    "/hypothesis/client/{path:path}": "/hypothesis/client/build/boot.js",
    "/items/{id}/annotated": "/items/{item}/annotated",
    "/items/{id}/annotated/copy": "/items/{item}/annotated/copy",
}

CLIENTS: Mapping[tuple[str, str], Row] = {
    # The site of the walk does not offer the client: `test_hypothesis_client_pages.py` asks one that does.
    **{("GET", path): Row(address, Right.NOBODY) for path, address in _CLIENT_PAGES.items()},
    ("POST", "/hypothesis/authorize"): Row("/hypothesis/authorize", Right.NOBODY, {"act": "allow"}),
    ("GET", "/static/hypothesis/{name}"): Row("/static/hypothesis/authorization.js", Right.ANYONE),
    **_OF_W3C,
    **{key: rows[0] for key, rows in (_OF_LINKDING | _OF_DIIGO_AND_PINBOARD).items()},
    **{
        (method, _below_group(path)): rows[1]
        for (method, path), rows in (_OF_LINKDING | _OF_DIIGO_AND_PINBOARD).items()
    },
    **_OF_HYPOTHESIS_WITH_OPTIONS,
    **{
        (method, path.removeprefix("/hypothesis")): replace(row, address=row.address.removeprefix("/hypothesis"))
        for (method, path), row in _OF_HYPOTHESIS_WITH_OPTIONS.items()
    },
    ("GET", "/linkding/health"): Row("/linkding/health", Right.ANYONE),
    ("GET", "/linkding/{group}/health"): Row("/linkding/{group}/health", Right.ANYONE),
}
