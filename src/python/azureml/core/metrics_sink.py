"""Where logged values and tags go: the attempt's metrics file, or the console of an offline run.

The file holds one line of ASCII JSON for each call, in the order of the calls:
  {"name", "type": "scalar" | "list" | "row" | "table" | "image" | "tag", "value", "createdUtc", "description"?, "step"?, "of"?}
`value` is a scalar, a list, an object of scalars, or an object of lists of one length; of an image the address of its
file, of a tag a text. `of` is "parent" for what belongs to the pipeline run. NaN and the infinities are the
texts "NaN", "Infinity" and "-Infinity". `createdUtc` is UTC with milliseconds. The optional keys are there when given.

Each line is appended by a single write, so lines of several threads and processes never mix (on Windows: threads
only), and nothing that was logged is lost when the process dies.
"""
import _thread
import os

from sluice_step.plain_json import parse, render
from sluice_step.records import now_text


class MetricsFile:
    def __init__(self, path, of=None):
        self._path = path
        self._of = of

    def add(self, kind, name, value, description="", step=None):
        record = _record(kind, name, value, description, step)
        if self._of is not None:
            record["of"] = self._of
        line = (render(record) + "\n").encode()
        if os.name == "posix":
            _append(self._path, line)
        else:
            with _appending:
                _append(self._path, line)

    def read(self):
        """The metrics in order, without tags."""
        try:
            with open(self._path, encoding="ascii") as file:
                records = [parse(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []
        return [record for record in records if record.get("of") == self._of and record["type"] != "tag"]


class PrintedMetrics:
    """Prints, as Azure ML's offline run does, and remembers for get_metrics."""

    def __init__(self):
        self._records = []

    def add(self, kind, name, value, description="", step=None):
        record = _record(kind, name, value, description, step)
        if kind != "tag":
            self._records.append(record)
        if kind == "tag":
            print("Attempted to add tag %s with value %s" % (name, value))
        else:
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
        raise ValueError("A %s needs a name: a text that is not empty, not %r." % ("tag" if kind == "tag" else "metric", name))
    record = {"name": name, "type": kind, "value": value, "createdUtc": now_text()}
    if description:
        record["description"] = str(description)
    if step is not None:
        if isinstance(step, bool) or not isinstance(step, int):
            raise TypeError("Metric '%s': step is a whole number, not %r." % (name, step))
        record["step"] = int(step)
    return record
