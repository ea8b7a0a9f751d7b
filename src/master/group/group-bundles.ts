/**
 * The bundles of jobs, at a majority of the masters: a job that is in the log must be run by whoever
 * leads next, and of any majority of masters one has the bundle. They are too large for the log itself.
 * Masters that had none of it, or have come since, get them from the others in time.
 */

import { pause, REAL_PACE } from "../../base/backoff.ts";
import { messageOf, SheafError } from "../../base/error.ts";
import type { MemberId } from "../../base/ids.ts";
import { tally } from "../../raft/quorum.ts";
import { bundlePieces, joinChunks } from "../../rpc/bundle-pieces.ts";
import { Channel } from "../../rpc/client/channel.ts";
import { stub } from "../../rpc/client/stub.ts";
import type { Address } from "../../rpc/security/address.ts";
import type { TlsIdentity } from "../../rpc/security/tls-identity.ts";
import type { Token } from "../../rpc/security/token.ts";
import { jobService } from "../../rpc/services/job-service.ts";
import { workerService } from "../../rpc/services/worker-service.ts";
import type { BundleFolder } from "../bundle-folder.ts";

/** What is known of the group. */
export interface GroupBundlesOptions {
  readonly bundles: BundleFolder;
  /** This master. */
  readonly member: MemberId;
  /** Those whose majority counts. */
  readonly voters: () => readonly MemberId[];
  readonly addressOf: (member: MemberId) => Address | undefined;
  readonly tls: TlsIdentity | undefined;
  readonly token: Token | undefined;
  readonly onTrouble: (trouble: string) => void;
}

/** For one master to say whether it has a bundle; for a whole one to come or go. */
const ASK_MS = 3000;
const TRANSFER_MS = 120_000;
/** Until those are asked again that did not have it, or did not answer. */
const AGAIN_MS = 500;

/** See the head of this file. */
export class GroupBundles {
  readonly #options: GroupBundlesOptions;
  readonly #closing = new AbortController();
  #isGathering = false;

  constructor(options: GroupBundlesOptions) {
    this.#options = options;
  }

  /**
   * Resolves when a majority has a bundle that is here.
   *
   * @throws SheafError `NOT_FOUND` if it is not here; `CLUSTER_UNREACHABLE` without a majority.
   */
  async spread(hash: string): Promise<void> {
    const { bundles, member } = this.#options;
    bundles.require(hash);
    const voters = this.#options.voters();
    const has = new Map([[member, true]]);
    const reasons: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const decide = (): void => {
        const standing = tally(voters, has);
        if (standing === "won") resolve();
        else if (standing === "lost") reject(unspread(hash, reasons));
      };
      for (const other of this.#others()) {
        const failed = (thrown: unknown): boolean => {
          reasons.push(`master ${other}: ${messageOf(thrown)}`);
          return false;
        };
        void this.#bring(other, hash)
          .then(() => true, failed)
          .then((isThere) => {
            has.set(other, isThere);
            decide();
          });
      }
      decide();
    });
  }

  /** The bundle, from here or from whichever other master has it, as soon as one does. */
  async obtain(hash: string, signal: AbortSignal): Promise<Uint8Array> {
    const { bundles, onTrouble } = this.#options;
    for (let tries = 0; ; tries++) {
      const found = bundles.has(hash) ? await bundles.read(hash).catch(() => {}) : undefined;
      if (found !== undefined) return found;
      if (tries > 0) await pause(REAL_PACE, AGAIN_MS, signal);
      await this.#fetchFromAny(hash, signal, tries === 0 ? onTrouble : () => {});
    }
  }

  /** Gets those of these that are not here, one at a time, without a word if nobody has them now. */
  async gather(hashes: Iterable<string>): Promise<void> {
    if (this.#isGathering) return;
    this.#isGathering = true;
    const { signal } = this.#closing;
    try {
      for (const hash of hashes) {
        if (!this.#options.bundles.has(hash)) await this.#fetchFromAny(hash, signal, () => {});
      }
    } catch {
      // This master is going down.
    } finally {
      this.#isGathering = false;
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #fetchFromAny(
    hash: string,
    signal: AbortSignal,
    onTrouble: (trouble: string) => void,
  ): Promise<void> {
    for (const other of this.#others()) {
      signal.throwIfAborted();
      try {
        await this.#options.bundles.add(hash, await this.#fetch(other, hash, signal));
        return;
      } catch (thrown) {
        signal.throwIfAborted();
        const why = messageOf(thrown);
        onTrouble(`No bundle ${hash.slice(0, 16)} from master ${other}: ${why}`);
      }
    }
  }

  async #bring(other: MemberId, hash: string): Promise<void> {
    const channel = this.#channel(other);
    try {
      const jobs = stub(jobService, channel);
      if (await jobs.hasBundle(hash, { deadlineMs: ASK_MS })) return;
      const pieces = bundlePieces(await this.#options.bundles.read(hash), hash);
      await jobs.putBundle(pieces, { deadlineMs: TRANSFER_MS });
    } finally {
      channel.close();
    }
  }

  async #fetch(other: MemberId, hash: string, signal: AbortSignal): Promise<Uint8Array> {
    const channel = this.#channel(other);
    try {
      const options = { signal, deadlineMs: TRANSFER_MS };
      return await joinChunks(stub(workerService, channel).getBundle(hash, options));
    } finally {
      channel.close();
    }
  }

  #others(): readonly MemberId[] {
    const { member, voters } = this.#options;
    return voters().filter((voter) => voter !== member);
  }

  #channel(member: MemberId): Channel {
    const { tls, token, addressOf } = this.#options;
    const address = addressOf(member);
    if (address !== undefined) return new Channel({ address, role: "master", tls, token });
    throw new SheafError("CLUSTER_UNREACHABLE", "it has not said where it is called");
  }
}

function unspread(hash: string, reasons: readonly string[]): SheafError {
  return new SheafError(
    "CLUSTER_UNREACHABLE",
    `Cannot bring the bundle ${hash.slice(0, 16)} to a majority of the masters: ` +
      `${reasons.join("; ")}. Check that most of the masters run and reach each other.`,
  );
}
