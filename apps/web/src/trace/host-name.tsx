/** A name of a host: a stranger chose it, so it is text and nothing else, and where it is long it breaks at its dots. */
import { Fragment } from "preact";
import { printable } from "../../../../packages/whither/src/report/printable.ts";

/** The name. */
export function HostName({ name }: { readonly name: string }) {
	const labels = printable(name).split(".");
	return (
		<span class="name">
			{labels.map((label, index) => (
				<Fragment key={index}>
					{index > 0 && (
						<>
							.<wbr />
						</>
					)}
					{label}
				</Fragment>
			))}
		</span>
	);
}
