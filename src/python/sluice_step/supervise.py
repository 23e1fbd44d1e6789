"""The step's process is its own supervisor: it runs the script inside itself and leaves a record of how that ended.

Owns the files of an attempt folder, except attempt.json, which the compute target writes before the start:
  claim, supervisor.json   {"pid", "processStartedAt", "startedAt"}: who runs this attempt
  std_log.txt, stderr.txt  see console.py
  metrics.jsonl            what the script logs, unless the environment names another SLUICE_METRICS_FILE
  timeout.json             {"timedOutAt"}: it is being ended at its time limit; written before anything is
  exit.json                {"exitCode", "finishedAt", "signal", "timedOut", "usage"}: how it ended; usage.py says what
                           was used, null when the attempt was ended by force

Must not: open a connection, know of tables or blobs, read outputs. Modules whose import is slow (json, threading,
signal, runpy, traceback) stay out, since every step of every run pays for them.

Invariants:
1. `claim` is created once, with its content: of any number of starts on one folder, one runs the script and the
   others end with 0 and touch nothing.
2. exit.json appears whole and never changes: the first record wins.
3. Whoever sees exit.json sees everything: threads are joined, exit handlers have run, open files are flushed, and
   on POSIX the rest of the process group was told to end (SIGTERM).
4. A process that vanishes otherwise (kill -9, os._exit, a crash in native code) leaves no exit.json. The observer
   calls that lost, by pid and start time.
5. Only the supervising process writes records: a fork of the script that falls out of its code just ends.
"""
import os
import sys

from sluice_step.attempt import AttemptProblem, read_attempt
from sluice_step.console import flush_open_files, redirect_console, say
from sluice_step.processes import (
    catch_termination,
    end_group_at,
    end_rest_of_group,
    ignore_termination,
    lead_own_group,
    started_at_mark,
    was_terminated,
)
from sluice_step.records import now_text, publish_once, replace_whole
from sluice_step.script import (
    ENDED_BY_SIGTERM,
    Ending,
    outcome_of,
    release_names,
    run_exit_handlers,
    run_script,
    wait_for_threads,
)
from sluice_step.usage import resource_use

# What the interpreter itself exits with when its last flush fails.
_CANNOT_FLUSH = 120


def supervise(folder):
    """Runs the attempt in `folder` and ends this process with the script's exit code; 0 if another one runs it."""
    folder = os.path.abspath(folder)
    if not os.path.isdir(folder):
        sys.exit("%s is no folder: an attempt has a folder with its attempt.json." % folder)
    lead_own_group()
    mark = started_at_mark(os.getpid())
    record = {"pid": os.getpid(), "processStartedAt": mark, "startedAt": now_text()}
    if not publish_once(os.path.join(folder, "claim"), record):
        os._exit(0)
    replace_whole(os.path.join(folder, "supervisor.json"), record)
    redirect_console(folder)
    pid = os.getpid()
    catch_termination()
    ending = outcome_of(lambda: _run(folder, mark))
    ending = _let_go(ending)
    if os.getpid() == pid:
        end_rest_of_group()
        _publish_exit(folder, ending.code, ending.signal, False, resource_use())
    os._exit(ending.code)


def _run(folder, mark):
    try:
        attempt = read_attempt(os.path.join(folder, "attempt.json"))
    except AttemptProblem as problem:
        sys.exit(str(problem))
    os.environ.update(attempt.environment)
    os.environ.setdefault("SLUICE_METRICS_FILE", os.path.join(folder, "metrics.jsonl"))
    if attempt.timeout_seconds is not None:
        _limit(folder, mark, attempt.timeout_seconds)
    run_script(attempt)


def _limit(folder, mark, seconds):
    def before_timeout():
        publish_once(os.path.join(folder, "timeout.json"), {"timedOutAt": now_text()})

    def on_timeout():
        if os.path.exists(os.path.join(folder, "exit.json")):
            return
        say(folder, "The step was ended after %g s, its time limit." % seconds)
        _publish_exit(folder, 137, "SIGKILL", True, None)

    end_group_at(seconds, os.getpid(), mark, before_timeout, on_timeout)


def _let_go(ending):
    """What the interpreter does at its end, done before the record is written, so that the record comes last.

    After SIGTERM nobody waits for the script's threads: they do not hear of it, and the sender would lose patience.
    """
    asked_before = was_terminated()
    if not asked_before:
        outcome_of(wait_for_threads)
    outcome_of(run_exit_handlers)
    ignore_termination()
    if was_terminated() and not asked_before:
        ending = ENDED_BY_SIGTERM
    release_names()
    if not flush_open_files() and ending.code == 0:
        ending = Ending(_CANNOT_FLUSH)
    return ending


def _publish_exit(folder, code, signal, timed_out, usage):
    record = {
        "exitCode": code,
        "finishedAt": now_text(),
        "signal": signal,
        "timedOut": timed_out,
        "usage": usage,
    }
    publish_once(os.path.join(folder, "exit.json"), record, durable=True)
