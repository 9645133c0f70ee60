#!/bin/bash
# Tables that a spec asks for, read from their Markdown, LaTeX, CSV and the report's page.
. "$(dirname "$0")/lib.sh"

# spec TABLES: 4 repetitions of 3 settings on two data sets, under attack.
spec()
{
	tiny_spec own 4
	cat >data.part <<-END
	  - name: xor
	    generate: {kind: xor_clusters, n: 60, noise: 0.1}
	    split: {test: 0.3}
	    prepare: [bias]
	END
	sed -i -e '/^train:/{
		r data.part
		N
	}' -e 's/eps: \[0, 0.1\]/eps: [0, 0.1, 0.2]/' own.yaml
	sed -i '/^train:/d; s/^  - {name: admm/train:\n&/' own.yaml
	cat >>own.yaml <<-END
	certify:
	  - {certificate: crown, norm: l2, eps: [0.01]}
	style: {labels: {admm: "ADMM (ours)", moons: Moons, gap: "Rel. gap"}}
	tables:
	$1
	END
}
# has NAME FILE TEXT, lacks NAME FILE TEXT: in results/own/tables
has()
{
	check "$1" "no $3 in $(cat "results/own/tables/$2")" grep -qF -e "$3" "results/own/tables/$2"
}
lacks()
{
	check "$1" "$3 in $(cat "results/own/tables/$2")" [ "$(grep -cF -e "$3" "results/own/tables/$2")" -eq 0 ]
}
# head_is NAME TABLE HEADS: the heads of its Markdown, without padding
head_is()
{
	local got

	got=$(head -n 1 "results/own/tables/$2.md" | sed 's/  */ /g; s/^| //; s/ |$//')
	check "$1" "$got" [ "$got" = "$3" ]
}

spec '  - {table: usual}
  - {table: paper, title: "Accuracy & time of A_1", columns: [data, method, test_accuracy, fgsm linf 0.1, fgsm linf 2/10, objective, gap, time], statistic: mean, interval: plus_minus, bold: best, order: [sgd], digits: {test_accuracy: 2, objective: 3}, labels: {sgd: "SGD (b_1)", fgsm: FGSM, moons: "Two moons", nobody: x}, caption: short}
  - {table: across, columns: [method, patterns, test_accuracy, worst linf 0.1, certified l2 0.01], across: data, settings: best, interval: none, labels: {worst linf: Worst}}
  - {table: unnamed, columns: [method, neurons]}
  - {table: bare, columns: [setting, neurons, n_train, cells, ended, objective_of], methods: [admm], data: [xor], bold: best, better: {neurons: lower, n_train: neither}, groups: {neurons: "Size & co", n_train: "Size & co"}, caption: none, interval: brackets, export: [md, tex]}'
expect "the experiment runs" 0 run own.yaml --quiet
says "a label for nothing is told" 'note: table paper: nothing in it has the name of label of "nobody"'
check "labels that tables show are not told" "$(cat err)" [ "$(grep -c 'of label of "gap"' err)" -eq 0 ]

head_is "rows of several data sets are told apart" unnamed "Data | Method | Neurons"
head_is "the usual columns" usual "Data | Method | Test accuracy (%) | Robust accuracy (%) | Objective | Rel. gap | Time (s) | Neurons"
has "quantiles in brackets by default" usual.md "Medians [10–90 % quantiles] of 4 repetitions"
lacks "nothing is bold by default" usual.md "**"
has "labels of the style" usual.md "Moons | ADMM (ours), patterns=5"
has "the machine stands below times" usual.md "Hardware: "
has "the part of the data of each number" usual.md "Test part: Test accuracy, Robust accuracy."

head_is "columns in their order, heads over radii" paper "Data | Method | Test accuracy (%) | FGSM linf: eps 0.1 (%) | FGSM linf: eps 2/10 (%) | Objective | Rel. gap | Time (s)"
check "methods in their order" "$(sed -n 3p results/own/tables/paper.md)" grep -q '^| Two moons | SGD (b_1)' <(sed -n 3p results/own/tables/paper.md)
check "a mean with half its interval, two decimals" "$(sed -n 3p results/own/tables/paper.md)" \
	grep -qE '[0-9]\.[0-9]{2} ± [0-9]+\.[0-9]{2}' <(sed -n 3p results/own/tables/paper.md)
check "the best is bold with its interval" "$(cat results/own/tables/paper.md)" \
	grep -qE '\*\*[0-9.]+ ± [0-9.]+\*\*' results/own/tables/paper.md
