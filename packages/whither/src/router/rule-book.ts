/** Sets rules up and takes them away again, by running iptables and ip6tables. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { WhitherError } from "../api/error.ts";
import {
	LIST_ARGUMENTS,
	manualRule,
	RULE_COMMANDS,
	RULE_COMMENT,
	type RuleRequest,
	ruleArguments,
	strayRules,
} from "./rules.ts";

const FAMILIES = [4, 6] as const;
/** Where a kernel with IPv6 shows its addresses. */
const IPV6_ADDRESSES = "/proc/net/if_inet6";
/** Users' paths often lack where system commands are. */
const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
/** Newer systems have the same command for the kernel's older interface under another name. */
const LEGACY = "-legacy";
/** Tables of the older interface that are in use; listing one that is not would set it up. */
const LEGACY_TABLES = { 4: "/proc/net/ip_tables_names", 6: "/proc/net/ip6_tables_names" } as const;

/** Somebody else may be changing rules just now. */
const MOST_TRIES = 3;

interface Ran {
	readonly ok: boolean;
	readonly stdout: string;
	/** What the command said of its failure. */
	readonly said: string;
}

/** Remembers what it set up. Everything here is synchronous, so that it works in a process that is just ending. */
export class RuleBook {
	readonly #installed: { readonly command: string; readonly family: 4 | 6; readonly request: RuleRequest }[] = [];

	/** Adds the rule for each family that the kernel speaks; throws WhitherError `rulesFailed`, with none of them left. */
	install(request: RuleRequest): void {
		for (const family of FAMILIES) {
			if (family === 6 && !existsSync(IPV6_ADDRESSES)) continue;
			const failure = this.#add(family, request);
			if (failure === null) continue;
			this.remove();
			const byHand = FAMILIES.map((each) => `\`${manualRule(each, request)}\``).join(" and ");
			throw new WhitherError("rulesFailed", `${failure}; to set the rules up by hand: ${byHand}`, { said: failure });
		}
	}

	/** Takes away all that was added, and forgets it; safe to call twice. What would not go, in words. */
	remove(): readonly string[] {
		return this.#installed.splice(0).flatMap(({ command, family, request }) => {
			const words = ruleArguments(family, "-D", request);
			for (let tries = 0; tries < MOST_TRIES; tries++) if (run(command, words).ok) return [];
			return [`${command}: a rule marked "${RULE_COMMENT}" stays, and packets pass it; the next start takes it away`];
		});
	}

	/** Takes away rules with our mark that lead to a queue which `isStray`, as a killed process leaves them; how many. */
	sweep(isStray: (queue: number) => boolean): number {
		let removed = 0;
		for (const family of FAMILIES) {
			for (const command of commandsFor(family)) {
				if (command.endsWith(LEGACY) && !hasLegacyTable(family)) continue;
				const listed = run(command, LIST_ARGUMENTS);
				for (const words of strayRules(listed.stdout, isStray)) if (run(command, words).ok) removed++;
			}
		}
		return removed;
	}

	/** Null, or why it failed. */
	#add(family: 4 | 6, request: RuleRequest): string | null {
		let said = "";
		for (const command of commandsFor(family)) {
			const ran = run(command, ruleArguments(family, "-A", request));
			if (ran.ok) {
				this.#installed.push({ command, family, request });
				return null;
			}
			said ||= ran.said;
		}
		return said;
	}
}

function commandsFor(family: 4 | 6): readonly string[] {
	return ["", LEGACY].map((variant) => `${RULE_COMMANDS[family]}${variant}`);
}

function hasLegacyTable(family: 4 | 6): boolean {
	try {
		return readFileSync(LEGACY_TABLES[family], "utf8").split("\n").includes("mangle");
	} catch {
		return false;
	}
}

function run(command: string, words: readonly string[]): Ran {
	// A process group of its own: a signal to ours must not end the command that takes a rule away.
	const options = { encoding: "utf8", env: { ...process.env, PATH }, detached: true } as const;
	const ran = spawnSync(command, words, options);
	if (ran.error !== undefined) {
		const isMissing = (ran.error as NodeJS.ErrnoException).code === "ENOENT";
		const said = isMissing ? `The command ${command} is not installed` : `${command}: ${ran.error.message}`;
		return { ok: false, stdout: "", said };
	}
	const [first = ""] = ran.stderr.trim().split("\n");
	return { ok: ran.status === 0, stdout: ran.stdout, said: `${command}: ${first.replace(/\.$/, "")}` };
}
