import { describe, expect, it } from "vitest";
import { type ServeOptions, stunPlaces } from "./serve-options.ts";

const placesOf = (options: ServeOptions) =>
	stunPlaces(options).map(
		({ transport, address, family, port }) => `${transport} ${address ?? `any${family}`} ${port}`,
	);
const PEM = { certificate: "C", key: "K" };

describe("a server listens", () => {
	it("on loopback, without IPv6 where there is none", () => {
		expect(placesOf({})).toEqual(["udp 127.0.0.1 3478", "udp ::1 3478", "tcp 127.0.0.1 3478", "tcp ::1 3478"]);
		expect(
			stunPlaces({})
				.filter(({ optional }) => optional)
				.map(({ address }) => address),
		).toEqual(["::1", "::1"]);
	});
	it("on one address, with one port", () => {
		expect(placesOf({ listen: ["192.0.2.1"], stunPort: 0 })).toEqual(["udp 192.0.2.1 0", "tcp 192.0.2.1 0"]);
	});
	it("on two addresses of one family by two ports, and over TCP by one", () => {
		expect(placesOf({ listen: ["192.0.2.1", "192.0.2.2", "2001:db8::1"] })).toEqual([
			"udp 192.0.2.1 3478",
			"udp 192.0.2.2 3478",
			"udp 2001:db8::1 3478",
			"udp 192.0.2.1 3479",
			"udp 192.0.2.2 3479",
			"tcp 192.0.2.1 3478",
			"tcp 192.0.2.2 3478",
			"tcp 2001:db8::1 3478",
		]);
	});
	it("on everything, once", () => {
		expect(placesOf({ listen: ["*", "0.0.0.0"], stunPort: 9 })).toEqual([
			"udp any4 9",
			"udp any6 9",
			"tcp any4 9",
			"tcp any6 9",
		]);
	});
	it("for TLS too where it has a certificate", () => {
		expect(placesOf({ listen: ["::1"], ...PEM })).toEqual(["udp ::1 3478", "tcp ::1 3478", "tls ::1 5349"]);
	});
	it("with the interface of a link-local address", () => {
		expect(stunPlaces({ listen: ["fe80::1%eth0"] })[0]).toMatchObject({ address: "fe80::1", zone: "eth0" });
	});
});

describe("what cannot be is refused with a sentence", () => {
	const two = { listen: ["192.0.2.1", "192.0.2.2"] };
	it.each<[string, ServeOptions]>([
		["a name", { listen: ["localhost"] }],
		["a certificate without its key", { certificate: "C" }],
		["two addresses on a port of the system's choice", { ...two, stunPort: 0 }],
		["one port twice", { ...two, alternatePort: 3478 }],
		["a port beyond the last", { ...two, stunPort: 65_535 }],
		["TLS on the port of TCP", { ...two, ...PEM, tlsPort: 3478 }],
	])("%s", (_, options) => {
		expect(() => stunPlaces(options)).toThrow(expect.objectContaining({ code: "badOption" }));
		expect(() => stunPlaces(options)).toThrow(/^[A-Z"].*[^.]$/);
	});
});
