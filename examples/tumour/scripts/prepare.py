"""Cleans a table of tumours, splits it into a training and a test part, and standardises both.

A row is malformed when it has another number of fields than the header, a measurement that is no finite number, or a
diagnosis other than malignant and benign. Malformed rows are dropped and counted. The scale of each measurement
(mean, standard deviation) is taken from the training part alone, so that nothing of the test part leaks into training.
"""
import argparse
import csv
import json
import math
import os
import random
import sys

from azureml.core import Run

LABELS = {"malignant": 1, "benign": 0}


def find_tables(path):
    """The CSV files at `path`: the file itself, or every CSV file in the folder, by name."""
    if os.path.isfile(path):
        return [path]
    found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    return sorted(name for name in found if name.lower().endswith(".csv"))


def parse_row(fields, label_at, width):
    """(measurements, label), or None if the row is malformed."""
    if len(fields) != width:
        return None
    label = LABELS.get(fields[label_at].strip().lower())
    try:
        measured = [float(text) for at, text in enumerate(fields) if at != label_at]
    except ValueError:
        return None
    if label is None or not all(map(math.isfinite, measured)):
        return None
    return measured, label


def read_table(path):
    """(names of the measurements, good rows, number of malformed rows) of one CSV file."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        header = [name.strip() for name in next(rows, [])]
        if "diagnosis" not in header:
            sys.exit("%s: the first line must name the columns, one of them 'diagnosis'." % os.path.basename(path))
        if len(set(header)) < len(header):
            sys.exit("%s: two columns have one name." % os.path.basename(path))
        label_at = header.index("diagnosis")
        parsed = [parse_row(fields, label_at, len(header)) for fields in rows if fields]
    good = [row for row in parsed if row is not None]
    return header[:label_at] + header[label_at + 1 :], good, len(parsed) - len(good)


def read_tables(paths):
    """Like read_table, for several files with the same columns."""
    names, rows, dropped = None, [], 0
    for path in paths:
        own_names, own_rows, own_dropped = read_table(path)
        if names is not None and own_names != names:
            sys.exit("%s has other columns than %s." % (os.path.basename(path), os.path.basename(paths[0])))
        names, rows, dropped = own_names, rows + own_rows, dropped + own_dropped
        print("read %s: %d rows, %d malformed" % (os.path.basename(path), len(own_rows) + own_dropped, own_dropped))
    return names, rows, dropped


def split(rows, test_share, seed):
    """(training rows, test rows) after a shuffle that the seed decides."""
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    test_count = round(len(shuffled) * test_share)
    return shuffled[test_count:], shuffled[:test_count]


def scale_of(rows):
    """Mean and standard deviation of each measurement; a constant one gets deviation 1."""
    columns = list(zip(*(measured for measured, _ in rows)))
    means = [math.fsum(column) / len(column) for column in columns]
    deviations = [
        math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column)) or 1.0
        for column, mean in zip(columns, means)
    ]
    return {"means": means, "deviations": deviations}


def standardise(rows, scale):
    return [
        ([(v - m) / d for v, m, d in zip(measured, scale["means"], scale["deviations"])], label)
        for measured, label in rows
    ]


def write_rows(path, names, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, "malignant"])
        writer.writerows([*map(repr, measured), label] for measured, label in rows)


def main():
    parser = argparse.ArgumentParser(description="Clean, split and standardise a table of tumours.")
    parser.add_argument("--input", required=True, help="CSV file, or a folder of CSV files with the same columns")
    parser.add_argument("--prepared", required=True, help="folder for train.csv, test.csv and scale.json")
    parser.add_argument("--seed", type=int, default=1, help="decides the split")
    parser.add_argument("--test_share", type=float, default=0.2, help="share of rows kept for the test, 0 to 1")
    options = parser.parse_args()

    paths = find_tables(options.input)
    if not paths:
        sys.exit("%s holds no CSV file." % options.input)
    names, rows, dropped = read_tables(paths)
    train, test = split(rows, options.test_share, options.seed)
    if {label for _, label in train} != {0, 1} or not test:
        sys.exit("%d usable rows are not enough: training needs both diagnoses, and the test one row." % len(rows))
    print("dropped %d malformed rows, kept %d" % (dropped, len(rows)))

    scale = scale_of(train)
    os.makedirs(options.prepared, exist_ok=True)
    write_rows(os.path.join(options.prepared, "train.csv"), names, standardise(train, scale))
    write_rows(os.path.join(options.prepared, "test.csv"), names, standardise(test, scale))
    with open(os.path.join(options.prepared, "scale.json"), "w", encoding="utf-8") as file:
        json.dump({"names": names, **scale}, file, indent=1)
    print("wrote %d rows for training, %d for the test" % (len(train), len(test)))

    run = Run.get_context()
    run.log("rows_dropped", dropped)
    run.log("rows_train", len(train))
    run.log("rows_test", len(test))


if __name__ == "__main__":
    main()
