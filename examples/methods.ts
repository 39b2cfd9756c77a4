/** Which methods get through? All at once, side by side. `node examples/methods.ts HOST` */
import { DEMO, simulated, TRACE_METHODS, trace, WhitherError } from "whither";

const host = process.argv[2];
const [target, world] = host === undefined ? [DEMO.trace.to, simulated(DEMO)] : [host, undefined];

async function attempt(method: string): Promise<string> {
	try {
		const { reached, hops, durationNs } = await trace(target, { method, world }).result;
		return `${reached ? "reached" : "lost"} after ${hops.length} hops, ${(durationNs / 1e6).toFixed(1)} ms`;
	} catch (error) {
		return error instanceof WhitherError ? error.message : String(error);
	}
}

const methods = TRACE_METHODS.map((method) => method.name);
const outcomes = await Promise.all(methods.map(attempt));
for (const [index, method] of methods.entries()) console.log(`${method.padEnd(12)} ${outcomes[index]}`);
