"""A results folder as runs of MLflow: `python3 to_mlflow.py results/quickstart mlruns`, then
`MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri mlruns`; or another store by its URI,
sqlite:///runs.db or that of a server.

A run per row of summary.csv: what tells cells apart, swept options too, are its parameters, numbers
its metrics, texts its tags; columns of the trace are metrics with steps, `trace/...`; result.json,
cell.json and the network are artifacts. A run that is there already stays as it is."""

import datetime
import os
import pathlib
import sys

os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # newer versions ask for it

try:
    import pandas as pd
    from mlflow.entities import Metric, Param
    from mlflow.tracking import MlflowClient
except ImportError as missing:
    print(f"to_mlflow.py: {missing}; pip install pandas mlflow", file=sys.stderr)
    sys.exit(4)

BATCH = 1000  # metrics that MLflow takes at once
EMPTY = {"keep_default_na": False, "na_values": [""]}
CELL = ["data", "method", "solver", "loss", "repetition"]


def read(columns, path, file):
    mine = columns[columns.file == file].set_index("column")
    table = pd.read_csv(path, dtype=dict(mine.type), **EMPTY)
    for name in mine.index[mine.type == "string"]:  # a ' before what looks like a formula
        table[name] = table[name].str.replace(r"^'('*[=+\-@\t\r])", r"\1", regex=True)
    return [{name: value for name, value in row.items() if not pd.isna(value)}
            for row in table.to_dict("records")]


def name_of(row):
    return row["cell"], row["data"], row["method"]


def add(client, number, row, options, trace, folder):
    start, total = 0, sum(row.get(name, 0) for name in ("setup_s", "solve_s", "eval_s"))
    if "date" in row:
        start = int(datetime.datetime.fromisoformat(row["date"]).timestamp() * 1000)
    end = start + int(1000 * total)
    tags = {name: value for name, value in row.items() if isinstance(value, str)}
    title = f"{row['data']} {row['method']}"
    run = client.create_run(number, start_time=start, run_name=title, tags=tags).info.run_id
    metrics = [Metric(name, value, end, 0) for name, value in row.items()
               if name not in tags and name not in options]
    for at in trace:
        time, step = start + int(1000 * at["seconds"]), int(at["iteration"])
        metrics += [Metric(f"trace/{name}", at[name], time, step) for name in at if name != "iteration"]
    params = [Param(name, row[name] if name in tags else f"{row[name]:.15g}")
              for name in options if name in row]
    client.log_batch(run, params=params)
    for i in range(0, len(metrics), BATCH):
        client.log_batch(run, metrics=metrics[i:i + BATCH])
    for name in ("result.json", "cell.json", "model.npz"):
        if (folder / name).exists():
            client.log_artifact(run, str(folder / name))
    client.set_terminated(run, "FINISHED" if row["status"] == "ok" else "FAILED", end)


def main(folder, to):
    client = MlflowClient(tracking_uri=to if "://" in to else pathlib.Path(to).resolve().as_uri())
    name = folder.resolve().name
    experiment = client.get_experiment_by_name(name)
    number = experiment.experiment_id if experiment else client.create_experiment(name)
    known = {name_of(run.data.tags) for run in client.search_runs([number], max_results=50000)
             if "cell" in run.data.tags}
    columns = pd.read_csv(folder / "columns.csv", **EMPTY)
    swept = columns[(columns.file == "summary.csv") & (columns.meaning == "swept option")].column
    rows = read(columns, folder / "summary.csv", "summary.csv")
    fresh = [row for row in rows if name_of(row) not in known]
    for row in fresh:
        cell = folder / "cells" / row["cell"]
        path = cell / "trace.csv"
        trace = read(columns, path, "cells/*/trace.csv") if path.exists() else []
        add(client, number, row, CELL + list(swept), trace, cell)
    print(f"{to}: experiment {name}, {len(fresh)} runs added, {len(rows) - len(fresh)} were there")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: to_mlflow.py RESULTS_FOLDER MLRUNS")
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
