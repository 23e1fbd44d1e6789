"""JSON for values of the plain kinds, without the json package, whose import is most of a bare interpreter's start.

Numbers that JSON cannot write become the texts "NaN", "Infinity" and "-Infinity".
"""
import math

try:
    from _json import encode_basestring_ascii as _quote
    from _json import make_scanner as _make_scanner
except ImportError:
    _make_scanner = None


def render(value):
    """One line of ASCII JSON. Raises TypeError for anything but dict, list, tuple, str, bool, int, float and None."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (_text(key), render(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(render, value))
    raise TypeError("%s has no JSON form" % type(value).__name__)


def parse(text):
    """The value of a JSON text. Raises ValueError when it is not one."""
    try:
        scan = _make_scanner(_ScannerSettings())
    except (AttributeError, TypeError):
        # An interpreter whose scanner is missing or wants other settings.
        import json

        return json.loads(text)
    text = text.strip(" \t\r\n")
    try:
        value, end = scan(text, 0)
    except StopIteration:
        raise ValueError("not a JSON text") from None
    if end != len(text):
        raise ValueError("text after the JSON value, at character %d" % end)
    return value


class _ScannerSettings:
    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def _text(value):
    if _make_scanner is None:
        import json

        return json.dumps(value)
    return _quote(value)


def _number(value):
    if math.isfinite(value):
        return float.__repr__(value)
    if math.isnan(value):
        return '"NaN"'
    return '"Infinity"' if value > 0 else '"-Infinity"'
