# The shipped examples of methods from outside run, where their packages are, and agree with the methods in the tree
# on the same program.
. "$(dirname "$0")/lib.sh"

examples=$repository/experiments/examples/external

# agree NAME FOLDER METHOD OTHER: objectives of the two, setting by setting, to 1e-4 of them.
agree()
{
	awk -F, -v name="$1" -v one="$3" -v other="$4" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
		$c["status"] == "ok" && $c["method"] == one {a[++n] = $c["objective_network"]}
		$c["status"] == "ok" && $c["method"] == other {b[++m] = $c["objective_network"]}
		END {
			if (n == 0 || n != m)
				print "not ok " name ": " n " and " m " settings"
			for (i = 1; i <= n; i++)
				print (a[i] > 0 && (a[i] - b[i]) ^ 2 <= (1e-4 * a[i]) ^ 2 ? "ok" : "not ok"), name ", " i \
					": " a[i] " of " one ", " b[i] " of " other ", " (b[i] - a[i]) / (a[i] + !a[i]) " apart"
		}' "results/$2/summary.csv"
}

# counts NAME FOLDER METHOD: what a program takes for its objective is what the harness computes.
counts()
{
	for cell in results/"$2"/cells/*; do
		grep -q "\"method\": \"$3\"" "$cell/result.json" || continue
		awk -F, -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
			{a = $c["objective_network"]; b = $c["objective_iterate"]}
			END {print (a > 0 && (a - b) ^ 2 <= (1e-6 * a) ^ 2 ? "ok" : "not ok"), name ": " a " here, " b " there"}' \
			"$cell/trace.csv"
	done
}

moons="data: [{name: moons, generate: {kind: moons, n: 30, noise: 0.2}, split: {test: 0.2}, prepare: [bias]}]"

# the sampled program by CVXPY and Clarabel, and by the interior point method on the same patterns
if has "CVXPY and ipm" "numpy, cvxpy, clarabel"; then
	python3 - <<-END
	import numpy as np
	rng = np.random.default_rng(3)
	X = np.hstack([rng.normal(size=(40, 2)), np.ones((40, 1))])
	np.save("X.npy", X)
	np.save("y.npy", np.sign(X[:, 0] * X[:, 1]))
	np.save("D.npy", np.unique(X @ rng.normal(size=(3, 8)) >= 0, axis=1).astype(float))
	END
	cat >sampled.yaml <<-END
	name: sampled
	data: [{name: xor, npy: {x: X.npy, y: y.npy}}]
	train:
	  - {name: ipm, solver: ipm, patterns: {file: D.npy}, beta: 0.1, loss: [squared, logistic, hinge]}
	  - {name: cvxpy, solver: external, command: [python3], script: $examples/cvxpy_sampled.py, options: {patterns: $work/D.npy}, beta: 0.1, loss: [squared, logistic, hinge]}
	stop: {gap: 1e-8}
	END
	expect "CVXPY solves the sampled programs" 0 run sampled.yaml --quiet
	agree "the sampled program" sampled ipm cvxpy
fi

# a linear network by scikit-learn's logistic regression, and by Newton's method
if has "scikit-learn and linear_robust" "numpy, sklearn"; then
	cat >linear.yaml <<-END
	name: linear
	$moons
	train:
	  - {name: newton, solver: linear_robust, eps: 0, beta: [0.1, 1], loss: logistic}
	  - {name: sklearn, solver: external, command: [python3], script: $examples/sklearn_models.py, beta: [0.1, 1], loss: logistic}
	  - {name: exact, solver: ipm, patterns: all, beta: 0.1, loss: logistic}
	  - {name: mlp, solver: external, command: [python3], script: $examples/sklearn_models.py, beta: 0.1, loss: logistic, options: {model: mlp}}
	stop: {gap: 1e-8}
	END
	expect "scikit-learn solves the linear programs" 0 run linear.yaml --quiet
	agree "the linear program" linear newton sklearn
	counts "the objective of logistic regression" linear sklearn
	counts "the objective of the MLP" linear mlp
	optimum=$(record results/linear exact objective_network)
	found=$(record results/linear mlp objective_network)
	check "the MLP, of another program, is not below the optimum" "$found, optimum $optimum" \
		awk "BEGIN {exit !($found >= $optimum * (1 - 1e-6))}"
fi

# a wide network by PyTorch's Adam reaches the optimum of the convex program of all patterns
if has "PyTorch and ipm" "numpy, torch"; then
	cat >wide.yaml <<-END
	name: wide
	$moons
	resources: {time_limit: 100s}
	train:
	  - {name: exact, solver: ipm, patterns: all, beta: 1, loss: logistic}
	  - {name: torch, solver: external, command: [python3], script: $examples/torch_net.py, beta: 1, loss: logistic, options: {width: 200, epochs: 3000, batch: all, decay: cosine, learning_rate: 0.1, every: 1000}}
	stop: {gap: 1e-8}
	attack: [{attack: fgsm, norm: linf, eps: 0.1}]
	END
	expect "PyTorch trains a network" 0 run wide.yaml --quiet
	agree "the program of all patterns" wide exact torch
	counts "the objective of PyTorch" wide torch
	says "its network is attacked" ",torch,.*fgsm" results/wide/attack.csv
fi

# the templates in numpy alone
if has "templates" numpy; then
	cat >templates.yaml <<-END
	name: templates
	$moons
	train:
	  - {name: adam, solver: external, command: [python3], script: $examples/adam_numpy.py, beta: 0.1, options: {width: 8, steps: 50}}
	  - {name: ridge, solver: external, command: [python3], script: $examples/ridge_numpy.py, beta: 0.1, writes: outputs}
	END
	expect "the templates run" 0 run templates.yaml --quiet
	counts "the objective of Adam" templates adam
	run_it 0 export results/templates "$(basename "$(dirname "$(ls results/templates/cells/*/outputs.npz)")")" --out ridge
	want=$(python3 - <<-END
	import numpy as np
	load = lambda name: np.load(f"ridge/{name}.npy")
	X, y = load("X_train"), load("y_train")
	w = np.linalg.solve(X.T @ X + 0.1 * np.eye(X.shape[1]), X.T @ y)
	print(np.mean(load("X_test") @ w * load("y_test") > 0))
	END
	)
	got=$(record results/templates ridge test_accuracy)
	check "ridge regression has its accuracy" "$got, expected $want" awk "BEGIN {exit !(($got - $want) ^ 2 < 1e-10)}"
	(cd "$work" && python3 "$examples/ridge_numpy.py") >out 2>err
	says "started by hand it says how to" "no problem.json here"
fi
