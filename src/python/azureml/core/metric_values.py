"""What a metric may hold: numbers, texts and truth values, alone, in lists, in rows and in tables. Pure.

Scalars of numeric packages are taken through their `item()`, arrays through their `tolist()`. NaN and the infinities
are kept; see metrics_sink.py for how they are written.
"""


def scalar_value(name, value):
    """`value` as bool, int, float or str. Raises TypeError, naming the metric, for anything else."""
    if isinstance(value, (bool, int, float, str)):
        return _plain(value)
    item = getattr(value, "item", None)
    if callable(item):
        value = _item(name, value, item)
        if isinstance(value, (bool, int, float, str)):
            return _plain(value)
    raise TypeError(
        "Metric '%s' takes numbers and texts, not %s." % (name, type(value).__name__)
    )


def list_values(name, values):
    """`values` as a list of scalars. Raises TypeError when it is no list, tuple, range or array."""
    to_list = getattr(values, "tolist", None)
    if callable(to_list):
        values = to_list()
    if not isinstance(values, (list, tuple, range)):
        raise TypeError("Metric '%s' takes a list, not %s." % (name, type(values).__name__))
    return [scalar_value(name, value) for value in values]


def row_values(name, columns):
    """`columns` with scalar values. Raises ValueError when there is no column."""
    if not columns:
        raise ValueError("Metric '%s': a row needs at least one column, as in log_row(name, loss=0.3)." % name)
    return {column: scalar_value(name, value) for column, value in columns.items()}


def column_values(name, columns):
    """`columns` as lists of one length. Raises TypeError or ValueError when they do not make a table."""
    if not isinstance(columns, dict) or not columns:
        raise TypeError("Metric '%s': a table is a dict of columns, and not empty." % name)
    table = {str(column): _column(name, values) for column, values in columns.items()}
    lengths = {len(values) for values in table.values()}
    if len(lengths) > 1:
        raise ValueError("Metric '%s': the columns of a table have one length, not %s." % (name, sorted(lengths)))
    return table


def _column(name, values):
    is_array = hasattr(values, "tolist") and getattr(values, "ndim", 0) > 0
    if is_array or isinstance(values, (list, tuple, range)):
        return list_values(name, values)
    return [scalar_value(name, values)]


def _plain(value):
    """The value without a subclass of its own (numpy's float64 is a float, an IntEnum an int)."""
    if isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value) if kind is not str else str.__str__(value)
    raise AssertionError(value)


def _item(name, value, item):
    try:
        return item()
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            "Metric '%s' takes one number, not the many of %s; use log_list." % (name, type(value).__name__)
        ) from None
