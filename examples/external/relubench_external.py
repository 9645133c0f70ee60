"""The side of the program in relubench's trainer `external`: what it reads and writes."""

import json
import sys

import numpy as np


def load():
    """The problem (problem.json) and the arrays X, y, X_validation, y_validation of this folder."""
    with open("problem.json", encoding="utf-8") as file:
        problem = json.load(file)
    names = {"X": "X_train", "y": "y_train", "X_validation": "X_validation",
             "y_validation": "y_validation"}
    return problem, {key: np.load(name + ".npy") for key, name in names.items()}


def say(**what):
    print(json.dumps(what), flush=True)


def ready():
    """Libraries are loaded, the arrays are read: the time from here on is that of the method."""
    say(ready=True)


def show(iteration, U, alpha, end=None):
    """An iterate f(x) = sum_j alpha_j relu(u_j' x), U of d x m; `end`: "converged" or
    "iteration_limit" with the last one. The program is held until it has been evaluated."""
    name = f"{iteration}.npz"
    np.savez(name, U=np.ascontiguousarray(U, dtype=float), alpha=np.asarray(alpha, dtype=float))
    if end:
        say(iteration=iteration, model=name, end=end)
    else:
        say(iteration=iteration, model=name)


def linear(w):
    """w' x as a network of two neurons whose weight decay is the least: relu(w'x) - relu(-w'x)."""
    norm = float(np.linalg.norm(w))
    if norm == 0:
        return np.zeros((len(w), 1)), np.zeros(1)
    root = np.sqrt(norm)
    return np.stack([w / root, -w / root], axis=1), np.array([root, -root])


if __name__ == "__main__":
    sys.exit("a module of the examples beside it")
