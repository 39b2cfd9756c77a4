import { describe, expect, it } from "vitest";
import { LIMITS } from "../../api/limits.ts";
import { COMMANDS } from "../commands.ts";
import { formatOf, requestOf, splitLength } from "../trace/trace-request.ts";
import type { OptionRow, OptionTable } from "./option-table.ts";
import { TRACE_OPTIONS } from "./options.ts";
import { parseOptions } from "./parse.ts";
import { editDistance, suggest } from "./suggest.ts";

const parse = (...args: string[]) => parseOptions(args, TRACE_OPTIONS);
const ROWS: [string, OptionRow][] = COMMANDS.flatMap((command) => Object.entries(command.options));

/** A value that each kind of option takes, where it is none of a few words. */
const SAMPLES: Readonly<Record<string, string>> = {
	TTL: "5",
	PERCENT: "30",
	N: "2",
	PORT: "443",
	S: "1.5",
	ADDR: "192.0.2.1",
	"ADDR,...": "192.0.2.1,gw.example",
	DEV: "eth0",
	"MAX[,HERE,NEAR]": "2,3,4",
	NAME: "icmp",
	FORMAT: "csv",
	WHEN: "never",
	KIND: "raw",
	"NAME[=VALUE],...": "loud,size=3",
	FILE: "trace.pcapng",
	SERVER: "dns",
	KBPS: "5000",
	SECONDS: "20",
	"BYTES/S": "125000",
	"A-B": "50000-50999",
	CIDR: "10.0.0.0/8",
	"CIDR|NAME": "10.0.0.0/8",
	DIR: "/var/lib/whither",
	SIZE: "2G",
	TOKEN: "abc",
	SECRET: "abc",
	"NAME:PASSWORD": "ann:word",
	"ADDR[=PUBLIC]": "10.0.0.1=192.0.2.1",
	"ADDR:PORT": "[2001:db8::1]:3478",
	"NAME,...": "udp,tls",
	P: "sesame",
	BYTES: "200",
	URL: "https://meet.example.net",
	URI: "sip:me@example.net",
	CODE: "7-otter-velvet",
	FIELDS: "LS",
	MODE: "1",
	PROTOCOL: "rdap",
	"HOST[:PORT]": "whois.example.net:43",
};

function sampleOf({ completes, placeholder }: NonNullable<OptionRow["value"]>): string | undefined {
	return Array.isArray(completes) ? completes[0] : SAMPLES[placeholder];
}

describe("the option table", () => {
	it.each(ROWS)("--%s is read in every spelling", (name, row) => {
		const table: OptionTable = { [name]: row };
		const sample = row.value === null ? null : sampleOf(row.value);
		expect(sample).not.toBeUndefined();
		const value = row.value === null ? true : row.value.read(String(sample), name);
		const spellings = sample === null ? [[`--${name}`]] : [[`--${name}=${sample}`], [`--${name}`, String(sample)]];
		if (row.short !== null && sample === null) spellings.push([`-${row.short}`]);
		if (row.short !== null && sample !== null)
			spellings.push([`-${row.short}${sample}`], [`-${row.short}`, String(sample)]);
		for (const args of spellings) expect(parseOptions(args, table).options).toEqual({ [name]: value });
	});

	it("no letter means two things in one command", () => {
		for (const command of COMMANDS) {
			const letters = Object.values(command.options).flatMap((row) => row.short ?? []);
			expect(new Set(letters).size).toBe(letters.length);
		}
	});

	it("traceroute's letters mean what they mean there", () => {
		const letters = Object.entries(TRACE_OPTIONS).map(([name, row]) => [row.short, name]);
		expect(Object.fromEntries(letters.filter(([short]) => short !== null))).toMatchObject({
			4: "ipv4",
			6: "ipv6",
			F: "dont-fragment",
			f: "first",
			I: "icmp",
			T: "tcp",
			U: "udp",
			i: "interface",
			m: "max-hops",
			N: "sim-queries",
			n: "numeric",
			p: "port",
			t: "tos",
			l: "flowlabel",
			w: "wait",
			q: "queries",
			r: "bypass-routing",
			s: "source",
			z: "sendwait",
			e: "extensions",
			M: "method",
			O: "options",
			Q: "timeout",
			H: "failures",
			g: "gateway",
			UL: "udplite",
			D: "dccp",
			P: "protocol",
		});
	});
});

