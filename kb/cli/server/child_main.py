"""The program of a child process, `python -m kb.cli.server.child_main …`: `web FD FOLDER NUMBER…` and `background` for
`kb serve`, `meanwhile` for `kb import`.

It imports what its part needs, waits for the parent's permission to start, and ends when its standard input is closed
(`kb.cli.server.process_supervisor`).
"""

import os
import sys
from logging.config import dictConfig
from pathlib import Path

from kb.cli.console import print_error
from kb.cli.private_files import umask_for
from kb.cli.server.log_configuration import logging_config
from kb.cli.server.process_supervisor import EXIT_GIVE_UP, wait_for_release
from kb.errors import FlorilegeError
from kb.site import settings_from_environment
from kb.translation import error_sentence


def main(arguments: list[str]) -> int:
    """Work until the parent ends; returns an exit code."""
    settings = settings_from_environment()
    os.umask(umask_for(settings))
    dictConfig(logging_config(settings.log_format))
    try:
        # Each part imports only its own modules, before it waits.
        match arguments:
            case ["web", descriptor, folder, *numbers]:
                from kb.cli.server.web_process import serve, serve_forked  # noqa: PLC0415

                if len(numbers) > 1:
                    serve_forked(settings, int(descriptor), Path(folder), numbers)
                elif wait_for_release():
                    serve(settings, int(descriptor), Path(folder), numbers[0])
            case ["background"]:
                from kb.cli.server.background_process import run_background_tasks  # noqa: PLC0415

                if wait_for_release():
                    run_background_tasks(settings)
            case ["meanwhile"]:
                from kb.cli.server.background_process import index_meanwhile  # noqa: PLC0415

                if wait_for_release():
                    index_meanwhile(settings)
            case _:
                return EXIT_GIVE_UP
    except FlorilegeError as error:
        print_error(error_sentence(error, settings.language))
        return EXIT_GIVE_UP
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
