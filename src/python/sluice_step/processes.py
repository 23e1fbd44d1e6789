"""What differs between POSIX and Windows: process groups, start times, signals and the time limit.

POSIX: the supervisor leads its own session and group, so `kill -- -pid` reaches everything the script started.
A time limit is kept by a watchdog process outside that group: a thread could not run while native code holds the
interpreter's lock. It ends by itself as soon as the supervisor is gone, however that happened.

Windows: the tree is ended by `taskkill /T`, the time limit is kept by a thread (late if native code holds the
interpreter's lock), start times are not recorded, and nobody is asked to end politely.
"""
import _signal
import _thread
import os
import time

_POSIX = os.name == "posix"
_was_terminated = False


class Terminated(SystemExit):
    """SIGTERM came: raised in the script like SystemExit, so that its `finally` blocks and exit handlers run."""


def lead_own_group():
    """Makes the supervisor's group id equal to its pid, also when it was started in somebody else's group."""
    if _POSIX and os.getpgrp() != os.getpid():
        os.setsid()


def started_at_mark(pid):
    """A text that tells this process from a later one with the same pid, or None where that cannot be said.

    Linux: field 22 of /proc/<pid>/stat (clock ticks since boot). Other POSIX: `ps -o lstart=`, in English and UTC.
    """
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            # The command name, in parentheses, may hold blanks and parentheses itself.
            return file.read().rpartition(b")")[2].split()[19].decode()
    except OSError:
        return _start_time_by_ps(pid) if _POSIX else None


def catch_termination():
    """From here on SIGTERM raises Terminated in the script's main thread."""

    def on_sigterm(_number, _frame):
        global _was_terminated
        _was_terminated = True
        # One is enough: a second must not break into the script's clean-up. Whoever is in a hurry uses SIGKILL.
        ignore_termination()
        raise Terminated(143)

    _signal.signal(_signal.SIGTERM, on_sigterm)


def was_terminated():
    """Whether SIGTERM came: some interpreters swallow what a handler raises while they wait for threads."""
    return _was_terminated


def ignore_termination():
    _signal.signal(_signal.SIGTERM, _signal.SIG_IGN)


def end_rest_of_group():
    """Asks what the script left running to end. The caller ignores SIGTERM by now."""
    if _POSIX and os.getpgrp() == os.getpid():
        os.killpg(0, _signal.SIGTERM)


def end_group_at(seconds, pid, mark, before_timeout, on_timeout):
    """After `seconds`, ends process `pid` and everything it started, by force: between the two calls.

    On Windows `on_timeout` runs just before they end as well.
    """
    if _POSIX:
        _watch_from_outside(seconds, pid, mark, before_timeout, on_timeout)
    else:
        _thread.start_new_thread(_watch_from_thread, (seconds, pid, before_timeout, on_timeout))


def _watch_from_outside(seconds, pid, mark, before_timeout, on_timeout):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # Two forks: a script that waits for its children must not meet the watchdog among them.
        if os.fork() == 0:
            os.close(writer)
            try:
                _watch(reader, seconds, pid, mark, before_timeout, on_timeout)
            finally:
                os._exit(0)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(reader)
    # `writer` stays open on purpose: its end tells the watchdog that the supervisor is gone.


def _watch(reader, seconds, pid, mark, before_timeout, on_timeout):
    import select

    os.setsid()
    ignore_termination()
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        # Longer waits than a day overflow in some systems.
        if select.select([reader], [], [], min(left, 86_400))[0]:
            return
    if started_at_mark(pid) != mark:
        return
    before_timeout()
    os.killpg(pid, _signal.SIGKILL)
    # The pipe ends when its last holder is dead; one that left the group may hold it for ever.
    select.select([reader], [], [], 5)
    on_timeout()


def _watch_from_thread(seconds, pid, before_timeout, on_timeout):
    time.sleep(seconds)
    before_timeout()
    on_timeout()
    os.system("taskkill /F /T /PID %d >NUL 2>&1" % pid)
    os._exit(137)


def _start_time_by_ps(pid):
    reader, writer = os.pipe()
    try:
        child = os.posix_spawn(
            "/bin/ps",
            ["ps", "-o", "lstart=", "-p", str(pid)],
            {"LC_ALL": "C", "TZ": "UTC"},
            file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)],
        )
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    os.close(writer)
    with open(reader, encoding="ascii", errors="replace") as answer:
        text = " ".join(answer.read().split())
    os.waitpid(child, 0)
    return text or None
