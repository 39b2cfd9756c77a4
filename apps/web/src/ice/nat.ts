/** What a browser's own candidates say of the NAT in front of it. Pure. */
import { type IceCandidateLine, isDecodeError, parseIceCandidate } from "@whither/wire";

/** In words. */
export interface NatFinding {
	/** As the STUN server sees us; null: it did not answer. */
	readonly mapped: string | null;
	readonly sentence: string;
}

/** From the lines that were gathered with one STUN server. */
export function natOf(lines: readonly string[]): NatFinding {
	const read = lines.map((line) => parseIceCandidate(line));
	const candidates = read.filter((line): line is IceCandidateLine => !isDecodeError(line) && line.transport === "udp");
	const seen = candidates.filter(({ type }) => type === "srflx");
	const hosts = new Set(candidates.filter(({ type }) => type === "host").map(({ address }) => address));
	const [first] = seen;
	// Browsers leave out a mapped address that is the host's own (RFC 8445 §5.1.3).
	if (first === undefined) {
		const shown = [...hosts].filter((address) => !address.endsWith(".local"));
		return {
			mapped: null,
			sentence:
				shown.length > 0
					? "No other address than your own was seen: there is no NAT between this browser and the server, or UDP does not pass."
					: "The server saw no other address than your own, or UDP does not reach it.",
		};
	}
	const { address, port, related } = first;
	const kept = related !== null && related.port === port ? " and keeps your port" : "";
	const own = related !== null && related.address === address;
	const sentence = own
		? `No NAT: the server sees you at your own address ${address}.`
		: `You are behind a NAT: it shows you as ${address}${kept}.`;
	return { mapped: `${address.includes(":") ? `[${address}]` : address}:${port}`, sentence };
}
