/** A trace's packets as pcapng: an interface for each target, so that traces in one file can be told apart. */
import type { TraceEvent } from "@whither/core";
import { encodePcapngInterface, encodePcapngPacket, encodePcapngSection } from "@whither/wire";

/** One captured packet of a trace. */
export type PacketEvent = Extract<TraceEvent, { type: "packet" }>;

/** The blocks a file begins with; packets name their target by its place among `hosts`. */
export function formatPcapHeader(
	tool: { readonly name: string; readonly version: string },
	hosts: readonly string[],
): readonly Uint8Array[] {
	const section = encodePcapngSection({ application: `${tool.name} ${tool.version}` });
	return [section, ...hosts.map((name) => encodePcapngInterface({ name }))];
}

/** One packet with its comment, `unixNs` nanoseconds after 1970-01-01 UTC. */
export function formatPcapPacket(
	{ bytes, note, rebuilt }: PacketEvent,
	unixNs: bigint,
	interfaceId: number,
): Uint8Array {
	const comment = rebuilt ? `${note} (rebuilt from what the kernel tells)` : note;
	return encodePcapngPacket({ interfaceId, timestampNs: unixNs, packet: bytes, comment });
}

interface Held {
	readonly unixNs: bigint;
	readonly block: Uint8Array;
}

/** Packets wait here a little, since when a probe left can be known later than when its answer came. */
export class PacketQueue {
	#held: Held[] = [];

	add(unixNs: bigint, block: Uint8Array): void {
		this.#held.push({ unixNs, block });
	}

	/** Blocks in the order of their times: those up to `unixNs`, or without it all. */
	release(unixNs: bigint | null): readonly Uint8Array[] {
		this.#held.sort((a, b) => (a.unixNs < b.unixNs ? -1 : a.unixNs > b.unixNs ? 1 : 0));
		const first = unixNs === null ? -1 : this.#held.findIndex((packet) => packet.unixNs > unixNs);
		return this.#held.splice(0, first === -1 ? this.#held.length : first).map(({ block }) => block);
	}
}
