#!/bin/bash
# What is printed: help, version, tables and texts that fit the terminal, names that command nothing.
. tests/e2e/lib.sh

# fits WIDTH FILE: no line is longer.
fits()
{
	[ "$(LC_ALL=C sed 's/[\x80-\xbf]//g' "$2" | awk -v w="$1" 'length($0) > w' | wc -l)" -eq 0 ]
}

expect "help" 0 help
cp out general
expect "-h" 0 -h
check "-h is help" "$(diff general out)" cmp -s general out
expect "help VERB" 0 help run
cp out verb
expect "VERB --help" 0 run --help
check "help VERB is VERB --help" "$(diff verb out)" cmp -s verb out
expect "help of no verb" 2 help rnu
says "names the nearest" 'did you mean "run"'
expect "version" 0 version
cp out short
expect "--version" 0 --version
check "version is --version" "$(cat out)" cmp -s short out

tiny_spec tiny
tiny_spec other
expect "validate of several specs" 0 validate tiny.yaml other.yaml
check "says each" "$(cat out)" [ "$(grep -c ': ok (' out)" -eq 2 ]
printf 'name: [\n' >bad.yaml
expect "one of them bad" 2 validate tiny.yaml bad.yaml other.yaml
check "the others are said" "$(cat out)" [ "$(grep -c ': ok (' out)" -eq 2 ]

expect "run" 0 run tiny.yaml --quiet
cp out free
for width in 40 60 80 132; do
	COLUMNS=$width run_it 0 report results/tiny
	check "the table fits $width columns" "$(cat out)" fits "$width" out
	# every number of the table, whole
	tr ' |' '\n\n' <free | grep '[0-9]' | grep -v '^results\|^-*$' | sort -u >words
	tr ' |' '\n\n' <out | sort -u >shown
	check "nothing is cut at $width" "$(comm -23 words shown)" [ -z "$(comm -23 words shown)" ]
	COLUMNS=$width run_it 0 compare results/tiny results/tiny
	check "compare fits $width columns" "$(cat out)" fits "$width" out
	COLUMNS=$width run_it 0 plan tiny.yaml
	check "plan fits $width columns" "$(cat out)" fits "$width" out
	COLUMNS=$width run_it 0 describe admm
	check "describe fits $width columns" "$(awk -v w="$width" 'length > w' out)" fits "$width" out
done
run_it 0 report results/tiny
check "no terminal: one block" "$(diff free out)" cmp -s free out

id=$(cells_of results/tiny | head -n 1)
expect "show" 0 show results/tiny "$id"
sed "s/'/\&#39;/g" out | tail -n 1 >command
check "the report repeats a cell as show does" "$(cat command)" grep -qF -f command results/tiny/report.html

# Escapes, links and formulas as names.
cat >evil.yaml <<'END'
name: evil
data:
  - {name: "=1+1 \e[31m", generate: {kind: moons, n: 30, test: 20}}
train:
  - {name: "[a](http://b)\e]0;x\a", solver: scp, beta: 0.1, neurons: 5}
  - {name: "-0.5", solver: scp, beta: 0.2, neurons: 5}
END
status=0
"$relubench" run evil.yaml >out 2>err </dev/null || status=$?
cat out err >all
check "no escape reaches a terminal" "$(cat -v all)" eval '! grep -q "[[:cntrl:]]" <(tr -d "\n\t" <all)'
if [ "$status" -eq 0 ]; then
	check "formulas are guarded" "$(cat results/evil/summary.csv)" grep -q "'=1+1" results/evil/summary.csv
	check "numbers are none" "$(cat results/evil/summary.csv)" grep -q ',-0.5,' results/evil/summary.csv
	check "links are escaped" "$(cat results/evil/tables/summary.md)" grep -qF '[a\](http\://b)' results/evil/tables/summary.md
	check "no file of tables holds an escape" "an escape" eval \
		'! cat results/evil/tables/* results/evil/report.html | LC_ALL=C grep -q "$(printf "\033")"'
	for verb in "plan evil.yaml" "status results/evil" "report results/evil" "compare results/evil results/evil" \
		"show results/evil $(cells_of results/evil | head -n 1)"; do
		# shellcheck disable=SC2086 # words
		"$relubench" $verb >all 2>&1
		check "$verb prints no escape" "$(cat -v all)" eval '! grep -q "[[:cntrl:]]" <(tr -d "\n\t" <all)'
	done
else
	check "such names are refused" "$(cat err)" [ "$status" -eq 2 ]
fi
