"""The side of the program in relubench's trainer `external`: what it reads and writes."""

import json
import os
import sys

import numpy as np


def load():
    """The problem (problem.json) and the arrays X, y, X_validation, y_validation of this folder;
    with `writes: outputs` X_test, too."""
    if not os.path.exists("problem.json"):
        sys.exit("no problem.json here: a spec starts this program (`solver: external`), or copy "
                 "a folder that one was started in")
    with open("problem.json", encoding="utf-8") as file:
        problem = json.load(file)
    names = {"X": "X_train", "y": "y_train", "X_validation": "X_validation",
             "y_validation": "y_validation"}
    if problem["writes"] == "outputs":
        names["X_test"] = "X_test"
    return problem, {key: np.load(name + ".npy") for key, name in names.items()}


def say(**what):
    print(json.dumps(what), flush=True)


def ready():
    """Libraries are loaded, the arrays are read: the time from here on is that of the method."""
    say(ready=True)


def show(iteration, U, alpha, objective=None, end=None):
    """An iterate f(x) = sum_j alpha_j relu(u_j' x), U of d x m; what the program takes for its
    objective (column objective_iterate of the trace); `end`: "converged" or "iteration_limit" with
    the last one. The program is held until the iterate has been evaluated."""
    name = f"{iteration}.npz"
    np.savez(name, U=np.ascontiguousarray(U, dtype=float), alpha=np.asarray(alpha, dtype=float))
    line = {"iteration": iteration, "model": name, "objective": objective, "end": end}
    say(**{key: value for key, value in line.items() if value is not None})


def show_outputs(iteration, f, data, objective=None, end=None):
    """The same of any method (`writes: outputs`): its outputs f(X) on all parts."""
    for part, key in (("train", "X"), ("validation", "X_validation"), ("test", "X_test")):
        if len(data[key]):
            np.save(f"{iteration}_{part}.npy", np.asarray(f(data[key]), dtype=float).reshape(-1))
    line = {"iteration": iteration, "outputs": str(iteration), "objective": objective, "end": end}
    say(**{key: value for key, value in line.items() if value is not None})


def objective(problem, X, y, U, alpha):
    """weight * loss + (beta / 2) (|U|^2 + |alpha|^2) of a network, as relubench defines it."""
    f = np.maximum(X @ U, 0) @ alpha
    scale = problem["loss_options"].get("loss_scale", 1)
    losses = {
        "squared": lambda: 0.5 * np.sum((f - y) ** 2),
        "logistic": lambda: np.sum(np.logaddexp(0, -scale * y * f)),
        "hinge": lambda: np.sum(np.maximum(1 - y * f, 0)),
    }
    if problem["loss"] not in losses:
        sys.exit(f"no loss {problem['loss']} here")
    decay = 0.5 * (np.sum(U**2) + np.sum(alpha**2))
    return float(problem["weight"] * losses[problem["loss"]]() + problem["beta"] * decay)


def linear(w):
    """w' x as a network of two neurons whose weight decay is the least: relu(w'x) - relu(-w'x)."""
    norm = float(np.linalg.norm(w))
    if norm == 0:
        return np.zeros((len(w), 1)), np.zeros(1)
    root = np.sqrt(norm)
    return np.stack([w / root, -w / root], axis=1), np.array([root, -root])


if __name__ == "__main__":
    sys.exit("a module of the examples beside it")
