#!/bin/bash
# Trainers of the semidefinite relaxation: a bound without a network, and its rounded network.
. tests/e2e/lib.sh

cat >relax.yaml <<END
name: relax
seed: 3
resources: {jobs: 1, threads: 1, time_limit: 1m}
data: [{name: moons, generate: {kind: moons, n: 12, noise: 0.3}, split: {test: 0.3}, prepare: [bias]}]
train:
  - {name: bound, solver: sdp_relax, loss: squared, beta: 0.1}
  - {name: round, solver: sdp_round, loss: squared, beta: 0.1, rounding_steps: 50, descent_steps: 50}
attack: [{attack: fgsm, norm: linf, eps: 0.1}]
stop: {iterations: 500}
END
expect "it runs" 0 run relax.yaml --quiet
folder=results/relax
record() # record METHOD: its folder
{
	dirname "$(grep -l "\"method\": *\"$1\"" $folder/cells/*/result.json)"
}
of() # of METHOD FIELD
{
	sed -n "s/^ *\"$2\": \([^,]*\),*$/\1/p" "$(record "$1")/result.json"
}
check "a bound has no objective" "$(of bound objective)" [ "$(of bound objective)" = null ]
check "and no accuracy" "$(of bound test_accuracy)" [ "$(of bound test_accuracy)" = null ]
check "and no network" "model.npz" [ ! -e "$(record bound)/model.npz" ]
says "it speaks of all networks" '"bound_scope": "all networks"' "$(record bound)/result.json"
check "the network's is the same bound" "$(of bound lower_bound) $(of round lower_bound)" \
	[ "$(of bound lower_bound)" = "$(of round lower_bound)" ]
check "and it is not above its objective" "$(of round lower_bound) $(of round objective)" \
	awk -v a="$(of round lower_bound)" -v b="$(of round objective)" 'BEGIN { exit !(a > 0 && a <= b) }'
expect "the network is verified" 0 verify $folder "$(basename "$(record round)")"
expect "of a bound alone verify says that it cannot" 1 verify $folder "$(basename "$(record bound)")"
says "and why" "CANNOT VERIFY: its dual point is not stored, and there is no network beside it" out
expect "the report is made" 0 report $folder
expect "a bound predicts nothing" 2 predict $folder "$(basename "$(record bound)")"

# How far each network is from the best one, and what is below a bound over all networks.
above() # above METHOD: above_bound in summary.csv
{
	awk -F, -v m="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$(at["method"]) == m { print $(at["above_bound"]) }' $folder/summary.csv
}
check "the distance to the best network is at most this" "$(above round)" \
	awk -v s="$(above round)" -v f="$(of round objective_network)" -v b="$(of bound lower_bound)" \
	'BEGIN { exit !(s > 0 && (s - (f / b - 1))^2 < 1e-12) }'
check "a bound has none" "$(above bound)" [ -z "$(above bound)" ]
says "the table says so" "above best network" $folder/tables/summary.md
cell=$(record bound)
unchecked $folder/cells/*
sed -i 's/"lower_bound": [0-9]/"lower_bound": 9/' "$cell/result.json"
expect "a network below the bound is no result" 1 report $folder
says "it is named" "is below 9.* over all networks: one of the two is wrong" err
says "and the bound" "its bound over all networks, 9.* is above objective_network of cell" err
says "and counted" "2 of 2 records contradict others" err
says "neither stands in the table" "2 failed" $folder/tables/summary.md
expect "and run says so" 1 run relax.yaml --quiet
says "in the same words" "one of the two is wrong" err
