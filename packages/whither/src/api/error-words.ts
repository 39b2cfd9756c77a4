/** Words for failed system calls: one sentence that says what is wrong and what to do about it. */
import { checkMethodOptions, findMethod, type SystemError, TRACE_METHODS, type TraceOptions } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";
import { isMadeByKernel, isOrdinary, isPortable } from "./method-facts.ts";

/** What was asked for, as far as it decides what would do instead. */
export type Asked = Pick<TraceOptions, "method"> &
	Partial<Pick<TraceOptions, "pathMtu" | "looseMatch" | "methodOptions" | "gateways">>;

type Sentence = (error: SystemError, asked: Asked | null) => string;

/** Methods that ordinary sockets can do on every kernel: newer ones do not speak UDP-Lite. */
const WITHOUT_PRIVILEGE = TRACE_METHODS.filter(isOrdinary).filter(
	({ channels }) => !channels.some((need) => need.protocol === IP_PROTOCOL.udpLite),
);

/** Words of their own for methods whose privilege has another way round it. */
const PRIVILEGES: Readonly<Record<string, (asked: Asked) => string>> = {
	tcp: (asked) =>
		`TCP SYN probes need CAP_NET_RAW; ${suitsTcpConnect(asked) ? "`--method tcpconnect` needs none" : wayRound(asked)}`,
	udplite: (asked) => `UDP-Lite probes need CAP_NET_RAW where the kernel does not speak UDP-Lite; ${wayRound(asked)}`,
	icmp: () => "ICMP probes need CAP_NET_RAW, or a group inside net.ipv4.ping_group_range; `--method udp` needs neither",
};

/** Of any method: Linux lets nobody else set IP options. */
const SOURCE_ROUTE = "Source routes over IPv4 (-g) need CAP_NET_RAW; run as root or leave -g out";

/**
 * capabilities(7): SO_MARK above CAP_NET_RAW's reach before Linux 5.17, SO_BINDTODEVICE before 5.7; bind(2) refuses
 * ports alone.
 */
const CALL_PRIVILEGES: Readonly<Record<string, string>> = {
	SO_MARK: "--fwmark needs CAP_NET_ADMIN (or CAP_NET_RAW since Linux 5.17); run as root or leave it out",
	SO_BINDTODEVICE: "--interface needs CAP_NET_RAW on this kernel; choose the address with --source instead",
	IP_OPTIONS: SOURCE_ROUTE,
	bind: "Source ports below 1024 (--sport) need CAP_NET_BIND_SERVICE, or a lower net.ipv4.ip_unprivileged_port_start",
};

/** Where the kernel's calls cannot be had, and somebody insists on them. */
const LINUX_ONLY =
	"That needs Linux (its socket error queue and raw sockets); `whither demo` and the simulated internet work anywhere";

/** Methods whose target can be measured by Node's own sockets. */
const PORTABLE = TRACE_METHODS.filter(isPortable).map(({ name }) => name);

/** `call` names what Node's own sockets cannot do. */
function unsupportedSentence({ call }: SystemError, asked: Asked | null): string {
	const order = /^portable (.+)$/.exec(call)?.[1];
	if (order === undefined) return LINUX_ONLY;
	const why = "needs the sockets of Linux, and these are Node's own";
	if (order !== "method") return `Option ${order} ${why}; leave it out`;
	const method = asked === null ? "That" : `Method ${asked.method}`;
	return `${method} ${why}; ${PORTABLE.slice(0, -1).join(", ")} and ${PORTABLE.at(-1)} measure the target by them`;
}

