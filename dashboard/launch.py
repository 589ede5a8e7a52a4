"""Console script `ppml`: the dashboard for a person, the command line for everything else.

In: the arguments. Out: an exit code. Streamlit is imported only when the dashboard is asked for, so that the command
line starts fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

APP = Path(__file__).resolve().parent / "app.py"
SWITCH_SECONDS = 5e-4  # a job that waits for the interpreter after each array gets it soon, while pages are drawn
ABOUT_PPML = ("--help", "--version")
HELP = """usage: ppml [dashboard] [--port N] [--no-browser] [streamlit flags]

Opens the dashboard in the browser. Every flag of `streamlit run` may follow. `ppml --help` lists the other commands.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all went well; `ppml` alone and `ppml dashboard` open the dashboard and stay until it is stopped."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] == "dashboard":
        return _dashboard(arguments[1:])
    if arguments[0].startswith("--") and arguments[0] not in ABOUT_PPML:
        return _dashboard(arguments)
    from ppml_core.cli import main as command_line

    return int(command_line(arguments))


def streamlit_arguments(arguments: Sequence[str]) -> list[str]:
    """Our short flags in Streamlit's words; its own flags pass through.

    Only this machine is served unless `--server.address` says otherwise: people's tables are loaded here.

    >>> streamlit_arguments(["--port", "8600", "--no-browser"])
    ['--server.address', 'localhost', '--server.port', '8600', '--server.headless', 'true']
    """
    told = any(argument.partition("=")[0] == "--server.address" for argument in arguments)
    ready = [] if told else ["--server.address", "localhost"]
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name == "--port":
            ready += ["--server.port", *([value] if equals else [])]
        elif argument == "--no-browser":
            ready += ["--server.headless", "true"]
        else:
            ready.append(argument)
    return ready


def _dashboard(arguments: Sequence[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(HELP, end="")
        return 0
    from streamlit.web import cli as streamlit_cli

    from dashboard import downloads

    downloads.install()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        streamlit_cli.main(["run", str(APP), *streamlit_arguments(arguments)], prog_name="ppml")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
