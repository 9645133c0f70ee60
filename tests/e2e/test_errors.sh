#!/bin/bash
# Mistakes: exit status, one clear message, nothing half-written.
. tests/e2e/lib.sh

tiny_spec tiny 1

sed 's/beta: 0.1}/beta: -1}/; s/kind: moons/kind: moon/' tiny.yaml >broken.yaml
expect "a broken spec" 2 run broken.yaml
says "first problem with its position" '^broken.yaml:7:[0-9]*: data\[0\].generate.kind: .*"moons"'
says "second problem with its position" '^broken.yaml:11:[0-9]*: train\[0\].beta: '
check "all problems at once" "$(cat err)" [ "$(wc -l <err)" -eq 3 ]
check "nothing is written" "results" [ ! -e results ]
expect "validate says the same" 2 validate tiny.yaml broken.yaml
says "a good spec beside it" "^tiny.yaml: ok (3 cells)" out
printf 'name: x\n  bad: [\n' >syntax.yaml
expect "no YAML" 2 run syntax.yaml
says "with a position" '^syntax.yaml:[0-9]*:[0-9]*: '
expect "no such spec" 2 run nowhere.yaml
says_once "one message for it"

cat >missing.yaml <<END
name: missing
data:
  - {name: a, csv: {path: nowhere.csv, label: last}, split: {test: 0.3}}
train:
  - {solver: admm, patterns: 5}
END
expect "missing data" 4 run missing.yaml
says_once "one message for missing data"
says "it names the file" "nowhere.csv"
check "no partial record" "results" [ ! -e results ]
printf '1,2,0\n1,x,1\n' >nowhere.csv
expect "damaged data" 4 run missing.yaml
says "with line and column" "nowhere.csv:2:"
check "no partial record of it" "results" [ ! -e results/missing/cells ]

# what the convex methods cannot use
printf '1,2,0\n3,4,1\n-1,1,0\n2,-1,1\n' >four.csv
cat >convex.yaml <<END
name: convex
data:
  - {name: four, csv: {path: four.csv}}
train:
  - {name: admm, solver: admm, patterns: {file: D.npy}}
  - {name: ipm, solver: ipm, patterns: {file: D.npy}}
stop: {iterations: 5}
END

# refuses NAME MESSAGE: both cells of convex.yaml fail with this message.
refuses()
{
	expect "$1" 1 run convex.yaml --force
	check "$1 is said of both methods" "$(cat err)" [ "$(grep -c -F -e "  D.npy: $2" err)" -eq 2 ]
}

expect "a missing file of patterns" 4 run convex.yaml
check "one message for each place that names it" "$(cat err)" [ "$(wc -l <err)" -eq 2 ]
says "with its position, and the file" '^convex.yaml:6:47: train\[1\].patterns.file: D.npy: cannot open the file'
echo 'this is no file of patterns' >D.npy
refuses "patterns that are no NPY file" "wrong magic number at byte 0: not a .npy file"
npy D.npy 3 2 1 0 0 1 1 1
refuses "patterns of three rows" "patterns: expected 4 rows, one per training sample, got 3"
npy D.npy 4 2 1 0 0 2 1 1 0 1
refuses "a pattern with a 2" "patterns[1, 1]: expected 0 or 1, got 2"
npy D.npy 4 2 1 0 0 1 1 1
refuses "a file of patterns cut short" "truncated: expected 8 bytes of data at byte 128, got 6"
npy D.npy 4 2 1 0 0 1 1 1 0 1
expect "whole patterns" 0 run convex.yaml --out whole
check "are used" "$(cat whole/convex/summary.csv)" [ "$(record whole/convex ipm patterns)" = 2 ]

awk 'BEGIN { srand(1); for (i = 0; i < 40; i++) { for (j = 0; j < 20; j++) printf "%.6f,", rand();
	print i % 2 } }' >many.csv
expect "all patterns where there are too many" 1 run convex.yaml --set data[0].csv.path=many.csv \
	--set train[0].patterns=all --filter method=admm
says "the number of them is said" \
	'patterns: all of them would be up to 5.5e+11, at most 100000 are enumerated; sample instead'

