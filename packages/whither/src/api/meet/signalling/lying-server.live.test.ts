import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { openRendezvous } from "./open-rendezvous.ts";
import { isSignallingFailure, type SignallingFailure } from "./signalling.ts";

const ending: (() => unknown)[] = [];
afterEach(() => {
	for (const end of ending.splice(0)) end();
});

const ROOM = {
	protocol: "whither.rendezvous/1",
	room: "7",
	expiresAt: "2026-01-01T00:00:00Z",
	offered: { stun: [], turn: [] },
};

/** A server that answers to POST with this, and to GET with what `stream` writes. */
async function lying(
	answer: (response: ServerResponse) => void,
	stream: (response: ServerResponse) => void = () => {},
) {
	const server = createServer((request, response) => {
		request.resume();
		if (request.method === "POST") return answer(response);
		response.writeHead(200, { "Content-Type": "text/event-stream" });
		stream(response);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	ending.push(() => {
		server.closeAllConnections();
		server.close();
	});
	const address = server.address();
	return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

const says =
	(json: unknown, status = 201) =>
	(response: ServerResponse) =>
		response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(json));

/** What becomes of a room whose stream says that. */
async function endOf(text: string): Promise<SignallingFailure | null> {
	const url = await lying(says(ROOM), (response) => response.write(text));
	const rendezvous = await openRendezvous({ url });
	if (isSignallingFailure(rendezvous)) throw new Error(JSON.stringify(rendezvous));
	ending.push(() => rendezvous.close());
	return new Promise((resolve) => {
		rendezvous.signalling({ met: () => {}, message: () => {}, closed: resolve });
	});
}

describe("a rendezvous server that lies", () => {
	it("is no rendezvous where its answer is none", async () => {
		const answers: readonly ((response: ServerResponse) => void)[] = [
			says({ ...ROOM, protocol: "whither.rendezvous/9" }),
			says({}),
			says("x".repeat(2_000_000)),
			(response) => response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>It works</h1>"),
			(response) => response.writeHead(302, { Location: "http://127.0.0.1:1/" }).end(),
			says({ error: "later" }, 500),
		];
		for (const answer of answers)
			expect(await openRendezvous({ url: await lying(answer) })).toMatchObject({ code: "notRendezvous" });
		expect(await openRendezvous({ url: await lying((response) => response.destroy()) })).toMatchObject({
			code: "unreachable",
		});
		const other = await lying(says({ ...ROOM, room: "8", share: "AAAA" }, 200));
		expect(await openRendezvous({ url: other, code: "7-otter-velvet" })).toMatchObject({ code: "notRendezvous" });
		const noPoint = await lying(says({ ...ROOM, share: "AAAA" }, 200));
		expect(await openRendezvous({ url: noPoint, code: "7-otter-velvet" })).toEqual({ code: "tampered", room: "7" });
	});

	it("is found out where its events are none of the other end's", async () => {
		const tampered = { code: "tampered", room: "7" };
		expect(await endOf("id: 2\ndata: AAAA\n\n")).toEqual(tampered);
		expect(await endOf("id: x\ndata: AAAA\n\n")).toEqual(tampered);
		expect(await endOf("id: 1\ndata: AAAA\n\n")).toEqual(tampered);
		expect(await endOf("id: 1\ndata: <html>\n\n")).toEqual(tampered);
		expect(await endOf(`id: 1\ndata: ${"A".repeat(70_000)}\n\n`)).toEqual(tampered);
		expect(await endOf("data: AAAA\n\nid: 1\nevent: end\ndata: later\n\n")).toMatchObject({ code: "serverEnded" });
		expect(await endOf("id: 1\nevent: end\ndata: left\n\n")).toBeNull();
	});
});
