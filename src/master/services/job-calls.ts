/**
 * What clients ask about jobs, as a master answers: what changes something goes through its leader's
 * log, and what tells of the state is told only after a majority has confirmed that it is the latest.
 */

import type { JobId } from "../../base/ids.ts";
import type { Replica } from "../../replica/replica.ts";
import type { JobReport, JobStanding, JobSummary, Submission } from "../../rpc/wire/job.ts";
import type { Reign } from "../group/reign.ts";
import type { Leader } from "../leader/leader.ts";
import { jobOf, reportOf, summaryOf } from "./job-report.ts";

/** What the calls are made of: the effects that a simulation replaces. */
export interface JobCallsOptions {
  readonly reign: Pick<Reign, "leading">;
  readonly replica: Pick<Replica, "read">;
  /** Resolves when a majority has the bundle of a hash. */
  readonly spread: (hash: string) => Promise<void>;
}

/** For a majority to confirm that this master still leads. */
const CONFIRM_MS = 3000;

/** See the head of this file. All of them reject with `NOT_LEADER` where this master does not lead. */
export class JobCalls {
  readonly #options: JobCallsOptions;

  constructor(options: JobCallsOptions) {
    this.#options = options;
  }

  /** The leader, which nobody had followed by the time of the call: what it tells is not stale. */
  async confirmed(): Promise<Leader> {
    const { reign, replica } = this.#options;
    reign.leading();
    await replica.read(CONFIRM_MS);
    return reign.leading();
  }

  async submit(submission: Submission): Promise<{ job: JobId; repeated: boolean }> {
    const leader = this.#options.reign.leading();
    await this.#options.spread(submission.spec.bundle);
    return await leader.submit(submission);
  }

  /** The youngest first; `pageToken` is what the page before said is next. */
  async list(page: {
    readonly pageSize: number;
    readonly pageToken: string;
  }): Promise<{ jobs: JobSummary[]; nextPageToken: string }> {
    const { pageSize, pageToken } = page;
    const leader = await this.confirmed();
    const jobs = [...leader.state.jobs.values()].reverse();
    // A job that is forgotten meanwhile was among the last: then the list begins anew.
    const from = Math.max(
      0,
      jobs.findIndex(({ id }) => id === pageToken),
    );
    const summaries = jobs.slice(from, from + pageSize).map((job) => summaryOf(leader, job));
    return { jobs: summaries, nextPageToken: jobs[from + pageSize]?.id ?? "" };
  }

  async get(job: JobId): Promise<JobReport> {
    const leader = await this.confirmed();
    return reportOf(leader, jobOf(leader, job));
  }

  async cancel(job: JobId): Promise<JobStanding> {
    const leader = await this.confirmed();
    jobOf(leader, job);
    await leader.cancel(job);
    return jobOf(leader, job).standing;
  }
}
