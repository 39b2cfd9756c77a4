import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Certificates, certificatesObstacle, makeCertificates } from "../../../../lab/src/peers/certificates.ts";
import { kamailioObstacle, openKamailio, type RunningKamailio } from "../../../../lab/src/peers/kamailio.ts";
import { sippObstacle, startSipp } from "../../../../lab/src/peers/sipp.ts";
import { skippable } from "../../../../scripts/skippable.ts";
import { closeOurs, freePort, HERE, OFFER, type Ours, openOurs } from "./ours.fixture.ts";

const obstacle = kamailioObstacle() ?? certificatesObstacle();
/** The loopback of the other family. */
const THERE = "::1";
const DOMAIN = "lab.example";
const PASSWORDS: Readonly<Record<string, string>> = { alice: "wonder", bob: "land" };
const USERS = Object.entries(PASSWORDS).map(([name, password]) => ({ name, password }));
const WAYS = ["udp", "tcp", "tls", "sips"] as const;
type Way = (typeof WAYS)[number];

afterEach(closeOurs);

describe.skipIf(obstacle !== null)(skippable("two of ours through kamailio", obstacle), () => {
	let certificates: Certificates;
	let proxy: RunningKamailio;
	let port = 0;
	let tlsPort = 0;
	let authorities = "";

	beforeAll(async () => {
		certificates = makeCertificates([HERE]);
		authorities = readFileSync(certificates.authority, "utf8");
		[port, tlsPort] = [await freePort(), await freePort()];
		const tls = { port: tlsPort, certificates };
		proxy = await openKamailio({ addresses: [HERE, THERE], port, tls, domain: DOMAIN, users: USERS });
	});
	afterAll(async () => {
		await proxy?.close();
		certificates?.remove();
	});

	function proxyBy(way: Way): string {
		if (way === "sips") return `sips:${HERE}:${tlsPort};lr`;
		return `sip:${HERE}:${way === "tls" ? tlsPort : port};transport=${way};lr`;
	}

	function uri(name: string, way: Way): string {
		return `${way === "sips" ? "sips" : "sip"}:${name}@${DOMAIN}`;
	}

	function openUser(name: string, way: Way, password = PASSWORDS[name] ?? ""): Promise<Ours> {
		const account = { address: uri(name, way), password, outboundProxy: proxyBy(way) };
		return openOurs({ account, tls: { authorities } });
	}

	async function openBoth(way: Way): Promise<readonly [alice: Ours, bob: Ours]> {
		const both = [await openUser("alice", way), await openUser("bob", way)] as const;
		for (const { user } of both) user.register(60);
		for (const one of both) expect(await one.next("registered")).toMatchObject({ expiresSeconds: 60 });
		return both;
	}

	it.each(WAYS)("register, call, prove each step, and hang up by %s", async (way) => {
		const [alice, bob] = await openBoth(way);
		const call = alice.user.call(uri("bob", way), { body: OFFER, require: ["100rel"] });
		const incoming = await bob.next("incoming");
		expect(incoming).toMatchObject({ from: uri("alice", way), required: ["100rel"] });
		bob.user.respond(incoming.call, { status: 183, body: OFFER, reliable: true });
		expect(await alice.next("progress")).toMatchObject({ status: 183, reliable: true, dialog: true, answer: OFFER });
		await bob.next("acknowledged");
		alice.user.offer(call, OFFER, "UPDATE");
		expect(await bob.next("offer")).toMatchObject({ method: "UPDATE" });
		bob.user.answer(incoming.call, OFFER);
		await alice.next("answer");
		bob.user.respond(incoming.call, { status: 180, reliable: true });
		expect(await alice.next("progress")).toMatchObject({ status: 180, reliable: true });
		await bob.next("acknowledged");
		bob.user.respond(incoming.call, { status: 200 });
		await Promise.all([alice.next("accepted"), bob.next("accepted")]);
		bob.user.offer(incoming.call, OFFER);
		expect(await alice.next("offer")).toMatchObject({ method: "INVITE" });
		alice.user.answer(call, OFFER);
		await bob.next("answer");
		bob.user.hangUp(incoming.call);
		expect(await alice.next("ended")).toMatchObject({ end: { code: "hungUp", by: "them" } });
		expect(await bob.next("ended")).toMatchObject({ end: { code: "hungUp", by: "us" } });
	});

	it("cancel while it rings, and refuse", async () => {
		const [alice, bob] = await openBoth("udp");
		const call = alice.user.call(uri("bob", "udp"), { body: OFFER });
		bob.user.respond((await bob.next("incoming")).call, { status: 180 });
		expect(await alice.next("progress")).toMatchObject({ status: 180 });
		alice.user.hangUp(call);
		expect(await alice.next("ended")).toMatchObject({ end: { code: "hungUp", by: "us" } });
		expect(await bob.next("ended")).toMatchObject({ end: { code: "hungUp", by: "them" } });
		bob.user.call(uri("alice", "udp"), { body: OFFER });
		alice.user.respond((await alice.next("incoming")).call, { status: 486 });
		expect(await bob.next("ended")).toMatchObject({ end: { code: "refused", status: 486 } });
	});

	it("call from IPv4 by UDP to IPv6 by TCP", async () => {
		const alice = await openUser("alice", "udp");
		const outboundProxy = `sip:[${THERE}]:${port};transport=tcp;lr`;
		const account = { address: uri("bob", "tcp"), password: "land", outboundProxy };
		const places = (["udp", "tcp"] as const).map((transport) => ({ transport, address: THERE, port: 0 }));
		const bob = await openOurs({ account, places });
		for (const one of [alice, bob]) {
			one.user.register();
			await one.next("registered");
		}
		const call = alice.user.call(uri("bob", "udp"), { body: OFFER });
		bob.user.respond((await bob.next("incoming")).call, { status: 200, body: OFFER });
		await Promise.all([alice.next("accepted"), bob.next("accepted")]);
		alice.user.hangUp(call);
		expect(await bob.next("ended")).toMatchObject({ end: { code: "hungUp", by: "them" } });
	});

	it("hear of a user that is not there, and of a password that is wrong", async () => {
		const [alice] = await openBoth("tcp");
		alice.user.call(uri("nobody", "tcp"), { body: OFFER });
		expect(await alice.next("ended")).toMatchObject({ end: { code: "refused", status: 404 } });
		const bob = await openUser("bob", "tcp", "wrong");
		bob.user.register();
		expect(await bob.next("unregistered")).toMatchObject({ end: { code: "unauthorized", realm: DOMAIN, shown: true } });
	});

	it("are gone from the registrar once they have closed", async () => {
		const [alice, bob] = await openBoth("tls");
		await bob.user.close();
		alice.user.call(uri("bob", "tls"), { body: OFFER });
		expect(await alice.next("ended")).toMatchObject({ end: { code: "refused", status: 404 } });
	});

	it("and TLS do not trust a certificate that nobody vouches for, nor one of another name", async () => {
		const account = { address: uri("alice", "tls"), password: "wonder", outboundProxy: proxyBy("tls") };
		const trusting = await openOurs({ account });
		trusting.user.register();
		expect(await trusting.next("unregistered")).toMatchObject({ end: { code: "transport" } });
		expect(trusting.said()).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
		const elsewhere = { ...account, outboundProxy: `sips:localhost:${tlsPort};lr` };
		const misled = await openOurs({ account: elsewhere, tls: { authorities } });
		misled.user.register();
		expect(await misled.next("unregistered")).toMatchObject({ end: { code: "transport" } });
		expect(misled.said()).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
	});

	it("and digests by SHA-256, which the registrar asks for alone", async () => {
		const [at, users] = [await freePort(), USERS];
		const other = await openKamailio({ addresses: [HERE], port: at, domain: DOMAIN, users, algorithm: "SHA-256" });
		try {
			const outboundProxy = `sip:${HERE}:${at};transport=tcp;lr`;
			const alice = await openOurs({ account: { address: uri("alice", "tcp"), password: "wonder", outboundProxy } });
			alice.user.register();
			await alice.next("registered");
			expect(alice.said()).toMatch(/^WWW-Authenticate: .*algorithm=SHA-256/m);
			await alice.user.close();
		} finally {
			await other.close();
		}
	});

	it.skipIf(sippObstacle() !== null)(skippable("and a phone that is sipp", sippObstacle()), async () => {
		const [alice, phonePort] = [await openUser("alice", "tls"), await freePort()];
		alice.user.register();
		await alice.next("registered");
		const phone = { address: HERE, port: phonePort };
		const [remote, credentials] = [
			{ address: HERE, port },
			{ username: "bob", password: "land" },
		];
		const registered = await startSipp({ ...phone, scenario: "register", remote, user: "bob", credentials }).outcome;
		expect(registered.passed, registered.said).toBe(true);
		const sipp = startSipp({ ...phone, scenario: "callee-plain" });
		try {
			await sipp.ready();
			const call = alice.user.call(uri("bob", "tls"), { body: OFFER });
			await alice.next("accepted");
			alice.user.hangUp(call);
			const { passed, said } = await sipp.outcome;
			expect(passed, said).toBe(true);
		} finally {
			await sipp.close();
		}
	});
});
