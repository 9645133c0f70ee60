#!/bin/bash
# Three classes, and two targets, from data to attacks, certificates and their verification.
. "$(dirname "$0")/lib.sh"

flowers 7 3 120 >flowers.csv
awk -F, 'NR == 1 { print "a,b,y,z" } NR > 1 { print $1 "," $2 "," $1 * $2 "," $1 - $2 }' flowers.csv >targets.csv
cat >several.yaml <<'END'
name: several
seed: 3
data:
  - {name: flowers, csv: {path: flowers.csv}, split: {test: 0.4, validation: 0.2, stratified: true}, prepare: [standardize, bias]}
train:
  - {name: softmax, solver: adam, loss: logistic, beta: 0.1, width: 20, epochs: 60, learning_rate: 0.02}
  - {name: hinge, solver: sgd, loss: hinge, beta: 0.1, width: 20, epochs: 60, patience: 30}
  - {name: squared, solver: adam, loss: squared, beta: 0.1, width: 20, epochs: 60, learning_rate: 0.02}
  - {name: attacked, solver: adam, loss: logistic, beta: 0.1, width: 20, epochs: 60, learning_rate: 0.02, patience: 30, adversary: {attack: pgd, eps: 0.2}}
  - {name: trades, solver: adam, loss: logistic, beta: 0.1, width: 20, epochs: 60, learning_rate: 0.02, adversary: {attack: pgd, eps: 0.2, trades: 3}}
  - {name: convex, solver: scp, loss: squared, beta: 0.1, neurons: 200, fresh: 100, stop: {gap: 1e-6}}
  - {name: convex softmax, solver: scp, loss: logistic, beta: 0.1, neurons: 200, stop: {gap: 1e-5}}
attack:
  - {attack: pgd, norm: linf, eps: [0.1, 0.3]}
  - {attack: strong, norm: linf, eps: [0.1, 0.3]}
certify:
  - {certificate: interval, norm: linf, eps: [0.1, 0.3]}
  - {certificate: exact, norm: linf, eps: [0.1, 0.3]}
END
# more METHOD COLUMN BOUND: the method's number is above it
more()
{
	local value

	value=$(record results/several "$1" "$2")
	check "$1 has $2 above $3" "$value" awk -v a="${value:-0}" -v b="$3" 'BEGIN { exit !(a > b) }'
}
expect "three classes run" 0 run several.yaml --quiet
for method in softmax hinge squared attacked trades convex 'convex softmax'; do
	more "$method" test_accuracy 0.6
done
check "the sampled program is solved" "$(record results/several convex gap)" \
	awk -v a="$(record results/several convex gap)" 'BEGIN { exit !(a < 1e-6) }'
check "below what adam finds" "$(record results/several convex objective)" \
	awk -v a="$(record results/several convex objective)" -v b="$(record results/several squared objective)" 'BEGIN { exit !(a < b) }'
check "a share of fresh neurons would lower it" "$(record results/several convex violation)" \
	awk -v a="$(record results/several convex violation)" 'BEGIN { exit !(a >= 0 && a < 1) }'
check "the majority is a third" "$(record results/several softmax majority)" [ "$(record results/several softmax majority | cut -c1-4)" = 0.33 ]
for cell in results/several/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/several "$(basename "$cell")"
done
# columns: cell, ..., eps and the share; certified <= exact <= strong <= pgd of each method and eps
check "bounds and attacks are in order" "$(cat results/several/attack.csv results/several/certify.csv | cut -c1-160)" \
	awk -F, 'FNR == 1 { for (i in at) delete at[i]; for (i = 1; i <= NF; i++) at[$i] = i; next }
	{ name = "attack" in at ? $at["attack"] : $at["certificate"]; share = "attack" in at ? $at["robust_accuracy"] : $at["certified_accuracy"]
	  of = $at["method"] " " $at["eps"]; value[of, name] = share + 0; seen[of] = 1 }
	END { for (k in seen) { n++; if (value[k, "interval"] > value[k, "exact"] + 1e-9 || value[k, "exact"] > value[k, "strong"] + 1e-9 || value[k, "strong"] > value[k, "pgd"] + 1e-9) exit 1 } exit n != 14 }' \
	results/several/attack.csv results/several/certify.csv
