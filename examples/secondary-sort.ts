/**
 * Secondary sort: the hottest readings of each year, from weather records of the NCDC (fixed width;
 * temperatures in tenths of a degree Celsius). The engine sorts the readings of a year, so `reduce`
 * takes the first ones and keeps none.
 *
 *     sheaf run examples/secondary-sort.ts examples/data/weather.txt -o out --param top=3
 *
 * Puts out the year, the temperature, the station and the time on each line, with tabs between, the
 * hottest first.
 */

import { defineJob, grouped, int, string, text, textOutput, tuple } from "sheaf";
import * as v from "valibot";

/** Station; time, which begins with the year; temperature, with a code for a good one. */
const READING = /^.{4}(.{11})((\d{4})\d{8}).{60}([+-]\d{4})[01459]/;
const MISSING = "+9999";

export default defineJob({
  params: v.strictObject({
    top: v.optional(v.pipe(v.unknown(), v.toNumber(), v.integer(), v.minValue(1)), 1),
  }),
  input: text(),
  // The year alone decides the group; within it, records come by falling temperature.
  intermediate: { key: grouped(int(), int()), value: tuple(int(), string(), string()) },
  map(_position, line, emit, { count }) {
    const [, station = "", time = "", year, temperature = MISSING] = READING.exec(line) ?? [];
    if (temperature === MISSING) return count("lines without a reading");
    emit([Number(year), -Number(temperature)], [Number(temperature), station, time]);
  },
  reduce(_key, readings, emit, { params }) {
    let left = params.top;
    for (const reading of readings) {
      emit(reading);
      if (--left === 0) break;
    }
  },
  output: textOutput({ line: ([year], reading) => `${year}\t${reading.join("\t")}` }),
});
