#!/bin/bash
# The memory that the plan of a cell says is between 0.95 and 2 times what its worker has held: every
# trainer, preparation, texts that are read, attacks and certificates. More shapes, with longer runs:
# make bench-memory.
. tests/e2e/lib.sh

# spec NAME DATA TRAIN MORE: entries as a spec has them.
spec()
{
	printf 'name: %s\nseed: 7\nresources: {jobs: 1, threads: 1}\ndata:\n  - {name: %s, %s}\ntrain:\n%s\n%s\n' \
		"$1" "$1" "$2" "$3" "$4" >"$1.yaml"
}

spec tall "generate: {kind: blobs, n: 100000, d: 20}, split: {test: 2000}, prepare: [standardize, bias]" \
	'  - {name: linear, solver: linear_robust, loss: hinge, eps: 0.01, beta: 0.1}
  - {name: fista, solver: scp, method: fista, neurons: 20, beta: 0.1}
  - {name: features, solver: generative_features, width: 8, hidden: 8, beta: 0.1}
  - {name: fixed, solver: gd_fixed_head, loss: logistic, width: 8, beta: 0.1}
  - {name: sgd, solver: sgd, loss: logistic, width: 8, epochs: 1, beta: 0.1}
  - {name: adam, solver: adam, loss: logistic, width: 8, epochs: 1, beta: 0.1}
  - {name: generated, solver: generated, loss: squared, neurons: 40, sampled: 40, starts: 8, beta: 1}
  - {name: mixture, solver: mixture, loss: logistic, accurate: {adam: {width: 8, epochs: 1}}, robust: {adam: {width: 8, epochs: 1}}, adaptive: true, eps: 0.01, beta: 0.1}
  - {name: restriction, solver: robust_restriction, loss: hinge, width: 4, epochs: 1, eps: 0.01, beta: 0.1}' \
	'stop: {iterations: 2}'
spec patterns "generate: {kind: blobs, n: 22000, d: 9}, split: {test: 2000}, prepare: [standardize, bias]" \
	'  - {name: admm, solver: admm, patterns: 6, beta: 0.1}
  - {name: flow, solver: primal_dual_flow, patterns: 6, beta: 0.1}
  - {name: rbcd, solver: admm_rbcd, patterns: 30, beta: 0.1}
  - {name: ipm, solver: ipm, patterns: 6, beta: 0.1}
  - {name: fw, solver: frank_wolfe, patterns: 30, beta: 0.1}
  - {name: bm, solver: burer_monteiro, patterns: 10, beta: 0.1}' \
	'stop: {iterations: 5}'
# acceleration to its full memory; patterns that admit robust neurons
spec robust "generate: {kind: blobs, n: 340, d: 200}, split: {test: 40}, prepare: [bias]" \
	'  - {name: robust, solver: robust_admm, loss: hinge, patterns: 40, eps: 0.001, interval: 2, beta: 0.1}
  - {name: accelerated, solver: admm, loss: hinge, patterns: 60, finish: none, interval: 2, beta: 0.1}' \
	'stop: {iterations: 100}'
# interior points and gradients of the sampled program
spec small "generate: {kind: moons, n: 1500}, split: {test: 100}, prepare: [standardize, bias]" \
	'  - {name: newton, solver: scp, method: newton, neurons: 1200, beta: 0.1}
  - {name: working, solver: scp, method: working_set, neurons: 4000, beta: 0.1}
  - {name: coordinate, solver: scp, method: coordinate, neurons: 2000, beta: 0.1}
  - {name: ista, solver: scp, method: ista, neurons: 2000, beta: 0.1}' \
	'stop: {iterations: 3}'
# the second step of poly_first_order polishes
spec forms "generate: {kind: blobs, n: 30000, d: 12}, split: {test: 2000}, prepare: [standardize]" \
	'  - {name: sdp, solver: poly_sdp, loss: hinge, radius: 0.1, beta: 0.1}
  - {name: standard, solver: poly_sdp, loss: squared, beta: 0.1}
  - {name: first, solver: poly_first_order, loss: hinge, beta: 0.1, batch: 0, epochs: 1}
  - {name: penalty, solver: poly_penalty, loss: hinge, radius: 0.1, beta: 0.1}' \
	'stop: {iterations: 2}'
