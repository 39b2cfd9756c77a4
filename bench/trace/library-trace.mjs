// One trace by the library, printed as JSON, with the main thread blocked for a part of the time.
// Usage: node library-trace.mjs TARGET QUERIES BLOCKED_MS_OF_100
import { trace } from "whither";

const [target = "", queries = "3", blockedMs = "0"] = process.argv.slice(2);

function block(ms) {
	const end = performance.now() + ms;
	while (performance.now() < end);
}

const blocking = Number(blockedMs) > 0 ? setInterval(() => block(Number(blockedMs)), 100) : null;
if (blocking !== null) block(Number(blockedMs));
const result = await trace(target, { queries: Number(queries), names: false }).result;
if (blocking !== null) clearInterval(blocking);
console.log(JSON.stringify(result));
