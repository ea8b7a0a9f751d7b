/**
 * The contract of the JobService: what clients ask of the masters. A leader brings the bundles that it
 * was brought to other masters, as a client would.
 */

import { contract } from "../contract.ts";
import { JobServiceDefinition, PutBundleResponse } from "../generated/sheaf/v1/job.ts";
import { bundlePieceForm, bundlePresentForm, hasBundleForm } from "../wire/bundle.ts";
import { emptyForm } from "../wire/form.ts";
import * as calls from "../wire/job-calls.ts";

/** A piece of a bundle must follow the one before within it. */
const BUNDLE_PIECE_TIMEOUT_MS = 30_000;

export const jobService = contract(JobServiceDefinition, ["client"], {
  hasBundle: { request: hasBundleForm, answer: bundlePresentForm, callers: ["client", "master"] },
  putBundle: {
    callers: ["client", "master"],
    request: bundlePieceForm,
    answer: emptyForm(PutBundleResponse, {}),
    requestTimeoutMs: BUNDLE_PIECE_TIMEOUT_MS,
  },
  submitJob: { request: calls.submitForm, answer: calls.submittedForm },
  watchJob: { request: calls.watchForm, answer: calls.eventForm },
  listJobs: { request: calls.pageRequestForm, answer: calls.pageForm },
  getJob: { request: calls.getJobForm, answer: calls.reportForm },
  cancelJob: { request: calls.cancelForm, answer: calls.cancelledForm },
  readLogs: { request: calls.readLogsForm, answer: calls.logPieceForm, answersPendingMax: 4 },
});
