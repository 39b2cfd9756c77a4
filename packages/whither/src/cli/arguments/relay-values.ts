/** Values of a relay's options: users, secrets, addresses of its own and of peers. */
import { addressFamily } from "@whither/wire";
import { refuse, UsageProblem, type ValueKind } from "./values.ts";

/** Words that add up when the option is given again. */
export function list(
	placeholder: string,
	wants: string,
	fits: (text: string) => boolean,
): ValueKind<readonly string[]> {
	return {
		placeholder,
		completes: null,
		read: (text, option) => (fits(text) ? [text] : refuse(option, wants, text)),
		merge: (before, after) => [...before, ...after],
	};
}

/** A name and a password; what it is not is not shown. */
export const userPassword: ValueKind<readonly { readonly username: string; readonly password: string }[]> = {
	placeholder: "NAME:PASSWORD",
	completes: null,
	read: (text, option) => {
		const [, username, password] = /^([^:]+):(.+)$/s.exec(text) ?? [];
		if (username === undefined || password === undefined)
			throw new UsageProblem(`${option} wants a name and a password with a colon between them`);
		return [{ username, password }];
	},
	merge: (before, after) => [...before, ...after],
};

/** A secret that something else shares. */
export const secrets = list("SECRET", "a secret", (text) => text !== "");

/** Servers by name, address or URI; which they are is the library's to say. */
export const servers = list("URL", "a server", (text) => text !== "");

/** An address of ours, and what it is seen as elsewhere. */
export const relayAddresses = list("ADDR[=PUBLIC]", "an address, or ADDR=PUBLIC", (text) =>
	text.split("=").every((part) => addressFamily(part) !== null),
);

/** Addresses and ranges of addresses; that they are any is checked with the others. */
export const addressRanges = list("CIDR", "an address or a range such as 10.0.0.0/8", (text) =>
	/^[\da-fA-F.:]+(\/\d{1,3})?$/.test(text),
);

/** First and last of some ports. */
export const portRange: ValueKind<{ readonly first: number; readonly last: number }> = {
	placeholder: "A-B",
	completes: null,
	read: (text, option) => {
		const [, first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
		const fits = first >= 1 && last <= 65_535 && first <= last;
		return fits ? { first, last } : refuse(option, "two ports such as 50000-50999", text);
	},
};

/** Numeric addresses with ports. */
export const endpoints: ValueKind<readonly { readonly address: string; readonly port: number }[]> = {
	placeholder: "ADDR:PORT",
	completes: null,
	read: (text, option) => {
		const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
		const address = bracketed ?? bare ?? "";
		const port = Number(digits);
		if (addressFamily(address) === null || !(port >= 1 && port <= 65_535))
			refuse(option, "an address in numbers and a port, such as 192.0.2.1:3478 or [2001:db8::1]:3478", text);
		return [{ address, port }];
	},
	merge: (before, after) => [...before, ...after],
};

/** Something to show to who asks for it. */
export const token: ValueKind<string> = {
	placeholder: "TOKEN",
	completes: null,
	read: (text, option) =>
		/^[\x21-\x7e]+$/.test(text) ? text : refuse(option, "printable ASCII characters without spaces", text),
};
