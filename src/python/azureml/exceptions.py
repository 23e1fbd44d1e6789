"""Errors of the run context, under the names that scripts catch."""


class AzureMLException(Exception):
    """Every error of this package that is not a plain TypeError or ValueError."""


class RunEnvironmentException(AzureMLException):
    """The process does not run as a step, and the script insisted that it must."""
