#!/bin/bash
# Every damage to a results folder is told (standard error, exit status 1, marked in the tables) and mended
# by `run`: each file of a record in many ways, records exchanged or gone, the files that readers go by.
. tests/e2e/lib.sh

tiny_spec tiny 5
cat >>tiny.yaml <<-END
certify:
  - {certificate: interval, norm: linf, eps: [0.05]}
plots:
  - {plot: convergence}
END
# Without gnuplot, which takes most of the time and tells nothing here.
printf '#!/bin/sh\nPATH=/nowhere exec "%s" "$@"\n' "$program" >bare
chmod +x bare
relubench=$work/bare
expect "run" 0 run tiny.yaml --quiet
cp -r results/tiny whole
mapfile -t ids < <(cells_of whole)

# --- ways to damage a file; with `other`, one of another record --------------------------------------

# Another byte in the middle.
flip()
{
	local size at

	size=$(wc -c <"$1")
	at=$((size / 2))
	[ "$size" -gt 0 ] || return 0
	printf "\\$(printf %03o $(($(od -An -tu1 -j "$at" -N 1 "$1") ^ 1)))" |
		dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}
cut_short() { truncate -s $(($(wc -c <"$1") / 2)) "$1"; }
cut_last() { truncate -s -2 "$1" 2>/dev/null || :; }
empty() { : >"$1"; }
gone() { rm "$1"; }
longer() { echo x >>"$1"; }
row_gone() { sed -i '2d' "$1"; }
# The last digit of a line in the middle: still a number, of the same length.
digit()
{
	local line

	line=$(($(wc -l <"$1") / 2 + 1))
	sed -i "$line{y/0123456789/1234567890/}" "$1"
}
exchanged()
{
	mv "$1" "$work/kept"
	mv "$2" "$1"
	mv "$work/kept" "$2"
}
linked()
{
	mv "$1" "$work/target"
	ln -s "$work/target" "$1"
}
a_folder()
{
	rm "$1"
	mkdir "$1"
}
zeros()
{
	local size

	size=$(wc -c <"$1")
	head -c "$size" /dev/zero >"$1.new"
	mv "$1.new" "$1"
}

# Nothing was said but that there is no gnuplot.
is_silent()
{
	! grep -qv "note: gnuplot was not found" err
}

# is_told ID: by the last report.
is_told()
{
	grep -q "$1.*damaged record" err && grep "^$1," results/tiny/summary.csv | grep -q ,damaged, &&
		grep -A 8 ">$1<" results/tiny/report.html | grep -q damaged
}

# Records that are not as they were.
changed()
{
	local id

	for id in "${ids[@]}"; do
		diff -r --no-dereference "whole/cells/$id" "results/tiny/cells/$id" >/dev/null 2>&1 ||
			echo "$id"
	done
}

tried=0 told=0 mended=0
fresh()
{
	rm -rf results/tiny
	cp -r whole results/tiny
}

