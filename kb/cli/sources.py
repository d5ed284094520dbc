"""The commands of `kb`: the module of each, and its line in `kb --help`."""

from kb.cli.lazy_group import CommandSource

COMMAND_SOURCES = {
    "backup": CommandSource(
        "kb.cli.commands.backup",
        "backup_command",
        help="Write everything into FILE, whole or not at all, while the site goes on; then read it again and compare.",
    ),
    "demo": CommandSource(
        "kb.cli.commands.serve", "demo", help="Load a sample library in French if there is nothing yet, then serve."
    ),
    "export": CommandSource(
        "kb.cli.commands.import_export",
        "export_command",
        help="Write the library, or one group of it, one item a line.",
    ),
    "group": CommandSource(
        "kb.cli.commands.group",
        "group",
        help="Make groups, tell which there are, who belongs to them, and in which languages they read.",
    ),
    "import": CommandSource(
        "kb.cli.commands.import_export",
        "import_command",
        help="Read items from files into the library; - is standard input. Importing twice adds nothing.",
    ),
    "index": CommandSource(
        "kb.cli.commands.index",
        "index",
        help="Look after the search index, which can be made again from the store at any time.",
    ),
    "migrate": CommandSource(
        "kb.cli.commands.index", "migrate_command", help="Make the store, or bring it to the schema of this program."
    ),
    "page": CommandSource(
        "kb.cli.commands.page",
        "page",
        help="Read and write the legal notice, the page on personal data and the accessibility statement.",
    ),
    "person": CommandSource(
        "kb.cli.commands.person", "person", help="Give somebody what the base holds of them, and forget them."
    ),
    "restore": CommandSource(
        "kb.cli.commands.backup",
        "restore_command",
        help="Put what `kb backup` has written into FILE in the place of the base, while the site goes on.",
    ),
    "saved": CommandSource(
        "kb.cli.commands.saved",
        "saved",
        help="Keep searches of a group under a name, for its readers to follow by page and feed.",
    ),
    "search": CommandSource(
        "kb.cli.commands.search",
        "search",
        help='Search the library. QUERY is in the language of the search page; "" finds everything.',
    ),
    "serve": CommandSource(
        "kb.cli.commands.serve", "serve", help="Serve the site and the API, and keep the index up to date."
    ),
    "sweep": CommandSource(
        "kb.cli.commands.sweep",
        "sweep_command",
        help="Drop all whose time has come: the bin, the log, sessions, invitations. A server does it each hour.",
    ),
    "token": CommandSource(
        "kb.cli.commands.token", "token", help="Give tokens to programs, tell which there are, take them back."
    ),
    "user": CommandSource(
        "kb.cli.commands.user", "user", help="Give accounts, tell which there are, close and open them, set passwords."
    ),
    "vocabulary": CommandSource(
        "kb.cli.commands.vocabulary",
        "vocabulary",
        help="Say which words of a group mean the same, and which are broader, for searches to know.",
    ),
}
"""By name. The help, in English like all of `kb --help`, is said here too: the list needs none of their modules."""
