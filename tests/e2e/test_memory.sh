#!/bin/bash
# The memory that the plan of a cell says is between 0.95 and 2 times what its worker has held.
. tests/e2e/lib.sh

cat >tall.yaml <<-END
	name: tall
	seed: 7
	resources: {jobs: 1, threads: 1}
	data:
	  - name: tall
	    generate: {kind: blobs, n: 400000, d: 20}
	    split: {test: 2000}
	    prepare: [standardize, bias]
	train:
	  - {name: linear, solver: linear_robust, loss: hinge, eps: 0.01, beta: 0.1}
	  - {name: scp, solver: scp, method: fista, loss: squared, neurons: 20, beta: 0.1}
	  - {name: fixed, solver: gd_fixed_head, loss: logistic, width: 8, beta: 0.1}
	stop: {iterations: 2}
	attack:
	  - {attack: pgd, norm: linf, eps: [0.1]}
	END
cat >wide.yaml <<-END
	name: wide
	seed: 7
	precision: single
	resources: {jobs: 1, threads: 1}
	data:
	  - name: wide
	    generate: {kind: blobs, n: 120, d: 100000}
	    split: {test: 20}
	    prepare: [bias]
	train:
	  - {name: admm, solver: admm, loss: squared, patterns: 6, beta: 0.1}
	  - {name: adam, solver: adam, loss: logistic, width: 20, beta: 0.1}
	stop: {iterations: 2}
	END
cat >pca.yaml <<-END
	name: pca
	seed: 7
	resources: {jobs: 1, threads: 1}
	data:
	  - name: pca
	    generate: {kind: blobs, n: 20000, d: 600}
	    split: {test: 2000}
	    prepare: [standardize, {pca: {components: 20}}, bias]
	train:
	  - {name: sgd, solver: sgd, loss: logistic, width: 8, beta: 0.1}
	stop: {iterations: 2}
	certify:
	  - {certificate: crown, norm: linf, eps: [0.1]}
	END

# KiB of the plan's line of a cell
planned()
{
	grep "^$1 " plan | sed -n 's/.* \([0-9.e+]*\) \([KMG]\)iB.*/\1 \2/p' |
		awk '{ print $1 * ($2 == "G" ? 1048576 : $2 == "M" ? 1024 : 1) }'
}

for name in tall wide pca; do
	run_it 0 plan $name.yaml && mv out plan
	run_it 0 run $name.yaml
	for cell in results/$name/cells/*/; do
		id=$(basename "$cell")
		held=$(sed -n 's/.*"peak_mem_bytes": *\([0-9.e+]*\).*/\1/p' "$cell/result.json")
		method=$(sed -n 's/.*"method": *"\([a-z]*\)".*/\1/p' "$cell/result.json")
		ratio=$(echo "$(planned "$id") $held" | awk '{ print $1 * 1024 / $2 }')
		check "$name, $method: forecast / held is $ratio" "$ratio" \
			awk "BEGIN { exit !($ratio >= 0.95 && $ratio <= 2) }"
	done
done
