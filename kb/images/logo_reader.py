"""Decode a logo in a process of its own: reads the file as standard input, writes one line of JSON."""

import json
import sys
from base64 import b64encode
from io import BytesIO

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from kb.sandbox.sandboxed_process import UNREADABLE, apply_resource_limits, run_reader

MOST_PIXELS = 25_000_000
"""Of an image: more are refused before anything is decoded."""
_BOUNDS = ((640, 240), (480, 160), (320, 96), (160, 64))
"""Width and height that the PNG has at most: the first of them with which it is small enough."""
_LARGEST_PNG = 100_000
"""Bytes."""
PLUGINS = (PngImagePlugin, JpegImagePlugin, WebPImagePlugin)
"""Imported before the sandbox, in which a process imports nothing."""


def encode_logo(content: bytes) -> dict[str, object]:
    """The logo as PNG in base64, with its size. Raises ValueError, OSError for another file or too large an image."""
    with Image.open(BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    for bounds in _BOUNDS:
        image.thumbnail(bounds)
        stream = BytesIO()
        # A new image: nothing that the upload said beside its pixels.
        clean = Image.new("RGBA", image.size)
        clean.paste(image)
        clean.save(stream, "PNG", optimize=True)
        if stream.tell() <= _LARGEST_PNG:
            break
    return {"png": b64encode(stream.getvalue()).decode(), "width": image.width, "height": image.height}


def main() -> int:
    """The main function of the subprocess, within the limits that its arguments give."""
    apply_resource_limits(sys.argv[1:])
    return run_reader(_write_logo)


def _write_logo() -> int:
    try:
        answer = encode_logo(sys.stdin.buffer.read())
    except (ValueError, OSError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        return UNREADABLE
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
