import { describe, expect, it } from "vitest";
import { LIST_ARGUMENTS, manualRule, RULE_COMMENT, ruleArguments, strayRules } from "./rules.ts";

const EVERYWHERE = { queue: 3, interface: null };

/** What `iptables -S PREROUTING` prints, of ours and of others'. */
const LISTING = `-P PREROUTING ACCEPT
-A PREROUTING -i wan0 -p udp ! -f -m u32 --u32 "0x0>>0x16&0x3c@0xc=0x2112a442" -m comment --comment "whither router" -j NFQUEUE --queue-num 3 --queue-bypass
-A PREROUTING -p udp ! -f -m u32 --u32 "0x0>>0x16&0x3c@0xc=0x2112a442" -j NFQUEUE --queue-num 3 --queue-bypass
-A PREROUTING -p tcp -m comment --comment "a \\"whither router\\" of mine" -j NFQUEUE --queue-num 3
-A PREROUTING -p udp -m comment --comment "whither router" -j ACCEPT
-A PREROUTING -p udp -m u32 --u32 "0x34=0x2112a442" -m comment --comment "whither router" -j NFQUEUE --queue-num 4 --queue-bypass
`;

describe("the rule that sends packets to the node", () => {
	it("is that of the published prototype, by hand and for the command", () => {
		expect(manualRule(4, EVERYWHERE)).toBe(
			"iptables -t mangle -A PREROUTING -p udp '!' -f -m u32 --u32 '0>>22&0x3C@12=0x2112a442' -j NFQUEUE --queue-num 3 --queue-bypass",
		);
		expect(manualRule(6, { queue: 0, interface: "wan0" })).toBe(
			"ip6tables -t mangle -A PREROUTING -i wan0 -p udp -m u32 --u32 '52=0x2112a442' -j NFQUEUE --queue-num 0 --queue-bypass",
		);
	});

	it("bears a mark where we set it up, and is taken away by the same words", () => {
		const added = ruleArguments(4, "-A", { queue: 3, interface: "wan0" });
		expect(added.join(" ")).toBe(
			`-w 5 -t mangle -A PREROUTING -i wan0 -p udp ! -f -m u32 --u32 0>>22&0x3C@12=0x2112a442 -m comment --comment ${RULE_COMMENT} -j NFQUEUE --queue-num 3 --queue-bypass`,
		);
		const removed = ruleArguments(4, "-D", { queue: 3, interface: "wan0" });
		expect(removed).toEqual(added.map((word) => (word === "-A" ? "-D" : word)));
	});
});

describe("rules that a killed node left behind", () => {
	it("are those with our mark that lead to a queue of nobody's", () => {
		const found = strayRules(LISTING, (queue) => queue === 3);
		expect(found).toEqual([
			[
				...["-w", "5", "-t", "mangle", "-D", "PREROUTING", "-i", "wan0", "-p", "udp", "!", "-f"],
				...["-m", "u32", "--u32", "0x0>>0x16&0x3c@0xc=0x2112a442", "-m", "comment", "--comment", "whither router"],
				...["-j", "NFQUEUE", "--queue-num", "3", "--queue-bypass"],
			],
		]);
		expect(strayRules(LISTING, () => true)).toHaveLength(2);
		expect(strayRules(LISTING, () => false)).toEqual([]);
	});

	it("are none in whatever else a command may print", () => {
		for (const text of ["", "\n\n", "iptables: No chain", '-A PREROUTING --comment "whither router', "-A"]) {
			expect(strayRules(text, () => true)).toEqual([]);
		}
		expect(LIST_ARGUMENTS).toContain("-S");
	});
});
