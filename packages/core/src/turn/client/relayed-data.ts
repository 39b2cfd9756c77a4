import {
	attributeOf,
	decodeChannelData,
	encodeChannelData,
	encodeStun,
	isDecodeError,
	type StunAddress,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Channels } from "./channels.ts";
import type { IndicationIds } from "./indication-ids.ts";
import type { Outlet } from "./outlet.ts";
import type { Permissions } from "./permissions.ts";

/** The most data in one packet: an IPv4 datagram's, less what a Send indication to an IPv6 peer has around it. */
const MOST_DATA = 65_507 - 20 - 24 - 4 - 4;

/** Data to and from peers: on channels where there are any, in indications otherwise (RFC 8656 §11, §12). */
export class RelayedData {
	readonly #outlet: Outlet;
	readonly #permissions: Permissions;
	readonly #channels: Channels;
	readonly #framing: "datagram" | "stream";
	readonly #ids: IndicationIds;

	constructor(
		ids: IndicationIds,
		framing: "datagram" | "stream",
		parts: { readonly outlet: Outlet; readonly permissions: Permissions; readonly channels: Channels },
	) {
		this.#framing = framing;
		this.#outlet = parts.outlet;
		this.#permissions = parts.permissions;
		this.#channels = parts.channels;
		this.#ids = ids;
	}

	/**
	 * To a peer that is permitted or asked for. Deviation: RFC 8656 §9 has the permission first; we send right behind the
	 * request, and what the server may have missed again with its answer.
	 */
	send(peer: StunAddress, data: Uint8Array, now: Instant, dontFragment: boolean): void {
		if (data.length > MOST_DATA) {
			this.#outlet.ignore("tooLong");
			return;
		}
		const channel = dontFragment ? null : this.#channels.numberOf(peer, now);
		if (channel !== null) this.#outlet.send(encodeChannelData({ channel, data }, this.#framing));
		else {
			const bytes = this.#indication(peer, data, dontFragment);
			this.#outlet.send(bytes);
			this.#permissions.hold(peer.address, bytes);
		}
	}

	#indication(peer: StunAddress, data: Uint8Array, dontFragment: boolean): Uint8Array {
		const attributes: StunItem[] = [{ name: "xorPeerAddress", value: peer }];
		if (dontFragment) attributes.push({ name: "dontFragment", value: true });
		attributes.push({ name: "data", value: data });
		return encodeStun({ class: "indication", method: "send", transactionId: this.#ids.next(), attributes });
	}

	/** ChannelData from the server. */
	hearChannel(bytes: Uint8Array, now: Instant): void {
		const read = decodeChannelData(bytes);
		const from = isDecodeError(read) ? null : this.#channels.peerOf(read.channel, now);
		if (isDecodeError(read) || from === null) this.#outlet.ignore("badChannelData");
		else this.#outlet.tell({ kind: "data", from, bytes: read.data, channel: read.channel });
	}

	/** A Data indication: data, or the ICMP error that ours met with. */
	hearIndication(message: StunMessage, isPermitted: (address: string) => boolean): void {
		const peer = attributeOf(message, "xorPeerAddress");
		const data = attributeOf(message, "data");
		const icmp = attributeOf(message, "icmp");
		if (peer === undefined || (data === undefined && icmp === undefined)) this.#outlet.ignore("badIndication");
		else if (!isPermitted(peer.address)) this.#outlet.ignore("notPermitted");
		else if (icmp !== undefined) this.#outlet.tell({ kind: "icmp", peer, icmp });
		else if (data !== undefined) this.#outlet.tell({ kind: "data", from: peer, bytes: data, channel: null });
	}
}
