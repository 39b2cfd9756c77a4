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

test("what a method sends is told without its options", () => {
	expect(withoutFlags("UDP to one port (53 unless -p), a source port for each probe")).toBe(
		"UDP to one port, a source port for each probe",
	);
	expect(withoutFlags("SCTP INIT (port 80 unless -p)")).toBe("SCTP INIT");
	expect(withoutFlags("Packets of IP protocol N (-O protocol=N, default 253)")).toBe("Packets of IP protocol N");
});

test("a sentence without flags stays as it is", () => {
	const sentence = "Reached host-1.example (203.0.113.7) in 3 hops, 1.00 ms away.";
	expect(withoutFlags(sentence)).toBe(sentence);
});
