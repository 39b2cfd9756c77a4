// A continuous trace by the library: as many rounds as asked for at ten a second, figures asked for at each as a screen does.
// Usage: node watch.mjs TARGET ROUNDS [METHOD]
import { live } from "whither";

const [target = "", rounds = "30", method = "icmp"] = process.argv.slice(2);
const run = live(target, { method, rounds: Number(rounds), intervalMs: 100 });
let shown = 0;
for await (const event of run) if (event.type === "round") shown += run.summary().hops.length;
const { summary, stopReason } = await run.result;
const answered = summary.hops.filter(({ received }) => received > 0).length;
const lost = summary.hops.reduce((sum, hop) => sum + hop.lost, 0);
console.log(JSON.stringify({ stopReason, rounds: summary.rounds, hops: summary.hops.length, answered, lost, shown }));
