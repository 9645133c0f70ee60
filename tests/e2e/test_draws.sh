#!/bin/bash
# The draws of data and method, apart from each other: `draw` in the place of the repetition, and what
# the plot `variance` makes of them.
. tests/e2e/lib.sh

# spec NAME REPEATS DATA METHOD: the options of both draws.
spec()
{
	cat >"$1.yaml" <<-END
	name: $1
	repeats: $2
	resources: {jobs: 1, threads: 1}
	data:
	  - {name: moons, generate: {kind: moons, n: 60, noise: 0.3}, split: {test: 0.3}$3}
	train:
	  - {solver: scp, neurons: 12, beta: 0.1$4}
	  - {solver: adam, width: 6, epochs: 5$4}
	plots: [{plot: variance}]
	END
}

# column NAME METHOD REPETITION FOLDER: of summary.csv.
column()
{
	awk -F , -v name="$1" -v method="$2" -v repetition="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["method"] == method && $at["repetition"] == repetition { print $at[name] }' "results/$4/summary.csv"
}

spec repeated 3 "" ""
spec fixed 1 ", draw: 2" ", draw: 2"
spec data 3 ", draw: 2" ""
for name in repeated fixed data; do
	expect "run $name" 0 run $name.yaml --quiet
done
for method in scp adam; do
	for name in train_accuracy test_accuracy objective_network; do
		wanted=$(column $name $method 2 repeated)
		got=$(column $name $method 0 fixed)
		check "$method: draws of number 2 are those of repetition 2: $name" "$got, $wanted" [ "$got" = "$wanted" ]
		got=$(column $name $method 2 data)
		check "$method: in repetition 2 its data are the same: $name" "$got, $wanted" [ "$got" = "$wanted" ]
	done
	other=$(column objective_network $method 1 repeated)
	got=$(column objective_network $method 1 data)
	check "$method: in another one they are not" "$got, $other" [ "$got" != "$other" ]
done
check "ids of cells without draws are as before" "draw in cell.json" \
	eval '! grep -q draw results/repeated/cells/*/cell.json'
cell=$(awk -F , 'NR == 2 { print $1 }' results/fixed/plan.csv)
expect "a cell with draws is verified" 0 verify results/fixed "$cell"
expect "and repeated" 0 rerun results/fixed "$cell"

spec crossed 1 ", draw: [0, 1, 2]" ", draw: [0, 1]"
expect "run crossed" 0 run crossed.yaml --quiet
says "all cells are crossed" 'scp: 3 splits x 2 draws of patterns, 6 cells' results/crossed/plots/captions.md
says "so is the start" 'adam: 3 splits x 2 initialisations, 6 cells' results/crossed/plots/captions.md
for part in split patterns initialisation interaction; do
	says "a bar of $part" "^# moons: $part\$" results/crossed/plots/variance.dat
done
says "what moves together is said" 'not separable' results/repeated/plots/captions.md
says "and it is one bar" '^# moons: split and initialisation together$' results/repeated/plots/variance.dat
check "the page has the plot" "no variance" grep -q variance.svg results/crossed/report.html

spec wrong 1 ", draw: -1" ", draw: often"
expect "a draw is a number" 2 run wrong.yaml
says "of the data" '^wrong.yaml:5:89: data\[0\].draw: expected a whole number >= 0 or repetition, got "-1"'
says "of a method" '^wrong.yaml:7:49: train\[0\].draw: expected a whole number >= 0 or repetition, got "often"'
