import { addressFamily, formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import { parseWhole, quote } from "../message/grammar.ts";
import { formatSipHostPort } from "../message/host.ts";
import type { SipHeader } from "../message/message.ts";
import { sipParameter } from "../message/parameters.ts";
import { parseSipUri } from "../message/uri.ts";
import { formatSipVia, SIP_BRANCH_COOKIE, type SipVia } from "../message/via.ts";
import type { SipHop } from "../transport/hop.ts";
import type { SipAgentConfig } from "./agent-io.ts";
import { oneLine } from "./body.ts";
import type { Drawn } from "./drawn.ts";

/** A place as others see it. */
export interface PublicAddress {
	readonly address: string;
	readonly port: number;
}

/** How others reach us: what Via and Contact say, by the transport and family of the hop that a message takes. */
export class Places {
	readonly #local: readonly SipHop[];
	readonly #drawn: Drawn;
	readonly #user: string;
	readonly #public = new Map<SipHop, PublicAddress>();

	constructor({ local, account }: SipAgentConfig, drawn: Drawn) {
		this.#local = local;
		this.#drawn = drawn;
		this.#user = parseSipUri(account.address)?.user ?? "whither";
	}

	/** Our socket for that hop; null: we have none that reaches it. */
	localFor({ transport, address, ours }: SipHop): SipHop | null {
		const family = addressFamily(address);
		const fitting = this.#local.filter((hop) => hop.transport === transport && addressFamily(hop.address) === family);
		return fitting.find((hop) => hop.address === ours) ?? fitting[0] ?? null;
	}

	/** Whether there is a socket of TCP for that hop. */
	hasTcpFor(hop: SipHop): boolean {
		return this.localFor({ ...hop, transport: "tcp" }) !== null;
	}

	/** A new branch (RFC 3261 §8.1.1.7). */
	branch(): string {
		return SIP_BRANCH_COOKIE + this.#drawn.next();
	}

	/** Asks for the answer where the request comes from (RFC 3581). */
	via(local: SipHop, branch: string): SipHeader {
		const parameters = [
			{ name: "rport", value: null },
			{ name: "branch", value: branch },
		];
		const { transport, address: host, port } = local;
		return { name: "Via", value: formatSipVia({ transport: transport.toUpperCase(), host, port, parameters }) };
	}

	/** The URI at which requests find us. */
	contactUri(local: SipHop, isSecure: boolean): string {
		const { address: host, port } = this.#public.get(local) ?? local;
		const { transport } = local;
		const scheme = isSecure ? "sips" : "sip";
		const behind = isSecure || transport === "udp" ? "" : `;transport=${transport}`;
		return `${scheme}:${this.#user}@${formatSipHostPort({ host, port })}${behind}`;
	}

	/** How others see that socket, where a NAT is between: Contact says so from now on. */
	seenAs(local: SipHop, address: PublicAddress): void {
		this.#public.set(local, address);
	}
}

/** How whoever answered saw a request (RFC 3581 §4); null: they do not say. */
export function publicAddressIn({ host, port, parameters }: SipVia): PublicAddress | null {
	const address = parseAddress(sipParameter(parameters, "received") ?? host);
	const rport = parseWhole(sipParameter(parameters, "rport") ?? "", 0xffff);
	if (isDecodeError(address) || rport === 0) return null;
	const says = sipParameter(parameters, "received") !== null || rport !== null;
	return says ? { address: formatAddress(address), port: rport ?? port ?? 5060 } : null;
}

/** From or To of an address; `tag` where it has one. */
export function nameAddress(uri: string, displayName: string | undefined, tag: string | null): string {
	const name = displayName === undefined ? "" : `${quote(oneLine(displayName))} `;
	return `${name}<${uri}>${tag === null ? "" : `;tag=${tag}`}`;
}
