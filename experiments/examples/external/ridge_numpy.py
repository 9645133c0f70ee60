"""Ridge regression on the labels: the shortest program, a template for a method of yours.

It gives outputs, so the spec says `writes: outputs`; f > 0 is the class +1. Of several settings or
iterations of a method, call show_outputs for each one that is to be looked at.
"""

import numpy as np

from relubench_external import load, ready, show_outputs

problem, data = load()
X, y = data["X"], data["y"]
ready()
# min weight / 2 |Xw - y|^2 + beta / 2 |w|^2
G = problem["weight"] * X.T @ X + problem["beta"] * np.eye(X.shape[1])
w = np.linalg.solve(G, problem["weight"] * X.T @ y)
value = problem["weight"] / 2 * np.sum((X @ w - y) ** 2) + problem["beta"] / 2 * w @ w
show_outputs(1, lambda rows: rows @ w, data, value, "converged")
