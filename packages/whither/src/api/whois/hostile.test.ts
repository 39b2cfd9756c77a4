import type { Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { boundedFetch, type Reach } from "./bounded-fetch.ts";
import { closeRegistries, httpServer, rdapServer, whoisServer } from "./registry.fixture.ts";
import { whois } from "./whois.ts";

afterEach(closeRegistries);

const refusedBy = (rdap: string) => whois("5.0.2.1", { rdap, cache: false });

it.each<[string, object | string | number, RegExp]>([
	["HTML", "<html>Please log in</html>", /answers with no JSON but text\/html/],
	["half a document", '{"objectClassName": "ip network"', /answers with no JSON/],
	["a nest of lists", "[".repeat(200_000), /answers with no JSON/],
	["a nest of objects", `{"a":${'{"a":'.repeat(100)}1${"}".repeat(101)}`, /answers with no JSON/],
	["a list", [1, 2, 3], /JSON that is no RDAP object/],
	["null", "null", /JSON that is no RDAP object/],
	["an error as an object", { errorCode: 500, title: "x", objectClassName: "ip network" }, /no RDAP object/],
	["too many requests", 429, /asked too often/],
	["an error", 500, /answers with status 500/],
	["a redirect to itself", { location: "/ip/5.0.2.1" }, /redirects more than 5 times/],
	["a redirect to no URL", { location: "http://[" }, /redirects to what is no URL/],
	["a redirect to a file", { location: "file:///etc/passwd" }, /asked by file:, not https:/],
	["a redirect without TLS", { location: "http://198.41.0.4/ip/1" }, /without TLS/],
	["a redirect into this machine", { location: "https://127.0.0.1:9/" }, /not public/],
	["a redirect into this network", { location: "https://[fd00::1]/" }, /not public/],
	["a redirect to metadata", { location: "https://169.254.169.254/latest/" }, /not public/],
	["a redirect to a name in this machine", { location: "https://localhost:9/" }, /not public/],
	["a redirect to a number that is an address", { location: "https://2130706433:9/" }, /not public/],
	["a redirect with a password", { location: "https://u:p@rdap.example.net/" }, /has a user in its URL/],
])("refuses %s", async (_, answer, sentence) => {
	const { url } = await rdapServer({ "ip/5.0.2.1": answer });
	await expect(refusedBy(url)).rejects.toThrow(sentence);
});

it("reads no more of an endless body than it may", async () => {
	let sent = 0;
	const url = await httpServer((_, response) => {
		const chunk = Buffer.alloc(65_536, " ");
		const pour = () => {
			while (!response.destroyed && sent < 2 ** 30) {
				sent += chunk.length;
				if (!response.write(chunk)) return response.once("drain", pour);
			}
			return response;
		};
		pour();
	});
	await expect(refusedBy(url)).rejects.toThrow(/answers with more than 1048576 bytes/);
	expect(sent).toBeLessThan(64 * 2 ** 20);
});

it("waits for no drip longer than the caller allows", async () => {
	const dripping = await httpServer((_, response) => {
		response.write("{");
		const drip = setInterval(() => response.write(" "), 5);
		response.once("close", () => clearInterval(drip));
	});
	await expect(whois("5.0.2.1", { rdap: dripping, cache: false, timeoutMs: 60 })).rejects.toThrow(/not waited for/);
	const gone = whois("5.0.2.1", { rdap: dripping, cache: false, signal: AbortSignal.timeout(30) });
	await expect(gone).rejects.toMatchObject({ code: "noRegistry" });
	const given = whois("5.0.2.1", { rdap: dripping, cache: false, signal: AbortSignal.abort() });
	await expect(given).rejects.toMatchObject({ code: "aborted" });
});

it("says so where the connection breaks off", async () => {
	const url = await httpServer((_, response) => {
		response.writeHead(200, { "content-length": "100" });
		response.write("{", () => response.socket?.destroy());
	});
	await expect(refusedBy(url)).rejects.toThrow(/broke off in the middle of its answer/);
});

it("believes nothing of the kind of a value", async () => {
	const odd = {
		objectClassName: "ip network",
		handle: 7,
		name: { fn: "x" },
		country: ["DE"],
		status: "active",
		events: [null, { eventAction: "registration", eventDate: 5 }, "x"],
		entities: [null, 3, { roles: "abuse", vcardArray: ["vcard", [["fn"], ["email", {}, "text", ["a", "b"]], 5]] }],
		nameservers: { ldhName: "x" },
		cidr0_cidrs: [{ v4prefix: "5.0.2.0" }, { v4prefix: "x", length: 24 }],
		remarks: [{ description: "alone" }, { description: [1, "two"] }],
		startAddress: "5.0.2.9",
		endAddress: "5.0.2.0",
	};
	const { url } = await rdapServer({ "ip/5.0.2.1": odd });
	expect(await refusedBy(url)).toMatchObject({
		handle: null,
		name: null,
		prefixes: [],
		country: null,
		status: ["active"],
		registeredAt: null,
		nameServers: [],
		entities: [{ handle: null, name: null, roles: ["abuse"], email: null, phone: null }],
		remarks: ["alone", "two"],
	});
});

it("takes no more than it can show", async () => {
	const entity = { roles: ["x".repeat(2_500)], entities: Array(100).fill({ roles: ["y"] }) };
	const much = {
		objectClassName: "domain",
		name: "n".repeat(9_000),
		entities: Array(100).fill(entity),
		status: Array(500).fill("s"),
	};
	const { url } = await rdapServer({ "ip/5.0.2.1": much });
	const answer = await refusedBy(url);
	expect([answer.name?.length, answer.entities.length, answer.status.length]).toEqual([2_000, 64, 64]);
	expect(answer.entities[0]?.roles[0]?.length).toBe(2_000);
});

it.each<[string, string | ((socket: Socket) => void), RegExp]>([
	["nothing", "", /says nothing/],
	["without an end", (socket) => void socket.write(Buffer.alloc(2 ** 21, "x")), /more than 1048576 bytes/],
	["and resets", (socket) => socket.resetAndDestroy(), /broke off|says nothing/],
	["HTML", "<html><body>HTTP/1.1 400</body></html>", /is not registered/],
])("is not held up by a WHOIS server that says %s", async (_, said, sentence) => {
	const { at } = await whoisServer(() => said);
	await expect(whois("5.0.2.1", { whoisServer: at, cache: false })).rejects.toThrow(sentence);
});

it("follows no circle of referrals, not many, and none into this machine", async () => {
	const places: string[] = [];
	const servers = await Promise.all(
		[0, 1, 2, 3, 4, 5].map((index) =>
			whoisServer(() => `netname: N${index}\nReferralServer: whois://${places[index]}\n`),
		),
	);
	places.push(...servers.slice(1).map(({ at }) => at));
	const first = servers[0]?.at ?? "";
	const options = { whoisServer: first, cache: false };
	expect((await whois("5.0.2.1", { ...options, allowPrivate: true })).name).toBe("N3");
	expect(servers.map(({ asked }) => asked.length)).toEqual([1, 1, 1, 1, 0, 0]);
	expect((await whois("5.0.2.1", options)).name).toBe("N0");
	places[0] = first.toUpperCase();
	expect((await whois("5.0.2.1", options)).name).toBe("N0");
	expect(servers.map(({ asked }) => asked.length)).toEqual([3, 1, 1, 1, 0, 0]);
});

it("never sends a WHOIS server more than one line", async () => {
	const { at, asked } = await whoisServer(() => "domain: x.net\n");
	await expect(whois("x.net\r\nevil", { whoisServer: at, cache: false })).rejects.toMatchObject({ code: "badOption" });
	await whois("x.net\r\n", { whoisServer: at, cache: false });
	expect(asked).toEqual(["x.net"]);
});

const REACH: Reach = { named: new Set(), allowPrivate: false, signal: new AbortController().signal };

it.each(["http://example.net/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "x"])(
	"asks nobody at %s unless told to",
	async (url) => {
		expect((await boundedFetch(url, "*/*", REACH)).type).toBe("failed");
	},
);
