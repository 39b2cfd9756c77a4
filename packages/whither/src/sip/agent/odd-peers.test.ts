import { SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { A, ALL, ANSWER, answer, ask, B, calling, field, OFFER, peer, SDP, statusOf } from "./odd-peer.fixture.ts";

describe("who calls us", () => {
	function called(more = SDP + ALL, body = "one") {
		const all = peer();
		all.a.react = (event) => {
			if (event.kind === "incoming")
				all.network.step(all.a, { type: "respond", call: event.call, status: 200, body: ANSWER });
		};
		all.say(ask("INVITE", 1, more, undefined, body));
		all.network.run(all.network.now + 50_000_000);
		const to = field(all.heard[1], "To");
		return { ...all, to };
	}

	it("gets its 2xx again until it acknowledges it, and BYE where it never does", () => {
		const one = called();
		one.network.run(2 * SECOND);
		expect(one.heard.map(statusOf)).toEqual(["100", "200", "200", "200"]);
		one.say(ask("ACK", 1, "", one.to));
		one.network.run(20 * SECOND);
		expect(one.heard).toHaveLength(4);
		expect(one.a.events.map(({ kind }) => kind)).toEqual(["incoming", "accepted"]);
		const other = called();
		other.network.run();
		expect(other.a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "timeout" } });
		expect(other.heard.some((text) => text.startsWith("BYE"))).toBe(true);
	});

	it("hears no BYE of ours before its ACK", () => {
		const { network, a, heard, say, to } = called();
		network.step(a, { type: "hangUp", call: -1 });
		network.run(3 * SECOND);
		expect(heard.some((text) => text.startsWith("BYE"))).toBe(false);
		say(ask("INFO", 2, "", to));
		network.run(network.now + SECOND / 10);
		expect(statusOf(heard.at(-1))).toBe("481");
		say(ask("ACK", 7, "", to));
		network.run(4 * SECOND);
		expect(heard.some((text) => text.startsWith("BYE"))).toBe(false);
		say(ask("ACK", 1, "", to));
		network.run(5 * SECOND);
		expect(heard.some((text) => text.startsWith("BYE"))).toBe(true);
	});

	it("may offer in its ACK's stead: an INVITE without an offer is answered by ours", () => {
		const { network, a, heard, say, to } = called("", "");
		expect(heard[1]).toMatch(/\r\n\r\ntwo$/);
		say(ask("ACK", 1, SDP, to, "three"));
		expect(a.events).toMatchObject([
			{ kind: "incoming", offer: null },
			{ kind: "accepted", answer: { text: "three" } },
		]);
		say(ask("INVITE", 2, "", to));
		network.run(network.now + SECOND / 10);
		expect(heard.at(-1)).toMatch(/^SIP\/2.0 200 [\s\S]*two$/);
		say(ask("ACK", 2, SDP, to, "four"));
		expect(a.events.at(-1)).toMatchObject({ kind: "answer", body: { text: "four" } });
	});

	it("may take back an INVITE within the call that nobody has answered yet", () => {
		const { network, a, heard, say, to } = called();
		say(ask("ACK", 1, "", to));
		const invite = ask("INVITE", 2, "", to);
		say(invite.replace(/\n$/, `${SDP}\nthree`));
		say(invite.replaceAll("INVITE", "CANCEL"));
		network.run(network.now + SECOND / 10);
		expect(heard.slice(2).map((text) => `${statusOf(text)} ${field(text, "CSeq")}`)).toEqual([
			"100 2 INVITE",
			"200 2 CANCEL",
			"487 2 INVITE",
		]);
		network.step(a, { type: "answer", call: -1, body: ANSWER });
		expect(network.ignored).toContain("noOffer");
	});

	it.each(["they", "we"])("hears what becomes of its offer where %s end the call meanwhile", (who) => {
		const { network, a, heard, say, to } = called();
		say(ask("ACK", 1, "", to));
		const invite = ask("INVITE", 2, "", to);
		say(invite.replace(/\n$/, `${SDP}\nthree`));
		if (who === "they") say(ask("BYE", 3, "", to));
		else network.step(a, { type: "hangUp", call: -1 });
		network.run(network.now + SECOND / 10);
		expect(heard.map((text) => `${statusOf(text)} ${field(text, "CSeq")}`)).toContain("487 2 INVITE");
		say(invite.replaceAll("INVITE", "ACK"));
		if (who === "we")
			say(
				answer(
					heard.find((text) => text.startsWith("BYE")),
					200,
				),
			);
		network.step(a, { type: "close" });
		expect(a.events.at(-1)).toEqual({ kind: "closed" });
	});

	it("is refused what comes too late, and told what the agent does not know of the call", () => {
		const { network, heard, say, to } = called();
		say(ask("ACK", 1, "", to));
		for (const [method, seq] of [
			["OPTIONS", 3],
			["OPTIONS", 3],
			["OPTIONS", 2],
			["MESSAGE", 4],
			["PRACK", 5],
			["UPDATE", 6],
		] as const)
			say(ask(method, seq, "", to));
		network.run(network.now + SECOND / 10);
		expect(heard.slice(2).map(statusOf)).toEqual(["200", "500", "500", "405", "481", "200"]);
	});

	it("moves by a new Contact, and our requests follow", () => {
		const { network, a, heard, say, to } = called();
		say(ask("ACK", 1, "", to));
		say(ask("UPDATE", 2, "", to).replace(`Contact: <sip:b@${B}>`, `Contact: <sip:moved@${B}:5070>`));
		network.step(a, { type: "hangUp", call: -1 });
		network.run(network.now + SECOND / 10);
		expect(heard.at(-1)).toMatch(/^BYE sip:moved@192.0.2.2:5070 SIP/);
	});

	it("may be of RFC 2543: an ACK of its 2xx has all that its INVITE had", () => {
		const all = peer();
		const old = (method: string, to: string) =>
			ask(method, 1, SDP, to, "one")
				.replace(/;branch=\w+/, "")
				.replace("From: <sip:b@192.0.2.2>;tag=b", `From: sip:b@${B}`);
		all.say(old("INVITE", `<sip:user@${A}>`));
		all.network.step(all.a, { type: "respond", call: -1, status: 200, body: ANSWER });
		all.network.run(SECOND / 10);
		all.say(old("ACK", field(all.heard[1], "To")));
		expect(all.a.events.map(({ kind }) => kind)).toEqual(["incoming", "accepted"]);
	});

	it("goes by BYE before there is an answer, and by its own Expires", () => {
		const { network, a, heard, say } = peer();
		say(ask("INVITE", 1, SDP, undefined, "one"));
		network.step(a, { type: "respond", call: -1, status: 180 });
		network.run(SECOND / 10);
		say(ask("BYE", 2, "", field(heard[1], "To")));
		network.run(SECOND / 5);
		expect(heard.map(statusOf)).toEqual(["100", "180", "200", "487"]);
		expect(a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "hungUp", by: "them" } });
		const other = peer();
		other.say(ask("INVITE", 1, `${SDP}Expires: 30\n`, undefined, "one"));
		other.network.run(31 * SECOND);
		expect(other.a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "timeout" } });
	});

	it("hears every minute that it still rings", () => {
		const { network, a, heard, say } = peer();
		say(ask("INVITE", 1, SDP, undefined, "one"));
		network.step(a, { type: "respond", call: -1, status: 180 });
		network.run(150 * SECOND);
		expect(heard.map(statusOf)).toEqual(["100", "180", "180", "180"]);
	});

	it("hears so by the next RSeq where it is told reliably, and the owner hears of the first alone", () => {
		const { network, a, heard, say } = peer();
		say(ask("INVITE", 1, SDP + ALL, undefined, "one"));
		network.step(a, { type: "respond", call: -1, status: 183, reliable: true, body: ANSWER });
		for (let minute = 0; minute < 5; minute++) {
			network.run((minute * 61 + 1) * SECOND);
			const [last = ""] = heard.filter((text) => statusOf(text) === "183").slice(-1);
			say(ask("PRACK", 2 + minute, `RAck: ${field(last, "RSeq")} 1 INVITE\n`, field(last, "To")));
		}
		const rseqs = new Map(
			heard
				.filter((text) => statusOf(text) === "183")
				.map((text) => [Number(field(text, "RSeq")), text.endsWith("two")]),
		);
		const [first = 0] = rseqs.keys();
		expect([...rseqs]).toEqual([0, 1, 2, 3, 4].map((index) => [first + index, index === 0]));
		expect(a.events.map(({ kind }) => kind)).toEqual(["incoming", "acknowledged"]);
		network.step(a, { type: "respond", call: -1, status: 200 });
		network.run(network.now + 200 * SECOND);
		expect(heard.filter((text) => statusOf(text) === "183" && !rseqs.has(Number(field(text, "RSeq"))))).toEqual([]);
	});

	it("may offer in its PRACK", () => {
		const { network, a, heard, say } = peer();
		say(ask("INVITE", 1, SDP + ALL, undefined, "one"));
		network.step(a, { type: "respond", call: -1, status: 183, reliable: true, body: ANSWER });
		network.step(a, { type: "respond", call: -1, status: 180, reliable: true });
		network.run(SECOND / 10);
		const rack = (text: string | undefined) => `RAck: ${field(text, "RSeq")} 1 INVITE\n`;
		const to = field(heard[1], "To");
		say(ask("PRACK", 2, `RAck: ${Number(field(heard[1], "RSeq")) + 1} 1 INVITE\n`, to));
		say(ask("PRACK", 3, rack(heard[1]), to));
		network.run(SECOND / 5);
		expect(heard.slice(2).map(statusOf)).toEqual(["481", "200", "180"]);
		expect(Number(field(heard[4], "RSeq"))).toBe(Number(field(heard[1], "RSeq")) + 1);
		say(ask("PRACK", 4, rack(heard[4]) + SDP, to, "five"));
		expect(a.events.at(-2)).toMatchObject({ kind: "offer", method: "PRACK", body: { text: "five" } });
		network.step(a, { type: "answer", call: -1, body: ANSWER });
		network.run(SECOND / 4);
		expect(heard.at(-1)).toMatch(/^SIP\/2.0 200 [\s\S]*PRACK[\s\S]*two$/);
	});
});

