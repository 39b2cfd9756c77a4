/** Round trips over the data channel of two browsers. */
import { useEffect, useState } from "preact/hooks";
import { milliseconds } from "./pair-table.tsx";

const EVERY_MS = 1_000;
/** Nobody who meets us may make us answer more than that. */
const MOST_ANSWERS_PER_SECOND = 20;

/** Asks once a second, and answers the other end. */
export function ChannelPing({ channel }: { readonly channel: RTCDataChannel }) {
	const [rttMs, setRtt] = useState<number | null>(null);
	useEffect(() => {
		let answers = 0;
		const hear = ({ data }: MessageEvent) => {
			if (typeof data !== "string" || data.length > 64) return;
			const [kind, at] = data.split(" ");
			if (kind === "ping" && channel.readyState === "open" && answers++ < MOST_ANSWERS_PER_SECOND)
				channel.send(`pong ${at}`);
			else if (kind === "pong") setRtt(performance.now() - Number(at));
		};
		channel.addEventListener("message", hear);
		const timer = setInterval(() => {
			answers = 0;
			if (channel.readyState === "open") channel.send(`ping ${performance.now()}`);
		}, EVERY_MS);
		return () => {
			clearInterval(timer);
			channel.removeEventListener("message", hear);
		};
	}, [channel]);
	return (
		<p class="small" data-channel="open">
			Both are browsers: a data channel is open between them, encrypted end to end
			{rttMs === null || !Number.isFinite(rttMs) ? "." : `, round trip ${milliseconds(rttMs * 1e6)}.`}
		</p>
	);
}
