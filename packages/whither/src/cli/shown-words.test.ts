import { describe, expect, it } from "vitest";
import { findCommand } from "./commands.ts";
import { withoutPassword, withoutSecrets, withoutUnknown } from "./shown-words.ts";

describe("what is shown of a command line", () => {
	it.each([
		[
			["turn", "srv", "--password", "sesame", "--json"],
			["turn", "srv", "--password", "***", "--json"],
		],
		[
			["turn", "srv", "--password=sesame"],
			["turn", "srv", "--password=***"],
		],
		[
			["turn", "srv", "--secret", "north"],
			["turn", "srv", "--secret", "***"],
		],
		[
			["turn", "srv", "--password-file", "there"],
			["turn", "srv", "--password-file", "there"],
		],
		[
			["meet", "--sip", "sip:me:sesame@host", "--call", "you:north@host", "--sip-proxy", "sips:a:b@p;lr", "--json"],
			["meet", "--sip", "sip:me:***@host", "--call", "you:***@host", "--sip-proxy", "sips:a:***@p;lr", "--json"],
		],
		[
			["meet", "--sip=sip:me:ses=ame@host", "--call=you@host:5060", "--sip-proxy=sip:[2001:db8::1]:5060"],
			["meet", "--sip=sip:me:***@host", "--call=you@host:5060", "--sip-proxy=sip:[2001:db8::1]:5060"],
		],
	])("%j", (given, shown) => {
		expect(withoutSecrets(given)).toEqual(shown);
	});
});

describe("what is shown of a command line that is not understood", () => {
	it.each([
		[
			["turn", "srv", "--user", "ann", "--passw", "sesame", "--json"],
			["turn", "srv", "--user", "ann", "--passw", "***", "--json"],
		],
		[
			["turn", "--passw=ses=ame", "srv", "--json"],
			["turn", "--passw=***", "srv", "--json"],
		],
		[
			["turn", "srv", "--secret", "--json", "--passwd", "-sesame"],
			["turn", "srv", "--secret", "--json", "--passwd", "***"],
		],
		[
			["stun", "srv", "--password", "sesame", "-4", "--json"],
			["stun", "srv", "--password", "***", "-4", "--json"],
		],
		[
			["serve", "--users=there", "--user", "ann:sesame", "--json"],
			["serve", "--users=there", "--user", "***", "--json"],
		],
		[
			["trace", "-p53", "--por", "7", "-w", "1", "host", "--json"],
			["trace", "-p53", "--por", "***", "-w", "1", "host", "--json"],
		],
		[
			["meet", "--sip", "sip:me:sesame@host", "--cal", "sip:you:north@host", "--sip-proxy=p:west@host", "--json"],
			["meet", "--sip", "sip:me:***@host", "--cal", "***", "--sip-proxy=p:***@host", "--json"],
		],
	])("%j", (given, shown) => {
		const command = findCommand(given[0]);
		if (command === null) throw new Error("no such command");
		expect(withoutUnknown(given, command)).toEqual(shown);
	});
});

describe("what is shown of a SIP address", () => {
	it.each([
		["sip:me:sesame@host", "sip:me:***@host"],
		["SIPS:me:sesame@host;transport=tcp", "SIPS:me:***@host;transport=tcp"],
		["me:sesame@host", "me:***@host"],
		["sip:me:ses@me:x@host", "sip:me:***@host"],
		["<sip:me:sesame@host>", "<sip:***@host>"],
		["sip:me:ses\name@ho st", "sip:me:***@ho st"],
		["sip:me@host:5060", "sip:me@host:5060"],
		["me@host", "me@host"],
		["sip:host:5060", "sip:host:5060"],
		["sip:[2001:db8::1]:5060;lr", "sip:[2001:db8::1]:5060;lr"],
		["", ""],
	])("%j", (given, shown) => {
		expect(withoutPassword(given)).toBe(shown);
	});
});
