/**
 * Elections (Raft, 5.2 and 5.4.1; dissertation, 3.4, 4.2.3 and 9.6). A member that hears no leader
 * for its timeout first asks whether it would win (pre-vote), and only then begins a new term: so
 * one that was cut off comes back without disturbing a group that has a leader.
 */

import { assert } from "../base/assert.ts";
import { type MemberId, term } from "../base/ids.ts";
import { becomeLeader } from "./leader.ts";
import { NO_INDEX } from "./log-entry.ts";
import { isVoter } from "./membership.ts";
import type {
  PreVoteRequest,
  PreVoteResponse,
  TimeoutNow,
  VoteRequest,
  VoteResponse,
} from "./message.ts";
import { tally } from "./quorum.ts";
import type { RaftState } from "./raft-state.ts";
import { found, isFounding } from "./recovery.ts";

/** One tick of a member that does not lead. */
export function tickElection(state: RaftState): void {
  state.electionElapsed++;
  if (state.electionElapsed < state.electionTimeout) return;
  if (mayStand(state)) return startPreVote(state);
  // It may not stand for election, but it knows of no leader any more either.
  state.becomeFollower(state.term, undefined);
  state.resetElectionTimer();
}

/**
 * Whether a member may stand for election: as a voter, or as one whose removal is not known to be
 * committed, because its vote, or its log, may be needed until then (dissertation, 4.2.2).
 */
export function mayStand(state: RaftState): boolean {
  const { recoveryId, role, members, commitIndex, id } = state;
  if (role.name === "leader" || (recoveryId !== undefined && !isFounding(state))) return false;
  const isUndecided = members.currentIndex > commitIndex && members.previous !== undefined;
  return state.isVoter || (isUndecided && isVoter(members.previous!, id));
}

/** Asks all voters whether they would vote for this member in the next term. */
export function startPreVote(state: RaftState): void {
  assert(mayStand(state), "only voters stand for election");
  state.becomeFollower(state.term, undefined);
  const attempt = state.uniqueNumber();
  // Nothing is promised, so the member's own answer needs no disk.
  const votes = new Map(state.isVoter ? [[state.id, true]] : []);
  state.role = { name: "pre-candidate", attempt, votes, founders: new Map() };
  state.resetElectionTimer();
  for (const to of otherVoters(state)) {
    state.afterPersist.put({
      ...state.envelope(to),
      type: "pre-vote-request",
      attempt,
      lastIndex: state.log.lastIndex,
      lastTerm: state.log.lastTerm,
    });
  }
  if (tally(state.membership.voters, votes) === "won") startElection(state);
}

interface ElectionOptions {
  readonly transfer?: boolean;
  readonly founders?: ReadonlyMap<MemberId, number>;
}

/** Begins a new term and asks for votes in it (Raft, figure 2, rules for candidates). */
function startElection(state: RaftState, options: ElectionOptions = {}): void {
  const { transfer = false, founders } = options;
  assert(mayStand(state), "only voters stand for election");
  state.becomeFollower(term(state.term + 1), undefined);
  found(state);
  state.role = { name: "candidate", votes: new Map() };
  // Without a vote to give, it still must not give one to another in this term, or for itself twice.
  state.votedFor = state.id;
  state.resetElectionTimer();
  for (const to of otherVoters(state)) {
    state.afterPersist.put({
      ...state.envelope(to),
      type: "vote-request",
      lastIndex: state.log.lastIndex,
      lastTerm: state.log.lastTerm,
      transfer,
      founder: founders?.get(to),
    });
  }
}

/** The vote of a candidate for itself counts when it is durable, as any other vote. */
export function countOwnVote(state: RaftState): void {
  if (state.role.name !== "candidate" || !state.isVoter) return;
  countVote(state, state.id, true);
}