# judge NAME ID...: the records ID were damaged: does report tell all of them, and run mend them?
judge()
{
	local name=$1 id all=1 status=0 before=$told

	shift
	"$relubench" report results/tiny >out 2>err </dev/null || status=$?
	for id; do
		tried=$((tried + 1))
		if [ $status -eq 1 ] && is_told "$id"; then told=$((told + 1)); else all=0; fi
	done
	[ $all -eq 1 ] || echo "# $name: told $((told - before)) of $#, exit status $status: $(cat err)"
	if ! run_it 0 run tiny.yaml --quiet || [ "$(grep -c 'damaged record' err)" -ne $# ] ||
		! run_it 0 report results/tiny || ! is_silent; then
		echo "# $name: run does not mend it: $(cat err)"
		return
	fi
	values_of whole >a.values
	values_of results/tiny >b.values
	if cmp -s a.values b.values; then mended=$((mended + $#)); else echo "# $name: other values"; fi
}

# Each way is tried on all files of a record, one file in one record at a time.
mapfile -t files < <(ls "whole/cells/${ids[0]}")
for way in flip cut_short cut_last empty gone longer row_gone digit exchanged linked a_folder zeros; do
	fresh
	for i in "${!files[@]}"; do
		file=results/tiny/cells/${ids[i]}/${files[i]}
		[ ! -f "$file" ] || $way "$file" "results/tiny/cells/${ids[i + 1]}/${files[i]}"
	done
	mapfile -t damaged < <(changed)
	judge "$way" "${damaged[@]}"
done

fresh
exchanged "results/tiny/cells/${ids[0]}" "results/tiny/cells/${ids[5]}"
judge "two records exchanged" "${ids[0]}" "${ids[5]}"
fresh
rm -r "results/tiny/cells/${ids[2]}"
status=0
"$relubench" report results/tiny >out 2>err || status=$?
tried=$((tried + 1))
if [ $status -eq 1 ] && is_told "${ids[2]}"; then told=$((told + 1)); else echo "# a record gone: $(cat err)"; fi
expect "run after a record was lost" 0 run tiny.yaml --quiet
mended=$((mended + 1))
fresh
for i in 0 1 2; do
	cp -r "whole/cells/${ids[i]}" "results/tiny/cells/${ids[i]}/copy"
done
expect "a folder of the user's in a record is no damage" 0 report results/tiny
fresh
echo junk >"results/tiny/cells/${ids[0]}/patterns.csv"
judge "a file that is not of the record" "${ids[0]}"

echo "# damages of records: $told of $tried told, $mended mended"
check "all damages of records are told" "$told of $tried" [ "$told" -eq "$tried" ]
check "and mended" "$mended of $tried" [ "$mended" -eq "$tried" ]
check "there were many" "$tried" [ "$tried" -gt 90 ]

# --- the files that readers go by -------------------------------------------------------------------

tried=0 told=0 mended=0
for group in spec.yaml checksums.txt origin.txt "env.json plan.csv data.csv"; do
	for way in flip cut_short cut_last empty gone longer row_gone digit; do
		fresh
		damaged=()
		for file in $group; do
			$way "results/tiny/$file"
			cmp -s "whole/$file" "results/tiny/$file" || damaged+=("$file")
		done
		tried=$((tried + ${#damaged[@]}))
		status=0 # a spec that cannot be read any more is an error of its own
		"$relubench" report results/tiny >out 2>err </dev/null || status=$?
		for file in "${damaged[@]}"; do
			named=$file
			[ "$group" != "$file" ] || named= # alone, whatever is said is about it
			if [ $status -ne 0 ] && grep -q "^results/tiny.*$named" err; then
				told=$((told + 1))
			else
				echo "# $file $way: exit status $status: $(cat err)"
			fi
		done
		if run_it 0 run tiny.yaml --quiet && run_it 0 report results/tiny && is_silent; then
			mended=$((mended + ${#damaged[@]}))
		else
			echo "# $group $way: run does not mend it: $(cat err)"
		fi
	done
done
echo "# damages of the files that readers go by: $told of $tried told, $mended mended"
check "all damages of the files that readers go by are told" "$told of $tried" [ "$told" -eq "$tried" ]
check "and mended" "$mended of $tried" [ "$mended" -eq "$tried" ]

# What is derived is built again.
fresh
for file in summary.csv attack.csv certify.csv columns.csv report.html tables/summary.md plots/convergence.svg; do
	[ ! -f "results/tiny/$file" ] || echo junk >"results/tiny/$file"
done
rm -r results/tiny/tables/summary.tex
expect "report over damaged tables" 0 report results/tiny
for file in summary.csv attack.csv certify.csv columns.csv tables/summary.md tables/summary.tex; do
	check "$file is built again" "differs" cmp -s "whole/$file" "results/tiny/$file"
done

# --- every reader --------------------------------------------------------------------------------------

fresh
id=${ids[3]}
flip "results/tiny/cells/$id/model.npz"
for verb in report plot status "compare whole"; do
	# shellcheck disable=SC2086 # a verb and an operand
	expect "$verb of a damaged record" 1 $verb results/tiny
	says "$verb names it" "$id.*damaged record: model.npz was changed"
done
for verb in show verify rerun attack predict; do
	expect "$verb of a damaged record" 1 $verb results/tiny "$id"
	says "$verb names it" "$id.*damaged record: model.npz was changed"
	expect "$verb of another one" 0 $verb results/tiny "${ids[0]}"
done
expect "plan" 0 plan tiny.yaml
says "plan marks it" "^$id .* damaged" out
expect "a filter that leaves it out" 1 run tiny.yaml --quiet --filter "cell=${ids[0]}"
says "says that it is still damaged" "$id: damaged record"
expect "status as JSON" 1 status results/tiny --json
says "counts it" '"damaged": 1' out
expect "run" 0 run tiny.yaml
says "run names it" "$id/model.npz: damaged record"
says "and computes it alone" "^1 computed, 14 reused"

# --- formats -----------------------------------------------------------------------------------------------

fresh
sed -i 's/"format": 1,/"format": 2,/' "results/tiny/cells/$id/record.json"
for verb in "report results/tiny" "run tiny.yaml" "status results/tiny" "show results/tiny $id" "verify results/tiny $id"; do
	# shellcheck disable=SC2086 # a verb and its operands
	expect "$verb: a newer format" 4 $verb
	says "$verb: is refused by its number" "$id/record.json: this record has format 2"
done
check "and nothing was computed" "replaced" grep -q '"format": 2' "results/tiny/cells/$id/record.json"

# --- a log that a library writes to when its process ends --------------------------------------------

fresh
rm -rf results/tiny
export LD_DEBUG=statistics
expect "the loader says its statistics at the end" 0 run tiny.yaml --quiet
unset LD_DEBUG
says "the log has what was said before" "runtime linker statistics" "results/tiny/cells/$id/log.txt"
expect "no record is damaged by it" 0 report results/tiny
