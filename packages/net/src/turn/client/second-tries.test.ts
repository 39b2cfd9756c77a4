import { describe, expect, it } from "vitest";
import type { RelayOrder } from "./relay-io.ts";
import { orderAt, placeAfter } from "./second-tries.ts";

const server = { address: "192.0.2.1", port: 3478 };
const alternate = { address: "192.0.2.2", port: 3479 };
const order = (more: Partial<RelayOrder> = {}): RelayOrder => ({ server, transport: "udp", ...more });
const nowhere = { alternate: null, alternateDomain: null, mayFollow: false } as const;
const failed = { kind: "failed", error: null, ...nowhere, unknownAttributes: [] } as const;
const known = { ...failed, why: "allocationMismatch" } as const;
const sent = { ...failed, why: "redirected", alternate } as const;

describe("an allocation that the server has on our port already (437)", () => {
	it("is asked for from two other ports at most", () => {
		expect(placeAfter(known, order(), [server])).toEqual(server);
		expect(placeAfter(known, order(), [server, server])).toEqual(server);
		expect(placeAfter(known, order(), [server, server, server])).toBeNull();
	});

	it("is not asked for from another where the port was chosen for us", () => {
		expect(placeAfter(known, order({ sourcePort: 5000 }), [server])).toBeNull();
	});
});

describe("another server that we are sent to (300)", () => {
	it("is asked where TLS vouches for it, or whoever asks does not mind", () => {
		expect(placeAfter(sent, order({ transport: "tls" }), [server])).toEqual(alternate);
		expect(placeAfter(sent, order({ transport: "tcp", followUnprotected: true }), [server])).toEqual(alternate);
		expect(placeAfter(sent, order({ transport: "tcp" }), [server])).toBeNull();
	});

	it("is asked over TCP where core's client says that it may be, for the answer was signed", () => {
		expect(placeAfter({ ...sent, mayFollow: true }, order({ transport: "tcp" }), [server])).toEqual(alternate);
	});

	it("is not asked twice, nor one too many, nor one that a server cannot be", () => {
		const tls = order({ transport: "tls" });
		expect(placeAfter(sent, tls, [alternate, server])).toBeNull();
		expect(placeAfter({ ...sent, alternate: { address: "192.0.2.3", port: 1 } }, tls, [alternate, server])).toBeNull();
		const more = order({ transport: "tls", redirects: 2 });
		const third = { address: "192.0.2.3", port: 1 };
		expect(placeAfter({ ...sent, alternate: third }, more, [alternate, server])).toEqual(third);
		for (const address of ["127.0.0.1", "::1", "224.0.0.1"])
			expect(placeAfter({ ...sent, alternate: { address, port: 1 } }, tls, [server])).toBeNull();
	});

	it("is to have a certificate for the name that it was sent with, for the same name as before, or for its address", () => {
		const tls = (more: Partial<RelayOrder> = {}) => order({ transport: "tls", ...more });
		const named = { ...sent, alternateDomain: "other.example" };
		expect(orderAt(alternate, named, tls({ serverName: "turn.example" }))).toMatchObject({
			serverName: "other.example",
		});
		expect(orderAt(alternate, sent, tls({ serverName: "turn.example" }))).toMatchObject({ serverName: "turn.example" });
		for (const one of [tls({ serverName: server.address }), tls()])
			expect(orderAt(alternate, sent, one)).toMatchObject({ server: alternate, serverName: alternate.address });
	});

	it("is left to the machine over UDP", () => {
		expect(placeAfter(sent, order({ followUnprotected: true }), [server])).toBeNull();
	});
});

it("any other refusal is the end", () => {
	expect(placeAfter({ ...failed, why: "quotaReached" }, order(), [server])).toBeNull();
});
