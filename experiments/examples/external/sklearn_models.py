"""scikit-learn's logistic regression, or its MLP with one hidden layer, as ReLU networks.

options: model (logistic or mlp); of logistic penalty (norm or squared), of mlp width and
iterations. The spec says `loss: logistic`. The bias is the column of ones that `prepare: [...,
bias]` adds, which is penalised like the others.

As a ReLU network w'x has the weight decay 2 |w|, so the program of relubench's linear networks
(`linear_robust` with eps: 0) is

    min  weight sum_k log(1 + exp(-y_k w'x_k)) + 2 beta |w|        (penalty: norm)

Logistic regression with the penalty (beta / c) |w|^2 solves it once c = |w|, as |w| <= (|w|^2 / c +
c) / 2 with equality there: it is repeated with c = |w| until that stays. penalty: squared is plain
logistic regression with (beta / 2) |w|^2, another program. So is that of the MLP: its biases are
outside of its penalty and are added as neurons here. Both are judged by relubench's objective.
"""

import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from relubench_external import linear, load, objective, ready, show

problem, data = load()
options = problem["options"]
X, y = data["X"], data["y"]
beta = problem["beta"] / problem["weight"]  # of a sum over samples
ready()
if problem["loss"] != "logistic":
    sys.exit(f"this example knows the logistic loss alone, got {problem['loss']}")


def logistic(C):
    # sum of losses + (1 / 2C) |w|^2
    regression = LogisticRegression(C=C, fit_intercept=False, max_iter=10000, tol=1e-10)
    return regression.fit(X, y).coef_[0]


if options.get("model", "logistic") == "logistic":
    iteration, c = 1, 1.0
    w = logistic(1 / beta)
    while options.get("penalty", "norm") == "norm" and iteration < 200:
        U, alpha = linear(w)
        show(iteration, U, alpha, objective(problem, X, y, U, alpha))
        w = logistic(c / (2 * beta))
        iteration += 1
        if abs(np.linalg.norm(w) - c) <= 1e-6 * c:
            break
        c = max(float(np.linalg.norm(w)), 1e-12)
    U, alpha = linear(w)
else:
    iteration = 1
    # mean of losses + (alpha / 2n) (|U|^2 + |alpha|^2)
    fit = MLPClassifier(hidden_layer_sizes=(int(options.get("width", 100)),), solver="lbfgs",
                        alpha=beta, max_iter=int(options.get("iterations", 1000)), tol=1e-8,
                        random_state=problem["seed"] % 2**32).fit(X, y)
    U, alpha = fit.coefs_[0], fit.coefs_[1][:, 0]
    # its biases are neurons of the column of ones, where there is one
    ones = np.flatnonzero(np.all(X == 1, axis=0))
    if len(ones) == 0 and (np.any(fit.intercepts_[0]) or np.any(fit.intercepts_[1])):
        raise SystemExit("the MLP has biases: add `bias` to `prepare`")
    U[ones[0]] += fit.intercepts_[0]
    bias = fit.intercepts_[1][0]
    neuron = np.zeros((X.shape[1], 1))
    neuron[ones[0]] = np.sqrt(abs(bias))
    U = np.hstack([U, neuron])
    alpha = np.append(alpha, np.sign(bias) * np.sqrt(abs(bias)))
show(iteration, U, alpha, objective(problem, X, y, U, alpha), "converged")
