"""Files that a script adds to the artifacts of its run, or of the pipeline run: copied aside now, kept when the step ends.

SLUICE_UPLOADS_DIR has a folder for each of the two. A file appears there whole, by rename, under the name that it will
have among the artifacts, and is never replaced: the first file of a name stays, as in Azure ML.
"""
import os

from azureml.exceptions import AzureMLException

_OWN_BY_THE_SYSTEM = ("azureml-logs", "user_logs", "system_logs")
_CHUNK = 1024 * 1024


class UploadFolder:
    def __init__(self, root, scope):
        self._folder = os.path.join(root, scope)
        self._unfinished = os.path.join(root, "unfinished")

    def add(self, name, path_or_stream):
        target = os.path.join(self._folder, *_parts(name))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.makedirs(self._unfinished, exist_ok=True)
        temporary = os.path.join(self._unfinished, "%d.%x" % (os.getpid(), id(target)))
        try:
            with open(temporary, "xb") as file:
                if isinstance(path_or_stream, (str, os.PathLike)):
                    with open(path_or_stream, "rb") as source:
                        _copy(source, file)
                else:
                    _copy(path_or_stream, file)
            if os.path.lexists(target):
                raise AzureMLException("The run has a file %s already: uploading never replaces one." % name)
            os.rename(temporary, target)
        finally:
            if os.path.lexists(temporary):
                os.unlink(temporary)


class NoUploads:
    """An offline run's: it says so, as Azure ML does."""

    def add(self, name, path_or_stream):
        _parts(name)
        print("Attempted to track file %s at %s" % (name, path_or_stream))


def files_below(path):
    """Relative names, with forward slashes, and paths of the files below a folder, in a stable order."""
    if not os.path.isdir(path):
        raise AzureMLException("%s is no folder." % path)
    for at, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(at, name)
            yield os.path.relpath(full, path).replace(os.sep, "/"), full


def _parts(name):
    parts = name.replace("\\", "/").split("/") if isinstance(name, str) else [""]
    if any(part in ("", ".", "..") or ":" in part for part in parts):
        raise AzureMLException("%r is no name for a file of a run: a relative path such as outputs/model.pkl is." % (name,))
    if parts[0] in _OWN_BY_THE_SYSTEM:
        raise AzureMLException("%s belongs to the system's own logs." % name)
    return parts


def _copy(source, file):
    while True:
        data = source.read(_CHUNK)
        if not data:
            return
        file.write(data.encode() if isinstance(data, str) else data)
