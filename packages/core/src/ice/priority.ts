import type { IceCandidateType, IceTcpType } from "@whither/wire";

/** RFC 8445 §5.1.2.2; peer-reflexive ones before server-reflexive ones, as §7.1.1 asks for. */
const TYPE_PREFERENCES: Readonly<Record<"udp" | "tcp", Readonly<Record<IceCandidateType, number>>>> = {
	udp: { host: 126, prflx: 110, srflx: 100, relay: 0 },
	// RFC 6544 §4.2: UDP first, TCP before what a relay has to carry.
	tcp: { host: 90, prflx: 80, srflx: 70, relay: 0 },
};

/** RFC 6544 §4.2: which end opens, by type; it is worth 2^13 of the local preference. */
function directionPreference(type: IceCandidateType, tcpType: IceTcpType): number {
	if (type === "host") return tcpType === "active" ? 6 : tcpType === "passive" ? 4 : 2;
	return tcpType === "so" ? 6 : tcpType === "active" ? 4 : 2;
}

/** What a candidate's priority is made of. */
export interface CandidateRank {
	readonly type: IceCandidateType;
	readonly transport: "udp" | "tcp";
	readonly tcpType: IceTcpType | null;
	/** 1 to 256. */
	readonly component: number;
	/** 0 to 65535, as `localPreference` makes it. */
	readonly localPreference: number;
}

/** RFC 8445 §5.1.2.1, RFC 6544 §4.2: a number below 2^31. */
export function candidatePriority({ type, transport, tcpType, component, localPreference }: CandidateRank): number {
	const local =
		tcpType === null
			? localPreference
			: directionPreference(type, tcpType) * 2 ** 13 + shortPreference(localPreference);
	return TYPE_PREFERENCES[transport][type] * 2 ** 24 + local * 2 ** 8 + (256 - component);
}

/** RFC 8445 §6.1.2.3, exact in 64 bits, from the priorities of the controlling and the controlled side's candidates. */
export function pairPriority(controlling: number, controlled: number): bigint {
	const [low, high] = controlling < controlled ? [controlling, controlled] : [controlled, controlling];
	return (BigInt(low) << 32n) + 2n * BigInt(high) + (controlling > controlled ? 1n : 0n);
}

/** What an interface is worth and which addresses came before, of the same component. */
export interface LocalPlace {
	readonly family: 4 | 6;
	/** 0 for the best kind of interface, up to 31 for the worst. */
	readonly cost: number;
	/** Local preferences that are taken. */
	readonly taken: ReadonlySet<number>;
	/** Addresses of the same family and cost so far. */
	readonly before: number;
}

const HIGHEST = 0xffff;
const COST_STEP = 0x800;

/**
 * A local preference: by cost, and of equal ones IPv6 and IPv4 in turns, IPv6 first (RFC 8421 §4), so that neither family
 * waits for the other when it is broken. No two are the same.
 * Deviation: RFC 8445 §5.1.2.1 has 65535 for an address that is the only one; of IPv4 it is 65534, for IPv6 may still come.
 */
export function localPreference({ family, cost, taken, before }: LocalPlace): number {
	const turn = 2 * before + (family === 4 ? 1 : 0);
	let preference = Math.max(0, HIGHEST - Math.min(cost, 31) * COST_STEP - turn);
	while (preference > 0 && taken.has(preference)) preference--;
	return preference;
}

/** The same order in the 13 bits that RFC 6544 §4.2 leaves: 32 costs of 256 addresses. */
function shortPreference(preference: number): number {
	const [cost, turn] = [Math.floor((HIGHEST - preference) / COST_STEP), (HIGHEST - preference) % COST_STEP];
	return 0x1fff - cost * 0x100 - Math.min(turn, 0xff);
}
