/** What an option's value may be: each kind reads its text into a value or says in one sentence what it wants. */
import { parseMethodOptions, TRACE_METHODS } from "@whither/core";
import { addressFamily } from "@whither/wire";
import { MOST_MS } from "../../api/limits.ts";
import type { MethodOptions } from "../../api/method-options.ts";
import { AS_NAME_SERVER_FORMS, AS_SERVER_FORMS, parseAsNameServer, parseAsServer } from "../../api/places/as-server.ts";
import { parsePlace } from "../../api/stun/server-name.ts";

/** Why a command line cannot be obeyed; the sentence names the option and what to do. */
export class UsageProblem extends Error {
	override readonly name = "UsageProblem";
}

/** Known by its name, since the bundle's two files each have a class of their own. */
export function isUsageProblem(thrown: unknown): thrown is UsageProblem {
	return thrown instanceof Error && thrown.name === "UsageProblem";
}

/** One kind of value, for parsing, help and completion. */
export interface ValueKind<T> {
	/** What stands for the value in help: `N`, `ADDR`. */
	readonly placeholder: string;
	/** For completion: the words to choose from, or what the shell should offer. */
	readonly completes: readonly string[] | "interface" | "host" | null;
	/** Read the text; `option` is how the user wrote the option, for the sentence. Throws `UsageProblem`. */
	readonly read: (text: string, option: string) => T;
	/** What the option given twice means; absent: the last counts. */
	merge?(before: T, after: T): T;
}

/** Throws the `UsageProblem` of a value that is none. */
export function refuse(option: string, wants: string, text: string): never {
	throw new UsageProblem(`${option} wants ${wants}, not "${text}"`);
}

/** A whole number, decimal or 0x hexadecimal, both ends allowed. */
export function wholeNumber([least, most]: readonly [number, number], placeholder = "N"): ValueKind<number> {
	const wants = `a whole number from ${least} to ${most}`;
	return {
		placeholder,
		completes: null,
		read: (text, option) => {
			const value = /^(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
			return value >= least && value <= most ? value : refuse(option, wants, text);
		},
	};
}

const DECIMAL = /^(\d+(\.\d*)?|\.\d+)$/;

const MOST_SECONDS = MOST_MS / 1000;

/** Seconds with a fraction, above zero, as milliseconds. */
export const seconds: ValueKind<number> = {
	placeholder: "S",
	completes: null,
	read: (text, option) => {
		const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
		return value > 0 && value <= MOST_SECONDS ? value * 1000 : refuse(option, "seconds, such as 2 or 0.5", text);
	},
};

/** The same with 0, for none. */
export const secondsOrNone: ValueKind<number> = {
	...seconds,
	read: (text, option) => (/^0*(\.0*)?$/.test(text) && text !== "" && text !== "." ? 0 : seconds.read(text, option)),
};

/** Any text but none. */
export function plainText(placeholder: string): ValueKind<string> {
	return {
		placeholder,
		completes: null,
		read: (text, option) => (text === "" ? refuse(option, "some text", text) : text),
	};
}

/** A numeric address and a port. */
export const place: ValueKind<{ readonly address: string; readonly port: number }> = {
	placeholder: "ADDR:PORT",
	completes: null,
	read: (text, option) => {
		const found = parsePlace(text);
		if (found === null || found.port === null || addressFamily(found.host) === null)
			return refuse(option, "a numeric address and a port, such as 192.0.2.1:7 or [2001:db8::1]:7", text);
		return { address: found.host, port: found.port };
	},
};

const TRANSPORTS = ["udp", "tcp", "tls"] as const;

/** Some of the ways to a relay. */
export const transports: ValueKind<readonly (typeof TRANSPORTS)[number][]> = {
	placeholder: "NAME,...",
	completes: TRANSPORTS,
	read: (text, option) =>
		text
			.split(",")
			.map(
				(word) => TRANSPORTS.find((name) => name === word) ?? refuse(option, "udp, tcp or tls between commas", text),
			),
	merge: (before, after) => [...before, ...after],
};

/** traceroute's -z: below 10 seconds, from 10 on milliseconds; as milliseconds. */
export const sendWait: ValueKind<number> = {
	placeholder: "N",
	completes: null,
	read: (text, option) => {
		const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
		if (!(value <= MOST_SECONDS)) refuse(option, "seconds (below 10) or milliseconds (10 and more)", text);
		return value >= 10 ? value : value * 1000;
	},
};

/** What -w says: the longest wait, and the factors HERE and NEAR over round trips seen. */
export interface WaitFlags {
	readonly maxMs: number;
	readonly here: number;
	readonly near: number;
}

/** traceroute's -w MAX[,HERE,NEAR]; a lone MAX switches both factors off. */
export const waits: ValueKind<WaitFlags> = {
	placeholder: "MAX[,HERE,NEAR]",
	completes: null,
	read: (text, option) => {
		const parts = text.split(",");
		const numbers = parts.map((part) => (DECIMAL.test(part) ? Number(part) : Number.NaN));
		const [max = Number.NaN, here = 0, near = 0] = numbers;
		const fits = parts.length <= 3 && max > 0 && max <= MOST_SECONDS && here >= 0 && near >= 0;
		if (!fits || numbers.some(Number.isNaN)) refuse(option, "MAX seconds or MAX,HERE,NEAR, such as 3 or 3,3,10", text);
		return { maxMs: max * 1000, here, near };
	},
};

/** A numeric address. */
export const address: ValueKind<string> = {
	placeholder: "ADDR",
	completes: null,
	read: (text, option) => (addressFamily(text) === null ? refuse(option, "an IPv4 or IPv6 address", text) : text),
};

/** Addresses to listen on, between commas or by the option given again. */
export const addresses: ValueKind<readonly string[]> = {
	placeholder: "ADDR",
	completes: null,
	read: (text, option) => {
		const words = text.split(",");
		const wrong = words.find((word) => word !== "*" && addressFamily(word.replace(/%.*$/, "")) === null);
		return wrong === undefined ? words : refuse(option, "an IPv4 or IPv6 address of this machine, or *", wrong);
	},
	merge: (before, after) => [...before, ...after],
};

/** A file to read. */
export const inputFile: ValueKind<string> = {
	placeholder: "FILE",
	completes: null,
	read: (text, option) => (text === "" ? refuse(option, "the name of a file", text) : text),
};

/** Files to read, by the option given again. */
export const inputFiles: ValueKind<readonly string[]> = {
	...inputFile,
	read: (text, option) => [inputFile.read(text, option)],
	merge: (before, after) => [...before, ...after],
};

/** IFNAMSIZ in linux/if.h is 16 with the NUL. */
const LONGEST_INTERFACE_NAME = 15;

/** The name of a network interface. */
export const interfaceName: ValueKind<string> = {
	placeholder: "DEV",
	completes: "interface",
	read: (text, option) => {
		const fits = text.length > 0 && text.length <= LONGEST_INTERFACE_NAME && !/[\s/]/.test(text);
		return fits ? text : refuse(option, `an interface name of at most ${LONGEST_INTERFACE_NAME} characters`, text);
	},
};

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[], placeholder: string): ValueKind<Word> {
	const list = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
	return {
		placeholder,
		completes: words,
		read: (text, option) => words.find((word) => word === text) ?? refuse(option, list, text),
	};
}

