/**
 * `DataView`s of buffers, kept from one use to the next: through one, four bytes are one load. To make
 * one costs as much as thirty loads, so it pays where buffers stay: two of them may take turns, as the
 * block that is read and the writer of what is not in it do.
 */

/** See the head of this file. */
export class ByteViews {
  #bytes: Uint8Array = NONE;
  #view = viewOf(NONE);
  #otherBytes: Uint8Array = NONE;
  #otherView = this.#view;

  /** The view of a buffer. */
  of(bytes: Uint8Array): DataView {
    return bytes === this.#bytes ? this.#view : this.#turnTo(bytes);
  }

  #turnTo(bytes: Uint8Array): DataView {
    const view = bytes === this.#otherBytes ? this.#otherView : viewOf(bytes);
    this.#otherBytes = this.#bytes;
    this.#otherView = this.#view;
    this.#bytes = bytes;
    this.#view = view;
    return view;
  }
}

const NONE = new Uint8Array(0);

/** A new view of a buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
