import { describe, expect, it } from "vitest";
import { turn, twoEnds } from "./call-ends.fixture.ts";

const TRICKLE = { a: { ice: "trickle" }, b: { ice: "trickle" } } as const;

describe("candidates by INFO", () => {
	it("half of it: the offer has all, the answer none yet, and each INFO repeats what was told before", async () => {
		const { a, agents, b, log, sdp } = twoEnds(TRICKLE);
		a.describe();
		a.candidates(a.line(4000));
		await turn();
		expect(log).toEqual(["B REGISTER"]);
		a.complete();
		b.describe();
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
		expect(sdp("A INVITE")).toContain("a=ice-options:ice2 trickle whither-path\r\n");
		expect(sdp("B 183")).toContain("m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n");
		b.candidates(b.line(4000));
		await turn();
		b.candidates(b.line(4001, "srflx"), b.line(4002, "relay"));
		b.complete();
		await turn();
		expect(sdp("B INFO").split("\r\n")).toEqual([
			...["a=ice-ufrag:bbbb", `a=ice-pwd:${"bbbb".repeat(6)}`, "a=end-of-candidates", "m=audio 9 RTP/AVP 0"],
			...["a=mid:audio", `a=${b.line(4000)}`, `a=${b.line(4001, "srflx")}`, `a=${b.line(4002, "relay")}`, ""],
		]);
		expect(a.heard).toMatchObject([
			{ type: "description", ufrag: "bbbb" },
			{ type: "candidates", lines: [b.line(4000)] },
			{ type: "candidates", lines: [b.line(4001, "srflx"), b.line(4002, "relay")] },
			{ type: "endOfCandidates" },
		]);
		expect(log.filter((line) => line === "A INFO")).toEqual([]);
		// What was told is not told again for an INFO of the other end's.
		expect(log.filter((line) => line === "B INFO")).toHaveLength(3);
		const body = { type: "application/trickle-ice-sdpfrag", text: "a=ice-ufrag:aaaa\r\n" };
		agents.say(1, { kind: "info", call: 1, package: "trickle-ice", body });
		await turn();
		expect(log.filter((line) => line === "B INFO")).toHaveLength(3);
	});

	it("a callee that does not trickle answers a caller that does once it has all", async () => {
		const { a, b, log } = twoEnds({ a: { ice: "trickle" } });
		a.saysAll();
		b.describe();
		b.candidates(b.line(4000));
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE"]);
		b.complete();
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
	});

	it("all of it, where the other end is known to trickle: the offer waits for nothing", async () => {
		const { a, b, log, sdp } = twoEnds({ ...TRICKLE, a: { ice: "trickle", peerTrickles: true } });
		b.describe();
		a.describe();
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
		expect(sdp("A INVITE")).toContain("m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=mid:audio\r\n");
		a.candidates(a.line(4000));
		a.complete();
		await turn();
		expect(log.slice(3)).toEqual(["A INFO", "A INFO"]);
		expect(b.types).toEqual(["description", "candidates", "endOfCandidates"]);
	});

	it("is said to nobody who does not trickle: the answer then waits for all", async () => {
		const { a, b, log, sdp } = twoEnds({ b: { ice: "trickle" } });
		a.saysAll();
		b.describe();
		b.candidates(b.line(4000));
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE"]);
		b.complete();
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
		expect(sdp("B 183")).toContain(`a=${b.line(4000)}`);
		expect(a.types).toEqual(["description", "candidates", "endOfCandidates"]);
	});

	it("waits for an INFO of the caller's, where 183 is not acknowledged (RFC 8840, 4.3.1)", async () => {
		const { a, b, log } = twoEnds({ ...TRICKLE, reliable: false });
		b.describe();
		a.saysAll();
		await turn();
		// The caller's has nothing new in it.
		expect(log.slice(1)).toEqual(["A INVITE", "B 183", "A INFO"]);
		b.candidates(b.line(4000));
		b.complete();
		await turn();
		expect(log.slice(4)).toEqual(["B INFO", "B INFO"]);
		expect(b.types).toEqual(["description", "candidates", "endOfCandidates"]);
	});

	it("of another generation, of another package, or no fragment at all says nothing", async () => {
		const { a, b, agents } = twoEnds(TRICKLE);
		a.saysAll();
		b.describe();
		await turn();
		const fragment = (ufrag: string) =>
			`a=ice-ufrag:${ufrag}\r\na=ice-pwd:${"bbbb".repeat(6)}\r\nm=audio 9 RTP/AVP 0\r\na=mid:audio\r\na=${b.line(9)}\r\n`;
		const type = "application/trickle-ice-sdpfrag";
		const info = { kind: "info", call: 1, package: "trickle-ice" } as const;
		agents.say(0, { ...info, body: { type, text: fragment("other") } });
		agents.say(0, { ...info, package: "dtmf", body: { type, text: fragment("bbbb") } });
		agents.say(0, { ...info, body: { type: "text/plain", text: fragment("bbbb") } });
		agents.say(0, { ...info, body: { type, text: "?" } });
		await turn();
		expect(a.types).toEqual(["description"]);
		agents.say(0, { ...info, body: { type, text: fragment("bbbb") } });
		await turn();
		expect(a.types).toEqual(["description", "candidates"]);
	});
});
