/** The table of trace methods: one row a method; the command line reads its help from here. */
import type { TraceMethod } from "../method.ts";
import { dccp } from "./dccp.ts";
import { dns } from "./dns.ts";
import { icmp } from "./icmp.ts";
import { quic } from "./quic.ts";
import { raw } from "./raw.ts";
import { sctp } from "./sctp.ts";
import { stun } from "./stun.ts";
import { tcp } from "./tcp.ts";
import { tcpconnect } from "./tcpconnect.ts";
import { tcpinsession } from "./tcpinsession.ts";
import { udp, udpClassic, udpPort } from "./udp.ts";
import { udplite } from "./udplite.ts";

/** Every method, in the order in which help and the doctor list them. */
export const TRACE_METHODS: readonly TraceMethod[] = [
	udp,
	udpClassic,
	udpPort,
	icmp,
	tcp,
	tcpconnect,
	tcpinsession,
	quic,
	stun,
	dns,
	udplite,
	dccp,
	sctp,
	raw,
];

/** The method of that name, or undefined. */
export function findMethod(name: string): TraceMethod | undefined {
	return TRACE_METHODS.find((method) => method.name === name);
}
