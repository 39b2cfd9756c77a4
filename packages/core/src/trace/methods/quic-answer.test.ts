import { encodeStatelessReset, QUIC_V2, quicFrame } from "@whither/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reply } from "../channel.ts";
import {
	ACK,
	datagram,
	expectProbe,
	HELLO,
	handshakeOf,
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

describe("an Initial of the target", () => {
	it.each([{}, { v2: true }] as const)("is decrypted, and says what it holds: %o", (options) => {
		const context = quicContext({ options });
		const ecn = { ect0: 1, ect1: 0, ce: 2 };
		const frames = [quicFrame("ackEcn", { ...ACK, ecn }), quicFrame("crypto", { offset: 0, data: HELLO })];
		const answer = serverInitial(payloadOf(context, 12), frames);
		const handshake = handshakeOf(answer, 0);
		const { farewell, ...match } = expectProbe(quic.match(context, datagram(Uint8Array.of(...answer, ...handshake))));
		expect(farewell).toBeDefined();
		expect(match).toEqual({
			type: "probe",
			sequence: 12,
			meaning: {
				kind: "quic",
				place: "target",
				detail: {
					packet: "initial",
					version: options.v2 === true ? "v2" : "v1",
					serverHello: true,
					ecn,
					handshake: true,
				},
			},
		});
		expect(quic.match(context, datagram(handshake))).toMatchObject({
			sequence: 12,
			meaning: { detail: { packet: "handshake" } },
		});
	});

	it("shows why the connection was refused", () => {
		const context = quicContext();
		const close = quicFrame("connectionClose", { errorCode: 0x178, frameType: 6, reason: "no ALPN" });
		const match = quic.match(context, datagram(serverInitial(payloadOf(context, 4), [close])));
		expect(match).toMatchObject({
			sequence: 4,
			meaning: {
				detail: { close: { error: "CRYPTO_ERROR (no_application_protocol)", code: 0x178, reason: "no ALPN" } },
			},
		});
	});

	it("is foreign with other keys, another ID, from another address or port", () => {
		const context = quicContext();
		const probe = payloadOf(context, 4);
		const frames = [quicFrame("ping", null)];
		const answer = serverInitial(probe, frames);
		const reason = (reply: Reply) => {
			const match = quic.match(context, reply);
			return match.type === "foreign" ? match.reason : match.type;
		};
		expect(reason(datagram(answer))).toBe("probe");
		expect(reason(datagram(serverInitial(probe, frames, SERVER_ID)))).toBe("otherKey");
		expect(reason(datagram(serverInitial(payloadOf(quicContext({ key: 9 }), 4), frames)))).toBe("otherKey");
		expect(reason(datagram(answer, { from: "203.0.113.8" }))).toBe("otherTarget");
		expect(reason(datagram(answer, { sourcePort: 444 }))).toBe("otherPort");
		expect(reason(datagram(answer, { destinationPort: 4 }))).toBe("otherPort");
	});
});

describe("other datagrams", () => {
	const context = quicContext();
	const probe = payloadOf(context, 6);

	it("calls a short header a reset of the flow, and one with our ID the probe's own", () => {
		const reset = encodeStatelessReset(new Uint8Array(20).fill(3), new Uint8Array(16));
		expect(quic.match(context, datagram(reset))).toMatchObject({
			type: "flow",
			meaning: { detail: { packet: "reset" } },
		});
		const oneRtt = Uint8Array.of(0x40, ...initialOf(probe).scid, 1, 2, 3);
		expect(quic.match(context, datagram(oneRtt))).toMatchObject({
			type: "probe",
			sequence: 6,
			meaning: { detail: { packet: "oneRtt" } },
		});
	});

	it("gives a verdict on every answer cut short, and never believes half an Initial or a Retry", () => {
		const answer = serverInitial(probe, [quicFrame("ack", ACK), quicFrame("crypto", { offset: 0, data: HELLO })]);
		for (const whole of [answer, retryTo(probe), negotiationTo(probe, [QUIC_V2, 5])]) {
			for (let length = 0; length < whole.length; length++) {
				const match = quic.match(context, datagram(whole.subarray(0, length)));
				if ((whole[0] ?? 0) === 0xc0 && match.type !== "foreign") expect(match.type).toBe("again");
				else expect(match.type).toBe("foreign");
			}
		}
	});

	it("gives a verdict on any bytes at all", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
				expect(["flow", "foreign"]).toContain(quic.match(context, datagram(bytes)).type);
				expect(["flow", "foreign"]).toContain(quic.match(context, timeExceeded(bytes)).type);
			}),
		);
	});
});
