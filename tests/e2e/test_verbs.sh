#!/bin/bash
# The verbs that look: list, describe, validate, plan, status, show, rerun, env, help; the installed copy.
. tests/e2e/lib.sh

# valid NAME: out is JSON (if something that reads it is there).
valid()
{
	if command -v python3 >/dev/null; then
		check "$1" "$(head -c 300 out)" python3 -m json.tool out /dev/null
	elif command -v jq >/dev/null; then
		check "$1" "$(head -c 300 out)" jq -e . out
	else
		ok "$1 # SKIP neither python3 nor jq"
	fi >check.out 2>&1
	tail -n 1 check.out
}

tiny_spec tiny
expect "plan" 0 plan tiny.yaml
says "plan counts" "^6 cells: 0 done, 6 to compute" out
says "plan forecasts memory" "MiB" out
check "plan computes nothing" "results" [ ! -e results ]
expect "plan as JSON" 0 plan tiny.yaml --json
valid "plan --json is JSON"
check "plan --json has all cells" "$(cat out)" [ "$(grep -c '"cell": "' out)" -eq 6 ]
expect "plan of a shard" 0 plan tiny.yaml --shard 1/3
says "is a part" "^2 cells" out

expect "run" 0 run tiny.yaml
expect "status" 0 status results/tiny
says "status counts" "^6 cells: 6 done, 0 running, 0 missing" out
expect "status as JSON" 0 status results/tiny --json
valid "status --json is JSON"
says "with the numbers" '"done": 6' out

id=$(cells_of results/tiny | head -n 1)
expect "show" 0 show results/tiny "$id"
says "show has the result" '"status": "ok"' out
says "show has the command" "^relubench run .*tiny.yaml.* --filter cell=$id --force" out
expect "show by a prefix" 0 show results/tiny "${id%????????}"
expect "show as JSON" 0 show results/tiny "$id" --json
valid "show --json is JSON"
expect "show of no cell" 4 show results/tiny 0000000000000000
expect "show of too short a prefix" 4 show results/tiny ""
expect "the command works" 0 run "$work/tiny.yaml" --filter "cell=$id" --force

expect "rerun" 0 rerun results/tiny "$id"
says "the same bits" "^$id: identical" out
check "rerun leaves nothing behind" "$(ls results/tiny)" [ ! -e results/tiny/tmp ]
cell=results/tiny/cells/$(grep -l '"solver": "admm"' results/tiny/cells/*/result.json | head -n 1 |
	sed 's|.*cells/||; s|/.*||')
unchecked "$cell" # so that what reads the figures finds them changed
cp -r "$cell" saved
sed -i 's/"objective": \([0-9]*\)\./"objective": 9\1./' "$cell/result.json"
awk -F, -v OFS=, 'NR == 3 { $4 *= 1.5 } { print }' saved/trace.csv >"$cell/trace.csv"
expect "rerun of a changed record" 3 rerun results/tiny "${cell##*/}"
says "says different" ": different" out
says "names the first iteration" "iteration 2" out
says "and the field" "objective" out
rm -rf "$cell" && cp -r saved "$cell"
awk -F, -v OFS=, -v CONVFMT=%.17g 'NR == 3 { $4 *= 1 + 1e-13 } { print }' saved/trace.csv >"$cell/trace.csv"
expect "rerun of a nearly equal record" 0 rerun results/tiny "${cell##*/}"
says "says within tolerance" ": within" out
cp saved/trace.csv "$cell/trace.csv"

for path in results/tiny/cells/*/; do
	path=${path%/}
	expect "verify of ${path##*/}" 0 verify results/tiny "${path##*/}"
done
says "verify has the objective" "^objective_network .* agrees" out
sed -i 's/"objective_network": \([0-9]*\)\./"objective_network": 9\1./' "$cell/result.json"
expect "verify of a changed record" 1 verify results/tiny "${cell##*/}"
says "names what differs" "^objective_network .* DIFFERS" out
cp saved/result.json "$cell/result.json"
sed -i 's/"test_accuracy": [0-9.]*/"test_accuracy": null/' "$cell/result.json"
expect "verify of a record that lacks a number" 1 verify results/tiny "${cell##*/}"
says "names what is missing" "^test_accuracy .* DIFFERS" out
cp saved/result.json "$cell/result.json"

expect "attack of a stored cell" 0 attack results/tiny "${cell##*/}" '{attack: worst, eps: [0.1, 5]}'
says "attack has a table" "^worst,linf,5," out
says "a large ball leaves nothing" "^worst,linf,5,prepared,[0-9.]*,0," out
expect "attack that is unknown" 2 attack results/tiny "${cell##*/}" '{attack: pgdd, eps: 0.1}'
says "suggests an attack" 'did you mean "pgd"?'
expect "worst of nothing" 2 attack results/tiny "${cell##*/}" '{attack: worst, of: [], eps: 0.1}'
says "says that nothing is listed" "of: expected at least one item, got an empty list"
expect "predict" 0 predict results/tiny "${cell##*/}" train
says "predict has targets" "^sample,output,prediction,target" out
expect "predict of no part" 2 predict results/tiny "${cell##*/}" tset
says "names the parts" "one of: train, validation, test"

expect "list" 0 list
says "list has solvers" "^solvers" out
expect "list of a kind" 0 list attacks
says "list has pgd" "^  pgd " out
expect "list of an unknown kind" 2 list attack
says "suggests one" 'did you mean "attacks"?'
expect "describe" 0 describe admm
says "describe has options" "rho" out
expect "describe of many names" 0 describe sweep
says "the list of names is whole" ", violation_hi, global_bound, above_bound, boundary_distance, seed " out
expect "describe results" 0 describe results
says "it has the columns of the records" "objective_network" out
expect "describe of an unknown name" 2 describe adm
says "suggests a name" 'did you mean'
expect "bounds" 0 bounds --n 40 --psi 0.1 --xi 0.1
says "bounds has the number" "^P >= 867 (the second one" out
says "and what it means" "probability at most 0.1, with confidence 0.9" out
expect "bounds as JSON" 0 bounds --n 1000 --psi=0.01 --xi 0.1 --json
valid "bounds --json is JSON"
says "with the number" '"P": 20113' out
expect "bounds of no probability" 2 bounds --n 40 --psi 1 --xi 0.1
says "says what was expected" 'psi: expected a number in (0, 1), got "1"'
expect "bounds without samples" 2 bounds --n 0 --psi 0.1 --xi 0.1
says "says so" '^--n: expected a whole number >= 1, got "0"'
expect "bounds of half a sample" 2 bounds --n 40.5 --psi 0.1 --xi 0.1
expect "bounds without options" 2 bounds
says "names the first" '^--n: expected a whole number >= 1, got nothing'
says "and the last" '^--xi: expected a number in (0, 1), got nothing'
expect "env" 0 env
valid "env is JSON"
says "env names the BLAS" '"core_type"' out
expect "version" 0 --version

# Options by letter, by beginning, and their values through the rows of a spec.
expect "letters and beginnings" 0 bounds -n40 --ps 0.1 --x=1/10
says "mean the options" "^P >= 867 " out
expect "letters together" 0 run tiny.yaml -qj2 -ohere
check "mean each of them" "$(cat err)" [ -d here/tiny -a ! -s err ]
expect "a beginning of several" 2 run tiny.yaml --f
says "names them" 'option "--f" may be one of --filter, --force, --fail-fast$'
expect "an unknown letter" 2 plan tiny.yaml -z
says "names what there is" 'unknown option "-z"'
expect "a letter without its value" 2 plan tiny.yaml -j
says "says so with the name" '^relubench: --jobs needs a value'
expect "a misspelt value" 2 validate tiny.yaml --prec sngle
says "suggests another" '^--precision: expected one of double, single, got "sngle"; did you mean "single"?'
expect "an empty path" 2 run tiny.yaml --out=
says "is none" '^--out: expected a path'

# Every verb has help; help, manual page, completion and README say the same.
complete_words() # what the completion offers for these words
{
	bash -c '. "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _relubench
		echo "${COMPREPLY[@]}"' bash "$repository/harness/completion.bash" "$@"
}
expect "help" 0 --help
verbs=$(sed -n 's/^  \([a-z]*\) .*/\1/p' out)
for verb in $verbs; do
	expect "help of $verb" 0 "$verb" --help
	sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\1\2/p' out >options.here
	cat options.here >>options
	check "completion has its options" "$(complete_words "$relubench" "$verb" --)" \
		[ "$(complete_words "$relubench" "$verb" -- | tr ' ' '\n' | sort)" = "$(sed 's/^-[a-z], //' options.here | sort)" ]
	check "manual page has $verb" "harness/relubench.1" \
		grep -q "^\.B $verb\b" "$repository/harness/relubench.1"
	check "README has $verb" "README.md" grep -q "\`$verb\b" "$repository/README.md"
done
for verb in $(sed -n 's/^\.B \([a-z]*\)\( .*\)*$/\1/p' "$repository/harness/relubench.1"); do
	[ "$verb" = relubench ] && continue
	check "verb $verb of the manual page exists" "$verbs" grep -qwe "$verb" <<<"$verbs"
done
tr -d '\\' <"$repository/harness/relubench.1" >manual
sort -u options | while read -r option; do
	check "manual page has $option" "harness/relubench.1" grep -q -e "^\.BI* \"*$option\b" manual
done

for verb in $verbs; do
	check "completion has $verb" "$(complete_words "$relubench" "${verb:0:2}")" \
		grep -qw "$verb" <<<"$(complete_words "$relubench" "${verb:0:2}")"
done
check "completion has options" "$(complete_words "$relubench" run --fi)" \
	[ "$(complete_words "$relubench" run --fi)" = --filter ]

# Installed: another folder for the workers.
if make -s -C "$repository" ROOT="$(dirname "$relubench")" install DESTDIR="$work/root" PREFIX=/usr \
	>install.out 2>&1; then
	relubench=$work/root/usr/bin/relubench
	expect "the installed copy finds its workers" 0 run tiny.yaml --out installed
	says "and computes" "^6 computed"
	rm "$work"/root/usr/libexec/relubench/*
	expect "without workers" 4 run tiny.yaml --out none
	says_once "one message"
	check "nothing is written" "none" [ ! -e none ]
else
	not_ok "make install" "$(tail -n 3 install.out)"
fi
