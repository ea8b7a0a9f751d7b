/**
 * The generated pages, by their paths below the root of the checkout.
 */

import { apiPage } from "./api-page.ts";
import { commandLinePage } from "./command-line-page.ts";

/** The pages as they should be. Needs the declarations that `npm run build` emits into dist/. */
export function referencePages(root: string): ReadonlyMap<string, string> {
  return new Map([
    ["docs/reference/cli.md", commandLinePage()],
    ["docs/reference/api.md", apiPage(root)],
  ]);
}