describe("whom we call", () => {
	it("hears ACK again when its 2xx comes again, and no other call comes of it", () => {
		const { network, a, heard, say } = calling();
		const ok = answer(heard[0], 200, SDP).replace(/\n\n$/, "\n\ntwo");
		say(ok);
		say(ok);
		network.run(SECOND);
		expect(heard.map((text) => text.split(" ")[0])).toEqual(["INVITE", "ACK", "ACK"]);
		expect(heard[1]).toBe(heard[2]);
		expect(a.events).toHaveLength(1);
	});

	it("acknowledges no reliable answer twice, and none before the one it waits for", () => {
		const { network, a, heard, say } = calling();
		const reliable = (rseq: number) => say(answer(heard[0], 180, `Require: 100rel\nRSeq: ${rseq}\n`));
		for (const rseq of [5, 5, 7, 6]) reliable(rseq);
		network.run(SECOND / 5);
		const pracks = () => heard.filter((text) => text.startsWith("PRACK")).map((text) => field(text, "RAck"));
		const cseq = field(heard[0], "CSeq");
		expect(pracks()).toEqual([`5 ${cseq}`]);
		expect(a.events.map(({ kind }) => kind)).toEqual(["progress", "progress"]);
		say(answer(heard[1], 200));
		network.run(SECOND / 3);
		expect(pracks()).toEqual([`5 ${cseq}`, `6 ${cseq}`]);
	});

	it.each([
		["Allow: INVITE, UPDATE\n", "UPDATE"],
		["Require: 100rel, precondition\n", "UPDATE"],
		["Allow: INVITE\nSupported: precondition\n", undefined],
		["", undefined],
	])("that says %j in its early dialog is offered something by %s there", (says, method) => {
		const { network, a, heard, say } = calling();
		say(`${answer(heard[0], 183, `Require: 100rel\nRSeq: 1\n${says}${SDP}Content-Length: 3\n`)}two`);
		network.run(network.now + SECOND / 10);
		say(answer(heard[1], 200));
		network.step(a, { type: "offer", call: 1, body: OFFER });
		network.run(network.now + SECOND / 10);
		expect(heard[2]?.split(" ")[0]).toBe(method);
		if (method !== undefined) return;
		say(answer(heard[0], 200));
		network.run(network.now + SECOND / 10);
		expect(heard.slice(2).map((text) => text.split(" ")[0])).toEqual(["ACK", "INVITE"]);
	});

	it("that takes no UPDATE in its early dialog has one refused that is to go there, and not later", () => {
		const { network, a, heard, say } = calling();
		say(`${answer(heard[0], 183, `Require: 100rel\nRSeq: 1\nAllow: INVITE\n${SDP}Content-Length: 3\n`)}two`);
		network.run(network.now + SECOND / 10);
		say(answer(heard[1], 200));
		network.step(a, { type: "offer", call: 1, body: OFFER, method: "UPDATE" });
		network.run(network.now + SECOND / 10);
		expect(a.events.at(-1)).toMatchObject({ kind: "offerRefused", call: 1, status: 405 });
		expect(heard).toHaveLength(2);
	});

	it("that knows no UPDATE after all is offered the same by INVITE", () => {
		const { network, a, heard, say } = calling();
		say(`${answer(heard[0], 200, `${ALL}${SDP}Content-Length: 3\n`)}two`);
		network.step(a, { type: "offer", call: 1, body: ANSWER, method: "UPDATE" });
		network.run(network.now + SECOND / 10);
		say(answer(heard.at(-1), 405));
		network.run(network.now + SECOND / 10);
		expect(heard.map((text) => text.split(" ")[0])).toEqual(["INVITE", "ACK", "UPDATE", "INVITE"]);
		expect(heard.at(-1)).toMatch(/\r\n\r\ntwo$/);
	});

	it.each([408, 481])(
		"that answers %i knows nothing of the call any more, which ends (RFC 3261, 12.2.1.2)",
		(status) => {
			const { network, a, heard, say } = calling();
			say(`${answer(heard[0], 200, `${ALL}${SDP}Content-Length: 3\n`)}two`);
			network.step(a, { type: "offer", call: 1, body: ANSWER, method: "UPDATE" });
			network.run(network.now + SECOND / 10);
			say(answer(heard.at(-1), status));
			network.run(network.now + SECOND / 10);
			expect(heard.at(-1)).toMatch(/^BYE /);
			expect(a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "protocol", why: `UPDATE ${status}` } });
		},
	);

	it("is heard in one early dialog at a time: offers of another are refused until it wins", () => {
		const { network, a, heard, say } = calling();
		say(`${answer(heard[0], 183, `${ALL}${SDP}Content-Length: 3\n`, "one")}two`);
		say(answer(heard[0], 183, ALL, "two"));
		const within = (tag: string, method: string, seq: number) =>
			ask(method, seq, SDP, field(heard[0], "From"), "six")
				.replace(/From: .*/, `From: <sip:b@${B}>;tag=${tag}`)
				.replace(/Call-ID: .*/, `Call-ID: ${field(heard[0], "Call-ID")}`);
		say(within("two", "UPDATE", 1));
		say(within("one", "UPDATE", 1));
		network.run(SECOND / 5);
		expect(heard.slice(1).map(statusOf)).toEqual(["488", "491"]);
		say(`${answer(heard[0], 200, `${SDP}Content-Length: 5\n`, "two")}three`);
		network.run(SECOND / 3);
		expect(a.events.at(-1)).toMatchObject({ kind: "accepted", answer: { text: "three" } });
		say(within("one", "UPDATE", 2));
		say(within("two", "UPDATE", 2));
		network.run(SECOND / 2);
		expect(statusOf(heard.at(-1))).toBe("481");
		expect(a.events.at(-1)).toMatchObject({ kind: "offer", method: "UPDATE" });
	});

	it("rings for three minutes at the most where nothing more is heard of it", () => {
		const { network, a, heard, say } = calling();
		say(answer(heard[0], 180));
		network.run(170 * SECOND);
		say(answer(heard[0], 180));
		network.run(300 * SECOND);
		expect(a.events.map(({ kind }) => kind)).toEqual(["progress", "progress"]);
		network.run(400 * SECOND);
		expect(a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "timeout" } });
		expect(heard.at(-1)).toMatch(/^CANCEL /);
	});

	it("is heard after that: 487 is acknowledged, and a 2xx that crosses the CANCEL ended", () => {
		for (const [status, wanted] of [
			[487, "ACK"],
			[200, "BYE"],
		] as const) {
			const { network, a, heard, say } = calling();
			say(answer(heard[0], 180));
			network.run(181 * SECOND);
			expect(a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "timeout" } });
			say(answer(heard[0], status));
			network.run(network.now + SECOND / 10);
			expect(heard.filter((text) => text.startsWith(wanted))).toHaveLength(1);
			expect(a.events.filter(({ kind }) => kind === "ended")).toHaveLength(1);
		}
	});
});
