"""The work of a child process: `web FD FOLDER NUMBER…` and `background`, which `kb serve` forks, and `meanwhile`, which
`kb import` starts as the program `python -m kb.cli.server.child_main meanwhile`.

It ends when its standard input is closed (`kb.cli.server.process_supervisor`).
"""

import os
import sys
from contextlib import suppress
from functools import partial
from logging.config import dictConfig
from pathlib import Path

from kb.cli.console import print_error
from kb.cli.private_files import umask_for
from kb.cli.server.log_configuration import logging_config
from kb.cli.server.process_supervisor import EXIT_GIVE_UP, report_restart
from kb.errors import FlorilegeError
from kb.settings import Settings
from kb.site import import_application, settings_from_environment
from kb.translation import error_sentence, message_catalogue

_NAME = Path("/proc/self/comm")
"""The name of the process in lists of processes: forked ones have the command line of `kb serve`."""


def main(arguments: list[str]) -> int:
    """Work until the parent ends; returns an exit code."""
    with suppress(OSError):  # systems without this file
        _NAME.write_text(f"kb {arguments[0]}", encoding="ascii")
    settings = settings_from_environment()
    os.umask(umask_for(settings))
    dictConfig(logging_config(settings.log_format))
    try:
        # Each part imports only its own modules.
        match arguments:
            case ["web", descriptor, folder, *numbers]:
                from kb.cli.server import fork_server, web_process, worker_app  # noqa: PLC0415

                if len(numbers) > 1:
                    worker_app.load_shared_values(settings)
                    return fork_server.fork_workers(
                        numbers,
                        lambda number: main(["web", descriptor, folder, number]),
                        partial(report_restart, settings),
                    )
                web_process.serve(settings, int(descriptor), Path(folder), numbers[0])
            case ["background"]:
                from kb.cli.server.background_process import run_background_tasks  # noqa: PLC0415

                run_background_tasks(settings)
            case ["meanwhile"]:
                from kb.cli.server.background_process import index_meanwhile  # noqa: PLC0415

                index_meanwhile(settings)
            case _:
                return EXIT_GIVE_UP
    except FlorilegeError as error:
        print_error(error_sentence(error, settings.language))
        return EXIT_GIVE_UP
    return 0


def import_work(settings: Settings) -> None:
    """Import what `web` and `background` import, and load the messages, so that forked ones share it."""
    from kb.cli.server import background_process, web_process  # noqa: F401, PLC0415 - `kb import` forks nothing

    import_application(settings)
    message_catalogue(settings.language)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
