# `band` of every plot that shows repetitions: none, band, bars, points, and what auto makes of three
# repetitions and of four.
. "$(dirname "$0")/lib.sh"

if ! gnuplot --version >/dev/null 2>&1; then
	echo "ok bands # SKIP no gnuplot"
	exit
fi
names="convergence robust_accuracy attacked_bars trade_off sweep scaling best_of_k"
# spec NAME REPEATS BAND...: every plot with every band
spec()
{
	local name=$1 repeats=$2 band plot

	shift 2
	cat >"$name.yaml" <<-END
	name: $name
	seed: 7
	repeats: $repeats
	resources: {jobs: 2, threads: 1, time_limit: 1m}
	data:
	  - name: moons
	    generate: {kind: moons, n: 60, noise: 0.3}
	    split: {test: 0.3, validation: 0.2}
	    prepare: [bias]
	train:
	  - {name: admm, solver: admm, patterns: [2, 4, 8], beta: 0.1}
	  - {name: sgd, solver: sgd, width: 8, epochs: 5, batch: 16, learning_rate: 0.05, beta: 0.1}
	stop: {iterations: 40}
	attack:
	  - {attack: fgsm, norm: linf, eps: [0, 0.1, 0.2]}
	plots:
	END
	for band; do
		for plot in $names; do
			case $plot in
			sweep) echo "  - {plot: $plot, x: patterns, band: $band}" ;;
			scaling) echo "  - {plot: $plot, x: patterns, y: time, band: $band}" ;;
			*) echo "  - {plot: $plot, band: $band}" ;;
			esac
		done
	done >>"$name.yaml"
}
# shown SCRIPT: what its plot command shows of repetitions, in words
shown()
{
	grep -qE 'filledcurves .*0\.18' "$1" && echo band
	grep -qE 'yerrorbars|xyerrorbars|vectors heads' "$1" && echo bars
	grep -q 'pt 7 ps 0.45 lc' "$1" && echo points
}
# holds NAME NUMBER BAND: the plots of that number show this and nothing else
holds()
{
	local plot stem expected seen

	for plot in $names; do
		stem=$plot$([ "$2" -eq 1 ] || echo "-$2")
		expected=$3
		case "$3 $plot" in # single points have no area; a level of a sweep has one beside bars
		"band attacked_bars" | "band trade_off") expected=bars ;;
		"none"*) expected= ;;
		esac
		seen=$(echo $(shown "results/$1/plots/$stem.gp"))
		check "$stem of $1: $3" "it shows '$seen' in place of '$expected'" \
			[ "$seen" = "$expected" ]
		check "$stem of $1 is drawn" "no picture" [ -s "results/$1/plots/$stem.svg" ]
	done
}

spec three 3 none band bars points auto
expect "three repetitions" 0 run three.yaml --quiet
holds three 1 none
holds three 2 band
holds three 3 bars
holds three 4 points
holds three 5 points

# each repetition is there: the rows of attack.csv at one radius are the points of the plot there
radius()
{
	awk -F, -v eps="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["method"] == "sgd" && $at["eps"] == eps { printf "%.6f\n", 100 * $at["robust_accuracy"] }' \
		results/three/attack.csv | sort -n
}
dots()
{
	awk -v eps="$1" '/^# / && $0 != "# x y" { here = /sgd.*, repetitions/ } here && $1 == eps { printf "%.6f\n", $2 }' \
		results/three/plots/robust_accuracy-4.dat | sort -n
}
for eps in 0.1 0.2; do
	check "each repetition is a point at eps = $eps" "$(dots $eps) in place of $(radius $eps)" \
		[ "$(dots $eps)" = "$(radius $eps)" ]
	check "there are three of them" "$(dots $eps)" [ "$(dots $eps | wc -l)" -eq 3 ]
done
check "the caption says so" "$(grep convergence-4 results/three/plots/captions.md)" \
	grep -qF "**convergence-4**: Median and single values (points) of 3 repetitions" \
	results/three/plots/captions.md
check "and that nothing is shown" "$(grep '\*convergence\*' results/three/plots/captions.md)" \
	grep -qF "**convergence**: Median of 3 repetitions" results/three/plots/captions.md
check "and that a range is" "$(grep convergence-3 results/three/plots/captions.md)" \
	grep -qF "90 % range of 3 repetitions" results/three/plots/captions.md

spec four 4 auto
expect "four repetitions" 0 run four.yaml --quiet
check "by default four are no points" "points" \
	[ -z "$(grep -l 'pt 7 ps 0.45' results/four/plots/*.gp)" ]
for plot in convergence sweep; do
	check "curves with many values of x have a band, a few have bars" \
		"$(shown results/four/plots/$plot.gp)" \
		grep -qE "$([ $plot = sweep ] && echo yerrorbars || echo '0\.18')" \
		results/four/plots/$plot.gp
done
