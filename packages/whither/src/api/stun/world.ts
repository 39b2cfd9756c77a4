/** Where a STUN server is asked: this machine's network, or an internet in memory. */
import type { RunningStun, StunOrder, StunRunMessage } from "@whither/net/stun";
import { resolveTarget } from "../resolve.ts";
import type { ServiceRecord, StunLookups } from "./find-server.ts";

/** A network with STUN servers in it. */
export interface StunWorld extends StunLookups {
	/** Runs one discovery; the last message is `result` or `failed`. */
	readonly discover: (order: StunOrder, on: (message: StunRunMessage) => void) => RunningStun;
}

/** How long the name server may take for records that most names do not have. */
const SERVICES_TIMEOUT_MS = 2_000;

/** This machine's network. */
export async function openRealStunWorld(): Promise<StunWorld> {
	const { runStun } = await import("@whither/net/stun");
	return { resolve: resolveTarget, services: lookUpServices, discover: runStun };
}

/** By a resolver of its own, since the system's knows no such records. */
async function lookUpServices(name: string): Promise<readonly ServiceRecord[]> {
	const { Resolver } = await import("node:dns/promises");
	const resolver = new Resolver({ timeout: SERVICES_TIMEOUT_MS, tries: 1 });
	const records = await resolver.resolveSrv(name).catch(() => []);
	return records.map(({ name: target, port, priority, weight }) => ({ name: target, port, priority, weight }));
}
