// The load generator: a process of its own that is given one order a line, and says what came of it, one line each.
import { createInterface } from "node:readline";
import { crowd } from "./addresses.mjs";
import { bindings } from "./binding.mjs";
import { flood } from "./flood.mjs";
import { allocations } from "./memory.mjs";
import { closeSessions, openSessions } from "./sessions.mjs";
import { WatchedSession } from "./stamped.mjs";
import { heavyFlow, paced, saturated } from "./traffic.mjs";

const place = { ...JSON.parse(process.argv[2]), crowd };

function withSessions({ server, count }, work) {
	const sessions = openSessions({ place, server, count });
	const result = work(sessions);
	closeSessions(sessions);
	return result;
}

/** Has a session watched while `work` goes on, which calls `beside` all the time. */
function watched({ server, intervalMs }, work) {
	return withSessions({ server, count: 1 }, ([session]) => {
		const watch = new WatchedSession({ place, session, intervalMs });
		const result = work((elapsedMs) => watch.beside(elapsedMs));
		return { ...result, watched: watch.close() };
	});
}

const WORKS = {
	paced: (order) => withSessions(order, (sessions) => paced(sessions, order)),
	saturated: (order) => withSessions(order, (sessions) => saturated(sessions, order)),
	heavyFlow: (order) => withSessions({ ...order, count: 1 }, ([session]) => heavyFlow(session, order)),
	latency: (order) =>
		withSessions(order, (sessions) => watched(order, (beside) => paced(sessions, { ...order, beside }))),
	bindings: (order) => bindings(place, order),
	allocations: (order) => allocations(place, order),
	flood: (order) => watched(order, (beside) => flood(place, { ...order, beside })),
};

createInterface({ input: process.stdin }).on("line", (line) => {
	const { work, ...order } = JSON.parse(line);
	let answer;
	try {
		answer = { result: WORKS[work](order) };
	} catch (error) {
		answer = { error: error.stack };
	}
	console.log(JSON.stringify(answer));
});
