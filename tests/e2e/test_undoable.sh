#!/bin/bash
# Work that cannot be done is refused before anything is run, with its position in the spec.
. tests/e2e/lib.sh

rows='1,2,0\n3,4,1\n-1,1,0\n2,-1,1\n5,3,0\n2,2,1\n'
# shellcheck disable=SC2059 # the rows are the format
{ printf 'age,size,kind\n'; printf "$rows"; } >named.csv

# write NAME: spec NAME.yaml from the three parts below. The lines: name 1, data 2 to 4, train 5 to 7, rest from 8.
set_parts()
{
	source='csv: {path: named.csv, label: kind}'
	more='split: {test: 2}'
	method='solver: admm, patterns: [3, 5], beta: 0.1'
	rest='stop: {iterations: 5}'
}

write()
{
	cat >"$1.yaml" <<-END
	name: $1
	data:
	  - name: set
	    $source
	    $more
	train:
	  - {name: admm, $method}
	  - {name: sgd, solver: sgd, width: 4, epochs: 2}
	$rest
	END
}

# refuses NAME STATUS MESSAGE: validate, plan and run refuse it with this message; nothing is computed.
refuses()
{
	local name=$1 status=$2 verb

	write undoable
	for verb in validate plan run; do
		expect "$name: $verb" "$status" "$verb" undoable.yaml
		says "$name: $verb names its place" "^undoable.yaml:$3"
	done
	check "$name: nothing was computed" "results" [ ! -e results ]
	set_parts
}

# leaves_out NAME MESSAGE: validate refuses it with this message; plan and run say it and do all else.
leaves_out()
{
	local name=$1 verb

	write undoable
	expect "$name: validate" 2 validate undoable.yaml
	says "$name: validate names its place" "^undoable.yaml:$2"
	for verb in plan run; do
		expect "$name: $verb goes on" 0 "$verb" undoable.yaml
		says "$name: $verb names its place" "^undoable.yaml:$2"
		says "$name: $verb says what becomes of it" \
			"^undoable.yaml: warning: what needs a test part is left out where there is none"
	done
	check "$name: all cells are computed" "$(cat results/undoable/plan.csv)" \
		[ "$(grep -c ',ok,' results/undoable/plan.csv)" -eq 3 ]
	expect "$name: nothing is left to do" 0 run undoable.yaml
	says "$name: what cannot be done is not tried again" "^0 computed, 3 reused"
	rm -rf results
	set_parts
}

# accepts NAME: validate finds nothing.
accepts()
{
	write doable
	expect "$1" 0 validate doable.yaml
	set_parts
}

set_parts
accepts "what can be done"

# A test part.
attack='attack: [{attack: fgsm, eps: 0.1}]'
for none in 'split: {validation: 2}' 'split: {test: 0}'; do
	more=$none rest=$attack
	leaves_out "attack without a test part ($none)" \
		'9:10: attack\[0\]: needs a test part: data set "set" has none, set its split.test'
done
more='split: {validation: 2}' rest='certify: [{certificate: exact, eps: 0.1, part: train}, {certificate: exact, eps: 0.1}]'
leaves_out "certificate without a test part" '9:56: certify\[1\]: needs a test part'
more='split: {validation: 2}' rest='certify: [{certificate: exact, eps: 0.1, part: train}]'
accepts "a certificate of the training part"
more='split: {validation: 0.4}' rest=$attack method+=', select: validation_robust_accuracy'
accepts "an attack that a selection needs"
source='csv: {path: named.csv, test: named.csv, label: kind}' more='prepare: [bias]' rest=$attack
accepts "a test part of the source"
source='generate: {kind: moons, n: 20, test: 10, noise: 0.1}' more='prepare: [bias]' rest=$attack
accepts "a test part of a generator"
source='generate: {kind: moons, n: 20, noise: 0.1}' more='prepare: [bias]' rest=$attack
leaves_out "a generator without one" '9:10: attack\[0\]: needs a test part'

# Raw units.
for step in 'pca: {components: 1}' row_normalize; do
	more="split: {test: 2}
    prepare: [standardize, $step]"
	rest='attack: [{attack: fgsm, eps: 0.1}, {attack: pgd, eps: 0.1, units: raw}]'
	refuses "raw units behind $step" 2 \
		"10:67: attack\[1\].units: raw needs steps of prepare that act column by column: \"${step%%:*}\" of data set \"set\""
