# The plan of the house in figures. Input: tests/deps.allow, the sources of the product, those of the
# tests, then (after object=1) `nm -A` of the objects below `objects`. A room is a .c file and the .h of
# its name, a folder's door the header of the folder's name. An arrow goes from A to B where A includes a
# header of B or calls a function of B; harness/registry.c, which knows all items, is called by all and
# makes none. Functions are found by the project's brace style, as in style.awk.

BEGIN {
	limit["folder cycles"] = 0
	limit["upward folders"] = 0
	limit["room cycles"] = 16
	limit["upward rooms"] = 6
	limit["largest folder"] = 30
	limit["back doors"] = 160
	limit["sibling exports"] = 0
	limit["room exports"] = 462
	limit["dead exports"] = 5
	limit["test exports"] = 35
	limit["misplaced"] = 20
	limit["single caller %"] = 54
	limit["function p90"] = 30
	limit["function max"] = 60
	limit["file max"] = 600
	limit["product lines"] = 121000
	list = ENVIRON["LIST"] # name of a figure: what it counts
}

function folder_of(path)
{
	return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "."
}

function room_of(path)
{
	sub(/\.[ch]$/, "", path)
	return path
}

function base(path)
{
	sub(/^.*\//, "", path)
	return path
}

function door_of(folder)
{
	return folder "/" base(folder) ".h"
}

function arrow(from, to, how)
{
	if (folder_of(from) != folder_of(to)) {
		walls[folder_of(from), folder_of(to)] = from " -> " to
		return
	}
	if (room_of(from) == room_of(to))
		return
	rooms[room_of(from), room_of(to)]
	if (how == "include")
		looks[room_of(from), room_of(to)]
	else
		serves[room_of(to), room_of(from)]
}

# The function that a declaration at column 0 is about, or "".
function declared(line)
{
	if (line !~ /^[a-z]/ || line ~ /^typedef/ || !match(line, /[A-Za-z_][A-Za-z0-9_]*\(/))
		return ""
	if (index(substr(line, 1, RSTART), "="))
		return ""
	return substr(line, RSTART, RLENGTH - 1)
}

function found(figure, text)
{
	count[figure]++
	if (list == figure)
		print text
}

# Static functions of the file behind us, by how many functions name them.
function end_file(    name)
{
	if (!file)
		return
	longest = lines > longest ? lines : longest
	for (name in statics) {
		all_statics++
		if (callers[name] == 1 && !(name in in_table))
			found("single caller %", file ": " name)
		once += places[name] == 1
	}
	split("", statics); split("", callers); split("", places); split("", seen); split("", in_table)
	file = ""
}

function read_words(line, at,    i, n, word)
{
	gsub(/"([^"\\]|\\.)*"/, "", line)
	gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
	gsub(/(\.|->)[A-Za-z_][A-Za-z0-9_]*/, " ", line)
	sub(/\/\*.*/, "", line)
	n = split(line, word, /[^A-Za-z0-9_]+/)
	for (i = 1; i <= n; i++) {
		if (word[i] !~ /^[a-z_]/)
			continue
		places[word[i]]++
		if (!((word[i], at) in seen)) {
			seen[word[i], at]
			callers[word[i]]++
		}
		if (at == "")
			in_table[word[i]]
	}
}

object { # path.o: [address] type name
	at = substr($1, 1, index($1, ".o:") - 1)
	if (at != last_object) {
		last_object = at
		source = substr(at, length(objects) + 2) ".c"
		known = source in product
	}
	if (!known)
		next
	if ($(NF - 1) == "T" || $(NF - 1) ~ /^[BDRC]$/) {
		home[$NF] = source
		kind[$NF] = $(NF - 1)
	} else if ($(NF - 1) == "U")
		uses[++used] = source SUBSEP $NF
	next
}

FILENAME == "tests/deps.allow" {
	sub(/#.*/, "")
	if (NF && $1 != "door" && !($1 in floor))
		floor[$1] = ++floors
	next
}

FILENAME ~ /^tests\// {
	n = split($0, word, /[^A-Za-z0-9_]+/)
	for (i = 1; i <= n; i++)
		tested[word[i]]
	next
}

FNR == 1 {
	end_file()
	file = FILENAME
	product[file]
	files[folder_of(file)]++
	body = comment = 0
	current = pending = ""
}

{
	lines = FNR
	total++
}

/^#include "/ {
	split($0, part, "\"")
	if (part[2] ~ /\.(def|fields)$/) # lists, no headers
		next
	arrow(FILENAME, part[2], "include")
	if (folder_of(FILENAME) != folder_of(part[2]) && part[2] != door_of(folder_of(part[2])))
		back_door[part[2]] = FILENAME
	next
}

/^[ \t]*\/\*/ { comment = 1 }
comment {
	if (/\*\//)
		comment = 0
	next
}

/^\{$/ {
	body = FNR
	current = pending == "" ? "?" : pending
	if (pending_static && FILENAME ~ /\.c$/)
		statics[pending]
	next
}

/^\}$/ && body {
	size[++functions] = FNR - body + 1
	body = 0
	current = ""
	next
}

body {
	read_words($0, current)
	next
}

/^#/ || /^$/ { next }

{ # outside functions
	if (continued || declared($0) != "") {
		if (!continued) {
			pending = declared($0)
			pending_static = /^static /
			if (FILENAME ~ /\.h$/)
				header[pending] = FILENAME
		}
		continued = !/[;)]$/
		next
	}
	read_words($0, "")
}

