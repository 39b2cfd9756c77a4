/** Writes to the clipboard, which pages have by HTTPS or from this machine alone; false: it may not, or there is none. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false;
	}
}
