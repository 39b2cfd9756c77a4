import { describe, expect, it } from "vitest";
import { turn, twoEnds } from "./call-ends.fixture.ts";

describe("a call by modern ICE", () => {
	it("offers all candidates at once, is answered in 183, and rings once both ways are proved", async () => {
		const { a, b, log, sdp, time } = twoEnds();
		b.saysAll();
		a.describe();
		a.candidates(a.line(4000));
		await turn();
		expect(log).toEqual(["B REGISTER"]);
		a.complete();
		await turn();
		expect(log).toEqual(["B REGISTER", "A INVITE", "B 183"]);
		expect(sdp("A INVITE").split("\r\n")).toEqual([
			...["v=0", "o=- 7 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-pacing:5", "a=ice-options:ice2 whither-path"],
			...["m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.1", "a=mid:audio", "a=ice-ufrag:aaaa"],
			...[`a=ice-pwd:${"aaaa".repeat(6)}`, `a=${a.line(4000)}`, "a=end-of-candidates", "a=rtcp-mux"],
			...["a=rtpmap:0 PCMU/8000", "a=sendrecv", ""],
		]);
		expect(sdp("B 183")).toContain("a=rtcp-mux");
		expect([a.types, b.types]).toEqual(
			Array.from({ length: 2 }, () => ["description", "candidates", "endOfCandidates"]),
		);
		expect(b.heard[0]).toMatchObject({ tool: "phone A", ufrag: "aaaa", options: ["ice2", "whither-path"] });
		a.prove();
		b.prove(true, false);
		await turn();
		expect(log.at(-1)).toBe("B 183");
		await time.pass(40);
		b.prove();
		await turn();
		expect(log.slice(3)).toEqual(["B 180", "B 200"]);
		expect(a.call).toEqual({
			...{ direction: "out", own: "sip:a@example.com", peer: "sip:b@example.com", status: 200 },
			...{ ringMs: 40, answeredMs: 40, precondition: "none", userAgent: "phone B" },
		});
		expect(b.call).toMatchObject({ direction: "in", peer: "sip:a@example.com", status: 200, userAgent: "phone A" });
		expect([a.signalling.role, b.signalling.role, time.waits]).toEqual(["controlling", "controlled", 0]);
	});

	it("where nothing is acknowledged, the 183 is said again until a check comes, and the 200 has its answer too", async () => {
		const { a, b, log, sdp, time } = twoEnds({ reliable: false });
		a.saysAll();
		b.saysAll();
		await turn();
		await time.pass(2_000);
		expect(log.filter((line) => line === "B 183")).toHaveLength(3);
		expect(a.types).toEqual(["description", "candidates", "endOfCandidates"]);
		b.prove(false, true);
		await time.pass(60_000);
		expect(log.filter((line) => line === "B 183")).toHaveLength(3);
		b.prove();
		await turn();
		expect(log.slice(-2)).toEqual(["B 180", "B 200"]);
		expect(sdp("B 200")).toBe(sdp("B 183"));
		expect(time.waits).toBe(0);
	});

	it("ends with a BYE that says why, and the other end hears it", async () => {
		const { a, b, log } = twoEnds();
		a.saysAll();
		b.saysAll();
		await turn();
		a.prove();
		b.prove();
		await turn();
		a.signalling.send({ type: "bye", why: "all was traced" });
		await a.signalling.close();
		await turn();
		expect(log.slice(-2)).toEqual(["A BYE", "A closed"]);
		expect(b.heard.at(-1)).toEqual({ type: "bye", why: "all was traced" });
		expect([a.failure, b.failure]).toEqual([undefined, null]);
	});

	it("is cancelled by who stops before there is a way", async () => {
		const { a, b, log } = twoEnds();
		a.saysAll();
		b.saysAll();
		await turn();
		a.signalling.send({ type: "bye", why: "stopped" });
		await a.signalling.close();
		await turn();
		expect(log.slice(-2)).toEqual(["A CANCEL", "A closed"]);
		expect(b.failure).toBeNull();
		b.prove();
		await turn();
		expect(log).not.toContain("B 180");
	});

	it("is accepted before it ends, where the way was proved already", async () => {
		const { a, b, log } = twoEnds();
		a.saysAll();
		b.saysAll();
		await turn();
		a.prove();
		const closing = a.signalling.close();
		await turn();
		expect(log.at(-1)).toBe("B 183");
		b.prove();
		await closing;
		expect(log.slice(-4)).toEqual(["B 180", "B 200", "A BYE", "A closed"]);
	});

	it("is refused by a callee that goes without a way", async () => {
		const { a, b, log } = twoEnds();
		a.saysAll();
		b.saysAll();
		await turn();
		await b.signalling.close();
		await turn();
		expect(log.slice(-2)).toEqual(["B 480", "B closed"]);
		expect([a.heard.at(-1), a.failure, a.call?.status]).toEqual([{ type: "bye", why: "480" }, null, 480]);
	});
});
