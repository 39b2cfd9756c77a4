# bash completion for whither
_whither() {
	local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command=trace words=""
	case "${COMP_WORDS[1]}" in
	trace|live|meet|stun|turn|serve|doctor|demo|router|whois|completion|man|help) ((COMP_CWORD > 1)) && command="${COMP_WORDS[1]}" ;;
	esac
	[[ "$previous" == = ]] && previous="${COMP_WORDS[COMP_CWORD-2]}"
	[[ "$current" == = ]] && previous="${COMP_WORDS[COMP_CWORD-1]}" && current=""
	case "$previous" in
	--method) COMPREPLY=($(compgen -W "udp udp-classic udp-port icmp tcp tcpconnect tcpinsession quic stun dns udplite dccp sctp raw" -- "$current")) ; return ;;
	--protocol) COMPREPLY=($(compgen -W "rdap whois" -- "$current")) ; return ;;
	--dns) COMPREPLY=() ; return ;;
	--options|-O) COMPREPLY=($(compgen -W "help fin syn rst psh ack urg ece cwr ae flags= ecn acc-ecn sysctl mss= window= no-extra-ping info ecmp= v2 version= alpn= sni= username= password= fingerprint software= network-status draft retransmit= domain= type= norecurse coverage= service= protocol=" -- "$current")) ; return ;;
	--port) COMPREPLY=() ; return ;;
	--first|-f) COMPREPLY=() ; return ;;
	--max-hops|-m) COMPREPLY=() ; return ;;
	--source|-s) COMPREPLY=() ; return ;;
	--interface|-i) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2>/dev/null)" -- "$current")) ; return ;;
	--gateway|-g) COMPREPLY=() ; return ;;
	--fwmark) COMPREPLY=() ; return ;;
	--queries|-q) COMPREPLY=() ; return ;;
	--sim-queries|-N) COMPREPLY=() ; return ;;
	--tos|-Q) COMPREPLY=() ; return ;;
	--dscp) COMPREPLY=() ; return ;;
	--ecn) COMPREPLY=() ; return ;;
	--flowlabel|-l) COMPREPLY=() ; return ;;
	--sport) COMPREPLY=() ; return ;;
	--channel) COMPREPLY=($(compgen -W "errorQueue raw session" -- "$current")) ; return ;;
	--wait|-w) COMPREPLY=() ; return ;;
	--timeout|-Q) COMPREPLY=() ; return ;;
	--failures|-H) COMPREPLY=() ; return ;;
	--sendwait|-z) COMPREPLY=() ; return ;;
	--ping|-x) COMPREPLY=() ; return ;;
	--packet-loss-threshold) COMPREPLY=() ; return ;;
	--packet-loss-window-size) COMPREPLY=() ; return ;;
	--format) COMPREPLY=($(compgen -W "text csv json ndjson" -- "$current")) ; return ;;
	--color) COMPREPLY=($(compgen -W "auto always never" -- "$current")) ; return ;;
	--as-server) COMPREPLY=() ; return ;;
	--geoip-mmdb) COMPREPLY=() ; return ;;
	--as-names) COMPREPLY=($(compgen -W "dns" -- "$current")) ; return ;;
	--pcap) COMPREPLY=() ; return ;;
	--first-ttl|-f) COMPREPLY=() ; return ;;
	--max-ttl|-m) COMPREPLY=() ; return ;;
	--max-unknown|-U) COMPREPLY=() ; return ;;
	--address|-a) COMPREPLY=() ; return ;;
	--mark|-M) COMPREPLY=() ; return ;;
	--filename|-F) COMPREPLY=() ; return ;;
	--psize|-s) COMPREPLY=() ; return ;;
	--localport|-L) COMPREPLY=() ; return ;;
	--interval|-i) COMPREPLY=() ; return ;;
	--report-cycles|-c) COMPREPLY=() ; return ;;
	--order|-o) COMPREPLY=() ; return ;;
	--displaymode) COMPREPLY=() ; return ;;
	--ipinfo|-y) COMPREPLY=() ; return ;;
	--privacy) COMPREPLY=() ; return ;;
	--server) COMPREPLY=() ; return ;;
	--token) COMPREPLY=() ; return ;;
	--code) COMPREPLY=() ; return ;;
	--stun) COMPREPLY=() ; return ;;
	--turn) COMPREPLY=() ; return ;;
	--user) COMPREPLY=() ; return ;;
	--password) COMPREPLY=() ; return ;;
	--password-file) COMPREPLY=() ; return ;;
	--secret) COMPREPLY=() ; return ;;
	--secret-file) COMPREPLY=() ; return ;;
	--ca) COMPREPLY=() ; return ;;
	--policy) COMPREPLY=($(compgen -W "all relay" -- "$current")) ; return ;;
	--longest) COMPREPLY=() ; return ;;
	--transport) COMPREPLY=($(compgen -W "udp tcp tls" -- "$current")) ; return ;;
	--tls-port) COMPREPLY=() ; return ;;
	--count|-q) COMPREPLY=() ; return ;;
	--size) COMPREPLY=() ; return ;;
	--rate) COMPREPLY=() ; return ;;
	--duration) COMPREPLY=() ; return ;;
	--peer) COMPREPLY=() ; return ;;
	--listen) COMPREPLY=() ; return ;;
	--alternate) COMPREPLY=() ; return ;;
	--stun-port) COMPREPLY=() ; return ;;
	--alternate-port) COMPREPLY=() ; return ;;
	--cert) COMPREPLY=() ; return ;;
	--key) COMPREPLY=() ; return ;;
	--code-lifetime) COMPREPLY=() ; return ;;
	--realm) COMPREPLY=() ; return ;;
	--users) COMPREPLY=() ; return ;;
	--relay-address) COMPREPLY=() ; return ;;
	--relay-ports) COMPREPLY=() ; return ;;
	--allow-peer) COMPREPLY=() ; return ;;
	--deny-peer) COMPREPLY=() ; return ;;
	--max-allocations) COMPREPLY=() ; return ;;
	--max-per-user) COMPREPLY=() ; return ;;
	--max-bandwidth) COMPREPLY=() ; return ;;
	--workers) COMPREPLY=() ; return ;;
	--drain) COMPREPLY=() ; return ;;
	--alternate-server) COMPREPLY=() ; return ;;
	--data) COMPREPLY=() ; return ;;
	--keep-days) COMPREPLY=() ; return ;;
	--keep-sessions) COMPREPLY=() ; return ;;
	--keep-size) COMPREPLY=() ; return ;;
	--queue) COMPREPLY=() ; return ;;
	--up) COMPREPLY=() ; return ;;
	--down) COMPREPLY=() ; return ;;
	--rdap) COMPREPLY=() ; return ;;
	--whois-server) COMPREPLY=() ; return ;;
	esac
	case "$command" in
	trace) words="--method -M --icmp -I --tcp -T --udp -U --udplite -UL --dccp -D --sctp --protocol -P --tcpinsession --quic --stun --dns --options -O --disable-extra-ping --port -p --ipv4 -4 --ipv6 -6 --first -f --max-hops -m --source -s --interface -i --gateway -g --bypass-routing -r --fwmark --queries -q --sim-queries -N --tos -t --dscp --ecn --flowlabel -l --dont-fragment -F --sport --mtu --loose-match --channel --wait -w --timeout -Q --failures -H --sendwait -z --ping -x --packet-loss-threshold --packet-loss-window-size --json --ndjson --format --extensions -e --numeric -n --back --explain --color --changes --summary --as-path-lookups -A --as-server --geoip-mmdb --as-names --pcap --strict --help -h" ;;
	live) words="--method --udp -u --icmp --tcp -T --sctp -S --quic --stun --options -O --port -P --ipv4 -4 --ipv6 -6 --first-ttl -f --max-ttl -m --max-unknown -U --address -a --interface -I --mark -M --filename -F --psize -s --tos -Q --dscp --localport -L --interval -i --report-cycles -c --timeout -Z --report -r --report-wide -w --json -j --csv -C --xml -x --raw -l --order -o --displaymode --no-dns -n --show-ips -b --mpls -e --aslookup -z --ipinfo -y --as-server --privacy --ascii --color --demo --help -h" ;;
	meet) words="--server --token --code --copy-paste --stun --turn --user --password --password-file --secret --secret-file --ca --ipv4 -4 --ipv6 -6 --policy --no-trace --wait -w --live --json --color --help -h" ;;
	stun) words="--ipv4 -4 --ipv6 -6 --tcp --tls --ca --source -s --classic --lifetime --longest --timeout -Q --json --color --help -h" ;;
	turn) words="--ipv4 -4 --ipv6 -6 --transport --tls-port --ca --source -s --user --password --password-file --secret --secret-file --count -q --size --rate --duration --peer --trace --wait -w --timeout -Q --json --color --help -h" ;;
	serve) words="--listen --alternate --stun-port --alternate-port --cert --key --tls-port --classic --port --token --insecure --code-lifetime --no-http --no-turn --realm --user --users --secret --relay-address --relay-ports --allow-peer --deny-peer --max-allocations --max-per-user --max-bandwidth --workers --drain --alternate-server --data --no-store --keep-days --keep-sessions --keep-size --help -h" ;;
	doctor) words="--json --color --help -h" ;;
	demo) words="--fast --realtime --meet --live --json --ndjson --format --extensions -e --numeric -n --back --explain --color --help -h" ;;
	router) words="--install --queue --interface -i --up --down --help -h" ;;
	whois) words="--protocol --rdap --whois-server --allow-private --ca --timeout -Q --no-cache --json --raw --color --help -h" ;;
	completion) words="--help -h bash zsh fish" ;;
	man) words="--help -h" ;;
	help) words="--help -h trace live meet stun turn serve router whois doctor demo completion man" ;;
	esac
	((COMP_CWORD == 1)) && words="$words trace live meet stun turn serve doctor demo router whois completion man help"
	COMPREPLY=($(compgen -W "$words" -- "$current"))
	if [[ "$command" == trace && "$current" != -* ]]; then
		COMPREPLY+=($(compgen -A hostname -- "$current"))
	fi
}
complete -F _whither whither
