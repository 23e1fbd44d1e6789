"""`from azureml.core import Run` inside a step. What needs the service (Workspace, Dataset, Model, ...) is not here."""
from azureml.core.run import Run

__all__ = ["Run"]

_NOT_HERE = frozenset(
    "ComputeTarget Dataset Datastore Environment Experiment Image Keyvault Model RunConfiguration ScriptRunConfig"
    " Webservice Workspace".split()
)


def __getattr__(name):
    if name in _NOT_HERE:
        raise ImportError("azureml.core.%s does not exist in a Sluice step: only Run does." % name)
    raise AttributeError("module 'azureml.core' has no attribute '%s'" % name)
