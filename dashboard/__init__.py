"""The pages and the ``vigil`` command: the top floor."""
