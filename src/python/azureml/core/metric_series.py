"""Logged values as get_metrics shows them. Pure.

A name that was logged once stands for its value, one that was logged again for all values in order: scalars make a
list, lists are joined, rows and tables become an object of columns (a single row keeps its single values). When one
name was logged as different kinds, the last kind wins.
"""


def series_by_name(records):
    grouped = {}
    for record in records:
        grouped.setdefault(record["name"], []).append(record)
    return {name: _series(items) for name, items in grouped.items()}


def _series(records):
    kind = records[-1]["type"]
    values = [record["value"] for record in records if record["type"] == kind]
    if kind == "list":
        return [item for value in values for item in value]
    if len(values) == 1:
        return values[0]
    return values if kind == "scalar" else _joined_columns(values)


def _joined_columns(values):
    columns = {}
    for value in values:
        for column, item in value.items():
            columns.setdefault(column, []).extend(item if isinstance(item, list) else [item])
    return columns
