/** Lines: one a hop, the target's the thickest. */
import "uplot/dist/uPlot.min.css";
import type { PathSummary } from "@whither/core";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { chartData } from "../model/chart-data.ts";
import { isDark } from "../shell/theme.ts";
import { rampColour } from "./ramp.ts";
import type { BookProps } from "./trace-view.tsx";

const HEIGHT = 260;
/** Seconds between two marks on the clock. */
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];
/** Hops that are drawn before somebody chooses: the target and the slowest. */
const FIRST_SHOWN = 6;

/** The chart, and which hops it has. */
export function HistoryChart({ book, version, summary }: BookProps & { readonly summary: PathSummary }) {
	const box = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const [chosen, setChosen] = useState<ReadonlySet<number> | null>(null);
	const known = book.history.ttls.filter((ttl) => summary.hops.some((hop) => hop.ttl === ttl && hop.rtt !== null));
	const shown = known.filter((ttl) => (chosen ?? firstShown(summary)).has(ttl));
	const key = shown.join(" ");
	const dark = isDark();
	const target = summary.hops.find(({ isTarget }) => isTarget)?.ttl ?? null;
	const colours = useMemo(() => coloursOf(known, dark), [known.join(" "), dark]);
	useEffect(() => {
		const element = box.current;
		if (element === null) return;
		const { columns, ttls } = chartData(book.history, book.header.startedAt, shown);
		const made = new uPlot(optionsOf(element, ttls, target, colours), columns as uPlot.AlignedData, element);
		plot.current = made;
		const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
		observer.observe(element);
		return () => {
			observer.disconnect();
			made.destroy();
			plot.current = null;
		};
	}, [book, key, target, colours]);
	useEffect(() => {
		plot.current?.setData(chartData(book.history, book.header.startedAt, shown).columns as uPlot.AlignedData);
	}, [version]);
	const toggle = (ttl: number) => {
		const next = new Set(shown);
		if (!next.delete(ttl)) next.add(ttl);
		setChosen(next);
	};
	return (
		<>
			<div
				class="chart"
				ref={box}
				role="img"
				aria-label="Lines of round trips over time; the table has the same in figures"
			/>
			<fieldset class="chart-hops">
				<legend class="unseen">Hops that are drawn</legend>
				{known.map((ttl) => (
					<label key={ttl} class="check">
						<input type="checkbox" checked={shown.includes(ttl)} onChange={() => toggle(ttl)} />
						<Swatch colour={colours.get(ttl) ?? "#888"} />
						{ttl === target ? `Hop ${ttl}, target` : `Hop ${ttl}`}
					</label>
				))}
			</fieldset>
		</>
	);
}

function Swatch({ colour }: { readonly colour: string }) {
	return (
		<svg width="14" height="10" aria-hidden="true">
			<rect y="3" width="14" height="4" rx="1" fill={colour} />
		</svg>
	);
}

function firstShown({ hops }: PathSummary): ReadonlySet<number> {
	const slowest = hops
		.filter(({ rtt, isTarget }) => rtt !== null && !isTarget)
		.toSorted((one, other) => (other.rtt?.avgNs ?? 0) - (one.rtt?.avgNs ?? 0));
	const target = hops.filter(({ isTarget }) => isTarget);
	return new Set([...target, ...slowest].slice(0, FIRST_SHOWN).map(({ ttl }) => ttl));
}

/** On paper the light end cannot be seen, in the dark the dark one. */
function coloursOf(ttls: readonly number[], dark: boolean): ReadonlyMap<number, string> {
	const range = dark ? ([0.35, 1] as const) : ([0, 0.72] as const);
	return new Map(ttls.map((ttl, index) => [ttl, rampColour(ttls.length < 2 ? 0.5 : index / (ttls.length - 1), range)]));
}

function optionsOf(
	element: HTMLElement,
	ttls: readonly number[],
	target: number | null,
	colours: ReadonlyMap<number, string>,
): uPlot.Options {
	const styles = getComputedStyle(document.documentElement);
	const [quiet, line] = [styles.getPropertyValue("--quiet").trim(), styles.getPropertyValue("--line").trim()];
	const font = `12px ${getComputedStyle(document.body).fontFamily}`;
	const axis = { stroke: quiet, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
	return {
		width: element.clientWidth,
		height: HEIGHT,
		// Room for the last word of the clock.
		padding: [null, 36, null, null],
		legend: { show: false },
		cursor: { points: { size: 6 }, drag: { x: true, y: false } },
		scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
		axes: [
			{ ...axis, space: 84, incrs: CLOCK_STEPS, values: (_, ticks) => ticks.map(clockWords) },
			{ ...axis, size: 80, values: (_, ticks) => ticks.map((tick) => `${Number(tick.toPrecision(6))} ms`) },
		],
		series: [
			{},
			...ttls.map((ttl) => ({
				label: `Hop ${ttl}`,
				stroke: colours.get(ttl) ?? quiet,
				width: ttl === target ? 2.5 : 1.25,
				points: { show: false },
			})),
		],
	};
}

/** `12:34`, `12:34:56` where seconds matter. */
function clockWords(seconds: number): string {
	const second = seconds % 60 === 0 ? {} : ({ second: "2-digit" } as const);
	const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...second } as const;
	return new Date(seconds * 1000).toLocaleTimeString(undefined, clock);
}
