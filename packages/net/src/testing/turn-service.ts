/** A TURN service of ours on loopback, for live tests. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StunPlace, StunServiceFailure } from "../serving/places-io.ts";
import type { RelayOrder } from "../turn/client/relay-io.ts";
import { openTurnService } from "../turn/service.ts";
import { isTurnServiceFailure, type TurnService, type TurnServiceOrder } from "../turn/service-io.ts";
import { isThere } from "./namespaces.ts";

/** Who may relay, unless a test says otherwise. */
export const TURN_USER = { kind: "longTerm", username: "alice", password: "sesame" } as const;

/** Why there is no TLS here, or null. */
export const tlsObstacle = isThere("openssl") ? null : "it needs openssl (Debian package openssl)";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const FAMILIES = [4, 6] as const;
let pems: { readonly certificate: string; readonly key: string } | null = null;

/** A certificate of localhost and its key, one for all. */
export function testPems(): { readonly certificate: string; readonly key: string } {
	pems ??= makePems();
	return pems;
}

function makePems() {
	const folder = mkdtempSync(join(tmpdir(), "whither-turn-"));
	const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
	const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
	const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
	execFileSync("openssl", ["req", ...kind, "-keyout", key, "-out", certificate, ...subject], { stdio: "pipe" });
	const made = { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") };
	rmSync(folder, { recursive: true });
	return made;
}

/** What a test changes of the service. */
export interface TestServiceOrder extends Partial<Omit<TurnServiceOrder, "config">> {
	readonly config?: Partial<TurnServiceOrder["config"]>;
}

/** What workers run: tests run from source, which a worker cannot. */
export const WORKER = new URL("../../dist/turn/data-path/data-path-worker.js", import.meta.url);

/** One that listens for everything on loopback of both families, lets loopback be peers, and knows `TURN_USER`. */
export async function openTestService(order: TestServiceOrder = {}): Promise<TestService> {
	const { username, password } = TURN_USER;
	const config = {
		realm: "example.org",
		users: { passwords: [{ username, password }] },
		peers: { allow: ["127.0.0.1", "127.0.0.2", "::1"] },
		...order.config,
	};
	const transports = tlsObstacle === null ? (["udp", "tcp", "tls"] as const) : (["udp", "tcp"] as const);
	const service = await openTurnService({
		places: transports.flatMap((transport) => FAMILIES.map((family) => placeOf(transport, family))),
		relays: FAMILIES.map((family) => ({ address: LOOPBACK[family] })),
		binding: {},
		workers: 0,
		workerUrl: WORKER,
		...(tlsObstacle === null ? testPems() : {}),
		...order,
		config,
	});
	if (isTurnServiceFailure(service)) throw new Error(JSON.stringify(service satisfies StunServiceFailure));
	return new TestService(service);
}

function placeOf(transport: StunPlace["transport"], family: 4 | 6): StunPlace {
	return { transport, family, address: LOOPBACK[family], port: 0 };
}

/** The service, and how clients reach it. */
export class TestService {
	readonly service: TurnService;

	constructor(service: TurnService) {
		this.service = service;
	}

	/** The port that it has for a transport. */
	port(transport: StunPlace["transport"], family: 4 | 6): number {
		const found = this.service.listening.find(
			({ transport: one, local: { address } }) => one === transport && address.includes(":") === (family === 6),
		);
		if (found === undefined) throw new Error(`it does not listen for ${transport} of IPv${family}`);
		return found.local.port;
	}

	/** A client's order for it. */
	order(transport: RelayOrder["transport"], family: 4 | 6, more: Partial<RelayOrder> = {}): RelayOrder {
		return {
			server: { address: LOOPBACK[family], port: this.port(transport, family) },
			transport,
			serverName: "localhost",
			...(transport === "tls" ? { authorities: testPems().certificate } : {}),
			credentials: TURN_USER,
			...more,
		};
	}
}