# splitting by the Gram matrix of samples and by that of entries
spec many "generate: {kind: blobs, n: 3200, d: 80}, split: {test: 200}, prepare: [standardize]" \
	'  - {name: splitting, solver: poly_sdp, loss: squared, beta: 0.1}' 'stop: {iterations: 2}'
spec more "generate: {kind: blobs, n: 8000, d: 64}, split: {test: 1000}, prepare: [standardize]" \
	'  - {name: splitting, solver: poly_sdp, loss: squared, beta: 0.1}' 'stop: {iterations: 2}'
spec gates "generate: {kind: blobs, n: 22000, d: 9}, split: {test: 2000}, prepare: [standardize, bias]" \
	'  - {name: gram, solver: gated, loss: squared, patterns: 40, decompose: exact, beta: 0.1}
  - {name: curved, solver: gated, loss: logistic, patterns: 20, path: 5, beta: 0.1}
  - {name: products, solver: gated, loss: logistic, patterns: 20, method: fista, beta: 0.1}
  - {name: active, solver: active_set, loss: squared, patterns: 40, beta: 10}' \
	'stop: {iterations: 3}'
spec networks "generate: {kind: blobs, n: 22000, d: 5}, split: {test: 2000}, prepare: [standardize, bias]" \
	'  - {name: bound, solver: all_networks, loss: squared, width: 50, beta: 100}' \
	'stop: {iterations: 2}'
spec kernels "generate: {kind: blobs, n: 2400, d: 20}, split: {test: 400}, prepare: [standardize, bias]" \
	'  - {name: biased, solver: locally_biased, loss: logistic, network: {adam: {width: 8, epochs: 1}}, beta: 0.1}
  - {name: ntk, solver: ntk, loss: squared, beta: 0.1}
  - {name: nngp, solver: nngp, loss: squared, beta: 0.1}' ''
spec lift "generate: {kind: blobs, n: 560, d: 9}, split: {test: 60}, prepare: [standardize]" \
	'  - {name: relax, solver: sdp_relax, loss: squared, beta: 0.1}
  - {name: round, solver: sdp_round, loss: squared, beta: 0.1, relaxation_steps: 1, rounding_steps: 10}' \
	'stop: {iterations: 3}'
spec newton "generate: {kind: blobs, n: 92, d: 9}, split: {test: 12}, prepare: [standardize]" \
	'  - {name: interior, solver: sdp_relax, loss: squared, beta: 0.1}' 'stop: {iterations: 2}'
spec million "generate: {kind: blobs, n: 1000000, d: 3}, split: {test: 2000}, prepare: [bias]" \
	'  - {name: fixed, solver: gd_fixed_head, loss: logistic, width: 4, beta: 0.1}' 'stop: {iterations: 1}'
spec wide "generate: {kind: blobs, n: 100, d: 100000}, split: {test: 20}, prepare: [bias]" \
	'  - {name: admm, solver: admm, loss: squared, patterns: 6, beta: 0.1}
  - {name: adam, solver: adam, loss: logistic, width: 20, beta: 0.1}' \
	'stop: {iterations: 2}
precision: single'
spec pca "generate: {kind: blobs, n: 20000, d: 400}, split: {test: 2000}, prepare: [standardize, {pca: {components: 20}}, bias]" \
	'  - {name: sgd, solver: sgd, loss: logistic, width: 8, beta: 0.1}' 'stop: {iterations: 1}'
# rows that get longer than they were
spec patches "generate: {kind: image_like, n: 3000, side: 20}, split: {test: 1000}, prepare: [{patches: {filters: 100}}, standardize, bias]" \
	'  - {name: sgd, solver: sgd, loss: logistic, width: 8, epochs: 1, beta: 0.1}' 'stop: {iterations: 1}'
