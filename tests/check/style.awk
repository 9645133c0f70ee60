# Limits of size and nesting, and assertions that hide numbers. Functions are found by the project's
# brace style: the body's braces stand alone in column 0. A control statement's indentation is its
# nesting, braces or not.

BEGIN {
	MOST_COLUMNS = 100
	MOST_LINES = 600
	MOST_FUNCTION = 60
	USUAL_FUNCTION = 40 # of 90 % of the functions
	MOST_NESTING = 3
	MOST_PARAMETERS = 6
}

function problem(line, text)
{
	printf "%s:%d: %s\n", file, line, text
	problems++
}

function columns(text,    i, column)
{
	for (i = 1; i <= length(text); i++)
		column = substr(text, i, 1) == "\t" ? column + 8 - column % 8 : column + 1
	return column + 0
}

# Parameters of the first parenthesis of a declaration: commas at its own depth.
function check_parameters(text,    i, c, depth, count)
{
	if (text ~ /^void blas_gemm\(/) # the signature of BLAS itself, which every reader knows
		return
	if (text ~ /=/ || text !~ /^[a-z].*[a-z0-9_] ?\(/)
		return
	count = 1
	for (i = index(text, "("); i <= length(text); i++) {
		c = substr(text, i, 1)
		depth += (c == "(") - (c == ")")
		if (c == "," && depth == 1)
			count++
		if (depth == 0)
			break
	}
	if (count > MOST_PARAMETERS)
		problem(started, count " parameters, at most " MOST_PARAMETERS)
}

# A statement assert_true(...) or assert_false(...) that compares numbers hides them when it fails.
function check_assertion(text,    call)
{
	if (!match(text, /assert_(true|false)\(.*/))
		return
	call = substr(text, RSTART)
	gsub(/"([^"\\]|\\.)*"/, "", call)
	if (call ~ /(mem|str|strn|strcase)cmp\(/)
		return
	if (call ~ / ([<>]=?|[=!]=) |fabs|isnan|isinf|isfinite/)
		problem(asserted, "a comparison of numbers: tests/close.h has assertions that print them")
}

function end_file()
{
	if (file && lines > MOST_LINES)
		problem(lines, lines " lines, at most " MOST_LINES)
}

FNR == 1 {
	end_file()
	file = FILENAME
	declaration = ""
	body = 0
	comment = 0
}

{
	lines = FNR
	if (columns($0) > MOST_COLUMNS)
		problem(FNR, columns($0) " columns, at most " MOST_COLUMNS)
	if (/[ \t]$/)
		problem(FNR, "blanks at the end of the line")
	if (/TODO|FIXME|(^|[^X])XXX([^X]|$)|^#if 0/) # XXXXXX is a name for mkdtemp
		problem(FNR, "unfinished or dead code")
}

/^\/\*/ { comment = 1 }
comment {
	if (/\*\//)
		comment = 0
	next
}

/^\{$/ {
	check_parameters(declaration)
	declaration = ""
	body = FNR
	next
}

/^\}$/ && body {
	size = FNR - body + 1
	functions++
	usual += size <= USUAL_FUNCTION
	if (size > MOST_FUNCTION)
		problem(body, "function of " size " lines, at most " MOST_FUNCTION)
	body = 0
	next
}

body && /assert_(true|false)\(/ {
	asserted = FNR
	assertion = ""
}

body && asserted {
	assertion = assertion $0
	if (/;/) {
		check_assertion(assertion)
		asserted = 0
	}
}

body {
	if (match($0, /^\t+(if|for|while|do|switch)[ ({]/)) {
		match($0, /^\t+/)
		if (RLENGTH > MOST_NESTING)
			problem(FNR, "nesting " RLENGTH ", at most " MOST_NESTING)
	}
	next
}

/^#/ || /^$/ { next }

# Outside functions: collect a declaration up to its semicolon.
{
	if (declaration == "")
		started = FNR
	declaration = declaration " " $0
	sub(/^ /, "", declaration)
	if (/;$/) {
		if (declaration !~ /\{/)
			check_parameters(declaration)
		if (declaration !~ /\{/ || /^\}/)
			declaration = ""
	}
}

END {
	end_file()
	if (functions && usual < 0.9 * functions) {
		printf "only %d of %d functions have at most %d lines, 90 %% should\n", usual, functions,
			USUAL_FUNCTION
		problems++
	}
	if (!problems)
		printf "style: fine (%d functions, %.0f %% of at most %d lines)\n", functions,
			100 * usual / functions, USUAL_FUNCTION
	exit problems > 0
}
