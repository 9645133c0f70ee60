# Several columns of the trace in one plot: curves of one panel where they are of one kind.
. "$(dirname "$0")/lib.sh"

if ! gnuplot --version >/dev/null 2>&1; then
	echo "ok columns # SKIP no gnuplot"
	exit
fi
tiny_spec columns 2 30
sed -i 's/patterns: \[5, 8\]/patterns: 8/' columns.yaml
cat >>columns.yaml <<END
plots:
  - {plot: convergence, x: iteration, columns: [train_accuracy, test_accuracy]}
  - {plot: convergence, x: iteration, columns: [primal_residual, test_accuracy, dual_residual, test_accuracy]}
  - {plot: convergence, x: iteration, columns: [gap]}
  - {plot: convergence, x: iteration, columns: [train_accuracy, test_accuracy], labels: {admm: ADMM, test accuracy: test}}
END
expect "several columns" 0 run columns.yaml --quiet
plots=results/columns/plots
check "two accuracies are one panel" "$(grep -c '^# panel' $plots/convergence.gp) panels" \
	[ "$(grep -c '^# panel' $plots/convergence.gp)" -eq 1 ]
for entry in "admm, training accuracy" "admm, test accuracy" "sgd, training accuracy" "sgd, test accuracy"; do
	says "the legend says which" ">$entry<" $plots/convergence.svg
done
says "the axis what they are" ">accuracy in %<" $plots/convergence.svg
# lines FILE: colour, dash and mark of each line
lines()
{
	sed -n "s/.*with linespoints lc rgb '\(#[0-9A-F]*\)' lw [0-9.]* dt \([^ ]*\) pt \([0-9]*\) .*/\1 \2 \3/p" "$1"
}
lines $plots/convergence.gp >lines
check "the colour and the mark tell the method" "$(cat lines)" \
	[ "$(cut -d' ' -f1,3 lines | sort | uniq -c | awk '{ printf "%s ", $1 }')" = "2 2 " ]
check "the dashes tell the column" "$(cat lines)" \
	[ "$(cut -d' ' -f2 lines | sort | uniq -c | awk '{ printf "%s ", $1 }')" = "2 2 " ]
check "other kinds have a panel of their own" "$(grep -c '^# panel' $plots/convergence-2.gp) panels" \
	[ "$(grep -c '^# panel' $plots/convergence-2.gp)" -eq 2 ]
says "with an axis of their own" ">relative residual<" $plots/convergence-2.svg
says "a single column has its label" ">test accuracy in %<" $plots/convergence-2.svg
check "a column that is named twice is drawn once" "$(grep -c linespoints $plots/convergence-2.gp)" \
	[ "$(lines $plots/convergence-2.gp | wc -l)" -eq 4 ]
says "one column is as y" ">relative gap<" $plots/convergence-3.svg
says "and the legend names methods alone" ">admm<" $plots/convergence-3.svg
says "both parts of an entry have labels" ">ADMM, test<" $plots/convergence-4.svg
says "each has" ">sgd, test<" $plots/convergence-4.svg
check "none is said to be unused" "$(cat err)" [ "$(grep -c 'label' err)" -eq 0 ]
# the numbers: the last point of a curve is the median of the last rows of the traces
last()
{
	awk -v name="$1" '/^# / && !/^# iteration/ { here = $0 ~ name "$" } here && NF == 4 && /^[0-9]/ { y = $2 }
		END { printf "%.4f", y }' $plots/convergence.dat
}
traced()
{
	local cell

	for cell in results/columns/cells/*; do
		grep -q '"method": *"sgd"' "$cell/result.json" &&
			awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } { y = $at[name] }
				END { print 100 * y }' "$cell/trace.csv"
	done | awk '{ sum += $1 } END { printf "%.4f", sum / NR }' # the median of two
}
check "training accuracies" "$(last 'sgd, training accuracy') in place of $(traced train_accuracy)" \
	[ "$(last 'sgd, training accuracy')" = "$(traced train_accuracy)" ]
check "test accuracies" "$(last 'sgd, test accuracy') in place of $(traced test_accuracy)" \
	[ "$(last 'sgd, test accuracy')" = "$(traced test_accuracy)" ]
sed -i 's/columns: \[gap\]/columns: [gap, accuracy]/' columns.yaml
expect "an unknown column" 2 run columns.yaml --quiet
says "is one error with its place" "columns.yaml:[0-9:]*: plots\[2\].columns.*accuracy"
says_once "and no more"
