/** What the scenarios of probes inside connections are made of. */
import type { HostSpec } from "../scenario.ts";
import { ENDS, targetHop } from "./path.ts";

/** A target with the port open. */
export const OPEN: Omit<HostSpec, "kind"> = { tcpPorts: { open: [443] } };

/** A target with the port open and these ways of its own. */
export function speaking(tcp: NonNullable<HostSpec["tcp"]>): Omit<HostSpec, "kind"> {
	return { ...OPEN, tcp };
}

/** The trace. */
export const TRACE = { ...ENDS, options: { method: "tcpinsession" } } as const;

/** How it ends where nothing is in its way. */
export const REACHED = { reached: true, stopReason: "reached" } as const;

/** The target, every probe acknowledged by name. */
export const acknowledged = (ttl: number) => targetHop(ttl, { kind: "ack" });

/** The same without SACK, where nothing names a probe: those that reach the target are told one by one. */
export const counted = (ttl: number) => targetHop(ttl, { kind: "ack", all: "any" });
