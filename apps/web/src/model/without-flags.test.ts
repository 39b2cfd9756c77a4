import { expect, test } from "vitest";
import { withoutFlags } from "./without-flags.ts";

test("the page sends nobody to the command line", () => {
	expect(withoutFlags("Hops 4 and 5 forwarded the packets inside an MPLS tunnel (-e shows the labels).")).toBe(
		"Hops 4 and 5 forwarded the packets inside an MPLS tunnel.",
	);
	expect(withoutFlags("Nothing answers: a firewall drops these probes; try -T --port 443.")).toBe(
		"Nothing answers: a firewall drops these probes; try the method tcp with port 443.",
	);
	expect(withoutFlags("30 hops were not enough; allow more with --max-hops.")).toBe(
		"30 hops were not enough; allow more in the options.",
	);
});

test("a sentence without flags stays as it is", () => {
	const sentence = "Reached host-1.example (203.0.113.7) in 3 hops, 1.00 ms away.";
	expect(withoutFlags(sentence)).toBe(sentence);
});
