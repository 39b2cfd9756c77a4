/** Laws for DNS, generated from the tables of records, service parameters and EDNS options. */
import fc from "fast-check";
import { address4, address6, bytes, uint } from "../arbitraries.fixture.ts";
import {
	type DNS_RECORDS,
	DNS_SERVICE_PARAMETERS,
	DNS_TYPES,
	type DnsData,
	type DnsRecord,
	type DnsServiceParameter,
	decodeDns,
	EDNS_OPTIONS,
	type EdnsOption,
	encodeDns,
	formatDnsRecord,
} from "../index.ts";
import { codecLaws, row } from "../laws.fixture.ts";

type ValueOf<Item, Name> = Extract<Item, { readonly name: Name }> extends { readonly value: infer V } ? V : never;

const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
const name = fc.array(label, { maxLength: 4 }).map((labels) => `${labels.join(".")}.`);
const word = fc.stringMatching(/^[a-z0-9é ]{1,12}$/);
const types = fc.uniqueArray(uint(16), { maxLength: 6 }).map((list) => list.sort((a, b) => a - b));

const parameterValues: {
	readonly [N in keyof typeof DNS_SERVICE_PARAMETERS]: fc.Arbitrary<ValueOf<DnsServiceParameter, N>>;
} = {
	mandatory: fc.array(uint(16), { maxLength: 3 }),
	alpn: fc.array(word, { maxLength: 3 }),
	noDefaultAlpn: fc.constant(true as const),
	port: uint(16),
	ipv4hint: fc.array(address4, { maxLength: 3 }),
	ech: bytes(0, 20),
	ipv6hint: fc.array(address6, { maxLength: 3 }),
};

function anyItem<Item>(
	table: Readonly<Record<string, { readonly type: number }>>,
	values: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Item> {
	const rows = Object.entries(values).map(([key, value]) =>
		value.map((v) => ({ name: key, type: table[key]!.type, value: v })),
	);
	return fc.oneof(...rows) as unknown as fc.Arbitrary<Item>;
}

const parameters = fc.array(anyItem<DnsServiceParameter>(DNS_SERVICE_PARAMETERS, parameterValues), { maxLength: 4 });
const ds = fc.record({ keyTag: uint(16), algorithm: uint(8), digestType: uint(8), digest: bytes(0, 32) });
const dnskey = fc.record({ flags: uint(16), protocol: uint(8), algorithm: uint(8), publicKey: bytes(0, 32) });
const service = fc.record({ priority: uint(16), target: name, parameters });

/** One arbitrary a row: a row added to the table without one does not compile. */
const values: { readonly [N in keyof typeof DNS_RECORDS]: fc.Arbitrary<ValueOf<DnsData, N>> } = {
	A: fc.record({ address: address4 }),
	NS: fc.record({ host: name }),
	CNAME: fc.record({ target: name }),
	SOA: fc.record({
		primary: name,
		mailbox: name,
		serial: uint(32),
		refresh: uint(32),
		retry: uint(32),
		expire: uint(32),
		minimum: uint(32),
	}),
	PTR: fc.record({ target: name }),
	MX: fc.record({ preference: uint(16), exchange: name }),
	TXT: fc.record({ strings: fc.array(bytes(0, 255), { minLength: 1, maxLength: 3 }) }),
	AAAA: fc.record({ address: address6 }),
	SRV: fc.record({ priority: uint(16), weight: uint(16), port: uint(16), target: name }),
	DNAME: fc.record({ target: name }),
	DS: ds,
	RRSIG: fc.record({
		typeCovered: uint(16),
		algorithm: uint(8),
		labels: uint(8),
		originalTtl: uint(32),
		expiration: uint(32),
		inception: uint(32),
		keyTag: uint(16),
		signer: name,
		signature: bytes(0, 32),
	}),
	NSEC: fc.record({ next: name, types }),
	DNSKEY: dnskey,
	NSEC3: fc.record({
		algorithm: uint(8),
		flags: uint(8),
		iterations: uint(16),
		salt: bytes(0, 10),
		next: bytes(0, 20),
		types,
	}),
	NSEC3PARAM: fc.record({ algorithm: uint(8), flags: uint(8), iterations: uint(16), salt: bytes(0, 10) }),
	CDS: ds,
	CDNSKEY: dnskey,
	SVCB: service,
	HTTPS: service,
	CAA: fc.record({ flags: uint(8), tag: bytes(0, 10), value: bytes(0, 20) }),
};

const data = fc.oneof(
	...Object.entries(values).map(([key, value]) =>
		(value as fc.Arbitrary<unknown>).map((v) => ({
			name: key,
			type: DNS_TYPES[key as keyof typeof DNS_TYPES],
			value: v,
		})),
	),
	bytes(0, 30).map((value) => ({ name: "unknown", type: 65_280, value })),
) as unknown as fc.Arbitrary<DnsData>;
const record: fc.Arbitrary<DnsRecord> = fc.record({ name, class: uint(16), ttl: uint(32), data });
const records = fc.array(record, { maxLength: 2 });

const optionValues: { readonly [N in keyof typeof EDNS_OPTIONS]: fc.Arbitrary<ValueOf<EdnsOption, N>> } = {
	nsid: bytes(0, 10),
	clientSubnet: bytes(0, 10),
	cookie: bytes(0, 10),
	padding: bytes(0, 10),
	extendedError: fc.record({ infoCode: uint(16), text: word }),
};
const edns = fc.record({
	udpPayloadSize: uint(16),
	version: uint(8),
	dnssecOk: fc.boolean(),
	options: fc.array(anyItem<EdnsOption>(EDNS_OPTIONS, optionValues), { maxLength: 3 }),
});

const message = fc
	.record({
		id: uint(16),
		response: fc.boolean(),
		opcode: uint(4),
		authoritative: fc.boolean(),
		truncated: fc.boolean(),
		recursionDesired: fc.boolean(),
		recursionAvailable: fc.boolean(),
		authenticData: fc.boolean(),
		checkingDisabled: fc.boolean(),
		rcode: uint(12),
		questions: fc.array(fc.record({ name, type: uint(16), class: uint(16) }), { maxLength: 2 }),
		answers: records,
		authorities: records,
		additionals: records,
		edns: fc.option(edns, { nil: null }),
	})
	.map((fields) => (fields.edns === null ? { ...fields, rcode: fields.rcode & 0xf } : fields));

codecLaws([
	row({
		name: "DNS",
		sample: message.map((fields) => ({ encoded: encodeDns(fields), expected: { ...fields, cut: null } })),
		decode(encoded) {
			const decoded = decodeDns(encoded);
			// Whatever could be decoded can be shown.
			if (!("error" in decoded)) decoded.answers.map(formatDnsRecord);
			return decoded;
		},
		again: (decoded) => encodeDns(decoded),
		claimedLength: (_, decoded) => encodeDns(decoded).length,
	}),
]);
