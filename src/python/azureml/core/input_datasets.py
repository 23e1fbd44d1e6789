"""`run.input_datasets[name]`: where a dataset was put, or, in direct mode, which dataset it is.

The environment lists the names and modes (AZUREML_DATASET_ENVIRONMENT_VARS, "name:mode,name:mode"); the variable of each name
holds its path, or its id.
"""
import os


class DatasetReference(str):
    """A dataset in direct mode: its id. Reading its content needs the service; ask for it as mount or download instead."""

    @property
    def id(self):
        return str(self)


def input_datasets():
    """A dict from each dataset's name to its local path, or to a DatasetReference in direct mode."""
    listed = os.environ.get("AZUREML_DATASET_ENVIRONMENT_VARS", "")
    datasets = {}
    for entry in filter(None, listed.split(",")):
        name, _, mode = entry.partition(":")
        value = os.environ.get(name)
        if value is not None:
            datasets[name] = DatasetReference(value) if mode.lower() == "direct" else value
    return datasets
