"""The examples of property tests do not depend on the modules that a process has imported."""

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NUMBERS = frozenset(range(70_123_456_789, 70_123_456_889))


@pytest.mark.skipif(settings.get_current_profile_name() != "same", reason="other profiles draw other examples")
def test_no_constant_of_an_imported_module_is_an_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "module_with_numbers.py"
    path.write_text(f"NUMBERS = {sorted(NUMBERS)}\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("module_with_numbers", path)
    assert spec is not None
    monkeypatch.setitem(sys.modules, spec.name, importlib.util.module_from_spec(spec))
    drawn = set()

    @settings(max_examples=1000, database=None)
    @given(st.lists(st.integers(), min_size=3, max_size=3))
    def draw(numbers: list[int]) -> None:
        drawn.update(numbers)

    draw()
    assert len(drawn) > 500
    assert drawn & NUMBERS == set(), "Hypothesis has another way to read constants: see tests/conftest.py"
