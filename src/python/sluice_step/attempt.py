"""attempt.json: what to run, as the local compute target wrote it. Checked once here, trusted afterwards."""
from sluice_step.plain_json import parse


class AttemptProblem(Exception):
    """attempt.json cannot be used; the text says which key and why."""


class Attempt:
    """`script` is relative to `working_directory`; `python_path` comes before the interpreter's own packages."""

    __slots__ = ("script", "arguments", "working_directory", "environment", "python_path", "timeout_seconds")

    def __init__(self, script, arguments, working_directory, environment, python_path, timeout_seconds):
        self.script = script
        self.arguments = arguments
        self.working_directory = working_directory
        self.environment = environment
        self.python_path = python_path
        self.timeout_seconds = timeout_seconds


def read_attempt(path):
    """Raises AttemptProblem, naming every bad key at once."""
    try:
        with open(path, encoding="utf-8") as file:
            content = parse(file.read())
    except (OSError, ValueError) as problem:
        raise AttemptProblem("attempt.json cannot be read: %s" % problem) from None
    if not isinstance(content, dict):
        raise AttemptProblem("attempt.json must be an object")
    return _checked(content)


def _checked(content):
    wrong = [
        "%s must be %s" % (key, words)
        for key, (accepts, words) in _RULES.items()
        if not accepts(content.get(key))
    ]
    if wrong:
        raise AttemptProblem("attempt.json: " + "; ".join(wrong))
    return Attempt(
        content["script"],
        content["arguments"],
        content["workingDirectory"],
        content["environment"],
        content["pythonPath"],
        content.get("timeoutSeconds"),
    )


def _is_text(value):
    return isinstance(value, str) and value != ""


def _is_texts(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_text_map(value):
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_limit(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value is None or (is_number and 0 < value < float("inf"))


_RULES = {
    "script": (_is_text, "a path relative to workingDirectory"),
    "arguments": (_is_texts, "a list of texts"),
    "workingDirectory": (_is_text, "the path of a folder"),
    "environment": (_is_text_map, "an object of texts"),
    "pythonPath": (_is_texts, "a list of paths"),
    "timeoutSeconds": (_is_limit, "a positive number or null"),
}
