"""Runs a script as __main__ of this interpreter, and says how it ended in the words of a process's exit."""
import _thread
import atexit
import os
import sys

from sluice_step.processes import Terminated


class Ending:
    """`code` as the operating system reports it; `signal` is the name of the signal behind it, or None."""

    __slots__ = ("code", "signal")

    def __init__(self, code, signal=None):
        self.code = code
        self.signal = signal


ENDED_BY_SIGTERM = Ending(143, "SIGTERM")


def run_script(attempt):
    """Like `python <script> <arguments>` in the working directory. Returns or raises as the script does."""
    os.chdir(attempt.working_directory)
    path = os.path.join(os.getcwd(), attempt.script)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as problem:
        print("The script %s cannot be opened: %s" % (attempt.script, problem.strerror), file=sys.stderr)
        sys.exit(2)
    _prepare_imports(os.path.dirname(path), attempt.python_path)
    sys.argv = [attempt.script, *attempt.arguments]
    names = _new_main(path)
    code = compile(source, path, "exec", dont_inherit=True)
    # The script must not keep its own text and code alive through this frame.
    del source
    exec(code, names)


def outcome_of(action):
    """Calls `action` and turns whatever ends it into an Ending, reporting on stderr as the interpreter would."""
    try:
        action()
        return Ending(0)
    except Terminated:
        return ENDED_BY_SIGTERM
    except SystemExit as end:
        return Ending(_exit_code(end.code))
    except BaseException as problem:
        _report(problem)
        return Ending(130, "SIGINT") if isinstance(problem, KeyboardInterrupt) else Ending(1)


def wait_for_threads():
    """Waits for every thread that is not a daemon, and tells idle pools to end, as the interpreter does at its end."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()


def run_exit_handlers():
    """Runs what was registered with atexit, the last first. A failure of one is shown and changes nothing."""
    try:
        atexit._run_exitfuncs()
    except Terminated:
        raise
    except BaseException:
        # Shown already where the interpreter shows it; older ones raise the last one as well.
        pass


def release_names():
    """Drops the script's global names, so that what they hold (archives, temporary folders) is closed properly.

    Daemon threads may still use them: then nothing is dropped.
    """
    if _thread._count() > 0:
        return
    names = sys.modules["__main__"].__dict__
    for private in (True, False):
        for name in list(names):
            if name.startswith("_") == private and not name.startswith("__"):
                names[name] = None


def _prepare_imports(script_folder, python_path):
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    rest = [entry for entry in sys.path if entry != own and entry not in python_path]
    sys.path[:] = [script_folder, *python_path, *rest]
    inherited = os.environ.get("PYTHONPATH")
    # Python processes that the script starts find the run context too.
    os.environ["PYTHONPATH"] = os.pathsep.join([*python_path, *([inherited] if inherited else [])])


def _new_main(path):
    main = type(sys)("__main__")
    main.__file__ = path
    main.__builtins__ = sys.modules["builtins"]
    main.__cached__ = None
    sys.modules["__main__"] = main
    return main.__dict__


def _exit_code(value):
    if value is None:
        return 0
    if isinstance(value, int):
        return value & (0xFFFFFFFF if os.name == "nt" else 0xFF)
    print(value, file=sys.stderr)
    return 1


def _report(problem):
    trace = problem.__traceback__
    while trace is not None and os.path.dirname(trace.tb_frame.f_code.co_filename) == os.path.dirname(__file__):
        trace = trace.tb_next
    try:
        sys.excepthook(type(problem), problem.with_traceback(trace), trace)
    except BaseException:
        sys.__excepthook__(type(problem), problem, trace)
