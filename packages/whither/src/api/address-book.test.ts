import type { ProbeResult } from "@whither/core";
import { expect, it } from "vitest";
import { AddressBook } from "./address-book.ts";
import { NameBook } from "./name-book.ts";
import type { AddressFacts } from "./places/facts.ts";

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
	const book = new AddressBook({ names: naming("r.test"), origins: naming("AS64500") });
	expect(book.knows(ROUTER)).toBe(false);
	expect(book.complete(PROBE)).toEqual({ ...PROBE, asn: null });
	await book.ask(ROUTER);
	expect(book.knows(ROUTER)).toBe(true);
	expect(book.complete(PROBE)).toEqual({ ...PROBE, name: "r.test", asn: "AS64500" });
});

it("says nothing of origins that nobody asked for, and null of those nobody knows", async () => {
	const names = new AddressBook({ names: naming("r.test") });
	await names.ask(ROUTER);
	expect(names.complete(PROBE)).toEqual({ ...PROBE, name: "r.test" });
	const origins = new AddressBook({ origins: naming(null) });
	await origins.ask(ROUTER);
	expect(origins.complete(PROBE)).toEqual({ ...PROBE, asn: null });
	expect(origins.knows(ROUTER)).toBe(false);
});

it("asks for each address once", async () => {
	let asked = 0;
	const counting = new NameBook(async () => String(++asked));
	const book = new AddressBook({ origins: counting });
	await Promise.all([book.ask(ROUTER), book.ask(ROUTER), book.ask(ROUTER)]);
	expect(asked).toBe(1);
});

const FACTS: AddressFacts = {
	place: { country: "DE", city: "Berlin", latitude: 52.5, longitude: 13.25, source: "test" },
	asn: "AS64501",
	asName: "Of the file",
	exchange: null,
};
const saying = (facts: AddressFacts | null) => new NameBook(async () => facts);

it("adds what a data set says, and asks nobody for the name of a system that it names", async () => {
	const asNames = new NameBook(async (asn) => `name of ${asn}`);
	const book = new AddressBook({ facts: saying(FACTS), asNames });
	expect(book.complete(PROBE)).toEqual({ ...PROBE, place: null });
	await book.ask(ROUTER);
	expect(book.knows(ROUTER)).toBe(true);
	expect(book.complete(PROBE)).toEqual({ ...PROBE, place: FACTS.place, asn: "AS64501", asName: "Of the file" });
	expect(asNames.name("AS64501")).toBeNull();
});

it("names the first of several systems, and leaves those of another data set alone", async () => {
	const asNames = new NameBook(async (asn) => `name of ${asn}`);
	const book = new AddressBook({ facts: saying({ ...FACTS, place: null }), origins: naming("AS64500/AS7"), asNames });
	await book.ask(ROUTER);
	const known = { asn: "AS64500/AS7", asName: "name of AS64500", place: null };
	expect(book.complete(PROBE)).toEqual({ ...PROBE, ...known });
});

it("says nothing of systems where only places are known", async () => {
	const book = new AddressBook({ facts: saying({ ...FACTS, asn: null, asName: null }) });
	await book.ask(ROUTER);
	expect(book.complete(PROBE)).toEqual({ ...PROBE, place: FACTS.place });
});
