#!/bin/bash
# Several processes in one results folder: reports, and shards of different counts.
. tests/e2e/lib.sh

tiny_spec tiny 4
cat >>tiny.yaml <<-END
plots:
  - {plot: convergence}
END
expect "one run" 0 run tiny.yaml --quiet --out one

# at_once NAME COMMAND...: the words "I" of these commands, separated by "--", run at the same time.
started=()
start()
{
	"$relubench" "$@" >"out.${#started[@]}" 2>"err.${#started[@]}" </dev/null &
	started+=($!)
}
finish()
{
	local i bad=0

	for i in "${!started[@]}"; do
		wait "${started[i]}" || { bad=1; echo "# process $i: exit status $?: $(cat "err.$i")"; }
	done
	check "$1" "see above" [ $bad -eq 0 ]
	started=()
}

# Shards of two and of three share cells: of each one record is kept.
for i in 1 2; do start run tiny.yaml --quiet --out shards --shard $i/2; done
for i in 1 2 3; do start run tiny.yaml --quiet --out shards --shard $i/3; done
finish "shards of two and of three at once"
same "have the values of one run" one/tiny shards/tiny
expect "and nothing is damaged" 0 report shards/tiny
check "nor said" "$(cat err)" [ ! -s err ]
check "nothing is left" "$(ls -A shards/tiny)" [ ! -e shards/tiny/tmp ]

# Reports beside each other and beside readers, while a run computes again.
for i in 1 2 3 4; do start report shards/tiny; done
finish "four reports at once"
for file in summary.csv attack.csv certify.csv columns.csv tables/summary.md plots/convergence.dat report.html; do
	check "$file is whole" "missing" [ -s shards/tiny/$file ]
done
check "all of one report" "$(ls -A shards/tiny)" [ "$(ls -A shards/tiny)" = "$(ls -A one/tiny)" ]
start run tiny.yaml --quiet --out shards --force
for i in 1 2 3; do start report shards/tiny; done
for i in 1 2 3; do start status shards/tiny; done
finish "readers of a folder that a run writes to"
expect "the last report" 0 report shards/tiny
check "has nothing to say" "$(cat err)" [ ! -s err ]
same "has the values of one run" one/tiny shards/tiny
