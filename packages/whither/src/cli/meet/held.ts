/** What is told before anybody hears it, kept until somebody does. */
export class Held<T> {
	readonly #kept: T[] = [];
	#hear: ((told: T) => void) | null = null;

	/** For handing on as it is. */
	readonly tell = (told: T): void => {
		this.#kept.push(told);
		this.#handOver();
	};

	/** Who hears it from now on: first what was kept, in its order. */
	heardBy(hear: (told: T) => void): void {
		this.#hear = hear;
		this.#handOver();
	}

	#handOver(): void {
		while (this.#hear !== null && this.#kept.length > 0) {
			const [next] = this.#kept.splice(0, 1) as [T];
			this.#hear(next);
		}
	}
}
