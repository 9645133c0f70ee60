# Curves that lie on each other are named in legend and caption, and none hides the other.
. "$(dirname "$0")/lib.sh"

if ! gnuplot --version >/dev/null 2>&1; then
	echo "ok equal curves # SKIP no gnuplot"
	exit
fi
tiny_spec equal 4 100
sed -i 's/patterns: \[5, 8\]/patterns: 8/; /name: sgd/i\  - {name: again, solver: admm, patterns: 8, beta: 0.1}' equal.yaml
cat >>equal.yaml <<END
plots:
  - {plot: convergence, x: iteration, labels: {admm: ADMM}}
  - {plot: robust_accuracy, preset: column}
  - {plot: robust_accuracy, band: none}
  - {plot: performance_profile}
  - {plot: trade_off}
END
expect "two methods that are one run" 0 run equal.yaml --quiet
plots=results/equal/plots
says "the legend says it, with the names that are shown" ">again = ADMM<" $plots/convergence.svg
says "and so does the caption" "plot resolves: ADMM = again[.;]" $plots/convergence.svg
says "of a plot without caption the legend does" ">again = admm<" $plots/robust_accuracy.svg
for plot in robust_accuracy performance_profile trade_off; do
	says "the caption of $plot" "^\*\*$plot\*\*.*plot resolves: admm = again[.;]" $plots/captions.md
done
check "another method is not" "$(grep 'sgd' $plots/captions.md)" \
	[ "$(grep -cE '(sgd =|= sgd)' $plots/captions.md)" -eq 0 ]
# the first of the two is drawn first and wider: 1.5 pt are 2 pixels
widths()
{
	grep -o 'with linespoints .*' "$1" | grep -o 'lw [0-9.]*' | tr '\n' ' '
}
check "the lower one is wider" "$(widths $plots/robust_accuracy-2.gp)" \
	[ "$(widths $plots/robust_accuracy-2.gp)" = "lw 4 lw 2 lw 2 " ]
check "names in data and CSV stay" "a name of two" \
	[ "$(grep -c '= admm' $plots/robust_accuracy.dat)" -eq 0 ]