const SENTENCES: Readonly<Record<SystemError["code"], Sentence>> = {
	noRoute: (error) => `There is no route to ${place(error)}; \`ip route\` shows the routes this machine has`,
	networkDown: (error) =>
		`The network towards ${place(error)} is down; bring the interface up or choose another with -i`,
	addressNotAvailable: (error) =>
		error.call === "connect"
			? `This machine has no address to reach ${place(error)} from; \`ip address\` lists those that it has`
			: `${subject(error, "The source address")} cannot be used on this machine; \`ip address\` lists those that can`,
	noSuchDevice: (error) => `${subject(error, "The interface")} does not exist; \`ip link\` lists the interfaces`,
	permissionDenied: permissionSentence,
	prohibited: (error) => `Routing forbids ${place(error)} (a \`prohibit\` route), or it is a broadcast address`,
	filteredLocally: (error) =>
		`A firewall on this machine drops the probes to ${place(error)}; look at \`nft list ruleset\`, chain output`,
	messageTooLong: (error) =>
		`The probe is longer than the way to ${place(error)} takes in one piece; ask for a smaller LENGTH or leave out -F`,
	noBuffers: () => "The kernel has no buffers left for probes; send more slowly with --sendwait or --sim-queries",
	tooManyFiles: () => "This process may not open that many sockets; raise `ulimit -n` or lower --sim-queries",
	unsupportedProtocol: ({ call }) =>
		call.includes("IPV6_RTHDR")
			? "Ping sockets take no IPv6 source route (-g); raw sockets do, but need CAP_NET_RAW; `--method udp` needs neither"
			: "This kernel does not speak that protocol (is IPv6 switched off?); try -4 or another --method",
	unsupportedPlatform: unsupportedSentence,
	systemCall: (error) => `The system refused ${place(error)} without a cause we know`,
};

/** What is wrong with a socket that was lent to a trace, by the call and the errno. */
const LENT: Readonly<Record<string, Sentence>> = {
	"borrow: EAFNOSUPPORT": (error) => `The socket that was lent is of another family than ${place(error)}`,
	"borrow: EISCONN": (error) => `The socket that was lent is connected to somebody else than ${place(error)}`,
	"borrow: EPROTONOSUPPORT": () =>
		"The socket is Node's own, which no trace can borrow; that needs Linux, without WHITHER_BACKEND=portable",
	"borrow: EBADF": () => "The socket that was to be lent is closed",
	"lent socket: EBADF": () => "The socket was closed while it was lent",
	"lend dgram: EBADF": () => "The socket that was to be lent is closed",
	"lend dgram: EINVAL": () => "The socket that was to be lent is not bound yet; wait for its `listening`",
	"lend dgram: ENOSYS": () => "This program does not give away the descriptor of a dgram socket; use `openMediaSocket`",
};

/** The sentence for a failed system call, ended by the call and the errno and without a full stop; `asked` null: unknown. */
export function systemErrorSentence(error: SystemError, asked: Asked | null): string {
	const sentence = (LENT[`${error.call}: ${error.errnoName}`] ?? SENTENCES[error.code])(error, asked);
	return error.errnoName === "" ? sentence : `${sentence} (${error.call}: ${error.errnoName})`;
}

function permissionSentence(error: SystemError, asked: Asked | null): string {
	for (const [call, words] of Object.entries(CALL_PRIVILEGES)) if (error.call.includes(call)) return words;
	if (asked?.gateways?.some((gateway) => !gateway.includes(":"))) return SOURCE_ROUTE;
	if (asked === null) return `That needs CAP_NET_RAW; ${wayRound(null)}`;
	const method = findMethod(asked.method);
	const own = PRIVILEGES[asked.method];
	if (own !== undefined) return own(asked);
	return method !== undefined && isOrdinary(method)
		? `Raw sockets need CAP_NET_RAW; ${method.name} needs none without --channel raw and --loose-match`
		: `Method ${asked.method} needs CAP_NET_RAW; ${wayRound(asked)}`;
}

function suitsTcpConnect({ pathMtu, looseMatch, methodOptions = {} }: Asked): boolean {
	const tcpconnect = findMethod("tcpconnect");
	return !pathMtu && !looseMatch && tcpconnect !== undefined && checkMethodOptions(tcpconnect, methodOptions) === null;
}

/** What can do the same without a privilege. */
function wayRound(asked: Asked | null): string {
	if (asked?.looseMatch) return "--loose-match always does";
	const names = WITHOUT_PRIVILEGE.filter((method) => !asked?.pathMtu || !isMadeByKernel(method)).map(
		({ name }) => name,
	);
	return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} work without it (--method)`;
}

function place(error: SystemError): string {
	return error.address ?? "the target";
}

function subject(error: SystemError, words: string): string {
	return error.address === null ? words : `${words} ${error.address}`;
}
