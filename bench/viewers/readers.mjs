// Many readers of one session's events, in a process of their own: `readers.mjs ADDRESS PORT SESSION COUNT`. Says `ready`, then at each line
// on stdin a line of JSON with what all have heard so far.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [address, port, session, count] = process.argv.slice(2);
const request = `GET /api/v1/events?session=${session} HTTP/1.1\r\nHost: ${address}\r\n\r\n`;
let [bytes, batches, ended, open] = [0, 0, 0, 0];
const MARK = Buffer.from("event: session");

for (let reader = 0; reader < Number(count); reader++) {
	const socket = connect({ host: address, port: Number(port) });
	socket.once("data", () => {
		if (++open === Number(count)) console.log("ready");
	});
	socket.on("data", (data) => {
		bytes += data.length;
		for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, at + 1)) batches++;
	});
	socket.on("close", () => ended++);
	socket.on("error", (error) => console.error(error.message));
	socket.write(request);
}
createInterface({ input: process.stdin }).on("line", () => console.log(JSON.stringify({ bytes, batches, ended })));