# a program that shows a network of `tall`
cat >copy.sh <<-END
	cp "\$(dirname "\$(grep -l '"method": *"sgd"' $work/results/tall/cells/*/result.json)")/model.npz" 1.npz
	echo '{"iteration": 1, "model": "1.npz", "end": "converged"}'
END
spec outside "generate: {kind: blobs, n: 100000, d: 20}, split: {test: 2000}, prepare: [standardize, bias]" \
	'  - {name: outside, solver: external, command: [sh], script: copy.sh, width: 8, beta: 0.1}' ''
trained='  - {name: sgd, solver: sgd, loss: logistic, width: 16, epochs: 1, beta: 0.1}'
images='generate: {kind: image_like, n: 9000}, split: {test: 6000}, prepare: [bias]'
spec attacked "$images" "$trained" 'stop: {iterations: 1}
attack:
  - {attack: fgsm, eps: [0.1]}
  - {attack: pgd, eps: [0.1], steps: 2}
  - {attack: apgd, eps: [0.1], steps: 2}
  - {attack: square, eps: [0.1], queries: 5}'
for certificate in interval crown deepsplit exact; do
	spec $certificate "$images" "$trained" "stop: {iterations: 1}
certify: [{certificate: $certificate, eps: [0.01]}]"
done
# numbers of more digits than a double has bytes; few of the rows are kept
awk 'BEGIN { for (i = 0; i < 150000; i++) {
	x = sprintf("%.18f", i / 7)
	print x "," x "," x "," x "," i % 2 > "text.csv"
	print i % 2 " 1:" x " 2:" x " 3:" x " 4:" x > "text.svm" } }'
spec csv "csv: {path: text.csv}, limit: {train: 5000}" \
	'  - {name: sgd, solver: sgd, loss: logistic, width: 4, epochs: 1, beta: 0.1}' 'stop: {iterations: 1}'
spec libsvm "libsvm: {path: text.svm}, limit: {train: 5000}" \
	'  - {name: sgd, solver: sgd, loss: logistic, width: 4, epochs: 1, beta: 0.1}' 'stop: {iterations: 1}'

# KiB of the plan's line of a cell
planned()
{
	grep "^$1 " plan | sed -n 's/.* \([0-9.e+]*\) \([KMG]\)iB.*/\1 \2/p' |
		awk '{ print $1 * ($2 == "G" ? 1048576 : $2 == "M" ? 1024 : 1) }'
}

for name in tall outside patterns robust small forms many more gates networks lift newton kernels million wide pca patches csv libsvm; do
	most=2
	test $name = networks && most=20 # room for boxes, which only a long search fills
	run_it 0 plan $name.yaml && mv out plan
	run_it 0 run $name.yaml --quiet
	for cell in results/$name/cells/*/; do
		id=$(basename "$cell")
		held=$(sed -n 's/.*"peak_mem_bytes": *\([0-9.e+]*\).*/\1/p' "$cell/result.json")
		method=$(sed -n 's/.*"method": *"\([a-z]*\)".*/\1/p' "$cell/result.json")
		ratio=$(echo "$(planned "$id") ${held:-0}" | awk '{ print ($2 + 0 == 0 ? 0 : $1 * 1024 / $2) }')
		check "$name, $method: forecast / held is $ratio" "$ratio" \
			awk "BEGIN { exit !($ratio >= 0.95 && $ratio <= $most) }"
	done
done

# Records hold the peak of training, attacks come after: what the largest process held.
cat >peak.c <<-END
	#include <stdio.h>
	#include <sys/resource.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		struct rusage usage;
		if (argc < 2)
			return 1;
		if (fork() == 0)
			return execv(argv[1], argv + 1), 1;
		wait(NULL);
		getrusage(RUSAGE_CHILDREN, &usage);
		return printf("%ld\n", usage.ru_maxrss) < 0;
	}
END
check "a program that measures is built" "${CC:-cc} failed" ${CC:-cc} -o peak peak.c
for name in attacked interval crown deepsplit exact; do
	run_it 0 plan $name.yaml && mv out plan
	held=$(./peak "$relubench" run $name.yaml --quiet 2>/dev/null | tail -1)
	ratio=$(echo "$(planned "$(basename results/$name/cells/*)") ${held:-0}" |
		awk '{ print ($2 + 0 == 0 ? 0 : $1 / $2) }')
	check "$name: forecast / held is $ratio" "$ratio" \
		awk "BEGIN { exit !($ratio >= 0.95 && $ratio <= 2) }"
done

for trainer in $("$relubench" list solvers | awk '/^  / { print $1 }') \
	$("$relubench" list baselines | awk '/^  / { print $1 }'); do
	check "$trainer is among them" "no spec trains it" grep -q "solver: $trainer," ./*.yaml
done
