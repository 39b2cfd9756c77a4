/** The path as a graph, from this server on the left to the target on the right. */
import { type PathGraph, type PathNode, type PathSummary, pathGraph } from "@whither/core";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { printable } from "../../../../packages/whither/src/report/printable.ts";
import type { SessionBook } from "../model/session-book.ts";
import { formatMs, formatShare } from "../model/words.ts";
import { type DrawnNode, drawGraph, groupLabel, neighbourOf, shortLabel } from "./graph-layout.ts";

/** The figure; `onOpen` is called with a hop that is to be opened. */
export function PathFigure(props: {
	readonly book: SessionBook;
	readonly summary: PathSummary;
	readonly onOpen: (ttl: number) => void;
}) {
	const { book, summary, onOpen } = props;
	const graph = useMemo(() => graphOf(book, summary), [book, summary, book.end]);
	const [box, width] = useWidth(graph.nodes.length >= 2);
	const [shown, setShown] = useState<string | null>(null);
	const drawing = useMemo(() => drawGraph(graph, width, wordsOf), [graph, width]);
	const node = graph.nodes.find(({ id }) => id === shown) ?? null;
	if (graph.nodes.length < 2) return null;
	const move = (event: KeyboardEvent, id: string) => {
		const next = neighbourOf(graph, id, event.key);
		if (next === null) return;
		event.preventDefault();
		setShown(next);
		document.getElementById(elementId(next))?.focus();
	};
	const current = shown !== null && node !== null ? shown : (graph.nodes[0]?.id ?? "");
	return (
		<section class="section" aria-labelledby="path-title">
			<h2 id="path-title">Path</h2>
			<div class="path-figure panel" ref={box}>
				<div class="path-scroll">
					{/* biome-ignore lint/a11y/useSemanticElements: a drawing is no fieldset */}
					<svg
						class="path"
						width={drawing.width}
						height={drawing.height}
						viewBox={`0 0 ${drawing.width} ${drawing.height}`}
						role="group"
						aria-label="Path as a graph; arrow keys go from hop to hop, Enter opens one in the table"
					>
						{drawing.groups.map((group) => (
							<g key={group.key} class={`net net-${group.hue}`}>
								<rect x={group.x} y={group.y} width={group.width} height={group.height} rx={5} />
								<text x={group.x + 8} y={group.y + 14}>
									{groupLabel(group, networkName(book, graph, group.asn))}
								</text>
							</g>
						))}
						{drawing.links.map(({ key, path, width: thick, isSure }) => (
							<path key={key} d={path} class={isSure ? "link" : "link unsure"} stroke-width={thick} />
						))}
						{drawing.nodes.map((drawn) => (
							<Node
								key={drawn.node.id}
								drawn={drawn}
								pitch={drawing.pitch}
								isCurrent={drawn.node.id === current}
								onShow={() => setShown(drawn.node.id)}
								onOpen={() => onOpen(drawn.node.ttl)}
								onKey={(event) => move(event, drawn.node.id)}
							/>
						))}
					</svg>
				</div>
				<p class="inspector">{node === null ? legend(graph) : inspectorWords(node)}</p>
			</div>
		</section>
	);
}

function graphOf(book: SessionBook, summary: PathSummary): PathGraph {
	if (book.result !== null) return pathGraph([book.result]);
	const { start } = book;
	return pathGraph(
		summary,
		start === null ? {} : { source: start.source.address, target: start.target.address, method: start.method },
	);
}

interface NodeProps {
	readonly drawn: DrawnNode;
	readonly pitch: number;
	readonly isCurrent: boolean;
	readonly onShow: () => void;
	readonly onOpen: () => void;
	readonly onKey: (event: KeyboardEvent) => void;
}

