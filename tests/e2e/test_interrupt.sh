#!/bin/bash
# Ctrl-C: exit status 130, nothing half-written, resumable; a second run at once is refused.
. tests/e2e/lib.sh

# Whether process $1 has a worker that computes, within 20 s.
has_worker()
{
	for _ in $(seq 400); do
		[ -n "$(processes '*relubench-worker*' "$1")" ] && return
		sleep 0.05
	done
	return 1
}

tiny_spec tiny 2
with_worker '*) sleep 2 ;;'
# a shell without job control starts background processes with SIGINT ignored
set -m
"$relubench" run tiny.yaml >out1 2>err1 </dev/null &
parent=$!
set +m
check "a worker starts" "none in 20 s" has_worker $parent
expect "a second run at once exits with 4" 4 run tiny.yaml
says "and says who holds the folder" "(process $parent)"
kill -INT $parent
status=0
wait $parent || status=$?
check "an interrupted run exits with 130" "exit status $status" [ "$status" -eq 130 ]
says "and says how to go on" "run again to resume" err1
check "no record of cells in flight" "$(statuses_of results/tiny)" \
	[ -z "$(statuses_of results/tiny | grep interrupted)" ]
check "nothing temporary is left" "$(ls results/tiny)" [ ! -e results/tiny/tmp ]
