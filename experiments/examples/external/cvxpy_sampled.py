"""The convex program of sampled activation patterns, posed in CVXPY and solved by Clarabel.

options: patterns (an .npy file of n x P zeros and ones, as `patterns: {file: ...}` of the methods
in the tree reads it), or count (drawn here, Gaussian directions).

    min  weight l(sum_i D_i X (v_i - w_i), y) + beta sum_i (|v_i| + |w_i|)
    s.t. (2 D_i - I) X v_i >= 0,  (2 D_i - I) X w_i >= 0

(Pilanci and Ergen 2020). The network has the neurons v_i / sqrt|v_i| with +sqrt|v_i| and
w_i / sqrt|w_i| with -sqrt|w_i|.
"""

import cvxpy as cp
import numpy as np

from relubench_external import load, ready, show

problem, data = load()
options = problem["options"]
X, y = data["X"], data["y"]
n, d = X.shape
if "patterns" in options:
    D = np.load(options["patterns"]) > 0
else:
    rng = np.random.default_rng(problem["seed"])
    D = np.unique(X @ rng.normal(size=(d, int(options.get("count", 50)))) >= 0, axis=1)
ready()
P = D.shape[1]
V, W = cp.Variable((d, P)), cp.Variable((d, P))
signs = 2.0 * D - 1
f = cp.sum(cp.multiply(D.astype(float), X @ (V - W)), axis=1)
scale = problem["loss_options"].get("loss_scale", 1)
losses = {
    "squared": lambda: 0.5 * cp.sum_squares(f - y),
    "logistic": lambda: cp.sum(cp.logistic(-scale * cp.multiply(y, f))),
    "hinge": lambda: cp.sum(cp.pos(1 - cp.multiply(y, f))),
}
penalty = cp.sum(cp.norm(V, axis=0)) + cp.sum(cp.norm(W, axis=0))
program = cp.Problem(
    cp.Minimize(problem["weight"] * losses[problem["loss"]]() + problem["beta"] * penalty),
    [cp.multiply(signs, X @ V) >= 0, cp.multiply(signs, X @ W) >= 0])
program.solve(solver=cp.CLARABEL)
neurons, heads = [], []
for cone, sign in ((V.value, 1), (W.value, -1)):
    sizes = np.linalg.norm(cone, axis=0)
    for i in np.flatnonzero(sizes > 1e-9 * sizes.max(initial=1)):
        neurons.append(cone[:, i] / np.sqrt(sizes[i]))
        heads.append(sign * np.sqrt(sizes[i]))
U = np.stack(neurons, axis=1) if neurons else np.zeros((d, 1))
show(1, U, heads if heads else [0.0], float(program.value), "converged")
