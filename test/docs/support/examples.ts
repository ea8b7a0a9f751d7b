/**
 * The examples in the docstrings of what users import.
 */

import {
  type Declaration,
  publicTopics,
  testingTopic,
} from "../../../scripts/docs/declarations.ts";
import { ROOT } from "./pages.ts";
import { requireBuild } from "./snippet-project.ts";

/** All that `sheaf` and `sheaf/testing` export. */
export function publicDeclarations(): Declaration[] {
  requireBuild();
  return [...publicTopics(ROOT), testingTopic(ROOT)].flatMap(({ declarations }) => declarations);
}

/** An example, and the name of what it is an example of. */
export interface Example {
  readonly name: string;
  readonly code: string;
}

/** All examples. */
export function publicExamples(): Example[] {
  return publicDeclarations().flatMap(({ name, docstring }) =>
    (docstring?.examples ?? []).map((code) => ({ name, code })),
  );
}
