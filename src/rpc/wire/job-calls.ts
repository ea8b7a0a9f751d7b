/**
 * The requests and answers of the calls about jobs.
 */

import type { JobId, TaskIndex, WorkerName } from "../../base/ids.ts";
import type { Phase } from "../../scheduler/state.ts";
import {
  CancelJobRequest,
  CancelJobResponse,
  GetJobRequest,
  GetJobResponse,
  ListJobsRequest,
  ListJobsResponse,
  ReadLogsRequest,
  ReadLogsResponse,
  SubmitJobRequest,
  SubmitJobResponse,
  WatchJobRequest,
  WatchJobResponse,
} from "../generated/sheaf/v1/job.ts";
import { CHUNK_BYTES_MAX, PAGE_JOBS_DEFAULT, PAGE_JOBS_MAX } from "../limits.ts";
import {
  type AnyAttemptRef,
  attemptFromWire,
  attemptToWire,
  jobFromWire,
  phaseFromWire,
  phaseToWire,
  taskFromWire,
  workerFromWire,
} from "./attempt.ts";
import { count, invalid, list, text } from "./checks.ts";
import { eventFromWire, eventToWire, type NumberedEvent } from "./event.ts";
import { form } from "./form.ts";
import {
  type JobReport,
  type JobStanding,
  type JobSummary,
  reportFromWire,
  reportToWire,
  type Submission,
  stateFromWire,
  stateToWire,
  submissionFromWire,
  submissionToWire,
  summaryFromWire,
  summaryToWire,
} from "./job.ts";

/** The answer to a submission. */
export interface Submitted {
  readonly job: JobId;
  /** It was there already. */
  readonly repeated: boolean;
}

export interface WatchRequest {
  readonly job: JobId;
  /** The first sequence number wanted. */
  readonly fromSequence: number;
}

export interface PageRequest {
  readonly pageSize: number;
  /** Empty for the first page. */
  readonly pageToken: string;
}

export interface JobPage {
  readonly jobs: readonly JobSummary[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** Which logs of a job: of one task, of one phase, or all. */
export interface LogsRequest {
  readonly job: JobId;
  readonly phase: Phase | undefined;
  readonly task: TaskIndex | undefined;
  readonly follow: boolean;
}

/** A piece of what one attempt wrote to the console. */
export interface LogPiece {
  readonly attempt: AnyAttemptRef;
  readonly worker: WorkerName;
  readonly text: string;
}

export const submitForm = form<Submission, SubmitJobRequest>(
  SubmitJobRequest,
  submissionToWire,
  submissionFromWire,
);

export const submittedForm = form<Submitted, SubmitJobResponse>(
  SubmitJobResponse,
  ({ job, repeated }) => ({ jobId: job, repeated }),
  ({ jobId, repeated }) => ({ job: jobFromWire("job_id", jobId), repeated }),
);

export const watchForm = form<WatchRequest, WatchJobRequest>(
  WatchJobRequest,
  ({ job, fromSequence }) => ({ jobId: job, fromSequence }),
  ({ jobId, fromSequence }) => ({
    job: jobFromWire("job_id", jobId),
    fromSequence: count("from_sequence", fromSequence),
  }),
);

export const eventForm = form<NumberedEvent, WatchJobResponse>(
  WatchJobResponse,
  (event) => ({ event: eventToWire(event) }),
  ({ event }) => eventFromWire("event", event),
);

export const pageRequestForm = form<PageRequest, ListJobsRequest>(
  ListJobsRequest,
  (page) => page,
  ({ pageSize, pageToken }) => ({
    pageSize: Math.min(count("page_size", pageSize) || PAGE_JOBS_DEFAULT, PAGE_JOBS_MAX),
    pageToken: text("page_token", pageToken),
  }),
);

export const pageForm = form<JobPage, ListJobsResponse>(
  ListJobsResponse,
  ({ jobs, nextPageToken }) => ({ jobs: jobs.map(summaryToWire), nextPageToken }),
  ({ jobs, nextPageToken }) => ({
    jobs: list("jobs", jobs, PAGE_JOBS_MAX, summaryFromWire),
    nextPageToken: text("next_page_token", nextPageToken),
  }),
);

export const getJobForm = form<JobId, GetJobRequest>(
  GetJobRequest,
  (job) => ({ jobId: job }),
  ({ jobId }) => jobFromWire("job_id", jobId),
);

export const reportForm = form<JobReport, GetJobResponse>(
  GetJobResponse,
  reportToWire,
  reportFromWire,
);

export const cancelForm = form<JobId, CancelJobRequest>(
  CancelJobRequest,
  (job) => ({ jobId: job }),
  ({ jobId }) => jobFromWire("job_id", jobId),
);

export const cancelledForm = form<JobStanding, CancelJobResponse>(
  CancelJobResponse,
  (state) => ({ state: stateToWire(state) }),
  ({ state }) => stateFromWire("state", state),
);

export const readLogsForm = form<LogsRequest, ReadLogsRequest>(
  ReadLogsRequest,
  ({ job, phase, task, follow }) => ({
    jobId: job,
    phase: phase && phaseToWire(phase),
    task,
    follow,
  }),
  ({ jobId, phase, task, follow }) => {
    if (task !== undefined && phase === undefined) throw invalid("task", "has no phase");
    return {
      job: jobFromWire("job_id", jobId),
      phase: phase === undefined ? undefined : phaseFromWire("phase", phase),
      task: task === undefined ? undefined : taskFromWire("task", task),
      follow,
    };
  },
);

export const logPieceForm = form<LogPiece, ReadLogsResponse>(
  ReadLogsResponse,
  ({ attempt, worker, text }) => ({ attempt: attemptToWire(attempt), workerName: worker, text }),
  (wire) => ({
    attempt: attemptFromWire("attempt", wire.attempt),
    worker: workerFromWire("worker_name", wire.workerName),
    text: text("text", wire.text, CHUNK_BYTES_MAX),
  }),
);
