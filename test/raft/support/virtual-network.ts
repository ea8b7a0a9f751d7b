/**
 * Messages under way between virtual members, in the order in which they were sent, and the links
 * that are cut. It delivers nothing by itself: a script or a simulation says what arrives when.
 */

import type { MemberId } from "../../../src/base/ids.ts";
import type { Message } from "../../../src/raft/message.ts";

export class VirtualNetwork {
  underWay: Message[] = [];
  readonly #cut = new Set<string>();

  /** Puts a message under way; over a link that is cut it is lost. */
  send(message: Message): void {
    if (!this.isCut(message.from, message.to)) this.underWay.push(message);
  }

  isCut(from: MemberId | number, to: MemberId | number): boolean {
    return this.#cut.has(`${from} ${to}`);
  }

  /** Cuts one direction of a link; what is under way on it is lost. */
  cut(from: MemberId | number, to: MemberId | number): void {
    this.#cut.add(`${from} ${to}`);
    this.underWay = this.underWay.filter((message) => !this.isCut(message.from, message.to));
  }

  /** Only members of the same side can speak to each other. */
  partition(sides: readonly (readonly number[])[]): void {
    this.heal();
    for (const side of sides) {
      for (const other of sides) {
        if (side === other) continue;
        for (const from of side) for (const to of other) this.cut(from, to);
      }
    }
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Removes and returns the messages that fulfil a condition. */
  remove(condition: (message: Message) => boolean): readonly Message[] {
    const removed = this.underWay.filter(condition);
    this.underWay = this.underWay.filter((message) => !removed.includes(message));
    return removed;
  }
}
