import type { StunAddress } from "@whither/wire";
import { expect } from "vitest";
import type { RelayTalk } from "../testing/relay-talk.ts";
import type { RelayedDatagram } from "./client/relay-io.ts";

const FIRST = Uint8Array.of(1, 2, 3);
const NUMBERS = Array.from({ length: 100 }, (_, index) => index);

/**
 * Has a relay send to a peer that sends everything back: one datagram before there is a channel, and a hundred on one. All
 * must come back, in their order and the ways they should. Resolves with the last.
 */
export async function expectEcho(one: RelayTalk, peer: StunAddress): Promise<RelayedDatagram> {
	one.relay.send(peer, FIRST);
	expect(await one.heard(0)).toMatchObject({ from: peer, bytes: FIRST, channel: null });
	one.relay.bind(peer);
	await one.told("bound");
	one.relay.sendBatch(NUMBERS.map((number) => ({ peer, data: Uint8Array.of(number, 0, 0) })));
	const last = await one.heard(NUMBERS.length);
	expect(one.data.slice(1).map(({ bytes }) => bytes[0])).toEqual(NUMBERS);
	expect(last).toMatchObject({ channel: 0x4000 });
	return last;
}
