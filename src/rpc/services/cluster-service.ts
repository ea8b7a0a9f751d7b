/**
 * The contract of the ClusterService: who leads, who works, and the replacement of a master.
 */

import { contract } from "../contract.ts";
import { ClusterServiceDefinition } from "../generated/sheaf/v1/cluster.ts";
import { replacedForm, replaceForm, statusForm, statusRequestForm } from "../wire/cluster.ts";

export const clusterService = contract(ClusterServiceDefinition, ["client"], {
  status: { request: statusRequestForm, answer: statusForm },
  replace: { request: replaceForm, answer: replacedForm },
});
