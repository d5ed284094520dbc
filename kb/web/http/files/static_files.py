"""Serve style sheets, scripts and icons: each file is read once, and its address contains a hash of its content."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b, sha256
from pathlib import Path

from rcssmin import cssmin
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb.errors import NotFound
from kb.package_data import feature_static_dirs, static_dir

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
IMMUTABLE = "public, max-age=31536000, immutable"
"""The header Cache-Control of an address with the hash of its content."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """`integrity` is the hash with which a browser checks a script (Subresource Integrity)."""

    content: bytes
    version: str
    media_type: str
    integrity: str


@cache
def all_static_files() -> dict[str, StaticFile]:
    """Every static file, by name; those of a feature have its name before theirs: `reading/reading.css`.

    The folders are read once: no other file can be requested.

    Comments and spaces are removed from style sheets, and lines of comment from scripts.
    """
    folders = {"": static_dir(), **{f"{name}/": folder for name, folder in feature_static_dirs().items()}}
    return {
        f"{prefix}{path.name}": StaticFile(
            content, blake2b(content, digest_size=6).hexdigest(), _TYPES[path.suffix], _integrity(content)
        )
        for prefix, folder in folders.items()
        for path in sorted(folder.iterdir())
        if path.suffix in _TYPES
        for content in (_file_content(path),)
    }


def _file_content(path: Path) -> bytes:
    content = path.read_bytes()
    match path.suffix:
        case ".css":
            return str(cssmin(content.decode())).encode()
        case ".js":
            return b"".join(line for line in content.splitlines(keepends=True) if not line.lstrip().startswith(b"//"))
        case _:
            return content


def _integrity(content: bytes) -> str:
    return f"sha256-{b64encode(sha256(content).digest()).decode()}"


def static_file_address(name: str) -> str:
    """The address of the present version of a file."""
    return f"/static/{name}?v={all_static_files()[name].version}"


def static_route(feature: str) -> Route:
    """The address of the static files of a feature, which lie in its folder `static`."""
    return Route(f"/static/{feature}/{{name}}", partial(_static_file, prefix=f"{feature}/"))


async def static_file(request: Request) -> Response:
    """One file of the core. Its versioned address may be cached for ever; any other address is revalidated."""
    return await _static_file(request)


async def _static_file(request: Request, prefix: str = "") -> Response:
    file = all_static_files().get(prefix + request.path_params["name"])
    if file is None:
        raise NotFound("There is nothing at this address.")
    # A weak ETag: the same file may be sent compressed or not.
    tag = f'W/"{file.version}"'
    versioned = request.scope["query_string"] == f"v={file.version}".encode()
    headers = {"ETag": tag, "Cache-Control": IMMUTABLE if versioned else "no-cache", "Vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or file.version in {
        etag.strip().removeprefix("W/").strip('"') for etag in known.split(",")
    }:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
