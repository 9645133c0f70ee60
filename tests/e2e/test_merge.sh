#!/bin/bash
# merge: shards and late results become one folder; of two records of a cell the better one stays.
. tests/e2e/lib.sh

# set_record DIR CELL KEY JSON: change a value of a record as an earlier version wrote it, unchecked.
set_record()
{
	sed -i -e "s/^  \"$3\": .*/  \"$3\": $4,/" "$1/cells/$2/result.json"
	unchecked "$1/cells/$2"
}

tiny_spec tiny
for i in 1 2; do
	expect "shard $i" 0 run tiny.yaml --quiet --shard $i/2 --out part$i --timeout ${i}m
done
expect "all" 0 run tiny.yaml --quiet
expect "merge into a new folder" 0 merge united/tiny part1/tiny part2/tiny
says "says what was done" "^part2/tiny: 3 cells added, 0 replaced by better ones, 0 kept" out
says "and what is next" "relubench report united/tiny" out
same "the values of one run of all" results/tiny united/tiny
check "plan.csv of one run of all" "$(diff results/tiny/plan.csv united/tiny/plan.csv)" \
	cmp -s results/tiny/plan.csv united/tiny/plan.csv
check "data.csv too" "$(diff results/tiny/data.csv united/tiny/data.csv)" \
	cmp -s results/tiny/data.csv united/tiny/data.csv
check "env.json of both" "$(ls united/tiny)" [ "$(ls united/tiny/env*.json | wc -l)" -eq 2 ]
expect "report" 0 report united/tiny
says "all cells are there" "^6 cells: 6 ok" out
cp -r united/tiny before
expect "merge again" 0 merge united/tiny part1/tiny part2/tiny
says "keeps all" "^part1/tiny: 0 cells added, 0 replaced by better ones, 3 kept" out
check "changes nothing" "$(diff -r before united/tiny)" diff -r -x lock before united/tiny
expect "run computes nothing more" 0 run tiny.yaml --quiet --out united
check "no cell is new" "$(ls united/tiny/cells)" \
	cmp -s <(cells_of united/tiny) <(cells_of results/tiny)

# The rule. A is what is merged into, B the source; the record that stays is known by its note.
id=$(cells_of results/tiny | head -n 1)
# rule NAME STAYS WORDS A_KEY A_VALUE B_KEY B_VALUE
rule()
{
	rm -rf A B
	cp -r results/tiny A
	cp -r results/tiny B
	set_record A "$id" timing null # this machine may be busy
	set_record B "$id" timing null
	set_record A "$id" note '"of A"'
	set_record B "$id" note '"of B"'
	set_record A "$id" "$4" "$5"
	set_record B "$id" "$6" "$7"
	expect "$1" 0 merge A B
	says "$1: $2 stays" "of $2" "A/cells/$id/result.json"
	[ -z "$3" ] || says "$1: says why" "^$id: that of B, $3" out
}

late='"2031-01-01T00:30:00+00:00"'
early='"2030-12-31T23:59:00-01:00"' # an hour ahead of UTC: later than it looks
rule "a later date" B "of a later date" date "$late" date "$early"
rule "an earlier date" A "" date "$early" date "$late"
rule "the same date" A "" date "$late" date "$late"
rule "ok instead of failed" B "ok instead of failed" status '"failed"' date '"2020-01-01T00:00:00+00:00"'
rule "failed instead of ok" A "" date '"2020-01-01T00:00:00+00:00"' status '"timeout"'
rule "failed instead of skipped" B "crashed instead of skipped" status '"skipped"' status '"crashed"'
rule "undisturbed times" B "undisturbed times" timing '"disturbed: busy"' date '"2020-01-01T00:00:00+00:00"'
rule "disturbed times" A "" date '"2020-01-01T00:00:00+00:00"' timing '"disturbed: busy"'
says "the plan has the status" "^$id,.*,ok" A/plan.csv

# Damage is never taken, and gives way.
rm -rf A B
cp -r results/tiny A
cp -r results/tiny B
echo '{"status": "o' >"B/cells/$id/result.json"
expect "a damaged source" 1 merge A B
says "is named" "^not taken: B/cells/$id/.*: damaged record: "
same "and not taken" results/tiny A
cp -r results/tiny C
echo '{"status": "o' >"C/cells/$id/result.json"
expect "into a damaged record" 0 merge C results/tiny
says "the whole one is taken" "^$id: that of results/tiny, whole instead of damaged" out
same "which is whole again" results/tiny C

# A record of a later version of the program is neither damaged nor understood.
rm -rf A B
cp -r results/tiny A
cp -r results/tiny B
sed -i 's/"format": *1/"format": 99/' "A/cells/$id/record.json" "A/cells/$id/result.json"
cp A/cells/"$id"/record.json newer.json
expect "into a record of a later version" 4 merge A B
check "it stays" "replaced" cmp -s newer.json "A/cells/$id/record.json"
expect "from one" 1 merge B A
says "is not taken" "^not taken: A/cells/$id"

# What does not belong together.
sed 's/beta: 0.1}/beta: 0.2}/' tiny.yaml >other.yaml
sed -i 's/^name: tiny/name: tiny/' other.yaml
expect "another spec" 0 run other.yaml --quiet --out other
cp -r results/tiny A2
expect "is not merged" 2 merge A2 other/tiny
says "names the first difference" "^other/tiny/spec.yaml:11: differs .*beta: 0.2.* instead of .*beta: 0.1"
expect "other values set" 0 run tiny.yaml --quiet --out sets --set seed=8
expect "are not merged" 2 merge A2 sets/tiny
says "names the value" "differs .*seed=8.* instead of"
same "nothing was taken" results/tiny A2
expect "all the same" 0 merge A2 other/tiny --force
check "the plan has the cells of both" "$(cat A2/plan.csv)" [ "$(wc -l <A2/plan.csv)" -eq 13 ]
check "each once" "$(cut -d, -f1 A2/plan.csv)" [ "$(cut -d, -f1 A2/plan.csv | sort -u | wc -l)" -eq 13 ]
expect "a folder into itself" 2 merge A2 ./A2/
expect "no results folder" 4 merge A2 bin/none
mkdir full && touch full/file
expect "into another folder" 4 merge full results/tiny
says "names it" "^full: is not a results folder"

# A run that holds the lock.
tiny_spec slow 1 1000000000
"$relubench" run slow.yaml --quiet --set train.admm.patterns=400 --set data[0].generate.n=4000 --filter method=admm >/dev/null 2>&1 &
run=$!
for _ in $(seq 100); do
	[ -e results/slow/tmp ] && break
	sleep 0.1
done
expect "from a folder that a run writes to" 4 merge late results/slow
says "says so" "a run is writing"
expect "into a folder that a run writes to" 4 merge results/slow results/tiny
says "names the process" "process $run"
kill -INT $run
wait $run
