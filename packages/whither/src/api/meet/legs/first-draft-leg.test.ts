import type { FirstDraftStream } from "@whither/core";
import type { FirstDraftConnection, FirstDraftConnectionEvent } from "@whither/net/ice";
import type { SdpAlt } from "@whither/wire";
import { expect, test } from "vitest";
import type { AlternativesMessage, MeetMessage } from "../signalling/message.ts";
import { FirstDraftLeg } from "./first-draft-leg.ts";

const alternative = (end: string, id: string): SdpAlt => ({
	...{ id, q: 1, derivedFrom: null, username: `${end}user${id}`, password: `${end}secret${id}`, rtcp: null },
	at: { address: "192.0.2.1", port: 5000 },
});

const described = (end: string, ids: readonly string[]): FirstDraftStream => ({
	...{ destination: { address: "192.0.2.1", port: 5000 }, rtcp: null },
	alternatives: ids.map((id) => alternative(end, id)),
});

/** A leg over an agent that a test plays. */
function opened() {
	const said: MeetMessage[] = [];
	const told: (readonly (FirstDraftStream | null)[])[] = [];
	let tell = (_event: FirstDraftConnectionEvent): void => {};
	const connection: FirstDraftConnection = {
		...{ state: "new", role: "controlling", pairs: [], description: null, shown: { send: false, receive: false } },
		...{ now: () => 0, send: () => {}, flow: () => null, close: () => Promise.resolve() },
		peer: (streams) => void told.push(streams),
	};
	const order = {
		role: "controlling",
		ice: {},
		traces: true,
		say: (message: MeetMessage) => void said.push(message),
	} as const;
	const nothing = {
		event: () => {},
		data: () => {},
		shown: () => {},
		world: { openIce: () => Promise.reject() as never },
	};
	const leg = new FirstDraftLeg({ ...order, ...nothing }, (_, listener) => {
		tell = (event) => listener.event(event, 0);
		return connection;
	});
	const describe = (stream: FirstDraftStream, cycle: boolean) =>
		tell({ kind: "description", streams: [stream], cycle });
	return { leg, said, told, describe };
}

test("both ends seal what they exchange under all credentials that each has told first, and nobody who knows less can", () => {
	const [a, b] = [opened(), opened()];
	a.describe(described("a", ["2", "1"]), false);
	b.describe(described("b", ["7"]), false);
	const [first, other] = [a, b].map(({ said }) => said[0]) as AlternativesMessage[];
	if (first === undefined || other === undefined) throw new Error("nothing was said");
	b.leg.hear({ ...first, alternatives: first.alternatives.toReversed() });
	a.leg.hear(other);
	expect(a.leg.secrets).toEqual({
		own: { ufrag: "auser1 auser2", pwd: "asecret1 asecret2" },
		peer: { ufrag: "buser7", pwd: "bsecret7" },
	});
	expect(b.leg.secrets).toEqual({ own: a.leg.secrets?.peer, peer: a.leg.secrets?.own });
	// What is learned later changes nothing: the other end may not have heard of it yet.
	a.describe(described("a", ["1", "2", "3"]), true);
	expect(a.leg.secrets?.own.pwd).toBe("asecret1 asecret2");
	expect(a.said).toHaveLength(2);
});

test("what modern ICE says is of no use to it, and what stands beside that is", () => {
	const { leg, told } = opened();
	const modern = { ufrag: "abcd", pwd: "x".repeat(22), options: [], pacingMs: null, lite: false };
	leg.hear({ type: "description", tool: "Phone 1", ...modern });
	expect([leg.peer, told]).toEqual([null, []]);
	const destination = { address: "192.0.2.9", port: 7000 };
	leg.hear({ type: "destination", tool: "Phone 1", destination, rtcp: null, speaks: "modern" });
	expect(leg.peer).toMatchObject({ tool: "Phone 1", ice: "none", otherIce: "modern", traces: false });
	expect([told, leg.secrets]).toEqual([[[{ destination, rtcp: null, alternatives: [] }]], null]);
});
