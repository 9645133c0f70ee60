#!/bin/bash
# Scaling of an ADMM iteration over 1, 2 and 4 ranks of this machine, and the model of up to 1,024 that follows from what an
# iteration takes on one and a sum over two (tests/bench/bench_ranks.c says which): bash tests/bench/ranks.sh PNG. BENCH: the program, of a build
# with MPI=1. The figure is of the model alone: nothing of it is measured.
set -eu

bench=${BENCH:-build/double/tests/bench/bench_ranks}
figure=${1:?the figure, a PNG}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for r in 1 2 4; do
	mpirun -n $r "$bench" $r "$work/alone" "$work/rows.$r"
done
gnuplot <<-END
	set terminal pngcairo size 1000,760
	set output "$figure"
	set datafile separator ","
	set logscale xy
	set format y "%g"
	set xrange [1:1024]
	set xtics (1, 4, 16, 64, 256, 1024)
	set lmargin 12
	set key left bottom
	set multiplot layout 2,1 title "A model, not a measurement: an ADMM iteration, n = 1,000,000, d = 100, P = 64,\nby iterations of one rank and sums of two here (load $(cut -d' ' -f1 /proc/loadavg)), no rank waiting for another"
	is(u, net) = stringcolumn(1) eq u && stringcolumn(2) eq net
	here = "as here"; cluster = "2 us and 10 GB/s"; rows = "$work/rows.2"
	set ylabel "ms an iteration"
	plot for [u in "primal pcg"] rows using 3:(is(u, here) ? column(4) : NaN) with linespoints title u.", network as here", \
		for [u in "primal pcg"] rows using 3:(is(u, cluster) ? column(4) : NaN) with linespoints dt 2 title u.", 2 us and 10 GB/s"
	unset logscale y
	set xlabel "ranks"
	set ylabel "% of it in sums over ranks"
	set yrange [0:*]
	unset key
	plot for [u in "primal pcg"] rows using 3:(is(u, here) ? column(5) : NaN) with linespoints, \
		for [u in "primal pcg"] rows using 3:(is(u, cluster) ? column(5) : NaN) with linespoints dt 2
	unset multiplot
END
echo "$figure"
