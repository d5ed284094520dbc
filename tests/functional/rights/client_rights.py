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


_OF_HYPOTHESIS: Mapping[str, Row] = {
    "/hypothesis/api/search": Row("/hypothesis/api/search", Right.ANYONE, shows=True, bearer=_BEARER),
    "/hypothesis/api/annotations/{id}": Row("/hypothesis/api/annotations/{annotation}", Right.READ, bearer=_BEARER),
    "/hypothesis/api/groups": Row("/hypothesis/api/groups", Right.ANYONE, shows=True, bearer=_BEARER),
    "/hypothesis/api/profile": Row("/hypothesis/api/profile", Right.ANYONE, bearer=_BEARER),
}

CLIENTS: Mapping[tuple[str, str], Row] = {
    **{key: rows[0] for key, rows in (_OF_LINKDING | _OF_DIIGO_AND_PINBOARD).items()},
    **{
        (method, _below_group(path)): rows[1]
        for (method, path), rows in (_OF_LINKDING | _OF_DIIGO_AND_PINBOARD).items()
    },
    **{("GET", path): row for path, row in _OF_HYPOTHESIS.items()},
    **{
        ("GET", path.removeprefix("/hypothesis")): replace(row, address=row.address.removeprefix("/hypothesis"))
        for path, row in _OF_HYPOTHESIS.items()
    },
    ("GET", "/linkding/health"): Row("/linkding/health", Right.ANYONE),
    ("GET", "/linkding/{group}/health"): Row("/linkding/{group}/health", Right.ANYONE),
}
