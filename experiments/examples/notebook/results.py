# A results folder in pandas: `python3 results.py results/quickstart`, or results.ipynb with the same lines.

import sys

import pandas as pd

folder = sys.argv[1] if sys.argv[1:] and sys.argv[1][0] != "-" else "results/quickstart"
empty = {"keep_default_na": False, "na_values": [""]}  # an empty field is a value that is not known


def read(file):
    columns = pd.read_csv(f"{folder}/columns.csv", **empty)  # file, column, type, unit, ..., meaning
    types = columns[columns.file == file].set_index("column").type
    return pd.read_csv(f"{folder}/{file}", dtype=dict(types), **empty)


cells = read("summary.csv").query("status == 'ok'")
table = cells.groupby(["data", "method"])[["test_accuracy", "objective_network", "solve_s"]].median()
print(table)

axes = (100 * table.test_accuracy).unstack("data").plot.bar(
    rot=0, ylabel="test accuracy, %, median over cells")
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4)
axes.figure.savefig("results.svg")
