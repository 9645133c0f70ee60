#!/bin/bash
# Losses weighted by class: one optimum by several methods, verified, named apart in reports; methods that take none refuse.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN {
	s = 11; print "a,b,kind"
	for (i = 0; i < 90; i++) {
		for (j = 0; j < 2; j++) { s = (s * 1103515245 + 12345) % 2147483648; u[j] = s / 2147483648 - 0.5 }
		c = i % 6 == 0
		printf "%.4f,%.4f,%s\n", u[0] * 2 + c, u[1] * 2, c ? "rare" : "usual"
	}
}' >two.csv
awk -F, 'NR > 1 && $1 > 0.6 { $3 = "third" } { print $1 "," $2 "," $3 }' two.csv >three.csv
cat >weights.yaml <<'END'
name: weights
seed: 2
data:
  - {name: plain, csv: {path: two.csv}, split: {test: 0.3, stratified: true}, prepare: [standardize, bias]}
  - {name: balanced, csv: {path: two.csv}, split: {test: 0.3, stratified: true}, prepare: [standardize, bias], class_weights: balanced}
  - {name: three, csv: {path: three.csv}, split: {test: 0.3, stratified: true}, prepare: [standardize, bias], class_weights: {rare: 4}}
train:
  - {name: newton, solver: scp, method: newton, data: [plain, balanced], loss: logistic, beta: 0.1, neurons: 40, stop: {gap: 1e-9}}
  - {name: fista, solver: scp, method: fista, data: [balanced], loss: logistic, beta: 0.1, neurons: 40, stop: {gap: 1e-3, iterations: 20000}}
  - {name: ipm, solver: ipm, data: [balanced], loss: hinge, beta: 0.1, patterns: 10, stop: {gap: 1e-8}}
  - {name: admm, solver: admm, data: [balanced], loss: hinge, beta: 0.1, patterns: 10, stop: {gap: 1e-4, iterations: 5000}}
  - {name: robust admm, solver: robust_admm, data: [balanced], loss: squared, beta: 0.1, patterns: 6, eps: 0.02, stop: {gap: 1e-4, iterations: 6000}}
  - {name: restriction, solver: robust_restriction, data: [balanced, three], loss: hinge, beta: 0.1, width: 8, eps: 0.02, stop: {iterations: 60}}
  - {name: linear, solver: linear_robust, data: [balanced, three], loss: logistic, beta: 0.1, eps: 0.02, stop: {gap: 1e-6}}
  - {name: shared, solver: scp, data: [three], loss: squared, beta: 0.1, neurons: 40, stop: {gap: 1e-6}}
  - {name: adam, solver: adam, data: [three], loss: logistic, beta: 0.1, width: 20, epochs: 60, learning_rate: 0.02}
END
# same A B COLUMN SHARE: of two methods on the balanced data
same()
{
	local a b

	a=$(record alone/weights "$1" "$3")
	b=$(record alone/weights "$2" "$3")
	check "$1 and $2 agree on $3" "$a and $b" awk -v a="$a" -v b="$b" -v s="$4" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 <= (s * a) ^ 2) }'
}
expect "weighted losses" 0 run weights.yaml --quiet
sed '/name: plain/d; s/\[plain, balanced\]/[balanced]/' weights.yaml >one.yaml
expect "the weighted ones alone" 0 run one.yaml --quiet --out alone
same newton fista objective 2e-3
same ipm admm objective 2e-4
for method in newton fista ipm admm shared "robust admm"; do
	check "$method is certified" "$(record alone/weights "$method" gap)" awk -v a="$(record alone/weights "$method" gap)" 'BEGIN { exit !(a != "" && a <= 1e-3) }'
done
for cell in results/weights/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/weights "$(basename "$cell")"
done
check "weights stand in the record" "$(cat results/weights/cells/*/result.json | grep note)" grep -q 'losses weighted by class: rare 3.15, usual 0.5943' results/weights/cells/*/result.json
says "the objective is named weighted" 'class-weighted' results/weights/tables/summary.md
cat >refused.yaml <<'END'
data: [{name: two, csv: {path: two.csv}, class_weights: balanced}]
train:
  - {solver: admm_rbcd, patterns: 4}
  - {name: other, solver: admm_rbcd, patterns: 5}
END
expect "methods that take no weights" 2 validate refused.yaml
says "refuse in one sentence" '^refused.yaml:3:[0-9]*: train\[0\].solver: "admm_rbcd" takes no weights of samples, and data set "two" has class_weights; they are for sgd, adam, gd_fixed_head, admm, .*linear_robust'
says "each" '^refused.yaml:4:[0-9]*: train\[1\].solver: "admm_rbcd" takes no weights of samples'
