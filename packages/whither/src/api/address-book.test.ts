import type { ProbeResult } from "@whither/core";
import { expect, it } from "vitest";
import { AddressBook } from "./address-book.ts";
import { NameBook } from "./name-book.ts";

const ROUTER = "5.0.2.1";
const PROBE: ProbeResult = {
	seq: 0,
	flow: 0,
	sentAtNs: 0,
	status: "reply",
	from: ROUTER,
	name: null,
	rttNs: 1,
	stamps: "kernel",
	reply: null,
	quoted: null,
	extensions: [],
};

const naming = (name: string | null): NameBook => new NameBook(async () => name);

it("adds names and origins as they become known", async () => {
	const book = new AddressBook(naming("r.test"), naming("AS64500"));
	expect(book.knows(ROUTER)).toBe(false);
	expect(book.complete(PROBE)).toEqual({ ...PROBE, asn: null });
	await book.ask(ROUTER);
	expect(book.knows(ROUTER)).toBe(true);
	expect(book.complete(PROBE)).toEqual({ ...PROBE, name: "r.test", asn: "AS64500" });
});

it("says nothing of origins that nobody asked for, and null of those nobody knows", async () => {
	const names = new AddressBook(naming("r.test"), null);
	await names.ask(ROUTER);
	expect(names.complete(PROBE)).toEqual({ ...PROBE, name: "r.test" });
	const origins = new AddressBook(null, naming(null));
	await origins.ask(ROUTER);
	expect(origins.complete(PROBE)).toEqual({ ...PROBE, asn: null });
	expect(origins.knows(ROUTER)).toBe(false);
});

it("asks for each address once", async () => {
	let asked = 0;
	const counting = new NameBook(async () => String(++asked));
	const book = new AddressBook(null, counting);
	await Promise.all([book.ask(ROUTER), book.ask(ROUTER), book.ask(ROUTER)]);
	expect(asked).toBe(1);
});
