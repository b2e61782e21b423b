# bash completion for pxrelayctl
#
# Options and commands are those of relay/ctl/main.c, which tests/checks/ctl.sh compares; names
# of servers, interfaces and machines are the daemon's.

# _pxrelayctl_names LIST: the first column. Long cells continue on lines that begin blank.
_pxrelayctl_names()
{
	command pxrelayctl -t 1 show "$1" 2>/dev/null | command sed -n '2,$s/^\([^ ]\{1,\}\).*/\1/p'
}

# Of a word with colons, readline replaces what comes after the last one.
_pxrelayctl_macs()
{
	mapfile -t COMPREPLY < <(compgen -W "$(_pxrelayctl_names clients)" -- "$cur")
	COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
}

_pxrelayctl()
{
	local cur prev i word typed=() words=''
	local options='-s --socket -t --timeout --json -h --help -V --version -o -w -C -W -c
		--mac --interface --server --arch --user-class --vendor-class --message
		--failed --since'

	# Readline breaks a MAC at its colons; here it is one word.
	for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
		if [[ $word == :* || ${typed[*]: -1} == *: ]]; then
			typed[-1]+=$word
		else
			typed+=("$word")
		fi
	done
	cur=${typed[-1]} prev=${typed[-2]}
	COMPREPLY=()
	case $prev in
	-s | --socket | -w | -o)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--interface)
		mapfile -t COMPREPLY < <(compgen -W "$(_pxrelayctl_names interfaces)" -- "$cur")
		return
		;;
	--server)
		mapfile -t COMPREPLY < <(compgen -W "$(_pxrelayctl_names servers)" -- "$cur")
		return
		;;
	--message)
		mapfile -t COMPREPLY < <(compgen -W 'discover request inform solicit' -- "$cur")
		return
		;;
	--mac)
		_pxrelayctl_macs
		return
		;;
	-t | --timeout | -C | -W | -c | --arch | --user-class | \
		--vendor-class | --since)
		return
		;;
	esac
	# The words of the command so far, without options and their values.
	for ((i = 1; i < ${#typed[@]} - 1; i++)); do
		case ${typed[i]} in
		-s | --socket | -t | --timeout | -o | -w | -C | -W | -c | --mac | \
			--interface | --server | --arch | --user-class | \
			--vendor-class | --message | --since) i=$((i + 1)) ;;
		-*) ;;
		*) words="$words ${typed[i]}" ;;
		esac
	done
	case $words in
	'') words='show which explain report doctor watch capture drain enable import reload version' ;;
	' doctor') words=$(_pxrelayctl_names interfaces) ;;
	' drain' | ' enable') words=$(_pxrelayctl_names servers) ;;
	' show') words='interfaces servers rules clients boots config counters drops' ;;
	' import') words='dhcrelay dnsmasq ios' ;;
	' explain'* | ' report'*)
		compopt -o filenames 2>/dev/null
		_pxrelayctl_macs
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
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
