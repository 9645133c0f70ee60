#!/bin/bash
# Tiny versions of experiments: every plot that their specs name is drawn and shows something.
. tests/e2e/lib.sh

# rows COUNT FEATURES: features that tell the two classes 0 and 1 apart, comma separated, class last.
rows()
{
	awk -v n="$1" -v d="$2" 'BEGIN {
		srand(7)
		for (i = 0; i < n; i++) {
			for (j = 0; j < d; j++)
				printf "%.3f,", rand() + (j < 2) * (i % 2)
			print i % 2
		}
	}'
}

# In the places and the layout of the public data sets.
mkdir -p data/mammographic_masses data/breast_cancer_wisconsin
rows 60 5 >data/mammographic_masses/mammographic_masses.data
rows 60 30 | awk -F, '{ print NR "," ($31 ? "M" : "B") "," $0 }' | sed 's/,[01]$//' \
	>data/breast_cancer_wisconsin/wdbc.data
export RELUBENCH_DATA=$work/data

# drawn NAME: as many plots as the spec names, each with data and, where gnuplot is, without complaint.
drawn()
{
	local wanted plots=results/$1/plots plot

	wanted=$(grep -c '^  - {plot: ' "$repository/experiments/$1.yaml")
	check "$1: all plots" "$(ls $plots)" [ "$(ls $plots/*.gp | wc -l)" -eq "$wanted" ]
	for plot in "$plots"/*.gp; do
		plot=${plot%.gp}
		[ "$(grep -c '^[0-9]' "$plot.dat")" -ge 2 ] ||
			not_ok "$1: ${plot##*/}" "has no data"
		command -v gnuplot >/dev/null && [ ! -s "$plot.png" ] &&
			not_ok "$1: ${plot##*/}" "is not drawn"
	done
	grep -v "iconv failed to convert degree sign" "$plots/gnuplot.log" >said # locale C
	check "$1: gnuplot says nothing" "$(cat said)" [ ! -s said ]
	check "$1: no cell failed" "$(statuses_of "results/$1")" \
		[ "$(statuses_of "results/$1" | tr -dc a-z)" = ok ]
}

# tiny NAME SETTING...: run the experiment with these settings.
tiny()
{
	local name=$1 sets=() setting

	shift
	for setting in "$@"; do
		sets+=(--set "$setting")
	done
	expect "$name" 0 run "$repository/experiments/$name.yaml" --quiet --jobs 2 --threads 1 "${sets[@]}"
	drawn "$name"
}

tiny pattern_quality repeats=2 data[0].generate.n=12 data[0].generate.test=20 \
	train[1].patterns=[4,16] train[2].neurons=[4,16] train[4].patterns=[4,16]
for plot in sweep sweep-7; do
	says "the exact optimum is a level of $plot" '^# moons: exact' \
		results/pattern_quality/plots/$plot.dat
done
awk '/^[0-9]/ { if (seen++ && $2 > last) bad = 1; last = $2 } END { exit bad || seen != 2 }' \
	results/pattern_quality/plots/sweep-3.dat
check "more patterns come nearer to it" "$(cat results/pattern_quality/plots/sweep-3.dat)" [ $? -eq 0 ]

tiny admm_convergence repeats=1 data[0].generate.n=40 data[0].generate.test=20 stop.iterations=60 \
	train[0].patterns=4 train[1].patterns=4 train[2].patterns=4 train[3].patterns=4
says "slopes are in the legend" 'ipm: .* decades per 1000 iterations' \
	results/admm_convergence/plots/convergence.gp
says "with the setup" 'ipm: .* decades per s after .* s of setup' \
	results/admm_convergence/plots/convergence-2.gp

tiny scaling repeats=1 data[0].generate.n=[40,80] data[1].generate.n=40 data[1].generate.d=[3,6] \
	data[2].generate.n=40 data[2].generate.d=9 data[3].generate.n=40 data[3].generate.d=3 \
	train[5].patterns=[4,8] train[6].patterns=[4,8] train[7].patterns=[4,8] \
	train[8].patterns=[4,8] train[9].patterns=[4,8]
says "sizes that are fixed are the title" "set title .d = 32, P = 16." results/scaling/plots/scaling.gp

tiny robust_2d
tiny robust_regression repeats=1 data[0].generate.n=40 train[0].eps=[0,0.05] train[0].stop.iterations=200
tiny robust_breast_cancer repeats=1 train[0].beta=1 train[1].beta=1 train[2].beta=1 train[3].beta=1 \
	train[4].beta=1 train[4].interval.kappa=0.5 train[5].beta=1 \
	train[6].patterns.count=12 train[6].stop.iterations=50 train[7].beta=1 train[7].screen=2 \
	train[7].patterns.count=8 train[7].stop.iterations=50 train[8].beta=1
