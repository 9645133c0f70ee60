#!/bin/bash
# Figures over several results folders: labels, what is paired, warnings, where they come from; and the
# figures of compare. Read from SVG, data, captions and inputs.csv.
. tests/e2e/lib.sh

if ! gnuplot --version >/dev/null 2>&1; then
	echo "ok figures over folders # SKIP no gnuplot"
	exit
fi
tiny_spec tiny 3
expect "one folder" 0 run tiny.yaml --quiet --out a
expect "another one, of other epochs" 0 run tiny.yaml --quiet --out b --set 'train[1].epochs=9'
expect "and one of another seed" 0 run tiny.yaml --quiet --out c --seed 8
sums()
{
	find a b c -type f ! -name lock -exec cksum {} + | sort
}
sums >before

# has NAME FILE TEXT, lacks NAME FILE TEXT
has()
{
	check "$1" "no $3 in $(head -c 2000 "$2")" grep -qF -e "$3" "$2"
}
lacks()
{
	check "$1" "$3 in $2" [ "$(grep -cF -e "$3" "$2")" -eq 0 ]
}
# column N [ROW]: of inputs.csv, which has no commas in quotes there
column()
{
	sed 's/"[^"]*"/quoted/g' "$out/inputs.csv" | awk -F, -v n="$1" -v row="${2:-2}" 'NR == row { print $n }'
}

cat >figures.yaml <<END
style: {labels: {admm: ADMM, "admm (new)": "ADMM after"}, colors: {"sgd (new)": "#123456"}}
plots:
  - {plot: convergence, methods: [sgd], x: iteration}
  - {plot: phase_time, settings: all}
  - {plot: sweep, x: patterns, y: objective}
END
out=ab
expect "figures over two folders" 0 plot old=a/tiny new=b/tiny --spec figures.yaml --out ab
sums >after
check "the folders are left as they are" "$(diff before after | head -n 3)" cmp -s before after
for file in plots/convergence.svg plots/convergence.pdf plots/sweep.svg captions.md inputs.csv report.html figures.yaml; do
	check "$file is there" "missing" [ -s "ab/$file" ]
done
has "a method of both has the label" ab/plots/convergence.svg "sgd (old)"
has "of each folder" ab/plots/convergence.svg "sgd (new)"
lacks "a name stands for those of all folders, and others are left out" ab/plots/convergence.svg "ADMM"
has "a colour by the labelled name" ab/plots/convergence.svg " 18,  52,  86"
has "a shown name of all folders" ab/plots/phase_time.svg "ADMM (old), patterns=5"
has "of one of them" ab/plots/phase_time.svg "ADMM after, patterns=5"
has "the same data have one panel" ab/plots/convergence.svg "moons (n"
lacks "without a label" ab/plots/convergence.svg "moons (old)"
lacks "folders that differ in nothing warn of nothing" ab/captions.md "Warning"
has "captions" ab/captions.md '**convergence**: '
has "a page" ab/report.html 'id="inputs"'
check "two inputs" "$(cat ab/inputs.csv)" [ "$(wc -l <ab/inputs.csv)" -eq 3 ]
check "their labels" "$(column 1)" [ "$(column 1) $(column 1 3)" = "old new" ]
check "their folders" "$(column 2)" [ "$(column 2)" = "$(realpath a/tiny)" ]
check "their cells" "$(column 3)" [ "$(column 3)" = 9 ]
check "the date" "$(column 5)" [ "$(column 5 | cut -c1-2)" = 20 ]
check "the program" "$(column 6)" [ "$(column 6)" = "$(record a/tiny sgd program)" ]
has "the machine" ab/inputs.csv "\"$(record a/tiny sgd host), $(record a/tiny sgd cpu)\""
check "the seed" "$(column 9)" [ "$(column 9)" = 7 ]
check "the hash of the records" "$(column 10)" \
	[ "$(column 10)" = "$(cat a/tiny/cells/*/record.json | sha256sum | cut -d' ' -f1)" ]

# drawn again: a file of the user's stays, what is not asked for any more goes
mkdir ab/plots/custom
echo mine >ab/plots/custom/mine.txt
expect "again, with the plots of the first folder" 0 plot a/tiny b/tiny --out ab
has "folders of one name are told apart by more of their paths" ab/plots/convergence.svg "sgd (a/tiny)"
check "custom files stay" "$(ls ab/plots)" [ -s ab/plots/custom/mine.txt ]
check "the former spec goes" "figures.yaml" [ ! -e ab/figures.yaml ]
printf 'style: {preset: column}\n' >style.yaml
expect "one folder in another style" 0 plot a/tiny --spec style.yaml --out one
lacks "has no labels" one/plots/convergence.svg "sgd ("
has "and the style" one/plots/convergence.svg 'width="312"'
expect "without --out" 0 plot a/tiny b/tiny
check "they go to figures" "$(ls)" [ -s figures/plots/convergence.svg ]

# other data, another seed
out=ac
expect "figures of other data" 0 plot a/tiny other=c/tiny --spec figures.yaml --out ac
says "are warned of" "^Warning: Data of one name are not the same in all folders (moons (tiny), moons (other))"
says "with the seeds" "seeds (tiny: 7; other: 8)"
has "in captions" ac/captions.md "Warning: Data of one name"
has "on the page" ac/report.html "Warning: Data of one name"
has "they have panels of their own" ac/plots/convergence.svg "moons (tiny) (n"
has "each" ac/plots/convergence.svg "moons (other) (n"
# caption PLOT: its line in captions.md
caption()
{
	grep -F "**$1**" "$out/captions.md" >caption
}
caption phase_time
has "the caption of times says that the folders differ" caption "The folders differ in seeds"
caption sweep
lacks "that of objectives does not" caption "The folders differ"
has "but that the data do" caption "Data of one name"

