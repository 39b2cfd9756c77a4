import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Certificates, certificatesObstacle, makeCertificates } from "../../../../lab/src/peers/certificates.ts";
import { skippable } from "../../../../scripts/skippable.ts";
import { openSip } from "./open-sip.ts";
import { closeOurs, HERE, OFFER, openOurs } from "./ours.fixture.ts";
import { sipTransportSentence } from "./transport/words.ts";

const obstacle = certificatesObstacle();
const CHALLENGE = { realm: "bob's", password: (name: string) => (name === "alice" ? "wonder" : null) };

afterEach(closeOurs);

describe.skipIf(obstacle !== null)(skippable("two of ours, face to face by TLS", obstacle), () => {
	let certificates: Certificates;
	const tlsOf = (authorities: string) => ({
		authorities,
		certificate: readFileSync(certificates.certificate, "utf8"),
		key: readFileSync(certificates.key, "utf8"),
	});
	beforeAll(() => {
		certificates = makeCertificates([HERE]);
	});
	afterAll(() => certificates.remove());

	it("call, show a digest by SHA-256, and hang up over a connection of the other way", async () => {
		const tls = tlsOf(readFileSync(certificates.authority, "utf8"));
		const places = [{ transport: "tls", address: HERE, port: 0 } as const];
		const account = { address: `sips:alice@${HERE}`, password: "wonder" };
		const alice = await openOurs({ account, places, tls });
		const bob = await openOurs({ account: { address: `sips:bob@${HERE}` }, places, tls, challenge: CHALLENGE });
		const call = alice.user.call(`sips:bob@${HERE}:${bob.user.local[0]?.port}`, { body: OFFER });
		const incoming = await bob.next("incoming");
		expect(alice.said()).toMatch(/^Authorization: Digest .*algorithm=SHA-256/m);
		bob.user.respond(incoming.call, { status: 200, body: OFFER });
		await Promise.all([alice.next("accepted"), bob.next("accepted")]);
		bob.user.hangUp(incoming.call);
		expect(await alice.next("ended")).toMatchObject({ call, end: { code: "hungUp", by: "them" } });
	});

	it("do not speak to one whose certificate nobody vouches for", async () => {
		const places = [{ transport: "tls", address: HERE, port: 0 } as const];
		const bob = await openOurs({ places, tls: tlsOf("") });
		const alice = await openOurs();
		alice.user.call(`sips:bob@${HERE}:${bob.user.local[0]?.port}`, { body: OFFER });
		expect(await alice.next("ended")).toMatchObject({ end: { code: "transport" } });
		expect(bob.events).toEqual([]);
	});
});

describe("one of ours", () => {
	it("says what to do where a port is somebody else's", async () => {
		const bob = await openOurs();
		const places = bob.user.local.slice(0, 1);
		const failure = await openSip({ account: { address: "sip:x@y" }, product: "x", places }, { event: () => {} });
		if (!("code" in failure)) throw new Error("it is open");
		expect(sipTransportSentence(failure)).toMatch(/^Somebody else listens on 127\.0\.0\.1:\d+ over UDP; name another/);
	});

	it("finds a name of /etc/hosts", async () => {
		const [alice, bob] = [await openOurs(), await openOurs()];
		const port = bob.user.local.find(({ transport }) => transport === "tcp")?.port;
		alice.user.call(`sip:bob@localhost:${port};transport=tcp`, { body: OFFER });
		bob.user.respond((await bob.next("incoming")).call, { status: 603 });
		expect(await alice.next("ended")).toMatchObject({ end: { code: "refused", status: 603 } });
	});

	it("answers keepalives, and ends a connection on which something else is spoken", async () => {
		const bob = await openOurs();
		const port = bob.user.local.find(({ transport }) => transport === "tcp")?.port ?? 0;
		const socket = connect({ host: HERE, port }).setEncoding("latin1");
		socket.on("error", () => {});
		socket.write("\r\n\r\n");
		expect(await once(socket, "data")).toEqual(["\r\n"]);
		socket.write("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
		await once(socket, "close");
		expect(bob.events).toEqual([]);
	});

	it("tells that nobody is there as soon as the kernel does", async () => {
		const gone = await openOurs();
		const ports = gone.user.local;
		await gone.user.close();
		for (const transport of ["udp", "tcp"]) {
			const alice = await openOurs();
			const port = ports.find((hop) => hop.transport === transport)?.port;
			alice.user.call(`sip:x@${HERE}:${port};transport=${transport}`, { body: OFFER });
			expect(await alice.next("ended")).toMatchObject({ end: { code: "transport", why: "ECONNREFUSED" } });
		}
	});
});
