import { decodeQuicPayload, deriveInitialKeys, isDecodeError, QUIC_V1, QUIC_V2, quicFrame } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { testCrypto } from "../../../../wire/src/crypto.fixture.ts";
import type { Match } from "../method.ts";
import { SOURCE_PORT } from "./method.fixture.ts";
import {
	datagram,
	expectAgain,
	expectProbe,
	HELLO,
	handshakeOf,
	initialOf,
	payloadOf,
	quicContext,
	retryTo,
	SERVER_ID,
	serverInitial,
} from "./quic.fixture.ts";
import { quic } from "./quic.ts";

describe("a connection that the target opened", () => {
	const frames = [quicFrame("crypto", { offset: 0, data: HELLO })];

	/** The frames of a datagram of ours on the connection with this original ID, with what its header says. */
	function openedClose(match: Match, keyDcid: Uint8Array, version: number) {
		const { farewell } = expectProbe(match);
		if (farewell === undefined) throw new Error("no farewell");
		const packet = initialOf(farewell.transport === "ip" ? farewell.bytes.subarray(8) : farewell.bytes);
		const plain = decodeQuicPayload(packet, deriveInitialKeys(version, keyDcid, testCrypto).client, testCrypto);
		if (isDecodeError(plain)) throw new Error(plain.error);
		return { farewell, packet, ...plain };
	}

	it.each([
		["errorQueue", "udp", {}, QUIC_V1, 1200],
		["raw", "ip", {}, QUIC_V1, 1208],
		["raw", "ip", { v2: true }, QUIC_V2, 1208],
	] as const)("over %s as %s is closed in a padded Initial, acknowledging the server's", (...row) => {
		const [channel, transport, options, version, length] = row;
		const context = quicContext({ channel, transport, options });
		const sent = payloadOf(context, 7);
		const probe = transport === "ip" ? sent.subarray(8) : sent;
		const { dcid, scid } = initialOf(probe);
		const match = quic.match(context, datagram(serverInitial(probe, frames, undefined, 3)));
		const { farewell, packet, packetNumber, frames: said } = openedClose(match, dcid, version);
		expect(farewell).toMatchObject({ transport, protocol: 17, sourcePort: SOURCE_PORT, destinationPort: 443 });
		expect(farewell.bytes).toHaveLength(length);
		expect(packet).toMatchObject({ version, dcid: SERVER_ID, scid, token: new Uint8Array(0) });
		expect(packetNumber).toBe(1);
		expect(said).toMatchObject([
			{ name: "ack", value: { ranges: [{ smallest: 3, largest: 3 }] } },
			{ name: "connectionClose", value: { errorCode: 0, frameType: 0, reason: "" } },
			{ name: "padding" },
		]);
	});

	it("behind a Retry is closed with the Retry's keys, its token and the number after the second Initial's", () => {
		const context = quicContext();
		const second = payloadOf(context, 31, expectAgain(quic.match(context, datagram(retryTo(payloadOf(context, 4))))));
		const match = quic.match(context, datagram(serverInitial(second, frames)));
		const { packet, packetNumber } = openedClose(match, initialOf(second).dcid, QUIC_V1);
		expect(packet.token).toEqual(initialOf(second).token);
		expect(packetNumber).toBe(2);
	});

	it("is closed once, and not where the target closed it itself", () => {
		const context = quicContext();
		const first = payloadOf(context, 1);
		expect(expectProbe(quic.match(context, datagram(serverInitial(first, frames)))).farewell).toBeDefined();
		const again = expectProbe(quic.match(context, datagram(serverInitial(first, frames, undefined, 1))));
		expect(again.farewell).toBeUndefined();
		const second = payloadOf(context, 2);
		expect(expectProbe(quic.match(context, datagram(serverInitial(second, frames)))).farewell).toBeDefined();
		const close = quicFrame("connectionClose", { errorCode: 0x178, frameType: 6, reason: "" });
		const refused = quic.match(context, datagram(serverInitial(payloadOf(context, 3), [close])));
		expect(expectProbe(refused).farewell).toBeUndefined();
	});

	it("may answer in several datagrams, of which only a copy of one is a duplicate", () => {
		const context = quicContext();
		const probe = payloadOf(context, 5);
		const answer = serverInitial(probe, frames);
		const retransmitted = serverInitial(probe, frames, undefined, 1);
		const handshake = handshakeOf(answer, 0);
		const further = [answer, handshake, retransmitted, handshake, answer, handshakeOf(answer, 1)];
		const parts = further.map((bytes) => expectProbe(quic.match(context, datagram(bytes))).part);
		expect(parts).toEqual([undefined, true, true, undefined, undefined, true]);
		expect(
			expectProbe(quic.match(context, datagram(serverInitial(payloadOf(context, 6), frames)))).part,
		).toBeUndefined();
	});

	it("is closed too where its Initial was overtaken", () => {
		const context = quicContext();
		const answer = serverInitial(payloadOf(context, 5), frames);
		expect(quic.match(context, datagram(handshakeOf(answer, 0)))).not.toHaveProperty("farewell");
		const match = expectProbe(quic.match(context, datagram(answer)));
		expect(match).toMatchObject({ part: true, farewell: { protocol: 17 } });
	});
});
