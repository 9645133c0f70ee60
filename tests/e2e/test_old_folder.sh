#!/bin/bash
# Results folders of another version of the program: what shows records needs names, texts and plots of
# the stored spec alone, and says what differs between the versions.
. tests/e2e/lib.sh

tiny_spec tiny 1
cat >>tiny.yaml <<-END
plots:
  - {plot: sweep, x: patterns, y: test_accuracy}
END
expect "run" 0 run tiny.yaml --quiet --set about=first --set "plots[0].y=train_accuracy"
cp -r results/tiny before
unchecked results/tiny/cells/* # an earlier version wrote no checksums
rm results/tiny/checksums.txt

# Options, values, solvers and sections that this version does not know, in the spec and in the records.
sed -i -e 's/beta: 0.1/beeta: 0.1/' -e 's/noise: 0.1/noise: much/' -e 's/solver: sgd/solver: sgd_classic/' \
	-e 's/iterations: 20/rounds: 20/' -e 's/eps: \[0, 0.1\]/radius: 0.1/' -e 's/threads: 1/cores: 1/' \
	-e 's/repeats: 1/repeats: some/' results/tiny/spec.yaml
echo 'network: {layers: 2}' >>results/tiny/spec.yaml
echo 'train[0].rho_rule=old' >>results/tiny/origin.txt
expect "the stored spec is no spec of today" 2 validate results/tiny/spec.yaml
for verb in report plot; do
	rm -rf results/tiny/plots results/tiny/report.html
	expect "$verb of a folder with unknown options" 0 $verb results/tiny
	says "$verb: the records are not checked" "note: 3 records of an earlier version without checksums"
	says_nothing=$(grep -v "note: 3 records" err)
	check "$verb: no complaint" "$says_nothing" [ -z "$says_nothing" ]
	check "$verb: the plot of the spec, changed as it was run" "$(ls results/tiny/plots)" \
		grep -q "train.accuracy" results/tiny/plots/sweep.gp
done
says "about, as it was run" '<p class="about">first' results/tiny/report.html
expect "compare with a folder of unknown options" 0 compare before results/tiny
says "nothing differs" "^No cell differs" out

# What is needed is still checked, with its position.
sed -i 's/plot: sweep/plot: swep/' results/tiny/spec.yaml
expect "an unknown plot" 2 report results/tiny
says "has a position" 'results/tiny/spec.yaml:[0-9]*:[0-9]*: plots\[0\].plot: .*did you mean "sweep"'

# Cells of one table that were computed in different ways.
tiny_spec mix 1
expect "one thread" 0 run mix.yaml --quiet --threads 1 --filter method=admm
check "nothing is mixed" "$(cat out)" [ "$(grep -c Mixed out)" -eq 0 ]
cp -r results/mix results/one
expect "two threads" 0 run mix.yaml --quiet --threads 2
says "said under the table of the terminal" "Mixed: threads 1 (2 cells), 2 (1 cell)\." out
says "under the table that is kept" "Mixed: threads 1 (2 cells), 2 (1 cell)\." results/mix/tables/summary.md
for section in summary attacks cells; do
	sed -n "/<section id=\"$section\"/,/<\/section>/p" results/mix/report.html >part
	says "under the $section of the report" "Mixed: threads 1 (2 cells), 2 (1 cell)\." part
done
expect "compare" 0 compare results/one results/mix
says "said by compare" "^Mixed: threads 1 (4 cells), 2 (1 cell)\." out
for key in program host cpu blas_core; do
	check "a record knows its $key" "$(record results/mix sgd $key)" \
		[ -n "$(record results/mix sgd $key | grep -v null)" ]
done
