/** Does nothing with a record, so that tasks are as small as tasks can be. */

import { defineJob, fixedRecords, int, nothing, sum } from "sheaf";

export default defineJob({
  input: fixedRecords({ bytes: 1024 }),
  intermediate: { key: nothing(), value: int() },
  map() {},
  reduce: sum,
});
