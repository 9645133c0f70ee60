#!/bin/bash
# Makespan of a skewed sweep by four workers against the best possible one, and overhead per cell:
# bash tests/bench/makespan.sh [SPEC [PNG]], with a figure of the cells over the workers. Four workers of this machine stand
# for four nodes; where it has fewer cores all durations grow alike. A cell's duration is what its record says it took:
#     best = max(longest cell, all cells / 4), of the durations of the same run
# Beside it what fixed splits of the same cells would take: by forecast (--shard) and by i % 4.
spec=$(realpath "${1:-experiments/cluster_skew.yaml}") || exit 1
figure=${2:+$(realpath -m "$2")}
. tests/e2e/lib.sh

workers=4
name=$(sed -n 's/^name: //p' "$spec")

# durations DIR: seconds of each cell, in the order of the plan.
durations()
{
	local id

	cut -d, -f1 "$1/plan.csv" | sed 1d | while read -r id; do
		sed -n 's/^  "\(load\|setup\|solve\|eval\|violation\|attack\|select\|certify\)_s": \([0-9.e+-]*\),*$/\2/p' \
			"$1/cells/$id/result.json" | awk '{ sum += $1 } END { print sum }'
	done
}

start=$(date +%s.%N)
for ((i = 0; i < workers; i++)); do
	"$relubench" run "$spec" --claim --quiet --jobs 1 --threads 1 --out claims >/dev/null 2>"err.$i" &
done
wait
# The last record; the report that each of the four builds then is not of the sweep.
end=$(stat -c %.9Y "claims/$name"/cells/*/record.json | sort -n | tail -n 1)
durations "claims/$name" >took
awk -v workers=$workers -v span="$(echo "$end $start" | awk '{ print $1 - $2 }')" '
	{ took[NR - 1] = $1; sum += $1; longest = $1 > longest ? $1 : longest; part[(NR - 1) % workers] += $1 }
	END {
		best = sum / workers > longest ? sum / workers : longest
		for (w in part)
			modulo = part[w] > modulo ? part[w] : modulo
		printf "%d cells, %.1f s in all, the longest %.1f s, %d workers\n", NR, sum, longest, workers
		printf "best possible      %7.2f s\n", best
		printf "claims, makespan   %7.2f s   %.3f of the best\n", span, span / best
		printf "split by i %% %d     %7.2f s   %.3f of the best, without its overhead\n", workers, modulo, modulo / best
		printf "overhead per cell  %7.3f s   (workers x makespan - all cells) / cells, idle time at the end included\n", \
			(workers * span - sum) / NR
	}' took

# Each cell on the first worker that is free when it begins: its record is written at its end.
[ -n "$figure" ] || exit 0
cut -d, -f1 "claims/$name/plan.csv" | sed 1d | while read -r id; do stat -c %.9Y "claims/$name/cells/$id/record.json"; done |
	paste - took | awk -v start="$start" '{ print $1 - $2 - start, $1 - start }' | sort -n |
	awk -v workers=$workers '{
		for (w = 0; w < workers - 1 && free[w] > $1 + 0.05; w++) { }
		free[w] = $2
		print w + 1, $1, $2
	}' >lanes
best=$(awk -v workers=$workers '{ sum += $1; longest = $1 > longest ? $1 : longest } END { print (sum / workers > longest ? sum / workers : longest) }' took)
gnuplot <<-END
	set terminal pngcairo size 1000,400
	set output "$figure"
	set xlabel "seconds since the start (load $(cut -d' ' -f1 /proc/loadavg))"
	set ylabel "worker"
	set ytics 1
	set key outside top center horizontal
	set style fill solid 0.6 border lc rgb "white"
	plot [0:*] [0.4:$workers + 0.6] "lanes" using 2:1:2:3:(\$1 - 0.4):(\$1 + 0.4) with boxxyerror lc rgb "#0072b2" title "cells", \
		"<echo $best 0.4; echo $best $((workers + 1))" with lines lw 2 lc rgb "#d55e00" title "best possible"
END
echo "$figure"
