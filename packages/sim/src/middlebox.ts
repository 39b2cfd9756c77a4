/** What routers do to packets they forward beside forwarding them, as hooks: firewalls, TCP normalizers, remarking. */
import type { Family } from "@whither/core";
import { TCP_FLAGS, TCP_OPTIONS, type TcpOption } from "@whither/wire";
import { firewallHook } from "./firewall.ts";
import { natHook } from "./nat.ts";
import { concerns } from "./nat-spec.ts";
import type { HookPlace, NodeHook, Verdict } from "./node.ts";
import { type IpPacket, readPacket } from "./packet.ts";
import { withTos } from "./packet-fields.ts";
import type { RouterSpec, Scenario, StripSpec } from "./scenario.ts";
import { rewriteOptions, rewriteSynOptions, tcpFlags } from "./tcp-rewrite.ts";
import { nodeNames } from "./topology.ts";

/** One thing done to a packet on its way through; the same bytes: nothing. */
type Alteration = (packet: IpPacket) => Exclude<Verdict, IpPacket>;

const NO_OPERATION = 1;
const MSS_LENGTH = 4;

/** Bits of the TOS byte that are left: DSCP are the upper six, ECN the lower two (RFC 3168 section 5). */
const KEPT_BITS = { dscp: 0x03, ecn: 0xfc, tos: 0 } as const;

/** The hooks of a router's middlebox settings: what it does as it forwards, its firewall, then address translation. */
export function middleboxHooks(scenario: Scenario, name: string, family: Family): readonly NodeHook[] {
	const spec = scenario.nodes[name];
	if (spec?.kind !== "router") return [];
	const alterations = alterationsOf(scenario, spec, family);
	const hooks: NodeHook[] = alterations.length === 0 ? [] : [forwardHook(alterations)];
	const { nat, firewall } = spec;
	if (firewall !== undefined && concerns(firewall, family)) hooks.push(firewallHook(scenario, name, firewall));
	if (nat !== undefined && concerns(nat, family)) hooks.push(natHook(scenario, name, nat, family));
	return hooks;
}

function alterationsOf(scenario: Scenario, spec: RouterSpec, family: Family): readonly Alteration[] {
	const { dropsEcn, bleaches, strips, clampsMss } = spec;
	const alterations: Alteration[] = [];
	if (dropsEcn !== undefined) alterations.push((packet) => dropEcn(packet, dropsEcn));
	if (bleaches !== undefined) alterations.push((packet) => bleach(packet, KEPT_BITS[bleaches]));
	if (strips !== undefined) {
		const names = nodeNames(scenario, family);
		const isOut = ({ destination }: IpPacket) => names.get(destination) === scenario.trace.to;
		alterations.push((packet) => (isMeant(strips, isOut(packet)) ? strip(packet, strips) : packet.bytes));
	}
	if (clampsMss !== undefined) alterations.push((packet) => clampMss(packet, clampsMss));
	return alterations;
}

function forwardHook(alterations: readonly Alteration[]): NodeHook {
	return (bytes: Uint8Array, { point }: HookPlace): Verdict => {
		let current = bytes;
		for (const alter of point === "forward" ? alterations : []) {
			const packet = readPacket(current);
			const verdict = packet === null ? current : alter(packet);
			if ("drop" in verdict) return verdict;
			current = verdict;
		}
		return current;
	};
}

function dropEcn(packet: IpPacket, what: "marked" | "negotiating"): ReturnType<Alteration> {
	const offer = TCP_FLAGS.syn | TCP_FLAGS.ece | TCP_FLAGS.cwr;
	const drops = what === "marked" ? (packet.tos & 3) !== 0 : (tcpFlags(packet) & (offer | TCP_FLAGS.ack)) === offer;
	return drops ? { drop: `ECN, ${what}` } : packet.bytes;
}

function bleach({ bytes, family, tos }: IpPacket, kept: number): Uint8Array {
	return (tos & kept) === tos ? bytes : withTos(bytes, family, tos & kept);
}

function isMeant({ way }: StripSpec, isOut: boolean): boolean {
	return way === undefined || (way === "out") === isOut;
}

function strip(packet: IpPacket, { options, by = "noOperation" }: StripSpec): Uint8Array {
	const kinds = options.map(kindOf);
	// Blocks never stand in a SYN.
	const rewrite = options.includes("sack") ? rewriteOptions : rewriteSynOptions;
	return rewrite(packet, (option) => {
		if (!kinds.includes(option[0] ?? 0)) return option;
		return by === "cut" ? new Uint8Array(0) : new Uint8Array(option.length).fill(NO_OPERATION);
	});
}

function kindOf(name: TcpOption["name"]): number | undefined {
	return Object.entries(TCP_OPTIONS).find(([known]) => known === name)?.[1].kind;
}

function clampMss(packet: IpPacket, most: number): Uint8Array {
	return rewriteSynOptions(packet, (option) => {
		const isMss = option[0] === TCP_OPTIONS.maximumSegmentSize.kind && option.length === MSS_LENGTH;
		const value = ((option[2] ?? 0) << 8) | (option[3] ?? 0);
		return isMss && value > most ? Uint8Array.of(option[0] ?? 0, MSS_LENGTH, most >> 8, most & 0xff) : option;
	});
}