/** A domain name as it stands; whether it is one is the method's to say. */
export const domainName: ValueKind<string> = {
	placeholder: "NAME",
	completes: "host",
	read: (text, option) => (text === "" ? refuse(option, "a domain name", text) : text),
};

/** -g: names or addresses, between commas or by -g given again; how many is a matter of the family. */
export const gateways: ValueKind<readonly string[]> = {
	placeholder: "ADDR,...",
	completes: "host",
	read: (text, option) => {
		const names = text.split(",");
		if (/^\d+$/.test(names[0] ?? ""))
			refuse(option, "addresses or names alone, without a type of routing header", text);
		return names.some((name) => name.trim() === "") ? refuse(option, "addresses or names between commas", text) : names;
	},
	merge: (before, after) => [...before, ...after],
};

/** Who knows the autonomous systems of addresses. */
export const asServer: ValueKind<string> = {
	placeholder: "SERVER",
	completes: null,
	read: (text, option) => {
		try {
			parseAsServer(text);
			return text;
		} catch {
			return refuse(option, AS_SERVER_FORMS, text);
		}
	},
};

/** Who knows what autonomous systems are called. */
export const asNameServer: ValueKind<string> = {
	placeholder: "SERVER",
	completes: ["dns"],
	read: (text, option) => {
		try {
			parseAsNameServer(text);
			return text;
		} catch {
			return refuse(option, AS_NAME_SERVER_FORMS, text);
		}
	},
};

/** A file to write; stdout carries the report. */
export const fileName: ValueKind<string> = {
	placeholder: "FILE",
	completes: null,
	read: (text, option) =>
		text === "" || text === "-" ? refuse(option, "a file (stdout carries the report)", text) : text,
};

/** The word that lists a method's options instead of tracing. */
export const OPTIONS_HELP = "help";

/** -O: checked later, when the method is known. */
export const methodOptions: ValueKind<MethodOptions> = {
	placeholder: "NAME[=VALUE],...",
	completes: [OPTIONS_HELP, ...new Set(TRACE_METHODS.flatMap(({ options = [] }) => options.map(optionWord)))],
	read: (text, option) => {
		const names = text.split(",").map((item) => item.replace(/=.*/s, ""));
		const twice = names.find((name, index) => name !== "" && names.indexOf(name) < index);
		if (twice !== undefined)
			throw new UsageProblem(`${option} wants each option once, and ${twice} stands twice in "${text}"`);
		return parseMethodOptions(text);
	},
	merge: (before, after) => ({ ...before, ...after }),
};

/** As far as completion can write it: `info`, `domain=`. */
function optionWord({ name, value }: { readonly name: string; readonly value: string | null }): string {
	return value === null ? name : `${name}=`;
}
