#!/bin/bash
# Shows the pages of `pxrelayctl report` in a browser, as narrow as a telephone and wide, light
# and dark: no text may be clipped, overlap, be small or have little contrast
# (tests/checks/report.py measures). The screenshots are in build/log/browser.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tally.sh

ctl=${PXRELAYCTL:-build/asan/pxrelayctl}
data=tests/data
shots=build/log/browser
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export LC_ALL=C TZ=UTC HOME=$T

if ! command -v chromium >/dev/null; then
	skip "browser" "chromium is not installed: sudo make deps-browser"
	tally
	exit
fi

# browse WIDTH SCHEME OPTION...: preferredColorScheme is 0 for dark, 1 for light
browse() {
	timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--user-data-dir="$T/profile" --blink-settings=preferredColorScheme="$2" \
		--window-size=$(($1 + 140)),2000 "${@:3}" "file://$T/page.html" 2>"$T/err"
}

# show NAME WIDTH DARK
show() {
	local scheme=1 wrong

	[ "$3" = false ] || scheme=0
	/usr/bin/python3 tests/checks/report.py measured "$T/$1.html" "$2" "$3" >"$T/page.html"
	browse "$2" $scheme --screenshot="$shots/$1-$2-$3.png"
	wrong=$(browse "$2" $scheme --dump-dom |
		sed -n 's/.*<body[^>]* data-wrong="\([^"]*\)".*/-\1/p')
	if [ "$wrong" = - ]; then
		pass "browser: $1, $2 pixels, dark: $3"
	else
		fail "browser: $1, $2 pixels, dark: $3" "${wrong:-the page was not measured}"
	fi
}

mkdir -p $shots
/usr/bin/python3 tests/checks/report.py hostile "$T/hostile.pcap"
"$ctl" report "$T/hostile.pcap" -o "$T/hostile.html"
"$ctl" report $data/boot-chain-client.pcap $data/boot-chain-server.pcap -o "$T/chain.html"
for width in 360 1000; do
	for dark in false true; do
		show hostile $width $dark
		show chain $width $dark
	done
done
# The measurement must be able to fail.
sed -i 's/--dim:#555/--dim:#bbb/; s/max-width:34rem/margin-left:-4rem/' "$T/chain.html"
out=$(show chain 360 false)
case $out in
*contrast*clipped* | *clipped*contrast*) pass "browser: a bad page is found" ;;
*) fail "browser: a bad page is found" "$out" ;;
esac
tally
