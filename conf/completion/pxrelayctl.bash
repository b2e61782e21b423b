# bash completion for pxrelayctl
#
# Options and commands are those of relay/ctl/main.c; tests/checks/ctl.sh compares them.

_pxrelayctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local i words='' options='-s --socket -t --timeout --json -h --help -V --version -o
		-w -C -W -c --mac --interface --server --arch --user-class --vendor-class
		--message --failed --since'

	COMPREPLY=()
	case $prev in
	-s | --socket | -w | -o)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--interface)
		mapfile -t COMPREPLY < <(compgen -W "$(command -p ls /sys/class/net)" -- "$cur")
		return
		;;
	--message)
		mapfile -t COMPREPLY < <(compgen -W 'discover request inform solicit' -- "$cur")
		return
		;;
	-t | --timeout | -C | -W | -c | --mac | --server | --arch | --user-class | \
		--vendor-class | --since)
		return
		;;
	esac
	# The words of the command so far, without options and their values.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket | -t | --timeout | -o | -w | -C | -W | -c | --mac | \
			--interface | --server | --arch | --user-class | \
			--vendor-class | --message | --since) i=$((i + 1)) ;;
		-*) ;;
		*) words="$words ${COMP_WORDS[i]}" ;;
		esac
	done
	case $words in
	'') words='show which explain report doctor watch capture drain enable import reload version' ;;
	' doctor') words=$(command -p ls /sys/class/net 2>/dev/null) ;;
	' show') words='interfaces servers rules clients boots config counters drops' ;;
	' import') words='dhcrelay dnsmasq ios' ;;
	' explain'* | ' report'*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		[[ $cur == -* ]] || return
		words=''
		;;
	' import '*' '*) words='' ;;
	' import '*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*) words='' ;;
	esac
	[[ $cur != -* ]] || words=$options
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _pxrelayctl pxrelayctl
