import type { CryptoPort } from "@whither/wire";
import type { ExchangeKeys } from "./exchange-io.ts";

/** What both ends have told each other of themselves (RFC 8839 §5.4), the passwords of their checks among it. */
export interface ExchangeEnd {
	readonly ufrag: string;
	readonly pwd: string;
}

const LABEL = "whither document exchange 1";

/**
 * The keys of one exchange, made of both passwords: whoever has not seen the signalling can neither read nor write. The
 * direction is that of the sender, whatever its role.
 */
export function exchangeKeys(
	crypto: Pick<CryptoPort, "hmacSha256">,
	own: ExchangeEnd,
	peer: ExchangeEnd,
): ExchangeKeys {
	const both = [told(own), told(peer)].sort();
	const secret = crypto.hmacSha256(ascii(LABEL), ascii(both.join("\n")));
	const of = (end: ExchangeEnd) => crypto.hmacSha256(secret, ascii(told(end))).slice(0, 16);
	return { send: of(own), receive: of(peer) };
}

function told({ ufrag, pwd }: ExchangeEnd): string {
	return `${ufrag} ${pwd}`;
}

/** Both are letters, digits, + and / (RFC 8839 §5.4); anything else still gives a key. */
function ascii(text: string): Uint8Array {
	return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}
