"""Compiled templates in files, beside the compiled modules of Python.

Compiling all templates takes 2.5 s of processor time, reading what was compiled a tenth of it.
"""

import marshal
import sys
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from importlib.util import cache_from_source
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from kb import translation
from kb.package_data import locale_dir

_FOLDER = Path(cache_from_source(__file__)).parent
_CODE = (*Path(__file__).parent.glob("*.py"), Path(translation.__file__))
"""What compiles templates, and the filters that are applied to constants meanwhile."""


class CompiledTemplates(BytecodeCache):
    """The compiled templates of a language. Where files cannot be written, each process compiles for itself."""

    def __init__(self, language: str) -> None:
        self._language = language

    def get_source_checksum(self, source: str) -> str:
        """What another source, other code or other translations made is compiled anew."""
        return sha256(self._made_by + source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            bucket.load_bytecode(BytesIO(self._file(bucket).read_bytes()))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            with NamedTemporaryFile(dir=_FOLDER, delete=False) as draft:
                bucket.write_bytecode(draft)
            # As readable as a compiled module. Another process may read the former file meanwhile.
            Path(draft.name).chmod(Path(__file__).stat().st_mode & 0o666)
            Path(draft.name).replace(self._file(bucket))

    def _file(self, bucket: Bucket) -> Path:
        return _FOLDER / f"{bucket.key}.{self._language}"

    @cached_property
    def _made_by(self) -> bytes:
        files = sorted([*_CODE, *(locale_dir() / self._language).rglob("kb.*")])
        states = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
        return marshal.dumps([version("jinja2"), version("markupsafe"), states])
