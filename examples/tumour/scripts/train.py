"""Learns to tell malignant tumours from benign ones: logistic regression by gradient descent over all rows at once.

Starts from zero weights and uses no randomness, so the same rows and parameters give the same model, byte for byte.
"""
import argparse
import csv
import json
import math
import os
import sys
from operator import mul

from azureml.core import Run


def read_rows(path):
    """(names, list of measurements per row, list of labels) of a file that prepare.py wrote."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        names = next(rows)[:-1]
        parsed = [list(map(float, fields)) for fields in rows]
    return names, [row[:-1] for row in parsed], [row[-1] for row in parsed]


def probability(weights, bias, measured):
    """How likely the tumour is malignant, 0 to 1."""
    z = sum(map(mul, weights, measured)) + bias
    # Both branches keep the exponent negative, so a large score cannot overflow.
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def log_loss(probabilities, labels):
    tiny = 1e-15
    return -math.fsum(
        math.log(max(p if label else 1 - p, tiny)) for p, label in zip(probabilities, labels)
    ) / len(labels)


def train(rows, labels, learning_rate, epochs, on_epoch):
    """(weights, bias) after `epochs` steps down the gradient; calls on_epoch(epoch, loss) before each step."""
    columns = list(zip(*rows))
    weights, bias = [0.0] * len(columns), 0.0
    pace = learning_rate / len(rows)
    for epoch in range(1, epochs + 1):
        probabilities = [probability(weights, bias, measured) for measured in rows]
        on_epoch(epoch, log_loss(probabilities, labels))
        errors = [p - label for p, label in zip(probabilities, labels)]
        weights = [w - pace * sum(map(mul, column, errors)) for w, column in zip(weights, columns)]
        bias -= pace * sum(errors)
    return weights, bias


def main():
    parser = argparse.ArgumentParser(description="Train a logistic regression on prepared rows.")
    parser.add_argument("--prepared", required=True, help="folder that prepare.py filled")
    parser.add_argument("--model", required=True, help="folder for model.json")
    parser.add_argument("--learning_rate", type=float, default=0.5)
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()
    if not options.learning_rate > 0 or options.epochs < 1:
        sys.exit("--learning_rate must be above 0 and --epochs at least 1.")

    names, rows, labels = read_rows(os.path.join(options.prepared, "train.csv"))
    print("training on %d rows of %d measurements" % (len(rows), len(names)))
    run = Run.get_context()

    def on_epoch(epoch, loss):
        run.log("loss", round(loss, 6))
        if epoch == 1 or epoch % 10 == 0:
            print("epoch %d of %d: loss %.4f" % (epoch, options.epochs, loss))

    weights, bias = train(rows, labels, options.learning_rate, options.epochs, on_epoch)
    os.makedirs(options.model, exist_ok=True)
    model = {"learning_rate": options.learning_rate, "epochs": options.epochs, "bias": bias}
    model["weights"] = dict(zip(names, weights))
    with open(os.path.join(options.model, "model.json"), "w", encoding="utf-8") as file:
        json.dump(model, file, indent=1)
    print("wrote model.json")


if __name__ == "__main__":
    main()
