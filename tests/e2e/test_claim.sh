#!/bin/bash
# run --claim: several runs share a folder; one is killed, one was killed on another host, one comes back.
. tests/e2e/lib.sh

tiny_spec tiny 2 # 6 cells
expect "a run of all" 0 run tiny.yaml --quiet --out alone

# together COUNT OUT [ARGUMENT...]: so many runs at once; all must end well.
together()
{
	local count=$1 out=$2 i status=0 pids=

	shift 2
	for ((i = 0; i < count; i++)); do
		"$relubench" run tiny.yaml --claim --jobs 1 --out "$out" "$@" >"$out.$i.out" 2>"$out.$i.err" </dev/null &
		pids="$pids $!"
	done
	for i in $pids; do
		wait "$i" || status=$?
	done
	check "$count at once end well" "$(cat "$out".*.err)" [ $status -eq 0 ]
}

# computed OUT: cells that the runs say that they computed, in all.
computed()
{
	cat "$1".*.err | awk '/ computed, / { sum += $1 } END { print sum + 0 }'
}

for count in 2 4; do
	together $count by$count
	same "$count: the values of one run" alone/tiny by$count/tiny
	check "$count: none is computed twice" "$(computed by$count)" [ "$(computed by$count)" -eq 6 ]
	check "$count: a row each" "$(wc -l <by$count/tiny/summary.csv)" \
		[ "$(wc -l <by$count/tiny/summary.csv)" -eq "$(wc -l <alone/tiny/summary.csv)" ]
	check "$count: nothing is left" "$(ls by$count/tiny)" [ ! -e by$count/tiny/claims -a ! -e by$count/tiny/tmp ]
done

# The largest first, by forecast.
"$relubench" run tiny.yaml --claim --jobs 1 --out first >/dev/null 2>order
check "the largest first" "$(cat order)" [ "$(grep -c 'patterns=8' <(grep '#' order | head -n 2))" -eq 2 ]
expect "claims and shards" 2 run tiny.yaml --claim --shard 1/2
says_once "are two ways"

# Killed in the middle, while it holds a claim; the other goes on with its cell at once.
with_worker '*\"rho\"*) [ -e slow ] && exec sleep 60 ;;'
touch slow
"$relubench" run tiny.yaml --claim --jobs 1 --out killed >killed.0.out 2>killed.0.err </dev/null &
victim=$!
for ((i = 0; i < 100; i++)); do
	[ -n "$(ls killed/tiny/claims 2>/dev/null)" ] && break
	sleep 0.1
done
check "a claim is held" "none" [ -n "$(ls killed/tiny/claims)" ]
says "it says by whom" "^claim-[A-Za-z0-9_]*-[0-9]*-$victim-" "killed/tiny/claims/$(ls killed/tiny/claims | head -n 1)"
kill -9 $victim
wait $victim 2>/dev/null
rm slow
without_worker
together 2 killed
same "killed: the values of one run" alone/tiny killed/tiny
check "killed: nothing is left" "$(ls killed/tiny)" [ ! -e killed/tiny/claims -a ! -e killed/tiny/tmp ]

# Claims of another host: a fresh one is waited for, an old one is taken over.
mkdir -p away/tiny/claims
cells_of alone/tiny >ids
fresh=away/tiny/claims/$(sed -n 1p ids)
old=away/tiny/claims/$(sed -n 2p ids)
echo "claim-elsewhere-1-1-1 3" | tee "$fresh" >"$old"
touch -d '-1 hour' "$old"
"$relubench" run tiny.yaml --claim --jobs 1 --lease 6 --out away >away.0.out 2>away.0.err </dev/null &
waits=$!
for ((i = 0; i < 100; i++)); do
	[ "$(count_cells away/tiny 2>/dev/null)" -ge 5 ] 2>/dev/null && break
	touch "$fresh" # its holder renews it
	sleep 0.1
done
check "the old claim is taken over" "$(cells_of away/tiny)" [ -e "away/tiny/cells/$(sed -n 2p ids)" ]
check "the fresh one is not" "$(cells_of away/tiny)" [ ! -e "away/tiny/cells/$(sed -n 1p ids)" ]
status=0
wait $waits || status=$? # the holder is silent from now on
check "it waits until the lease is over" "$(cat away.0.err)" [ $status -eq 0 ]
same "away: the values of one run" alone/tiny away/tiny

# All is there already.
expect "claims beside records that are there" 0 run tiny.yaml --claim --quiet --out alone
check "nothing is computed" "$(cat err)" [ ! -s err ]
