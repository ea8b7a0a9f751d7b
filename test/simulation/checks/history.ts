/**
 * What clients have asked for and what they were told, with when: the history that must be
 * linearizable.
 */

/** How a job stands, as a client is told. */
export type Standing = "pending" | "running" | "succeeded" | "failed" | "cancelled";

/** What was asked for and answered, of jobs by the names that their clients gave them. */
export type Operation =
  | { readonly kind: "submit"; readonly job: string }
  /** Without a standing, where no answer came. */
  | { readonly kind: "cancel"; readonly job: string; readonly standing: Standing | undefined }
  | { readonly kind: "status"; readonly job: string; readonly standing: Standing }
  /** The oldest first. */
  | { readonly kind: "list"; readonly jobs: readonly (readonly [string, Standing])[] };

/** One operation, from when it was asked for to when it was answered. */
export interface Happening {
  readonly client: string;
  readonly operation: Operation;
  readonly fromOrder: number;
  /** Infinite where no answer came: it may be done at any time, or never. */
  readonly toOrder: number;
}

/** Collects them. Orders are those of events, and no clock's. */
export class History {
  readonly happenings: Happening[] = [];
  #order = 0;

  /** A moment, later than all before. */
  now(): number {
    return ++this.#order;
  }

  add(client: string, operation: Operation, fromOrder: number, toOrder: number): void {
    this.happenings.push({ client, operation, fromOrder, toOrder });
  }
}
