#!/bin/bash
# Points found against one network on the others: against networks that are trained and tested apart.
. "$(dirname "$0")/lib.sh"

# spec NAME TEST LINE...: the same training rows, whatever the test rows
spec()
{
	local name=$1 test=$2

	shift 2
	cat >"$name.yaml" <<-END
	name: $name
	seed: 3
	data:
	  - {name: flowers, csv: {path: train.csv, test: $test}, prepare: [standardize, bias]}
	train:
	  - {solver: sgd, loss: logistic, beta: 0.1, width: 15, epochs: 20, learning_rate: 0.05}
	  - {solver: adam, loss: logistic, beta: 0.1, width: 15, epochs: 40, learning_rate: 0.02}
	END
	printf '%s\n' "$@" >>"$name.yaml"
}

attack='attack: [{attack: pgd, norm: linf, eps: [0.2, 0.6], export: true}]'

# points FILE LABELS: an exported n x 2 array with the labels of a CSV file as CSV
points()
{
	echo a,b,kind
	od -A n -v -t f8 -w16 -j 128 "$1" | awk '{ print $1 "," $2 }' | paste -d, - <(tail -n +2 "$2" | cut -d, -f3)
}

# of transfer.csv SOURCE TARGET EPS COLUMN
row()
{
	awk -F, -v source="$1" -v target="$2" -v eps="$3" -v column="$4" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["source"] == source && $at["target"] == target && $at["eps"] == eps { printf "%.9f", $at[column] }' \
		"results/$name/transfer.csv"
}

# cell FOLDER METHOD
cell()
{
	awk -F, -v method="$2" 'NR > 1 && $3 == method { print $1 }' "$1/plan.csv"
}

# right FOLDER METHOD: 1 for each test sample that is decided right, else 0
right()
{
	run_it 0 predict "$1" "$(cell "$1" "$2")"
	awk -F, 'NR > 1 { print $NF == $(NF - 1) }' out
}

for kinds in 2 3; do
	name=kinds$kinds
	flowers 7 "$kinds" 90 1.6 >train.csv
	flowers 11 "$kinds" 150 1.6 >test.csv
	spec "$name" test.csv "$attack" 'plots: [{plot: transfer}, {plot: transfer, value: transferred, eps: 0.2}]'
	expect "$kinds kinds run" 0 run "$name.yaml" --quiet
	file=results/$name/transfer.csv
	check "all pairs at both radii" "$(cat "$file")" [ "$(wc -l <"$file")" -eq 9 ]
	for method in sgd adam; do
		own=$(awk -F, -v m=$method 'NR > 1 && $3 == m && $7 == 0.6 { printf "%.9f", $10 }' results/$name/attack.csv)
		check "$method on itself as in attack.csv" "$own" [ "$(row $method $method 0.6 robust_accuracy)" = "$own" ]
		check "$method: own accuracy as in attack.csv" "$own" [ "$(row sgd $method 0.6 own_robust_accuracy)" = "$own" ]
		check "$method breaks itself" "$(row $method $method 0.6 transferred)" [ "$(row $method $method 0.6 transferred)" = 1.000000000 ]
	done

	# the same network, trained again, gets the points as its test rows
	run_it 0 export results/$name "$(cell results/$name sgd)" --out exported-$name
	points exported-$name/adversarial_pgd_linf_0.6_test.npy test.csv >carried.csv
	spec apart carried.csv
	rm -rf results/apart
	expect "$kinds kinds, the points as test rows" 0 run apart.yaml --quiet
	for method in sgd adam; do
		right results/$name $method >clean-$method
		right results/apart $method >at-$method
	done
	robust=$(paste clean-adam at-adam | awk '{ n += $1 && $2 } END { printf "%.9f", n / NR }')
	check "robust accuracy as from there" "$robust, $(row sgd adam 0.6 robust_accuracy)" [ "$(row sgd adam 0.6 robust_accuracy)" = "$robust" ]
	check "it is not that without attack" "$robust" [ "$(row sgd adam 0.6 accuracy)" != "$robust" ]
	fooled=$(paste clean-sgd clean-adam at-sgd | awk '{ n += $1 && $2 && !$3 } END { printf "%.9f", n }')
	check "fooled as from there" "$fooled, $(row sgd adam 0.6 fooled)" [ "$(row sgd adam 0.6 fooled)" = "$fooled" ]
	share=$(paste clean-sgd clean-adam at-sgd at-adam | awk '$1 && $2 && !$3 { n++; m += !$4 } END { printf "%.9f", m / n }')
	check "transferred as from there" "$share, $(row sgd adam 0.6 transferred)" [ "$(row sgd adam 0.6 transferred)" = "$share" ]
