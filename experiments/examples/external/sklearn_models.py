"""scikit-learn's logistic regression, or its MLP with one hidden layer, as ReLU networks.

options: model (logistic or mlp), and of mlp width and iterations. Both minimise the mean logistic
loss with a squared penalty of their own, so the spec should say `loss: logistic`; their objective
is not relubench's, which is evaluated all the same. The bias is the column of ones that
`prepare: [..., bias]` adds, which scikit-learn penalises like the others.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from relubench_external import linear, load, objective, ready, show

problem, data = load()
options = problem["options"]
X, y = data["X"], data["y"]
beta = problem["beta"] / problem["weight"]  # of a sum over samples
ready()
if options.get("model", "logistic") == "logistic":
    # sum of losses + (1 / 2C) |w|^2
    fit = LogisticRegression(C=1 / beta, fit_intercept=False, max_iter=10000, tol=1e-10).fit(X, y)
    U, alpha = linear(fit.coef_[0])
else:
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
show(1, U, alpha, objective(problem, X, y, U, alpha), "converged")
