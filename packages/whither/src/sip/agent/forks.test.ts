import { SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { ALL, answer, calling, SDP } from "./odd-peer.fixture.ts";

describe("an INVITE that forks", () => {
	const ok = (invite: string | undefined, tag: string) => answer(invite, 200, SDP, tag).replace(/\n\n$/, "\n\ntwo");

	it("leaves no dialog of those that come too late, however often they come and however many", () => {
		const { network, a, heard, say } = calling();
		say(ok(heard[0], "won"));
		for (let index = 0; index < 20; index++) for (let copies = 0; copies < 3; copies++) say(ok(heard[0], `${index}`));
		network.run(network.now + SECOND / 10);
		const byes = heard.filter((text) => text.startsWith("BYE "));
		expect(byes).toHaveLength(7);
		for (const bye of byes) say(answer(bye, 200));
		for (let index = 0; index < 20; index++) say(ok(heard[0], `${index}`));
		network.run(network.now + SECOND / 10);
		network.step(a, { type: "hangUp", call: 1 });
		network.run(network.now + SECOND / 10);
		say(answer(heard.at(-1), 200));
		network.step(a, { type: "close" });
		expect(a.events.map(({ kind }) => kind)).toEqual(["accepted", "ended", "closed"]);
	});

	it.each([
		["first", 408],
		["first", 481],
		["second", 481],
		["second", null],
	] as const)("goes on where its %s fork answers PRACK by %j: another may win", (place, status) => {
		const { network, a, heard, say } = calling();
		if (place === "second") say(answer(heard[0], 180, "", "other"));
		say(answer(heard[0], 183, `${ALL}Require: 100rel\nRSeq: 1\n`, "lost"));
		network.run(network.now + SECOND / 10);
		if (status !== null) say(answer(heard.at(-1), status));
		network.run(network.now + 40 * SECOND);
		expect(heard.filter((text) => !/^(INVITE|PRACK)/.test(text))).toEqual([]);
		say(ok(heard[0], "won"));
		expect(a.events.slice(place === "second" ? 1 : 0)).toMatchObject([
			{ kind: "progress" },
			{ kind: "accepted", answer: { text: "two" } },
		]);
	});

	it("ends with all its early dialogs by a 2xx that makes none, unless it has been accepted", () => {
		const bad = (invite: string | undefined) => ok(invite, "bad").replace(/Contact: .*\n/, "");
		const one = calling();
		for (const tag of ["one", "two"]) one.say(answer(one.heard[0], 183, ALL, tag));
		one.say(bad(one.heard[0]));
		one.network.step(one.a, { type: "close" });
		expect(one.a.events.slice(-2)).toMatchObject([
			{ kind: "ended", end: { code: "protocol", why: "2xx without tag or Contact" } },
			{ kind: "closed" },
		]);
		const other = calling();
		other.say(ok(other.heard[0], "won"));
		other.say(bad(other.heard[0]));
		expect(other.a.events.map(({ kind }) => kind)).toEqual(["accepted"]);
	});
});
