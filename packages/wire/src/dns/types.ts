/** Record types by their mnemonics (IANA Resource Record (RR) TYPEs); what is in `DNS_RECORDS` has a codec too. */
export const DNS_TYPES = {
	A: 1,
	NS: 2,
	MD: 3,
	MF: 4,
	CNAME: 5,
	SOA: 6,
	MB: 7,
	MG: 8,
	MR: 9,
	NULL: 10,
	WKS: 11,
	PTR: 12,
	HINFO: 13,
	MINFO: 14,
	MX: 15,
	TXT: 16,
	RP: 17,
	AFSDB: 18,
	X25: 19,
	ISDN: 20,
	RT: 21,
	NSAP: 22,
	"NSAP-PTR": 23,
	SIG: 24,
	KEY: 25,
	PX: 26,
	GPOS: 27,
	AAAA: 28,
	LOC: 29,
	NXT: 30,
	EID: 31,
	NIMLOC: 32,
	SRV: 33,
	ATMA: 34,
	NAPTR: 35,
	KX: 36,
	CERT: 37,
	A6: 38,
	DNAME: 39,
	SINK: 40,
	OPT: 41,
	APL: 42,
	DS: 43,
	SSHFP: 44,
	IPSECKEY: 45,
	RRSIG: 46,
	NSEC: 47,
	DNSKEY: 48,
	DHCID: 49,
	NSEC3: 50,
	NSEC3PARAM: 51,
	TLSA: 52,
	SMIMEA: 53,
	HIP: 55,
	NINFO: 56,
	RKEY: 57,
	TALINK: 58,
	CDS: 59,
	CDNSKEY: 60,
	OPENPGPKEY: 61,
	CSYNC: 62,
	ZONEMD: 63,
	SVCB: 64,
	HTTPS: 65,
	DSYNC: 66,
	SPF: 99,
	UINFO: 100,
	UID: 101,
	GID: 102,
	UNSPEC: 103,
	NID: 104,
	L32: 105,
	L64: 106,
	LP: 107,
	EUI48: 108,
	EUI64: 109,
	NXNAME: 128,
	TKEY: 249,
	TSIG: 250,
	IXFR: 251,
	AXFR: 252,
	MAILB: 253,
	MAILA: 254,
	"*": 255,
	URI: 256,
	CAA: 257,
	AVC: 258,
	DOA: 259,
	AMTRELAY: 260,
	RESINFO: 261,
	WALLET: 262,
	TA: 32768,
	DLV: 32769,
} as const;

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(DNS_TYPES).map(([name, type]) => [type, name]));

/** A type's mnemonic; `TYPE12345` where there is none (RFC 3597 §5). */
export function dnsTypeName(type: number): string {
	return TYPE_NAMES.get(type) ?? `TYPE${type}`;
}

/** The number of a mnemonic in any case, of `ANY`, or of `TYPE12345`; null for anything else. */
export function parseDnsType(text: string): number | null {
	const upper = text.toUpperCase();
	if (upper === "ANY") return DNS_TYPES["*"];
	if (Object.hasOwn(DNS_TYPES, upper)) return DNS_TYPES[upper as keyof typeof DNS_TYPES];
	const digits = /^TYPE([0-9]{1,5})$/.exec(upper)?.[1];
	return digits === undefined || Number(digits) > 0xffff ? null : Number(digits);
}

/** Classes (IANA DNS CLASSes). */
export const DNS_CLASSES = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

/** A class's mnemonic; `CLASS12` where there is none (RFC 3597 §5). */
export function dnsClassName(value: number): string {
	return Object.entries(DNS_CLASSES).find(([, number]) => number === value)?.[0] ?? `CLASS${value}`;
}

/** Response codes of messages (IANA DNS RCODEs), from 16 on only with EDNS (RFC 6891 §6.1.3). */
export const DNS_RCODES: Readonly<Record<number, string>> = {
	0: "NoError",
	1: "FormErr",
	2: "ServFail",
	3: "NXDomain",
	4: "NotImp",
	5: "Refused",
	6: "YXDomain",
	7: "YXRRSet",
	8: "NXRRSet",
	9: "NotAuth",
	10: "NotZone",
	11: "DSOTYPENI",
	16: "BADVERS",
	17: "BADKEY",
	18: "BADTIME",
	19: "BADMODE",
	20: "BADNAME",
	21: "BADALG",
	22: "BADTRUNC",
	23: "BADCOOKIE",
};

/** The registry's name of a response code; `RCODE24` where there is none. */
export function dnsRcodeName(rcode: number): string {
	return DNS_RCODES[rcode] ?? `RCODE${rcode}`;
}
