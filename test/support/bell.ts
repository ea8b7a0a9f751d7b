/**
 * Wakes up those who wait for something that a test can see, whenever that may have come about.
 */

/** See the head of this file. */
export class Bell {
  #waiting: (() => void)[] = [];

  /** Something has changed. */
  ring(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when it is so; looks whenever the bell rings. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
