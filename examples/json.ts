/** The whole result as one JSON document. `node examples/json.ts HOST | jq .hops[].ttl` */
import { DEMO, formatJson, simulated, trace } from "whither";

const host = process.argv[2];
const run = host === undefined ? trace(DEMO.trace.to, { world: simulated(DEMO) }) : trace(host);

console.log(formatJson(await run.result, 2));