function sort(a, n,    gap, i, j, t)
{
	for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
		for (i = gap + 1; i <= n; i++) {
			t = a[i]
			for (j = i; j > gap && a[j - gap] > t; j -= gap)
				a[j] = a[j - gap]
			a[j] = t
		}
}

# Tarjan: nodes of strongly connected components of more than one node, of the graph next_of[node, i].
function visit(v,    i, w, n, members)
{
	order[v] = low[v] = ++clock
	stack[++depth] = v
	on[v] = 1
	for (i = 1; i <= degree[v]; i++) {
		w = next_of[v, i]
		if (!(w in order)) {
			visit(w)
			low[v] = low[w] < low[v] ? low[w] : low[v]
		} else if (on[w])
			low[v] = order[w] < low[v] ? order[w] : low[v]
	}
	if (low[v] != order[v])
		return
	do {
		w = stack[depth--]
		on[w] = 0
		n++
		members = members " " w
	} while (w != v)
	if (n > 1) {
		cyclic += n
		if (list == figure)
			print "cycle of" members
	}
}

function cycles(edges, name,    e, part, v)
{
	split("", order); split("", low); split("", on); split("", degree); split("", next_of)
	clock = depth = cyclic = 0
	figure = name
	for (e in edges) {
		split(e, part, SUBSEP)
		next_of[part[1], ++degree[part[1]]] = part[2]
		degree[part[2]] += 0
	}
	for (v in degree)
		if (!(v in order))
			visit(v)
	return cyclic
}

function upward(edges,    e, part)
{
	for (e in edges) {
		split(e, part, SUBSEP)
		if (floor[part[1]] < floor[part[2]])
			found("upward folders", part[1] " -> " part[2] " (" edges[e] ")")
	}
}

function count_exports(    i, part, name, folder)
{
	for (i = 1; i <= used; i++) {
		split(uses[i], part, SUBSEP)
		if (!(part[2] in home) || home[part[2]] == "harness/registry.c")
			continue
		arrow(part[1], home[part[2]], "call")
		users[part[2]]++
		user[part[2]] = part[1]
	}
	for (name in home) {
		folder = folder_of(home[name])
		exports += kind[name] == "T"
		if (name == "main")
			continue
		if (!(name in users) && home[name] != "harness/registry.c")
			found(name in tested ? "test exports" : "dead exports", home[name] ": " name)
		if (kind[name] != "T")
			continue
		if (name in header && room_of(header[name]) != room_of(home[name]))
			found("misplaced", home[name] ": " name " in " header[name])
		if (users[name] != 1 || folder_of(user[name]) != folder || header[name] == door_of(folder))
			continue
		if (room_of(header[name]) == room_of(home[name]))
			found("room exports", home[name] ": " name " for " user[name])
		else
			found("sibling exports", home[name] ": " name " for " user[name])
	}
}

function row(figure, value, about)
{
	over = figure in limit && value + 0 > limit[figure]
	printf "%-16s %7s %7s  %s%s\n", figure, value + 0, limit[figure], over ? "OVER: " : "", about
	problems += over
}

END {
	end_file()
	count_exports()
	upward(walls)
	for (e in looks)
		if (e in serves) {
			split(e, part, SUBSEP)
			found("upward rooms", part[1] " -> " part[2])
		}
	for (e in walls)
		edges++
	for (e in rooms)
		inner++
	for (f in files) {
		folders++
		if (files[f] > most) {
			most = files[f]
			largest = f
		}
		crowded += files[f] > 25
		if (list == "largest folder")
			print f, files[f]
	}
	for (f in back_door)
		found("back doors", f " for " back_door[f])
	sort(size, functions)
	printf "%-16s %7s %7s\n", "figure", "today", "limit"
	row("folder cycles", cycles(walls, "folder cycles"), folders " folders, " edges " arrows: those that reach themselves")
	row("upward folders", count["upward folders"], "arrows to a folder that stands later in tests/deps.allow")
	row("room cycles", cycles(rooms, "room cycles"), "rooms that reach themselves inside their folder; " inner " arrows")
	row("upward rooms", count["upward rooms"], "arrows of these to a room that calls the one that includes it")
	row("largest folder", most, largest "; " crowded + 0 " folders of more than 25 files")
	row("back doors", count["back doors"], "headers that another folder includes though they are not the door")
	row("sibling exports", count["sibling exports"], "used by one file of the folder; not in its door nor a header of their name")
	row("room exports", count["room exports"], "the same, but in a header of their name; " exports " functions are exported")
	row("dead exports", count["dead exports"], "used by no other file")
	row("test exports", count["test exports"], "used by no other file but tests")
	row("misplaced", count["misplaced"], "functions declared in a header of another name than their file")
	row("single caller %", sprintf("%.1f", 100 * count["single caller %"] / all_statics), count["single caller %"] " of " all_statics " static functions: one function names them, no table")
	row("single place %", sprintf("%.1f", 100 * once / all_statics), "static functions named once, tables included")
	row("function median", size[int((functions + 1) / 2)], "lines of a body; " functions " functions")
	row("function p90", size[int(0.9 * functions + 0.999999)], "")
	row("function max", size[functions], "")
	row("file max", longest, "lines")
	row("product lines", total, "")
	exit problems > 0
}
