/** Candidate lines in few bytes: addresses and numbers as such, anything else as it is written. Pure. */
import {
	formatAddress,
	formatIceCandidate,
	type IceCandidateLine,
	type IceCandidateType,
	type IceTcpType,
	isDecodeError,
	parseAddress,
	parseIceCandidate,
} from "@whither/wire";
import type { FieldReader, FieldWriter } from "./blob-fields.ts";

const TYPES: readonly IceCandidateType[] = ["host", "srflx", "prflx", "relay"];
const TRANSPORTS: readonly (IceTcpType | null)[] = [null, "active", "passive", "so"];
/** How an address is written; `none`: there is none. */
const ADDRESS_KINDS = ["none", "ipv4", "ipv6", "name"] as const;
type AddressKind = (typeof ADDRESS_KINDS)[number];
/** Marks a line that is kept as text; no kind of candidate has this number. */
const IN_WORDS = 0;

/** One line; those that cannot be told in numbers stay as they are. */
export function writeCandidate(writer: FieldWriter, line: string): void {
	const candidate = parseIceCandidate(line);
	if (isDecodeError(candidate) || formatIceCandidate(candidate) !== line) {
		writer.number(IN_WORDS, 1);
		writer.text(line, 2);
		return;
	}
	const { type, tcpType, address, related, foundation, component, priority, port, extensions } = candidate;
	const kinds = [
		ADDRESS_KINDS.indexOf(kindOf(address)),
		ADDRESS_KINDS.indexOf(related ? kindOf(related.address) : "none"),
	];
	const [own = 0, others = 0] = kinds;
	writer.number((own << 6) | (others << 4) | (TYPES.indexOf(type) << 2) | TRANSPORTS.indexOf(tcpType), 1);
	writer.text(foundation);
	writer.number(component - 1, 1);
	writer.number(priority, 4);
	writeAddress(writer, address, port);
	if (related !== null) writeAddress(writer, related.address, related.port);
	writer.number(extensions.length, 1);
	for (const { name, value } of extensions) {
		writer.text(name);
		writer.text(value);
	}
}

/** The line again; null: those bytes are none. */
export function readCandidate(reader: FieldReader): string | null {
	const head = reader.number(1);
	const own = ADDRESS_KINDS[head >> 6] ?? "none";
	if (own === "none") return head === IN_WORDS && !reader.isOver ? reader.text(2) : null;
	const foundation = reader.text();
	const component = reader.number(1) + 1;
	const priority = reader.number(4);
	const place = readAddress(reader, own);
	const others = ADDRESS_KINDS[(head >> 4) & 3] ?? "none";
	const related = others === "none" ? null : readAddress(reader, others);
	const extensions = Array.from({ length: reader.number(1) }, () => ({ name: reader.text(), value: reader.text() }));
	const tcpType = TRANSPORTS[head & 3] ?? null;
	return lineOf({
		...{ foundation, component, transport: tcpType === null ? "udp" : "tcp", priority, ...place },
		...{ type: TYPES[(head >> 2) & 3] ?? "host", related, tcpType, extensions },
	});
}

function lineOf(candidate: IceCandidateLine): string | null {
	try {
		return formatIceCandidate(candidate);
	} catch {
		return null;
	}
}

function kindOf(address: string): AddressKind {
	const bytes = parseAddress(address);
	if (isDecodeError(bytes)) return "name";
	return bytes.length === 4 ? "ipv4" : "ipv6";
}

function writeAddress(writer: FieldWriter, address: string, port: number): void {
	const bytes = parseAddress(address);
	if (isDecodeError(bytes)) writer.text(address);
	else writer.raw(bytes);
	writer.number(port, 2);
}

function readAddress(reader: FieldReader, kind: AddressKind): { readonly address: string; readonly port: number } {
	const address = kind === "name" ? reader.text() : formatAddress(whole(reader.raw(kind === "ipv4" ? 4 : 16), kind));
	return { address, port: reader.number(2) };
}

/** Zeros where the bytes have ended; whoever asks is told by `isOver`. */
function whole(bytes: Uint8Array, kind: AddressKind): Uint8Array {
	const filled = new Uint8Array(kind === "ipv4" ? 4 : 16);
	filled.set(bytes);
	return filled;
}
