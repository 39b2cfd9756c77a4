/** Telling an owner whose own defects are no business of ours. */

/** What the owner throws is told to the program, but costs none of what is behind. */
export function shielded(tell: () => void): void {
	try {
		tell();
	} catch (thrown) {
		setImmediate(() => {
			throw thrown;
		});
	}
}
