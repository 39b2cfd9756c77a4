/** The latest rounds of a hop; what it shows stands in figures beside it. */
import { sparklinePath } from "./sparkline-path.ts";

const WIDTH = 120;
const HEIGHT = 18;
const BOX = { width: WIDTH, height: HEIGHT - 6, most: 60 };

/** The line, and a tick at the bottom for every lost probe. */
export function Sparkline(props: {
	readonly samples: readonly (number | null)[];
	/** What is missing was lost, and not only left unsaid. */
	readonly isLoss: boolean;
}) {
	const { samples, isLoss } = props;
	const { line, lostAt } = sparklinePath(samples, BOX);
	return (
		<svg class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
			<g transform="translate(0 1)">
				<path d={line} class="spark-line" />
				{lostAt.map((x) => (
					<rect
						key={x}
						x={x - 1}
						y={BOX.height + 1}
						width={2}
						height={4}
						class={isLoss ? "spark-lost" : "spark-missing"}
					/>
				))}
			</g>
		</svg>
	);
}
