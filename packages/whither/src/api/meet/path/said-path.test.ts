import { natKind, natWorld } from "@whither/sim";
import { formatIceCandidate, isDecodeError, parseIceCandidate } from "@whither/wire";
import { expect, test } from "vitest";
import { meet } from "../meet.ts";
import { type MeetMessage, WANTS_PATH } from "../signalling/message.ts";
import { signallingPair } from "../signalling/pair.ts";
import { simulatedMeet } from "../simulated.ts";
import { readPeerDocument } from "./peer-document.ts";

test("an end that cannot hear of the trace over the pair is told by signalling, and not waited for", async () => {
	const scenario = natWorld({ a: natKind("port-restricted"), b: natKind("no NAT") });
	const [world, browser] = simulatedMeet(scenario, { hosts: ["lanA", "lanB"], server: "srv" });
	const [first, second] = signallingPair(queueMicrotask);
	const run = meet({ world, signalling: first });
	const said: MeetMessage[] = [];
	const ice = browser.openIce(
		{ role: "controlled" },
		{
			event: (event) => {
				const { ufrag } = ice.own;
				if (event.kind === "candidate")
					signalling.send({ type: "candidates", ufrag, lines: [formatIceCandidate(event.line)] });
			},
			data: () => {},
		},
	);
	const signalling = second({
		met: () => {},
		message: (message) => {
			said.push(message);
			if (message.type === "description") ice.peer(message);
			if (message.type === "candidates")
				ice.addRemote(
					message.lines.flatMap((text) => {
						const line = parseIceCandidate(text);
						return isDecodeError(line) ? [] : [{ line }];
					}),
				);
		},
		closed: () => {},
	});
	const { ufrag, pwd, options, pacingMs, lite } = ice.own;
	const own = { ufrag, pwd, options: [...options, WANTS_PATH], pacingMs, lite };
	signalling.send({ type: "description", tool: "Firefox 140 on a page of Whither", ...own });
	const result = await run.result;
	expect(result).toMatchObject({
		...{ connected: true, reversePath: null },
		reversePathMissing: { code: "otherProgram", message: "The other end is a browser, which cannot trace" },
	});
	const path = said.find((message) => message.type === "path");
	const document = readPeerDocument(Buffer.from(path?.packed ?? "", "base64url"));
	expect(document?.trace).toEqual(result.path);
	await Promise.all([run.closed, ice.close()]);
});
