/** The table of trace methods: one row a method; the command line reads its help from here. */
import type { TraceMethod } from "../method.ts";
import { dns } from "./dns.ts";
import { icmp } from "./icmp.ts";
import { quic } from "./quic.ts";
import { tcp } from "./tcp.ts";
import { tcpconnect } from "./tcpconnect.ts";
import { udp, udpClassic, udpPort } from "./udp.ts";

export const TRACE_METHODS: readonly TraceMethod[] = [udp, udpClassic, udpPort, icmp, tcp, tcpconnect, quic, dns];

/** The method of that name, or undefined. */
export function findMethod(name: string): TraceMethod | undefined {
	return TRACE_METHODS.find((method) => method.name === name);
}
