# What `style` and the options of plots make of figures: read from SVG, script and CSV.
. "$(dirname "$0")/lib.sh"

if ! gnuplot --version >/dev/null 2>&1; then
	echo "ok figures of a style # SKIP no gnuplot"
	exit
fi
cat >house.yaml <<END
theme: grey
colors: {sgd: "#123456"}
END
spec()
{
	tiny_spec style 3
	cat >>style.yaml <<-END
	style: {file: house.yaml, theme: light, labels: {admm: "ADMM (ours)", moons: Moons}, colors: {admm: "#AA0011"}, marks: {sgd: square-open}}
	plots:
	  - {plot: convergence, title: "A title", x_label: "an x", y_label: "a y", x_range: [0.001, 7], y_range: [3, 50], font: Times, font_size: 12, line_width: 3, export: [svg, csv]}
	  - {plot: robust_accuracy, legend: none, caption: none}
	  - {plot: robust_accuracy, legend: inside, caption: short, preset: column, band: band}
	  - {plot: robust_accuracy, legend: outside, preset: page, height: 4in, band: bars, theme: dark}
	  - {plot: attacked_bars, width: 5in, labels: {clean: "no attack", nobody: x}, theme: grey, order: [sgd]}
	END
}
spec
expect "the experiment runs" 0 run style.yaml --quiet
plots=results/style/plots
# has NAME FILE TEXT..., lacks NAME FILE TEXT
has()
{
	check "$1" "no $3 in $2" grep -qF -e "$3" "$plots/$2"
}
lacks()
{
	check "$1" "$3 in $2" [ "$(grep -cF -e "$3" "$plots/$2")" -eq 0 ]
}
size()
{
	check "$1" "$(grep -o 'width="[0-9]*" height="[0-9]*"' "$plots/$2")" grep -q -e "$3" "$plots/$2"
}

has "title" convergence.svg "A title"
has "x label" convergence.svg "an x"
has "y label" convergence.svg "a y"
has "x range" convergence.gp "set xrange [0.001:7]"
has "y range" convergence.gp "set yrange [3:50]"
has "a shown name" convergence.svg "ADMM (ours)"
has "a shown name of a data set" robust_accuracy.svg "Moons (n"
lacks "the name itself is not shown" convergence.svg ">admm"
has "a colour of the spec" convergence.svg "170,   0,  17"
has "a colour of the shared file" convergence.svg " 18,  52,  86"
has "font" convergence.svg 'font-family="Times"'
has "letters of 12 pt" convergence.svg 'font-size="16.00"'
has "lines of 3 pt" convergence.gp "lw 4 "
has "a mark" convergence.gp "pt 4 "
check "what is exported is there" "no csv" [ -s $plots/convergence.csv ]
has "rows of CSV" convergence.csv "ADMM (ours)"
check "what is not exported is not" "a pdf" [ ! -e $plots/convergence.pdf ]
check "by default PDF is" "no pdf" [ -s $plots/robust_accuracy.pdf ]
# letters of 8 pt: lines of 8 to 12 pt, by the font that there is
if pdftotext -v 2>/dev/null; then
	height=$(pdftotext -bbox $plots/robust_accuracy-2.pdf - | sed -n 's/.*yMin="\([0-9.]*\)".*yMax="\([0-9.]*\)">eps<.*/\1 \2/p' |
		head -n 1 | awk '{ print $2 - $1 }')
	check "its letters are as large as in print" "$height pt" awk -v h="${height:-0}" 'BEGIN { exit !(h > 6 && h < 12) }'
else
	echo "ok its letters are as large as in print # SKIP no pdftotext"
fi
lacks "no legend" robust_accuracy.svg "sgd"
lacks "no caption" robust_accuracy.svg "Hardware"
has "a legend inside" robust_accuracy-2.svg "sgd"
lacks "a short caption" robust_accuracy-2.svg "Hardware"
has "it says what is shown" robust_accuracy-2.svg "repetitions"
size "a column is 3.25 in wide" robust_accuracy-2.svg 'width="312"'
has "a band" robust_accuracy-2.gp "filledcurves"
size "a page is 6.75 in wide, 4 in high as asked" robust_accuracy-3.svg 'width="648" height="384"'
has "bars" robust_accuracy-3.gp "yerrorbars"
lacks "bars in the place of a band" robust_accuracy-3.gp "filledcurves"
has "a dark paper" robust_accuracy-3.gp "background '#1B1B1B'"
size "a width" attacked_bars.svg 'width="480"'
has "a shown name of an attack" attacked_bars.svg "no attack"
has "greys" attacked_bars.gp "#7A7A7A"
has "per cent" attacked_bars.svg "test accuracy in %"
check "the order of methods" "$(grep 'set xtics (' $plots/attacked_bars.gp)" \
	grep -q 'set xtics ("sgd" 0, "ADMM (ours)' $plots/attacked_bars.gp
says "a name that the figure lacks is told" 'attacked_bars: nothing in it has the name of label of "nobody"'

# a style can be changed without computing
sed -i 's/A title/Another title/' style.yaml
expect "another style is drawn" 0 run style.yaml
says "and computes nothing" "9 cells: 9 done, 0 to compute"
has "the figure is drawn anew" convergence.svg "Another title"
rm house.yaml
expect "the shared file is kept with the results" 0 report results/style
has "and its colour" convergence.svg " 18,  52,  86"

# a user's own changes survive
mkdir $plots/custom
sed 's/Another title/My own title/' $plots/convergence.gp >$plots/custom/convergence.gp
echo "plot nonsense(" >$plots/custom/broken.gp
expect "a broken custom script is told" 1 report results/style
says "by its name" "plots/custom/broken.gp: gnuplot failed"
rm $plots/custom/broken.gp
expect "custom scripts are drawn" 0 report results/style
has "from the same data" custom/convergence.svg "My own title"
has "beside the generated one" convergence.svg "Another title"
has "and stay as they are" custom/convergence.gp "My own title"
