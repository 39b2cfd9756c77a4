/** Stop after two seconds and keep what is known by then. `node examples/abort.ts HOST [MILLISECONDS]` */
import { DEMO, simulated, trace } from "whither";

const host = process.argv[2];
const signal = AbortSignal.timeout(Number(process.argv[3] ?? 2_000));

// Without HOST: the simulated internet, a hundred times slower than life, so that there is something to stop.
const slowWorld = simulated(DEMO, { pace: "real", slowedBy: 100 });
const run = host === undefined ? trace(DEMO.trace.to, { signal, world: slowWorld }) : trace(host, { signal });

const { stopReason, hops } = await run.result;
console.log(`${stopReason} with ${hops.length} hops`);
