/**
 * A state machine for tests: texts under names. It also keeps a fingerprint of all that was applied,
 * in order, which is part of its snapshots: so two machines with the same one have applied the same.
 */

import { crc32 } from "node:zlib";
import type { LogIndex } from "../../../src/base/ids.ts";
import type { StateMachine } from "../../../src/replica/state-machine.ts";
import { Bell } from "../../support/bell.ts";

const PIECE_ENTRIES = 500;

export class MapMachine implements StateMachine {
  readonly bell: Bell;
  contents = new Map<string, string>();
  history = 0;
  /** How often the state came from a snapshot. */
  loads = 0;

  constructor(bell = new Bell()) {
    this.bell = bell;
  }

  apply(command: Uint8Array, _index: LogIndex): void {
    const text = Buffer.from(command).toString();
    const end = text.indexOf("=");
    this.contents.set(text.slice(0, end), text.slice(end + 1));
    this.history = crc32(command, this.history);
    this.bell.ring();
  }

  *encode(): Generator<Uint8Array> {
    yield Buffer.from(`${JSON.stringify(this.history)}\n`);
    const entries = [...this.contents];
    for (let i = 0; i < entries.length; i += PIECE_ENTRIES) {
      const lines = entries.slice(i, i + PIECE_ENTRIES).map((entry) => JSON.stringify(entry));
      yield Buffer.from(`${lines.join("\n")}\n`);
    }
  }

  async decode(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const all: Uint8Array[] = [];
    for await (const piece of bytes) all.push(piece);
    const [history, ...lines] = Buffer.concat(all).toString().trimEnd().split("\n");
    this.history = JSON.parse(history!) as number;
    this.contents = new Map(lines.map((line) => JSON.parse(line) as [string, string]));
    this.loads++;
    this.bell.ring();
  }
}

export function set(name: string | number, value: string | number = name): Uint8Array {
  return Buffer.from(`${name}=${value}`);
}
