"""Logos: a valid image becomes a small PNG; anything else is refused with a message."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from kb.errors import Invalid
from kb.images.logo import LARGEST_LOGO, read_logo


def image_of(form: str, size: tuple[int, int] = (300, 100), mode: str = "RGB", **options: object) -> bytes:
    stream = BytesIO()
    Image.new(mode, size, "#c81e5a").save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_an_image_becomes_a_small_png_in_its_proportions(form: str) -> None:
    logo = read_logo(image_of(form, (1200, 300)))
    with Image.open(BytesIO(logo.png)) as image:
        assert (image.format, image.size) == ("PNG", (640, 160))
    assert (logo.width, logo.height) == (640, 160)


def test_nothing_of_the_upload_stays_but_its_pixels() -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "secret-de-claire")
    content = image_of("PNG", pnginfo=about) + b"PK\x03\x04secret-de-claire<script>"
    assert b"secret" not in read_logo(content).png
    assert b"<script>" not in read_logo(content).png


def test_a_photo_stays_small() -> None:
    noise = Image.effect_noise((1500, 1500), 90).convert("RGB")
    stream = BytesIO()
    noise.save(stream, "JPEG", quality=80)
    assert len(read_logo(stream.getvalue()).png) <= 100_000


def bomb() -> bytes:
    """A PNG of a few bytes that declares a size of 50,000 × 50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        image_of("PNG")[:60],
        image_of("GIF"),
        image_of("BMP"),
        image_of("TIFF"),
        b"%PDF-1.7",
        b"x" * (LARGEST_LOGO + 1),
        bomb(),
    ],
    ids=["empty", "signature", "cut", "gif", "bmp", "tiff", "pdf", "large", "bomb"],
)
def test_an_invalid_logo_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_logo(content)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n  "])
def test_an_svg_image_is_refused_with_its_reason(start: bytes) -> None:
    with pytest.raises(Invalid, match="SVG"):
        read_logo(start + b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
