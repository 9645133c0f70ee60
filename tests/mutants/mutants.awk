# The lists of planted faults (README.md here): what they say, whether their texts still occur, and
# files with a fault planted.
#
#     awk -v task=check LIST...          complain; a last line with the number of faults
#     awk -v task=list LIST...           NUMBER FILE TESTS... in a line for each fault
#     awk -v task=say -v entry=N LIST... "LIST:LINE: TITLE", then why it survives, if so explained
#     awk -v task=plant -v entry=N LIST... the file with fault N

function problem(text)
{
	printf "%s:%d: %s\n", where, started, text
	problems++
}

# The whole of a file, "" if there is none.
function content(path,    line, text)
{
	text = ""
	while ((getline line < path) > 0)
		text = text line "\n"
	close(path)
	return text
}

function occurrences(text, part,    at, count)
{
	count = 0
	while (part != "" && (at = index(text, part)) > 0) {
		count++
		text = substr(text, at + length(part))
	}
	return count
}

function exists(path,    line, found)
{
	found = (getline line < path) >= 0
	close(path)
	return found
}

function check(    count, i, names, total)
{
	count = occurrences(content(file), before)
	if (!count)
		problem("the text is gone from " file)
	else if (count > 1)
		problem("the text occurs " count " times in " file)
	if (before == after)
		problem("the replacement is the text")
	total = split(tests, names)
	if (!total)
		problem("no tests")
	for (i = 1; i <= total; i++)
		if (!exists("tests/" names[i]) && !exists("tests/" names[i] ".c"))
			problem("no tests/" names[i])
}

function plant(    text, at)
{
	text = content(file)
	at = index(text, before)
	if (!at) {
		problem("the text is gone from " file)
		return
	}
	printf "%s%s%s", substr(text, 1, at - 1), after, substr(text, at + length(before))
}

function end_entry()
{
	if (!started)
		return
	entries++
	if (task == "check")
		check()
	else if (task == "list")
		print entries, file, tests
	else if (task == "say" && entries == entry)
		printf "%s:%d: %s\n%s\n", where, started, title, reason
	else if (task == "plant" && entries == entry)
		plant()
	started = 0
}

FNR == 1 {
	end_entry()
	file = tests = ""
}
/^#/ || /^$/ { next }
/^file: / {
	end_entry()
	file = substr($0, 7)
	next
}
/^tests: / {
	end_entry()
	tests = substr($0, 8)
	next
}
/^@ / {
	end_entry()
	where = FILENAME
	started = FNR
	title = substr($0, 3)
	before = after = reason = ""
	lines = replaced = 0
	next
}
/^- / && started {
	before = before (lines++ ? "\n" : "") substr($0, 3)
	next
}
/^\+( |$)/ && started {
	after = after (replaced++ ? "\n" : "") substr($0, 3)
	next
}
/^survives: / && started {
	reason = substr($0, 11)
	next
}
{
	printf "%s:%d: not understood: %s\n", FILENAME, FNR, $0
	problems++
}

END {
	end_entry()
	if (task == "check" && !problems)
		printf "mutants: fine (%d faults)\n", entries
	exit problems > 0
}
