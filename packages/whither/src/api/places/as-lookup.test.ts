import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { decodeDns, dnsData, encodeDns, isDecodeError } from "@whither/wire";
import { afterEach, expect, it } from "vitest";
import { openAsLookup, openAsNames } from "./as-lookup.ts";
import { parseAsNameServer, parseAsServer } from "./as-server.ts";

const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
});

/** A name server that knows these TXT records, and what it was asked. */
async function nameServer(records: Readonly<Record<string, string>>): Promise<{ at: string; asked: string[] }> {
	const asked: string[] = [];
	const socket = createSocket("udp4");
	socket.on("message", (bytes, from) => {
		const query = decodeDns(bytes);
		if (isDecodeError(query)) return;
		const name = query.questions[0]?.name.replace(/\.$/, "") ?? "";
		asked.push(name);
		const text = records[name];
		const data = text === undefined ? null : dnsData("TXT", { strings: [new TextEncoder().encode(text)] });
		const answers =
			data === null ? [] : [{ name: query.questions[0]?.name ?? "", class: 1, cacheFlush: false, ttl: 60, data }];
		const { id, questions } = query;
		const reply = encodeDns({ id, response: true, rcode: data === null ? 3 : 0, questions, answers });
		socket.send(reply, from.port, from.address);
	});
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	closing.push(() => socket.close());
	return { at: `127.0.0.1:${socket.address().port}`, asked };
}