function Node({ drawn, pitch, isCurrent, onShow, onOpen, onKey }: NodeProps) {
	const { node, x, y, label, detail } = drawn;
	const kind = node.isTarget ? "is-target" : node.isSource ? "is-source" : node.address === null ? "is-silent" : "";
	const press = (event: KeyboardEvent) => {
		if (event.key !== "Enter" && event.key !== " ") return onKey(event);
		event.preventDefault();
		onOpen();
	};
	const hasLoss = (node.lossRatio ?? 0) > 0 && node.address !== null && !node.marks.includes("rate limit");
	return (
		// biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a drawing
		<g
			id={elementId(node.id)}
			class={`node ${kind}${hasLoss ? " has-loss" : ""}`}
			transform={`translate(${x} ${y})`}
			role="button"
			tabIndex={isCurrent ? 0 : -1}
			aria-label={inspectorWords(node)}
			onFocus={onShow}
			onMouseEnter={onShow}
			onClick={onOpen}
			onKeyDown={press}
		>
			<rect x={4 - pitch / 2} y={-28} width={pitch - 8} height={66} class="hit" rx={4} />
			<circle r={7} />
			{node.isTarget && <circle r={3} class="core" />}
			<Tags marks={node.marks} />
			<text class="who" y={23}>
				{label}
			</text>
			<text class="far" y={36}>
				{detail}
			</text>
		</g>
	);
}

function Tags({ marks }: { readonly marks: readonly string[] }) {
	if (marks.length === 0) return null;
	const text = marks.length > 2 ? `${marks.slice(0, 2).join(" · ")} +${marks.length - 2}` : marks.join(" · ");
	return (
		<text class="node-tags" y={-13}>
			{text}
		</text>
	);
}

/** What one of its routers was looked up to belong to. */
function networkName(book: SessionBook, { nodes }: PathGraph, asn: string): string | null {
	const names = nodes.flatMap((node) =>
		node.asn === asn && node.address !== null ? (book.lookUp(node.address).asName ?? []) : [],
	);
	return names[0] === undefined ? null : printable(names[0]);
}

function wordsOf(node: PathNode, letters: number): { label: string; detail: string } {
	if (node.isSource)
		return { label: node.address === null ? "here" : shortLabel(node.address, letters), detail: "source" };
	if (node.address === null) return { label: "no answer", detail: `hop ${node.ttl}` };
	const name = node.name === null || node.name === node.address ? node.address : printable(node.name);
	const far = node.rttNs === null ? `hop ${node.ttl}` : formatMs(node.rttNs);
	const split = node.share < 0.995 ? ` · ${formatShare(node.share)}` : "";
	return { label: shortLabel(name, letters), detail: `${far}${split}` };
}

function inspectorWords(node: PathNode): string {
	if (node.isSource) return `Source ${node.address ?? ""}: packets leave here`;
	if (node.address === null) return `Hop ${node.ttl}: nobody answers`;
	const name = node.name === null || node.name === node.address ? "" : `${printable(node.name)}, `;
	const parts = [
		`Hop ${node.ttl}: ${name}${node.address}`,
		node.asn,
		node.rttNs === null ? null : formatMs(node.rttNs),
		node.share < 0.995 ? `${formatShare(node.share)} of the answers` : null,
		(node.lossRatio ?? 0) > 0 ? `${formatShare(node.lossRatio)} unanswered` : null,
		...node.marks,
		node.isTarget ? "the target" : null,
	];
	return parts.filter((part) => part !== null).join(" · ");
}

function legend({ links }: PathGraph): string {
	const unsure = links.some(({ isSure }) => !isSure)
		? " A dashed line joins hops that no one flow was seen to pass."
		: "";
	return `Thicker lines carry more of the flows.${unsure} Point at a hop to read it.`;
}

function elementId(id: string): string {
	return `node-${id}`;
}

/** A box and its inner width, followed as it changes, once it is shown. */
function useWidth(isShown: boolean) {
	const box = useRef<HTMLDivElement>(null);
	const [width, setWidth] = useState(960);
	useLayoutEffect(() => {
		const element = box.current;
		if (element === null) return;
		const observer = new ResizeObserver(() => setWidth(element.clientWidth));
		observer.observe(element);
		setWidth(element.clientWidth);
		return () => observer.disconnect();
	}, [isShown]);
	return [box, width] as const;
}
