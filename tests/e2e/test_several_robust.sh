#!/bin/bash
# Robust methods on three classes: trained, attacked, certified, and their worst cases verified.
. "$(dirname "$0")/lib.sh"

flowers 7 3 90 >flowers.csv
cat >robust.yaml <<'END'
name: robust
seed: 3
data:
  - {name: flowers, csv: {path: flowers.csv}, split: {test: 0.3, stratified: true}, prepare: [standardize, bias]}
train:
  - {name: plain, solver: adam, loss: logistic, beta: 0.1, width: 20, epochs: 100, learning_rate: 0.02}
  - {name: interval, solver: adam, loss: logistic, beta: 0.1, width: 20, epochs: 100, learning_rate: 0.02, interval: {eps: 0.2, kappa: 0.2}}
  - {name: interval hinge, solver: sgd, loss: hinge, beta: 0.1, width: 20, epochs: 100, interval: {eps: 0.2, norm: l2}}
  - {name: linear, solver: linear_robust, loss: hinge, beta: 0.1, eps: 0.2}
  - {name: linear l2, solver: linear_robust, loss: hinge, average: true, beta: 0.01, eps: 0.2, norm: l2}
  - {name: linear softmax, solver: linear_robust, loss: logistic, beta: 0.1, eps: 0.2}
  - {name: restriction, solver: robust_restriction, loss: hinge, beta: 0.1, eps: 0.2, width: 18}
  - {name: restriction of adam, solver: robust_restriction, loss: logistic, beta: 0.1, eps: 0.2, norm: l2, start: {adam: {width: 12, epochs: 20}}}
  - {name: admm, solver: robust_admm, loss: hinge, beta: 0.1, eps: 0.02, patterns: 30, stop: {gap: 1e-4, iterations: 4000}}
  - {name: admm of adam, solver: robust_admm, loss: hinge, beta: 0.1, eps: 0.02, patterns: {count: 20, from: [{network: {start: {adam: {width: 12, epochs: 20}}}}, gaussian]}, stop: {gap: 1e-3, iterations: 4000}}
  - {name: admm l1, solver: robust_admm, loss: hinge, average: true, beta: 0.003, eps: 0.05, norm: l1, patterns: 30, stop: {gap: 1e-4, iterations: 4000}}
attack:
  - {attack: strong, norm: linf, eps: [0.1, 0.2]}
certify:
  - {certificate: interval, norm: linf, eps: [0.1, 0.2]}
  - {certificate: exact, norm: linf, eps: [0.1, 0.2]}
END
expect "robust methods run on three classes" 0 run robust.yaml --quiet
for cell in results/robust/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/robust "$(basename "$cell")"
done
# certified METHOD EPS: by intervals
certified()
{
	awk -F, -v method="$1" -v eps="$2" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	$at["method"] == method && $at["certificate"] == "interval" && $at["eps"] == eps { print $at["certified_accuracy"] }' results/robust/certify.csv
}
check "training by interval bounds raises what intervals certify" "$(certified plain 0.2) $(certified interval 0.2)" \
	awk -v a="$(certified plain 0.2)" -v b="$(certified interval 0.2)" 'BEGIN { exit !(b > a + 0.1) }'