/** A whois server that says this to every question; null: it says nothing and keeps the connection. */
async function whoisServer(answer: string | null): Promise<{ at: string; asked: string[] }> {
	const asked: string[] = [];
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.on("data", (bytes) => {
			asked.push(bytes.toString());
			if (answer !== null) socket.end(answer);
		});
		closing.push(() => socket.destroy());
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	closing.push(() => server.close());
	return { at: `whois:127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

it("asks the zone of the address's family for its origin", async () => {
	const { at, asked } = await nameServer({
		"1.2.0.5.origin.test": "64500 64501 | 5.0.2.0/24 | ZZ | none |",
	});
	const lookup = openAsLookup(parseAsServer(`dns:origin.test,origin6.test@${at}`));
	expect(await lookup("5.0.2.1")).toBe("AS64500/AS64501");
	expect(await lookup("5.0.2.2")).toBeNull();
	expect(await lookup("2a01:24::1")).toBeNull();
	expect(asked).toEqual([
		"1.2.0.5.origin.test",
		"2.2.0.5.origin.test",
		`1.${"0.".repeat(23)}4.2.0.0.1.0.a.2.origin6.test`,
	]);
});

it("asks the zone of names what a system is called", async () => {
	const { at, asked } = await nameServer({
		"as64500.names.test": "64500 | ZZ | none | 2001-02-03 | EXAMPLE - Example | Net, ZZ",
		"as64501.names.test": "64501 | ZZ",
	});
	const lookup = openAsNames(parseAsNameServer(`dns:names.test@${at}`));
	expect(await lookup("AS64500")).toBe("EXAMPLE - Example | Net, ZZ");
	expect(await lookup("AS64501")).toBeNull();
	expect(await lookup("AS64502")).toBeNull();
	expect(await lookup("evil.test")).toBeNull();
	expect(asked).toEqual(["as64500.names.test", "as64501.names.test", "as64502.names.test"]);
});

it.each([
	["dns", { zone: "asn.cymru.com", at: null }],
	["dns:names.test", { zone: "names.test", at: null }],
	["dns:names.test@192.0.2.1:5353", { zone: "names.test", at: ["192.0.2.1:5353"] }],
])("understands %s for names", (text, server) => {
	expect(parseAsNameServer(text)).toEqual(server);
});

it.each(["", "whois:h", "dns:a,b", "dns:a@b", "x"])("refuses %j for names", (text) => {
	expect(() => parseAsNameServer(text)).toThrow(/asNames must be/);
});

it("finds a whois server by its name", async () => {
	const { at, asked } = await whoisServer("origin: AS64500\n");
	const lookup = openAsLookup(parseAsServer(at.replace("127.0.0.1", "localhost")));
	expect(await lookup("5.0.2.1")).toBe("AS64500");
	expect(asked).toEqual(["5.0.2.1\r\n"]);
});

it("asks the public server nothing about addresses that nobody announces, but one that was chosen", async () => {
	const { at, asked } = await nameServer({ "3.2.1.10.origin.test": "64500 | 10.0.0.0/8 | ZZ | none |" });
	const lookup = openAsLookup(parseAsServer("dns"));
	const addresses = [
		"10.1.2.3",
		"127.0.0.1",
		"192.168.0.1",
		"100.64.0.1",
		"172.31.0.1",
		"192.0.2.1",
		"240.0.0.1",
		"::1",
	];
	for (const address of [...addresses, "fe80::1", "fd00::1", "2001:db8::1", "64:ff9b::1", "ff02::1"]) {
		expect(await lookup(address), address).toBeNull();
	}
	const chosen = openAsLookup(parseAsServer(`dns:origin.test@${at}`));
	expect(await chosen("10.1.2.3")).toBe("AS64500");
	expect(asked).toEqual(["3.2.1.10.origin.test"]);
});

it("reads the routes of a whois server", async () => {
	const { at, asked } = await whoisServer("route: 5.0.0.0/8\norigin: AS64500\n\nroute: 5.0.2.0/24\norigin: AS64501\n");
	expect(await openAsLookup(parseAsServer(at))("5.0.2.1")).toBe("AS64501");
	expect(asked).toEqual(["5.0.2.1\r\n"]);
});

it("fails, soon, where the server is silent, refuses or does not exist", async () => {
	const { at } = await whoisServer(null);
	const silent = openAsLookup(parseAsServer(at));
	const refused = openAsLookup(parseAsServer("whois:127.0.0.1:1"));
	const nowhere = openAsLookup(parseAsServer("dns:origin.test@127.0.0.1:1"));
	const asked = [silent("5.0.2.1"), refused("5.0.2.1"), nowhere("5.0.2.1")];
	const outcomes = await Promise.allSettled(asked);
	expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
}, 10_000);

it.each([
	["dns", { kind: "dns", zones: { 4: "origin.asn.cymru.com", 6: "origin6.asn.cymru.com" }, at: null }],
	["dns:z.test", { kind: "dns", zones: { 4: "z.test", 6: "z.test" }, at: null }],
	["dns:a.test,b.test@192.0.2.1:5353", { kind: "dns", zones: { 4: "a.test", 6: "b.test" }, at: ["192.0.2.1:5353"] }],
	["whois:whois.test", { kind: "whois", host: "whois.test", port: 43 }],
	["dns:z.test@::1", { kind: "dns", zones: { 4: "z.test", 6: "z.test" }, at: ["::1"] }],
	["dns:z.test@[::1]:5353", { kind: "dns", zones: { 4: "z.test", 6: "z.test" }, at: ["[::1]:5353"] }],
	["whois:2001:db8::1", { kind: "whois", host: "2001:db8::1", port: 43 }],
	["whois:[2001:db8::1]:4343", { kind: "whois", host: "2001:db8::1", port: 4343 }],
])("understands %s", (text, server) => {
	expect(parseAsServer(text)).toEqual(server);
});

it.each([
	...["", "whois:", "http://x", "whois", "dnsx", "dns:a,b,c", "dns:a,", "dns:,b", "dns:x@1.2.3.4@5.6.7.8"],
	...[
		"dns:x@bogus",
		"dns:x@",
		"dns:x@[::1",
		"dns:x@9.77.3.2:0",
		"dns:x@9.9.9.9:99999",
		"dns:x@[::1]:0",
		"dns:x@[1.2.3.4]",
	],
	...["whois:h:99999", "whois:h:0", "whois:h:", "whois:a b", "whois:[h]:43", "whois:[]:43"],
])("refuses %j", (text) => {
	expect(() => parseAsServer(text)).toThrow(/asServer must be/);
});
