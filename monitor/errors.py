"""The house's own errors; each message is one sentence for a person: what, where, and what would be right."""


class MonitorError(Exception):
    """Root of the errors of the monitor."""


class ActionNotAllowed(MonitorError):
    """The present state does not allow this action (HTTP 409)."""


class NotPermitted(ActionNotAllowed):
    """This role may not do that (HTTP 403)."""


class NotFound(MonitorError):
    """There is no such chair, alert or session (HTTP 404)."""


class BadRequest(MonitorError):
    """The action's arguments are wrong (HTTP 422)."""


class ConfigError(MonitorError):
    """The configuration cannot be used (exit status 2)."""


class StoreError(MonitorError):
    """The record cannot be used (exit status 2)."""