done
more='split: {test: 2}
    prepare: [{pca: {components: 1}}]'
rest='certify: [{certificate: exact, eps: 0.1, units: raw}]'
refuses "raw certificates behind pca" 2 '10:49: certify\[0\].units: raw needs steps'
more='split: {test: 2}
    prepare: [standardize, minmax, bias]'
rest='attack: [{attack: pgd, eps: 0.1, units: raw}]'
accepts "raw units behind steps that act column by column"

# Files: no fault of the spec, so with the exit status of the environment.
source='csv: {path: nowhere.csv, label: kind}'
refuses "no file of data" 4 '4:17: data\[0\].csv.path: nowhere.csv: cannot open the file: No such file'
source='csv: {path: named.csv, test: sub/nowhere.csv, label: kind}' more='prepare: [bias]'
refuses "no file of the test part" 4 '4:34: data\[0\].csv.test: sub/nowhere.csv: cannot open'
method='solver: admm, patterns: {file: D.npy}, beta: 0.1'
refuses "no file of patterns" 4 '7:49: train\[0\].patterns.file: D.npy: cannot open'
source="csv: {path: '\${HOME}/no/such.csv', label: kind}"
refuses "no file where a variable says" 4 "4:17: data\[0\].csv.path: $HOME/no/such.csv: cannot open"
source='csv: {path: nowhere.csv, label: kind}'
more='split: {test: 2}
    prepare: [{pca: {components: 1}}]'
rest='certify: [{certificate: exact, eps: 0.1, units: raw}]'
refuses "a fault of the spec beside it" 2 '10:49: certify\[0\].units: raw needs steps'

# Columns.
source='csv: {path: named.csv, label: sort}'
refuses "no such label" 2 '4:35: data\[0\].csv.label: .*"sort"'
source='csv: {path: named.csv, label: kind, drop: [weight]}'
refuses "no such column to drop" 2 '4:[0-9]*: data\[0\].csv.drop: .*"weight"'
source='csv: {path: named.csv, label: 7}'
refuses "no such index" 2 '4:35: data\[0\].csv.label: .*"7"'

# Plots.
rest='plots: [{plot: convergence, methods: [admm, smd]}]'
refuses "a plot of no method" 2 \
	'9:45: plots\[0\].methods\[1\]: expected one of the methods admm, sgd, got "smd"; did you mean "sgd"?'
rest='plots: [{plot: sweep, x: patterns}, {plot: sweep, x: pattern}]'
refuses "a sweep over nothing" 2 \
	'9:54: plots\[1\].x: expected one of the swept options patterns, got "pattern"; did you mean "patterns"?'
rest='plots: [{plot: sweep, x: patterns, relative_to: adm}]'
refuses "relative to nothing" 2 '9:49: plots\[0\].relative_to: expected one of the methods'
rest='plots: [{plot: heat_map, x: patterns, y: beta}]'
refuses "a heat map over nothing" 2 '9:42: plots\[0\].y: expected one of the swept options patterns, got "beta"'
rest='plots: [{plot: scaling, x: n_trian}]'
refuses "a scaling over nothing" 2 '9:28: plots\[0\].x: expected a number of summary.csv or a swept option: patterns, got "n_trian"'
rest='plots: [{plot: scaling, x: n_train, data: sets}]'
refuses "a plot of no data" 2 '9:43: plots\[0\].data: expected one of the data sets set, got "sets"'
rest='plots: [{plot: scaling, x: n_train, data: [set]}, {plot: scaling, x: patterns}, {plot: sweep, x: patterns, methods: admm}]'
accepts "plots of what there is"
method='solver: admm, patterns: 3, beta: 0.1' rest='plots: [{plot: sweep, x: patterns}]'
refuses "a sweep where nothing is swept" 2 '9:26: plots\[0\].x: expected a swept option, but nothing is swept'

# A name that no folder can have.
long=$(printf 'x%.0s' $(seq 201))
write undoable
sed -i "1s/.*/name: $long/" undoable.yaml
expect "a name that is too long" 2 run undoable.yaml
says "names its place" "^undoable.yaml:1:7: name: expected at most 200 characters, .*got 201"
sed -i "1s/x//" undoable.yaml
expect "a name of 200 characters" 0 run undoable.yaml --quiet