sed 's/beta: 0.1}/beta: 0, rho: 0}/; s/noise: 0.1/noise: -1/' tiny.yaml >zeros.yaml
expect "penalties of 0" 2 validate zeros.yaml
says "rho" 'rho: expected a number > 0 or null, got "0"'
says "beta" 'beta: expected a number > 0, got "0"'
expect "a negative penalty" 2 validate tiny.yaml --set train[0].rho=-1e-3
says "with its value" 'rho: expected a number > 0 or null, got "-1e-3"'

printf '1,2,0.5\n3,4,nan\n5,6,7\n' >targets.csv
expect "a target that is no number" 4 run convex.yaml --set data[0].csv.path=targets.csv \
	--set data[0].task=regression --set train[0].patterns=2 --set train[1].patterns=2
says "has a position" '^convex.yaml:3:23: data\[0\].csv: targets.csv:2:5: column 2: missing value "nan"'
printf '1,2,0.5\n3,4,1e999\n5,6,7\n' >targets.csv
expect "an infinite target" 4 run convex.yaml --set data[0].csv.path=targets.csv \
	--set data[0].task=regression --set train[0].patterns=2 --set train[1].patterns=2
says "has one too" '^convex.yaml:3:23: data\[0\].csv: targets.csv:2:5: column 2: expected a finite number, got "1e999"'
printf '1,2,0\n3,1e50,1\n5,6,1\n' >large.csv
expect "a feature beyond single precision" 1 run convex.yaml --set data[0].csv.path=large.csv \
	--set precision=single --set train[0].patterns=2 --set train[1].patterns=2
says "is named" 'row 1, column 1: expected a prepared value that is finite in single precision, got 1e+50'
printf '1,2,3\n3,4,3\n' >large.csv
expect "labels that are all equal" 4 run convex.yaml --set data[0].csv.path=large.csv
says "are said" 'one class only: "3" (2 rows)'
expect "groups of labels that overlap" 2 run convex.yaml --set 'data[0].classes=["0|1", "1"]'
says "name the label" 'classes: expected every label once, got "1" in "0|1" and in "1"'
expect "a gap beyond single precision" 2 validate convex.yaml --set precision=single --set stop.gap=1e-8
says "is refused" 'stop.gap: single precision certifies gaps down to 1e-6 at best; use precision: double'

: >file
expect "a results folder below a file" 4 run tiny.yaml --out file
says_once "one message for it"
says "it names the path" "file"
if [ "$(id -u)" -eq 0 ]; then
	ok "unwritable folder # SKIP root may write everywhere"
else
	mkdir closed && chmod 555 closed
	expect "unwritable folder" 4 run tiny.yaml --out closed
	says "it is named" "closed"
fi

expect "no verb" 2
expect "unknown verb" 2 rnu
says "a suggestion" 'did you mean "run"?'
expect "unknown option" 2 run tiny.yaml --jbos 2
says "a suggestion for it" 'did you mean "--jobs"?'
expect "option without its value" 2 run tiny.yaml --jobs
expect "flag with a value" 2 run tiny.yaml --force=yes
expect "no operand" 2 run
expect "bad value of an option" 2 run tiny.yaml --jobs many
says "is told as of a spec" '^--jobs: expected a whole number >= 0, got "many"'
expect "unknown path" 2 run tiny.yaml --set train[0].rhoo=1
says "is named" "rhoo"
expect "status of no results folder" 4 status nowhere
expect "show of no results folder" 4 show nowhere 00
expect "report of no results folder" 4 report nowhere

expect "a closed stdin" 0 plan tiny.yaml
"$relubench" run tiny.yaml --quiet >out 2>err <&-
check "runs without standard input" "$(cat err)" [ $? -eq 0 ]
"$relubench" run tiny.yaml --force <&- >&- 2>&-
check "runs without any standard stream" "exit status" [ $? -eq 0 ]
statuses "its records are whole" results/tiny "3 ok"
check "no stray output in them" "log" [ -z "$(cat results/tiny/cells/*/log.txt)" ]
if [ -w /dev/full ]; then
	"$relubench" plan tiny.yaml >/dev/full 2>err
	check "a full output is an error" "exit status" [ $? -eq 4 ]
	says "that is said" "standard output"
fi
