"""Mutations of the query limits, which `bench/mutations/mutants.py` tries after those of the engine.

The limits of a typed text are in `index/query_parser`, those of an engine in `index/whoosh_engine`.
"""

from bench.mutations.engine_mutations import Mutation

_READING, _COMPILING, _TOLD = (f"query_parser/{name}.py" for name in ("tree_builder", "compiler", "ignored_parts"))
_CUTTING, _EXPANDING, _MATCHING = (
    f"whoosh_engine/matching/{name}.py" for name in ("multi_term_expansion", "multi_term_expansion", "evaluate")
)
_SEARCHING = "whoosh_engine/searcher.py"

LIMITS = (
    Mutation("limits: one word more", _READING, "self.bounds.words - self.words", "self.bounds.words - self.words + 1"),
    Mutation("limits: one word less", _READING, "if weight <= room:", "if weight < room:"),
    Mutation("limits: a wildcard counts for a word", _READING, "weight = MULTI_TERM_WORDS if", "weight = 1 if"),
    Mutation("limits: everything counts for a wildcard", _READING, ' and leaf != Pattern("*") else len', " else len"),
    Mutation("limits: words are not counted together", _READING, "self.words += weight", "self.words = weight"),
    Mutation("limits: a phrase counts for a word", _READING, "self.words += weight", "self.words += min(weight, 10)"),
    Mutation("limits: a wildcard is cut as if it were words", _READING, "            room = 0\n", "            pass\n"),
    Mutation("limits: room below nothing", _READING, "ends[: max(room, 0)]", "ends[:room]"),
    Mutation(
        "limits: the beginning of a word is read, whatever it means",
        _READING,
        "fits = first.text and (not isinstance(leaf, Word) or [*lexemes(first.text, self.names)] == [first])",
        "fits = first.text",
    ),
    Mutation(
        "limits: words left out are not named",
        _READING,
        "        self.ignored.add(IgnoredReason.WORDS, leaf.text[len(first.text) if fits else 0 :].strip())\n",
        "",
    ),
    Mutation(
        "limits: what was read of a leaf is named too",
        _READING,
        "leaf.text[len(first.text) if fits else 0 :]",
        "leaf.text[0:]",
    ),
    Mutation(
        "limits: one bracket less",
        _READING,
        "len(self.groups) > self.bounds.depth",
        "len(self.groups) >= self.bounds.depth",
    ),
    Mutation(
        "limits: one bracket more",
        _READING,
        "len(self.groups) > self.bounds.depth",
        "len(self.groups) > self.bounds.depth + 1",
    ),
    Mutation("limits: brackets left out close others", _READING, "            self.too_deep += 1\n", ""),
    Mutation(
        "limits: brackets left out never close", _READING, "            self.too_deep -= 1\n", "            pass\n"
    ),
    Mutation(
        "limits: brackets left out are not named",
        _READING,
        '            self.ignored.add(IgnoredReason.DEPTH, "(")\n',
        "",
    ),
    Mutation(
        "limits: a name waits for what comes after what was left out",
        _READING,
        "        if within is None:\n            group.forget()\n",
        "        if within is None:\n            pass\n",
    ),
    Mutation(
        "limits: one wildcard more", _COMPILING, "self.multi_terms >= self.bounds", "self.multi_terms > self.bounds"
    ),
    Mutation("limits: jokers are not counted", _COMPILING, "        self.multi_terms += 1\n", ""),
    Mutation("limits: open jokers are not counted", _COMPILING, "        self.leading_wildcards += weight\n", ""),
    Mutation("limits: one open wildcard more", _COMPILING, "weight > most:", "weight > most + 1:"),
    Mutation("limits: single letters are as good as two", _COMPILING, "else max(most, 1)", "else 1"),
    Mutation("limits: single letters when none is open", _COMPILING, "else max(most, 1)", "else most"),
    Mutation("limits: a question mark opens nothing", _COMPILING, 'not in ("*", "?") else', 'not in ("*",) else'),
    Mutation(
        "limits: everything takes the place of a wildcard",
        _COMPILING,
        ' and leaf != Pattern("*") and not self',
        " and not self",
    ),
    Mutation(
        "limits: jokers left out are not searched as words", _COMPILING, "return IgnoredReason.WILDCARDS", "return None"
    ),
    Mutation("limits: what is searched as words is not named", _COMPILING, "        self.ignored.add(why, text)\n", ""),
    Mutation("limits: one part more is named", _TOLD, "_MOST = 10\n", "_MOST = 11\n"),
    Mutation("limits: one part less is named", _TOLD, "_MOST = 10\n", "_MOST = 9\n"),
    Mutation("limits: longer parts are named", _TOLD, "_LONGEST = 100\n", "_LONGEST = 101\n"),
    Mutation("limits: parts of the last length are cut", _TOLD, "len(text) <= _LONGEST", "len(text) < _LONGEST"),
    Mutation("limits: parts are named again", _TOLD, "part not in self._parts and ", ""),
    Mutation(
        "limits: all reasons share the room", _TOLD, "self._counts[why] < _MOST", "sum(self._counts.values()) < _MOST"
    ),
    Mutation("limits: nothing is named", _TOLD, "if text and part", "if part"),
    Mutation("limits: one term more", _CUTTING, "if len(totals) <= most:", "if len(totals) <= most + 1:"),
    Mutation(
        "limits: terms are counted in each segment",
        _CUTTING,
        "if sum(map(len, each)) > plan.bounds.expansions:",
        "if max(map(len, each), default=0) > plan.bounds.expansions:",
    ),
    Mutation("limits: terms that nobody may find count", _CUTTING, "ordinals[some > 0]", "ordinals[some >= 0]"),
    Mutation("limits: the same term of two segments is two", _CUTTING, "own[firsts] = True", "own[:] = True"),
    Mutation("limits: of equals, one more", _CUTTING, "room = most - int(", "room = 1 + most - int("),
    Mutation("limits: of equals, the last", _CUTTING, "some[: bisect_left(", "some[::-1][: bisect_left("),
    Mutation("limits: the rarest terms", _CUTTING, "chosen = totals > least", "chosen = totals < least"),
    Mutation(
        "limits: limited terms are not reported",
        _SEARCHING,
        "limited=tuple(limited[0]) if limited else (),",
        "limited=(),",
    ),
    Mutation("limits: the clock is not looked at", _MATCHING, "    context.deadline.check()\n", ""),
    Mutation("limits: a pattern that is too short fits", _EXPANDING, "else lengths >= least", "else lengths >= 0"),
    Mutation(
        "limits: a wildcard for one letter stands for none",
        _EXPANDING,
        "chosen &= lengths == least if",
        "chosen &= lengths <= least if",
    ),
    Mutation("limits: one edit more", _EXPANDING, "distance) <= distance] for", "distance) <= distance + 1] for"),
    Mutation(
        "limits: words too long are near",
        _EXPANDING,
        "(np.abs(lengths - len(value)) <= distance)",
        "(lengths - len(value) <= distance)",
    ),
    Mutation("limits: letters are not swapped", _EXPANDING, "        if i > 1:\n", "        if i > 99:\n"),
)
