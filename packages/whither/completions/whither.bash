# bash completion for whither
_whither() {
	local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command=trace words=""
	case "${COMP_WORDS[1]}" in
	trace|live|meet|stun|turn|serve|check|show|doctor|demo|router|whois|completion|man|help) ((COMP_CWORD > 1)) && command="${COMP_WORDS[1]}" ;;
	esac
	[[ "$previous" == = ]] && previous="${COMP_WORDS[COMP_CWORD-2]}"
	[[ "$current" == = ]] && previous="${COMP_WORDS[COMP_CWORD-1]}" && current=""
	case "$command $previous" in
	"trace --method"|"trace -M"|"live --method") COMPREPLY=($(compgen -W "udp udp-classic udp-port icmp tcp tcpconnect tcpinsession quic stun dns udplite dccp sctp raw" -- "$current")) ; return ;;
	"trace --protocol"|"trace -P"|"trace --dns"|"trace --port"|"trace -p"|"trace --first"|"trace -f"|"trace --max-hops"|"trace -m"|"trace --source"|"trace -s"|"trace --gateway"|"trace -g"|"trace --fwmark"|"trace --queries"|"trace -q"|"trace --sim-queries"|"trace -N"|"trace --tos"|"trace -t"|"trace --dscp"|"trace --ecn"|"trace --flowlabel"|"trace -l"|"trace --sport"|"trace --wait"|"trace -w"|"trace --timeout"|"trace -Q"|"trace --failures"|"trace -H"|"trace --sendwait"|"trace -z"|"trace --ping"|"trace -x"|"trace --packet-loss-threshold"|"trace --packet-loss-window-size"|"trace --as-server"|"trace --geoip-mmdb"|"trace --ixp"|"trace --pcap"|"live --port"|"live -P"|"live --first-ttl"|"live -f"|"live --max-ttl"|"live -m"|"live --max-unknown"|"live -U"|"live --address"|"live -a"|"live --mark"|"live -M"|"live --filename"|"live -F"|"live --psize"|"live -s"|"live --tos"|"live -Q"|"live --dscp"|"live --localport"|"live -L"|"live --interval"|"live -i"|"live --report-cycles"|"live -c"|"live --timeout"|"live -Z"|"live --order"|"live -o"|"live --displaymode"|"live --ipinfo"|"live -y"|"live --as-server"|"live --geoip-mmdb"|"live --ixp"|"live --privacy"|"meet --server"|"meet --token"|"meet --code"|"meet --sip"|"meet --call"|"meet --sip-proxy"|"meet --sip-port"|"meet --sip-user"|"meet --sip-password-file"|"meet --stun"|"meet --turn"|"meet --user"|"meet --password"|"meet --password-file"|"meet --secret"|"meet --secret-file"|"meet --ca"|"meet --wait"|"meet -w"|"stun --ca"|"stun --source"|"stun -s"|"stun --longest"|"stun --timeout"|"stun -Q"|"turn --tls-port"|"turn --ca"|"turn --source"|"turn -s"|"turn --user"|"turn --password"|"turn --password-file"|"turn --secret"|"turn --secret-file"|"turn --count"|"turn -q"|"turn --size"|"turn --rate"|"turn --duration"|"turn --peer"|"turn --wait"|"turn -w"|"turn --timeout"|"turn -Q"|"serve --listen"|"serve --alternate"|"serve --stun-port"|"serve --alternate-port"|"serve --cert"|"serve --key"|"serve --tls-port"|"serve --port"|"serve --token"|"serve --code-lifetime"|"serve --realm"|"serve --user"|"serve --users"|"serve --secret"|"serve --relay-address"|"serve --early-relay-port"|"serve --relay-ports"|"serve --allow-peer"|"serve --deny-peer"|"serve --max-allocations"|"serve --max-per-user"|"serve --max-bandwidth"|"serve --workers"|"serve --drain"|"serve --alternate-server"|"serve --allow-target"|"serve --deny-target"|"serve --client-rate"|"serve --probe-rate"|"serve --client-sessions"|"serve --max-sessions"|"serve --geoip-mmdb"|"serve --ixp"|"serve --audit"|"serve --data"|"serve --keep-days"|"serve --keep-sessions"|"serve --keep-size"|"check --jobs"|"check --timeout"|"check -Q"|"check --junit"|"show --output"|"router --queue"|"router --up"|"router --down"|"whois --rdap"|"whois --whois-server"|"whois --ca"|"whois --timeout"|"whois -Q") COMPREPLY=() ; return ;;
	"trace --options"|"trace -O"|"live --options"|"live -O") COMPREPLY=($(compgen -W "help fin syn rst psh ack urg ece cwr ae flags= ecn acc-ecn sysctl mss= window= no-extra-ping info ecmp= v2 version= alpn= sni= username= password= fingerprint software= network-status draft retransmit= domain= type= norecurse coverage= service= protocol=" -- "$current")) ; return ;;
	"trace --interface"|"trace -i"|"live --interface"|"live -I"|"router --interface"|"router -i") COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2>/dev/null)" -- "$current")) ; return ;;
	"trace --channel") COMPREPLY=($(compgen -W "errorQueue raw session" -- "$current")) ; return ;;
	"trace --format"|"demo --format") COMPREPLY=($(compgen -W "text json ndjson csv markdown dot mermaid svg atlas scamper mtr mtr-csv mtr-xml mtr-raw mtr-report mtr-wide prometheus html" -- "$current")) ; return ;;
	"trace --color"|"live --color"|"meet --color"|"stun --color"|"turn --color"|"check --color"|"show --color"|"doctor --color"|"demo --color"|"whois --color") COMPREPLY=($(compgen -W "auto always never" -- "$current")) ; return ;;
	"trace --as-names"|"live --as-names"|"serve --as-names") COMPREPLY=($(compgen -W "dns" -- "$current")) ; return ;;
	"meet --ice") COMPREPLY=($(compgen -W "modern trickle first-draft" -- "$current")) ; return ;;
	"meet --sip-transport"|"turn --transport") COMPREPLY=($(compgen -W "udp tcp tls" -- "$current")) ; return ;;
	"meet --policy") COMPREPLY=($(compgen -W "all relay" -- "$current")) ; return ;;
	"show --format") COMPREPLY=($(compgen -W "text json ndjson csv markdown dot mermaid svg html atlas scamper mtr mtr-csv mtr-xml mtr-raw mtr-report mtr-wide prometheus" -- "$current")) ; return ;;
	"whois --protocol") COMPREPLY=($(compgen -W "rdap whois" -- "$current")) ; return ;;
	esac
	case "$command" in
	trace) words="--method -M --icmp -I --tcp -T --udp -U --udplite -UL --dccp -D --sctp --protocol -P --tcpinsession --quic --stun --dns --options -O --disable-extra-ping --port -p --ipv4 -4 --ipv6 -6 --first -f --max-hops -m --source -s --interface -i --gateway -g --bypass-routing -r --fwmark --queries -q --sim-queries -N --tos -t --dscp --ecn --flowlabel -l --dont-fragment -F --sport --mtu --loose-match --channel --wait -w --timeout -Q --failures -H --sendwait -z --ping -x --packet-loss-threshold --packet-loss-window-size --json --ndjson --format --extensions -e --numeric -n --back --explain --color --changes --summary --as-path-lookups -A --as-server --geoip-mmdb --ixp --as-names --pcap --strict --help -h" ;;
	live) words="--method --udp -u --icmp --tcp -T --sctp -S --quic --stun --options -O --port -P --ipv4 -4 --ipv6 -6 --first-ttl -f --max-ttl -m --max-unknown -U --address -a --interface -I --mark -M --filename -F --psize -s --tos -Q --dscp --localport -L --interval -i --report-cycles -c --timeout -Z --report -r --report-wide -w --json -j --csv -C --xml -x --raw -l --order -o --displaymode --no-dns -n --show-ips -b --mpls -e --aslookup -z --ipinfo -y --as-server --geoip-mmdb --ixp --as-names --privacy --ascii --color --demo --help -h" ;;
	meet) words="--server --token --code --copy-paste --sip --call --ice --precondition --sip-proxy --sip-transport --sip-port --sip-user --sip-password-file --no-register --stun --turn --user --password --password-file --secret --secret-file --ca --ipv4 -4 --ipv6 -6 --policy --no-trace --wait -w --live --json --color --help -h" ;;
	stun) words="--ipv4 -4 --ipv6 -6 --tcp --tls --ca --source -s --classic --lifetime --longest --timeout -Q --json --color --help -h" ;;
	turn) words="--ipv4 -4 --ipv6 -6 --transport --tls-port --ca --source -s --user --password --password-file --secret --secret-file --count -q --size --rate --duration --peer --trace --wait -w --timeout -Q --json --color --help -h" ;;
	serve) words="--listen --alternate --stun-port --alternate-port --cert --key --tls-port --classic --port --token --insecure --code-lifetime --no-http --no-turn --realm --user --users --secret --relay-address --early-relay-port --relay-ports --allow-peer --deny-peer --max-allocations --max-per-user --max-bandwidth --workers --drain --alternate-server --allow-target --deny-target --client-rate --probe-rate --client-sessions --max-sessions --whois --origins --geoip-mmdb --ixp --as-names --audit --data --no-store --keep-days --keep-sessions --keep-size --help -h" ;;
	check) words="--jobs --timeout -Q --baseline-write --json --junit --github --color --help -h" ;;
	show) words="--json --format --output --live --explain --numeric -n --extensions -e --changes --back --color --help -h" ;;
	doctor) words="--json --color --help -h" ;;
	demo) words="--fast --realtime --meet --live --json --ndjson --format --extensions -e --numeric -n --back --explain --color --help -h" ;;
	router) words="--install --queue --interface -i --up --down --help -h" ;;
	whois) words="--protocol --rdap --whois-server --allow-private --ca --timeout -Q --no-cache --json --raw --color --help -h" ;;
	completion) words="--install --help -h bash zsh fish" ;;
	man) words="--help -h" ;;
	help) words="--help -h trace live meet stun turn serve check show doctor demo router whois completion man" ;;
	esac
	((COMP_CWORD == 1)) && words="$words trace live meet stun turn serve check show doctor demo router whois completion man help"
	COMPREPLY=($(compgen -W "$words" -- "$current"))
	if [[ "$command" =~ ^(trace|live|stun|turn|whois)$ && "$current" != -* ]]; then
		COMPREPLY+=($(compgen -A hostname -- "$current"))
	fi
}
complete -F _whither whither
