#!/bin/bash
# Features larger than the memory of a cell: columns of a file are mapped, and give the bits of those in memory.
. tests/e2e/lib.sh

cat >made.yaml <<END
name: made
resources: {jobs: 1, threads: 1}
data:
  - {name: blobs, generate: {kind: blobs, n: 16000, d: 300}}
train:
  - {solver: sgd, loss: logistic, beta: 0.1, width: 2, epochs: 1, batch: 0}
stop: {iterations: 1}
END
"$relubench" run made.yaml --out . >made.log 2>&1
"$relubench" export made "$(ls made/cells)" --out npy >>made.log 2>&1

# X has 36.6 MiB
cat >mapped.yaml <<END
name: mapped
resources: {jobs: 1, threads: 1, memory_limit: 36 MiB}
data:
  - {name: columns, npy: {x: npy/X_train.npy, y: npy/y_train.npy}}
train:
  - {solver: sgd, loss: logistic, beta: 0.1, width: 4, epochs: 2, batch: 0}
  - {solver: adam, loss: logistic, beta: 0.1, width: 4, epochs: 1, batch: 500}
  - {name: attacked, solver: adam, loss: logistic, beta: 0.1, width: 4, epochs: 1, batch: 500, adversary: {eps: 0.1}}
  - {solver: scp, beta: 1, neurons: 4}
  - {solver: admm, beta: 1, patterns: {count: 2, from: gaussian}, u_update: {pcg: {preconditioner: jacobi}}, finish: none}
stop: {iterations: 2}
END
in_memory=(--set 'data[0].prepare=[{unit: {range: 1}}]')

# figures FOLDER: what was found, with all digits
figures()
{
	grep -ho '"\(objective\|lower_bound\|train_accuracy\|train_auc\)": *[^,]*' "$1"/mapped/cells/*/result.json | sort
}

"$relubench" run mapped.yaml --out mapped >mapped.log 2>&1
check "all cells of mapped features fit" "$(cat mapped.log)" \
	test "$(grep -l '"status": *"ok"' mapped/mapped/cells/*/result.json | wc -l)" = 5
check "their records say where the features are" "" test \
	"$(grep -l 'in their file, which is mapped' mapped/mapped/cells/*/result.json | wc -l)" = 5
"$relubench" run mapped.yaml --out refused "${in_memory[@]}" >refused.log 2>&1
check "in memory none does" "$(cat refused.log)" test "$(grep -c "skipped.*needs .* of memory" refused.log)" = 5
"$relubench" run mapped.yaml --out memory "${in_memory[@]}" --set resources.memory_limit=1GiB >memory.log 2>&1
check "mapped features give the bits of those in memory" "$(figures mapped) / $(figures memory)" \
	test "$(figures mapped)" = "$(figures memory)" -a "$(figures mapped | wc -l)" -ge 15
