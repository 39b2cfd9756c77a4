import type { IceConnectionEvent } from "@whither/net/ice";
import { natKind, natWorld } from "@whither/sim";
import { formatIceCandidate, isDecodeError, parseIceCandidate } from "@whither/wire";
import { describe, expect, test } from "vitest";
import type { MeetEvent } from "../events.ts";
import type { DescriptionMessage } from "../signalling/message.ts";
import { messagesOf, offerOf } from "../signalling/sdp.ts";
import { simulatedMeet } from "../simulated.ts";
import type { MeetIce } from "../world.ts";
import { openVisit, type Visit } from "./visit.ts";

/** A browser at home behind a NAT, and a server that is `srv` of the scenario. */
function scene() {
	const scenario = natWorld({ a: natKind("port-restricted"), b: natKind("no NAT") });
	const [browserWorld, plainWorld] = simulatedMeet(scenario, { hosts: ["lanA", "lanB"], server: "srv" });
	/** The server's agent says once more that a pair was selected: another. */
	let reselect = (): void => {};
	const world: typeof plainWorld = {
		...plainWorld,
		openIce: (asked, listener) =>
			plainWorld.openIce(asked, {
				...listener,
				event: (event, at) => {
					listener.event(event, at);
					if (event.kind !== "selected") return;
					reselect = () => listener.event({ ...event, pair: { ...event.pair, id: event.pair.id + 1_000 } }, at);
				},
			}),
	};
	const told: MeetEvent[] = [];
	const heard: IceConnectionEvent[] = [];
	let gathered = (): void => {};
	const complete = new Promise<void>((resolve) => {
		gathered = resolve;
	});
	const lines: string[] = [];
	const ice = browserWorld.openIce(
		{ role: "controlling", pacingMs: 20 },
		{
			event: (event) => {
				heard.push(event);
				if (event.kind === "candidate") lines.push(formatIceCandidate(event.line));
				if (event.kind === "gathered") gathered();
			},
			data: () => {},
		},
	);
	const offer = () => {
		const { ufrag, pwd, options, pacingMs, lite } = ice.own;
		const description: DescriptionMessage = { type: "description", tool: "", ufrag, pwd, options, pacingMs, lite };
		return offerOf({ description, lines: [], isComplete: false });
	};
	const order = { tool: "Firefox 140", world, tell: (event: MeetEvent) => told.push(event) };
	return { ice, offer, order, told, heard, lines, complete, reselect: () => reselect() };
}

function hearAnswer(ice: MeetIce, sdp: string): void {
	for (const message of messagesOf(sdp, "") ?? []) {
		if (message.type === "description") ice.peer(message);
		else if (message.type === "candidates") ice.addRemote(message.lines.map((line) => ({ line: read(line) })));
		else ice.endOfRemote();
	}
}

function read(text: string) {
	const line = parseIceCandidate(text);
	if (isDecodeError(line)) throw new Error(text);
	return line;
}

describe("a visit", () => {
	test("connects, is traced, lasts until it is ended, and is a document then", async () => {
		const { ice, offer, order, told, lines, complete } = scene();
		const visit: Visit = openVisit({ ...order, offer: offer() });
		hearAnswer(ice, await visit.answer);
		await complete;
		expect(visit.candidates(lines)).toBe(true);
		expect(visit.candidates([])).toBe(true);
		while (!told.some(({ kind }) => kind === "path")) await new Promise((resolve) => setImmediate(resolve));
		await visit.close();
		const result = await visit.result;
		expect(result).toMatchObject({
			...{ schema: "whither.meet/1", connected: true, role: "controlled", peerTool: "Firefox 140" },
			...{ outcome: { code: "interrupted" }, stopReason: "interrupted", reversePathMissing: { code: "otherProgram" } },
		});
		expect(result.path?.reached).toBe(true);
		expect(result.selected?.remote.type).toBe("prflx");
		expect(told.map(({ kind }) => kind)).toContain("selected");
		await ice.close();
	});

	test.each([
		{ when: "meanwhile", traces: 2, warnings: [] },
		{ when: "later", traces: 1, warnings: [{ code: "pairChanged" }] },
	])("traces the pair that takes over meanwhile, and tells of one that does later: $when", async (expected) => {
		const isLater = expected.when === "later";
		const { ice, offer, order, told, lines, complete, reselect } = scene();
		const traced = () => told.some(({ kind }) => kind === "path");
		let traces = 0;
		const tracePath: typeof order.world.tracePath = async (...asked) => {
			const path = await order.world.tracePath(...asked);
			traces++;
			if (!isLater) reselect();
			return path;
		};
		const visit = openVisit({ ...order, world: { ...order.world, tracePath }, offer: offer() });
		hearAnswer(ice, await visit.answer);
		await complete;
		visit.candidates(lines);
		while (!traced()) await new Promise((resolve) => setImmediate(resolve));
		if (isLater) reselect();
		await visit.close();
		expect({ ...expected, traces, warnings: (await visit.result).warnings }).toEqual(expected);
		await ice.close();
	});

	test("that never checks anything ends by itself, untraced", async () => {
		const { ice, offer, order, told } = scene();
		const visit = openVisit({ ...order, offer: offer() });
		await visit.answer;
		const result = await visit.result;
		expect(result).toMatchObject({ connected: false, path: null, pathMissing: { code: "notConnected" } });
		expect(told.some(({ kind }) => kind === "path")).toBe(false);
		await Promise.all([visit.close(), ice.close()]);
	});

	test("tells of no more candidates than a browser has", async () => {
		const { ice, offer, order } = scene();
		const visit = openVisit({ ...order, offer: offer() });
		const line = "candidate:1 1 udp 2130706431 203.0.113.7 50000 typ host";
		expect(visit.candidates(Array.from({ length: 24 }, () => line))).toBe(true);
		expect(visit.candidates([line])).toBe(false);
		await Promise.all([visit.close(), ice.close()]);
	});

	test.each(["", "v=0", "hello\r\n", offerOfAudio()])("is refused where its offer is none: %j", (offer) => {
		const { order, ice } = scene();
		expect(() => openVisit({ ...order, offer })).toThrow("no offer of a data channel");
		return ice.close();
	});
});

function offerOfAudio(): string {
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";
}