# another machine
cp -r b d
for cell in d/tiny/cells/*; do
	unchecked "$cell"
	sed -i 's/"host": ".*"/"host": "elsewhere"/' "$cell/result.json"
done
out=ad
expect "figures of two machines" 0 plot a=a/tiny d=d/tiny --spec figures.yaml --out ad
says "are warned of" "differ in machines (a: .*; d: elsewhere, "
caption phase_time
has "where times are" caption "d: elsewhere, "
caption convergence
lacks "and only there" caption "elsewhere"
check "unchecked records have no hash" "$(cat ad/inputs.csv)" [ -z "$(column 10 3)" ]

# changes
printf 'plots: [{plot: changes}]\n' >changes.yaml
expect "changes" 0 plot old=a/tiny new=b/tiny --spec changes.yaml --out changes
expect "compare with figures" 0 compare old=a/tiny new=b/tiny --out compared
says "says where" "^compared/plots" out
says "and the differences" "9 cells in both" out
check "both draw the same" "$(diff changes/plots/changes.dat compared/plots/changes.dat | head -n 3)" \
	cmp -s changes/plots/changes.dat compared/plots/changes.dat
for text in "new less old" "no change" "objective, change in %" "test accuracy, change in % points" \
	"robust accuracy, change in % points" "time of setup and solve, change in %" "admm, patterns=5" "9 pairs"; do
	has "the figure has: $text" compared/plots/changes.svg "$text"
done
# rows TITLE: of the data
rows()
{
	awk -v title="# $1" '$0 == title { on = 1; next } /^$/ { on = 0 } on && !/^#/' compared/plots/changes.dat
}
rows "moons, objective: new less old" >points
check "what is equal is at zero" "$(cat points)" [ "$(awk '$1 < 2 && $2 == 0 && $3 == 0 && $4 == 0' points | wc -l)" -eq 2 ]
check "what differs is not, and has an interval" "$(cat points)" \
	[ "$(awk '$1 == 2 && $2 != 0 && $3 < $2 && $2 < $4' points | wc -l)" -eq 1 ]
objectives()
{
	for cell in "$1"/tiny/cells/*; do
		grep -q '"method": "sgd"' "$cell/result.json" &&
			sed -n 's/^  "repetition": \(.*\),/\1/p; s/^  "objective": \(.*\),/\1/p' "$cell/result.json" | paste - -
	done | sort
}
join <(objectives a) <(objectives b) | awk '{ sum += 100 * ($3 - $2) / $2 } END { printf "%.6g", sum / NR }' >mean
check "by the mean of the records" "$(cat mean points)" \
	[ "$(awk '$1 == 2 { printf "%.6g", $2 }' points)" = "$(cat mean)" ]
expect "compare without a place for figures" 0 compare a/tiny b/tiny --figures
check "puts them there" "$(ls figures)" [ -s figures/plots/changes.svg ]
expect "compare without figures" 0 compare a/tiny b/tiny
lacks "draws none" out "/plots"

# refused NAME STATUS PATTERN ARGUMENT...: one message, and nothing is written
refused()
{
	local name=$1 status=$2 pattern=$3

	shift 3
	expect "$name" "$status" "$@"
	says "$name is told" "$pattern"
	says_once "$name in one line"
}
mkdir -p empty/cells full
touch full/thing
refused "a folder that is none" 4 "^nothing: is not a results folder" plot a/tiny nothing
refused "a folder without records" 4 "^empty: has no records" plot a/tiny e=empty
refused "a label of two folders" 2 'label "x" is given to two folders, a/tiny and b/tiny' plot x=a/tiny x=b/tiny
refused "a folder named twice" 2 "a/../a/tiny: the folder is named twice" plot a/tiny a/../a/tiny
refused "an empty label" 2 "expected a label before the =" plot a/tiny =b/tiny
refused "an --out that is read" 2 "is in a/tiny, which is only read" plot a/tiny b/tiny --out a/tiny/figures
refused "an --out of something else" 2 "^full: holds something else" plot a/tiny b/tiny --out full
refused "a spec that is not there" 2 "^none.yaml: " plot a/tiny b/tiny --spec none.yaml
printf 'plots: [{plot: phase_time}]\ntrain: []\n' >wrong.yaml
refused "another key" 2 "^wrong.yaml:2:1: train: expected one of the keys plots, style" plot a/tiny b/tiny --spec wrong.yaml
printf 'plots: [{plot: convergence, methods: [adm]}]\n' >wrong.yaml
refused "a name of no folder" 2 '^wrong.yaml:1:39: plots\[0\].methods\[0\]: expected one of the methods .*"adm"' \
	plot a/tiny b/tiny --spec wrong.yaml
refused "compare with a folder that is none" 4 "^nothing: is not a results folder" compare a/tiny nothing --figures
sums >after
check "still they are left as they are" "$(diff before after | head -n 3)" cmp -s before after
cell=$(find b/tiny/cells -name result.json | head -n 1)
sed -i 's/"status": "ok"/"status": "OK"/' "$cell"
expect "a damaged record" 1 plot a/tiny b/tiny --out damaged
says "is named" "damaged record"
check "the rest is drawn" "missing" [ -s damaged/plots/convergence.svg ]
