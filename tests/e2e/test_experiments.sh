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
# classes ROWS FEATURES CLASSES: the same of several classes, from 1 on.
classes()
{
	awk -v n="$1" -v d="$2" -v k="$3" 'BEGIN {
		srand(8)
		for (i = 0; i < n; i++) {
			for (j = 0; j < d; j++)
				printf "%.3f,", rand() + (j == i % k)
			print i % k + 1
		}
	}'
}
# bytes NUMBER...: as octets; images PREFIX COUNT: so many of 3 x 4 pixels, of ten classes
bytes()
{
	local number

	for number in "$@"; do
		printf "\\$(printf %o "$number")"
	done
}
images()
{
	local i j

	{
		bytes 0 0 8 3 0 0 0 "$2" 0 0 0 3 0 0 0 4
		for ((i = 0; i < $2; i++)); do
			for ((j = 0; j < 12; j++)); do
				bytes $((j == i % 10 ? 200 : (i * 31 + j * 17 + i * j) % 90))
			done
		done
	} >"$1-images-idx3-ubyte.gz" # plain files are read, whatever their names
	{
		bytes 0 0 8 1 0 0 0 "$2"
		for ((i = 0; i < $2; i++)); do
			bytes $((i % 10))
		done
	} >"$1-labels-idx1-ubyte.gz"
}
mkdir -p data/mnist data/fashion-mnist data/iris data/wine data/wine_quality data/heart data/digits
images data/mnist/train 100
images data/mnist/t10k 40
cp data/mnist/* data/fashion-mnist/
classes 60 4 3 >data/iris/iris.data
classes 60 13 3 | awk -F, '{ printf "%s", $NF; for (i = 1; i < NF; i++) printf ",%s", $i; print "" }' \
	>data/wine/wine.data
for colour in red white; do
	{
		echo 'acid;volatile;citric;sugar;chlorides;free;total;density;pH;sulphates;alcohol;quality'
		classes 60 11 6 | awk -F, '{ $NF += 2 } 1' OFS=';'
	} >data/wine_quality/winequality-$colour.csv
done
classes 60 13 5 >data/heart/processed.cleveland.data
classes 80 64 10 | gzip >data/digits/digits.csv.gz
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

mkdir -p data/ionosphere data/pima_indians_diabetes data/banknote_authentication
rows 60 34 >data/ionosphere/ionosphere.data
rows 60 8 >data/pima_indians_diabetes/pima-indians-diabetes.data
rows 60 4 >data/banknote_authentication/data_banknote_authentication.txt
tiny kernels repeats=1 train[2].patterns=8 train[3].patterns=8 train[4].patterns=8 train[5].patterns=8 \
	train[6].patterns=8 data[4].generate.n=[6,12] data[4].generate.test=20 stop.iterations=40
says "ratios have their line" '^# C sqrt(log 2n)' results/kernels/plots/bound_ratio.dat
awk '/^[0-9]/ { if ($2 < 1 - 1e-6) bad = 1 } END { exit bad }' results/kernels/plots/bound_ratio.dat
check "no sampled program is below the bound" "$(cat results/kernels/plots/bound_ratio.dat)" [ $? -eq 0 ]

for images in mnist_10 fashion_10; do
	tiny $images train[0].epochs=3 train[1].epochs=3 train[2].epochs=3 train[3].epochs=3 \
		train[0].width=12 train[1].width=12 train[2].width=12 train[3].width=12 \
		train[4].neurons=30 train[4].beta=[0.1,0.3] train[5].neurons=30 train[5].beta=0.1
	says "$images: programs are certified" '| scp squared .*[0-9]e-0[4-9] |' results/$images/tables/summary.md
	says "$images: ten classes are certified" ',crown,linf,.*,test,' results/$images/certify.csv
done
tiny uci_multiclass repeats=1 train[0].beta=[0.1,0.01] train[0].neurons=30 train[1].beta=[0.1,0.01] \
	train[1].neurons=30 train[2].beta=0.01 train[2].width=8 train[2].epochs=3 train[3].beta=0.01 \
	train[3].width=8 train[3].epochs=3
check "the main table has the best setting of each" "$(cat results/uci_multiclass/tables/main.csv)" \
	[ "$(wc -l <results/uci_multiclass/tables/main.csv)" -eq 21 ]
tiny regression_multi repeats=1 train[0].neurons=30 train[1].epochs=3 train[1].width=8 train[2].epochs=3 \
	train[2].width=8
says "three targets are one number" 'white wine.*,scp' results/regression_multi/summary.csv

# The claims of our own: each has a verdict, and none leaves a case out.
mkdir -p data/haberman data/german_credit data/sonar
rows 40 3 >data/haberman/haberman.data
rows 40 13 | tr , ' ' >data/heart/heart.dat
rows 40 24 | tr , ' ' >data/german_credit/german.data-numeric
rows 40 60 >data/sonar/sonar.all-data
sets=(repeats=2 data[4].generate.n=40 stop.iterations=40 train[0].stop.seconds=0.3 train[6].stop.seconds=0.5
	train[7].stop.seconds=0.3)
for entry in 0 1 2 3 4 5; do
	sets+=("train[$entry].loss=squared" "train[$entry].beta=[1,0.1]")
done
for entry in 1 2 8; do
	sets+=("train[$entry].epochs=3" "train[$entry].width=8")
done
for entry in 3 9; do
	sets+=("train[$entry].neurons=30")
done
for entry in 4 5; do
	sets+=("train[$entry].patterns=8")
done
expect "generated_networks" 0 run "$repository/experiments/claims/generated_networks.yaml" --quiet --jobs 2 \
	--threads 1 "${sets[@]/#/--set=}"
expect "its claims" 0 claims results/generated_networks --markdown
cp out verdicts
says "the largest ratio names its case" 'at most 1.0001.*\| 2 \+|' verdicts
says "and is over all of them" '8 cases: [a-z]*, ' verdicts
check "no case is without a value" "$(grep -c 'no value\|without a value' verdicts)" \
	[ "$(grep -c 'no value\|without a value' verdicts)" -eq 0 ]
