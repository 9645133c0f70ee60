#!/bin/bash
# Plots: whatever names hold is drawn as it is, in every form; a failure of gnuplot is said; drawings
# that show what they should are kept.
. tests/e2e/lib.sh

if ! command -v gnuplot >/dev/null; then
	ok "plots # SKIP no gnuplot"
	exit 0
fi
real=$(command -v gnuplot)
plots=results/odd/plots

# shellcheck disable=SC2016 # backquotes and dollars are what is tested
names=('x!"#$%&'"'"'()*+,-./:;<=>?@[\]^_`{|}~y' "''two quotes" "in''side" '5% flip' '%n%x' '`touch executed`' 'a\')

# quoted NAME: in single quotes of YAML.
quoted()
{
	printf "'%s'" "${1//\'/\'\'}"
}

{
	printf 'name: odd\nresources: {jobs: 1, threads: 1}\ndata:\n'
	printf -- '  - {name: %s, generate: {kind: moons, n: 30, test: 20}}\n' "$(quoted "${names[0]}")"
	printf 'train:\n'
	for name in "${names[@]}"; do
		printf -- '  - {name: %s, solver: scp, beta: 0.1, neurons: 5}\n' "$(quoted "$name")"
	done
	printf 'attack:\n  - {attack: fgsm, eps: [0, 0.1]}\nplots: [{plot: attacked_bars}, {plot: robust_accuracy, band: none}, {plot: phase_time}, {plot: path}]\n'
} >odd.yaml

# Calls of gnuplot are counted, but for its version.
mkdir bin
cat >bin/gnuplot <<END
#!/bin/sh
[ "\$1" = --version ] || echo "\$*" >>"$work/calls"
exec "$real" "\$@"
END
chmod +x bin/gnuplot

# with_gnuplot STATUS ARGUMENT...: run_it with the gnuplot of bin; how often it drew is in $drew.
with_gnuplot()
{
	: >calls
	PATH=$work/bin:$PATH run_it "$@"
	local status=$?
	drew=$(wc -l <calls)
	return "$status"
}

# texts FILE: all texts of a drawing, one a line.
svg_texts()
{
	sed -n 's/.*<text>\(.*\)<\/text>.*/\1/p' "$1" |
		sed "s/&lt;/</g; s/&gt;/>/g; s/&quot;/\"/g; s/&#39;/'/g; s/&amp;/\&/g" | tr -s '\302\240' ' '
}

export GNUTERM=qt
check "odd names run" "status" with_gnuplot 0 run odd.yaml --quiet
check "every plot is drawn once" "drew $drew" [ "$drew" -eq 3 ]
says "a plot without anything to show is named" 'note: not drawn: path: the records have nothing for it'
check "on the page too" "no note" grep -q 'Not drawn: path: the records have nothing for it' results/odd/report.html
check "gnuplot is silent" "$(cat $plots/gnuplot.log)" [ ! -s $plots/gnuplot.log ]
check "nothing in a name is executed" "executed" [ ! -e $plots/executed ]
for form in svg png pdf; do
	for plot in attacked_bars robust_accuracy phase_time; do
		check "$plot.$form is drawn" "missing" [ -s "$plots/$plot.$form" ]
	done
done
for plot in attacked_bars robust_accuracy phase_time; do
	svg_texts "$plots/$plot.svg" >texts
	for name in "${names[@]}"; do
		check "$plot.svg shows $name" "$(cat texts)" grep -qF -e "$name" texts
	done
done

# The other forms come from the same lines of the script: what gnuplot reads there is the name, with %%
# for % in a tic, whose label is a format.
for plot in attacked_bars robust_accuracy phase_time; do
	grep -o '"[^"]*"' "$plots/$plot.gp" | grep -v dirname | sort -u >strings
	sed 's/.*/print sprintf("%s", &)/' strings | gnuplot -d 2>said | cat - said >values
	for name in "${names[@]}"; do
		check "$plot.gp holds $name" "$(cat values)" grep -qF -e "$name" -e "${name//%/%%}" values
	done
done
if command -v pdftotext >/dev/null; then
	for plot in attacked_bars robust_accuracy phase_time; do
		pdftotext -layout "$plots/$plot.pdf" texts
		for name in "${names[@]}"; do
			check "$plot.pdf shows $name" "$(cat texts)" grep -qF -e "$name" texts
		done
	done
else
	ok "texts of PDF # SKIP no pdftotext"
fi

# In the legend and among the curves every colour has each of its dashes.
dashes()
{
	grep -o "stroke='rgb([^']*'\( stroke-dasharray='[^']*'\)\?" "$1" | grep -v '228, 228\|68,  68' | sort | uniq -c
}
dashes $plots/robust_accuracy.svg >pairs
check "the legend has the dashes of the curves" "$(cat pairs)" [ "$(awk '{ print $1 }' pairs | sort -u | wc -l)" -eq 1 ]

with_gnuplot 0 run odd.yaml --quiet
check "drawings that show the same are kept" "drew $drew" [ "$drew" -eq 0 ]
check "and they are whole" "$(cd $plots && sha256sum -c ./*.sha256 2>&1)" \
	eval '(cd $plots && sha256sum --quiet -c ./*.sha256)'
printf x >>$plots/phase_time.png
rm $plots/attacked_bars.svg
with_gnuplot 0 report results/odd
check "those that were changed or lost are drawn again" "drew $drew" [ "$drew" -eq 2 ]
sed -i '1s/.*/# gnuplot of another version/' $plots/phase_time.sha256
with_gnuplot 0 report results/odd
check "so are those of another gnuplot" "drew $drew" [ "$drew" -eq 1 ]
sed -i "s/eps: \[0, 0.1\]/eps: [0, 0.3]/" odd.yaml
with_gnuplot 0 run odd.yaml --quiet
check "and those that show something else" "drew $drew" [ "$drew" -ge 2 ]

# gnuplot fails at one plot
cat >bin/gnuplot <<END
#!/bin/sh
case "\$*" in
*phase_time*) printf '\n\nplot x\n     ^\n"phase_time.gp" line 7: no such \033[31mthing\n' >&2; : >phase_time.svg; exit 1 ;;
esac
exec "$real" "\$@"
END
rm $plots/phase_time.svg
check "a failure of gnuplot is a failure" "status" with_gnuplot 1 report results/odd
says "with its first message" 'plots/phase_time.gp: gnuplot failed: "phase_time.gp" line 7: no such \\x1b\[31mthing'
check "all else is printed" "$(cat out)" grep -q 'report.html' out
check "the page says so" "no note" grep -q 'gnuplot failed: &quot;phase_time.gp&quot; line 7' results/odd/report.html
check "instead of a blank figure" "phase_time.svg" [ ! -e $plots/phase_time.svg ]
check "the other drawings are there" "missing" [ -s $plots/attacked_bars.svg ]

# no gnuplot
mkdir none
for tool in sh cat; do ln -s "$(command -v "$tool")" none/; done
rm $plots/*.sha256
PATH=$work/none "$relubench" report results/odd >out 2>err
says "a missing gnuplot is said" 'gnuplot was not found: 3 plots are not drawn'
check "the script is kept" "missing" [ -s $plots/phase_time.gp ]
