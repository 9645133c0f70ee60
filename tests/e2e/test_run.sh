#!/bin/bash
# Run, run again, jobs, force, filter, shards.
. tests/e2e/lib.sh

tiny_spec tiny
expect "first run" 0 run tiny.yaml
says "first run computes all" "^6 computed, 0 reused, 0 not ok"
check "one folder for each cell" "$(ls results/tiny/cells)" [ "$(count_cells results/tiny)" -eq 6 ]
check "nothing temporary is left" "$(ls results/tiny/tmp 2>&1)" [ ! -e results/tiny/tmp ]
for file in spec.yaml plan.csv env.json data.csv summary.csv attack.csv report.html; do
	check "writes $file" "missing or empty" [ -s results/tiny/$file ]
done

cp -r results/tiny before
expect "second run" 0 run tiny.yaml
says "second run computes nothing" "^0 computed, 6 reused"
check "second run leaves the cells alone" "$(diff -r before/cells results/tiny/cells)" \
	diff -qr before/cells results/tiny/cells

expect "one job" 0 run tiny.yaml --jobs 1 --threads 1 --out one
expect "two jobs" 0 run tiny.yaml --jobs 2 --threads 1 --out two
same "results do not depend on the jobs" one/tiny two/tiny
same "nor on when they were computed" one/tiny results/tiny

expect "forced" 0 run tiny.yaml --force
says "force computes all" "^6 computed, 0 reused"
same "force gives the same values" before results/tiny

expect "filtered" 0 run tiny.yaml --out some --filter method=admm,patterns=8
says "filter computes what it names" "^2 computed"
expect "the rest" 0 run tiny.yaml --out some
says "the rest is computed later" "^4 computed, 2 reused"
same "filter gives the same values" some/tiny before
expect "filter with an unknown key" 2 run tiny.yaml --filter methd=admm
says "unknown key has a suggestion" 'did you mean "method"?'
expect "filter that nothing matches" 2 run tiny.yaml --filter method=nothing

expect "shard 1/2" 0 run tiny.yaml --out shards --shard 1/2
says "a shard is a part" "^3 computed"
check "a shard builds no report" "report.html" [ ! -e shards/tiny/report.html ]
expect "shard 2/2" 0 run tiny.yaml --out shards --shard 2/2
says "the other part" "^3 computed"
same "shards together are the whole" shards/tiny before
expect "report of shards" 0 report shards/tiny
for shard in 0/2 3/2 1 x/2 1/0 -1/2 1/2x; do
	expect "shard $shard is refused" 2 run tiny.yaml --shard $shard
done

expect "a changed value" 0 run tiny.yaml --set train[0].beta=0.2
says "only what changed is computed" "^4 computed, 2 reused"
expect "another seed" 0 run tiny.yaml --seed 8 --quiet
check "quiet says nothing" "$(cat err)" [ ! -s err ]
