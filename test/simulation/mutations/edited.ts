import type { Edit } from "./mutations.ts";

/** A file's text after an edit. Throws where the text that is to go is not there just once. */
export function edited(text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${find}`);
  return parts.join(replace);
}
