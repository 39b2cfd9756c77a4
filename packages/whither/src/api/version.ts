/** Name and version as results carry them; a test keeps the version that of package.json. */
export const TOOL = { name: "whither", version: "0.1.0" } as const;
