#!/bin/bash
# The report's page in a browser without a network: no errors, tables sort and filter.
. tests/e2e/lib.sh

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
	ok "page in a browser # SKIP no chromium"
	exit 0
fi

# dump HASH: the page after its script has run, in $work/dom.
dump()
{
	"$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/browser" \
		--enable-logging=stderr --host-resolver-rules="MAP * ~NOTFOUND" --dump-dom \
		"file://$work/results/tiny/report.html$1" >dom 2>messages </dev/null
}

# rows TABLE: its body rows in the page, one a line.
rows()
{
	tr -d '\n' <dom | sed 's/.*<table class="sort" id="table-'"$1"'">//; s/<\/table>.*//; s/.*<tbody>//' |
		sed 's/<tr/\n<tr/g' | grep '^<tr'
}

# column TABLE N: the texts of a column.
column()
{
	rows "$1" | awk -F '</td>' -v n="$2" '{ sub(/.*>/, "", $n); print $n }'
}

tiny_spec tiny
expect "run" 0 run tiny.yaml --quiet
dump ""
check "the page is rendered" "$(cat messages)" grep -q 'id="table-cells"' dom
check "without errors in its console" "$(grep CONSOLE messages)" [ "$(grep -c CONSOLE messages)" -eq 0 ]
check "and all cells" "$(rows cells | wc -l)" [ "$(rows cells | wc -l)" -eq 6 ]
check "nothing is hidden" "hidden rows" [ "$(rows cells | grep -c 'hidden')" -eq 0 ]
column cells 1 | LC_ALL=C sort >ids

dump "#sort=cells,1,1"
column cells 1 >up
check "sorts up" "$(paste up ids)" cmp -s up ids
dump "#sort=cells,1,-1"
column cells 1 >down
check "sorts down" "$(cat down)" cmp -s <(LC_ALL=C sort -r ids) down

id=$(head -n 1 ids)
dump "#filter=cells,$id"
check "filters" "$(rows cells)" [ "$(rows cells | grep -vc 'hidden')" -eq 1 ]
check "says how many are shown" "$(grep -o 'shown">[^<]*' dom)" grep -q '1 of 6 rows' dom
dump "#filter=cells,no-such-word"
check "filters everything" "$(rows cells)" [ "$(rows cells | grep -c 'hidden')" -eq 6 ]
dump "#sort=nothing,1&filter=cells"
check "a strange address does no harm" "$(cat messages)" [ "$(grep -c CONSOLE messages)" -eq 0 ]
