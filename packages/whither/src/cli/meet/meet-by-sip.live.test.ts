import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { RENDEZVOUS_PROTOCOL } from "../../api/meet/signalling/rendezvous-protocol.ts";
import { closeOurs, freePort, HERE, OFFER, openOurs } from "../../sip/ours.fixture.ts";
import { COMMAND, commandObstacle } from "../command.fixture.ts";

/** Both ends are this machine; nobody stands between them. */
describe.skipIf(commandObstacle !== null)(skippable("a call without a proxy", commandObstacle), () => {
	const children: ChildProcess[] = [];
	afterEach(async () => {
		for (const child of children.splice(0)) child.kill("SIGKILL");
		await closeOurs();
	});

	function start(...args: readonly string[]) {
		const child = spawn(process.execPath, [COMMAND, "meet", "-4", "--json", "--no-trace", ...args], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		children.push(child);
		const said = { stdout: "", stderr: "" };
		for (const stream of ["stdout", "stderr"] as const)
			child[stream].setEncoding("utf8").on("data", (text) => {
				said[stream] += text;
			});
		const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
		return { child, said, ended };
	}

	it("rings once both ways are proved, and both ends say so", async () => {
		const ice = ["--ice", "trickle"];
		const bob = start("--sip", "sip:bob@localhost", "--no-register", "--sip-port", "0", ...ice);
		let uri: string | undefined;
		let isOver = false;
		const over = bob.ended.then(() => {
			isOver = true;
		});
		while (uri === undefined && !isOver) {
			await Promise.race([once(bob.child.stderr, "data"), over]);
			uri = /(sip:bob@\S+;transport=udp)/.exec(bob.said.stderr)?.[1];
		}
		expect(uri, `bob has ended: ${bob.said.stderr}`).toBeDefined();
		const alice = start("--sip", "sip:alice@localhost", "--call", uri ?? "", "--precondition", ...ice);
		expect([await alice.ended, await bob.ended], `${alice.said.stderr}${bob.said.stderr}`).toEqual([0, 0]);
		for (const { said } of [alice, bob])
			expect(JSON.parse(said.stdout)).toMatchObject({
				...{ connected: true, ice: "modern", peerTool: expect.stringMatching(/^whither\//) },
				call: { status: 200, precondition: "met", ringMs: expect.any(Number) },
			});
	});

	it("is not lost where it comes before what a server lends is known, and nobody is told to call before that", async () => {
		const [server, port] = [createServer(), await freePort()];
		try {
			await once(server.listen(0, HERE), "listening");
			const url = `http://${HERE}:${(server.address() as AddressInfo).port}`;
			const bob = start("--sip", "bob@localhost", "--no-register", "--sip-port", `${port}`, "--server", url);
			const asked = once(server, "request").then(([, answer]) => answer as ServerResponse);
			const answer = await Promise.race([asked, bob.ended]);
			if (answer === null || typeof answer === "number") throw new Error(`bob has ended: ${bob.said.stderr}`);
			const alice = await openOurs({ places: [{ transport: "udp", address: null, port: 0 }], families: [4] });
			// Both are where this machine is reached.
			alice.user.call(`sip:bob@${alice.user.local[0]?.address}:${port};transport=udp`, { body: OFFER });
			await vi.waitFor(() => expect(alice.said()).toContain("SIP/2.0 100 "));
			expect(bob.said.stderr).toBe("");
			answer.end(JSON.stringify({ protocol: RENDEZVOUS_PROTOCOL, offered: { stun: [], turn: [] } }));
			await alice.next("accepted");
			expect(bob.said.stderr).toContain("Waiting for a call to\n");
		} finally {
			server.close();
			server.closeAllConnections();
		}
	});

	it("to nobody who listens there is told as what it is", async () => {
		const alice = start("--sip", "alice@localhost", "--call", "sip:bob@127.0.0.1:9;transport=tcp", "--wait", "10");
		expect(await alice.ended, alice.said.stderr).toBe(4);
		expect(JSON.parse(alice.said.stdout)).toMatchObject({ outcome: { signalling: { code: "sipTransport" } } });
	});

	it("is a wrong usage where its options do not go together", async () => {
		const codes = [
			start("--call", "sip:bob@localhost"),
			start("--sip", "sip:a@localhost", "--copy-paste"),
			start("--sip", "not a uri"),
		].map(({ ended }) => ended);
		expect(await Promise.all(codes)).toEqual([2, 2, 2]);
	});
});
