"""``python -m dashboard``: the ``vigil`` command, for where it is not on the path."""

from dashboard.cli import main

main()
