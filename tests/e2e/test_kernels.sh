#!/bin/bash
# Kernel ridge regression on three classes: trained, attacked, verified, and compared with its own kind.
. "$(dirname "$0")/lib.sh"

flowers 7 3 90 >flowers.csv
cat >kernels.yaml <<'END_OF_SPEC'
name: kernels
seed: 3
data:
  - {name: flowers, csv: {path: flowers.csv}, split: {test: 0.3, stratified: true}, prepare: [standardize, bias]}
  - {name: moons, generate: {kind: moons, n: 60, noise: 0.3}, split: {test: 0.3}, prepare: [standardize, bias]}
train:
  - {name: ntk, solver: ntk, loss: squared, beta: [0.1, 1]}
  - {name: nngp, solver: nngp, loss: squared, beta: 0.1, average: true}
  - {name: scp, solver: scp, loss: squared, beta: 0.1, neurons: 30}
attack:
  - {attack: apgd, norm: linf, eps: [0.1], steps: 20}
  - {attack: fab, norm: l2, eps: 2, steps: 20}
certify:
  - {certificate: crown, norm: linf, eps: [0.1]}
plots:
  - {plot: convergence}
  - {plot: decision_boundary}
END_OF_SPEC
expect "kernels run" 0 run kernels.yaml --quiet
for cell in results/kernels/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/kernels "$(basename "$cell")"
done
cell=$(grep -l '"method": *"ntk"' results/kernels/cells/*/result.json | head -1)
says "what the objective is" '"objective_of": *"NTK ridge"' "$cell"
says "in words" 'in the space of the kernel' "$cell"
says "whose bound is of the kernel" '"bound_scope": *"kernel"' "$cell"
says "how it does without a sample" '"leave_one_out_accuracy": *[01]' "$cell"
says "attacks lower its accuracy" '^[^,]*,flowers,ntk.*apgd' results/kernels/attack.csv
says "no certificate applies, and it is said" 'no certificate applies' "$cell"
says "it is compared with itself only" 'flowers: .*, NTK ridge"' results/kernels/plots/convergence.gp
says "and the other kernel too" 'flowers: .*, NNGP ridge"' results/kernels/plots/convergence.gp
says "networks have a panel of their own" '"flowers: sum over samples, beta 0.1"' results/kernels/plots/convergence.gp
expect "it predicts" 0 predict results/kernels "$(basename "$(dirname "$cell")")"
sed -e 's/loss: squared, beta: \[0.1, 1\]/loss: hinge, beta: 1/' kernels.yaml >hinge.yaml
expect "another loss is refused" 2 run hinge.yaml
says "by what it takes" 'a quadratic loss' err
