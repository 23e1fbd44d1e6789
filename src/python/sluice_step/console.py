"""Where a step's console goes.

std_log.txt takes both streams at the level of file descriptors, opened for appending: prints, native code and child
processes stand there in the order in which they happened, and no pump thread can stall. stderr.txt repeats what
Python itself wrote to sys.stderr (tracebacks, warnings, logging); what native code or a child process writes to
stderr is in std_log.txt only. So the last words of a failed step are the tail of stderr.txt, or of std_log.txt if
that is empty. Both are written line by line, so that a reader can follow.
"""
import gc
import io
import os
import sys

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND


def redirect_console(folder):
    """From here on stdin is empty and both output streams end in the attempt's files."""
    log = os.open(os.path.join(folder, "std_log.txt"), _APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    for file in {log, nothing} - {0, 1, 2}:
        os.close(file)
    errors = os.open(os.path.join(folder, "stderr.txt"), _APPEND, 0o644)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.__stdout__ = _lines(io.FileIO(1, "w", closefd=False))
    sys.stderr = sys.__stderr__ = _lines(_Both(errors))


def say(folder, line):
    """Adds a line of the supervisor's own to both files, past the script's streams and their locks."""
    for name in ("std_log.txt", "stderr.txt"):
        file = os.open(os.path.join(folder, name), _APPEND, 0o644)
        os.write(file, (line + "\n").encode())
        os.close(file)


def flush_open_files():
    """Flushes every file that the script left open, the console included. False if one of them refused."""
    flushed = True
    _flush_native()
    for item in gc.get_objects():
        if isinstance(item, io.IOBase):
            try:
                if not item.closed and item.writable():
                    item.flush()
            except Exception:
                flushed = False
    return flushed


def _flush_native():
    """Flushes the C library's own buffers, which native packages print into and os._exit would lose."""
    if "ctypes" in sys.modules or any(map(_is_foreign_native, list(sys.modules.values()))):
        import ctypes

        ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)


def _is_foreign_native(module):
    path = getattr(module, "__file__", None)
    return isinstance(path, str) and "site-packages" in path and path.endswith((".so", ".pyd"))


def _lines(raw):
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True
    )


class _Both(io.RawIOBase):
    """Descriptor 2, and a file that repeats it."""

    def __init__(self, errors):
        self._errors = errors

    def writable(self):
        return True

    def fileno(self):
        return 2

    def isatty(self):
        return False

    def write(self, data):
        written = os.write(2, data)
        os.write(self._errors, bytes(data)[:written])
        return written
