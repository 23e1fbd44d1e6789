"""Makes second_batch.csv: 300 rows of breast_cancer.csv, drawn with a fixed seed, six of them damaged on purpose.

It is the file for trying the change schedule: other numbers than the first run, and malformed rows to drop.
Usage: python make_second_batch.py > second_batch.csv
"""
import os
import random
import sys

DAMAGE = (
    lambda fields: fields[:-1],
    lambda fields: [*fields, "0"],
    lambda fields: ["", *fields[1:]],
    lambda fields: ["n/a", *fields[1:]],
    lambda fields: ["nan", *fields[1:]],
    lambda fields: [*fields[:-1], "unclear"],
)


def second_batch(text):
    """The text of second_batch.csv, from the text of breast_cancer.csv."""
    header, *rows = text.splitlines()
    drawn = random.Random(7).sample(rows, 300)
    for number, damage in enumerate(DAMAGE):
        at = 25 + 50 * number
        drawn[at] = ",".join(damage(drawn[at].split(",")))
    return "\n".join([header, *drawn, ""])


if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "breast_cancer.csv"), encoding="ascii") as file:
        sys.stdout.write(second_batch(file.read()))
