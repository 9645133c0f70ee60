#!/bin/bash
# Gated ReLU through the command line: one penalty, a path with its file and plot, decompositions, of
# two classes, three classes and two targets; attacked, certified, verified, predicted, resumed.
. "$(dirname "$0")/lib.sh"

flowers 7 3 120 >flowers.csv
awk -F, 'NR == 1 { print "a,b,y,z" } NR > 1 { print $1 "," $2 "," $1 * $2 "," $1 - $2 }' flowers.csv >targets.csv
# spec NAME DATA LOSS BETA MORE
spec()
{
	cat >"$1.yaml" <<-END
	name: $1
	seed: 3
	resources: {threads: 1}
	data:
	  - {name: $1, $2, split: {test: 0.3, validation: 0.2}, prepare: [standardize, bias]}
	train:
	  - {name: one, solver: gated, loss: $3, beta: $4, patterns: 12, fresh: 50}
	  - {name: fista, solver: gated, loss: $3, beta: $4, patterns: 12, method: fista}
	  - {name: path, solver: gated, loss: $3, beta: {path: [max, $4, 7]}, patterns: 12}
	  - {name: exact, solver: gated, loss: $3, beta: $4, patterns: 12, decompose: exact}
	  - {name: near, solver: gated, loss: $3, beta: $4, patterns: 12, decompose: approximate}
	stop: {iterations: 2000, gap: 1e-5}
	plots:
	  - {plot: path}
	  - {plot: path, x: share, columns: [objective, gap]}
	$5
	END
}
probes='attack:
  - {attack: pgd, norm: linf, eps: [0.1]}
  - {attack: strong, norm: linf, eps: [0.1]}'
spec moons "generate: {kind: moons, n: 150}" logistic 0.5 "$probes"
spec flowers "csv: {path: flowers.csv}" squared 0.5 "$probes"
spec targets "csv: {path: targets.csv, targets: [y, z]}, task: regression" squared 0.5 ""

