import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE } from "../backend.ts";
import { type BackendCase, casesOf, nativeObstacle, twoAddressesObstacle } from "../testing/backend-cases.ts";
import { runStun } from "./discovery.ts";
import type { RunningStun, StunOrder, StunRunMessage } from "./discovery-io.ts";
import { openStunService } from "./service.ts";
import { isServiceFailure, type StunPlace } from "./service-io.ts";

const two = "tells all of a server with two, classic %s";
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;

const TITLE = "a discovery by the $name backend, IPv$family";
describe.skipIf(nativeObstacle !== null).each(casesOf("native"))(skippable(TITLE, nativeObstacle), discovers);
describe.each(casesOf("portable"))(TITLE, discovers);

function discovers({ name, family }: BackendCase): void {
	const closing: (() => Promise<void>)[] = [];
	afterEach(async () => {
		for (const close of closing.splice(0)) await close();
	});

	async function serve(places: readonly Partial<StunPlace>[], classic = false): Promise<number> {
		process.env[BACKEND_VARIABLE] = name;
		const whole = places.map(
			(place) => ({ transport: "udp", family, address: LOOPBACK[family], port: 0, ...place }) satisfies StunPlace,
		);
		const service = await openStunService({ places: whole, classic });
		delete process.env[BACKEND_VARIABLE];
		if (isServiceFailure(service)) throw new Error(JSON.stringify(service));
		closing.push(() => service.close());
		return service.listening[0]?.local.port ?? 0;
	}

	/** A port where nobody is, of either transport. */
	async function closedPort(): Promise<number> {
		const port = await serve([{}]);
		await closing.pop()?.();
		return port;
	}

	function run(
		order: Partial<StunOrder> & { readonly port: number },
		meanwhile: (run: RunningStun) => void = () => {},
	) {
		const { port, ...rest } = order;
		const heard: StunRunMessage[] = [];
		return new Promise<StunRunMessage[]>((resolve) => {
			process.env[BACKEND_VARIABLE] = name;
			const whole: StunOrder = {
				family,
				server: { address: LOOPBACK[family], port },
				serverName: LOOPBACK[family],
				transport: "udp",
				source: null,
				timeoutMs: null,
				...rest,
			};
			const running = runStun(whole, (message) => {
				heard.push(message);
				if (message.type !== "event") resolve(heard);
			});
			delete process.env[BACKEND_VARIABLE];
			meanwhile(running);
		});
	}

	function findingsOf(heard: readonly StunRunMessage[]) {
		const last = heard.at(-1);
		if (last?.type !== "result") throw new Error(JSON.stringify(last));
		return last.findings;
	}

	it("tells the address, and that nothing is translated, of a server with one address", async () => {
		const heard = await run({ port: await serve([{}]) });
		const { behaviour, ...rest } = findingsOf(heard);
		expect(heard.slice(0, -1).map((message) => message.type === "event" && message.event.kind)).toContain("mapped");
		expect(behaviour).toMatchObject({
			mapping: "none",
			filtering: "unknown",
			hairpin: null,
			tests: "none",
			failure: null,
		});
		expect(behaviour.mappedAddress).toEqual(behaviour.localAddress);
		expect(behaviour.localAddress.address).toBe(LOOPBACK[family]);
		expect(behaviour.rttNs).toBeGreaterThan(0);
		expect(rest).toMatchObject({ ended: "complete", error: null, backend: name });
		expect(rest.stamps).toBe(name === "native" ? "kernel" : "user");
	});

	// Loopback has one address of IPv6.
	if (family === 4)
		it.skipIf(twoAddressesObstacle !== null).each([false, true])(
			skippable(two, twoAddressesObstacle),
			async (classic) => {
				const base = await closedPort();
				const both = ["127.0.0.1", "127.0.0.2"].flatMap((address) =>
					[base, base + 1].map((port) => ({ address, port })),
				);
				const port = await serve(both, true);
				const { behaviour } = findingsOf(await run({ port, classic }));
				expect(behaviour).toMatchObject({
					mapping: "none",
					filtering: "endpointIndependent",
					classic: "open internet",
					tests: classic ? "rfc3489" : "rfc5780",
				});
			},
		);

	it("asks over TCP", async () => {
		const port = await serve([{ transport: "tcp" }]);
		const { behaviour } = findingsOf(await run({ port, transport: "tcp" }));
		expect(behaviour).toMatchObject({ mapping: "none", failure: null });
		expect(behaviour.mappedAddress?.address).toBe(LOOPBACK[family]);
	});

	it("where nobody listens says so at once, over UDP as far as the sockets tell", async () => {
		const port = await closedPort();
		const stream = findingsOf(await run({ port, transport: "tcp" }));
		expect(stream.behaviour).toMatchObject({ failure: "unreachable", mappedAddress: null });
		expect(stream.error).toMatchObject({ errnoName: "ECONNREFUSED" });
		const timeoutMs = name === "native" ? null : 50;
		const datagram = findingsOf(await run({ port, timeoutMs }));
		if (name === "native") {
			expect(datagram.behaviour).toMatchObject({ failure: "unreachable", classic: "UDP blocked" });
			expect(datagram.error).toMatchObject({ errnoName: "ECONNREFUSED" });
		} else expect(datagram).toMatchObject({ ended: "timeout", behaviour: { mappedAddress: null } });
	});

	it("can be stopped, and says what is known", async () => {
		const port = await closedPort();
		const heard = await run({ port }, (running) => running.stop());
		expect(findingsOf(heard)).toMatchObject({ ended: "interrupted", behaviour: { mappedAddress: null } });
		const stream = await run({ port, transport: "tcp" }, (running) => running.stop());
		expect(findingsOf(stream)).toMatchObject({ ended: "interrupted" });
	});

	it("says why it cannot begin", async () => {
		const source = family === 4 ? "203.0.113.9" : "2001:db8::9";
		const heard = await run({ port: 3478, source });
		expect(heard).toMatchObject([{ type: "failed", error: { code: "addressNotAvailable" } }]);
	});
}
