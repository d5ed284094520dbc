"""The order in which the workers of pytest take the files of tests: those that take longest first, so that none of them
is left to one worker when the others have nothing to do any more.
"""

LONGEST_FIRST = (
    "tests/browser/test_accessibility.py",
    "tests/functional/rights/test_rights_walk.py",
    "tests/functional/limits/test_worst_answers.py",
    "tests/functional/security/test_route_attacks.py",
    "tests/functional/cli/test_packaging.py",
    "tests/functional/api/test_api_fuzz.py",
    "tests/browser/test_contributing.py",
    "tests/functional/nodes/test_nodes.py",
    "tests/functional/server/test_cli_serve.py",
    "tests/browser/test_kept_copies.py",
    "tests/features/test_features.py",
    "tests/functional/cli/test_restore_drill.py",
    "tests/unit/services/files/test_file_reading.py",
    "tests/browser/test_hostile_words.py",
    "tests/functional/rights/test_secret_group.py",
    "tests/unit/services/imports/test_import_export.py",
    "tests/functional/limits/test_heavy_pages.py",
    "tests/functional/rights/test_rights_at_use.py",
    "tests/functional/deploy/test_systemd_units.py",
    "tests/functional/server/test_redacted_logs.py",
    "tests/unit/test_text_costs.py",
    "tests/functional/storms/test_storm.py",
    "tests/browser/test_weekly_job.py",
    "tests/functional/limits/test_large_bodies.py",
    "tests/functional/server/test_full_disk.py",
    "tests/browser/test_people.py",
)
"""The files that take a minute or more on two busy cores."""
_PLACES = {file: place for place, file in enumerate(LONGEST_FIRST)}


def place_of(node_id: str) -> int:
    """The place of a test's file; the other files come afterwards, in the order in which they were collected."""
    return _PLACES.get(node_id.partition("::")[0], len(_PLACES))
