#!/bin/bash
# Makespan of a skewed sweep by four workers against the best possible one, and overhead per cell:
# bash tests/bench/makespan.sh [SPEC]. Four workers of this machine stand for four nodes; where it has fewer cores all
# durations grow alike. A cell's duration is what its record says it took:
#     best = max(longest cell, all cells / 4), of the durations of the same run
# Beside it what fixed splits of the same cells would take: by forecast (--shard) and by i % 4.
. tests/e2e/lib.sh

spec=${1:-$repository/experiments/cluster_skew.yaml}
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
