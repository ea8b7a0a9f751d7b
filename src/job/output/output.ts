/**
 * What an output is: the bytes of one record in a part file, and whether the part is compressed.
 * Writing, naming and committing parts is the task layer's business.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { Codec } from "../codec/codec.ts";

/** Appends one record, read from the encoded key and value, to a part. */
export interface RecordFormatter {
  write(part: ByteWriter, key: ByteReader, value: ByteReader): void;
}

/** A format of output for records of type (K, V). */
export interface OutputFormat<K, V> {
  /** How it is written in a job, for messages: `textOutput()`. */
  readonly name: string;
  readonly compression: "none" | "gzip";
  /** Binds the format to the job's codecs; called once per attempt. */
  formatter(codecs: { readonly key: Codec<K, never>; readonly value: Codec<V, never> }): RecordFormatter;
}
