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
from azureml.exceptions import RunEnvironmentException

_offline_run = None


class _PlainWords:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        here = ", ".join(sorted(key for key in dir(self) if not key.startswith("_")))
        raise AttributeError(
            "%s.%s does not exist in a Sluice step. What exists: %s." % (type(self).__name__, name, here)
        )


class Experiment(_PlainWords):
    """The experiment a run belongs to."""

    def __init__(self, name):
        self.name = name


class ParentRun(_PlainWords):
    """The pipeline run that a step belongs to."""

    def __init__(self, run_id):
        self.id = run_id


class Run(_PlainWords):
    """The run of this process. Get it from `Run.get_context()`.

    `id` is the step run's id ("OfflineRun_..." offline), `experiment.name` the experiment's name, and `parent` the
    pipeline run, or None offline. Logging is safe from several threads and processes; values of one name keep the
    order in which they were logged. A value that cannot be a metric raises TypeError or ValueError and names it.
    """

    def __init__(self, run_id, experiment, parent, sink):
        self.id = run_id
        self.experiment = experiment
        self.parent = parent
        self._sink = sink

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

    def get_metrics(self, name=None):
        """What this attempt of the step has logged so far, by name; see metric_series.py for the shapes."""
        series = series_by_name(self._sink.read())
        return series if name is None else {key: item for key, item in series.items() if key == name}

    def flush(self, timeout_seconds=300):
        """Returns when everything logged is out of this process. Each call of `log` has seen to that already."""


def _step_run(run_id, metrics_file):
    parent_id = os.environ.get("AZUREML_ROOT_RUN_ID")
    return Run(
        run_id,
        Experiment(os.environ.get("AZUREML_ARM_PROJECT_NAME", "")),
        ParentRun(parent_id) if parent_id else None,
        MetricsFile(metrics_file),
    )


def _get_offline_run():
    global _offline_run
    if _offline_run is None:
        import uuid

        _offline_run = Run("OfflineRun_%s" % uuid.uuid4(), Experiment("Offline"), None, PrintedMetrics())
    return _offline_run