has "the note says what bold means" paper.md "those whose difference to it is not significant"
has "the note has the names shown" across.md "Test part: Test accuracy, Worst 0.1, certified l2 0.01."
lacks "a short caption" paper.md "Hardware: "
has "LaTeX: title" paper.tex '\caption{Accuracy \& time of A\_1}'
has "LaTeX: rules" paper.tex '\toprule'
has "LaTeX: a group" paper.tex '\multicolumn{2}{c}{FGSM linf}'
has "LaTeX: its rule" paper.tex '\cmidrule(lr){4-5}'
has "LaTeX: units in the head" paper.tex '\multicolumn{1}{c}{(s)}'
has "LaTeX: bold" paper.tex '\textbf{\boldmath '
has "LaTeX: plus and minus" paper.tex '$\pm$\,'

head_is "data sets across, rows are methods" across "Method | patterns | Moons: Test accuracy (%) | Moons: Worst 0.1 (%) | Moons: certified l2 0.01 (%) | xor: Test accuracy (%) | xor: Worst 0.1 (%) | xor: certified l2 0.01 (%)"
check "the best setting of each method" "$(cat results/own/tables/across.md)" [ "$(grep -c '^| [As]' results/own/tables/across.md)" -eq 2 ]
lacks "no interval" across.md "["
has "LaTeX: data sets are groups" across.tex '\multicolumn{3}{c}{Moons}'

head_is "text columns, heads over columns" bare "Setting | Size & co: Neurons | Size & co: Training samples | Cells | Ended | Objective of"
check "rows of one method and data set" "$(cat results/own/tables/bare.md)" [ "$(wc -l <results/own/tables/bare.md)" -eq 4 ]
check "what is better can be said" "$(cat results/own/tables/bare.md)" grep -q '\*\*8 \[' results/own/tables/bare.md
check "or left open" "$(cat results/own/tables/bare.md)" grep -q '| 42 | 4 of 4' <(sed 's/  */ /g' results/own/tables/bare.md)
has "LaTeX: a head over columns" bare.tex '\multicolumn{2}{c}{Size \& co}'
check "what is not exported is not there" "bare.csv" [ ! -e results/own/tables/bare.csv ]

# every row of LaTeX has as many cells as its head says, and widths are as asked
for name in usual paper across bare; do
	awk '
		/begin{tabular}/ { spec = $0; gsub(/.*@{}|@{}}/, "", spec); cols = length(spec); open++ }
		/end{tabular}/ { open--; exit }
		open && /&/ && !/begin/ {
			line = $0
			gsub(/\\&/, "", line)
			cells = gsub(/&/, "", line) + 1
			while (match(line, /multicolumn{[0-9]+}/)) {
				cells += substr(line, RSTART + 12, RLENGTH - 13) - 1
				line = substr(line, RSTART + RLENGTH)
			}
			if (cells != cols) { print FILENAME ":" FNR ": " cells " of " cols; bad = 1 }
			rows++
		}
		END { exit bad || open || !rows }' results/own/tables/$name.tex >rows 2>&1
	check "LaTeX: rows of $name" "$(cat rows)" [ "$?" -eq 0 ]
done
for name in usual paper; do # eight columns
	width=$(sed -n 's/^% estimated width: \([0-9.]*\) in of 6.75 in$/\1/p' results/own/tables/$name.tex)
	check "eight columns of $name fit a page" "$width" awk -v w="$width" 'BEGIN { exit !(w > 0 && w <= 6.75) }'
done

# where there is LaTeX, it takes them without an error, and nothing sticks out
if pdflatex --version >/dev/null 2>&1 && kpsewhich booktabs.sty >/dev/null 2>&1; then
	{
		printf '\\documentclass[10pt,twocolumn]{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs}\n'
		printf '\\setlength{\\hfuzz}{0.5pt}\\setlength{\\textwidth}{6.75in}\n\\begin{document}\n'
		printf '\\input{results/own/tables/%s.tex}\n' usual paper across
		printf 'x\\end{document}\n'
	} >paper.tex
	timeout 100 pdflatex -interaction=nonstopmode -halt-on-error paper.tex >latex.out 2>&1 </dev/null
	check "LaTeX compiles" "$(tail -n 20 latex.out)" [ "$?" -eq 0 ]
	check "and nothing is too wide" "$(grep Overfull latex.out)" [ "$(grep -c '^Overfull .hbox' latex.out)" -eq 0 ]
else
	ok "LaTeX compiles # SKIP no pdflatex"
fi

# CSV: numbers and their types
csv=results/own/tables/paper.csv
check "CSV: names that identify" "$(sed -n 2p $csv)" grep -q '^moons,sgd,' <(sed -n 2p $csv)
check "CSV: value, interval, count and mark" "$(head -n 1 $csv)" \
	grep -q '^data,method,setting,test_accuracy,test_accuracy_low,test_accuracy_high,test_accuracy_cells,test_accuracy_best,fgsm linf 0.1,' $csv
