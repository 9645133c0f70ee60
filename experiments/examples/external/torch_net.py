"""A two-layer ReLU network trained by PyTorch: Adam or SGD on mini-batches, any of three losses.

options: width, epochs, batch (or all), learning_rate, method (adam or sgd), decay (cosine: of the
learning rate, to 0 at the end), every (epochs between iterates).
"""

import torch

from relubench_external import load, objective, ready, show

problem, data = load()
options = problem["options"]
torch.manual_seed(problem["seed"] % 2**63)
torch.set_num_threads(problem["threads"])
X, y = (torch.tensor(data[key], dtype=torch.float64) for key in ("X", "y"))
n, d = X.shape
width = int(options.get("width", 100))
U = torch.nn.Parameter(torch.randn(d, width, dtype=torch.float64) * (2 / d) ** 0.5)
alpha = torch.nn.Parameter(torch.randn(width, dtype=torch.float64) / width**0.5)
methods = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
optimiser = methods[options.get("method", "adam")]([U, alpha],
                                                    lr=float(options.get("learning_rate", 0.01)))
scale = problem["loss_options"].get("loss_scale", 1)
losses = {
    "squared": lambda f, y: 0.5 * ((f - y) ** 2).sum(),
    "logistic": lambda f, y: torch.nn.functional.softplus(-scale * y * f).sum(),
    "hinge": lambda f, y: torch.relu(1 - y * f).sum(),
}
loss = losses[problem["loss"]]
epochs, every = int(options.get("epochs", 200)), int(options.get("every", 20))
batch = n if options.get("batch", 32) == "all" else min(int(options.get("batch", 32)), n)
rate = None
if options.get("decay") == "cosine":
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
ready()
for epoch in range(1, epochs + 1):
    order = torch.randperm(n)
    for start in range(0, n, batch):
        rows = order[start:start + batch]
        optimiser.zero_grad()
        f = torch.relu(X[rows] @ U) @ alpha
        share = len(rows) / n  # of the decay, which is of the sum over all samples
        value = problem["weight"] * loss(f, y[rows]) + share * problem["beta"] / 2 * (
            (U**2).sum() + (alpha**2).sum())
        value.backward()
        optimiser.step()
    if rate:
        rate.step()
    if epoch % every == 0 or epoch == epochs:
        u, a = U.detach().numpy(), alpha.detach().numpy()
        show(epoch, u, a, objective(problem, data["X"], data["y"], u, a),
             "iteration_limit" if epoch == epochs else None)
