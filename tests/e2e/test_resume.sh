#!/bin/bash
# Killed at any moment, interrupted, started twice: the next run completes the same results.
. tests/e2e/lib.sh

tiny_spec tiny 4 2000
expect "undisturbed run" 0 run tiny.yaml --out whole

# SIGKILL after 5, 10, ... ms: from before the first cell to the report.
kills=0
for k in 1 2 3 4 5 6 7 8 9 10 12 14 16 20; do
	"$relubench" run tiny.yaml --out killed >/dev/null 2>&1 </dev/null &
	sleep "$(printf '0.%03d' $((k * 5)))"
	kill -KILL $! 2>/dev/null && kills=$((kills + 1))
	wait $! 2>/dev/null
	for cell in killed/tiny/cells/*; do
		[ -e "$cell" ] || continue
		grep -q '"status": "ok"' "$cell/result.json" || echo "not ok partial record $cell"
	done
	"$relubench" status killed/tiny >out 2>err || grep -q "plan.csv: cannot read" err ||
		[ ! -e killed/tiny ] || echo "not ok damage after a kill: $(cat err)"
done
check "the run was killed" "it was too fast" [ "$kills" -gt 0 ]
expect "resumed" 0 run tiny.yaml --out killed
same "same values after kill -9" whole/tiny killed/tiny
check "nothing is left over" "$(ls killed/tiny)" [ ! -e killed/tiny/tmp ]
check "workers die with their parent" "a worker is alive" \
	[ -z "$(processes '*relubench-worker-double killed/tiny*')" ]

# Cells that take long, so that a signal meets them.
with_worker '*\"count\":8*) sleep 0.4 ;;'
for signal in INT TERM HUP; do
	"$relubench" run tiny.yaml --out $signal >out 2>err </dev/null &
	pid=$!
	sleep 0.25
	kill -$signal $pid
	wait $pid
	status=$?
	check "SIG$signal exits with 130" "exit status $status" [ $status -eq 130 ]
	says "SIG$signal says how to go on" "run again to resume"
	expect "resumed after SIG$signal" 0 run tiny.yaml --out $signal
	same "same values after SIG$signal" whole/tiny $signal/tiny
done

# Two at once.
"$relubench" run tiny.yaml --out twice >/dev/null 2>&1 </dev/null &
first=$!
sleep 0.15
expect "a second run at once is refused" 4 run tiny.yaml --out twice
says "the message names the process" "another run .*process $first"
expect "status beside a running experiment" 0 status twice/tiny
says "it counts what runs" "running" out
check "it sees that it runs" "$(cat out)" grep -q " [12] running" out
wait $first
check "the first one is not disturbed" "exit status" [ $? -eq 0 ]
same "its values are right" whole/tiny twice/tiny

# Shards at once into one folder.
pids=
for shard in 1 2 3; do
	"$relubench" run tiny.yaml --out shards --shard $shard/3 >/dev/null 2>shard$shard.err </dev/null &
	pids="$pids $!"
done
failed=0
for pid in $pids; do wait "$pid" || failed=1; done
check "shards run at once" "$(cat shard?.err)" [ $failed -eq 0 ]
expect "a whole run after them" 0 run tiny.yaml --out shards
says "finds everything done" "^0 computed, 12 reused"
same "their values are right" whole/tiny shards/tiny

# A run that was killed leaves folders; status knows that nothing runs.
mkdir -p shards/tiny/tmp/0123456789abcdef.99999
expect "status after a kill" 0 status shards/tiny
says "a dead process runs nothing" "12 done, 0 running, 0 missing" out

# A worker needs no scheduler to leave a record.
cp -r whole alone
record=$(ls -d alone/tiny/cells/* | head -n 1)
value() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$record/record.json" | head -n 1; }
key=$(value key)
data=$(value data)
mkdir job
mv "$record/cell.json" job
rm -r "$record"
worker=$(dirname "$program")/relubench-worker-double
OMP_NUM_THREADS=1 "$worker" job --commit "$record" "$key" "$data" >job/log.txt 2>&1
check "a worker alone commits" "$(ls job)" [ ! -e job -a -e "$record/record.json" ]
expect "a run after it" 0 run tiny.yaml --out alone
says "takes its record" "^0 computed, 12 reused"
same "with the same values" whole/tiny alone/tiny

# Nor for the record of a cell that failed; one that is there already is kept if asked.
mkdir job
sed 's|"n":[0-9]*|"n":2|' "$record/cell.json" >job/cell.json
OMP_NUM_THREADS=1 "$worker" job --commit "$work/failed" key data >job/log.txt 2>&1
check "its exit status tells" "exit status 0" [ $? -ne 0 ]
check "a failed cell is recorded too" "$(cat failed/result.json)" \
	grep -q '"status": "failed"' failed/result.json
mkdir job
cp "$record/cell.json" job
before=$(sha256sum <failed/record.json)
OMP_NUM_THREADS=1 "$worker" job --commit "$work/failed" key data --keep >job/log.txt
check "what is there is kept" "it was replaced" [ "$before" = "$(sha256sum <failed/record.json)" -a ! -e job ]
