# Trainer `external`: what a program is given, how its networks are judged, how it ends.
. "$(dirname "$0")/lib.sh"

mkdir tmp
export TMPDIR=$work/tmp

# program NAME: a shell script from stdin.
program()
{
	cat >"$1"
	chmod +x "$1"
}

spec()
{
	cat >"$1.yaml"
	expect "$1 runs" "$2" run "$1.yaml" --quiet
}

head="data: [{name: moons, generate: {kind: moons, n: 60, noise: 0.1}, split: {test: 0.3, validation: 0.2}, prepare: [bias]}]"

# a network of ours comes back from a program as it was
spec teacher 0 <<END
name: teacher
$head
train: [{solver: adam, width: 6, epochs: 30, beta: 0.1}]
END
model=$(echo "$work"/results/teacher/cells/*/model.npz)
program copy.sh <<END
ls >$work/given
cp problem.json $work/
echo 'a line that is no JSON'
echo '{"ready": true}'
cp $model 1.npz
echo '{"iteration": 7, "model": "1.npz", "objective": 3.5}'
cp $model 2.npz
echo '{"iteration": 9, "model": "2.npz", "end": "converged"}'
sleep 1000
END
spec copy 0 <<END
name: copy
$head
train:
  - {solver: external, command: [sh], script: copy.sh, beta: 0.1, loss: squared, options: {width: 6, kind: fast, deep: true}}
attack: [{attack: fgsm, norm: linf, eps: 0.1}]
END
check "the objective is the harness's" "differs" [ \
	"$(record results/copy external objective_network)" = "$(record results/teacher adam objective_network)" ]
check "so is the accuracy" "differs" [ \
	"$(record results/copy external test_accuracy)" = "$(record results/teacher adam test_accuracy)" ]
check "it ended as it said" "$(record results/copy external outcome)" [ \
	"$(record results/copy external outcome)" = converged ]
check "two iterates were evaluated" "$(wc -l <"$(echo results/copy/cells/*/trace.csv)") lines" [ \
	"$(wc -l <"$(echo results/copy/cells/*/trace.csv)")" -eq 3 ]
says "its own objective is beside it" ',3.5,' "$(echo results/copy/cells/*/trace.csv)"
says "the network is attacked" fgsm results/copy/attack.csv
for file in X_train.npy y_train.npy X_validation.npy y_validation.npy problem.json; do
	says "it is given $file" "^$file\$" given
done
says "no test part" 'X_train.npy' given
check "the test part is not" "given" [ "$(grep -c test given)" -eq 0 ]
says "options keep their types" '"width": 6' problem.json
says "a text stays one" '"kind": "fast"' problem.json
says "so does true" '"deep": true' problem.json
check "nothing of it runs on" "$(pgrep -f "$work/copy.sh")" [ -z "$(pgrep -f "$work/copy.sh")" ]

# the clock is that of the time in which the program could run
program slow.sh <<END
echo '{"ready": true}'
sleep 0.3
cp $model 1.npz
echo '{"iteration": 1, "model": "1.npz", "end": "iteration_limit"}'
END
spec slow 0 <<END
name: slow
$head
train: [{solver: external, command: [sh], script: slow.sh, beta: 0.1}]
END
check "its time is counted" "$(record results/slow external solve_s)" \
	awk "BEGIN {exit !($(record results/slow external solve_s) > 0.25)}"

# endless programs are ended by stopping rules and limits
program endless.sh <<END
k=0
while true; do
	k=\$((k + 1))
	cp $model \$k.npz
	echo "{\"iteration\": \$k, \"model\": \"\$k.npz\"}"
done
END
spec endless 0 <<END
name: endless
$head
train: [{solver: external, command: [sh], script: endless.sh, beta: 0.1}]
stop: {iterations: 5}
END
check "the iteration limit ends it" "$(record results/endless external iterations)" [ \
	"$(record results/endless external iterations)" = 5 ]
check "nothing endless runs on" "$(pgrep -f "$work/endless.sh")" [ -z "$(pgrep -f "$work/endless.sh")" ]

# bad programs fail with one reason, and the others go on
program wide.sh <<END
cp $model 1.npz
echo '{"model": "1.npz"}'
END
spec bad 1 <<END
name: bad
$head
train:
  - {name: absent, solver: external, command: [no-such-program], beta: 0.1}
  - {name: status, solver: external, command: [sh, -c, exit 3], beta: 0.1}
  - {name: killed, solver: external, command: [sh, -c, 'kill -9 \$\$'], beta: 0.1}
  - {name: silent, solver: external, command: ["true"], beta: 0.1}
  - {name: junk, solver: external, command: [sh, -c, 'echo "{junk"'], beta: 0.1}
  - {name: nothing, solver: external, command: [sh, -c, 'echo "{\"a\": 1}"'], beta: 0.1}
  - {name: missing, solver: external, command: [sh, -c, 'echo "{\"model\": \"x.npz\"}"'], beta: 0.1}
  - {name: wide, solver: external, command: [sh], script: wide.sh, width: 2, beta: 0.1}
  - {name: good, solver: sgd, width: 4, epochs: 2, beta: 0.1}
END
reason()
{
	record results/bad "$1" message >message
	says "$1: $2" "$2" message
	check "$1 has failed" "$(record results/bad "$1" status)" [ "$(record results/bad "$1" status)" = failed ]
}
reason absent "cannot start no-such-program: No such file or directory"
reason status "the program ended with exit status 3"
reason killed "the program was ended by signal 9"
reason silent "the program ended without a model"
reason junk "the program wrote no JSON"
reason nothing 'expected .*model.* or .*ready'
reason missing "x.npz: cannot open the file"
reason wide "6 neurons, .width. allows 2"
check "the others go on" "$(record results/bad good status)" [ "$(record results/bad good status)" = ok ]
left=$(find "$TMPDIR" -mindepth 1 -type d)
check "no folders are left" "$left" [ -z "$left" ]

# the examples, where their packages are
example()
{
	python3 -c "import $2" 2>/dev/null && return
	echo "ok example $1 # SKIP python3 has no $2"
	return 1
}
cat >same.yaml <<END
name: same
data: [{name: xor, npy: {x: X.npy, y: y.npy}}]
train:
  - {solver: ipm, patterns: {file: D.npy}, beta: 0.1, loss: [squared, logistic, hinge]}
stop: {gap: 1e-8}
END
if example cvxpy_sampled "numpy, cvxpy, clarabel"; then
	python3 - <<-END
	import numpy as np
	rng = np.random.default_rng(3)
	X = np.hstack([rng.normal(size=(40, 2)), np.ones((40, 1))])
	np.save("X.npy", X)
	np.save("y.npy", np.sign(X[:, 0] * X[:, 1]))
	np.save("D.npy", np.unique(X @ rng.normal(size=(3, 8)) >= 0, axis=1).astype(float))
	END
	cat >>same.yaml <<-END
	x-more:
	END
	sed -i "s|^stop:|  - {solver: external, name: cvxpy, command: [python3], script: $repository/experiments/examples/external/cvxpy_sampled.py, options: {patterns: $work/D.npy}, beta: 0.1, loss: [squared, logistic, hinge]}\n&|; /^x-more/d" same.yaml
	expect "CVXPY solves the sampled programs" 0 run same.yaml --quiet
	awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i}
		NR > 1 {v[$c["method"] $c["loss"]] = $c["objective_network"]}
		END {split("squared logistic hinge", l, " "); for (i in l) {
			a = v["ipm" l[i]]; b = v["cvxpy" l[i]]
			print (a > 0 && (a - b) ^ 2 <= (1e-4 * a) ^ 2 ? "ok" : "not ok"), l[i] " of CVXPY and ipm agree to 1e-4: " a " " b}}' \
		results/same/summary.csv
fi
agrees()
{
	cat >"$1.yaml" <<-END
	name: $1
	data: [{name: moons, generate: {kind: moons, n: 60, noise: 0.2}, prepare: [bias]}]
	train: [{solver: external, command: [python3], script: $repository/experiments/examples/external/$1.py, beta: 0.1, loss: $2, options: $3}]
	END
	expect "$1 runs" 0 run "$1.yaml" --quiet
	awk -F, -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
		{a = $c["objective_network"]; b = $c["objective_iterate"]}
		END {print (a > 0 && (a - b) ^ 2 <= (1e-4 * a) ^ 2 ? "ok" : "not ok"), name " counts the objective as we do: " a " " b}' \
		"results/$1"/cells/*/trace.csv
}
if example adam_numpy numpy; then agrees adam_numpy squared '{width: 8, steps: 50}'; fi
if example torch_net "numpy, torch"; then agrees torch_net logistic '{width: 8, epochs: 10}'; fi
if example sklearn_models "numpy, sklearn"; then agrees sklearn_models logistic '{model: mlp, width: 8}'; fi
