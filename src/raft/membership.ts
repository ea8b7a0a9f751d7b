/**
 * Who the members are, and how that may change: one member at a time (dissertation, 4.1), so that
 * the majorities of any two memberships in a row share a voter. A new member begins as a learner and
 * is promoted when it has caught up.
 */

import { type MemberId, memberId } from "../base/ids.ts";
import { MEMBER_ID_MAX } from "./limits.ts";
import type { Membership } from "./log-entry.ts";

/** Of a member that joins a group and has not heard of it yet. */
export const NO_MEMBERS: Membership = { voters: [], learners: [] };

/** What may be asked of a leader. */
export type MembershipChange =
  | { readonly kind: "add-learner"; readonly member: MemberId }
  | { readonly kind: "promote"; readonly member: MemberId }
  | { readonly kind: "remove"; readonly member: MemberId };

/** Why a change makes no sense for a membership. */
export type ChangeObjection =
  | "already-member"
  | "unknown-member"
  | "already-voter"
  | "last-voter"
  | "too-many-members";

export function isVoter(membership: Membership, member: MemberId): boolean {
  return membership.voters.includes(member);
}

export function isMember(membership: Membership, member: MemberId): boolean {
  return isVoter(membership, member) || membership.learners.includes(member);
}

/** All members, voters first. */
export function membersOf(membership: Membership): readonly MemberId[] {
  return [...membership.voters, ...membership.learners];
}

/** A membership with its ids in increasing order, as every membership in a log is. */
export function membershipOf(
  voters: readonly number[],
  learners: readonly number[] = [],
): Membership {
  const sorted = (ids: readonly number[]): MemberId[] => ids.map(memberId).sort((a, b) => a - b);
  return { voters: sorted(voters), learners: sorted(learners) };
}

/** The membership after a change, or why there is none. */
export function changedMembership(
  { voters, learners }: Membership,
  { kind, member }: MembershipChange,
  membersMax: number,
): Membership | ChangeObjection {
  const isOneOf = { voter: voters.includes(member), learner: learners.includes(member) };
  const others = (ids: readonly MemberId[]): MemberId[] => ids.filter((id) => id !== member);
  if (kind === "add-learner") {
    if (isOneOf.voter || isOneOf.learner) return "already-member";
    if (voters.length + learners.length >= membersMax) return "too-many-members";
    return membershipOf(voters, [...learners, member]);
  }
  if (kind === "promote") {
    if (isOneOf.voter) return "already-voter";
    if (!isOneOf.learner) return "unknown-member";
    return membershipOf([...voters, member], others(learners));
  }
  if (isOneOf.voter && voters.length === 1) return "last-voter";
  if (!isOneOf.voter && !isOneOf.learner) return "unknown-member";
  return membershipOf(others(voters), others(learners));
}

const FORMAT = 1;
const HEAD_BYTES = 3;
const ID_BYTES = 4;

/** The data of a `"membership"` entry: format, two counts of one byte, ids of four (big-endian). */
export function encodeMembership({ voters, learners }: Membership): Uint8Array {
  const ids = [...voters, ...learners];
  const bytes = new Uint8Array(HEAD_BYTES + ids.length * ID_BYTES);
  bytes.set([FORMAT, voters.length, learners.length]);
  const view = new DataView(bytes.buffer);
  ids.forEach((id, i) => {
    view.setUint32(HEAD_BYTES + i * ID_BYTES, id);
  });
  return bytes;
}

/** What `encodeMembership` encoded; `undefined` for any other bytes. */
export function decodeMembership(bytes: Uint8Array): Membership | undefined {
  const [format, voterCount, learnerCount] = bytes;
  if (format !== FORMAT || voterCount === undefined || learnerCount === undefined) return undefined;
  if (bytes.length !== HEAD_BYTES + (voterCount + learnerCount) * ID_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ids = Array.from({ length: voterCount + learnerCount }, (_, i) =>
    view.getUint32(HEAD_BYTES + i * ID_BYTES),
  );
  const membership = membershipOf(ids.slice(0, voterCount), ids.slice(voterCount));
  return isMembership(membership) ? membership : undefined;
}

/** Whether ids are within bounds and no member is there twice. */
export function isMembership(membership: Membership): boolean {
  const ids = membersOf(membership);
  const isId = (id: number): boolean => Number.isInteger(id) && id >= 1 && id <= MEMBER_ID_MAX;
  return new Set(ids).size === ids.length && ids.every(isId);
}
