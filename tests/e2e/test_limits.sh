#!/bin/bash
# What a cell has found by its time limit is kept, evaluated and attacked; timing: exclusive; --retime.
. tests/e2e/lib.sh

cat >long.yaml <<-END
	name: long
	seed: 7
	resources: {jobs: 3, threads: 1, time_limit: 0.5s}
	data:
	  - name: moons
	    generate: {kind: moons, n: 60, noise: 0.1}
	    split: {test: 0.3}
	train:
	  - {name: admm, solver: admm, finish: none, patterns: 8, beta: 0.1}
	  - {name: sgd, solver: sgd, width: 8, epochs: 100000000, beta: 0.1}
	stop: {iterations: 100000000}
	attack:
	  - {attack: fgsm, norm: linf, eps: [0, 0.1]}
	plots:
	  - {plot: convergence}
	END
expect "cells without an end" 1 run long.yaml
statuses "are ended by the limit" results/long "2 timeout"
for method in admm sgd; do
	check "$method: the network is evaluated" "$(record results/long $method test_accuracy)" \
		[ "$(record results/long $method test_accuracy)" != null ]
	check "$method: the outcome is the limit" "$(record results/long $method outcome)" \
		[ "$(record results/long $method outcome)" = time_limit ]
	cell=$(grep -l "\"method\": \"$method\"" results/long/cells/*/result.json)
	check "$method: attacked, stored, traced" "$(ls "${cell%/*}")" \
		[ "$(wc -l <"${cell%/*}/attack.csv")" -eq 3 -a -s "${cell%/*}/model.npz" -a \
		"$(wc -l <"${cell%/*}/trace.csv")" -gt 2 ]
	says "$method: with a date" '"date": "20.*T.*:.*:' "$cell"
done

# Killed beyond the grace time, with a header alone or half a row in the trace.
tiny_spec tiny 1
header=$(head -n 1 results/long/cells/*/trace.csv | grep -m 1 iteration)
with_worker "*\\\"count\\\":8*) trap '' TERM; echo '$header' >\$1/trace.csv; sleep 9 ;;
*sgd*) trap '' TERM; { echo '$header'; printf '1,0.1'; } >\$1/trace.csv; sleep 9 ;;"
expect "killed workers" 1 run tiny.yaml --timeout 0.3s --set resources.grace=0.2s
statuses "are time-outs" results/tiny "1 ok 2 timeout"
expect "their records are read" 0 report results/tiny
check "and none is damaged" "$(grep damaged results/tiny/summary.csv)" \
	[ -z "$(grep damaged results/tiny/summary.csv)" ]
without_worker

# A cell whose times were disturbed is repeated on request only.
export TMPDIR=$work
expect "one cell at a time" 0 run tiny.yaml --set resources.timing=exclusive --out alone
says "is said" "1 at once"
unchecked alone/tiny/cells/*
sed -i 's/"timing": .*/"timing": null,/' alone/tiny/cells/*/result.json
expect "nothing to repeat" 0 run tiny.yaml --out alone --retime
says "computes nothing" "^0 computed, 3 reused"
cell=$(cells_of alone/tiny | head -n 1)
sed -i 's/"timing": null/"timing": "disturbed: yes"/' "alone/tiny/cells/$cell/result.json"
expect "a plain run" 0 run tiny.yaml --out alone
says "repeats none" "^0 computed, 3 reused"
expect "--retime" 0 run tiny.yaml --out alone --retime
says "repeats the disturbed one" "^1 computed, 2 reused"
