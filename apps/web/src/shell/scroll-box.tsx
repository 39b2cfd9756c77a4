/** A box that scrolls sideways where it has to, by keys too. */
import type { ComponentChildren } from "preact";

/** Its name is read out when it gets the focus. */
export function ScrollBox(props: {
	readonly label: string;
	readonly kind?: string;
	readonly children: ComponentChildren;
}) {
	const { label, kind, children } = props;
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: without it, keys could not scroll it everywhere
		<section class={kind === undefined ? "scroll" : `scroll ${kind}`} aria-label={label} tabIndex={0}>
			{children}
		</section>
	);
}
