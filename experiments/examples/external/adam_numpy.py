"""Full-batch Adam on a two-layer ReLU network with the squared loss, in numpy alone."""

import numpy as np

from relubench_external import load, objective, ready, show

problem, data = load()
options = problem["options"]
assert problem["loss"] == "squared", "this example knows the squared loss alone"
X, y = data["X"], data["y"]
beta, weight = problem["beta"], problem["weight"]
m = int(options.get("width", 50))
rng = np.random.default_rng(problem["seed"])
U = rng.normal(size=(X.shape[1], m)) / np.sqrt(X.shape[1])
alpha = rng.normal(size=m) / np.sqrt(m)
ready()
first = [np.zeros_like(U), np.zeros_like(alpha)]
second = [np.zeros_like(U), np.zeros_like(alpha)]
steps, every = int(options.get("steps", 1000)), int(options.get("every", 100))
for k in range(1, steps + 1):
    H = np.maximum(X @ U, 0)
    r = weight * (H @ alpha - y)
    gradients = [X.T @ (np.outer(r, alpha) * (H > 0)) + beta * U, H.T @ r + beta * alpha]
    for i, (weights, g) in enumerate(zip((U, alpha), gradients)):
        first[i] = 0.9 * first[i] + 0.1 * g
        second[i] = 0.999 * second[i] + 0.001 * g * g
        weights -= (float(options.get("learning_rate", 0.01)) * first[i] / (1 - 0.9**k)
                    / (np.sqrt(second[i] / (1 - 0.999**k)) + 1e-8))
    if k % every == 0 or k == steps:
        show(k, U, alpha, objective(problem, X, y, U, alpha),
             "iteration_limit" if k == steps else None)
