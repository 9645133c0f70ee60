# Compare includes with tests/deps.allow, its doors as well, and registration with the rule that only harness/registry.c
# names concrete descriptors, and folders that may include theirs. Input: deps.allow first, then .def lists, then sources (twice: the first
# pass finds where each descriptor is defined).

function folder_of(path)
{
	if (path ~ /^tests\//)
		return "tests"
	return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "."
}

function problem(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text
	problems++
}

function check_library(name)
{
	if (name in governed && !((folder, name) in allowed))
		problem("tests/deps.allow lets " folder " not include " name)
}

function check_include(path,    to)
{
	to = folder_of(path)
	if (path ~ /\.def$/ && FILENAME != "harness/registry.c")
		problem("only harness/registry.c includes " path)
	if (to == folder)
		return
	if (to in doors && path ~ /\.h$/ && !((to, path) in door) && folder != "tests")
		problem("not a door of " to ": " path "; tests/deps.allow names them")
	edge[folder, to] = FILENAME ":" FNR
	known[folder]; known[to]
	if (!((folder, to) in allowed) && !((folder, "*") in allowed))
		problem("new edge " folder " -> " to "; tests/deps.allow does not have it")
}

# Depth-first search; a folder met again while it is on the path closes a cycle.
function visit(at, path,    to)
{
	mark[at] = "open"
	for (to in known) {
		if (!((at, to) in edge) || mark[to] == "done")
			continue
		if (mark[to] == "open") {
			printf "cycle: %s -> %s (%s)\n", path, to, edge[at, to]
			problems++
		} else
			visit(to, path " -> " to)
	}
	mark[at] = "done"
}

FNR == 1 {
	files++
	folder = folder_of(FILENAME)
	pass[FILENAME]++
	comment = 0
}

FILENAME == "tests/deps.allow" {
	sub(/#.*/, "")
	if ($1 == "door") {
		doors[$2]
		for (i = 3; i <= NF; i++)
			door[$2, $2 "/" $i]
		next
	}
	for (i = 3; i <= NF; i++) {
		allowed[$1, $i]
		if ($i ~ /^</)
			governed[$i]
	}
	next
}

FILENAME ~ /\.def$/ {
	if (match($0, /^ITEM\([a-z0-9_]+\)/))
		item[substr($0, 6, RLENGTH - 6)]
	next
}

# First pass: the file that defines a descriptor.
pass[FILENAME] == 1 {
	if (match($0, /^const struct [a-z_]+ [a-z0-9_]+ = \{/) && $4 in item)
		home[$4] = folder
	next
}

/^#include </ {
	check_library($2)
	next
}

/^#include "/ {
	split($0, part, "\"")
	check_include(part[2])
	next
}

folder != "tests" && FILENAME != "harness/registry.c" {
	line = $0
	gsub(/"([^"\\]|\\.)*"/, "", line)
	if (comment && !sub(/^.*\*\//, "", line))
		next
	comment = 0
	gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
	if (sub(/\/\*.*/, "", line))
		comment = 1
	count = split(line, word, /[^A-Za-z0-9_]+/)
	for (i = 1; i <= count; i++)
		if (word[i] in home && home[word[i]] != folder &&
		    !((folder, home[word[i]]) in allowed))
			problem("names the descriptor " word[i] " of " home[word[i]])
}

END {
	for (name in item)
		if (!(name in home)) {
			printf "%s: registered, but not defined as `const struct ... %s = {`\n", name, name
			problems++
		}
	for (at in known)
		if (!(at in mark))
			visit(at, at)
	exit problems > 0
}
