/** Command lines as they may be shown and stored: without what nobody else is to know. */
import type { CommandRow } from "./commands.ts";

/** What stands for a word that is not shown. */
const HIDDEN = "***";

/** Options whose values are secret, of any command. */
const SECRET_OPTIONS: readonly string[] = ["--password", "--secret", "--token"];
/** The server's users are given with their passwords, the client's without. */
const SERVER_SECRETS: readonly string[] = [...SECRET_OPTIONS, "--user"];
/** Options whose values are SIP URIs, in which a password may stand though none is taken there. */
const ADDRESS_OPTIONS: readonly string[] = ["--sip", "--call", "--sip-proxy"];

/** A command line that is understood, without its secrets. */
export function withoutSecrets(args: readonly string[]): readonly string[] {
	return hiding(args, (option) => SECRET_OPTIONS.includes(option));
}

/**
 * One that is not: without the values of options that its command does not have either, any of which may be a misspelt
 * `--password`, as what stands behind it may be a password.
 */
export function withoutUnknown(args: readonly string[], { name, options }: CommandRow): readonly string[] {
	const secrets = name === "serve" ? SERVER_SECRETS : SECRET_OPTIONS;
	const shorts = Object.values(options).flatMap(({ short }) => (short === null ? [] : [`-${short}`]));
	const isLong = (option: string) => option.startsWith("--") && Object.hasOwn(options, option.slice(2));
	const isKnown = (option: string) => isLong(option) || shorts.some((short) => option.startsWith(short));
	return hiding(
		args,
		(option) => secrets.includes(option) || !isKnown(option),
		// A password may begin like letters with a value behind them.
		(option) => isLong(option) || shorts.includes(option),
	);
}

/** An address of SIP without its password (RFC 3261 §19.1.1), also where it is none: from the user's colon to the last `@`. */
export function withoutPassword(address: string): string {
	return address.replace(/^(sips?:|(?!sips?:))([^:@]*):.*@/is, `$1$2:${HIDDEN}@`);
}

/** Hides the values of some options: what is behind them, unless it is an option itself; and passwords in addresses. */
function hiding(
	args: readonly string[],
	hides: (option: string) => boolean,
	isOption: (word: string) => boolean = () => false,
): readonly string[] {
	let isValue = false;
	let isAddress = false;
	return args.map((word) => {
		const [option = word] = word.split("=", 1);
		const [wasAddress, isNamed] = [isAddress, ADDRESS_OPTIONS.includes(option)];
		isAddress = isNamed && option === word;
		if (isValue && !isOption(option)) {
			isValue = false;
			return HIDDEN;
		}
		const isHidden = /^-./.test(word) && word !== "--" && hides(option);
		isValue = isHidden && option === word;
		if (isHidden && option !== word) return `${option}=${HIDDEN}`;
		if (isNamed && option !== word) return `${option}=${withoutPassword(word.slice(option.length + 1))}`;
		return wasAddress ? withoutPassword(word) : word;
	});
}
