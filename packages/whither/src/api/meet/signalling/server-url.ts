/** Where the URL of a rendezvous server leads. Pure. */

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOfUrl({ hostname }: Pick<URL, "hostname">): string {
	return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Host and port of a URL of `http:` or `https:`; null: it is none. */
export function placeOfUrl(url: string): { readonly host: string; readonly port: number } | null {
	if (!URL.canParse(url)) return null;
	const read = new URL(url);
	const { port, protocol } = read;
	if (protocol !== "http:" && protocol !== "https:") return null;
	return { host: hostOfUrl(read), port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}
