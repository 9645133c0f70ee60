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
says "is a problem of that path" "resources.jobs"
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
