import {
	decodeQuicPayload,
	deriveInitialKeys,
	encodeQuicRetry,
	encodeQuicVersionNegotiation,
	isDecodeError,
	joinQuicCrypto,
	QUIC_V1,
	QUIC_V2,
	quicFrame,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import { testCrypto } from "../../../../wire/src/crypto.fixture.ts";
import {
	ACK,
	datagram,
	expectAgain,
	HELLO,
	initialOf,
	negotiationTo,
	payloadOf,
	quicContext,
	retryTo,
	SERVER_ID,
	serverInitial,
	timeExceeded,
} from "./quic.fixture.ts";
import { quic } from "./quic.ts";

describe("a Retry", () => {
	it("is followed with its token and ID, and the answer is read with the keys of that ID", () => {
		const context = quicContext();
		const probe = payloadOf(context, 4);
		const match = quic.match(context, datagram(retryTo(probe)));
		expect(match).toMatchObject({ type: "again", sequence: 4, detail: { packet: "retry", version: "v1" } });
		const second = payloadOf(context, 31, expectAgain(match));
		const packet = initialOf(second);
		expect(second).toHaveLength(1200);
		expect(packet.token).toEqual(Uint8Array.of(1, 2, 3, 4));
		expect(packet.dcid).toEqual(SERVER_ID);
		expect(packet.scid).toEqual(initialOf(probe).scid);
		const opened = (bytes: Uint8Array) => {
			const { client } = deriveInitialKeys(QUIC_V1, initialOf(bytes).dcid, testCrypto);
			const plain = decodeQuicPayload(initialOf(bytes), client, testCrypto);
			if (isDecodeError(plain)) throw new Error(plain.error);
			return plain;
		};
		expect(opened(second).packetNumber).toBe(1);
		expect(joinQuicCrypto(opened(second).frames)).toEqual(joinQuicCrypto(opened(probe).frames));
		const answer = serverInitial(second, [quicFrame("crypto", { offset: 0, data: HELLO })]);
		expect(quic.match(context, datagram(answer))).toMatchObject({
			type: "probe",
			sequence: 31,
			meaning: { detail: { packet: "initial", serverHello: true } },
		});
		expect(quic.match(context, timeExceeded(second.subarray(0, 100)))).toMatchObject({ sequence: 31 });
		expect(payloadOf(context, 31)).toEqual(second);
		expect(quic.match(context, datagram(retryTo(probe)))).toEqual({ type: "foreign", reason: "malformed" });
	});

	it("is refused with a wrong tag, as somebody makes it who did not see our Initial", () => {
		const context = quicContext();
		const probe = payloadOf(context, 4);
		const forged = retryTo(probe, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
		expect(quic.match(context, datagram(forged))).toEqual({ type: "foreign", reason: "otherKey" });
		const right = retryTo(probe);
		for (const at of right.keys()) {
			const changed = right.slice();
			changed[at] = (changed[at] ?? 0) ^ 1;
			expect(quic.match(context, datagram(changed)).type, `byte ${at}`).toBe("foreign");
		}
	});

	it("is refused without a token or with the ID that we had", () => {
		const context = quicContext();
		const { version, dcid, scid } = initialOf(payloadOf(context, 4));
		const token = Uint8Array.of(1);
		for (const wrong of [
			{ scid: SERVER_ID, token: new Uint8Array(0) },
			{ scid: dcid, token },
		]) {
			const retry = encodeQuicRetry({ version, dcid: scid, originalDcid: dcid, ...wrong }, testCrypto);
			expect(quic.match(context, datagram(retry))).toEqual({ type: "foreign", reason: "malformed" });
		}
	});
});

describe("a Version Negotiation", () => {
	it("is followed once, with a version that we speak, by a connection of its own", () => {
		const context = quicContext({ options: { version: "1a2a3a4a" } });
		const match = quic.match(context, datagram(negotiationTo(payloadOf(context, 2), [0xff00001d, QUIC_V2])));
		expect(match).toMatchObject({ type: "again", sequence: 2, detail: { versions: ["0xff00001d", "v2"] } });
		const second = payloadOf(context, 9, expectAgain(match));
		expect(initialOf(second)).toMatchObject({ version: QUIC_V2, token: new Uint8Array(0) });
		const answer = serverInitial(second, [quicFrame("ack", ACK)]);
		expect(quic.match(context, datagram(answer))).toMatchObject({ type: "probe", sequence: 9 });
		expect(quic.match(context, datagram(negotiationTo(second, [QUIC_V1])))).toMatchObject({
			type: "probe",
			sequence: 9,
			meaning: { place: "target", detail: { packet: "versionNegotiation", version: "v2", versions: ["v1"] } },
		});
		const retried = quic.match(context, datagram(retryTo(second)));
		const third = payloadOf(context, 10, expectAgain(retried));
		expect(quic.match(context, datagram(serverInitial(third, [quicFrame("ack", ACK)])))).toMatchObject({
			type: "probe",
			sequence: 10,
			meaning: { detail: { version: "v2" } },
		});
	});

	it("without a version of ours is the target's answer", () => {
		const context = quicContext();
		const match = quic.match(context, datagram(negotiationTo(payloadOf(context, 2), [0xff00001d])));
		expect(match).toMatchObject({ type: "probe", sequence: 2, meaning: { detail: { packet: "versionNegotiation" } } });
	});

	it("is foreign where it lists the version that we sent, or does not echo both IDs", () => {
		const context = quicContext();
		const probe = payloadOf(context, 2);
		expect(quic.match(context, datagram(negotiationTo(probe, [QUIC_V1])))).toMatchObject({ type: "foreign" });
		const half = { dcid: initialOf(probe).scid, scid: SERVER_ID, versions: [QUIC_V2] };
		expect(quic.match(context, datagram(encodeQuicVersionNegotiation(half)))).toMatchObject({ type: "foreign" });
	});
});
