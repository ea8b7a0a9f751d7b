/**
 * What planning remembers from one call to the next: since when a job waits for a slot near its
 * input, when it last looked for slow attempts, when it last made reduces give way.
 */

/** See the head of this file. */
export class PlanMemory {}
