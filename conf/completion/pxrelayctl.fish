# fish completion for pxrelayctl; the names are from relay/ctl/main.c, those of servers and
# machines from the daemon. tests/checks/ctl.sh compares them.

function __pxrelayctl_names
	pxrelayctl -t 1 show $argv 2>/dev/null | string match -rg '^(\S+)' | tail -n +2
end

complete -c pxrelayctl -f
complete -c pxrelayctl -n __fish_use_subcommand -a show -d 'overview, or a list'
complete -c pxrelayctl -n __fish_use_subcommand -a which -d 'which rule and servers a client would get'
complete -c pxrelayctl -n __fish_use_subcommand -a explain -d 'how the last boot of a machine went'
complete -c pxrelayctl -n __fish_use_subcommand -a report -d 'the same as an HTML file'
complete -c pxrelayctl -n __fish_use_subcommand -a doctor -d 'test network boot'
complete -c pxrelayctl -n __fish_use_subcommand -a watch -d 'boots as they happen'
complete -c pxrelayctl -n __fish_use_subcommand -a capture -d 'both legs as pcapng'
complete -c pxrelayctl -n __fish_use_subcommand -a drain -d 'send a server no new clients'
complete -c pxrelayctl -n __fish_use_subcommand -a enable -d 'use a drained server again'
complete -c pxrelayctl -n __fish_use_subcommand -a import -d 'convert the file of another relay'
complete -c pxrelayctl -n __fish_use_subcommand -a reload -d 'read the configuration again'
complete -c pxrelayctl -n __fish_use_subcommand -a version -d 'version of the daemon'

complete -c pxrelayctl -n '__fish_seen_subcommand_from show' \
	-a 'interfaces servers rules clients boots config counters drops'
complete -c pxrelayctl -n '__fish_seen_subcommand_from drain enable' -a '(__pxrelayctl_names servers)'
complete -c pxrelayctl -n '__fish_seen_subcommand_from doctor' -a '(__pxrelayctl_names interfaces)'
complete -c pxrelayctl -n '__fish_seen_subcommand_from explain report' -F \
	-a '(__pxrelayctl_names clients)'
complete -c pxrelayctl -n '__fish_seen_subcommand_from import' -F -a 'dhcrelay dnsmasq ios'

complete -c pxrelayctl -s s -l socket -rF -d 'socket of the daemon'
complete -c pxrelayctl -s t -l timeout -x -d 'time to wait'
complete -c pxrelayctl -l json -d 'print the JSON document'
complete -c pxrelayctl -s h -l help -d help
complete -c pxrelayctl -s V -l version -d 'version of pxrelayctl'
complete -c pxrelayctl -s o -rF -d 'file of the report'
complete -c pxrelayctl -s w -rF -d 'file of the capture'
complete -c pxrelayctl -s C -x -d 'size of a file of the capture'
complete -c pxrelayctl -s W -x -d 'files of the capture that are kept'
complete -c pxrelayctl -s c -x -d 'packets to capture'
complete -c pxrelayctl -l mac -x -a '(__pxrelayctl_names clients)' -d 'only this machine'
complete -c pxrelayctl -l interface -x -a '(__pxrelayctl_names interfaces)' -d 'only this client interface'
complete -c pxrelayctl -l server -x -a '(__pxrelayctl_names servers)' -d 'only this server'
complete -c pxrelayctl -l failed -d 'only what is in trouble'
complete -c pxrelayctl -l since -x -d 'only clients heard since'
complete -c pxrelayctl -l arch -x -d 'architecture of the client'
complete -c pxrelayctl -l user-class -x -d 'user class of the client'
complete -c pxrelayctl -l vendor-class -x -d 'vendor class of the client'
complete -c pxrelayctl -l message -x -a 'discover request inform solicit' -d 'type of the message'
