"""Freed memory is returned to the system where the C library would keep it."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries return memory themselves")

_MEGABYTES = """
def megabytes():
    lines = open("/proc/self/smaps_rollup").read().splitlines()[1:]
    return {name: int(rest.split()[0]) / 1000 for name, _, rest in (one.partition(":") for one in lines)}["Rss"]
"""


def megabytes_of(program: str) -> list[float]:
    """The numbers that a program prints, run in a process of its own."""
    run = [sys.executable, "-c", _MEGABYTES + program]
    return [float(part) for part in subprocess.run(run, capture_output=True, check=True, text=True).stdout.split()]


def test_memory_between_values_in_use_is_returned() -> None:
    before, after = megabytes_of("""
from kb.freed_memory import return_freed_memory
values = [bytes(4000) for _ in range(20_000)]
del values[:-1]
print(megabytes())
return_freed_memory()
print(megabytes())
""")
    assert after < before - 60


def test_the_memory_of_dead_cycles_is_returned_too() -> None:
    before, after = megabytes_of("""
import gc
from kb.freed_memory import return_freed_memory
gc.disable()
for _ in range(20_000):
    cycle = [bytes(4000)]
    cycle.append(cycle)
last = bytes(4000)
print(megabytes())
return_freed_memory()
print(megabytes())
""")
    assert after < before - 60


def test_the_lists_of_words_take_a_few_megabytes() -> None:
    before, after = megabytes_of("""
from kb.language.word_lists import has_dictionary_word
import simplemma.strategies.dictionaries.dictionary_factory
print(megabytes())
assert has_dictionary_word("fr", "maison") and has_dictionary_word("en", "house")
print(megabytes())
""")
    assert after < before + 20
