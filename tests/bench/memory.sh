#!/bin/bash
# Forecast of memory against what the worker has held, over all trainers, shapes, attacks and
# certificates: bash tests/bench/memory.sh [DATA]... (tall, million, wide, pca, robust, image). The
# last line is the range of the ratios. Some minutes. Where the data decide what is touched a forecast
# is what they may ask for at most: patterns that admit no robust neuron, a hand-over to the interior
# point that is not needed, a working set that stays small.
. tests/e2e/lib.sh

# spec NAME DATA TRAIN [MORE]: lists as a spec has them.
spec()
{
	printf 'name: %s\nseed: 7\nresources: {jobs: 1, threads: 1, time_limit: 15s}\ndata:\n%s\ntrain:\n%s\n%s\n' \
		"$1" "  - {name: $1, $2}" "$3" "${4:-stop: {iterations: 400\}}" | sed 's/\\}/}/g' >"$1.yaml"
}

all='  - {name: linear, solver: linear_robust, loss: hinge, eps: 0.01, beta: 0.1}
  - {name: scp, solver: scp, neurons: 20, beta: 0.1}
  - {name: fista, solver: scp, method: fista, loss: logistic, neurons: 20, beta: 0.1}
  - {name: fixed, solver: gd_fixed_head, loss: logistic, width: 8, beta: 0.1}
  - {name: sgd, solver: sgd, width: 16, epochs: 1, beta: 0.1}
  - {name: adam, solver: adam, width: 16, epochs: 1, beta: 0.1}
  - {name: admm, solver: admm, patterns: 6, beta: 0.1}
  - {name: rbcd, solver: admm_rbcd, patterns: 6, beta: 0.1}
  - {name: ipm, solver: ipm, patterns: 6, beta: 0.1}
  - {name: robust, solver: robust_admm, patterns: 6, eps: 0.01, beta: 0.1}
  - {name: restriction, solver: robust_restriction, loss: hinge, width: 20, epochs: 2, eps: 0.01, beta: 0.1}'
# without those that need more than a machine of this size at such n or d
cheap=$(echo "$all" | grep -v -e "name: ipm" -e "name: robust" -e "name: restriction")
threats='attack:
  - {attack: fgsm, eps: [0.1]}
  - {attack: pgd, eps: [0.1], steps: 5}
  - {attack: apgd, eps: [0.1], steps: 5}
  - {attack: square, eps: [0.1], queries: 20}
certify:
  - {certificate: interval, eps: [0.1]}
  - {certificate: crown, eps: [0.1]}
stop: {iterations: 100}'

spec tall "generate: {kind: blobs, n: 60000, d: 8}, split: {test: 2000}, prepare: [standardize, bias]" "$all"
spec million "generate: {kind: blobs, n: 1000000, d: 4}, split: {test: 2000}, prepare: [bias]" "$cheap" \
	"stop: {iterations: 60}"
spec wide "generate: {kind: blobs, n: 140, d: 100000}, split: {test: 20}, prepare: [bias]" "$cheap" \
	"stop: {iterations: 60}"
spec pca "generate: {kind: blobs, n: 20000, d: 800}, split: {test: 2000}, prepare: [standardize, {pca: {components: 20}}, bias]" "$all"
# patterns that admit robust neurons, and none that does, which no plan can know
spec robust "generate: {kind: blobs, n: 340, d: 200}, split: {test: 40}, prepare: [bias]" \
	'  - {name: admitted, solver: robust_admm, loss: hinge, patterns: 40, eps: 0.001, beta: 0.1}
  - {name: none, solver: robust_admm, loss: hinge, patterns: 40, eps: 100, beta: 0.1}
  - {name: admm, solver: admm, loss: hinge, patterns: 40, beta: 0.1}
  - {name: ipm, solver: ipm, loss: hinge, patterns: 10, beta: 0.1}
  - {name: working, solver: scp, method: working_set, loss: hinge, neurons: 6000, beta: 0.1}'
spec image "generate: {kind: image_like, n: 2600}, split: {test: 600}, prepare: [bias]" "$cheap" "$threats"

bytes() # of the plan's line of a cell
{
	grep "^$1 " plan | sed -n 's/.* \([0-9.e+]*\) \([KMG]\)iB.*/\1 \2/p' |
		awk '{ print $1 * ($2 == "G" ? 1073741824 : $2 == "M" ? 1048576 : 1024) }'
}

[ $# -gt 0 ] || set -- tall million wide pca robust image
for name; do
	run_it 0 plan $name.yaml || exit 1
	mv out plan
	"$relubench" run $name.yaml --quiet >/dev/null 2>&1 # a cell that fails says so below
	for cell in results/$name/cells/*/; do
		held=$(sed -n 's/.*"peak_mem_bytes": *\([0-9.e+]*\).*/\1/p' "$cell/result.json")
		method=$(sed -n 's/.*"method": *"\([a-z]*\)".*/\1/p' "$cell/result.json")
		status=$(sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p' "$cell/result.json")
		echo "$name $method $status $(bytes "$(basename "$cell")") ${held:-0}" |
			awk '{ ratio = "-"; if ($5 + 0 != 0) ratio = sprintf("%.2f", $4 / $5)
				printf "%-8s %-12s %-8s %8.0f MiB planned %8.0f MiB held %s\n", $1, $2, $3,
				$4 / 1048576, $5 / 1048576, ratio }'
	done
done | tee table
awk '$NF != "-" { if (!n++ || $NF < low) low = $NF; if ($NF > high) high = $NF }
	END { printf "%d cells, planned / held from %s to %s\n", n, low, high }' table
