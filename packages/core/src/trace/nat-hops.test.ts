import { packetChanges } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { ipPacket } from "./capture/packets.ts";
import { hopNat, pathNat } from "./nat-hops.ts";
import type { ProbeResult } from "./result.ts";

function probe(changes: readonly string[] | null): ProbeResult {
	return {
		seq: 0,
		flow: 0,
		sentAtNs: 0,
		status: changes === null ? "timeout" : "reply",
		from: null,
		name: null,
		rttNs: null,
		stamps: null,
		reply: null,
		quoted: changes === null ? null : { tos: 0, ttl: 1, source: null, length: 60, changes },
		extensions: [],
	};
}

describe("hopNat", () => {
	it.each([
		[[], "none"],
		[["source 192.0.2.1 -> 198.51.100.9", "checksum 0x1234 -> 0x5678 (follows)"], "source"],
		[["sourcePort 50000 -> 1024"], "source"],
		[["icmpId 7 -> 9"], "source"],
		[["destination 203.0.113.7 -> 10.0.0.7"], "destination"],
		[["destinationPort 33434 -> 8080"], "destination"],
		[["source 192.0.2.1 -> 198.51.100.9", "destination 203.0.113.7 -> 10.0.0.7"], "source"],
		[["checksum 0x1234 -> 0x5678"], "checksum"],
		[["checksum 0x1234 -> 0x5678 (follows)"], "none"],
	])("makes of %j that it is %s", (changes, nat) => {
		expect(hopNat([probe(changes)])).toBe(nat);
	});

	it("takes a checksum for no translation where another change of the segment explains it", () => {
		const checksum = "checksum 0x1234 -> 0x5678";
		for (const change of ["mss 1460 -> 1360", "option sackPermitted removed", "payload", "window 64240 -> 65535"])
			expect(hopNat([probe([checksum, change])])).toBe("none");
		for (const change of ["tos 0xb8 -> 0x00", "dscp 46 -> 0", "identification 1 -> 2", "ttl 1 -> 2", "length 60 -> 40"])
			expect(hopNat([probe([change, checksum])])).toBe("checksum");
	});

	it("knows nothing of a hop that quotes nothing, and believes the probe that tells most", () => {
		expect(hopNat([probe(null)])).toBe("unknown");
		expect(hopNat([])).toBe("unknown");
		expect(hopNat([probe(null), probe([]), probe(["sourcePort 1 -> 2"])])).toBe("source");
	});

	it("reads what packetChanges writes of a translated packet", () => {
		const packet = { transport: "ip", protocol: 17, sourcePort: 1, destinationPort: 2 } as const;
		const bytes = Uint8Array.of(0, 1, 0, 2, 0, 8, 0, 0);
		const frame = { family: 4, target: "203.0.113.7", tos: 0, flowLabel: 0, dontFragment: false } as const;
		const send = { sequence: 0, ttl: 1, packet: { ...packet, bytes } };
		const ours = ipPacket({ ...frame, source: "192.0.2.1" }, send);
		const theirs = ipPacket({ ...frame, source: "198.51.100.9" }, send);
		expect(hopNat([probe(packetChanges(ours, theirs, 4))])).toBe("source");
		expect(hopNat([probe(packetChanges(ours, ours, 4))])).toBe("none");
	});
});

describe("pathNat", () => {
	const hop = (ttl: number, changes: readonly string[] | null) => ({ ttl, probes: [probe(changes)] });
	const translated = ["source 192.0.2.1 -> 198.51.100.9"];

	it("finds the hop behind which packets are translated, over hops that say nothing", () => {
		const hops = [hop(1, []), hop(2, []), hop(3, null), hop(4, translated), hop(5, translated)];
		expect(pathNat({ hops })).toEqual({
			hops: [
				{ ttl: 1, nat: "none" },
				{ ttl: 2, nat: "none" },
				{ ttl: 3, nat: "unknown" },
				{ ttl: 4, nat: "source" },
				{ ttl: 5, nat: "source" },
			],
			first: { nat: "source", behindTtl: 2, seenAtTtl: 4 },
		});
	});

	it("puts a translation before the first hop behind our own link", () => {
		expect(pathNat({ hops: [hop(1, translated)] }).first).toEqual({ nat: "source", behindTtl: 0, seenAtTtl: 1 });
	});

	it("finds none on a path that leaves packets alone", () => {
		expect(pathNat({ hops: [hop(1, []), hop(2, null)] }).first).toBeNull();
	});
});
