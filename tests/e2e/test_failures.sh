#!/bin/bash
# A cell that ends badly is recorded as what it is, and the others go on.
. tests/e2e/lib.sh

tiny_spec tiny 1

with_worker '*\"count\":8*) kill -SEGV $$ ;;'
expect "a crash" 1 run tiny.yaml
statuses "is recorded, the others go on" results/tiny "1 crashed 2 ok"
says "the signal is named" "SIGSEGV"
expect "a crash is kept" 1 run tiny.yaml
says "and not computed again" "^0 computed, 3 reused, 1 not ok"

without_worker
expect "retry" 0 run tiny.yaml --retry-failed
says "computes the failed one only" "^1 computed, 2 reused, 0 not ok"
statuses "all fine now" results/tiny "3 ok"

with_worker '*\"count\":5*) echo "no luck" >&2; exit 1 ;;'
expect "fail fast" 1 run tiny.yaml --fail-fast --jobs 1 --out fast
says "starts nothing more" "^1 computed, 0 reused, 1 not ok"
says "the log is quoted" "no luck"
without_worker
expect "the rest later" 1 run tiny.yaml --out fast
says "goes on after fail-fast" "^2 computed, 1 reused, 1 not ok"

with_worker '*\"count\":8*) sleep 30 ;;'
expect "a time limit" 1 run tiny.yaml --timeout 0.3s --out slow
statuses "is recorded" slow/tiny "2 ok 1 timeout"
says "with the limit" "time limit of 0.3 s"

with_worker '*\"count\":8*) trap "" TERM; while :; do sleep 1; done ;;'
expect "a worker that ignores SIGTERM" 1 run tiny.yaml --timeout 0.3s --out deaf
statuses "is killed" deaf/tiny "2 ok 1 timeout"

with_worker '*\"count\":8*) exit 71 ;;'
expect "exhausted memory" 1 run tiny.yaml --out oom
statuses "is recorded as oom" oom/tiny "2 ok 1 oom"
without_worker

# The plan refuses a cell that needs more than it may use.
expect "too large a cell" 1 run tiny.yaml --set resources.memory_limit=1MiB --out small
statuses "is skipped" small/tiny "3 skipped"
says "with the need and the limit" "needs .* MiB of memory, resources.memory_limit allows 1 MiB"
expect "with room it is computed" 0 run tiny.yaml --out small
says "all of it" "^3 computed"

# A worker that uses more than was foreseen is stopped: dd holds 200 MB.
with_worker '*\"count\":8*) exec dd if=/dev/zero of=/dev/null bs=200M count=100000 ;;'
expect "more memory than the limit" 1 run tiny.yaml --set resources.memory_limit=100MiB --out much
statuses "is recorded as oom" much/tiny "2 ok 1 oom"
says "with use and limit" "used .* MiB of memory, resources.memory_limit allows 100 MiB"
without_worker
