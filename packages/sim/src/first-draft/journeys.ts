/** The packet trace of a run as journeys: what became of each datagram, through all that stands between. */
import type { Instant } from "@whither/core";
import { decodeUdp, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import { readPacket } from "../packet.ts";
import type { PacketRecord } from "../packet-record.ts";
import type { Endpoint } from "../program.ts";

/** Whose address it bears behind a node, and where it goes from there. */
export interface JourneyStage {
	readonly node: string;
	readonly source: Endpoint;
	readonly destination: Endpoint;
}

/** One UDP datagram's way. */
export interface Journey {
	readonly at: Instant;
	readonly payload: Uint8Array;
	/** From the sender on: every node that it left. */
	readonly stages: readonly [JourneyStage, ...JourneyStage[]];
	/** Where it ended. */
	readonly node: string;
	/** `delivered`: to the node that it was for. `dropped`: by the node, which says why. `lost`: on the link behind the node. */
	readonly end: "delivered" | "dropped" | "lost" | "underWay";
	readonly why: string;
}

type Draft = { -readonly [Key in keyof Journey]: Journey[Key] } & { stages: [JourneyStage, ...JourneyStage[]] };

/** All journeys, in the order that they began in. What a node refuses after it was delivered counts as dropped there. */
export function journeysOf(packets: readonly PacketRecord[]): readonly Journey[] {
	const journeys: Draft[] = [];
	const open = new Map<string, Draft>();
	for (const record of packets) {
		const read = readDatagram(record.packet);
		if (read === null) continue;
		const { key, payload, source, destination } = read;
		const known = open.get(key);
		const stage = { node: record.node, source, destination };
		if (record.action === "send") {
			const isLost = record.detail.includes("lost");
			const draft = known ?? begin(journeys, { at: record.at, payload, stages: [stage] });
			if (known !== undefined) known.stages.push(stage);
			Object.assign(draft, { node: record.node, end: isLost ? "lost" : "underWay", why: isLost ? "lost" : "" });
			open.set(key, draft);
		} else if (known !== undefined)
			Object.assign(known, {
				node: record.node,
				end: record.action === "deliver" ? "delivered" : "dropped",
				why: record.detail,
			});
		else begin(journeys, { at: record.at, payload, stages: [stage] }, { end: "dropped", why: record.detail });
	}
	return journeys;
}

function begin(journeys: Draft[], start: Pick<Draft, "at" | "payload" | "stages">, rest: Partial<Draft> = {}): Draft {
	const draft: Draft = { ...start, node: start.stages[0].node, end: "underWay", why: "", ...rest };
	journeys.push(draft);
	return draft;
}

/** A packet keeps its identification and its payload wherever it goes; whoever sends on what it got makes another of it. */
function readDatagram(bytes: Uint8Array) {
	const packet = readPacket(bytes);
	if (packet === null || packet.protocol !== IP_PROTOCOL.udp) return null;
	const udp = decodeUdp(packet.payload);
	if (isDecodeError(udp)) return null;
	const { sourcePort, destinationPort } = udp.header;
	return {
		key: `${packet.identification} ${udp.payload.join()}`,
		payload: udp.payload,
		source: { address: packet.source, port: sourcePort },
		destination: { address: packet.destination, port: destinationPort },
	};
}
