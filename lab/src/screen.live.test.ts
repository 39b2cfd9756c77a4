import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules } from "./namespaces.ts";
import { labObstacle } from "./requirements.ts";
import { commandFor, commandObstacle, WHITHER } from "./run.ts";
import { Tmux, tmuxObstacle } from "./tmux.fixture.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? tmuxObstacle ?? commandObstacle();

describe.skipIf(obstacle !== null)(skippable("the live screen on a real kernel", obstacle), () => {
	let lab: Lab;
	const panes: Tmux[] = [];

	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: 3 }));
	});
	afterEach(() => {
		for (const pane of panes.splice(0)) pane.close();
	});
	afterAll(async () => {
		await lab?.close();
	});

	async function watching(target: string, options: readonly string[]): Promise<Tmux> {
		const pane = new Tmux({ columns: 80, rows: 24 });
		panes.push(pane);
		await pane.until(/ready-/);
		const command = commandFor("nobody", [process.execPath, WHITHER, "live", ...options, target]);
		pane.type(`ip netns exec ${lab.namespaceOf("client")} ${command.join(" ")}`);
		return pane;
	}

	test.each([4, 6] as const)("a user without any privilege sees every hop, IPv%i", async (family) => {
		const target = lab.addressOf("target", family);
		const pane = await watching(target, ["-n", "-i", "0.1"]);
		const text = await pane.until((seen) => seen.includes(`4. ${target}`.slice(0, 20)) && /reached/.test(seen));
		expect(text).toMatch(/udp to port 33434/);
		for (const ttl of [1, 2, 3]) expect(text).toMatch(new RegExp(` ${ttl}\\. [0-9a-f.:]+`));
		expect(text).not.toMatch(/!LOSS|>loss/);
	});

	test("what a router drops is the loss of all behind it, and the target's has another word", async () => {
		const target = lab.addressOf("target", 4);
		const drop = `ip daddr ${target} numgen random mod 10 < 5 counter drop`;
		insideNamespace(lab.namespaceOf("r1"), () =>
			loadRules(`table inet lossy {\n chain way {\n type filter hook forward priority 0\n ${drop}\n }\n}\n`),
		);
		const pane = await watching(target, ["-n", "-i", "0.1", "-Z", "0.5"]);
		const text = await pane.until(/ 2\. .*>loss[\s\S]* 3\. .*>loss[\s\S]* 4\. .*!LOSS/);
		expect(text).toMatch(/ 1\. .* 0\.0%/);
	});
});
