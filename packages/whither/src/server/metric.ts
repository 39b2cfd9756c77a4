/** A metric in Prometheus's text format (0.0.4). Pure. */

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** One metric with its samples. */
export interface Metric {
	readonly name: string;
	readonly kind: "counter" | "gauge";
	readonly help: string;
	readonly samples: readonly Sample[];
}

/** One that goes up and down. */
export function gauge(name: string, help: string, value: number, labels: Labels = {}): Metric {
	return { name, kind: "gauge", help, samples: [[labels, value]] };
}

/** One that only goes up. */
export function counter(name: string, help: string, value: number): Metric {
	return { name, kind: "counter", help, samples: [[{}, value]] };
}

/** One that only goes up, with a sample for each of these, told apart by a label. */
export function counters(name: string, help: string, label: string, counts: Readonly<Record<string, number>>): Metric {
	const samples = Object.entries(counts).map(([key, value]) => [{ [label]: key }, value] as const);
	return { name, kind: "counter", help, samples };
}

/** Its lines. */
export function metricText({ name, kind, help, samples }: Metric): string {
	if (samples.length === 0) return "";
	const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
	return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join("")}`;
}

function labelText(labels: Labels): string {
	const texts = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/[\\"\n]/g, "_")}"`);
	return texts.length === 0 ? "" : `{${texts.join(",")}}`;
}