export function onPreVoteRequest(state: RaftState, message: PreVoteRequest): void {
  // Unlike a vote this binds nobody: any number of members may be told yes (9.6).
  const { attempt, lastIndex } = message;
  const mayVote = isSound(state) || (isFounding(state) && lastIndex === NO_INDEX);
  const granted = mayVote && isUpToDate(state, message);
  state.afterPersist.put({
    ...state.envelope(message.from),
    type: "pre-vote-response",
    attempt,
    recovering: state.recoveryId,
    granted,
  });
}

export function onPreVoteResponse(state: RaftState, message: PreVoteResponse): void {
  const { role } = state;
  if (role.name !== "pre-candidate" || role.attempt !== message.attempt) return;
  const { from, granted, recovering } = message;
  if (!role.votes.has(from)) role.votes.set(from, granted);
  if (granted && recovering !== undefined) role.founders.set(from, recovering);
  const outcome = tally(state.membership.voters, role.votes);
  if (outcome === "won") startElection(state, { founders: role.founders });
  else if (outcome === "lost") state.becomeFollower(state.term, undefined);
}

/**
 * RequestVote (Raft, figure 2): one vote a term, first come, first served, and only for a log that is
 * at least as up to date. Learners vote as well: one may have been promoted without knowing it yet.
 */
export function onVoteRequest(state: RaftState, message: VoteRequest): void {
  const { from } = message;
  const isFree = state.votedFor === undefined || state.votedFor === from;
  const mayVote = isSound(state) || mayFound(state, message);
  const granted = isFree && mayVote && isUpToDate(state, message);
  if (granted) {
    found(state);
    state.votedFor = from;
    if (state.role.name === "pre-candidate") state.becomeFollower(state.term, undefined);
    state.resetElectionTimer();
  }
  state.afterPersist.put({ ...state.envelope(from), type: "vote-response", granted });
}

export function onVoteResponse(state: RaftState, message: VoteResponse): void {
  if (state.role.name === "candidate") countVote(state, message.from, message.granted);
}

/** The leader hands over (dissertation, 3.10): no pre-vote, since nobody has to be spared. */
export function onTimeoutNow(state: RaftState, message: TimeoutNow): void {
  if (state.leader !== message.from || !mayStand(state)) return;
  startElection(state, { transfer: true });
}

/**
 * Whether a request for a vote is to be ignored, its term included: a leader was heard within the
 * least election timeout (dissertation, 4.2.3). It keeps members that were removed, or that alone
 * miss the heartbeats, from deposing a leader who has a majority.
 */
export function hearsLeader(state: RaftState): boolean {
  if (state.role.name === "leader") return true;
  return state.leader !== undefined && state.electionElapsed < state.settings.electionTicks;
}

function countVote(state: RaftState, voter: MemberId, granted: boolean): void {
  if (state.role.name !== "candidate") return;
  const { votes } = state.role;
  if (!votes.has(voter)) votes.set(voter, granted);
  const outcome = tally(state.membership.voters, votes);
  if (outcome === "won") becomeLeader(state);
  else if (outcome === "lost") state.becomeFollower(state.term, undefined);
}

/** A member without its log must not help anybody to power (see recovery.ts)... */
function isSound(state: RaftState): boolean {
  return state.recoveryId === undefined;
}

/** ...but one who has none either, and asks a member of whose recovery it has heard. */
function mayFound(state: RaftState, { lastIndex, founder }: VoteRequest): boolean {
  return isFounding(state) && lastIndex === NO_INDEX && founder === state.recoveryId;
}

/** Raft, 5.4.1: a later last term, or the same and at least as long. */
function isUpToDate(
  { log }: RaftState,
  { lastIndex, lastTerm }: Pick<VoteRequest, "lastIndex" | "lastTerm">,
): boolean {
  if (lastTerm !== log.lastTerm) return lastTerm > log.lastTerm;
  return lastIndex >= log.lastIndex;
}

function otherVoters(state: RaftState): readonly MemberId[] {
  return state.membership.voters.filter((voter) => voter !== state.id);
}
