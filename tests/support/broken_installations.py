"""A Python with all our libraries but one: what a package manager left out, or has just replaced."""

import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ABSENT = "taken out by a test"


def python_without(module: str, folder: Path) -> str:
    """The path of a Python that has the libraries of this one, where importing `module` raises ImportError."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n", encoding="utf-8")
    # It stands before the libraries of the line above.
    (packages / f"{module}.py").write_text(f"raise ImportError({ABSENT!r})\n", encoding="utf-8")
    return str(folder / "bin" / Path(sys.executable).name)
