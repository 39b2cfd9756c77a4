/** `whither router`. */
import { startRouter } from "../router/router.ts";
import { formatCounts, readyLine, ruleAdvice } from "../router/words.ts";
import { ROUTER_OPTIONS } from "./arguments/options.ts";
import { parseOptions } from "./arguments/parse.ts";
import { EXIT } from "./exit-codes.ts";
import { print, printAside } from "./output.ts";
import { signalsTold, watchSignals } from "./signals.ts";

/** Run the command: until a signal, whose code it ends with. */
export async function routerCommand(args: readonly string[]): Promise<number> {
	const { options } = parseOptions(args, ROUTER_OPTIONS);
	const { install = false, queue = DEFAULT_QUEUE, interface: device = null, up = null, down = null } = options;
	let end: () => void = () => {};
	const ended = new Promise<void>((resolve) => {
		end = resolve;
	});
	// Watched for before there is anything to take away.
	const signals = watchSignals(() => end(), { hangUp: true });
	await signalsTold();
	const router = await startRouter({ install, queue, interface: device, upKbps: up, downKbps: down });
	if (router.swept > 0) printAside(`Took away ${router.swept} rules that a killed router had left behind\n`);
	if (!install) printAside(ruleAdvice({ queue, interface: device }));
	print(readyLine({ queue, interface: device }, install));
	await ended;
	const { counts, left } = router.stop();
	for (const words of left) printAside(`${words}\n`);
	printAside(formatCounts(counts));
	return signals.exitCode() ?? EXIT.ok;
}

/** The queue of the published prototype's rule. */
const DEFAULT_QUEUE = 0;