done

says "a figure of accuracies" '^\*\*transfer\*\*.*on the diagonal' results/kinds3/plots/captions.md
check "with the row without attack" "$(cat results/kinds3/plots/transfer.dat)" \
	[ "$(awk '!/^#/ && NF == 3' results/kinds3/plots/transfer.dat | wc -l)" -eq 6 ]
says "a figure of shares at the radius asked for" 'flowers: pgd linf 0.2' results/kinds3/plots/transfer-2.dat
says "a table" '| *sgd *| *adam *|' results/kinds3/tables/transfer.md
check "without the source itself" "$(cat results/kinds3/tables/transfer.md)" eval '! grep -q "| sgd *| sgd " results/kinds3/tables/transfer.md'
says "its section in the report" 'id="transfer"' results/kinds3/report.html

cp results/kinds3/transfer.csv before.csv
expect "run again" 0 run kinds3.yaml --quiet
check "nothing changes" "$(diff before.csv results/kinds3/transfer.csv)" cmp -s before.csv results/kinds3/transfer.csv
rm results/kinds3/transfer.csv
sed -i '/transfer.csv/d' results/kinds3/checksums.txt
expect "by hand" 0 transfer results/kinds3
check "it is written" "$(diff before.csv results/kinds3/transfer.csv)" cmp -s before.csv results/kinds3/transfer.csv
check "and printed" "$(diff before.csv out)" cmp -s before.csv out
expect "one pair" 0 transfer results/kinds3 "$(cell results/kinds3 sgd)" "$(cell results/kinds3 adam)"
check "is two rows" "$(cat out)" [ "$(grep -c '^flowers,0,sgd,adam,' out)" -eq 2 ]
check "and no other" "$(cat out)" [ "$(wc -l <out)" -eq 3 ]

# rows of a network that is not there any more are not shown
sed -i 's/^\(flowers,0,sgd,adam,.*\),[0-9a-f]*$/\1,0123456789abcdef/' results/kinds3/transfer.csv
run_it 1 report results/kinds3
says "a changed file is told" 'transfer.csv' err
says "outdated rows are told" 'of other networks are left out' results/kinds3/plots/captions.md
check "and not shown" "$(cat results/kinds3/tables/transfer.md)" eval '! grep -q "| sgd *| adam " results/kinds3/tables/transfer.md'

expect "a cell without points" 2 transfer results/apart "$(cell results/apart sgd)"
says "is said" 'has no points: expected a cell that is ok and has an entry of `attack` with `export: true`'
expect "a folder without points" 2 transfer results/apart
says "is said too" 'no cell of .* has points'
spec none test.csv 'attack: [{attack: pgd, norm: linf, eps: [0.2]}]' 'plots: [{plot: transfer}]'
expect "a plot without points" 2 validate none.yaml
says "names what it needs" 'transfer: expected an entry of `attack` with `export: true`, got none'

# cells of other repetitions are other samples
spec twice test.csv "$attack"
sed -i 's/test: test.csv}/path: train.csv}, split: {test: 0.3}/; s/{path: train.csv, path: train.csv}/{path: train.csv}/; s/^seed: 3/seed: 3\nrepeats: 2/' twice.yaml
expect "two repetitions" 0 run twice.yaml --quiet
expect "pair by repetition" 0 transfer results/twice
check "with rows of their own" "$(cut -d, -f1-8 out)" [ "$(awk -F, 'NR > 1 { n[$2]++ } END { print n[0], n[1] }' out)" = "8 8" ]
first=$(awk -F, '$3 == "sgd" && $4 == 0 { print $1 }' results/twice/plan.csv)
other=$(awk -F, '$3 == "adam" && $4 == 1 { print $1 }' results/twice/plan.csv)
expect "not across them" 2 transfer results/twice "$first" "$other"
says "as is said" 'are not of the same data, repetition and fold'
