#!/bin/bash
# What lies in a results folder under the names that are written there, links of a stranger's folder above
# all, is replaced or refused, never written through; nothing is left beside.
. tests/e2e/lib.sh

tiny_spec tiny 1
cat >>tiny.yaml <<-END
plots:
  - {plot: convergence}
END
expect "run" 0 run tiny.yaml --quiet
cp -r results/tiny whole
mkdir home
echo precious >home/file
mkdir home/folder
echo precious >home/folder/summary.md

# untouched NAME
untouched()
{
	check "$1: what the links lead to is untouched" "$(head -n 3 home/file home/folder/*)" \
		[ "$(cat home/file home/folder/* | sort -u)" = precious -a "$(ls home/folder)" = summary.md ]
}

# Every file at the top, and the names that were written to on the way there.
link_all()
{
	local file

	for file in summary.csv attack.csv certify.csv columns.csv report.html spec.yaml origin.txt env.json plan.csv data.csv \
		checksums.txt; do
		case $file in
		spec.yaml | origin.txt) [ "$1" = run ] || continue ;;
		esac
		rm -f "results/tiny/$file"
		ln -s "$work/home/file" "results/tiny/$file"
		ln -s "$work/home/file" "results/tiny/$file.tmp"
	done
	for file in tables plots; do
		rm -rf "results/tiny/$file"
		ln -s "$work/home/folder" "results/tiny/$file"
	done
}

link_all report
for file in env.json plan.csv data.csv checksums.txt; do
	rm "results/tiny/$file"
	cp "whole/$file" "results/tiny/$file"
done
expect "report of a folder of links" 0 report results/tiny
untouched "report"
for file in summary.csv attack.csv certify.csv columns.csv report.html; do
	check "report: $file is a file" "link" [ -f results/tiny/$file -a ! -L results/tiny/$file ]
done
for file in tables plots; do
	check "report: $file is a folder" "link" [ -d results/tiny/$file -a ! -L results/tiny/$file ]
done
check "the table is that of the whole folder" "differs" cmp -s whole/summary.csv results/tiny/summary.csv
rm -rf results/tiny
cp -r whole results/tiny
link_all run
expect "run in a folder of links" 0 run tiny.yaml --quiet
untouched "run"
for file in spec.yaml origin.txt env.json plan.csv data.csv checksums.txt report.html; do
	check "run: $file is a file" "link" [ -f results/tiny/$file -a ! -L results/tiny/$file ]
done
rm results/tiny/*.tmp
check "nothing is left beside" "$(ls -A results/tiny)" [ "$(ls -A results/tiny)" = "$(ls -A whole)" ]

# A link for the folder of records or the lock is refused; one for a record or temporary files is replaced.
in_place_of()
{
	rm -rf results/tiny
	cp -r whole results/tiny
	rm -rf "results/tiny/$1"
	ln -s "$work/home/$2" "results/tiny/$1"
}
for name in cells lock; do
	in_place_of $name $([ $name = lock ] && echo file || echo folder)
	expect "run where $name is a link" 4 run tiny.yaml --quiet --force
	says "$name is named" "results/tiny/$name: .*link"
	untouched "$name"
done
in_place_of tmp folder
expect "run where tmp is a link" 0 run tiny.yaml --quiet --force
untouched "tmp"
rm -rf results/tiny
cp -r whole results/tiny
id=$(cells_of whole | head -n 1)
rm -r "results/tiny/cells/$id"
ln -s "$work/home/folder" "results/tiny/cells/$id"
expect "run where a record is a link" 0 run tiny.yaml --quiet
untouched "a record"
check "it was computed again" "link" [ ! -L "results/tiny/cells/$id" ]

# The folder itself may lie elsewhere.
mkdir elsewhere
rm -rf results
ln -s elsewhere results
expect "results that are a link" 0 run tiny.yaml --quiet
check "lie where it leads to" "$(ls elsewhere)" [ -f elsewhere/tiny/report.html ]
