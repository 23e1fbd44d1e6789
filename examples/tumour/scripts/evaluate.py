"""Tries a model on rows that it has not seen, and says how good it is.

Precision: of the tumours called malignant, the share that is. Recall: of the malignant tumours, the share that was
found. A tumour is called malignant when the model's probability reaches one half.
"""
import argparse
import json
import os

from azureml.core import Run
from train import probability, read_rows


def confusion(predicted, actual):
    """Counts by (actual, predicted), 1 for malignant."""
    pairs = list(zip(actual, predicted))
    return {pair: pairs.count(pair) for pair in ((1, 1), (1, 0), (0, 1), (0, 0))}


def share(part, whole):
    return part / whole if whole else 0.0


def scores(counts):
    found, missed, alarms, clear = (counts[pair] for pair in ((1, 1), (1, 0), (0, 1), (0, 0)))
    return {
        "accuracy": share(found + clear, found + missed + alarms + clear),
        "precision": share(found, found + alarms),
        "recall": share(found, found + missed),
    }


def table_text(counts):
    return "\n".join(
        [
            "| actual | called malignant | called benign |",
            "| --- | ---: | ---: |",
            "| malignant | %d | %d |" % (counts[1, 1], counts[1, 0]),
            "| benign | %d | %d |" % (counts[0, 1], counts[0, 0]),
        ]
    )


def write_report(folder, result, counts):
    os.makedirs(folder, exist_ok=True)
    matrix = {
        "malignant": {"called_malignant": counts[1, 1], "called_benign": counts[1, 0]},
        "benign": {"called_malignant": counts[0, 1], "called_benign": counts[0, 0]},
    }
    with open(os.path.join(folder, "report.json"), "w", encoding="utf-8") as file:
        json.dump({**result, "test_rows": sum(counts.values()), "confusion_matrix": matrix}, file, indent=1)
    lines = ["# Tumour classifier", "", "Tried on %d rows that it was not trained on." % sum(counts.values()), ""]
    lines += ["- %s: %.4f" % (name, value) for name, value in result.items()]
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, "", table_text(counts), ""]))


def main():
    parser = argparse.ArgumentParser(description="Evaluate a model on the prepared test rows.")
    parser.add_argument("--prepared", required=True, help="folder that prepare.py filled")
    parser.add_argument("--model", required=True, help="folder that train.py filled")
    parser.add_argument("--report", required=True, help="folder for report.json and report.md")
    options = parser.parse_args()

    _, rows, labels = read_rows(os.path.join(options.prepared, "test.csv"))
    with open(os.path.join(options.model, "model.json"), encoding="utf-8") as file:
        model = json.load(file)
    weights = list(model["weights"].values())
    predicted = [int(probability(weights, model["bias"], measured) >= 0.5) for measured in rows]
    counts = confusion(predicted, [int(label) for label in labels])
    result = scores(counts)
    print("tried on %d rows" % len(rows))
    print(table_text(counts))

    run = Run.get_context()
    for name, value in result.items():
        run.log(name, round(value, 4))
    run.log_table(
        "confusion_matrix",
        {
            "actual": ["malignant", "benign"],
            "called_malignant": [counts[1, 1], counts[0, 1]],
            "called_benign": [counts[1, 0], counts[0, 0]],
        },
    )
    write_report(options.report, result, counts)
    print("accuracy %(accuracy).4f, precision %(precision).4f, recall %(recall).4f" % result)


if __name__ == "__main__":
    main()
