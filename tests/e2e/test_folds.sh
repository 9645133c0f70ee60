#!/bin/bash
# Cross-validation: a cell for each fold, in records, tables and CSV; each sample is tested once.
. tests/e2e/lib.sh

for i in $(seq 0 40); do
	echo "$i,$((i * i)),$((i % 3 == 0))"
done >rows.csv
cat >folds.yaml <<-END
name: folds
repeats: 2
resources: {jobs: 2, threads: 1, time_limit: 1m}
data:
  - {name: rows, csv: {path: rows.csv, label: last, header: no}, split: {folds: 4}, prepare: [standardize, bias]}
train:
  - {name: sgd, solver: sgd, width: 6, epochs: 3, batch: 8, beta: 0.1}
  - {name: admm, solver: admm, patterns: 5, beta: 0.1}
stop: {iterations: 10}
attack: [{attack: fgsm, norm: linf, eps: 0.1}]
END

expect "folds are computed" 0 run folds.yaml --out out.d
folder=out.d/folds
check "a cell for each method, repetition and fold" "$(count_cells $folder)" [ "$(count_cells $folder)" -eq 16 ]
fold_column=$(head -1 $folder/summary.csv | tr , '\n' | grep -n '^fold$' | cut -d: -f1)
test_column=$(head -1 $folder/summary.csv | tr , '\n' | grep -n '^n_test$' | cut -d: -f1)
sizes=$(awk -F, -v f="$fold_column" -v n="$test_column" 'NR > 1 { print $f, $n }' $folder/summary.csv | sort | uniq -c | tr -s ' ' | tr '\n' ';')
check "summary.csv says which fold, of what size" "$sizes" [ "$sizes" = " 4 1 11; 4 2 10; 4 3 10; 4 4 10;" ]
check "so do plan.csv and attack.csv" "$(head -1 $folder/plan.csv)" \
	[ "$(head -qn1 $folder/plan.csv $folder/attack.csv | tr , '\n' | grep -c '^fold$')" -eq 2 ]
columns=$(grep -c ',fold,' $folder/columns.csv)
check "columns.csv has it for each of them" "$columns" [ "$columns" -eq 4 ]
says "and the record" '"fold": 4' "$(grep -l '"fold": 4' $folder/cells/*/result.json | head -1)"
says "the table says what its quantiles are of" "2 repetitions of 4 folds, which share training samples" $folder/tables/summary.md
says "pairs are of folds" "values of folds are not independent" $folder/tables/paired.md
check "all pairs are there" "$(grep 'test acc' $folder/tables/paired.md)" grep -q "test acc %.*| *8 | *0 |" $folder/tables/paired.md

expect "nothing is left to compute" 0 run folds.yaml --out out.d
says "all cells are reused" "0 computed, 16 reused"
expect "one fold alone" 0 run folds.yaml --out alone --filter fold=3,repetition=1
check "it is what it is among the others" "$(cells_of alone/folds)" \
	cmp -s <(sed '/_s":/d; /mem_bytes\|"date"\|"timing"\|switches\|core_share\|load_average/d' alone/folds/cells/*/result.json | sort) \
	<(for cell in $(cells_of alone/folds); do
		sed '/_s":/d; /mem_bytes\|"date"\|"timing"\|switches\|core_share\|load_average/d' $folder/cells/"$cell"/result.json
	done | sort)
cell=$(grep -l '"fold": 2' $folder/cells/*/result.json | head -1)
cell=$(basename "$(dirname "$cell")")
expect "a fold is verified" 0 verify $folder "$cell"
expect "a fold is repeated" 0 rerun $folder "$cell"
expect "the plan names it" 0 plan folds.yaml --out out.d
says "by repetition and fold" "1 fold 4" out

sed 's/folds: 4/folds: 50/' folds.yaml >many.yaml
expect "more folds than rows" 2 run many.yaml --out many
says "is said" "split.folds: 50 folds asked for, of 41 rows"
sed 's/, split: {folds: 4}//; s/^attack.*//; s/repeats: 2/repeats: 1/' folds.yaml >none.yaml
expect "without folds" 0 run none.yaml --out none
columns=$(grep -c ',fold,' none/folds/columns.csv)
check "columns.csv has none" "$columns" [ "$columns" -eq 0 ]
