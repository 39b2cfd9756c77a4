import { requireRange, viewOf } from "../bytes.ts";
import type { ObjectRow } from "./object-row.ts";

/** One entry of an MPLS label stack (RFC 3032 §2.1; the traffic class by RFC 5462). */
export interface MplsLabel {
	readonly label: number;
	readonly trafficClass: number;
	/** The S bit: this is the last entry. */
	readonly bottom: boolean;
	readonly ttl: number;
}

/**
 * MPLS Label Stack Class, Incoming MPLS Label Stack (RFC 4950 §5): the stack as the packet came in with, top first.
 *
 *     bit   0                   20   23 24       31
 *         +--------------------+----+--+----------+
 *         | label, 20 bits     | TC | S| TTL      |   once an entry
 *         +--------------------+----+--+----------+
 */
export const MPLS_OBJECT: ObjectRow<1, { readonly labels: readonly MplsLabel[] }> = {
	class: 1,
	meaning: "MPLS Label Stack Class",
	decode(type, payload) {
		if (type !== 1 || payload.length === 0 || payload.length % 4 !== 0) return null;
		const view = viewOf(payload);
		const labels: MplsLabel[] = [];
		for (let offset = 0; offset < payload.length; offset += 4) labels.push(decodeLabel(view.getUint32(offset)));
		return { labels };
	},
	encode({ labels }) {
		if (labels.length === 0) throw new RangeError("an MPLS label stack has at least one label");
		const bytes = new Uint8Array(labels.length * 4);
		const view = viewOf(bytes);
		for (const [index, label] of labels.entries()) view.setUint32(index * 4, encodeLabel(label));
		return { type: 1, bytes };
	},
};

function decodeLabel(word: number): MplsLabel {
	return { label: word >>> 12, trafficClass: (word >>> 9) & 7, bottom: (word & 0x100) !== 0, ttl: word & 0xff };
}

function encodeLabel({ label, trafficClass, bottom, ttl }: MplsLabel): number {
	requireRange("MPLS label", label, 0xfffff);
	requireRange("MPLS traffic class", trafficClass, 7);
	requireRange("MPLS TTL", ttl, 0xff);
	return (label << 12) | (trafficClass << 9) | (bottom ? 0x100 : 0) | ttl;
}
