/** A request and a response of the API, whatever carries them. */

export interface ApiRequest {
  /** In upper case. */
  readonly method: string;
  /** As it came over the wire: percent-encoded, with a leading slash, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read at most once, and not at all when the request is refused before; null = there is none. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Name in lower case, and value. */
export type Header = readonly [name: string, value: string];

export interface ApiResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: string;
}
