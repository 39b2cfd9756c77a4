/** Titles of tests that not every machine can run. */

/**
 * The title as it is where nothing stands in the way (null), else with the obstacle behind it: the summary of `npm test`
 * reads the reason of every skip there, and nowhere else.
 */
export function skippable(title: string, obstacle: string | null): string {
	return obstacle === null ? title : `${title} (skipped: ${obstacle})`;
}
