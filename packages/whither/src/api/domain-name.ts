/** International domain names (IDNA, RFC 5890): what people write, as DNS and TLS carry it. */
import { domainToASCII } from "node:url";

// biome-ignore lint/suspicious/noControlCharactersInRegex: all that is ASCII
const ASCII = /^[\u0000-\u007f]*$/;
/** What would end the name before its end, or have no place in it (WHATWG URL, forbidden domain code points). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are forbidden
const FORBIDDEN = /[\u0000-\u0020"#%/:<>?@[\\\]^`{|}\u007f]/;

/** The name with every label in ASCII (`xn--...`); one in ASCII as it is; null for what is no name in any script. */
export function asciiName(name: string): string | null {
	if (ASCII.test(name)) return name;
	const ascii = FORBIDDEN.test(name) ? "" : domainToASCII(name);
	return ascii === "" ? null : ascii;
}
