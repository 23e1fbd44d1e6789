"""Where logged values go: the attempt's metrics file, or the console of an offline run.

The file holds one line of ASCII JSON for each call, in the order of the calls:
  {"name", "type": "scalar" | "list" | "row" | "table", "value", "createdUtc", "description"?, "step"?}
`value` is a scalar, a list, an object of scalars, or an object of lists of one length. NaN and the infinities are the
texts "NaN", "Infinity" and "-Infinity". `createdUtc` is UTC with milliseconds. The optional keys are there when given.

Each line is appended by a single write, so lines of several threads and processes never mix (on Windows: threads
only), and nothing that was logged is lost when the process dies.
"""
import _thread
import os

from sluice_step.plain_json import parse, render
from sluice_step.records import now_text


class MetricsFile:
    def __init__(self, path):
        self._path = path

    def add(self, kind, name, value, description="", step=None):
        line = (render(_record(kind, name, value, description, step)) + "\n").encode()
        if os.name == "posix":
            _append(self._path, line)
        else:
            with _appending:
                _append(self._path, line)

    def read(self):
        try:
            with open(self._path, encoding="ascii") as file:
                return [parse(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []


class PrintedMetrics:
    """Prints, as Azure ML's offline run does, and remembers for get_metrics."""

    def __init__(self):
        self._records = []

    def add(self, kind, name, value, description="", step=None):
        self._records.append(_record(kind, name, value, description, step))
        print("Attempted to log %s metric %s:\n%s" % (kind, name, value))

    def read(self):
        return list(self._records)


# Windows appends in two moves, seek and write. POSIX needs no lock, and a fork could inherit a locked one.
_appending = _thread.allocate_lock()


def _append(path, line):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
    try:
        # More than one turn only when the disk is nearly full.
        while line:
            line = line[os.write(file, line) :]
    finally:
        os.close(file)


def _record(kind, name, value, description, step):
    if not isinstance(name, str) or not name:
        raise ValueError("A metric needs a name: a text that is not empty, not %r." % (name,))
    record = {"name": name, "type": kind, "value": value, "createdUtc": now_text()}
    if description:
        record["description"] = str(description)
    if step is not None:
        if isinstance(step, bool) or not isinstance(step, int):
            raise TypeError("Metric '%s': step is a whole number, not %r." % (name, step))
        record["step"] = int(step)
    return record