check "CSV: a share, not per cent" "$(cut -d, -f4 $csv)" awk -F, 'NR > 1 && ($4 <= 0 || $4 > 1) { bad = 1 } END { exit bad }' $csv
has "CSV: types" columns.csv "tables/paper.csv,test_accuracy,float64,share,,test,"
has "CSV: a type of marks" columns.csv "tables/paper.csv,test_accuracy_best,boolean"

# the page
page=results/own/report.html
check "page: a section" "none" grep -q '<section id="tables-paper"><h2>Accuracy &amp; time of A_1</h2>' $page
check "page: heads over columns" "none" grep -q '<th colspan="2" scope="colgroup">FGSM linf</th>' $page
check "page: bold with its interval" "none" grep -qE '<strong><span>[0-9.]+</span> <span>± [0-9.]+</span></strong>' $page
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$browser" ]; then
	# as printed on A4 landscape with margins of 12 mm: 273 mm
	sed -e 's/@media print/@media all/' -e 's|</body>|<script>document.title = ["usual", "paper"].map(name => document.getElementById("table-tables-" + name).scrollWidth <= document.body.clientWidth).join();</script></body>|' $page >print.html
	dump()
	{
		timeout 100 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/browser" \
			--window-size=1032,1400 --enable-logging=stderr --dump-dom "file://$work/$1" >dom 2>messages </dev/null
	}
	dump print.html
	check "page: eight columns fit a printed page" "$(grep -o '<title>.*</title>' dom)" grep -q '<title>true,true</title>' dom
	dump "$page#sort=tables-paper,6,1"
	check "page: columns sort under heads over columns" "$(grep CONSOLE messages)" \
		grep -qE 'aria-sort="ascending"[^>]*>Objective|Objective</th>' dom
	check "page: by the number" "order" \
		[ "$(tr -d '\n' <dom | sed 's/.*id="table-tables-paper">//; s/<\/table>.*//; s/<tr/\n<tr/g' | grep -v '<th' | sed -n 's/.*>\(xor\|Two moons\)<.*/\1/p' | sed -n 2p)" = xor ]
else
	ok "page: eight columns fit a printed page # SKIP no chromium"
fi

# errors with their positions, near names
cp own.yaml good.yaml
refuses()
{
	spec "  - $2"
	expect "$1" 2 validate own.yaml
	says "$1: where and what" "$3"
}
refuses "a column that is none" '{table: t, columns: [data, tst_accuracy]}' \
	'^own.yaml:[0-9]*:32: tables\[0\].columns\[1\]: expected .*, got "tst_accuracy"; names near it: test_accuracy'
refuses "a radius that is not attacked" '{table: t, columns: [fgsm linf 0.3]}' 'got "fgsm linf 0.3"; names near it: fgsm linf '
refuses "a method that is none" '{table: t, methods: [adm]}' 'tables\[0\].methods\[0\]: expected one of the methods admm, sgd, got "adm"'
refuses "digits of a column that is not there" '{table: t, columns: [time], digits: {gap: 2}}' "tables\[0\].digits: expected one of the table's columns time, got \"gap\""
refuses "digits that are none" '{table: t, digits: {gap: many}}' 'tables\[0\].digits.gap: expected a digit'
refuses "a name of a table of every report" '{table: summary}' 'tables\[0\].table: expected another name'
refuses "a name twice" '{table: t}
  - {table: t}' 'tables\[1\].table: expected another name'
refuses "a name that is no file" '{table: ../t}' 'tables\[0\].table: expected a letter'
refuses "a score that chooses nothing" '{table: t, by: validation_auc}' 'tables\[0\].by: expected none: nothing is chosen'
refuses "quantiles as plus and minus" '{table: t, statistic: median, interval: plus_minus}' 'tables\[0\].interval: expected brackets or none'
refuses "two kinds of heads over columns" '{table: t, across: data, groups: {time: x}}' 'tables\[0\].groups: expected none'

# tables can be changed without computing, and go with their key
cp good.yaml own.yaml
sed -i 's/Accuracy & time/Another title/' own.yaml
expect "another table is made" 0 run own.yaml
says "and computes nothing" " 0 to compute"
has "it is the other one" paper.tex '\caption{Another title of A\_1}'
expect "from the records alone" 0 report results/own
has "it is the same" paper.tex '\caption{Another title of A\_1}'
sed -i '/^tables:/,$d' own.yaml
expect "without the key" 0 run own.yaml --quiet
check "there are the usual files" "$(ls results/own/tables)" [ "$(cd results/own/tables && echo *)" = "paired.md paired.tex samples.md samples.tex summary.md summary.tex" ]
