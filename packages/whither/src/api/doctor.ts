/** What this machine can do, method by method, found by trying. */
import type { ChannelKind, ProbeTransport, SystemError } from "@whither/core";
import { type MachineFacts, machineFacts } from "./machine-facts.ts";

/** One method over one family and one kind of socket. */
export interface MethodCheck {
	readonly method: string;
	readonly family: 4 | 6;
	readonly channel: ChannelKind;
	readonly transport: ProbeTransport;
	readonly works: boolean;
	/** Why not, where it does not. */
	readonly error: SystemError | null;
}

/** What this machine is and which methods work on it. */
export interface DoctorResult {
	readonly schema: "whither.doctor/1";
	readonly machine: MachineFacts;
	readonly checks: readonly MethodCheck[];
}

/** Try every method here; opens sockets, sends nothing to anybody. */
export async function doctor(): Promise<DoctorResult> {
	const machine = machineFacts();
	const net = await import("@whither/net");
	const checks = net.methodSupport().map(({ method, family, channel, transport, error }) => ({
		method,
		family,
		channel,
		transport,
		works: error === null,
		error,
	}));
	return { schema: "whither.doctor/1", machine, checks };
}
