/** Networks of internet exchanges: tables as PeeringDB's API and snapshots have them, or simply `{"192.0.2.0/24": "Name"}`. */
import { formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import type { FactsLookup } from "./facts.ts";

const LONGEST_NAME = 100;

/** Whether the file begins as JSON does. */
export function isJson(bytes: Uint8Array): boolean {
	const first = bytes.find((byte) => ![0x09, 0x0a, 0x0d, 0x20].includes(byte));
	return first === 0x7b || first === 0x5b;
}

/** A look-up of who answers from an exchange's network; throws where the file says nothing of exchanges. */
export function readExchanges(bytes: Buffer): FactsLookup {
	const document: unknown = JSON.parse(bytes.toString("utf8"));
	const tables = { ix: rows(document, "ix"), ixlan: rows(document, "ixlan"), ixpfx: rows(document, "ixpfx") };
	const members = rows(document, "netixlan");
	const networks = new Networks();
	const names = namesOfLans(tables, members);
	for (const { prefix, ixlan_id } of tables.ixpfx) networks.add(prefix, names.get(ixlan_id));
	for (const [prefix, name] of Object.entries(document as object)) networks.add(prefix, name);
	const systems = new Map<string, { readonly asn: string; readonly name: string | null }>();
	for (const { ipaddr4, ipaddr6, asn, name } of members) {
		for (const address of [ipaddr4, ipaddr6].flatMap(canonical))
			if (Number.isInteger(asn)) systems.set(address, { asn: `AS${asn}`, name: textOf(name) });
	}
	if (networks.size === 0 && systems.size === 0) throw new Error("it says nothing of exchanges");
	return async (address) => {
		const member = systems.get(address);
		const exchange = networks.find(address) ?? member?.name ?? null;
		if (exchange === null && member === undefined) return null;
		return { place: null, asn: member?.asn ?? null, asName: null, exchange };
	};
}

type Row = Readonly<Record<string, unknown>>;

/** A table by its name, with or without `data` around its rows. */
function rows(document: unknown, name: string): readonly Row[] {
	const table = (document as Row)[name];
	const data = Array.isArray(table) ? table : (table as Row | undefined)?.data;
	return Array.isArray(data) ? data.filter((row) => typeof row === "object" && row !== null) : [];
}

interface Tables {
	readonly ix: readonly Row[];
	readonly ixlan: readonly Row[];
}

/** What the exchange of a LAN is called, by the LAN's number: by the tables of exchanges, else by those of members. */
function namesOfLans({ ix, ixlan }: Tables, members: readonly Row[]): ReadonlyMap<unknown, string> {
	const exchanges = new Map(ix.map(({ id, name }) => [id, textOf(name)]));
	const names = new Map<unknown, string>();
	const add = (lan: unknown, name: string | null | undefined) => {
		if (lan !== undefined && name) names.set(lan, name);
	};
	for (const { ixlan_id, name } of members) add(ixlan_id, textOf(name));
	for (const { id, ix_id } of ixlan) add(id, exchanges.get(ix_id));
	return names;
}

function textOf(value: unknown): string | null {
	return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, LONGEST_NAME) : null;
}

function canonical(value: unknown): readonly string[] {
	const bytes = typeof value === "string" ? parseAddress(value) : null;
	return bytes === null || isDecodeError(bytes) ? [] : [formatAddress(bytes)];
}

/** Names by network; the narrowest that holds an address counts. */
class Networks {
	/** By length of the address in bytes and of the prefix in bits, then by the network's first address. */
	readonly #byLength = new Map<number, Map<string, string>>();
	size = 0;

	add(prefix: unknown, name: unknown): void {
		const [, network = "", digits = ""] = /^([\da-f:.]+)\/(\d{1,3})$/i.exec(String(prefix)) ?? [];
		const [bytes, text] = [parseAddress(network), textOf(name)];
		if (isDecodeError(bytes) || text === null || Number(digits) > bytes.length * 8) return;
		const key = bytes.length * 256 + Number(digits);
		const networks = this.#byLength.get(key) ?? new Map<string, string>();
		this.#byLength.set(key, networks.set(first(bytes, Number(digits)), text));
		this.size++;
	}

	find(address: string): string | null {
		const bytes = parseAddress(address);
		if (isDecodeError(bytes)) return null;
		for (let bits = bytes.length * 8; bits >= 0; bits--) {
			const name = this.#byLength.get(bytes.length * 256 + bits)?.get(first(bytes, bits));
			if (name !== undefined) return name;
		}
		return null;
	}
}

/** The first address of the network that it is in. */
function first(bytes: Uint8Array, bits: number): string {
	return formatAddress(bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8)))));
}
