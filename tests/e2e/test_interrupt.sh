# Ctrl-C: exit status 130, nothing half-written, resumable; a second run at once is refused.
. "$(dirname "$0")/common.sh"

spec 40000
# a shell without job control starts background processes with SIGINT ignored
set -m
"$relubench" run tiny.yaml >out 2>err &
parent=$!
set +m
check "a worker starts" until_true has_worker $parent
"$relubench" run tiny.yaml >out2 2>err2
check "a second run at once exits with 4" equal 4 $?
check "and says who holds the folder" contains err2 "(process $parent)"
kill -INT $parent
wait $parent
check "an interrupted run exits with 130" equal 130 $?
check "and says how to go on" contains err "run again to resume"
check "no record of cells in flight" equal 0 "$(statuses interrupted)"
check "nothing temporary is left" test ! -e results/tiny/tmp
