/**
 * The contract of the RaftService: masters of a group among themselves.
 */

import { contract } from "../contract.ts";
import { RaftServiceDefinition } from "../generated/sheaf/v1/raft.ts";
import { saidMessageForm, stepAnswerForm } from "../wire/raft.ts";

export const raftService = contract(RaftServiceDefinition, ["master"], {
  step: {
    request: saidMessageForm,
    answer: stepAnswerForm,
    // Followers have nothing to say for as long as nobody asks them.
    requestTimeoutMs: Number.POSITIVE_INFINITY,
  },
});
