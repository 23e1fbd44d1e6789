"""The run that a script belongs to.

Inside a step the environment names the run (AZUREML_RUN_ID) and the file that takes its metrics
(SLUICE_METRICS_FILE). Without either the run is an offline run, which prints what it is given, so that a script
also works when it is started by hand.

Only what really happens is here. A member that Azure ML has and this class lacks raises AttributeError in plain
words, so `hasattr` tells the truth.
"""
import os

from azureml.core.metrics_sink import MetricsFile, PrintedMetrics
from azureml.core.metric_values import column_values, list_values, row_values, scalar_value
from azureml.core.metric_series import series_by_name
from azureml.exceptions import AzureMLException, RunEnvironmentException

_offline_run = None


class _PlainWords:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        here = ", ".join(sorted(key for key in dir(self) if not key.startswith("_")))
        raise AttributeError(
            "%s.%s does not exist in a Sluice step. What exists: %s." % (type(self).__name__, name, here)
        )


class Workspace(_PlainWords):
    """The workspace a run belongs to, by its names."""

    def __init__(self):
        self.name = os.environ.get("AZUREML_ARM_WORKSPACE_NAME", "")
        self.resource_group = os.environ.get("AZUREML_ARM_RESOURCEGROUP", "")
        self.subscription_id = os.environ.get("AZUREML_ARM_SUBSCRIPTION", "")


class Experiment(_PlainWords):
    """The experiment a run belongs to."""

    def __init__(self, name):
        self.name = name

    @property
    def workspace(self):
        """The names of the workspace; nothing can be asked of it from inside a step."""
        return Workspace()


class _Logging(_PlainWords):
    """What a step can say of its own run and of the pipeline run alike."""

    def __init__(self, run_id, experiment, sink, uploads):
        self.id = run_id
        self.experiment = experiment
        self._sink = sink
        self._uploads_place = uploads

    @property
    def _uploads(self):
        # Imported by those who use it: every step pays for what is imported above.
        from azureml.core.uploads import NoUploads, UploadFolder

        return NoUploads() if self._uploads_place is None else UploadFolder(*self._uploads_place)

    def log(self, name, value, description="", step=None):
        """Logs one number or text. Repeated calls with one name make a series; `step` is its position, if given."""
        self._sink.add("scalar", name, scalar_value(name, value), description, step)

    def log_list(self, name, value, description=""):
        """Logs the numbers or texts of a list, tuple or array as one value."""
        self._sink.add("list", name, list_values(name, value), description)

    def log_row(self, name, description=None, **kwargs):
        """Logs one row: a number or text per column. Repeated calls with one name make a table."""
        self._sink.add("row", name, row_values(name, kwargs), description)

    def log_table(self, name, value, description=""):
        """Logs a table: a dict of columns, all lists of one length, or all single values."""
        self._sink.add("table", name, column_values(name, value), description)

    def log_image(self, name, path=None, plot=None, description=""):
        """Logs an image: a file's path or stream, or a plot, which is saved as PNG. Its metric is the file's address."""
        if (path is None) == (plot is None):
            raise AzureMLException("Image '%s': give either path or plot." % name)
        from azureml.core.images import image_name, png_of

        file_name = image_name(name, path)
        self._uploads.add(file_name, png_of(plot) if path is None else path)
        self._sink.add("image", name, "aml://artifactId/ExperimentRun/dcid.%s/%s" % (self.id, file_name), description)

    def upload_file(self, name, path_or_stream, datastore_name=None):
        """Keeps a file's content of this moment as artifact `name`. A name that is taken raises AzureMLException."""
        _no_datastore(datastore_name)
        self._uploads.add(name, path_or_stream)

    def upload_files(self, names, paths, return_artifacts=False, timeout_seconds=None, datastore_name=None):
        """The same for several files; `names` and `paths` belong together in pairs."""
        _no_datastore(datastore_name)
        names, paths = list(names), list(paths)
        if len(names) != len(paths):
            raise AzureMLException("%d names do not fit %d paths." % (len(names), len(paths)))
        for name, path in zip(names, paths):
            self._uploads.add(name, path)

    def upload_folder(self, name, path, datastore_name=None):
        """The same for every file below the folder `path`; they lie below `name`."""
        _no_datastore(datastore_name)
        from azureml.core.uploads import files_below

        for relative, full in files_below(path):
            self._uploads.add("%s/%s" % (name.rstrip("/"), relative), full)

    def tag(self, key, value=None):
        """Sets a tag of the run; the last value of a key counts. It shows when the step has ended."""
        self._sink.add("tag", key, "" if value is None else str(value))

    def set_tags(self, tags):
        """Sets every tag of the dict."""
        for key, value in tags.items():
            self.tag(key, value)

    def get_metrics(self, name=None):
        """What this attempt of the step has logged so far, by name; see metric_series.py for the shapes."""
        series = series_by_name(self._sink.read())
        return series if name is None else {key: item for key, item in series.items() if key == name}

    def flush(self, timeout_seconds=300):
        """Returns when everything logged is out of this process. Each call of `log` has seen to that already."""


class ParentRun(_Logging):
    """The pipeline run that a step belongs to. What a step logs there is seen when the step has ended."""


class Run(_Logging):
    """The run of this process. Get it from `Run.get_context()`.

    `id` is the step run's id ("OfflineRun_..." offline), `experiment.name` the experiment's name, `parent` the
    pipeline run, or None offline, and `input_datasets` a dict of named datasets. Logging is safe from several threads
    and processes; values of one name keep the order in which they were logged. A value that cannot be a metric raises
    TypeError or ValueError and names it.
    """

    def __init__(self, run_id, experiment, parent, sink, uploads):
        super().__init__(run_id, experiment, sink, uploads)
        self.parent = parent

    @staticmethod
    def get_context(allow_offline=True):
        """The run of this process. Outside a step: an offline run, or RunEnvironmentException if that is not allowed."""
        run_id = os.environ.get("AZUREML_RUN_ID")
        metrics_file = os.environ.get("SLUICE_METRICS_FILE")
        if run_id and metrics_file:
            return _step_run(run_id, metrics_file)
        if not allow_offline:
            missing = "SLUICE_METRICS_FILE" if run_id else "AZUREML_RUN_ID"
            raise RunEnvironmentException("This process does not run as a step: %s is not set." % missing)
        return _get_offline_run()

    @property
    def input_datasets(self):
        """By name: the local path of a mounted or downloaded dataset, the id of one in direct mode."""
        from azureml.core.input_datasets import input_datasets

        return input_datasets()


def _step_run(run_id, metrics_file):
    parent_id = os.environ.get("AZUREML_ROOT_RUN_ID")
    uploads = os.environ.get("SLUICE_UPLOADS_DIR") or os.path.join(os.path.dirname(metrics_file), "uploads")
    experiment = Experiment(os.environ.get("AZUREML_ARM_PROJECT_NAME", ""))
    parent = None
    if parent_id:
        parent = ParentRun(parent_id, experiment, MetricsFile(metrics_file, "parent"), (uploads, "parent"))
    return Run(run_id, experiment, parent, MetricsFile(metrics_file), (uploads, "own"))


def _get_offline_run():
    global _offline_run
    if _offline_run is None:
        import uuid

        run_id = "OfflineRun_%s" % uuid.uuid4()
        _offline_run = Run(run_id, Experiment("Offline"), None, PrintedMetrics(), None)
    return _offline_run


def _no_datastore(name):
    if name is not None:
        raise AzureMLException("A file of a run lies beside its logs; write to an output for datastore %s." % name)
