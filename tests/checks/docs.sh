#!/bin/bash
# Checks that the man pages agree with the tables that the programs are made of:
#
# - every key of include/core/conf/confkey.def is an item `key = ...` of
#   pxrelay.conf(5); every such item, and every line `key = value` of an example in a
#   man page, is an existing key;
# - conf/examples/full.conf sets every key in every section that has it;
# - every word of include/proto/drop.def, counter.def, finding.def,
#   include/core/server/diag.def and include/io/syscall.def is an item of some man page, and in
#   a section with DROP, COUNTER, FINDINGS, DIAGNOS or SYSTEM CALLS in its title there
#   is no item that is not such a word;
# - man/pxrelay-explain.7 is what tests/checks/mkexplain.sh makes of explain.def;
# - relay/README.md names every file of relay/, or its family (`import' for import_plan.c);
# - mdoc(7) swallows no quotation mark of an example.
#
# An item is the tag of a .TP or .It, or the first field of a row of a table
# between .TS and .TE. ROOT is for tests/checks/docs-test.sh.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/tally.sh"
cd "${ROOT:-$here/../..}" || exit 1
export LC_ALL=C

keys=include/core/conf/confkey.def
conf5=man/pxrelay.conf.5

# rows MACRO FILE: prints the first string of every row.
rows() {
	sed -n "s/^$1([^\"]*\"\\([^\"]*\\)\".*/\\1/p" "$2" | sort -u
}