# fact DIR METHOD NAME: what a method tells of itself
fact()
{
	local cell

	for cell in "$1"/cells/*; do
		grep -q "^  \"method\": \"$2\"" "$cell/result.json" || continue
		sed -n "s/^    \"$3\": //p" "$cell/result.json" | sed 's/,$//'
	done
}

# holds NAME EXPRESSION a VALUE b VALUE ...: of awk
holds()
{
	local name=$1 expression=$2 arguments=()

	shift 2
	while [ $# -gt 0 ]; do
		arguments+=(-v "$1=${2:-nothing}")
		shift 2
	done
	check "$name" "${arguments[*]}" awk "${arguments[@]}" "BEGIN { exit !($expression) }"
}

for name in moons flowers targets; do
	results=results/$name
	expect "$name: run" 0 run $name.yaml --quiet
	statuses "$name: all cells" $results "5 ok"
	one=$(record $results one objective)
	for method in one fista path; do
		holds "$name: $method has the optimum" "a <= b * (1 + 2e-5) && b <= a * (1 + 2e-5)" \
			a "$(record $results "$method" objective)" b "$one"
		holds "$name: $method is certified" "a != \"\" && a <= 1e-5" a "$(record $results "$method" gap)"
	done
	holds "$name: as a ReLU network it is no lower" "a >= b * (1 - 1e-9) && a >= c" \
		a "$(record $results exact objective)" b "$one" c "$(record $results exact lower_bound)"
	check "$name: and ends as its program does" "$(record $results exact outcome)" \
		[ "$(record $results exact outcome) $(record $results near outcome)" = 'converged converged' ]
	holds "$name: both objectives are told" "a >= b && b > 0" a "$(fact $results exact relu_objective)" \
		b "$(fact $results exact gated_objective)"
	holds "$name: outputs are kept, or nearly" "a <= 1e-9 && b > a && b < 0.05" \
		a "$(fact $results exact decomposition_error)" b "$(fact $results near decomposition_error)"
	holds "$name: how far from the cones" "a > 0 && a <= 1" a "$(fact $results one cone_violation)"
	holds "$name: fresh patterns" "a >= 0 && a <= 1" a "$(record $results one violation)"
	path=$(ls $results/cells/*/path.csv)
	check "$name: one cell has a path, with a line for each penalty" "$path" [ "$(wc -l <"$path")" -eq 8 ]
	check "$name: the table of paths has its points" "$(cat $results/tables/path.md)" \
		[ "$(grep -c "^| $name " $results/tables/path.md)" -eq 7 ]
	check "$name: its columns are described" "$(head -n 1 "$path")" \
		[ "$(awk -F, '$1 == "cells/*/path.csv" { print $2 }' $results/columns.csv | paste -sd,)" = "$(head -n 1 "$path")" ]
	check "$name: penalties fall, every gap is certified, gates come in" "$(cat "$path")" \
		awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ bad += $at["gap"] > 1e-5 || (NR > 2 && $at["beta"] >= last) || $at["lower_bound"] > $at["objective"]; last = $at["beta"]; gates = $at["neurons"]; first = NR == 2 ? gates : first }
		END { exit !(bad == 0 && first == 0 && gates > 0 && last == 0.5 && NR == 8) }' "$path"
	if command -v gnuplot >/dev/null; then
		check "$name: the path is drawn" "$(ls $results/plots)" [ -s $results/plots/path.svg -a -s $results/plots/path-2.svg ]
		kind=accuracy
		[ $name = targets ] && kind='mean loss'
		says "$name: by its gates" "neurons in use" $results/plots/path.svg
		says "$name: and by what fits the task" "$kind" $results/plots/path.svg
		says "$name: or by its objective" "objective at the penalty" $results/plots/path-2.svg
		check "$name: a point for each penalty" "$(cat $results/plots/path.dat)" \
			[ "$(awk '/^# .*neurons/ { on = 1; next } /^$/ { on = 0 } on && /^[0-9]/ { n++ } END { print n }' $results/plots/path.dat)" -eq 7 ]
	fi
	for cell in $(cells_of $results); do
		expect "$name: $cell verifies" 0 verify $results "$cell"
		expect "$name: $cell predicts" 0 predict $results "$cell" test
		expect "$name: $cell is computed again" 0 rerun $results "$cell"
		says "$name: $cell has the same bits" "^$cell: identical" out
	done
	[ $name = targets ] && continue
	cell=$(cells_of $results | head -n 1)
	expect "$name: attack of a stored cell" 0 attack $results "$cell" '{attack: worst, eps: [0.05, 5]}'
	says "$name: a large ball leaves nothing" "^worst,linf,5,prepared,[0-9.]*,0," out
done

# What is there is kept; a path that was cut off goes again.
rm -r "results/moons/cells/$(cells_of results/moons | tail -n 1)"
expect "resumed" 0 run moons.yaml
says "what was there is kept" "^1 computed, 4 reused"

# A gap of the last penalty that an earlier one reaches does not end the path.
sed -e 's/^name: moons$/name: wide/; s/gap: 1e-5/gap: 0.9/; /^plots:/d; /plot: path/d' moons.yaml >wide.yaml
expect "a wide gap runs" 0 run wide.yaml --quiet
check "and leaves the path whole" "$(cat results/wide/cells/*/path.csv)" \
	[ "$(cut -d, -f2 results/wide/cells/*/path.csv | tail -n 1)" = 0.5 ]

# Of generated neurons every penalty of a path has a bound over all networks, from its own network.
cat >generated.yaml <<END
name: generated
resources: {jobs: 1, threads: 1}
data:
  - {name: spirals, generate: {kind: spirals, n: 60}, prepare: [bias]}
train:
  - {solver: generated, loss: squared, beta: {path: [max, 0.5, 4]}, bound: true, bound_seconds: 40}
END
expect "bounds of a path" 0 run generated.yaml --quiet
check "close at each penalty" "$(cat results/generated/cells/*/path.csv)" \
	[ "$(sed 1d results/generated/cells/*/path.csv | awk -F, '$5 != "" && $5 < 1e-4 && $4 <= $3' | wc -l)" -eq 4 ]
expect "and they verify" 0 verify results/generated "$(cells_of results/generated)"

# Mistakes.
sed 's/logistic/hinge/' moons.yaml >bad.yaml
expect "a loss with a kink" 2 validate bad.yaml
says "is named" "a loss with a finite second derivative"
sed 's/beta: {path: \[max, 0.5, 7\]}/beta: {path: [0.1, 0.5, 7]}/' moons.yaml >bad.yaml
expect "a path that rises" 2 validate bad.yaml
says "says what was expected" "train\[2\].beta: path: expected a first penalty above the last one, 0.5, got 0.1"
sed 's/path: \[max, 0.5, 7\]/path: [max, 0.5]/' moons.yaml >bad.yaml
expect "a path without a count" 2 validate bad.yaml
says "says its form" "train\[2\].beta.path: expected \[first, last, count\]"
sed 's/solver: gated, loss: logistic, beta: {/solver: adam, loss: logistic, beta: {/; s/\(adam.*\), patterns: 12/\1/' moons.yaml >bad.yaml
expect "a method without paths" 2 validate bad.yaml
says "names those with" "path: \"adam\" has one penalty a cell: .*; paths are for gated, active_set, generated"
sed 's/patterns: 12, fresh: 50/patterns: 12, bound: true/' moons.yaml >bad.yaml
expect "a bound beside that of the method" 2 validate bad.yaml
says "is refused" "train\[0\].bound: \"gated\" has a bound of its own: give {solver: all_networks} an entry of its own"
sed 's/solver: gated, loss: logistic, beta: 0.5, patterns: 12, fresh: 50/solver: generated, bound: adam/' moons.yaml >bad.yaml
expect "a bound by a method that has none" 2 validate bad.yaml
says "is refused too" "train\[0\].bound: expected true or a method of bounds, got \"adam\""