describe("parsing", () => {
	it("letters stand together, the last with its value", () => {
		expect(parse("-nq1", "-w3", "host")).toEqual({
			options: { numeric: true, queries: 1, wait: { maxMs: 3000, here: 0, near: 0 } },
			operands: ["host"],
		});
	});

	it("-UL is UDP-Lite wherever it stands as an option, and -U alone is not", () => {
		expect(() => parse("-nUL")).toThrow("There is no option -L");
		expect(parse("-n", "-UL", "host").options).toEqual({ numeric: true, udplite: true });
		expect(parse("-U", "host").options).toEqual({ udp: true });
		expect(parse("--", "-UL").operands).toEqual(["-UL"]);
	});

	it("-g adds up, between commas and given again", () => {
		expect(parse("-g", "10.0.0.1,gw.example", "-g10.0.0.2").options).toEqual({
			gateway: ["10.0.0.1", "gw.example", "10.0.0.2"],
		});
	});

	it.each(["ecmp=2,ecmp=3", "ecmp=2,ecmp=2", "ecmp,info,ecmp=3"])("one -O names no option twice: %s", (text) => {
		expect(() => parse("-O", text)).toThrow(`-O wants each option once, and ecmp stands twice in "${text}"`);
	});

	it("what follows -- is an operand", () => expect(parse("--", "-n").operands).toEqual(["-n"]));
	it("the last of two counts", () => expect(parse("-q1", "-q2").options).toEqual({ queries: 2 }));

	it.each([
		[["--max-hop", "3"], "There is no option --max-hop; did you mean --max-hops?"],
		[["--querys=3"], "There is no option --querys; did you mean --queries?"],
		[["--zzzz"], "There is no option --zzzz; `whither --help` lists them all"],
		[["-X"], "There is no option -X; `whither --help` lists them all"],
		[["--__proto__"], "There is no option --__proto__; `whither --help` lists them all"],
		[["--json=1"], "--json takes no value"],
		[["-q"], "-q wants a value: -q N"],
		[["--queries"], "--queries wants a value: --queries=N"],
		[["-q", "0"], '-q wants a whole number from 1 to 100, not "0"'],
		[["-q", "1.5"], '-q wants a whole number from 1 to 100, not "1.5"'],
		[["-m", "256"], '-m wants a whole number from 1 to 255, not "256"'],
		[["-m", "-n"], '-m wants a whole number from 1 to 255, not "-n"'],
		[["-m", ""], '-m wants a whole number from 1 to 255, not ""'],
		[["-w", "abc"], '-w wants MAX seconds or MAX,HERE,NEAR, such as 3 or 3,3,10, not "abc"'],
		[["-w", "1,2,3,4"], '-w wants MAX seconds or MAX,HERE,NEAR, such as 3 or 3,3,10, not "1,2,3,4"'],
		[["-w", "0"], '-w wants MAX seconds or MAX,HERE,NEAR, such as 3 or 3,3,10, not "0"'],
		[["-Q", "0"], '-Q wants seconds, such as 2 or 0.5, not "0"'],
		[["-s", "host"], '-s wants an IPv4 or IPv6 address, not "host"'],
		[["-i", "a-very-long-name"], '-i wants an interface name of at most 15 characters, not "a-very-long-name"'],
		[["-M", "nosuch"], "-M wants udp, udp-classic, udp-port, icmp, tcp, tcpconnect"],
		[["-M", "nosuch"], 'not "nosuch"'],
		[["-O"], "-O wants a value: -O NAME[=VALUE],..."],
		[["-g", "10.0.0.1,"], '-g wants addresses or names between commas, not "10.0.0.1,"'],
		[["-g", "2,fd00::1"], "without a type of routing header"],
		[["-P", "256"], '-P wants a whole number from 0 to 255, not "256"'],
		[["-l", "0x100000"], '-l wants a whole number from 0 to 1048575, not "0x100000"'],
		[["--fwmark", "4294967296"], "--fwmark wants a whole number from 0 to 4294967295"],
		[["--dns="], '--dns wants a domain name, not ""'],
		[["--format", "xml"], "--format wants text, json, ndjson, csv"],
	])("%j is refused with a sentence", (args, sentence) => {
		expect(() => parse(...args)).toThrow(sentence);
	});

	it("-O given twice is one set of options, the last of each name", () => {
		expect(parse("-O", "loud,size=3", "-Osize=4,wide=a=b").options).toEqual({
			options: { loud: true, size: "4", wide: "a=b" },
		});
	});

	it("waits are MAX alone or all three", () => {
		expect(parse("-w", "2.5").options.wait).toEqual({ maxMs: 2500, here: 0, near: 0 });
		expect(parse("-w", "3,3,10").options.wait).toEqual({ maxMs: 3000, here: 3, near: 10 });
	});

	it("-z is seconds below 10 and milliseconds from there", () => {
		expect(["0.5", "9", "10", "250"].map((text) => parse("-z", text).options.sendwait)).toEqual([500, 9000, 10, 250]);
	});
});