# items FILE...: prints "SECTION<tab>ITEM" for each item, without markup.
items() {
	sed -e 's/\\-/-/g' -e 's/\\(hy/-/g' -e 's/\\&//g' -e 's/\\e/\\/g' \
		-e 's/\\f[BIRP]//g' -e 's/\\f(..//g' -e 's/\\f\[[A-Z]*\]//g' \
		-e 's/\\ / /g' "$@" | awk '
	function plain(s) {
		sub(/^[.'\''](B|I|BI|BR|RB|IR|IB|RI|It|Cm|Va|Ic|Sy|Li|Ql|Dv) +/, "", s)
		sub(/^(Cm|Va|Ic|Sy|Li|Ql|Dv|Ar) +/, "", s)
		gsub(/"/, "", s)
		gsub(/ +/, " ", s)
		return s
	}
	/^\.S[Hh] /		{ section = toupper(plain(substr($0, 5))) }
	/^\.TS/			{ table = 1; tp = 0; next }
	/^\.TE/			{ table = 0; next }
	/^\.\\"/		{ next }
	/^\.(TP|TQ)( |$)/	{ tp = 1; next }
	tp || /^\.It /		{ print section "\t" plain($0); tp = 0; next }
	table && /\t/		{ split($0, f, "\t"); print section "\t" plain(f[1]) }
	'
}

# Prints the keys of items such as "max-hops = NUMBER" or "dhcp, boot = GROUP".
item_keys() {
	items "$@" | cut -f2 | sed -n 's/^\([a-z0-9][a-z0-9, -]*[a-z0-9]\) *=.*/\1/p' |
		tr -s ', ' '\n' | sort -u
}

# Prints the keys of lines that a page shows as they would be in the file.
example_keys() {
	sed -e 's/\\-/-/g' -e 's/\\&//g' -e 's/\\f[BIRP]//g' "$@" |
		sed -n 's/^[[:space:]]*\([a-z0-9][a-z0-9-]*\) = .*/\1/p' | sort -u
}

# Prints the first word of each item.
item_words() {
	items "$@" | cut -f2 | sed 's/[ =].*//' | sort -u
}

# Prints "SECTION KEY" for each key of a configuration file, without the sections' names.
file_keys() {
	awk '
	/^\[/			{ sub(/^\[/, ""); sub(/[ \]].*/, ""); section = $0; next }
	/^[a-z0-9-]+ *=/	{ sub(/ *=.*/, ""); print section, $0 }
	' "$1" | sort -u
}

# within WHAT ALL-FILE PART-FILE MESSAGE: every line of PART-FILE is in ALL-FILE.
within() {
	local bad

	bad=$(comm -13 "$2" "$3" | tr '\n' ' ')
	if [ -z "$bad" ]; then
		pass "docs: $1"
	else
		fail "docs: $1" "$4: $bad"
	fi
}

check_full() {
	sed -n 's/^KEY(\([a-z]*\),[^"]*"\([^"]*\)".*/\1 \2/p' $keys | sort -u > "$T/keys"
	file_keys conf/examples/full.conf > "$T/items"
	within "conf/examples/full.conf has every key" "$T/items" "$T/keys" "not there"
}

check_keys() {
	rows KEY $keys > "$T/keys"
	if [ ! -s "$T/keys" ]; then
		fail "docs: keys" "no KEY(section, \"name\", ...) in $keys"
		return
	fi
	item_keys $conf5 > "$T/items"
	example_keys man/*.[1-9] > "$T/examples"
	within "every key is in $conf5" "$T/items" "$T/keys" \
		"no item \`key = ...' for"
	within "$conf5 has no other key" "$T/keys" "$T/items" \
		"not in $keys"
	within "examples in man/ have no other key" "$T/keys" "$T/examples" \
		"not in $keys"
}

# check_words MACRO FILE SECTION
check_words() {
	rows "$1" "$2" > "$T/words"
	if [ ! -s "$T/words" ]; then
		fail "docs: $2" "has no rows $1(ID, \"word\", \"sentence\")"
		return
	fi
	item_words man/*.[1-9] > "$T/items"
	within "every word of $2 is in man/" "$T/items" "$T/words" \
		"no item for"
	items man/*.[1-9] | awk -F'\t' -v s="$3" 'index($1, s) { print $2 }' |
		sed 's/[ =].*//' | sort -u > "$T/items"
	within "$3 sections in man/ have no other word" "$T/words" "$T/items" \
		"not in $2"
}

check_explain() {
	local table=include/core/story/explain.def page=man/pxrelay-explain.7

	if [ ! -e $table ]; then
		fail "docs: $page" "there is no $table"
	elif "$here/mkexplain.sh" $table | cmp - $page; then
		pass "docs: $page is made from $table"
	else
		fail "docs: $page" "not what tests/checks/mkexplain.sh makes of $table"
	fi
}

# mdoc(7) removes a " that begins an argument, so commands in examples use \(dq. Also,
# once Ql has seen a plain word, it takes the rest of the line as part of the literal.
check_mdoc() {
	local at

	at=$(grep -nE -e '^\.D[l1] .*"' -e '^\..* No [a-z]+ (Ql|Li) ' man/*.[1-9])
	if [ -z "$at" ]; then
		pass "docs: the man pages show their quotation marks"
	else
		fail "docs: quotation marks" "$at"
	fi
}

check_readme() {
	local readme=relay/README.md file name words missing=""

	words=" $(grep -o '`[a-z0-9_]*`' $readme | tr -d '`' | tr '\n' ' ')"
	for file in $(find relay -name '*.c' | sort); do
		name=${file##*/}
		name=${name%.c}
		[[ $words == *" $name "* || $words == *" ${name%%_*} "* ]] || missing+=" $file"
	done
	if [ -z "$missing" ]; then
		pass "docs: $readme names every file of relay/"
	else
		fail "docs: $readme" "does not name$missing"
	fi
}

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

[ ! -e $keys ] || check_full
if ! ls man/*.[1-9] >/dev/null 2>&1; then
	skip "docs" "there are no man pages yet"
elif [ ! -e $conf5 ]; then
	fail "docs: keys" "there is no $conf5"
elif [ ! -e $keys ]; then
	fail "docs: keys" "there is no $keys"
else
	check_keys
	check_words DROP include/proto/drop.def DROP
	check_words COUNTER include/proto/counter.def COUNTER
	check_words DIAG include/core/server/diag.def DIAGNOS
	check_words CALL include/io/syscall.def "SYSTEM CALLS"
	check_words FINDING include/proto/finding.def FINDINGS
	check_explain
	check_mdoc
fi
check_readme
tally
