"""Small files that other processes read while this one lives: they appear whole or not at all."""
import os
import time

from sluice_step.plain_json import render

_last_second = (None, "")


def now_text():
    """This instant in UTC with milliseconds, as in 2026-01-31T12:00:00.000Z."""
    global _last_second
    second, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
    known = _last_second
    if known[0] != second:
        # Rendering a second costs more than the rest of a metric's line: scripts log many in one.
        known = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
        _last_second = known
    return "%s.%03dZ" % (known[1], milliseconds)


def publish_once(path, record, durable=False):
    """Creates `path` with the record and answers True; answers False, changing nothing, if it exists already.

    Exclusive between processes. `durable` also waits until the content is on disk.
    """
    temporary = _write_beside(path, record, durable)
    try:
        os.link(temporary, path)
        return True
    except FileExistsError:
        return False
    except OSError:
        # Some file systems have no hard links; there an exclusively created neighbour is the claim.
        return _publish_by_lock(temporary, path)
    finally:
        _remove(temporary)


def replace_whole(path, record):
    """Writes `path` so that a reader sees the old content or the new one, never a part."""
    os.replace(_write_beside(path, record, False), path)


def _write_beside(path, record, durable):
    temporary = "%s.%d.tmp" % (path, os.getpid())
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(file, (render(record) + "\n").encode())
        if durable:
            os.fsync(file)
    finally:
        os.close(file)
    return temporary


def _publish_by_lock(temporary, path):
    try:
        os.close(os.open(path + ".lock", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except FileExistsError:
        return False
    os.replace(temporary, path)
    return True


def _remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
