/**
 * Methods `udp`, `udp-port` and `udp-classic`. `udp` keeps the 5-tuple constant, so that load balancers send every
 * probe the same way (as Paris traceroute does); `udp-port` gives every probe a source port of its own, as `-U` of
 * traceroute(8) does; `udp-classic` counts the destination port upwards, as traceroute(8) does by default.
 */
import { encodeUdp, IP_PROTOCOL } from "@whither/wire";
import type { ChannelNeed, IcmpErrorReply, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { arePortsOurs, isPortOurs } from "./probe-ports.ts";
import { quotedMatch } from "./quoted-frame.ts";
import { matchDatagram, quotedSequence, udpPayload } from "./udp-payload.ts";

const UDP = IP_PROTOCOL.udp;
/** First port of traceroute's range, which nobody listens on (traceroute(8)). */
const TRACEROUTE_PORT = 33434;
const DNS_PORT = 53;
const ANSWERED: ReplyMeaning = { kind: "udp", place: "target", detail: {} };
/** IP and UDP headers plus the 8 bytes that name the probe; 60 and 80 are traceroute's. */
const LENGTHS = { minimumLength: { 4: 36, 6: 56 }, defaultLength: { 4: 60, 6: 80 } } as const;

const BORROWED: ChannelNeed = { kind: "borrowed", transport: "udp", protocol: UDP, ports: "one" };

/** How the three differ: which port counts, and how a reply's ports lead back to the probe. */
interface PortPlan {
	readonly ports: ChannelNeed["ports"];
	readonly destinationPorts?: ChannelNeed["destinationPorts"];
	sourcePort(context: ProbeContext, sequence: number): number;
	destinationPort(context: ProbeContext, sequence: number): number;
	/** The probe that the ports alone name; undefined: they name none, null: they are not ours. */
	named(
		context: ProbeContext,
		ours: number | null,
		theirs: number | null,
		socket: number | null,
	): number | null | undefined;
}

const constantPorts: PortPlan = {
	ports: "one",
	sourcePort: (context) => context.sourcePorts[0] ?? 0,
	destinationPort: (context) => context.port,
	named: (context, ours, theirs) => (arePortsOurs(context, ours, theirs) ? undefined : null),
};

const portPerProbe: PortPlan = {
	ports: "perProbe",
	sourcePort: (context, sequence) => context.sourcePorts[sequence % context.sourcePorts.length] ?? 0,
	destinationPort: (context) => context.port,
	named: (context, ours, theirs, socket) => {
		if (theirs !== context.port) return null;
		return socket ?? (isPortOurs(context, ours) ? undefined : null);
	},
};

const countingPort: PortPlan = {
	ports: "one",
	destinationPorts: "counted",
	sourcePort: (context) => context.sourcePorts[0] ?? 0,
	destinationPort: (context, sequence) => ((context.port - 1 + sequence) % 0xffff) + 1,
	named: (context, ours, theirs) => {
		if (!isPortOurs(context, ours) || theirs === null) return null;
		return (theirs - context.port + 0xffff) % 0xffff;
	},
};

/** Whether all probes have one 5-tuple, as they must on a socket that somebody else sends media on. */
function keepsFlow({ ports, destinationPorts }: PortPlan): boolean {
	return ports === "one" && destinationPorts === undefined;
}

function udpMethod(name: string, summary: string, defaultPort: number, plan: PortPlan): TraceMethod {
	const { ports, destinationPorts } = plan;
	const needs = { protocol: UDP, ports, ...(destinationPorts === undefined ? {} : { destinationPorts }) };
	return {
		name,
		summary,
		channels: [
			{ kind: "raw", transport: "ip", ...needs },
			{ kind: "errorQueue", transport: "udp", ...needs },
			...(keepsFlow(plan) ? [BORROWED] : []),
		],
		defaultPort,
		...LENGTHS,
		probe: (context, request) => probe(context, request, plan),
		match: (context, reply) => match(context, reply, plan),
	};
}

function probe(context: ProbeContext, { sequence, length }: ProbeRequest, plan: PortPlan) {
	const { family, source, target: destination, transport } = context;
	const sourcePort = plan.sourcePort(context, sequence);
	const destinationPort = plan.destinationPort(context, sequence);
	const sized = length === undefined ? context : { ...context, length };
	const payload = udpPayload(sized, sequence, sourcePort, destinationPort);
	const bytes =
		transport === "ip" ? encodeUdp({ family, source, destination, sourcePort, destinationPort }, payload) : payload;
	return { transport, protocol: UDP, sourcePort, destinationPort, bytes };
}

function match(context: ProbeContext, reply: Reply, plan: PortPlan): Match {
	if (reply.type === "icmpError") return matchError(context, reply, plan);
	if (reply.type !== "packet" || reply.protocol !== UDP) return { type: "foreign", reason: "otherProtocol" };
	const named = plan.named(context, reply.destinationPort, reply.sourcePort, reply.socket);
	if (named === null) return { type: "foreign", reason: "otherPort" };
	if (named !== undefined && reply.from === context.target)
		return { type: "probe", sequence: named, meaning: ANSWERED };
	return matchDatagram(context, reply, ANSWERED);
}

function matchError(context: ProbeContext, reply: IcmpErrorReply, plan: PortPlan): Match {
	const { sourcePort, destinationPort } = reply.quoted;
	const named = plan.named(context, sourcePort, destinationPort, reply.socket);
	return quotedMatch(context, reply, {
		protocol: UDP,
		hasOurPorts: () => named !== null,
		sequenceOf: (quoted) => {
			const sequence = quotedSequence(context, quoted);
			// Ports that may have been rewritten name nobody.
			return sequence === null || context.looseMatch ? sequence : (named ?? sequence);
		},
	});
}

/** UDP with a constant 5-tuple; the payload names the probe. */
export const udp = udpMethod(
	"udp",
	"UDP with a constant 5-tuple: load balancers send all probes the same way (default)",
	TRACEROUTE_PORT,
	constantPorts,
);

/** UDP to one port; the source port names the probe. */
export const udpPort = udpMethod(
	"udp-port",
	"UDP to one port (53 unless -p), a source port for each probe, like traceroute -U",
	DNS_PORT,
	portPerProbe,
);

/** UDP whose destination port counts upwards and names the probe. */
export const udpClassic = udpMethod(
	"udp-classic",
	"UDP, destination port + 1 a probe, like traceroute's default",
	TRACEROUTE_PORT,
	countingPort,
);
