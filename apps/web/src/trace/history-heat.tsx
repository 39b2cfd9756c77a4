/** Heat: a line a hop, a cell a moment; the brighter, the slower, and a mark of its own for what was lost. */
import type { PathSummary } from "@whither/core";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { meanNs } from "../model/history-book.ts";
import { formatDuration, formatMs } from "../model/words.ts";
import { isDark } from "../shell/theme.ts";
import { rampColour } from "./ramp.ts";
import type { BookProps } from "./trace-view.tsx";

const ROW = 18;
const LEFT = 44;

/** The map of all hops over time. */
export function HistoryHeat({ book, version, summary }: BookProps & { readonly summary: PathSummary }) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const { hops } = summary;
	const all = hops.flatMap(({ rtt }) => (rtt === null ? [] : [rtt.bestNs, rtt.p99Ns])).filter((ns) => ns > 0);
	const [least, most] = [Math.min(...all, 1e9), Math.max(...all, 1)];
	const dark = isDark();
	const seconds = (book.history.length * book.history.widthNs) / 1e9;
	const width = useWidthOf(canvas);
	useEffect(() => {
		if (canvas.current !== null) draw(canvas.current, book, hops, [least, most]);
	}, [version, summary, dark, width]);
	return (
		<>
			<canvas
				ref={canvas}
				class="heat"
				style={{ height: hops.length * ROW }}
				role="img"
				aria-label="Round trips of every hop over time as colours; the table has the same in figures"
			/>
			<p class="heat-times small quiet-text">
				{[0, 0.5, 1].map((share) => (
					<span key={share}>{share === 0 ? "start" : formatDuration(seconds * share)}</span>
				))}
			</p>
			<p class="heat-key small quiet-text">
				<span>{formatMs(all.length === 0 ? null : least)}</span>
				<svg width="120" height="10" aria-hidden="true">
					{Array.from({ length: 12 }, (_, index) => (
						<rect key={index} x={index * 10} width={10} height={10} fill={rampColour(index / 11)} />
					))}
				</svg>
				<span>{formatMs(all.length === 0 ? null : most)}</span>
				<svg width="10" height="10" aria-hidden="true">
					<path d="M1 1L9 9M9 1L1 9" class="heat-lost" />
				</svg>
				<span>lost</span>
			</p>
		</>
	);
}

/** Followed as it changes: pixels of another width would be stretched. */
function useWidthOf(canvas: RefObject<HTMLCanvasElement | null>): number {
	const [width, setWidth] = useState(0);
	useEffect(() => {
		const element = canvas.current;
		if (element === null) return;
		const observer = new ResizeObserver(() => setWidth(element.clientWidth));
		observer.observe(element);
		return () => observer.disconnect();
	}, []);
	return width;
}

function draw(
	canvas: HTMLCanvasElement,
	{ history }: BookProps["book"],
	hops: PathSummary["hops"],
	range: readonly [number, number],
): void {
	const scale = devicePixelRatio;
	const [width, height] = [canvas.clientWidth, hops.length * ROW];
	canvas.width = width * scale;
	canvas.height = height * scale;
	const pen = canvas.getContext("2d");
	if (pen === null) return;
	const styles = getComputedStyle(document.documentElement);
	pen.scale(scale, scale);
	pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
	pen.textBaseline = "middle";
	const cell = (width - LEFT) / Math.max(1, history.length);
	for (const [index, { ttl, lossMeaning }] of hops.entries()) {
		pen.fillStyle = styles.getPropertyValue("--quiet");
		pen.fillText(`Hop ${ttl}`, 0, index * ROW + ROW / 2);
		for (const [slot, held] of history.slots(ttl).entries()) {
			if (held === undefined) continue;
			const x = LEFT + slot * cell;
			const mean = meanNs(held);
			const wide = cellsUntilNext(history.slots(ttl), slot) * cell;
			if (mean !== null) {
				pen.fillStyle = rampColour(shareOf(mean, range));
				// On whole pixels, or lines would show between the cells.
				const [left, right] = [Math.round(x * scale) / scale, Math.round((x + wide) * scale) / scale];
				pen.fillRect(left, index * ROW + 1, Math.max(1, right - left), ROW - 2);
			}
			if (held.lost > 0 && lossMeaning !== "silent") {
				const colour = styles.getPropertyValue(lossMeaning === "rateLimit" ? "--edge" : "--bad-mark");
				drawLoss(pen, [x, index * ROW + 1], Math.max(2, wide), colour);
			}
		}
	}
}

/** Rounds slower than slots leave some empty; a cell reaches as far as the next, but not over a real gap. */
function cellsUntilNext(slots: readonly unknown[], slot: number): number {
	for (let ahead = 1; ahead <= 8; ahead++) if (slots[slot + ahead] !== undefined) return ahead;
	return 1;
}

function shareOf(ns: number, [least, most]: readonly [number, number]): number {
	return (Math.log(ns) - Math.log(least)) / (Math.log(most) - Math.log(least) || 1);
}

function drawLoss(
	pen: CanvasRenderingContext2D,
	[x, y]: readonly [number, number],
	width: number,
	colour: string,
): void {
	const side = Math.min(width, ROW - 6);
	const [left, top] = [x + (width - side) / 2, y + (ROW - 2 - side) / 2];
	pen.strokeStyle = colour;
	pen.lineWidth = 1.5;
	pen.beginPath();
	pen.moveTo(left, top);
	pen.lineTo(left + side, top + side);
	pen.moveTo(left + side, top);
	pen.lineTo(left, top + side);
	pen.stroke();
}
