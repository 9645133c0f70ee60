#!/bin/bash
# The report's page in a browser: figures with numbers and links, values and switches of a figure,
# keyboard, contrast, a telephone's width, and 1,000 rows of cells in 2 seconds.
. tests/e2e/lib.sh

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
	ok "page in a browser # SKIP no chromium"
	exit 0
fi

# probe PAGE SCRIPT: the page with a script behind its own; what it puts into `verdict` is in $work/verdict.
probe()
{
	cp "$1" probed.html
	printf '<pre id="verdict"></pre><script>%s\nverdict.textContent=said</script>' "$2" >>probed.html
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/browser" \
		--enable-logging=stderr --window-size="${3:-1200,900}" \
		--host-resolver-rules="MAP * ~NOTFOUND" \
		--dump-dom "file://$work/probed.html" >dom 2>messages </dev/null
	sed -n 's/.*<pre id="verdict">\([^<]*\)<.*/\1/p' dom >verdict
}

tiny_spec tiny
expect "run" 0 run tiny.yaml --quiet
page=results/tiny/report.html

check "the state is at the top" "no state" grep -q '<section id="state">' "$page"
check "with its machine" "no machine" grep -q '<b>Machine:</b> [^<]' "$page"
check "nothing failed, and it says so" "no such line" grep -q '<b>Failed:</b> none' "$page"
check "figures have numbers and captions" "none" grep -q '<b>Figure 1\.</b> [^<]' "$page"
missing=$(grep -o 'href="plots/[^"]*"' "$page" | sed 's/href="//; s/"//' | while read -r file; do
	[ -e "results/tiny/$file" ] || echo "$file"; done)
check "links of figures lead to files" "$missing" [ -z "$missing" ]
check "among them data" "none" grep -q 'href="plots/[^"]*\.dat"' "$page"
check "no address of a network" "$(grep -oE '(src|href)="(https?:)?//[^"]*' "$page")" \
	bash -c "! grep -qE '(src|href)=\"(https?:)?//' '$page'"
check "print repeats the heads" "no rule" grep -q 'thead{display:table-header-group}' "$page"

probe "$page" 'var live=document.querySelector("details.live");live.open=true;
live.dispatchEvent(new Event("toggle"));
var svg=live.querySelector("div svg"),paths=function(){return live.querySelectorAll("div path").length},
before=paths(),buttons=live.querySelectorAll("button"),old=live.querySelector("div").innerHTML;
buttons[2].click();var fewer=before-paths();buttons[2].click();
buttons[0].click();var scaled=old!==live.querySelector("div").innerHTML;
svg=live.querySelector("div svg");svg.dispatchEvent(new KeyboardEvent("keydown",{key:"ArrowRight"}));
var value=live.querySelector("[role=status]").textContent;
svg.dispatchEvent(new KeyboardEvent("keydown",{key:"Enter"}));
var said="fewer="+(fewer>0)+" scaled="+scaled+" value="+/[0-9]/.test(value)+" cells="+/^#filter=cells,./.test(location.hash)'
check "a curve switches off" "$(cat verdict)" grep -q 'fewer=true' verdict
check "a scale switches" "$(cat verdict)" grep -q 'scaled=true' verdict
check "a point shows its values" "$(cat verdict)" grep -q 'value=true' verdict
check "it leads to its cells" "$(cat verdict)" grep -q 'cells=true' verdict
check "without errors" "$(grep CONSOLE messages)" [ "$(grep -c CONSOLE messages)" -eq 0 ]

# WCAG 2: at least 4.5 between a text and what is behind it
probe "$page" 'function light(c){var v=c.match(/[\d.]+/g).slice(0,3).map(function(x){x/=255;
return x<=.03928?x/12.92:Math.pow((x+.055)/1.055,2.4)});return .2126*v[0]+.7152*v[1]+.0722*v[2]}
var worst=99;document.querySelectorAll("main p,main td,main th,main a,main pre,figcaption").forEach(function(e){
var b=e,c;do{c=getComputedStyle(b).backgroundColor;b=b.parentElement}while(b&&/, 0\)$/.test(c));
var f=light(getComputedStyle(e).color),g=light(c);worst=Math.min(worst,(Math.max(f,g)+.05)/(Math.min(f,g)+.05))});
var head=document.querySelector("#table-cells th");
head.dispatchEvent(new KeyboardEvent("keydown",{key:"Enter"}));
var deaf=Array.from(document.querySelectorAll("th,.scroll,.plot")).filter(function(e){return e.tabIndex<0}).length;
var said="contrast="+(worst>=4.5?"enough":worst)+" sorted="+head.getAttribute("aria-sort")+" deaf="+deaf'
check "contrast" "$(cat verdict)" grep -q 'contrast=enough' verdict
check "a head sorts by the keyboard" "$(cat verdict)" grep -q 'sorted=ascending' verdict
check "all that scrolls or sorts is reached by it" "$(cat verdict)" grep -q 'deaf=0' verdict

probe "$page" 'var box=document.querySelector("#cells .scroll");box.scrollLeft=300;
var first=box.querySelector("td").getBoundingClientRect().left-box.getBoundingClientRect().left;
var said="over="+(document.documentElement.scrollWidth-innerWidth)+" first="+Math.round(first)+
" cue="+getComputedStyle(box.nextSibling).display' 500,800
check "a telephone scrolls no page sidewards" "$(cat verdict)" grep -Eq 'over=(-[0-9]+|0) ' verdict
check "a table keeps its first column" "$(cat verdict)" grep -q 'first=0 ' verdict
check "and says that there is more" "$(cat verdict)" grep -q 'cue=block' verdict

# the rows of the cells, 1,000 of them
awk '/id="table-cells"/ { inside = 1 } inside && /^<tr/ { row[++n] = $0 }
	inside && /<\/tbody>/ { for (i = n; i < 1000; i++) print row[i % n + 1]; inside = 0 } { print }' \
	"$page" >large.html
probe large.html 'var said="rows="+document.querySelector("#table-cells").tBodies[0].rows.length+
" ms="+Math.round(performance.now())'
time_ms=$(sed -n 's/.*ms=\([0-9]*\).*/\1/p' verdict)
check "1,000 cells" "$(cat verdict)" grep -q 'rows=1000' verdict
check "open in 2 s" "${time_ms:-no time} ms" [ "${time_ms:-9999}" -le 2000 ]
echo "# 1,000 cells: $(cat verdict)"
