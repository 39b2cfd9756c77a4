import { describe, expect, it } from "vitest";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { confirmedBy, dialogKey, dialogOfRequest, dialogOfResponse, refreshTarget, wayWithin } from "./dialog.ts";

const body = new Uint8Array(0);
type Fields = readonly (readonly [string, string])[];
const headers = (fields: Fields) => fields.map(([name, value]) => ({ name, value }));
const USUAL: Fields = [
	["From", "<sip:a@x>;tag=a"],
	["Call-ID", "id"],
	["CSeq", "7 INVITE"],
];
const invite = (...more: Fields): SipRequest => ({
	...{ kind: "request", method: "INVITE", uri: "sip:b@x", body },
	headers: headers([...USUAL, ["To", "<sip:b@x>"], ...more]),
});
const answer = (...more: Fields): SipResponse => ({
	...{ kind: "response", status: 180, reason: "", body },
	headers: headers([...USUAL, ["To", "<sip:b@x>;tag=b"], ...more]),
});

describe("a dialog", () => {
	it("is made by an answer, with the proxies in the order in which they are met", () => {
		const dialog = dialogOfResponse(
			invite(),
			answer(
				["Contact", "<sip:b@10.0.0.2>"],
				["Record-Route", "<sip:p2;lr>, <sip:p1;lr>"],
				["Record-Route", "<sip:p0;lr>"],
			),
		);
		expect(dialog).toMatchObject({ callId: "id", localTag: "a", remoteTag: "b", localSeq: 7, remoteSeq: null });
		expect(dialog?.target).toBe("sip:b@10.0.0.2");
		expect(dialog?.route).toEqual(["sip:p0;lr", "sip:p1;lr", "sip:p2;lr"]);
	});

	it("is made by a request, the other way round", () => {
		const dialog = dialogOfRequest(
			invite(["Contact", "<sip:a@10.0.0.1>"], ["Record-Route", "<sip:p2;lr>, <sip:p1;lr>"]),
			"mine",
		);
		expect(dialog).toMatchObject({
			localTag: "mine",
			remoteTag: "a",
			localSeq: 0,
			remoteSeq: 7,
			route: ["sip:p2;lr", "sip:p1;lr"],
		});
		expect(dialog).toMatchObject({ local: "<sip:b@x>;tag=mine", remote: "<sip:a@x>;tag=a", target: "sip:a@10.0.0.1" });
	});

	it("is none without tag or Contact, or with a Contact that leads nowhere", () => {
		expect(dialogOfResponse(invite(), answer())).toBeNull();
		expect(dialogOfResponse(invite(), { ...answer(), headers: invite(["Contact", "<sip:b@y>"]).headers })).toBeNull();
		for (const contact of ["<tel:+1>", "*", "<sip:b@y?Route=x>"])
			expect(dialogOfRequest(invite(["Contact", contact]), "mine")).toBeNull();
		expect(dialogOfRequest(invite(), "mine")?.target).toBe("sip:a@x");
	});

	it("is confirmed with the route of the 2xx, and moves where a message says so", () => {
		const early = dialogOfResponse(invite(), answer(["Contact", "<sip:b@one>"], ["Record-Route", "<sip:p1;lr>"]));
		if (early === null) throw new Error("no dialog");
		const confirmed = confirmedBy(early, answer(["Contact", "<sip:b@two>"], ["Record-Route", "<sip:p9;lr>"]));
		expect(confirmed).toMatchObject({ target: "sip:b@two", route: ["sip:p9;lr"], localSeq: 7 });
		expect(refreshTarget(confirmed, answer()).target).toBe("sip:b@two");
		expect(refreshTarget(confirmed, answer(["Contact", "<sip:b@three>"])).target).toBe("sip:b@three");
	});

	it("leads by loose routers, by strict ones, or straight on", () => {
		const way = (...route: readonly string[]) => {
			const dialog = dialogOfRequest(
				invite(["Contact", "<sip:a@y>"], ...route.map((uri) => ["Record-Route", `<${uri}>`] as const)),
				"m",
			);
			const { requestUri, nextHop, headers } = wayWithin(dialog as never);
			return [requestUri, nextHop, ...headers.map(({ value }) => value)];
		};
		expect(way()).toEqual(["sip:a@y", "sip:a@y"]);
		expect(way("sip:p1;lr", "sip:p2")).toEqual(["sip:a@y", "sip:p1;lr", "<sip:p1;lr>", "<sip:p2>"]);
		expect(way("sip:p1", "sip:p2;lr")).toEqual(["sip:p1", "sip:p1", "<sip:p2;lr>", "<sip:a@y>"]);
	});

	it("has a key that no other has", () => {
		const keys = [
			dialogKey("a", "b", "c"),
			dialogKey("a", "c", "b"),
			dialogKey("ab", "", "c"),
			dialogKey("a", "b", null),
		];
		expect(new Set(keys).size).toBe(4);
	});
});
