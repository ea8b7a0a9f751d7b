/**
 * What must hold in every run of a group, whatever is lost, late, cut or dead (Raft, figure 3), and
 * that reads miss nothing. It hears all that members do, and throws at the first thing that is wrong.
 */

import type { LogIndex, MemberId, Term } from "../../../src/base/ids.ts";
import type { LogEntry } from "../../../src/raft/log-entry.ts";
import type { ReadOutcome, Ready } from "../../../src/raft/ready.ts";
import { describeEntry } from "./describe.ts";
import type { VirtualDisk } from "./virtual-disk.ts";
import type { VirtualMember } from "./virtual-member.ts";

interface CommittedEntry {
  readonly entry: LogEntry;
  /** Of the member that was first to know; the leader who committed it had this term or less. */
  readonly knownInTerm: Term;
}

export class RaftChecker {
  readonly #leaders = new Map<Term, MemberId>();
  /** By index and term: what the entry is, and the term of the one before it. */
  readonly #entries = new Map<string, string>();
  /** By index, from 1. */
  readonly committed: CommittedEntry[] = [];
  /** The highest index that some client knows to be committed. */
  #knownIndex = 0;
  readonly #reads = new Map<string, number>();
  readsServed = 0;
  leadersElected = 0;

  /** A member begins a `Ready`. */
  onReady(member: VirtualMember, ready: Ready): void {
    if (ready.standing?.role === "leader") this.#onLeader(member, ready.standing.term);
    const { term } = member.raft.status();
    for (const entry of ready.committed) this.#onCommitted(entry, term);
    if (ready.persist !== undefined) this.#onWrite(member.disk, ready.persist);
  }

  /** Election safety (5.2) and leader completeness (5.4.3). */
  #onLeader({ id, disk }: VirtualMember, term: Term): void {
    const other = this.#leaders.get(term);
    this.#expect(other === undefined || other === id, `${id} and ${other} lead term ${term}`);
    if (other === undefined) this.leadersElected++;
    this.#leaders.set(term, id);
    for (const { entry, knownInTerm } of this.committed) {
      if (knownInTerm >= term || entry.index <= disk.base.index) continue;
      const held = disk.entries[entry.index - disk.base.index - 1];
      this.#expect(
        held !== undefined && held.term === entry.term,
        `${id} leads term ${term} without ${describeEntry(entry)}`,
      );
    }
  }

  /** State machine safety (5.4.3): nobody applies anything else at an index. */
  #onCommitted(entry: LogEntry, knownInTerm: Term): void {
    const known = this.committed[entry.index - 1];
    if (known === undefined) {
      this.#expect(entry.index === this.committed.length + 1, `${entry.index} skips entries`);
      this.committed.push({ entry, knownInTerm });
      return;
    }
    this.#expect(
      describeEntry(known.entry) === describeEntry(entry),
      `${describeEntry(entry)} is applied where ${describeEntry(known.entry)} was`,
    );
  }

  /** Log matching (5.3), by induction: an entry has one content and one predecessor. */
  #onWrite(disk: VirtualDisk, { snapshot, truncateFrom, entries }: NonNullable<Ready["persist"]>) {
    const first = entries[0];
    if (first === undefined) return;
    let previousTerm = this.#termBefore(disk, first.index, snapshot?.meta);
    this.#expect(
      truncateFrom === undefined || truncateFrom === first.index,
      `a log is cut at ${truncateFrom} and goes on at ${first.index}`,
    );
    for (const entry of entries) {
      const key = `${entry.index}/${entry.term}`;
      const content = `${describeEntry(entry)} after term ${previousTerm}`;
      const known = this.#entries.get(key) ?? content;
      this.#expect(known === content, `there are ${known} and ${content}`);
      this.#entries.set(key, content);
      previousTerm = entry.term;
    }
  }

  #termBefore(disk: VirtualDisk, index: LogIndex, base = disk.base): Term {
    if (index === base.index + 1) return base.term;
    const before = disk.entries[index - disk.base.index - 2];
    this.#expect(before !== undefined, `there is an entry before ${index}`);
    return before!.term;
  }

  /** A client was told that its command is committed. */
  onAcknowledged(index: LogIndex): void {
    this.#knownIndex = Math.max(this.#knownIndex, index);
  }

  /** A client asks for a read: it must see all that any client knows of now. */
  onReadAsked(member: VirtualMember, id: number): void {
    this.#reads.set(`${member.id} ${id}`, this.#knownIndex);
  }

  /** Linearizability (dissertation, 6.4). */
  onRead({ id, machine }: VirtualMember, outcome: ReadOutcome): void {
    const key = `${id} ${outcome.id}`;
    const atLeast = this.#reads.get(key);
    this.#expect(atLeast !== undefined, `the read ${key} ends once`);
    this.#reads.delete(key);
    if ("failed" in outcome) return;
    this.readsServed++;
    this.#expect(
      machine.appliedIndex >= atLeast!,
      `a read at member ${id} sees ${machine.appliedIndex}, and ${atLeast} was known before`,
    );
    this.onAcknowledged(machine.appliedIndex);
  }

  /** A state machine holds what was committed, and nothing else, whether applied or restored. */
  checkMachine({ id, machine }: VirtualMember): void {
    const commands = this.committed
      .slice(0, machine.appliedIndex)
      .filter(({ entry }) => entry.kind === "command")
      .map(({ entry }) => new TextDecoder().decode(entry.data));
    this.#expect(
      machine.commands.join() === commands.join(),
      `member ${id} holds ${machine.commands.join()} instead of ${commands.join()}`,
    );
  }

  #expect(condition: boolean, problem: string): asserts condition {
    if (!condition) throw new Error(`Safety is broken: ${problem}.`);
  }
}
