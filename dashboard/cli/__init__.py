"""The ``vigil`` command: one file a subcommand. A mistake of the user's ends with one sentence and exit status 2."""

import sys

import typer

from dashboard.cli.capture import capture
from dashboard.cli.check_config import check_config
from dashboard.cli.conformance import conformance
from dashboard.cli.decode import decode
from dashboard.cli.demo import demo
from dashboard.cli.drivers import drivers
from dashboard.cli.probe import probe
from dashboard.cli.replay import replay
from dashboard.cli.serve import serve
from dashboard.cli.simulate import simulate
from dashboard.cli.watch import watch
from dashboard.cli.whatif import whatif
from drivers.base.decoder import DriverError
from monitor.errors import MonitorError

app = typer.Typer(
    name="vigil",
    help="Watches over low-dose ketamine infusions. A secondary display: the bedside devices' own alarms stay on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    demo,
    serve,
    check_config,
    simulate,
    decode,
    drivers,
    probe,
    capture,
    conformance,
    replay,
    whatif,
    watch,
):
    app.command()(command)


def main() -> None:
    """Run the command; errors that are the user's to mend are one sentence on stderr and status 2."""
    try:
        app()
    except (MonitorError, DriverError) as error:
        print(f"vigil: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
