/** Sentences of the command as the page says them: here nobody types flags. */

const SAID_OTHERWISE: readonly (readonly [RegExp, string])[] = [
	[/; try -I\b/, "; try the method icmp"],
	[/; try -T --port 443/, "; try the method tcp with port 443"],
	[/; try another --method\b/g, "; try another method"],
	[/ with --max-hops\b/, " in the options"],
	[/ \(--timeout\)/, ""],
	[
		/; choose (another|an open) port with --port, or trace without a connection by --tcp/,
		"; choose $1 port, or the method tcp",
	],
	[/; --tcp needs no connection/, "; the method tcp needs none"],
	[/[;,] --?[a-z][\w-]* shows [^.;]*/g, ""],
	[/ \((?:port )?\d+ unless -p\)/, ""],
	[/ \(--?[a-zA-Z][^)]*\)/g, ""],
];

/** The same sentence without the command's flags, as far as they are known. */
export function withoutFlags(sentence: string): string {
	return SAID_OTHERWISE.reduce((text, [flag, words]) => text.replace(flag, words), sentence);
}
