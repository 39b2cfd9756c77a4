/** Something that happens once, and whoever waits for it. */
export class Once<Value> {
	readonly promise: Promise<Value>;
	#resolve: (value: Value) => void = () => {};

	constructor() {
		this.promise = new Promise((resolve) => {
			this.#resolve = resolve;
		});
	}

	/** The first time counts. */
	happen(value: Value): void {
		this.#resolve(value);
	}
}
