/** Words for failed system calls: one sentence that says what is wrong and what to do about it. */
import { findMethod, type SystemError } from "@whither/core";

type Sentence = (error: SystemError, method: string | null) => string;

/** Methods that ordinary sockets can do. */
const WITHOUT_PRIVILEGE = "udp, icmp, tcpconnect, quic and dns work without it (--method)";

/** What each method needs when the kernel says no, and what needs nothing. */
const PRIVILEGES: Readonly<Record<string, string>> = {
	tcp: "TCP SYN probes need CAP_NET_RAW; `--method tcpconnect` needs none",
	tcpinsession: `Probes inside a TCP connection need CAP_NET_RAW; ${WITHOUT_PRIVILEGE}`,
	udplite: `UDP-Lite probes need CAP_NET_RAW where the kernel does not speak UDP-Lite; ${WITHOUT_PRIVILEGE}`,
	dccp: `DCCP probes need CAP_NET_RAW; ${WITHOUT_PRIVILEGE}`,
	sctp: `SCTP probes need CAP_NET_RAW; ${WITHOUT_PRIVILEGE}`,
	raw: `Probes of a bare IP protocol need CAP_NET_RAW; ${WITHOUT_PRIVILEGE}`,
	icmp: "ICMP probes need CAP_NET_RAW, or a group inside net.ipv4.ping_group_range; `--method udp` needs neither",
};

/** capabilities(7): SO_MARK above CAP_NET_RAW's reach before Linux 5.17, SO_BINDTODEVICE before 5.7. */
const CALL_PRIVILEGES: Readonly<Record<string, string>> = {
	SO_MARK: "--fwmark needs CAP_NET_ADMIN (or CAP_NET_RAW since Linux 5.17); run as root or leave it out",
	SO_BINDTODEVICE: "--interface needs CAP_NET_RAW on this kernel; choose the address with --source instead",
};

/** What everybody elsewhere is told. */
export const LINUX_ONLY =
	"Tracing needs Linux (its socket error queue and raw sockets); `whither demo` and the simulated internet work here";

const SENTENCES: Readonly<Record<SystemError["code"], Sentence>> = {
	noRoute: (error) => `There is no route to ${place(error)}; \`ip route\` shows the routes this machine has`,
	networkDown: (error) =>
		`The network towards ${place(error)} is down; bring the interface up or choose another with -i`,
	addressNotAvailable: (error) =>
		`${subject(error, "The source address")} cannot be used on this machine; \`ip address\` lists those that can`,
	noSuchDevice: (error) => `${subject(error, "The interface")} does not exist; \`ip link\` lists the interfaces`,
	permissionDenied: permissionSentence,
	prohibited: (error) => `Routing forbids ${place(error)} (a \`prohibit\` route), or it is a broadcast address`,
	filteredLocally: (error) =>
		`A firewall on this machine drops the probes to ${place(error)}; look at \`nft list ruleset\`, chain output`,
	messageTooLong: (error) =>
		`The probe is longer than the way to ${place(error)} takes in one piece; ask for a smaller LENGTH or leave out -F`,
	noBuffers: () => "The kernel has no buffers left for probes; send more slowly with --sendwait or --sim-queries",
	tooManyFiles: () => "This process may not open that many sockets; raise `ulimit -n` or lower --sim-queries",
	unsupportedProtocol: () =>
		"This kernel does not speak that protocol (is IPv6 switched off?); try -4 or another --method",
	unsupportedPlatform: () => LINUX_ONLY,
	systemCall: (error) => `The system refused ${place(error)} without a cause we know`,
};

/** The sentence for a failed system call, ended by the call and the errno and without a full stop. */
export function systemErrorSentence(error: SystemError, method: string | null): string {
	const sentence = SENTENCES[error.code](error, method);
	return error.errnoName === "" ? sentence : `${sentence} (${error.call}: ${error.errnoName})`;
}

function permissionSentence(error: SystemError, method: string | null): string {
	for (const [call, words] of Object.entries(CALL_PRIVILEGES)) if (error.call.includes(call)) return words;
	const ordinary = findMethod(method ?? "")?.channels.some((need) => need.kind === "errorQueue") ?? false;
	if (ordinary && PRIVILEGES[method ?? ""] === undefined)
		return `Raw sockets need CAP_NET_RAW; ${method} needs none without --channel raw and --loose-match`;
	return PRIVILEGES[method ?? ""] ?? `That needs CAP_NET_RAW; ${WITHOUT_PRIVILEGE}`;
}

function place(error: SystemError): string {
	return error.address ?? "the target";
}

function subject(error: SystemError, words: string): string {
	return error.address === null ? words : `${words} ${error.address}`;
}
