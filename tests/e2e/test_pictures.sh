#!/bin/bash
# The plot `pictures`: samples that attacks with `keep` have stored, and weights, as grids of pixels.
. tests/e2e/lib.sh

# spec NAME KEEP OPTIONS [MORE]: of an attack, of the plot; another entry of `attack`.
spec()
{
	cat >"$1.yaml" <<-END
	name: $1
	resources: {jobs: 1, threads: 1}
	data:
	  - {name: smooth, generate: {kind: image_like, n: 60, test: 40, side: 6}, prepare: [standardize, bias]}
	train:
	  - {solver: scp, neurons: 12, beta: 0.01}
	attack:
	  - {attack: pgd, eps: [0.1, 0.4], steps: 5, restarts: 1$2}
	${4:-}
	plots: [{plot: pictures$3}]
	END
}

# rows TITLE: of its block.
rows()
{
	awk -v title="# $1" 'index($0, title) == 1 { on = 1; next } on && /^$/ { exit } on && !/^#/ { n++ } END { print n + 0 }' "$dat"
}

spec kept ", keep: 2" ", weights: 4"
expect "run" 0 run kept.yaml --quiet
dat=results/kept/plots/pictures.dat
# three places of six pixels and one between them in each direction; two of them for four neurons
check "a grid of samples" "$(rows 'scp: pgd linf, eps = 0.4: examples')" [ "$(rows 'scp: pgd linf, eps = 0.4: examples')" -eq 400 ]
check "a grid of weights" "$(rows 'scp: first layer')" [ "$(rows 'scp: first layer')" -eq 169 ]
says "of how many neurons" 'scp: first layer, 4 of [0-9]* neurons' "$dat"
says "the caption says what it shows" 'first 2 correctly classified samples .*4 neurons .* 1 cells' results/kept/plots/captions.md
if command -v gnuplot >/dev/null; then
	says "the drawing has the pictures" '<image ' results/kept/plots/pictures.svg
	says "and the predicted classes" '1 → ' results/kept/plots/pictures.svg
	for line in clean added attacked; do
		says "and the line $line" "<text>$line</text>" results/kept/plots/pictures.svg
	done
fi
says "the page has the figure" 'pictures.svg' results/kept/report.html
cell=$(awk -F , 'NR == 2 { print $1 }' results/kept/plan.csv)
expect "the record is verified" 0 verify results/kept "$cell"

# Pixels of the clean samples in the stored range are the greys of the first place.
grey=$(awk -v title="# scp: pgd linf, eps = 0.4: examples" 'index($0, title) == 1 { on = 1; next } on && /^$/ { exit }
	on && !/^#/ && $1 < 1.6 && $2 > 1.6 && $3 == $4 && $4 == $5 { n++ } END { print n }' "$dat")
check "clean pixels are grey" "$grey" [ "$grey" -ge 72 ]

cp results/kept/cells/"$cell"/examples.npz before.npz
spec kept ", keep: 2" ", weights: 4" "  - {attack: fgsm, eps: [0.1]}"
expect "another attack" 0 run kept.yaml --quiet
check "samples of the record stay" "differ" cmp before.npz results/kept/cells/"$cell"/examples.npz

spec plain "" ", rows: 4, weights: 1"
expect "run without keep" 0 run plain.yaml --quiet
check "no samples are stored" "examples.npz" eval '! ls results/plain/cells/*/examples.npz 2>/dev/null'
dat=results/plain/plots/pictures.dat
check "the weights are there, of 4 x 9 pixels" "$(rows 'scp: first layer')" [ "$(rows 'scp: first layer')" -eq 36 ]
# shellcheck disable=SC2016 # backquotes are what is looked for
says "and what would store samples is said" '`keep`' results/plain/plots/captions.md
spec wrong ", keep: 200" ", examples: 13, rows: 0"
expect "refused" 2 run wrong.yaml
says "too many to keep" '^wrong.yaml:8:[0-9]*: attack\[0\].keep: expected .*100\], got "200"'
says "too many to show" 'plots\[0\].examples: expected .*12\] or null, got "13"'
says "no rows" 'plots\[0\].rows: expected .*got "0"'