describe("the request", () => {
	const request = (...args: string[]) => requestOf(parse(...args).options, undefined);

	it("the last operand is the length when it is all digits and not alone", () => {
		expect(splitLength(["a", "1000"])).toEqual({ hosts: ["a"], length: 1000 });
		expect(splitLength(["a", "b", "1000"])).toEqual({ hosts: ["a", "b"], length: 1000 });
		expect(splitLength(["1000"])).toEqual({ hosts: ["1000"], length: undefined });
		expect(splitLength(["a", "b1"])).toEqual({ hosts: ["a", "b1"], length: undefined });
		expect(splitLength(["münchen.test", "192.0.2.1", "60"]).hosts).toEqual(["xn--mnchen-3ya.test", "192.0.2.1"]);
		for (const empty of [[""], [" ", "60"], ["a", "\t", "60"]]) expect(() => splitLength(empty)).toThrow("Name a host");
		expect(() => splitLength(["a", "70000"])).toThrow(`from 0 to ${LIMITS.length[1]}`);
		expect(() => splitLength([])).toThrow("Which host?");
	});

	it("-T may fall back, --method tcp may not", () => {
		expect(request("-T").method).toEqual(["tcp", "tcpconnect"]);
		expect(request("-M", "tcp").method).toEqual(["tcp"]);
		expect(request("-I").method).toEqual(["icmp"]);
		expect(request("-U").method).toEqual(["udp-port"]);
		expect(request().method).toBeUndefined();
	});

	it("--quic and --dns are methods by name, and the name asked for is the option domain", () => {
		expect(request("--quic")).toMatchObject({ method: ["quic"], methodOptions: undefined });
		expect(request("--dns", "a.example", "-O", "type=aaaa")).toMatchObject({
			method: ["dns"],
			methodOptions: { domain: "a.example", type: "aaaa" },
		});
		expect(request("-M", "udp", "-O", "loud").methodOptions).toEqual({ loud: true });
	});

	it.each([
		[["-UL"], { method: ["udplite"] }],
		[["-D"], { method: ["dccp"] }],
		[["--dns", "a", "-M", "dns"], { method: ["dns"], methodOptions: { domain: "a" } }],
		[["-T", "-M", "tcp"], { method: ["tcp"] }],
		[["--sctp"], { method: ["sctp"] }],
		[["--tcpinsession"], { method: ["tcpinsession"] }],
		[["-P", "89"], { method: ["raw"], methodOptions: { protocol: "89" } }],
		[["-T", "--disable-extra-ping"], { methodOptions: { "no-extra-ping": true } }],
		[["-T", "--disable-extra-ping", "-Oinfo"], { methodOptions: { "no-extra-ping": true, info: true } }],
		[["-g", "a,b"], { gateways: ["a", "b"] }],
		[["--mtu"], { pathMtu: true, dontFragment: undefined }],
		[["--loose-match"], { looseMatch: true, channels: undefined }],
		[["--channel", "session"], { channels: ["session"] }],
		[["-l", "0xfffff", "--fwmark", "0xffffffff"], { flowLabel: 0xfffff, fwmark: 0xffffffff }],
		[["--sport", "5000"], { sourcePort: 5000, simultaneous: undefined }],
	] as const)("%j", (args, expected) => expect(request(...args)).toMatchObject(expected));

	it.each([
		[["-P1", "-Oprotocol=2"], "Choose one of --protocol and --options protocol, not both"],
		[["-D", "--sctp"], "Choose one method, not --dccp and --sctp"],
		[["--dns=a", "-Odomain=b"], "Choose one of --dns and --options domain, not both"],
		[["--quic", "--dns=a"], "Choose one method, not --quic and --dns"],
		[["-4", "-6"], "Choose one of --ipv4 and --ipv6, not both"],
		[["-t1", "--dscp=1"], "Choose one of --tos and --dscp, not both"],
		[["-T", "-I"], "Choose one method, not --icmp and --tcp"],
	])("%j contradicts itself", (args, sentence) => expect(() => request(...args)).toThrow(sentence));

	it("formats do not mix", () => {
		expect(formatOf(parse("--json").options)).toBe("json");
		expect(formatOf(parse("--json", "--format=json").options)).toBe("json");
		expect(formatOf(parse().options)).toBe("text");
		expect(() => formatOf(parse("--json", "--ndjson").options)).toThrow("Choose one format, not json and ndjson");
	});
});

describe("suggestions", () => {
	it("counts a swap as one", () => {
		expect(editDistance("joson", "json")).toBe(1);
		expect(editDistance("jsno", "json")).toBe(1);
		expect(editDistance("", "json")).toBe(4);
	});
	it("offers nothing far away", () => expect(suggest("elephant", ["json", "queries"])).toBeNull());
});
