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

# steps of the figures: what is said after each
live='var live=document.querySelectorAll("details.live"),said="";
function made(k){live[k].open=true;live[k].dispatchEvent(new Event("toggle"))}
function press(k,text){Array.from(live[k].querySelectorAll("button")).find(function(b){return b.textContent===text}).click()}
function at(k,what){return live[k].querySelectorAll(what)}
function words(k){return at(k,"[role=status]")[0].textContent}
function key(k,name){at(k,"svg")[0].dispatchEvent(new KeyboardEvent("keydown",{key:name}))}
function labels(k){return Array.from(at(k,"svg text")).map(function(t){return t.textContent}).join("|")}
made(0);'
probe "$page" "$live"'var paths=at(0,"path").length;press(0,"sgd");said+="fewer="+(at(0,"path").length<paths);
press(0,"sgd");said+=" again="+(at(0,"path").length===paths);
var old=labels(0);press(0,"log x");said+=" scaled="+(labels(0)!==old);press(0,"log x");
said+=" seconds="+/time of/.test(labels(0));press(0,"x: iteration");said+=" iterations="+/iteration/.test(labels(0).split("|").slice(1,3));
key(0,"ArrowRight");said+=" value="+/^admm, patterns=5: iteration [0-9.]+, .* [0-9.]+/.test(words(0));
key(0,"Enter");said+=" cells="+/^#filter=cells,./.test(location.hash);follow();
var shown=Array.from(document.querySelectorAll("#table-cells tbody tr")).filter(function(r){return !r.hidden});
said+=" rows="+shown.filter(function(r){return /admm.*patterns=5/.test(r.textContent)}).length+"of"+shown.length'
check "a curve switches off" "$(cat verdict)" grep -q 'fewer=true again=true' verdict
check "a scale switches" "$(cat verdict)" grep -q 'scaled=true' verdict
check "from seconds to iterations" "$(cat verdict)" grep -q 'seconds=true iterations=true' verdict
check "a point shows its values" "$(cat verdict)" grep -q 'value=true' verdict
check "it leads to its cells" "$(cat verdict)" grep -q 'cells=true rows=2of2' verdict
check "without errors" "$(grep CONSOLE messages)" [ "$(grep -c CONSOLE messages)" -eq 0 ]

probe "$page" "$live"'for(var k=0;k<live.length;k++){made(k);key(k,"ArrowRight");
said+=document.querySelectorAll("figure")[k].querySelector("figcaption").textContent.split(":")[0].split(". ")[1]+"="+/[0-9]/.test(words(k))+" "}'
check "so do bars" "$(cat verdict)" grep -q 'attacked_bars=true' verdict
check "and all others" "$(cat verdict)" bash -c '! grep -q false verdict'
check "none breaks" "$(grep CONSOLE messages)" [ "$(grep -c CONSOLE messages)" -eq 0 ]

probe "$page" 'var image=document.createElement("img");image.src="http://example.org/x.png";document.body.append(image);var said=1'
check "a request is refused and seen" "no message" grep -q 'CONSOLE.*Content Security Policy' messages

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

# printed
if command -v pdftotext >/dev/null; then
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/browser" \
		--no-pdf-header-footer --print-to-pdf=page.pdf "file://$work/large.html" >/dev/null 2>&1 </dev/null
	pdftotext -layout page.pdf page.txt
	pages=$(grep -c $'\f' page.txt)
	heads=$(tr '\f' '\n' <page.txt | grep -c '^ *cell *data *method')
	check "the cells' heads stand on every page that they go over" "$heads heads on $pages pages" \
		[ "$heads" -ge $((pages / 2)) -a "$pages" -gt 8 ]
	check "no buttons in print" "filter rows" bash -c '! grep -q "Values, curves" page.txt'
else
	ok "printed page # SKIP no pdftotext"
fi