expect "predictions of three classes" 0 predict results/several "$(basename "$cell")"
sed '/^  - {name: \(hinge\|attacked\|trades\|softmax\|convex softmax\)/d; /^attack/,$d; s/several/pairs/; s/flowers.csv}/targets.csv, targets: [y, z]}, task: regression/; s/, stratified: true//' several.yaml >pairs.yaml
expect "two targets run" 0 run pairs.yaml --quiet
check "they are fitted" "$(record results/pairs squared test_r2)" awk -v a="$(record results/pairs squared test_r2)" 'BEGIN { exit !(a > 0.5) }'
for cell in results/pairs/cells/*; do
	expect "and $(basename "$cell") verifies" 0 verify results/pairs "$(basename "$cell")"
done
sed 's/loss: hinge/loss: squared_hinge/' several.yaml >losses.yaml
expect "a loss of one output" 2 validate losses.yaml
says "is refused in its place" '^losses.yaml:[0-9]*:[0-9]*: train\[1\].loss: "squared_hinge" takes one output, and data set "flowers" has 3; several are for squared'
# each output with its own neurons: sums of programs of one output, certified; shared ones do no worse
cat >apart.yaml <<'END'
name: apart
seed: 3
data:
  - {name: flowers, csv: {path: flowers.csv}, split: {test: 0.4, stratified: true}, prepare: [standardize, bias]}
train:
  - {name: together, solver: scp, loss: squared, beta: 0.1, neurons: 200, stop: {gap: 1e-6}}
  - {name: apart, solver: scp, output: separate, loss: squared, beta: 0.1, neurons: 200, fresh: 100, stop: {gap: 1e-6}}
  - {name: splitting, solver: admm, loss: squared, beta: 0.1, patterns: 20, fresh: 100, stop: {gap: 1e-6, iterations: 20000}}
  - {name: gradients, solver: admm, u_update: pcg, loss: squared, beta: 0.1, patterns: 20, stop: {gap: 1e-6, iterations: 20000}}
  - {name: split softmax, solver: admm, loss: logistic, beta: 0.1, patterns: 20, stop: {gap: 1e-3, iterations: 20000}}
  - {name: split hinge, solver: admm, loss: hinge, beta: 0.1, patterns: 20, stop: {gap: 1e-2, iterations: 20000}}
  - {name: path, solver: ipm, loss: squared, beta: 0.1, patterns: 20, stop: {gap: 1e-8}}
attack:
  - {attack: pgd, norm: linf, eps: [0.1]}
certify:
  - {certificate: exact, norm: linf, eps: [0.1]}
END
expect "outputs with neurons of their own run" 0 run apart.yaml --quiet
for method in apart splitting gradients path; do
	check "$method is solved" "$(record results/apart $method gap)" \
		awk -v a="$(record results/apart $method gap)" 'BEGIN { exit !(a < 1e-6) }'
done
for method in 'split softmax' 'split hinge'; do
	check "$method is certified, a loss that couples the outputs" "$(record results/apart "$method" gap)" \
		awk -v a="$(record results/apart "$method" gap)" 'BEGIN { exit !(a < 1e-2) }'
done
check "six records say that neurons are separate" "$(grep -l '"output".*separate' results/apart/cells/*/result.json)" \
	[ "$(grep -l '"output".*separate' results/apart/cells/*/result.json | wc -l)" = 6 ]
check "and one that they are shared" "$(grep -l '"output".*shared' results/apart/cells/*/result.json)" \
	[ "$(grep -l '"output".*shared' results/apart/cells/*/result.json | wc -l)" = 1 ]
check "shared neurons do no worse" "$(record results/apart together objective)" \
	awk -v a="$(record results/apart together objective)" -v b="$(record results/apart apart objective)" 'BEGIN { exit !(a < b) }'
check "one optimum by three methods" "$(record results/apart path objective)" \
	awk -v a="$(record results/apart path objective)" -v b="$(record results/apart splitting objective)" -v c="$(record results/apart gradients objective)" \
	'BEGIN { exit !((a - b) ^ 2 < 1e-11 * a * a && (a - c) ^ 2 < 1e-11 * a * a) }'
for cell in results/apart/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/apart "$(basename "$cell")"
done
sed 's/solver: ipm, loss: squared/solver: ipm, loss: logistic/' apart.yaml >coupled.yaml
expect "a loss that couples the outputs" 2 plan coupled.yaml
says "is refused in its place" '^coupled.yaml:[0-9]*:[0-9]*: train\[6\].solver: "ipm" expects a loss that is a sum over the outputs, such as squared, for neurons of their own, and data set "flowers" has 3 outputs, the loss is "logistic"'
