#!/bin/bash
# Processor time around a cell's own computation: bash tests/bench/overhead.sh [PNG]. Sweeps of 30 to 3,000 cells of about a
# millisecond each; of each sweep what `run` takes a cell, report included, what two runs take that claim the cells,
# and what the report takes alone.
figure=${1:+$(realpath -m "$1")}
. tests/e2e/lib.sh

# spent COMMAND...: seconds of processor time, those of its children included
spent()
{
	local TIMEFORMAT='%U %S'

	{ time "$@" >log 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

claimed()
{
	"$relubench" run cells.yaml --claim --quiet --jobs 1 --threads 1 --out "$1" &
	"$relubench" run cells.yaml --claim --quiet --jobs 1 --threads 1 --out "$1"
	wait
}

for cells in 30 100 300 1000 3000; do
	cat >cells.yaml <<-END
		name: cells
		repeats: $cells
		data:
		  - {name: blobs, generate: {kind: blobs, n: 20, d: 2}}
		train:
		  - {solver: sgd, loss: logistic, beta: 0.1, width: 2, epochs: 1, batch: 0}
		stop: {iterations: 1}
	END
	run=$(spent "$relubench" run cells.yaml --quiet --jobs 1 --threads 1 --out "run$cells")
	claim=$(spent claimed "claim$cells")
	report=$(spent "$relubench" report "run$cells/cells")
	echo "$cells $run $claim $report" | awk '{ printf "%d %.2f %.2f %.2f\n", $1, 1e3 * $2 / $1, 1e3 * $3 / $1, 1e3 * $4 / $1 }'
done >overhead
awk 'BEGIN { print "cells  run ms  two that claim ms  report alone ms, of a cell" } { printf "%5d %7s %18s %16s\n", $1, $2, $3, $4 }' overhead

[ -n "$figure" ] || exit 0
gnuplot <<-END
	set terminal pngcairo size 700,400
	set output "$figure"
	set xlabel "cells of a sweep"
	set ylabel "ms of processor time a cell"
	set logscale x
	set yrange [0:*]
	set key outside top center horizontal
	plot "overhead" using 1:2 with linespoints lw 2 lc rgb "#0072b2" title "run", \
		"" using 1:3 with linespoints lw 2 lc rgb "#d55e00" title "two runs that claim", \
		"" using 1:4 with linespoints lw 2 lc rgb "#009e73" title "the report alone"
END
echo "$figure"
